"""Whether a Jabber client gets an XMPP session: the path, the certificate shown, the prompt.

Knows: what a group of clients trusts and what it was asked about. Must not know when it tries.

Source: edge-presence-video 4.3 (the certificate has to be trusted by the operating system, or
accepted at a prompt, which stores it; names are compared), 3.1 L1 and L8 (from outside the
Expressway-E's certificate is seen, and the tunnel leads to the node).
Assumption: who accepts a certificate at a prompt is not asked for its names any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from twin.cluster.edge import TUNNEL, Edge
from twin.cluster.presence_legs import EXPRESSWAY, PresenceLegs
from twin.cluster.presence_nodes import Ground
from twin.config.model_presence import ImClients
from twin.nodes.expressway.peer import Peer
from twin.nodes.host import Host
from twin.nodes.legs import Leg, Side, connected, judge, refuse
from twin.nodes.presence.node import PresenceNode
from twin.pki.certificates import Certificate
from twin.pki.handshake import Endpoint, Verdict
from twin.pki.identity import Expectation, NameRule

XMPP = "XMPP"
XMPP_PORT = 5222
UNREACHABLE = "path"
"""Nobody answers, or packets do not pass: no leg has been refused."""


@dataclass(slots=True)
class Group:
    """Clients that are alike."""

    config: ImClients
    host: Host
    site: int
    anchors: tuple[Certificate, ...]
    accepted: list[Certificate] = field(default_factory=list)
    told: dict[str, tuple[Certificate, Verdict]] = field(default_factory=dict)
    """By leg, the refusal that was journalled last."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a client gets in; if not, the leg that is in the way. `prompted`: it was asked."""

    leg: str = ""
    prompted: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether it is in."""
        return not self.leg


class Logins:
    """The ways into the nodes."""

    def __init__(self, ground: Ground, legs: PresenceLegs, edge: Edge | None) -> None:
        self._ground = ground
        self._legs = legs
        self._edge = edge

    def is_path_open(self, group: Group, node: PresenceNode) -> bool:
        """Whether packets of a session pass: inside by the network, outside by a way in."""
        if group.config.mra is not None:
            return bool(self._legs.way_in(group.config.mra, node.name))
        return self._ground.network.reachable(group.site, node.site)

    def legs(self, group: Group, home: PresenceNode) -> Iterator[Leg]:
        """The TLS legs a login begins with: to the home node, or to each Expressway-E of the zone.

        None of clients that accept whatever a prompt shows: no certificate keeps them out.
        """
        if group.config.accepts_prompts:
            return
        for server, expected in self._servers(group, home):
            yield self._leg(group, server, expected)

    def _servers(self, group: Group, home: PresenceNode) -> Iterator[tuple[Side, Expectation]]:
        if group.config.mra is None:
            yield self._inside(home)
            return
        assert self._edge is not None
        zones = self._ground.model.traversal_zones
        zone = next(one for one in zones if one.name == group.config.mra)
        for name in zone.servers:
            yield self._outside(self._edge.peers[name])

    def answer(self, group: Group, node: PresenceNode) -> Answer:
        """How a login of the group's clients at a node ends now."""
        if node.xmpp_end(False) is None:
            return Answer(UNREACHABLE)
        if group.config.mra is None:
            if not self.is_path_open(group, node):
                return Answer(UNREACHABLE)
            return self._judge(group, *self._inside(node))
        return self._from_outside(group, node)

    def _inside(self, node: PresenceNode) -> tuple[Side, Expectation]:
        expected = Expectation((node.fqdn,), NameRule.ALTERNATIVE_NAME_FIRST)
        return Side(node.name, node.host, partial(node.xmpp_end, False)), expected

    def _outside(self, peer: Peer) -> tuple[Side, Expectation]:
        model = self._ground.model
        domain = (model.unified_communications.domains or (model.domain,))[0]
        expected = Expectation((domain, f"collab-edge.{domain}"), NameRule.ALTERNATIVE_NAME)
        return peer.side(partial(peer.endpoint, verifies=False)), expected

    def _from_outside(self, group: Group, node: PresenceNode) -> Answer:
        assert self._edge is not None
        assert group.config.mra is not None
        ways = self._legs.way_in(group.config.mra, node.name)
        if not ways:
            tunnels = [one for one in self._edge.connections if one.leg.kind == TUNNEL]
            stands = any(one.is_up for one in tunnels)
            return Answer(EXPRESSWAY if stands else TUNNEL)
        found = Answer(XMPP)
        for _, name in ways:
            found = self._judge(group, *self._outside(self._edge.peers[name]))
            if found.succeeded:
                break
        return found

    @staticmethod
    def _leg(group: Group, server: Side, expected: Expectation) -> Leg:
        """What was accepted at a prompt is an anchor by itself, and not asked for its names."""

        def is_accepted() -> bool:
            shown = server.end()
            return shown is not None and shown.chain[0] in group.accepted

        def client() -> Endpoint | None:
            if is_accepted():
                return Endpoint((), None, (*group.anchors, *group.accepted))
            return Endpoint((), None, group.anchors, needs_root=True)

        def wanted() -> tuple[Expectation, ...]:
            return () if is_accepted() else (expected,)

        return Leg(
            XMPP, Side(group.config.name, group.host, client, wanted), server, XMPP_PORT, "XMPP"
        )

    def _judge(self, group: Group, server: Side, expected: Expectation) -> Answer:
        shown = server.end()
        if shown is None:
            return Answer(UNREACHABLE)
        if shown.chain[0] in group.accepted:
            return Answer()
        leg = self._leg(group, server, expected)
        verdict = judge(leg, self._legs.handshakes)
        told = (shown.chain[0], verdict)
        if verdict.succeeded:
            if group.told.pop(leg.name, None) is not None:
                connected(leg)
            return Answer()
        if verdict.refused_by == "client" and group.config.accepts_prompts:
            group.accepted.append(shown.chain[0])
            return Answer(prompted=True)
        if group.told.get(leg.name) != told:
            group.told[leg.name] = told
            refuse(leg, verdict)
        return Answer(XMPP)
