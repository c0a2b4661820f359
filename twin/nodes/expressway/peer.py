"""One Expressway peer: its certificate in use, its trusted CA list, and whether it runs.

Knows: what it presents to whom, and by what it judges others. Must not know who those are.

Source: edge-presence-video 1, 2.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.config.expressway import ExpresswayRelease
from twin.config.words import ExpresswayRole
from twin.errors import FormatError
from twin.nodes.expressway.admin_access import AdminAccess
from twin.nodes.expressway.ca_list import TrustedCAList
from twin.nodes.expressway.revocation import RevocationLists
from twin.nodes.expressway.server_certificate import ServerCertificatePage
from twin.nodes.host import Host
from twin.nodes.legs import Side
from twin.nodes.sockets import CORE_PORTS, SYSTEM_PORTS
from twin.pki.alerts import KEY_TOO_LONG
from twin.pki.bundles import read
from twin.pki.handshake import Endpoint
from twin.pki.identity import Expectation

SERVICE = "expressway"
_BOUNDARY = b"-----BEGIN CERTIFICATE-----"


class Peer:
    """A running box.

    Hooks: `on_stopped` when its services go, `on_started` when they are back, `on_change` when
    something was changed that may decide about a connection.
    """

    def __init__(
        self,
        host: Host,
        role: ExpresswayRole,
        release: ExpresswayRelease,
        site: int,
        fqdn: str,
        page: ServerCertificatePage,
        ca_list: TrustedCAList,
    ) -> None:
        self.host = host
        self.name = host.name
        self.role = role
        self.release = release
        self.site = site
        self.fqdn = fqdn
        self.certificates = page
        self.ca_list = ca_list
        self.revocation = RevocationLists()
        self.admin = AdminAccess()
        self.checks_origins = True
        """VerifyOriginServer of EdgeConfigServer, which counts where the release has it."""
        self.is_up = True
        self.on_stopped: list[Callable[[], None]] = []
        self.on_started: list[Callable[[], None]] = []
        self.on_change: list[Callable[[], None]] = []
        ca_list.on_change.append(self._changed)
        self.revocation.on_change.append(self._changed)

    def side(
        self,
        end: Callable[[], Endpoint | None],
        expects: Callable[[], tuple[Expectation, ...]] = tuple,
        fault: Callable[[], str] = str,
    ) -> Side:
        """This box as one side of a leg."""
        ports = CORE_PORTS if self.role is ExpresswayRole.CORE else SYSTEM_PORTS
        return Side(self.name, self.host, end, expects, fault, has_event_log=True, ports=ports)

    @property
    def verifies_origins(self) -> bool:
        """Whether the traffic server verifies CUCM whatever the discovery said."""
        return self.release.verifies_origin_servers and self.checks_origins

    def restart(self, done: Callable[[], None]) -> str | None:
        """Restart the applications; connections are lost, a stored certificate comes into use."""
        if not self.is_up:
            return f"{self.name} is restarting"
        self.is_up = False
        self.host.record(SERVICE, "restarting", severity="warning")
        for listener in self.on_stopped:
            listener()
        self.host.after(self.host.drawn_ms("expressway_restart_s"), self._started, done)
        return None

    def _started(self, done: Callable[[], None]) -> None:
        self.is_up = True
        self.certificates.activate()
        self.admin.activate()
        self.host.record(
            SERVICE, "started", serial=self.certificates.active.certificate.serial_bytes.hex()
        )
        for listener in self.on_started:
            listener()
        self._changed()
        done()

    def use(self, release: ExpresswayRelease, done: Callable[[], None]) -> str | None:
        """Upgrade: another release's rules count from the restart that is part of it."""
        problem = self.restart(done)
        if problem is None:
            self.release = self.certificates.release = release
        return problem

    def take_into_use(self) -> None:
        """What is stored comes into use without a restart, for new connections."""
        self.certificates.activate()
        self._changed()

    def look_at_page(self) -> tuple[str, ...]:
        """Look at the trusted CA page; the common names it marks as expired, with a banner.

        Source: edge-presence-video 1.4. Assumption: nothing tells of them unless somebody looks.
        """
        now = self.host.time()
        found = tuple(one.common_name for one in self.ca_list.expired(now))
        found += tuple(f"CRL of {name}" for name in self.ca_list.expired_lists(now))
        if found:
            self.host.record(
                SERVICE, "expired_in_ca_list", severity="warning", entries=list(found)
            )  # fmt: skip
        return found

    def set_origin_check(self, is_on: bool) -> None:
        """xConfiguration EdgeConfigServer VerifyOriginServer."""
        self.checks_origins = is_on
        self._changed()

    def _changed(self) -> None:
        for listener in self.on_change:
            listener()

    @property
    def tls_fault(self) -> str:
        """What keeps its own certificate from any session: a key too long for TLS; or empty.

        Source: edge-presence-video 1.1 (troubleshooting chapter of the certificate guides): with
        more than 4096 bits the zone may never go active.
        """
        is_long = self.certificates.active.key.bits > self.release.largest_key_bits
        return KEY_TOO_LONG if is_long else ""

    def endpoint(
        self,
        *,
        verifies: bool = True,
        shows: bool = True,
        as_client: bool = False,
        for_sip: bool = False,
    ) -> Endpoint | None:
        """One end of a session now; None while it restarts.

        Args:
            verifies: whether it wants a certificate of the other and judges it by its CA list.
            shows: whether it presents its own.
            as_client: whether that is the client certificate, where there is one of its own.
            for_sip: whether the SIP switches of revocation checking decide.
        """
        if not self.is_up:
            return None
        found = self.certificates.active_client if as_client else self.certificates.active
        return Endpoint(
            found.chain if shows else (),
            found.key if shows else None,
            self.ca_list.anchors if verifies else (),
            authenticates=verifies,
            needs_root=True,
            revocation_lists=self._lists(for_sip=for_sip) if verifies else (),
            refuses_unlisted=verifies and self.revocation.refuses_unknown(for_sip=for_sip),
        )

    def _lists(self, *, for_sip: bool) -> tuple[bytes, ...]:
        """Those of the CRL page, and those in the file of CAs.

        Source: edge-presence-video 1.5 (both are sources of revocation checking). Assumption: the
        switches of SIP hold for both, and a fetched file overrides an uploaded one only.
        """
        if for_sip and not self.revocation.asks_lists_for_sip:
            return ()
        found = (*self.revocation.counting(for_sip=for_sip), *self.ca_list.revocation_lists)
        return tuple(dict.fromkeys(found))

    @property
    def tunnel_fault(self) -> str:
        """What keeps the SSH tunnels from coming up with the certificate in use; empty: nothing.

        They are keyed from the certificate, and their program decodes its names and reads key and
        certificate from one file. Source: edge-presence-video 1.3 rows 10 and 11 (which name a
        missing final newline of the key file, and identifiers of the arc 1.3.6.1.4.1.6449).
        """
        found = self.certificates.active
        if not _is_readable(found.files):
            return "key and certificate cannot be read from their file"
        for name in (found.certificate.subject_name, found.certificate.issuer_name):
            unknown = [kind for kind, _ in name.attributes if "." in kind]
            if unknown:
                return f"unknown identifier {unknown[0]} in {name.record_string()!r}"
        return ""


def _is_readable(files: bytes) -> bool:
    """Whether a certificate is found behind the key: a PEM boundary begins a line (RFC 7468)."""
    _, boundary, rest = files.partition(b"\n" + _BOUNDARY)
    try:
        return bool(boundary) and bool(read(_BOUNDARY + rest).certificates)
    except FormatError:
        return False
