"""Making the systems around a cluster: each with the certificate and trust it starts with.

Knows: the model's words for them. Must not know what connects to what.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from twin.cluster.authorities import Authorities
from twin.config.model import ModelConfig
from twin.config.model_systems import CAPF, System
from twin.config.products import ProductCatalogue
from twin.kernel.network import Network
from twin.kernel.streams import Streams
from twin.nodes.appliance import Appliance, Own
from twin.nodes.database import CertificateRow
from twin.nodes.host import Host
from twin.nodes.node import Node
from twin.pki import profile
from twin.pki.authority import Authority
from twin.pki.certificates import Certificate
from twin.pki.csr import SigningRequest, Wanted, request
from twin.pki.keys import KeyRing, PrivateKey
from twin.pki.names import DistinguishedName
from twin.pki.serials import serial_of

DEFAULT_BITS = 2048
DEFAULT_DAYS = 1825
DEFAULT_AGE_DAYS = 100
"""Of a certificate a product ships with. Assumption: five years, 2048 bits."""
UNIT = "system"
USES = Wanted(("digital_signature", "key_encipherment"), ("server_auth", "client_auth"))
"""What a system's request asks for. Assumption: as an Expressway's."""


SELF_SIGNED = profile.UnitProfile((), ("digital_signature", "key_encipherment"), ())
"""Assumption: a certificate a system signs itself is good for servers and clients alike."""


class Systems:
    """The systems by name.

    Args:
        hosts: makes a host for a name.
    """

    def __init__(
        self,
        model: ModelConfig,
        catalogue: ProductCatalogue,
        nodes: dict[str, Node],
        network: Network,
        authorities: Authorities,
        keys: KeyRing,
        hosts: Callable[[str], Host],
        streams: Streams,
    ) -> None:
        self._model = model
        self._catalogue = catalogue
        self._nodes = nodes
        self._authorities = authorities
        self._keys = keys
        self._streams = streams
        self._made = 0
        self._shared: dict[str, Own] = {}
        self.by_name: dict[str, Appliance] = {}
        for config in model.systems:
            site = network.index[config.site or model.sites[0].name]
            self.by_name[config.name] = self._make(config, site, hosts(config.name))
        for config in model.systems:
            found = config.trusts
            stores = found if isinstance(found, dict) else {"": found}
            system = self.by_name[config.name]
            for store, words in stores.items():
                system.stores[system.store(store)] = tuple(dict.fromkeys(self.trusted(words)))
            if config.trusted_in:
                self._trust_in_cucm(config, system.active.certificate)

    def _make(self, config: System, site: int, host: Host) -> Appliance:
        product = self._catalogue.products[config.product]
        fqdn = f"{config.name}.{self._model.domain}"
        names = tuple(dict.fromkeys((fqdn, *config.virtual_names)))
        own = self._first(config, names, host)
        if not config.key_readable and product.has_key_permission.value:
            own = Own(own.chain, own.key, is_readable=False)
        return Appliance(host, product, site, names, own, config.verification)

    def _first(self, config: System, names: tuple[str, ...], host: Host) -> Own:
        chosen = config.certificate
        if chosen.signed_by is None:
            return self._default(config, names, host)
        key = self._keys.take(chosen.key_bits)
        wanted = tuple(
            dict.fromkeys(name for name in (*names, *chosen.names) if name not in chosen.lacks)
        )
        subject = DistinguishedName.of(chosen.common_name or names[0])
        asked = request(subject, key, "sha256", USES, wanted)
        start = host.time() - timedelta(days=chosen.age_days)
        return Own((self._signed(chosen.signed_by, config.name, asked, start),), key)

    def _signed(
        self, authority: str, name: str, asked: SigningRequest, start: datetime
    ) -> Certificate:
        """By a CA of the model, or by the publisher's CAPF as it signs for applications."""
        if authority != CAPF:
            return self._authorities.sign(authority, name, UNIT, asked, start)
        serial = serial_of(self._streams.octets(16, "system", name, CAPF))
        return self._capf().sign(asked, serial, start)

    def _default(self, config: System, names: tuple[str, ...], host: Host) -> Own:
        """What it ships with; where every unit has the same key, the same certificate too."""
        product = self._catalogue.products[config.product]
        start = host.time() - timedelta(days=config.certificate.age_days)
        if product.default_certificate.value == "own":
            common_name = config.certificate.common_name or names[0]
            key = self._keys.take(config.certificate.key_bits)
            return Own((self._self_signed(common_name, names, key, start),), key)
        if config.product not in self._shared:
            key = self._keys.take(DEFAULT_BITS)
            start = host.time() - timedelta(days=DEFAULT_AGE_DAYS)
            made = self._self_signed(config.product, (), key, start)
            self._shared[config.product] = Own((made,), key)
        return self._shared[config.product]

    def _self_signed(
        self, common_name: str, names: tuple[str, ...], key: PrivateKey, start: datetime
    ) -> Certificate:
        self._made += 1
        serial = serial_of(self._streams.octets(16, "system", common_name, self._made))
        name = DistinguishedName.of(common_name).to_x509()
        return profile.build(
            name, name, key.public_key, key, serial, start, DEFAULT_DAYS, "sha256", SELF_SIGNED,
            names,
        )  # fmt: skip

    def trusted(self, words: tuple[str, ...]) -> list[Certificate]:
        """What words of a trust store stand for: authorities, systems, a unit of every node."""
        found: list[Certificate] = []
        for word in words:
            if word in ("tomcat", "CallManager"):
                found += [node.files.own[word].certificate for node in self._nodes.values()]
            elif word == CAPF:
                found.append(self._nodes[self._model.publisher.name].files.own[CAPF].certificate)
            elif word in self.by_name:
                found.append(self.by_name[word].active.certificate)
            else:
                found.append(self._authorities.get(word).certificate)
        return found

    def _trust_in_cucm(self, config: System, certificate: Certificate) -> None:
        """Every node has had its certificate since before the start, on disk and in the database.

        Source: edge-presence-video 8 (CallManager-trust holds the certificate of every peer).
        """
        units = tuple(str(unit) for unit in config.trusted_in)
        row = CertificateRow(
            self._streams.uuid("trust", UNIT, config.name), units, self._model.publisher.name,
            tuple(sorted(self._nodes)), certificate,
        )  # fmt: skip
        for node in self._nodes.values():
            node.replica.put(row)
            for unit in units:
                node.files.add_trust(unit, certificate, row.description)

    def preview(self, name: str) -> tuple[Certificate, PrivateKey] | None:
        """What a system would be given now by who signed its present one; nothing is used up.

        None where nobody here could sign it.
        """
        system = self.by_name[name]
        before = system.stored.certificate
        key = self._keys.peek(DEFAULT_BITS)
        serial = serial_of(self._streams.octets(16, "what-if", name))
        at = system.host.time()
        if before.is_self_issued:
            subject = DistinguishedName.of(before.common_name).to_x509()
            return profile.build(
                subject, subject, key.public_key, key, serial, at, DEFAULT_DAYS, "sha256",
                SELF_SIGNED, system.names,
            ), key  # fmt: skip
        asked = request(DistinguishedName.of(before.common_name), key, "sha256", USES, system.names)
        found = (self._authorities.get(one.name) for one in self._model.certificate_authorities)
        for authority in (*found, self._capf()):
            if authority.certificate.subject_name == before.issuer_name:
                return authority.sign(asked, serial, at), key
        return None

    def _capf(self) -> Authority:
        """The publisher's CAPF as it signs for applications."""
        own = self._nodes[self._model.publisher.name].files.own[CAPF]
        return Authority(own.certificate, own.key)

    def sign(
        self, name: str, authority: str | None, common_name: str | None,
        san: tuple[str, ...] | None, days: int | None, drops: tuple[str, ...],
    ) -> tuple[Certificate, PrivateKey]:  # fmt: skip
        """A new certificate for a system with a new key, by a CA or by itself."""
        system = self.by_name[name]
        before = system.stored.certificate
        key = self._keys.take(DEFAULT_BITS)
        subject = common_name or before.common_name
        wanted = system.names if san is None else san
        at = system.host.time()
        if authority is None:
            return self._self_signed(subject, wanted, key, at), key
        asked: SigningRequest = request(DistinguishedName.of(subject), key, "sha256", USES, wanted)
        return self._authorities.sign(
            authority, name, UNIT, asked, at, days=days, drops=drops
        ), key  # fmt: skip
