"""What connects a cluster with the systems around it, and these with each other.

Knows: the legs of every integration, what each CUCM node shows and expects on them, and which
change or loss touches which connection. Must not know products, nor how a connection ends.

Source: edge-presence-video 7 and 8; the kinds of models/products.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from twin.cluster.authorities import Authorities
from twin.cluster.phone_configs import PhoneConfigs
from twin.cluster.srst import SecureSRST
from twin.cluster.systems import Systems
from twin.config.load import load_products
from twin.config.model import ModelConfig
from twin.config.model_systems import Integration
from twin.config.products import CUCM, IntegrationKind, ProductCatalogue
from twin.config.words import Service
from twin.kernel.network import Network
from twin.kernel.streams import Streams
from twin.nodes.appliance import Appliance
from twin.nodes.connections import Connections
from twin.nodes.host import Host
from twin.nodes.legs import Connection, Leg, Side
from twin.nodes.node import Node
from twin.nodes.requests import Repeated
from twin.phones.core import EngineCore
from twin.pki.handshake import UNSUITABLE_ISSUER_PURPOSE, Endpoint, Handshakes
from twin.pki.identity import Expectation, NameRule
from twin.pki.keys import KeyRing

_SERVICES = {"CallManager": Service.CALLMANAGER, "tomcat": Service.TOMCAT}
BRIDGE = "conference_bridge"


class Integrations:
    """Systems and their connections. Nothing here happens in a model without a system."""

    def __init__(
        self,
        model: ModelConfig,
        catalogue: ProductCatalogue,
        nodes: dict[str, Node],
        network: Network,
        systems: Systems,
        srst: SecureSRST,
    ) -> None:
        self._model = model
        self._catalogue = catalogue
        self._nodes = nodes
        self._network = network
        self._fqdns = {config.name: model.fqdn_of(config) for config in model.nodes}
        self.systems = systems.by_name
        self.maker = systems
        self.srst = srst
        self.handshakes = Handshakes()
        self.subjects = {one.name: one.subjects for one in model.integrations}
        self.connections = Connections()
        """Every connection, in the order of the model."""
        self.of: dict[str, list[Connection]] = {}
        """Connections by integration."""
        for config in model.integrations:
            kind = catalogue.kinds[config.kind]
            make = Connection if kind.stands else Repeated
            self.of[config.name] = [
                self.connections.add(make(leg, self.handshakes)) for leg in self._legs(config, kind)
            ]
        for system in self.systems.values():
            system.on_stopped.append(partial(self.connections.lose, system.name))
            system.on_change.append(partial(self.connections.changed, system.name))
        if self.of:
            self._watch_nodes()
        self.connections.open()

    def bridges(self) -> dict[str, bool]:
        """Every secure conference bridge of the model, and whether it is registered now."""
        found: dict[str, bool] = {}
        for config in self._model.integrations:
            if config.kind == BRIDGE:
                for one in self.of[config.name]:
                    name = one.leg.client.name
                    found[name] = found.get(name, False) or one.is_up
        return found

    def is_kept(self, name: str) -> bool:
        """Whether an integration keeps its connections up."""
        config = next(one for one in self._model.integrations if one.name == name)
        return self._catalogue.kinds[config.kind].stands

    def set_subjects(self, name: str, subjects: tuple[str, ...]) -> str | None:
        """Change what a trunk's security profile accepts; the refusal.

        Source: edge-presence-video 8 (Security Guide 15: name and port are unique over trunks).
        """
        ports = {one.name: self._port(one) for one in self._model.integrations}
        for other, listed in self.subjects.items():
            if other != name and ports[other] == ports[name]:
                taken = {one.lower() for one in listed} & {one.lower() for one in subjects}
                if taken:
                    return f"{min(taken)} on port {ports[name]} belongs to {other}"
        self.subjects[name] = subjects
        # Resetting the trunk after a change of its profile closes its connections.
        for connection in self.of[name]:
            connection.lose()
        return None

    def _port(self, config: Integration) -> int:
        return config.port or self._catalogue.kinds[config.kind].port

    # -- who connects to whom ---------------------------------------------------------------

    def _legs(self, config: Integration, kind: IntegrationKind) -> Iterator[Leg]:
        for client in self._ends(config.clients, kind):
            for server in self._ends(config.servers, kind):
                called = config.address or self._called(server)
                yield Leg(
                    config.kind,
                    self._side(client, config, kind, called),
                    self._side(server, config, kind, None),
                    self._port(config), kind.service,
                    partial(self._network.reachable, client.site, server.site),
                )  # fmt: skip

    def _ends(self, words: tuple[str, ...], kind: IntegrationKind) -> Iterator[Node | Appliance]:
        for word in words:
            if word != CUCM:
                yield self.systems[word]
                continue
            for node in self._nodes.values():
                if kind.unit == "tomcat" or node.callmanager is not None:
                    yield node

    def _called(self, server: Node | Appliance) -> str:
        return server.fqdn if isinstance(server, Appliance) else self._fqdns[server.name]

    def _side(
        self, one: Node | Appliance, config: Integration, kind: IntegrationKind, called: str | None
    ) -> Side:
        """One end; the client has called the other by a name."""
        calls = called is not None
        if isinstance(one, Appliance):
            end = partial(one.endpoint, calls=calls, is_mutual=kind.is_mutual, store=kind.store)
            if called is None:
                return Side(one.name, one.host, end)
            return Side(one.name, one.host, end, partial(one.expects, called))
        others = config.servers if calls else config.clients
        return Side(
            one.name, one.host, partial(_cucm, one, kind, calls),
            partial(self._cucm_expects, config.name, kind, called, others),
            is_java=kind.unit == "tomcat", stores=(f"{kind.unit}-trust",),
        )  # fmt: skip

    def _cucm_expects(
        self, name: str, kind: IntegrationKind, called: str | None, others: tuple[str, ...]
    ) -> tuple[Expectation, ...]:
        if kind.cucm_expects == "subjects" and self.subjects[name]:
            return (Expectation(self.subjects[name], NameRule.EITHER),)
        if kind.cucm_expects == "bridge_name":
            return (Expectation(others, NameRule.COMMON_NAME_PREFIX),)
        if kind.cucm_expects == "server_name" and called is not None:
            return (Expectation((called,), NameRule.ALTERNATIVE_NAME_FIRST),)
        return ()

    # -- what touches a connection ----------------------------------------------------------

    def look_at_paths(self) -> None:
        """A path between sites was cut or restored."""
        self.connections.look_at_paths()

    def _watch_nodes(self) -> None:
        for node in self._nodes.values():
            node.files.on_change.append(partial(self.connections.changed, node.name))
            for unit, service in _SERVICES.items():
                if service in node.services:
                    node.services[service].on_stopped.append(
                        partial(self._stopped, node.name, unit)
                    )
                    node.services[service].on_started.append(
                        partial(self.connections.changed, node.name)
                    )

    def _stopped(self, node: str, unit: str, _hangs: bool) -> None:
        at_node = self.connections.of(node)
        for config in self._model.integrations:
            if self._catalogue.kinds[config.kind].unit == unit:
                for connection in self.of[config.name]:
                    if connection in at_node:
                        connection.lose()


def _cucm(node: Node, kind: IntegrationKind, calls: bool) -> Endpoint | None:
    """A node's end: CallManager always verifies; a web server asks for nothing.

    Source: edge-presence-video 7 (directory CAs in tomcat-trust), 8 (peers in CallManager-trust).
    """
    identity = node.presented[_SERVICES[kind.unit]].identity
    if not node.is_on or identity is None:
        return None
    verifies = calls or kind.is_mutual
    shows = kind.is_mutual or not calls
    anchors = tuple(entry.certificate for entry in node.files.store(f"{kind.unit}-trust").entries())
    return Endpoint(
        (identity.certificate,) if shows else (),
        identity.key if shows else None,
        anchors if verifies else (),
        authenticates=verifies,
        passes_over=(UNSUITABLE_ISSUER_PURPOSE,),
    )


def assemble_integrations(
    model: ModelConfig,
    nodes: dict[str, Node],
    core: EngineCore,
    phone_configs: PhoneConfigs,
    authorities: Authorities,
    keys: KeyRing,
    hosts: Callable[[str], Host],
    streams: Streams,
) -> Integrations | None:
    """The integrations of a model; None if there is no system around its cluster.

    Args:
        phone_configs: before any of them is made, as they name the gateways of secure SRST.
        hosts: makes a host for a name.
    """
    if not model.systems:
        return None
    catalogue, network = load_products(), core.network
    systems = Systems(model, catalogue, nodes, network, authorities, keys, hosts, streams)
    srst = SecureSRST(model, systems.by_name, core)
    phone_configs.srst_certificate = srst.certificate
    return Integrations(model, catalogue, nodes, network, systems, srst)
