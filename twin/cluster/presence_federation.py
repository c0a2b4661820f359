"""XMPP federation of a model: its servers, those of partners, and the streams between them.

Knows: which names are spoken for, who opens a stream to whom, when one is tried again. Must not
know how two servers agree (`twin.nodes.presence.federation`).

Source: edge-presence-video 2.1 (5269), 4.5. Assumption: each side opens a stream of its own to the
other; one stream for each domain and for each alias of a chat node; a stream that stands is not
judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from twin.cluster.edge import Edge
from twin.cluster.presence_nodes import Ground, ImpCluster
from twin.config.model_presence import FederatedPartner
from twin.config.words import ExpresswayRole, Service
from twin.nodes.certificate_manager import CERTIFICATE_AGE_DAYS
from twin.nodes.expressway.peer import Peer
from twin.nodes.host import CallOff, Host
from twin.nodes.legs import RETRY, Leg, Side, connected, lost, refuse
from twin.nodes.presence.federation import Agreement, Server, Way, leg_on, negotiate, ways
from twin.pki.csr import Wanted, request
from twin.pki.handshake import Endpoint, Handshakes
from twin.pki.names import DistinguishedName

FEDERATION = "S2S"
CHAT_ROOMS = "S2S-chat"
"""The same for the alias of a chat node."""
PORT = 5269
SERVICE = "s2s"
PARTNER_BITS = 2048
TRUST = ("cup-xmpp-trust",)
"""Where a node's Cisco XCP XMPP Federation Connection Manager looks."""
USES = Wanted(("digital_signature", "key_encipherment"), ("server_auth", "client_auth"))
"""What a partner's request asks for. Assumption: as that of an Expressway."""


