"""Device certificates in a cluster: who has which at the start; CAPF and guards wired to phones.

Knows: the model's word on LSCs, MICs and RADIUS, which node runs CAPF. What may be done about it is
in `acts.capf`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

from twin.cluster.radius import RadiusServers
from twin.cluster.vpn import Concentrators
from twin.config.model import ModelConfig
from twin.config.phones import PhoneCatalogue
from twin.config.release import ReleaseProfile
from twin.config.timing import Parameter
from twin.config.words import LscState
from twin.kernel.journal import Journal
from twin.kernel.laws import law
from twin.kernel.streams import Streams
from twin.nodes.capf import CAPF, Pending
from twin.nodes.certificate_manager import CERTIFICATE_AGE_DAYS
from twin.nodes.certificate_status import CertificateStatus
from twin.nodes.file_system import Identity
from twin.nodes.issuing import OfflineCA, OnlineCA
from twin.nodes.node import Node
from twin.phones.capf_client import CAPFClients
from twin.phones.device_certificates import DeviceCertificates
from twin.phones.engine import StormEngine
from twin.phones.https import HTTPSClients
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event
from twin.phones.network_access import PORT, TUNNEL, NetworkAccess
from twin.phones.ports import CAPFServer, DeviceIdentity
from twin.phones.stuck import DeviceRemedies
from twin.pki import profile
from twin.pki.certificates import Certificate
from twin.pki.device_profile import Issued
from twin.pki.keys import KeyRing, PrivateKey
from twin.pki.manufacturing import Manufacturing, positive_serial
from twin.pki.names import DistinguishedName
from twin.pki.short_keys import SHORT_BITS, short_key
from twin.simtime import Epoch

DEVICE_KEY_BITS = (1024, 2048, 3072, 4096)
SHORT_PHONE_BITS = 1024
"""The longest key of models that make none of 2048 bits (`lsc_keygen_1024_s`)."""
CA_BITS = 2048
CA_DAYS = 7300
"""Assumption: an enterprise CA of the usual size and age."""


class Enrolment:
    """What the cluster knows of its phones' certificates."""

    def __init__(
        self,
        model: ModelConfig,
        release: ReleaseProfile,
        catalogue: PhoneCatalogue,
        epoch: Epoch,
        streams: Streams,
        journal: Journal,
        keys: KeyRing,
        nodes: Mapping[str, Node],
        engine: StormEngine,
        https: HTTPSClients,
        manufacturing: Manufacturing,
        vpn: Concentrators,
    ) -> None:
        self.model = model
        self._release = release
        self._epoch = epoch
        self._streams = streams
        self._nodes = nodes
        self._engine = engine
        self._journal = journal
        shared: dict[int, PrivateKey] = {bits: keys.take(bits) for bits in DEVICE_KEY_BITS}
        shared[SHORT_BITS] = short_key(0)
        self.certificates = DeviceCertificates(
            engine.core.population, manufacturing, shared.__getitem__, streams.octets
        )
        engine.core.ports.identity_class = self.certificates.presented
        engine.core.ports.identity_of_class = self.certificates.shown
        self.manufacturing = manufacturing
        node = nodes[model.publisher.name]
        self.capf: CAPF | None = node.capf
        self._server: CAPFServer | None = None
        if self.capf is not None:
            self._server = self._make_server(node, self.capf, keys)
        self.clients = CAPFClients(engine.core, https, self.certificates, self._server_at)
        self._statuses: dict[int, CertificateStatus] = {}
        self._columns = engine.core.population
        self._parts_by_group = sorted(model.phones, key=lambda part: part.name)
        self._settle(catalogue)
        self.radius = RadiusServers(
            {
                server.name: [self.authority(str(name)) for name in server.trusts]
                for server in model.radius_servers
            },
            self.certificates,
            lambda: (engine.core.simulation.now_ms, epoch.at(engine.core.simulation.now_ms)),
            journal,
        )
        self.concentrators = RadiusServers(
            {
                config.name: [self.authority(str(name)) for name in config.lsc_trusts]
                for config in model.vpn_concentrators
                if config.lsc_trusts
            },
            self.certificates,
            lambda: (engine.core.simulation.now_ms, epoch.at(engine.core.simulation.now_ms)),
            journal,
            "vpn",
            "lsc_refused",
        )
        self._vpn = vpn
        self.ports: NetworkAccess | None = None
        self.tunnels: NetworkAccess | None = None
        timing = engine.core.timing
        if model.radius_servers:
            guards = [part.radius for part in self._parts_by_group]
            shown = self.certificates.presented
            takes = timing.port_access_s
            self.ports = self._guards(guards, self.radius.lets_in, PORT, shown, takes)
        if model.vpn_concentrators:
            guards = [part.vpn for part in self._parts_by_group]
            self.tunnels = self._guards(
                guards, self._tunnel_opens, TUNNEL, self._shown_in_vain, timing.vpn_connect_s,
            )  # fmt: skip
        self._all_guards: list[NetworkAccess] = []
        for guards_ in (self.ports, self.tunnels):
            if guards_ is not None:
                self.guard(guards_)

    def guard(self, access: NetworkAccess) -> None:
        """Let a kind of guard decide about the phones it guards when they have started."""
        self._all_guards.append(access)
        self._engine.guarded = self._guarded

    def _guarded(self, now_ms: int, phone: int) -> bool:
        return any(guard.guards(now_ms, phone) for guard in self._all_guards)

    def _tunnel_opens(self, name: str, phone: int) -> bool:
        """The phone accepts the concentrator, and where it asks for a certificate, it the phone.

        Source: edge-presence-video 8 (the phone compares the hash after TLS; optional LSC
        authentication needs the CAPF certificate on the concentrator).
        """
        if not self._vpn.is_accepted(name, self._vpn_hashes(phone)):
            return False
        asks = self.concentrators.asks(name)
        return not asks or self.concentrators.lets_in(name, phone)

    def _shown_in_vain(self, phone: int) -> int:
        """Class of the certificate that a concentrator refused; 0: the phone refused it."""
        name = self._parts_by_group[self._columns.group(phone).origin].vpn or ""
        if not self._vpn.is_accepted(name, self._vpn_hashes(phone)):
            return 0
        return self.certificates.presented(phone)

    def _vpn_hashes(self, phone: int) -> tuple[str, ...]:
        """What the phone's stored config accepts of its concentrator; without one, nothing."""
        number = self._columns.config[phone]
        if number == NOTHING:
            return ()
        places = self._engine.core.judgements.files[number].places
        return () if places is None else places.vpn_hashes

    def _guards(
        self, guards: list[str | None], judge: Callable[[str, int], bool], refused: Event,
        shown: Callable[[int], int], takes: Parameter,
    ) -> NetworkAccess:  # fmt: skip
        engine = self._engine
        waits = engine.core.timing.port_retry_s
        return NetworkAccess(
            engine.core, guards, judge, refused, shown, law(takes, 1000), law(waits, 1000),
            engine.start_up, engine.downloads.begin,
        )  # fmt: skip

    def authority(self, name: str) -> Certificate:
        """A CA certificate by name: that of the publisher's CAPF, or of a manufacturing authority.

        `CAPF` is what signs LSCs now: behind an online CA, the certificate of that.
        """
        if name != "CAPF":
            return self.manufacturing.certificate(name)
        if self.capf is not None and (self.capf.online_ca or self.capf.offline_ca):
            return self.capf.signer.certificate
        return self._nodes[self.model.publisher.name].files.own["CAPF"].certificate

    # -- wiring -----------------------------------------------------------------------------

    def _server_at(self, node: int) -> CAPFServer | None:
        return self._server if self._server is not None and self._server.node == node else None

    def _make_server(self, node: Node, capf: CAPF, keys: KeyRing) -> CAPFServer:
        capf.told = self._on_status
        capf.lsc_days = self.model.capf.lsc_validity_days
        config = self.model.capf
        if config.online_ca is not None:
            online = config.online_ca
            identity = self._make_ca(online.common_name, keys.take(CA_BITS), online.validity_days)
            capf.online_ca = OnlineCA(identity, online.minimum_key_bits)
        if config.offline_ca is not None:
            identity = self._make_ca(config.offline_ca.common_name, keys.take(CA_BITS))
            capf.offline_ca = OfflineCA(identity)
        queue = self._journal.name_queue(node.name, "capf")

        def arrived(waiting: int) -> None:
            self._journal.sample(node.host.now_ms // 1000, queue, waiting, 1, 0)

        capf.sessions.on_arrival = arrived

        def presented() -> Certificate:
            return capf.identity.certificate

        def is_up() -> bool:
            return capf.service.is_started

        return CAPFServer("CAPF", node.site, presented, node.index, is_up, capf)

    def _make_ca(self, common_name: str, key: PrivateKey, days: int = CA_DAYS) -> Identity:
        certificate = profile.self_signed(
            DistinguishedName.of(common_name), key,
            positive_serial(self._streams.octets(16, "enterprise-ca", common_name)),
            self._epoch.start - timedelta(days=CERTIFICATE_AGE_DAYS), days, "sha256",
            "authority",
        )  # fmt: skip
        return Identity(certificate, key)

    def _on_status(self, device: str, status: CertificateStatus) -> None:
        phone = self._columns.index[device]
        now_ms = self._engine.core.simulation.now_ms
        self._statuses[phone] = status
        if status is not CertificateStatus.SCHEDULE:
            self._engine.downloads.set_variant(phone, 0)
        assert self._server is not None
        self.clients.status_changed(now_ms, phone, self._server.node, int(status))

    # -- the start --------------------------------------------------------------------------

    def _settle(self, catalogue: PhoneCatalogue) -> None:
        """Every phone has the MIC of its model, and an LSC where the model says so."""
        first: dict[int, int] = {}
        for phone, group in enumerate(self._columns.group_of):
            if group in first:
                self.certificates.liken(phone, first[group])
                continue
            first[group] = phone
            part = self._parts_by_group[group]
            authority = catalogue[part.model].mic
            if authority is not None:
                self.certificates.give_mic(phone, str(authority), self._made(part.mic_made))
            if part.lsc is LscState.INSTALLED:
                assert self.capf is not None
                issued = self._first_issued(self.capf, part.lsc_key_bits)
                self.certificates.store_lsc(phone, issued)

    def _made(self, year: int | None) -> datetime:
        if year is not None:
            return datetime(year, 1, 1, tzinfo=UTC)
        day = self._epoch.start - timedelta(days=CERTIFICATE_AGE_DAYS)
        return day.replace(hour=0, minute=0, second=0, microsecond=0)

    def _first_issued(self, capf: CAPF, bits: int) -> Issued:
        issuer = capf.signer
        return Issued(
            issuer.certificate, issuer.key, (issuer.certificate,), bits, self._release.lsc_hash,
            self._epoch.start - timedelta(days=CERTIFICATE_AGE_DAYS), capf.lsc_days,
        )  # fmt: skip

    # -- operations -------------------------------------------------------------------------

    def status_of(self, phone: int) -> CertificateStatus:
        """device.tkcertificatestatus of a phone.

        Assumption: a phone that starts with an LSC got it by an operation of some time ago.
        """
        known = self._statuses.get(phone)
        if known is not None:
            return known
        had_lsc = self._parts_by_group[self._columns.group(phone).origin].lsc is LscState.INSTALLED
        return CertificateStatus.UPGRADE_SUCCESS if had_lsc else CertificateStatus.NONE

    def stale_lscs(self) -> list[int]:
        """Phones whose LSC was signed by another certificate than signs now."""
        assert self.capf is not None
        signer = self.capf.signer.certificate
        classes = self.certificates.classes
        stale = [one.issued is not None and one.issued.issuer != signer for one in classes]
        return [phone for phone, number in enumerate(self.certificates.lsc) if stale[number]]

    def remedies(self, nodes: Collection[str]) -> DeviceRemedies:
        """What could be done now about what phones of a cluster show CallManager.

        Assumption: an operation is ordered with an authentication the phone can pass (null string).

        Args:
            nodes: those of the cluster; CAPF counts if it runs on one of them.
        """
        held, capf = self.certificates, self.capf
        if capf is None or not capf.service.is_started or capf.host.name not in nodes:
            return DeviceRemedies(held.issuers)
        return DeviceRemedies(
            held.issuers, self._with_new_lsc, held.without_lsc, capf.identity.certificate
        )

    def _with_new_lsc(self, phone: int) -> DeviceIdentity | None:
        """What a phone would show with an LSC of today, of a key length it can make."""
        assert self.capf is not None
        group = self._columns.group(phone)
        bits: int = self.model.capf.key_bits
        if group.lsc_keygen_s is None:
            bits = min(bits, SHORT_PHONE_BITS)
        if group.lsc_keygen_s is None and group.lsc_keygen_1024_s is None:
            return None
        issued = self.capf.would_issue(bits)
        return None if issued is None else self.certificates.with_lsc(phone, issued)

    def schedule(self, phone: int, pending: Pending) -> None:
        """Set an operation on a phone's page; its configuration file tells it at its next boot."""
        assert self.capf is not None
        registration = self._engine.registration
        registration.gate = self.clients.before_registering
        registration.arrived = self.clients.registered
        self.clients.afterwards = registration.try_again
        self._engine.downloads.set_variant(phone, pending.authentication.mode)
        self.capf.schedule(self._columns.names[phone], pending)
