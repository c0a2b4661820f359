"""The standing connections of IM and Presence: trunk, Sync Agent, intercluster, Expressway-C.

Knows: who connects to whom, what each side checks, which change or loss touches which connection.
Must not know how a connection ends (`twin.nodes.legs`), nor the sessions of clients.

Source: edge-presence-video 4.1, 4.2 for trunk and Sync Agent, 4.4 for intercluster, 3.1 (L8) for
the Expressway-C. Assumption: both ends of the trunk look for the other's full name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from twin.cluster.edge import TUNNEL, Edge
from twin.cluster.presence_nodes import Ground, ImpCluster
from twin.config.words import Service
from twin.nodes.connections import Connections
from twin.nodes.legs import Connection, Leg, Side
from twin.nodes.loaded_trust import LoadedTrust
from twin.nodes.node import Node
from twin.nodes.presence.intercluster import CONNECTION_FAILED, SERVICE, SyncAgent
from twin.nodes.presence.node import PresenceNode
from twin.pki.handshake import UNSUITABLE_ISSUER_PURPOSE, Endpoint, Handshakes
from twin.pki.identity import Expectation, NameRule, presented_names

TRUNK = "TRUNK"
SYNC = "SYNC"
INTERCLUSTER = "ICSA"
ROUTERS = "R2R"
EXPRESSWAY = "L8"
SIP_TLS_PORT = 5061
HTTPS_PORT = 8443
ROUTER_PORT = 7400
WEB_TRUST = "tomcat-trust"
XMPP_TRUST = "cup-xmpp-trust"

_CARRIED: dict[str, tuple[Service, ...]] = {
    TRUNK: (Service.SIP_PROXY, Service.CALLMANAGER),
    SYNC: (Service.SYNC_AGENT, Service.TOMCAT),
    INTERCLUSTER: (Service.INTERCLUSTER_SYNC_AGENT, Service.TOMCAT),
    ROUTERS: (Service.XCP_ROUTER, Service.XCP_CONNECTION_MANAGER),
    EXPRESSWAY: (Service.XCP_ROUTER, Service.XCP_CONNECTION_MANAGER),
}
"""The services at either end of each kind of connection."""


class PresenceLegs:
    """The standing connections of the IM&P nodes."""

    def __init__(self, ground: Ground, clusters: dict[str, ImpCluster], edge: Edge | None) -> None:
        self._ground = ground
        self._clusters = clusters
        self._edge = edge
        self.handshakes = Handshakes() if edge is None else edge.handshakes
        self.connections = Connections()
        self.agents = {
            name: SyncAgent(
                cluster.publisher, cluster.publisher.services[Service.INTERCLUSTER_SYNC_AGENT]
            )
            for name, cluster in clusters.items()
        }
        self._trusted_by_callmanager = {
            node.name: LoadedTrust(
                node.services[Service.CALLMANAGER], node.files, "CallManager-trust"
            )
            for node in ground.nodes.values()
            if node.callmanager is not None
        }
        for leg in self._legs():
            self.connections.add(Connection(leg, self.handshakes))
        for peer in [] if edge is None else edge.peers.values():
            peer.on_stopped.append(partial(self.connections.lose, peer.name))
            peer.on_change.append(partial(self.connections.changed, peer.name))
        self._agree_agents()
        for watched in (*ground.nodes.values(), *self._every_node()):
            self._watch(watched)
        self.connections.open()

    def look_at_paths(self) -> None:
        """A path was cut or restored, or a node went or came."""
        self.connections.look_at_paths()

    # -- who connects to whom ---------------------------------------------------------------

    def _legs(self) -> Iterator[Leg]:
        first = next(iter(self._clusters.values()))
        if self._ground.model.presence.trunk_security == "tls":
            for name, trust in self._trusted_by_callmanager.items():
                for node in first.nodes.values():
                    yield self._trunk(self._ground.nodes[name], node, trust)
        yield self._sync(first.publisher, self._ground.nodes[self._ground.model.publisher.name])
        yield from self._intercluster()
        if self._edge is not None:
            zones = self._ground.model.traversal_zones
            for core in dict.fromkeys(name for zone in zones for name in zone.clients):
                for node in first.nodes.values():
                    yield self._expressway(core, node)

    def _trunk(self, node: Node, imp: PresenceNode, trust: LoadedTrust) -> Leg:
        def callmanager() -> Endpoint | None:
            identity = node.presented[Service.CALLMANAGER].identity if node.is_on else None
            if identity is None:
                return None
            return Endpoint(
                (identity.certificate,), identity.key, trust.certificates,
                passes_over=(UNSUITABLE_ISSUER_PURPOSE,),
            )  # fmt: skip

        return Leg(
            TRUNK,
            Side(
                node.name, node.host, callmanager, _wanted(imp.fqdn), stores=("CallManager-trust",)
            ),
            Side(
                imp.name, imp.host, imp.sip_end, _wanted(self._fqdn(node)), stores=("cup-trust",)
            ),
            SIP_TLS_PORT, "SIP", self._path(node, imp),
        )  # fmt: skip

    def _sync(self, imp: PresenceNode, publisher: Node) -> Leg:
        return Leg(
            SYNC,
            Side(
                imp.name, imp.host, partial(imp.web_client, Service.SYNC_AGENT),
                _wanted(self._fqdn(publisher)), partial(self._unresolved, publisher),
                stores=(WEB_TRUST,),
            ),
            Side(publisher.name, publisher.host, partial(_https, publisher)),
            HTTPS_PORT, "AXL", self._path(imp, publisher),
        )  # fmt: skip

    def _unresolved(self, publisher: Node) -> str:
        """What keeps Cisco Sync Agent from starting: a name that DNS does not know.

        Source: Cisco IM&P 11.5(1): every name in the tomcat certificates uploaded from CUCM must
        resolve. Assumption: domains of the model resolve, too.
        """
        presented = publisher.presented[Service.TOMCAT].certificate
        if presented is None:
            return ""
        wanted = presented_names(presented, NameRule.ALTERNATIVE_NAME)
        missing = [name for name in wanted if name not in self._resolvable]
        return f"{missing[0]} cannot be resolved" if missing else ""

    @property
    def _resolvable(self) -> set[str]:
        model = self._ground.model
        known = {model.fqdn_of(node) for node in model.nodes} | {model.domain}
        known |= {node.fqdn for node in self._every_node()} | set(model.presence.dns_names)
        return {name.lower() for name in known}

    def _intercluster(self) -> Iterator[Leg]:
        for one in self._clusters.values():
            for other in self._clusters.values():
                if one is other:
                    continue
                client, server = one.publisher, other.publisher
                yield Leg(
                    INTERCLUSTER,
                    Side(
                        client.name, client.host,
                        partial(client.web_client, Service.INTERCLUSTER_SYNC_AGENT),
                        _wanted(server.fqdn), stores=(WEB_TRUST,),
                    ),
                    Side(server.name, server.host, server.web_server),
                    HTTPS_PORT, "AXL", self._path(client, server),
                )  # fmt: skip
                if one.name < other.name and self._ground.model.presence.router_to_router_secure:
                    yield from self._routers(one, other)

    def _routers(self, one: ImpCluster, other: ImpCluster) -> Iterator[Leg]:
        for client in one.nodes.values():
            for server in other.nodes.values():
                yield Leg(
                    ROUTERS,
                    Side(
                        client.name, client.host, partial(client.xmpp_end, True),
                        _wanted(server.fqdn), stores=(XMPP_TRUST,),
                    ),
                    Side(
                        server.name, server.host, partial(server.xmpp_end, True),
                        _wanted(client.fqdn), stores=(XMPP_TRUST,),
                    ),
                    ROUTER_PORT, "XMPP", self._path(client, server),
                )  # fmt: skip

    def _expressway(self, core: str, node: PresenceNode) -> Leg:
        assert self._edge is not None
        peer = self._edge.peers[core]
        verifies = (
            self._ground.model.unified_communications.tls_verify
            or peer.release.verifies_origin_servers
        )
        return Leg(
            EXPRESSWAY,
            peer.side(
                partial(peer.endpoint, verifies=verifies, shows=False),
                _wanted(node.fqdn) if verifies else tuple,
            ),
            Side(node.name, node.host, partial(node.xmpp_end, False)),
            ROUTER_PORT, "XMPP",
            partial(self._ground.network.reachable, peer.site, node.site),
        )  # fmt: skip

    def _agree_agents(self) -> None:
        for one, agent in self.agents.items():
            for other, peer in self.agents.items():
                connection = self.connections.find(INTERCLUSTER, agent.node.name, peer.node.name)
                if one == other or connection is None:
                    continue
                agent.asks.append((peer, partial(_is_up, connection)))
                connection.on_change.append(partial(self._axl_changed, agent, peer, connection))
                peer.service.on_started.append(agent.sync)

    def _axl_changed(self, agent: SyncAgent, peer: SyncAgent, connection: Connection) -> None:
        if connection.is_up:
            agent.sync()
        elif connection.verdict.refused_by:
            agent.host.alarm(SERVICE, CONNECTION_FAILED, "error", peer=peer.node.name)

    # -- what touches a connection ----------------------------------------------------------

    def _every_node(self) -> list[PresenceNode]:
        return [node for cluster in self._clusters.values() for node in cluster.nodes.values()]

    def _watch(self, node: Node) -> None:
        node.files.on_change.append(partial(self.connections.changed, node.name))
        node.on_power.append(self.look_at_paths)
        for name, service in node.services.items():
            service.on_stopped.append(partial(self._stopped, node.name, Service(name)))
            service.on_started.append(partial(self.connections.changed, node.name))

    def _stopped(self, node: str, service: Service, _hangs: bool) -> None:
        for connection in self.connections.of(node):
            if service in _CARRIED[connection.leg.kind] and connection.is_up:
                leg = connection.leg
                if leg.client.end() is None or leg.server.end() is None:
                    connection.lose()

    # -- small questions --------------------------------------------------------------------

    def way_in(self, zone: str, node: str) -> list[tuple[str, str]]:
        """Expressway-C and -E by which XMPP reaches a node now: tunnel and L8 stand."""
        assert self._edge is not None
        named = next(one for one in self._ground.model.traversal_zones if one.name == zone)
        return [
            (core, server)
            for core in named.clients
            for server in named.servers
            if _stands(self._edge.connections.find(TUNNEL, core, server))
            and _stands(self.connections.find(EXPRESSWAY, core, node))
        ]

    def _fqdn(self, node: Node) -> str:
        model = self._ground.model
        return model.fqdn_of(model.node(node.name))

    def _path(self, one: Node, other: Node) -> Callable[[], bool]:
        network = self._ground.network
        return lambda: one.is_on and other.is_on and network.reachable(one.site, other.site)


def _wanted(name: str) -> Callable[[], tuple[Expectation, ...]]:
    """Source: edge-presence-video 10.2: HTTPS and SIP trunks, alternative names or the CN."""
    expected = (Expectation((name,), NameRule.EITHER),)
    return lambda: expected


def _https(node: Node) -> Endpoint | None:
    identity = node.tomcat.identity
    if not node.is_on or identity is None:
        return None
    return Endpoint((identity.certificate,), identity.key, authenticates=False)


def _is_up(connection: Connection) -> bool:
    return connection.is_up


def _stands(connection: Connection | None) -> bool:
    return connection is not None and connection.is_up
