"""The Expressways of a model, and the connections between them and the cluster.

Knows: how a peer starts, who connects to whom, and which change or loss touches which connection.
Must not know how a connection ends (`twin.nodes.legs`) nor what an operator wants.

Source: edge-presence-video 2.1, 2.2, 3.1 for the legs, their ports and what each side checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from twin.cluster.authorities import Authorities
from twin.cluster.edge_peers import EdgePeers
from twin.config.load import load_expressways
from twin.config.model import ModelConfig
from twin.config.model_edge import TraversalZone
from twin.config.words import ClusterMode, Service
from twin.kernel.network import Network
from twin.nodes.expressway.peer import Peer
from twin.nodes.file_system import FileSystem
from twin.nodes.host import Host
from twin.nodes.legs import Connection, Leg, Side, judge
from twin.nodes.node import Node
from twin.pki.certificates import Certificate
from twin.pki.handshake import UNSUITABLE_ISSUER_PURPOSE, Endpoint, Handshakes, Verdict
from twin.pki.identity import Expectation, NameRule
from twin.pki.keys import KeyRing

TRAVERSAL = "L2"
TUNNEL = "L3"
UDS = "L4"
CONFIG = "L5"
SIP = "L7"
TUNNEL_PORT = 2222
HTTPS_PORT = 8443
CONFIG_PORT = 6972
SIP_TLS_PORT = 5061


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the edge stands in."""

    model: ModelConfig
    nodes: dict[str, Node]
    network: Network
    fqdns: dict[str, str]
    """Common name of each CUCM node, which the Expressway-C knows it by."""


class Edge:
    """Peers and their connections. Nothing here happens in a model without an Expressway."""

    def __init__(self, around: Surroundings, peers: EdgePeers) -> None:
        self._around = around
        self.peers = peers.by_name
        self.nodes = around.nodes
        self.handshakes = Handshakes()
        self.connections: list[Connection] = []
        self._by_ends: dict[tuple[str, str, str], Connection] = {}
        for leg in self._legs():
            connection = Connection(leg, self.handshakes)
            self.connections.append(connection)
            self._by_ends[leg.kind, leg.client.name, leg.server.name] = connection
        for peer in self.peers.values():
            peer.on_stopped.append(partial(self._lose, peer.name))
            peer.on_change.append(partial(self._changed, peer.name))
        if self.connections:
            self._watch_nodes()
        for connection in self.connections:
            connection.open()

    def connection(self, kind: str, client: str, server: str) -> Connection | None:
        """The connection of a kind between two systems, if there is one."""
        return self._by_ends.get((kind, client, server))

    def zones(self, zone: str) -> list[Connection]:
        """The traversal connections of a zone, by its name."""
        named = next(one for one in self._around.model.traversal_zones if one.name == zone)
        return [
            one for one in self.connections
            if one.leg.kind == TRAVERSAL
            and one.leg.client.name in named.clients
            and one.leg.server.name in named.servers
        ]  # fmt: skip

    def test(self, client: str, server: str, verify_name: str | None) -> Verdict:
        """How a traversal connection would end now; nothing is opened, nothing is changed.

        Source: edge-presence-video 2.2, the secure traversal test of the TAC deck.
        """
        one, other = self.peers[client], self.peers[server]
        name = verify_name or next(
            (
                zone.verify_name
                for zone in self._around.model.traversal_zones
                if client in zone.clients and server in zone.servers and zone.verify_name
            ),
            self._cluster_name(one),
        )
        leg = Leg(
            TRAVERSAL,
            Side(client, one.host, one.endpoint, _wanted(other.fqdn)),
            Side(server, other.host, other.endpoint, _wanted(name)),
            0, "SIP", self._path(one.site, other.site),
        )  # fmt: skip
        return judge(leg, self.handshakes)

    def look_at_paths(self) -> None:
        """A path between sites was cut or restored."""
        for connection in self.connections:
            if connection.is_up and not connection.leg.is_path_open():
                connection.lose()
            else:
                connection.changed()

    # -- who connects to whom ---------------------------------------------------------------

    def _legs(self) -> Iterator[Leg]:
        for zone in self._around.model.traversal_zones:
            for client in zone.clients:
                for server in zone.servers:
                    yield self._traversal(zone, self.peers[client], self.peers[server])
                    yield self._tunnel(self.peers[client], self.peers[server])
        for name in self._cores():
            for node in self._around.nodes.values():
                yield from self._to_cucm(self.peers[name], node)

    def _cores(self) -> tuple[str, ...]:
        """Expressway-Cs that a zone uses."""
        zones = self._around.model.traversal_zones
        return tuple(dict.fromkeys(name for zone in zones for name in zone.clients))

    def _traversal(self, zone: TraversalZone, client: Peer, server: Peer) -> Leg:
        """The client looks for the peer address it was given, the server for the verify name."""
        config = next(one for one in self._around.model.expressways if one.name == server.name)
        address = server.fqdn if zone.peer_address == "fqdn" else config.address
        verify = zone.verify_name or self._cluster_name(client)
        return Leg(
            TRAVERSAL,
            Side(client.name, client.host, client.endpoint, _wanted(address)),
            Side(server.name, server.host, server.endpoint, _wanted(verify)),
            zone.port, "SIP", self._path(client.site, server.site),
        )  # fmt: skip

    def _tunnel(self, client: Peer, server: Peer) -> Leg:
        """Assumption: tunnels trust by the same chains as the zone, and look at no names."""
        return Leg(
            TUNNEL,
            Side(client.name, client.host, client.endpoint, fault=lambda: client.tunnel_fault),
            Side(server.name, server.host, server.endpoint, fault=lambda: server.tunnel_fault),
            TUNNEL_PORT, "SSH", self._path(client.site, server.site),
        )  # fmt: skip

    def _to_cucm(self, core: Peer, node: Node) -> Iterator[Leg]:
        verifies = self._around.model.unified_communications.tls_verify
        path = self._path(core.site, node.site)
        expects = _wanted(self._around.fqdns[node.name])
        web = verifies or core.release.verifies_origin_servers
        yield Leg(
            UDS,
            Side(
                core.name, core.host, partial(core.endpoint, verifies=web, shows=False),
                expects if web else tuple,
            ),
            Side(node.name, node.host, partial(_https, node)),
            HTTPS_PORT, "UDS", path,
        )  # fmt: skip
        if node.tftp is not None and core.release.shows_certificate_to_cucm:
            yield Leg(
                CONFIG,
                Side(
                    core.name, core.host, partial(core.endpoint, verifies=web),
                    expects if web else tuple,
                ),
                Side(node.name, node.host, partial(_config_server, node)),
                CONFIG_PORT, "HTTPS", path,
            )  # fmt: skip
        if node.callmanager is not None and self._around.model.cluster_mode is ClusterMode.MIXED:
            yield Leg(
                SIP,
                Side(
                    core.name, core.host, partial(core.endpoint, verifies=verifies),
                    expects if verifies else tuple,
                ),
                Side(node.name, node.host, partial(_sip, node)),
                SIP_TLS_PORT, "SIP", path,
            )  # fmt: skip

    def _cluster_name(self, peer: Peer) -> str:
        config = next(one for one in self._around.model.expressways if one.name == peer.name)
        return config.cluster or peer.fqdn

    def _path(self, one: int, other: int) -> Callable[[], bool]:
        return partial(self._around.network.reachable, one, other)

    # -- what touches a connection ----------------------------------------------------------

    def _watch_nodes(self) -> None:
        for node in self._around.nodes.values():
            node.files.on_change.append(partial(self._changed, node.name))
            for service, kinds in _CARRIES.items():
                if service in node.services:
                    node.services[service].on_stopped.append(
                        partial(self._service_stopped, node.name, kinds)
                    )
                    node.services[service].on_started.append(partial(self._changed, node.name))

    def _service_stopped(self, node: str, kinds: tuple[str, ...], _hangs: bool) -> None:
        for connection in self.connections:
            if connection.leg.server.name == node and connection.leg.kind in kinds:
                connection.lose()

    def _lose(self, name: str) -> None:
        for connection in self._of(name):
            connection.lose()

    def _changed(self, name: str) -> None:
        for connection in self._of(name):
            connection.changed()

    def _of(self, name: str) -> list[Connection]:
        return [
            one for one in self.connections if name in (one.leg.client.name, one.leg.server.name)
        ]


