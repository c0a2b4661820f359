"""Mobile and Remote Access: phones and Jabber that come in through Expressways.

Knows: which peers a client tries, which legs a sign-in and a registration need, what an
Expressway-C carries. Must not know how a phone boots or checks files; a client that signed in is a
phone like any other, with TVS and CAPF out of its reach.

Source: edge-presence-video 3.1 (legs L1 to L7 and their order), 3.2 (desk phones trust the built-in
public CAs only; the Expressway-C shows its certificate in the phone's place, with the name of the
security profile; neither TVS nor CAPF from outside). Assumption: a client tries the Expressway-Es
in an order of its own that stays; a peer refused for its certificate is passed over like one that
does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from twin.cluster.authorities import Authorities
from twin.cluster.edge import TRAVERSAL, TUNNEL, Edge
from twin.cluster.edge_cucm import CONFIG, SIP, UDS
from twin.cluster.enrolment import Enrolment
from twin.config.expansion import PhonePopulation
from twin.config.model import ModelConfig
from twin.config.model_edge import TraversalZone
from twin.config.phones import PhoneCatalogue
from twin.config.words import ClusterMode, SecurityMode
from twin.kernel.laws import law
from twin.kernel.streams import key64
from twin.nodes.expressway.peer import Peer
from twin.nodes.legs import Connection, Leg, Side, connected, judge, refuse
from twin.phones.engine import StormEngine
from twin.phones.network_access import EXPRESSWAY, NetworkAccess
from twin.phones.ports import Registrar
from twin.pki.alerts import IDENTITY_UNACCEPTABLE
from twin.pki.handshake import Endpoint, Verdict
from twin.pki.identity import Expectation, NameRule

SIGN_IN = "L1"
HTTPS_PORT = 8443

Stands = Callable[[str, str, str], bool]
"""Whether the leg of a kind from a client to a server is up."""


@dataclass(frozen=True, slots=True)
class Way:
    """Through which peers a client comes in: Expressway-C and Expressway-E."""

    core: str
    edge: str


@dataclass(frozen=True, slots=True)
class Remote:
    """What a group of clients brings along."""

    part: PhonePopulation
    zone: TraversalZone
    endpoint: Endpoint
    checks_domain: bool


class MobileAccess:
    """The sign-ins of a model with phones beyond its Expressways.

    Args:
        parts: the populations, by group number.
    """

    def __init__(
        self,
        model: ModelConfig,
        catalogue: PhoneCatalogue,
        parts: list[PhonePopulation],
        edge: Edge,
        authorities: Authorities,
        engine: StormEngine,
    ) -> None:
        self._model = model
        self._catalogue = catalogue
        self._edge = edge
        self._network = network = engine.core.network
        self._engine = engine
        self._columns = engine.core.population
        zones = {zone.name: zone for zone in model.traversal_zones}
        self._remotes = {
            number: self._remote(part, zones[part.mra], authorities)
            for number, part in enumerate(parts)
            if part.mra is not None
        }
        self._ways: dict[int, Way] = {}
        """By phone, the way it signed in by."""
        self._trouble: dict[int, int] = {}
        self._told: set[tuple[object, ...]] = set()
        self._kept_out: set[tuple[str, str]] = set()
        """Groups of clients that a peer's certificate keeps out, each with the peer."""
        self._free_us: dict[str, int] = {}
        self._service_us = round(1e6 / engine.core.timing.mra_logins_per_s.value)
        self._sites = frozenset(
            network.index[remote.part.site] for remote in self._remotes.values()
        )
        ports = engine.core.ports
        ports.outside = self._sites
        ports.proxies.update(dict.fromkeys(self._remotes, self))
        inside = ports.reachable
        ports.reachable = lambda one, other: inside(one, other) and self._is_let_through(one)
        timing = engine.core.timing
        self.access = NetworkAccess(
            engine.core, [part.mra for part in parts], self._signs_in, EXPRESSWAY,
            lambda phone: self._trouble.get(phone, 0), law(timing.mra_login_s, 1000),
            law(timing.mra_retry_s, 1000), engine.start_up, engine.downloads.begin,
            lambda phone, now_ms: self._wait_ms(self._first_core(phone), now_ms),
        )  # fmt: skip
        for connection in edge.connections:
            self._listen(connection)
        edge.on_connection.append(self._listen)
        for phone in range(self._columns.size):
            if self.is_outside(phone):
                self._sign_in(phone)

    def _remote(
        self, part: PhonePopulation, zone: TraversalZone, authorities: Authorities
    ) -> Remote:
        public = [one.name for one in self._model.certificate_authorities if one.kind == "public"]
        is_soft = self._catalogue[part.model].is_soft_client
        trusted = part.os_trusts if is_soft and part.os_trusts is not None else public
        anchors = tuple(authorities.get(name).certificate for name in trusted)
        return Remote(part, zone, Endpoint((), None, anchors, needs_root=True), is_soft)

    def _listen(self, connection: Connection) -> None:
        connection.on_change.append(partial(self._changed, connection))

    # -- signing in -------------------------------------------------------------------------

    def _signs_in(self, _zone: str, phone: int) -> bool:
        return self._sign_in(phone)

    def _sign_in(self, phone: int) -> bool:
        """Try every way in the phone's order; whether one goes all the way to the cluster."""
        self._ways.pop(phone, None)
        furthest = 0
        for way in self._order(phone):
            is_let_in = self._first_leg(phone, way.edge).succeeded
            trouble = self._comes_to(way, is_let_in, self._is_up)
            if not trouble:
                self._ways[phone] = way
                return True
            furthest = max(furthest, trouble)
        self._trouble[phone] = furthest
        return False

    def _order(self, phone: int) -> Iterator[Way]:
        """Every pair of the zone, in an order that belongs to the phone.

        Assumption: the targets of the SRV record weigh the same.
        """
        zone = self._remote_of(phone).zone
        name = self._columns.names[phone]

        def place(peer: str) -> int:
            return key64("mra", name, peer)

        for edge in sorted(zone.servers, key=place):
            for core in sorted(zone.clients, key=place):
                yield Way(core, edge)

    def _first_core(self, phone: int) -> str:
        known = self._ways.get(phone)
        return known.core if known is not None else next(self._order(phone)).core

    def _comes_to(self, way: Way, is_let_in: bool, stands: Stands) -> int:
        """The number of the leg at which a sign-in by this way ends; 0: nowhere."""
        if not is_let_in:
            return 1
        if not stands(TUNNEL, way.core, way.edge):
            return 3
        if not any(stands(UDS, way.core, name) for name in self._edge.nodes):
            return 4
        shows = self._edge.peers[way.core].release.shows_certificate_to_cucm
        if shows and not any(stands(CONFIG, way.core, name) for name in self._edge.nodes):
            return 5
        return 0

    def is_shut_out(self, phone: int, stands: Stands) -> bool:
        """Whether a phone outside would find no way to a registration, were these legs up.

        As in a run: it stays on the first way on which a sign-in ends well.
        """
        part = self._remote_of(phone).part
        for way in self._order(phone):
            is_let_in = stands(SIGN_IN, part.group, way.edge)
            if not self._comes_to(way, is_let_in, stands):
                break
        else:
            return True
        if not stands(TRAVERSAL, way.core, way.edge):
            return True
        if not self._wants_tls(part):
            return False
        nodes = self._columns.group(phone).callmanagers
        names = [self._name_of(node) for node in nodes]
        profile = part.security_profile or ""
        return not any(
            stands(SIP, way.core, name)
            and self._edge.register(way.core, name, profile).reasons != (IDENTITY_UNACCEPTABLE,)
            for name in names
        )

    def is_outside(self, phone: int) -> bool:
        """Whether a phone comes in through an Expressway."""
        return self._columns.group(phone).origin in self._remotes

    def first_legs(self) -> Iterator[Leg]:
        """The way of each group of clients to each Expressway-E it may sign in at."""
        for remote in self._remotes.values():
            for edge in remote.zone.servers:
                yield self._leg_of(remote, edge)

    def _leg_of(self, remote: Remote, edge: str) -> Leg:
        peer = self._edge.peers[edge]
        names = [Expectation((peer.fqdn,), NameRule.EITHER)]
        if remote.checks_domain:
            names += [self._domain(domain) for domain in self._domains]
        wanted = tuple(names)
        site = self._network.index[remote.part.site]
        return Leg(
            SIGN_IN,
            Side(remote.part.group, peer.host, lambda: remote.endpoint, lambda: wanted),
            peer.side(partial(peer.endpoint, verifies=False), fault=lambda: peer.tls_fault),
            HTTPS_PORT, "HTTPS", partial(self._network.reachable, site, peer.site),
        )  # fmt: skip

    def _first_leg(self, phone: int, edge: str) -> Verdict:
        remote, peer = self._remote_of(phone), self._edge.peers[edge]
        leg = self._leg_of(remote, edge)
        verdict = judge(leg, self._edge.handshakes)
        shown = peer.certificates.active.certificate
        if not verdict.succeeded and peer.is_up:
            told = (remote.part.group, edge, shown, verdict)
            self._tell_once(told, partial(refuse, leg, verdict))
            self._kept_out.add((remote.part.group, edge))
        elif verdict.succeeded and (remote.part.group, edge) in self._kept_out:
            self._kept_out.discard((remote.part.group, edge))
            connected(leg)
        return verdict

    @property
    def _domains(self) -> tuple[str, ...]:
        return self._model.unified_communications.domains or (self._model.domain,)

    @staticmethod
    def _domain(domain: str) -> Expectation:
        """Source: edge-presence-video 1.2, 3.1: the domain itself, or with collab-edge before."""
        return Expectation((domain, f"collab-edge.{domain}"), NameRule.ALTERNATIVE_NAME)

    # -- registering ------------------------------------------------------------------------

    def is_open(self, phone: int, node: int) -> bool:
        """Whether the phone's Expressways carry its registration to a node.

        One that has no way any more signs in anew. Its own SIP session (L6) meets the certificate
        that its sign-in (L1) met.
        """
        if phone not in self._ways and not self._sign_in(phone):
            return False
        way = self._ways[phone]
        if not self._first_leg(phone, way.edge).succeeded:
            del self._ways[phone]
            return False
        if not self._is_up(TRAVERSAL, way.core, way.edge):
            return False
        part = self._remote_of(phone).part
        return not self._wants_tls(part) or self._is_secure(part, self._edge.peers[way.core], node)

    def _wants_tls(self, part: PhonePopulation) -> bool:
        """A secure profile counts while the cluster is mixed, as the zones to CUCM were made then.

        Assumption: the Expressway-C's list of nodes and zones is not refreshed during a run.
        """
        is_mixed = self._model.cluster_mode is ClusterMode.MIXED
        return is_mixed and part.security_mode is not SecurityMode.NON_SECURE

    def _is_secure(self, part: PhonePopulation, core: Peer, node: int) -> bool:
        """The TLS zone to the node stands, and CUCM finds the profile's name in the certificate.

        Source: edge-presence-video 3.1 L7, F23, F24.
        """
        name = self._name_of(node)
        if not self._is_up(SIP, core.name, name):
            return False
        if self._edge.register(core.name, name, part.security_profile or "").succeeded:
            return True
        shown = core.certificates.active_client.certificate
        host = self._edge.nodes[name].host
        self._tell_once(
            (part.security_profile, name, shown),
            partial(
                host.record, "CallManager", "subject_refused", severity="error", leg=SIP,
                client=core.name, profile=part.security_profile or "", subject=shown.subject,
            ),
        )  # fmt: skip
        return False

    def wait_ms(self, phone: int, now_ms: int) -> int:
        """A registration's turn at its Expressway-C."""
        return self._wait_ms(self._first_core(phone), now_ms)

    def _wait_ms(self, core: str, now_ms: int) -> int:
        free_us = max(self._free_us.get(core, 0), now_ms * 1000) + self._service_us
        self._free_us[core] = free_us
        return free_us // 1000 - now_ms

    # -- connections that come and go ---------------------------------------------------------

    def _changed(self, connection: Connection) -> None:
        """A connection of the edge came up or went down: some lose their way, others find one."""
        now_ms = self._engine.core.simulation.now_ms
        leg = connection.leg
        if not connection.is_up:
            if leg.kind in (TRAVERSAL, SIP):
                self._engine.losses.paths_cut(now_ms, partial(self._is_cut, leg))
            if leg.kind == TRAVERSAL:
                gone = Way(leg.client.name, leg.server.name)
                self._ways = {phone: way for phone, way in self._ways.items() if way != gone}
            return
        for zone in self._model.traversal_zones:
            if leg.client.name in zone.clients:
                self.access.changed(now_ms, zone.name)
        self._engine.registration.came_back(now_ms)

    def _is_cut(self, leg: Leg, phone: int, registrar: Registrar) -> bool:
        way = self._ways.get(phone)
        if way is None or way.core != leg.client.name:
            return False
        if leg.kind == TRAVERSAL:
            return way.edge == leg.server.name
        is_secure = self._wants_tls(self._remote_of(phone).part)
        return is_secure and self._name_of(registrar.node) == leg.server.name

    # -- small questions --------------------------------------------------------------------

    def _remote_of(self, phone: int) -> Remote:
        return self._remotes[self._columns.group(phone).origin]

    def _name_of(self, node: int) -> str:
        return next(name for name, one in self._edge.nodes.items() if one.index == node)

    def _is_up(self, kind: str, client: str, server: str) -> bool:
        found = self._edge.connections.find(kind, client, server)
        return found is not None and found.is_up

    def _is_let_through(self, site: int) -> bool:
        """Whether anything passes the Expressways from a site outside; inside needs none."""
        return site not in self._sites or any(
            one.is_up for one in self._edge.connections if one.leg.kind == TUNNEL
        )

    def _tell_once(self, key: tuple[object, ...], tell: Callable[[], None]) -> None:
        if key not in self._told:
            self._told.add(key)
            tell()


def mobile_access(
    model: ModelConfig,
    catalogue: PhoneCatalogue,
    edge: Edge | None,
    authorities: Authorities,
    engine: StormEngine,
    enrolment: Enrolment,
) -> MobileAccess | None:
    """The sign-ins of a model; None if none of its phones comes in from outside."""
    parts = sorted(model.phones, key=lambda part: part.name)
    if edge is None or all(part.mra is None for part in parts):
        return None
    made = MobileAccess(model, catalogue, parts, edge, authorities, engine)
    enrolment.guard(made.access)
    return made
