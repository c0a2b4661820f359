"""Making the Expressway peers of a model: boxes with certificates in use and CA lists filled.

Knows: the model's words for them. Must not know what connects to what.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from twin.cluster.authorities import Authorities
from twin.config.expressway import ExpresswayHistory
from twin.config.model import ModelConfig
from twin.config.model_edge import Expressway
from twin.config.words import ExpresswayRole
from twin.kernel.network import Network
from twin.nodes.expressway.ca_list import TrustedCAList
from twin.nodes.expressway.names import COLLAB_EDGE, ExpresswayNames
from twin.nodes.expressway.peer import Peer
from twin.nodes.expressway.server_certificate import (
    USES,
    Installed,
    ServerCertificatePage,
    installed,
)
from twin.nodes.host import Host
from twin.nodes.node import Node
from twin.pki.authority import Authority, make_authority
from twin.pki.certificates import Certificate
from twin.pki.csr import request
from twin.pki.keys import KeyRing
from twin.pki.names import DistinguishedName
from twin.pki.serials import serial_of

DEFAULT_BITS = 2048
DEFAULT_DAYS = 730
"""Of the factory certificate. Assumption: two years and 2048 bits."""
UNIT = "server"


class EdgePeers:
    """The peers by name.

    Args:
        hosts: makes a host for a name.
        octets: bytes that belong to a name.
    """

    def __init__(
        self,
        model: ModelConfig,
        history: ExpresswayHistory,
        nodes: dict[str, Node],
        network: Network,
        authorities: Authorities,
        keys: KeyRing,
        hosts: Callable[[str], Host],
        octets: Callable[..., bytes],
    ) -> None:
        self._model = model
        self._nodes = nodes
        self._authorities = authorities
        self._keys = keys
        self._octets = octets
        self._made = 0
        self._temporary: dict[str, Authority] = {}
        self.names: dict[str, ExpresswayNames] = {}
        self.by_name: dict[str, Peer] = {}
        for config in model.expressways:
            site = network.index[config.site or model.sites[0].name]
            self.by_name[config.name] = self._make(config, history, site, hosts(config.name))

    def _make(self, config: Expressway, history: ExpresswayHistory, site: int, host: Host) -> Peer:
        release = history.at(config.release)
        self.names[config.name] = names_of(self._model, config)
        self._temporary[config.name] = self._temporary_ca(config.name, host)
        ca_list = TrustedCAList(
            (self._temporary[config.name].certificate,), last_wins=config.same_name == "last"
        )
        subject = self._model.subject
        page = ServerCertificatePage(
            host, release,
            {
                "organizational_unit": subject.organizational_unit,
                "organization": subject.organization,
                "locality": subject.locality,
                "state": subject.state,
                "country": subject.country,
            },
            lambda: self.names[config.name], self._keys.take,
            partial(self._default, config.name, host), lambda: self._is_for_uc(config.name),
            lambda: ca_list.anchors,
        )  # fmt: skip
        if config.certificate.signed_by is not None:
            page.start_with(self._first(config, host))
        ca_list.append(self.trusted(config.trusts))
        return Peer(host, config.role, release, site, self.names[config.name].fqdn, page, ca_list)

    def trusted(self, words: tuple[str, ...]) -> list[Certificate]:
        """What words of a CA list stand for: authorities, or a unit of every node.

        Those of IM&P nodes are appended when these are made (`twin.cluster.presence`).
        """
        found: list[Certificate] = []
        units = ("tomcat", "CallManager")
        for word in words:
            if word in units:
                found += [node.files.own[word].certificate for node in self._nodes.values()]
            elif word != "cup-xmpp":
                found.append(self._authorities.get(word).certificate)
        return found

    def _is_for_uc(self, name: str) -> bool:
        zones = self._model.traversal_zones
        return any(name in (*zone.clients, *zone.servers) for zone in zones)

    def _first(self, config: Expressway, host: Host) -> Installed:
        """The certificate in use when the scenario begins."""
        chosen = config.certificate
        assert chosen.signed_by is not None
        names = self.names[config.name]
        wanted = [name for name in (*names.required, *chosen.names) if name not in chosen.lacks]
        key = self._keys.take(chosen.key_bits)
        asked = request(DistinguishedName.of(names.common_name), key, "sha256", USES, tuple(wanted))
        start = host.time() - timedelta(days=chosen.age_days)
        certificate = self._authorities.sign(
            chosen.signed_by, config.name, UNIT, asked, start, drops=tuple(chosen.drops)
        )
        return installed((certificate,), key)

    def _default(self, name: str, host: Host) -> Installed:
        """A certificate of the CA that the box made for itself when it was installed.

        Source: edge-presence-video 1.3; the CA is in the box's own list as shipped.
        """
        self._made += 1
        authority = self._temporary[name]
        key = self._keys.take(DEFAULT_BITS)
        fqdn = self.names[name].fqdn
        asked = request(DistinguishedName.of(fqdn), key, "sha256", USES, (fqdn,))
        serial = serial_of(self._octets(16, "expressway-default", name, self._made))
        certificate = authority.sign(asked, serial, host.time(), days=DEFAULT_DAYS)
        return installed((certificate,), key)

    def _temporary_ca(self, name: str, host: Host) -> Authority:
        serial = serial_of(self._octets(16, "expressway-temporary-ca", name))
        return make_authority(
            DistinguishedName.of(f"Temporary CA {serial.hex()}", organization="Temporary CA"),
            self._keys.take(DEFAULT_BITS), serial, host.time(), DEFAULT_DAYS,
        )  # fmt: skip


def names_of(model: ModelConfig, config: Expressway) -> ExpresswayNames:
    """What a peer's certificate has to be called, by what the model uses it for."""
    uc = model.unified_communications
    fqdn = f"{config.name}.{model.domain}"
    if config.role is ExpresswayRole.CORE:
        return ExpresswayNames(
            fqdn, config.cluster or "", security_profiles=uc.security_profiles,
            chat_node_aliases=uc.chat_node_aliases,
        )  # fmt: skip
    before = COLLAB_EDGE if uc.domain_format == "collab_edge_dns" else ""
    domains = tuple(f"{before}{domain}" for domain in uc.domains or (model.domain,))
    return ExpresswayNames(
        fqdn, config.cluster or "", domains, federation_domains=uc.federation_domains,
        chat_node_aliases=uc.chat_node_aliases,
    )  # fmt: skip
