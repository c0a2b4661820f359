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
from twin.cluster.edge_cucm import CARRIES, ToCUCM, wanted
from twin.cluster.edge_neighbors import Outsider, make_outsider, neighbor_leg
from twin.cluster.edge_peers import EdgePeers
from twin.cluster.edge_revocation import RevocationDesk
from twin.cluster.revocation import RevocationServices
from twin.config.load import load_expressways
from twin.config.model import ModelConfig
from twin.config.model_edge import TraversalZone
from twin.config.words import ClusterMode
from twin.kernel.network import Network
from twin.nodes.connections import Connections
from twin.nodes.expressway.acme import Acme
from twin.nodes.expressway.peer import Peer
from twin.nodes.host import Host
from twin.nodes.legs import Connection, Leg, judge
from twin.nodes.node import Node
from twin.pki.handshake import Handshakes, Verdict
from twin.pki.keys import KeyRing, PrivateKey

TRAVERSAL = "L2"
TUNNEL = "L3"
TUNNEL_PORT = 2222


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

    def __init__(
        self,
        around: Surroundings,
        peers: EdgePeers,
        outsiders: dict[str, Outsider],
        desk: RevocationDesk,
        take_key: Callable[[int], PrivateKey],
    ) -> None:
        self._around = around
        self._outsiders = outsiders
        self.peers = peers.by_name
        self.desk = desk
        self.acme = {name: Acme(peer, take_key) for name, peer in self.peers.items()}
        self.nodes = around.nodes
        self.handshakes = Handshakes()
        self.connections = Connections()
        self.on_connection: list[Callable[[Connection], None]] = []
        """Hears of every connection that an upgrade adds."""
        for leg in self._legs():
            self._connect(leg)
        for peer in self.peers.values():
            peer.on_stopped.append(partial(self.connections.lose, peer.name))
            peer.on_change.append(partial(self.connections.changed, peer.name))
        if self.connections:
            self._watch_nodes()
        self.connections.open()

    def _connect(self, leg: Leg) -> Connection:
        return self.connections.add(Connection(leg, self.handshakes))

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
        leg = self._traversal_leg(one, other, other.fqdn, name, 0)
        return judge(leg, self.handshakes)

    def register(self, core: str, node: str, security_profile: str) -> Verdict:
        """How the TLS side of a registration through an Expressway-C ends now.

        Args:
            security_profile: name of the device's phone security profile, encrypted mode.
        """
        leg = self._to_cucm(self.peers[core], self._around.nodes[node]).sip(security_profile)
        return judge(leg, self.handshakes)

    def upgrade(self, name: str, release: str, done: Callable[[], None]) -> str | None:
        """Upgrade a peer, and connect to what the new release connects to; the refusal."""
        history = load_expressways()
        peer = self.peers[name]
        try:
            rules = history.at(release)
        except ValueError as error:
            return str(error)
        refusal = peer.use(rules, done)
        if refusal is None:
            known = {connection.leg.name for connection in self.connections}
            for leg in self._legs():
                if leg.name not in known:
                    connection = self._connect(leg)
                    for listener in self.on_connection:
                        listener(connection)
                    connection.open()
        return refusal

    def look_at_paths(self) -> None:
        """A path between sites was cut or restored."""
        self.connections.look_at_paths()

    # -- who connects to whom ---------------------------------------------------------------

    def _legs(self) -> Iterator[Leg]:
        for zone in self._around.model.traversal_zones:
            for client in zone.clients:
                for server in zone.servers:
                    yield self._traversal(zone, self.peers[client], self.peers[server])
                    yield self._tunnel(self.peers[client], self.peers[server])
        for name in self._cores():
            for node in self._around.nodes.values():
                yield from self._to_cucm(self.peers[name], node).legs()
        for neighbor in self._around.model.neighbor_zones:
            peer, system = self.peers[neighbor.peer], self._outsiders[neighbor.system]
            yield neighbor_leg(neighbor, peer, system, self._path(peer.site, system.site))

    def _cores(self) -> tuple[str, ...]:
        """Expressway-Cs that a zone uses."""
        zones = self._around.model.traversal_zones
        return tuple(dict.fromkeys(name for zone in zones for name in zone.clients))

    def _traversal(self, zone: TraversalZone, client: Peer, server: Peer) -> Leg:
        """The client looks for the peer address it was given, the server for the verify name."""
        config = next(one for one in self._around.model.expressways if one.name == server.name)
        address = server.fqdn if zone.peer_address == "fqdn" else config.address
        verify = zone.verify_name or self._cluster_name(client)
        return self._traversal_leg(client, server, address, verify, zone.port)

    def _traversal_leg(
        self, client: Peer, server: Peer, address: str, verify: str, port: int
    ) -> Leg:
        return Leg(
            TRAVERSAL,
            client.side(
                partial(client.endpoint, as_client=True, for_sip=True),
                wanted(address), lambda: client.tls_fault,
            ),
            server.side(
                partial(server.endpoint, for_sip=True), wanted(verify), lambda: server.tls_fault
            ),
            port, "SIP", self._path(client.site, server.site),
        )  # fmt: skip

    def _tunnel(self, client: Peer, server: Peer) -> Leg:
        """Assumption: tunnels trust by the same chains as the zone, and look at no names; the SIP
        switches of revocation checking do not touch them."""
        return Leg(
            TUNNEL,
            client.side(client.endpoint, fault=lambda: client.tunnel_fault),
            server.side(server.endpoint, fault=lambda: server.tunnel_fault),
            TUNNEL_PORT, "SSH", self._path(client.site, server.site),
        )  # fmt: skip

    def _to_cucm(self, core: Peer, node: Node) -> ToCUCM:
        model = self._around.model
        return ToCUCM(
            core, node, self._around.fqdns[node.name], self._path(core.site, node.site),
            tls_verify=model.unified_communications.tls_verify,
            is_mixed=model.cluster_mode is ClusterMode.MIXED,
        )  # fmt: skip

    def _cluster_name(self, peer: Peer) -> str:
        config = next(one for one in self._around.model.expressways if one.name == peer.name)
        return config.cluster or peer.fqdn

    def _path(self, one: int, other: int) -> Callable[[], bool]:
        return partial(self._around.network.reachable, one, other)

    # -- what touches a connection ----------------------------------------------------------

    def _watch_nodes(self) -> None:
        for node in self._around.nodes.values():
            node.files.on_change.append(partial(self.connections.changed, node.name))
            for service, kinds in CARRIES.items():
                if service in node.services:
                    node.services[service].on_stopped.append(
                        partial(self._service_stopped, node.name, kinds)
                    )
                    node.services[service].on_started.append(
                        partial(self.connections.changed, node.name)
                    )

    def _service_stopped(self, node: str, kinds: tuple[str, ...], _hangs: bool) -> None:
        self.connections.lose_where(
            lambda one: one.leg.server.name == node and one.leg.kind in kinds
        )


def assemble_edge(
    model: ModelConfig,
    nodes: dict[str, Node],
    network: Network,
    authorities: Authorities,
    keys: KeyRing,
    hosts: Callable[[str], Host],
    octets: Callable[..., bytes],
    revocation: RevocationServices,
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
    outsiders = {
        config.name: make_outsider(
            config, hosts(config.name), network.index[config.site or model.sites[0].name],
            authorities, keys,
        )
        for config in model.sip_systems
    }  # fmt: skip
    desk = RevocationDesk(revocation, authorities, peers.by_name)
    return Edge(Surroundings(model, nodes, network, fqdns), peers, outsiders, desk, keys.take)