def assemble_edge(
    model: ModelConfig,
    nodes: dict[str, Node],
    network: Network,
    authorities: Authorities,
    keys: KeyRing,
    hosts: Callable[[str], Host],
    octets: Callable[..., bytes],
) -> Edge | None:
    """The edge of a model; None if it has no Expressway.

    Args:
        hosts: makes a host for a name.
        octets: bytes that belong to a name.
    """
    if not model.expressways:
        return None
    peers = EdgePeers(model, load_expressways(), nodes, network, authorities, keys, hosts, octets)
    fqdns = {config.name: model.fqdn_of(config) for config in model.nodes}
    return Edge(Surroundings(model, nodes, network, fqdns), peers)


_CARRIES: dict[Service, tuple[str, ...]] = {
    Service.TOMCAT: (UDS,),
    Service.TFTP: (CONFIG,),
    Service.CALLMANAGER: (SIP,),
}
"""Which legs end at which service of a CUCM node."""


def _wanted(name: str) -> Callable[[], tuple[Expectation, ...]]:
    """Source: edge-presence-video 2.2: alternative names, in X8 the common name too."""
    expected = (Expectation((name,), NameRule.EITHER),)
    return lambda: expected


def _https(node: Node) -> Endpoint | None:
    identity = node.tomcat.identity
    if not node.is_on or identity is None:
        return None
    return Endpoint((identity.certificate,), identity.key, authenticates=False)


def _config_server(node: Node) -> Endpoint | None:
    """Cisco Tftp over TLS, which asks for a certificate and wants its CA in two stores.

    Source: edge-presence-video 1.7 (Cisco 225476): tomcat-trust and CallManager-trust.
    """
    identity = node.presented[Service.TFTP].identity
    if not node.is_on or identity is None:
        return None
    web = _trusted(node.files, "tomcat-trust")
    both = tuple(one for one in _trusted(node.files, "CallManager-trust") if one in web)
    return Endpoint((identity.certificate,), identity.key, both)


def _sip(node: Node) -> Endpoint | None:
    identity = node.presented[Service.CALLMANAGER].identity
    if not node.is_on or identity is None:
        return None
    return Endpoint(
        (identity.certificate,),
        identity.key,
        _trusted(node.files, "CallManager-trust"),
        passes_over=(UNSUITABLE_ISSUER_PURPOSE,),
    )


def _trusted(files: FileSystem, unit: str) -> tuple[Certificate, ...]:
    return tuple(entry.certificate for entry in files.store(unit).entries())