class Stream:
    """One direction between two servers, kept up by who opens it."""

    def __init__(self, leg: Leg, opens: Server, answers: Server, handshakes: Handshakes) -> None:
        self.leg = leg
        self.way: Way | None = None
        self._last: Agreement | None = None
        self._opens = opens
        self._answers = answers
        self._handshakes = handshakes
        self._next: CallOff | None = None

    def open(self) -> None:
        """Try now."""
        self._next = None
        if self.way is not None or self._opens.unverified() is None:
            return
        found = negotiate(self.leg, self._opens, self._answers, self._handshakes)
        is_news, self._last, self.way = found != self._last, found, found.way
        if not is_news:
            return
        if found.refusal.refused_by:
            refuse(self.leg, found.refusal)
        if found.way is not None:
            connected(self.leg)
            self._tell("info", "s2s_agreed", found.way)

    @property
    def standing(self) -> Leg | None:
        """The leg as it is judged on the way by which it stands, or on the best that both admit.

        None where that way has no TLS.
        """
        admitted = ways(self._opens.policy, self._answers.policy)
        way = self.way or next(iter(admitted), Way.TCP_DIALBACK)
        if way is Way.TCP_DIALBACK:
            return None
        return leg_on(way, self.leg, self._opens, self._answers)

    def look(self) -> None:
        """Something changed: one that stands may be gone, one that does not is tried again."""
        is_there = (
            self._opens.unverified() is not None
            and self._answers.unverified() is not None
            and self.leg.is_path_open()
        )
        if self.way is not None and not is_there:
            lost(self.leg)
            self._tell("warning", "s2s_lost", self.way)
            self.way = self._last = None
        if self.way is None and self._next is None:
            host = self.leg.client.host
            self._next = host.after(host.drawn_ms(RETRY), self.open, counts=False)

    def _tell(self, severity: str, event: str, way: Way) -> None:
        leg = self.leg
        leg.client.host.record(
            SERVICE, event, severity=severity, leg=leg.kind, way=str(way), client=leg.client.name,
            server=leg.server.name, name_of_client=self._opens.name,
            name_of_server=self._answers.name,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Own:
    """A server of ours, by the name of its system."""

    name: str
    host: Host
    end: Callable[[bool], Endpoint | None]
    site: int
    stores: tuple[str, ...] = ()


class Federations:
    """Every stream between our servers and those of partners."""

    def __init__(
        self,
        ground: Ground,
        clusters: dict[str, ImpCluster],
        edge: Edge | None,
        handshakes: Handshakes,
    ) -> None:
        self._ground = ground
        self._policy = ground.model.presence.federation
        self.streams: list[Stream] = []
        self._clusters = clusters
        self._edge = edge
        for partner in ground.model.presence.partners:
            end = self._partner_end(partner)
            host = ground.host(partner.name)
            for own in self._own():
                for kind, name in self._names():
                    self.streams += self._both_ways(kind, own, name, partner, host, end, handshakes)
        for stream in self.streams:
            stream.open()
        if self.streams:
            self._watch()

    def look(self, *_: object) -> None:
        """Something changed at one end or on the way."""
        for stream in self.streams:
            stream.look()

    def _names(self) -> Iterator[tuple[str, str]]:
        uc = self._ground.model.unified_communications
        for domain in uc.federation_domains or (self._ground.model.domain,):
            yield FEDERATION, domain
        for alias in uc.chat_node_aliases:
            yield CHAT_ROOMS, alias

    def _own(self) -> Iterator[_Own]:
        if self._policy.at == "expressway":
            for peer in () if self._edge is None else self._edge.peers.values():
                if peer.role is ExpresswayRole.EDGE:
                    yield _Own(peer.name, peer.host, partial(_of_peer, peer), peer.site)
            return
        first = next(iter(self._clusters.values()))
        for node in first.nodes.values():
            if Service.XCP_FEDERATION in node.services:
                yield _Own(node.name, node.host, node.federation_end, node.site, TRUST)

    def _partner_end(self, partner: FederatedPartner) -> Callable[[bool], Endpoint | None]:
        """Assumption: a partner's certificate is as old as ours are, and outlives the run."""
        ground = self._ground
        names = partner.names or (partner.domain,)
        key = ground.keys.take(PARTNER_BITS)
        asked = request(DistinguishedName.of(names[0]), key, "sha256", USES, names)
        host = ground.host(partner.name)
        start = host.time() - timedelta(days=CERTIFICATE_AGE_DAYS)
        shown = ground.authorities.sign(
            partner.signed_by, partner.name, "server", asked, start, days=10 * 365
        )
        anchors = tuple(ground.authorities.get(name).certificate for name in partner.trusts)

        def end(authenticates: bool) -> Endpoint | None:
            return Endpoint(
                (shown,), key, anchors if authenticates else (), authenticates=authenticates
            )

        return end

    def _both_ways(
        self,
        kind: str,
        own: _Own,
        name: str,
        partner: FederatedPartner,
        host: Host,
        end: Callable[[bool], Endpoint | None],
        handshakes: Handshakes,
    ) -> Iterator[Stream]:
        ours = Server(
            Side(own.name, own.host, partial(own.end, True), stores=own.stores),
            partial(own.end, False), name, self._policy,
        )  # fmt: skip
        theirs = Server(
            Side(partner.name, host, partial(end, True)), partial(end, False), partner.domain,
            partner,
        )  # fmt: skip
        for opens, answers in ((ours, theirs), (theirs, ours)):
            leg = Leg(
                kind, opens.side, answers.side, PORT, "XMPP",
                partial(self._ground.network.up.__getitem__, own.site),
            )  # fmt: skip
            yield Stream(leg, opens, answers, handshakes)

    def _watch(self) -> None:
        if self._policy.at == "expressway":
            for peer in () if self._edge is None else self._edge.peers.values():
                peer.on_stopped.append(self.look)
                peer.on_change.append(self.look)
            return
        for node in next(iter(self._clusters.values())).nodes.values():
            node.files.on_change.append(self.look)
            node.on_power.append(self.look)
            service = node.services.get(Service.XCP_FEDERATION)
            if service is not None:
                service.on_stopped.append(self.look)
                service.on_started.append(self.look)


def _of_peer(peer: Peer, authenticates: bool) -> Endpoint | None:
    return peer.endpoint(verifies=authenticates)
