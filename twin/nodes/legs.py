"""TLS legs between systems: who talks to whom, what each shows and expects, and how that ends.

Knows: a leg's two sides, real handshakes between them, the names each expects of the other, and the
life of a standing connection. Must not know which product a side is.

A connection that stands is not judged again: it survives expiry and regeneration, and ends when
one side restarts or the path is lost. One that was refused is tried again after a while, whenever
something has changed that may make a difference. Source: edge-presence-video 10.1, 10.5, 2.3.
Assumption: tries that cannot end differently are not made; the journal tells of a refusal when it
begins or changes, not of each try.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from twin.kernel.journal import Cell
from twin.nodes.host import CallOff, Host
from twin.nodes.sockets import SYSTEM_PORTS, source_port
from twin.pki.alerts import IDENTITY_UNACCEPTABLE, NOT_LISTENING, details
from twin.pki.handshake import Endpoint, Handshakes, Verdict
from twin.pki.identity import Expectation, NameRule, presented_names

SERVICE = "tls"
RETRY = "tls_retry_s"
WEB = ("UDS", "HTTPS")
"""Services over which a name that does not match is told with the certificate. Source: the seed."""
JAVA_ALERT = "certificate unknown"
"""What a Java peer sends whatever is wrong. Source: the seed's DRF log; edge-presence-video 2.3."""

_MILLISECOND = timedelta(milliseconds=1)


def _nothing() -> tuple[Expectation, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a leg.

    Args:
        host: where it keeps its log.
        end: what it presents and trusts now; None while nobody answers there.
        expects: what must be in the other's certificate, each of it.
        fault: what keeps it from taking part at all; empty: nothing.
        is_java: whether it sends certificate_unknown for every fault it finds.
        has_event_log: whether it keeps the event log of an Expressway.
        ports: where it takes its source ports from.
        stores: of a node, the trust stores it judges by: an anchor stands in each of them.
    """

    name: str
    host: Host
    end: Callable[[], Endpoint | None]
    expects: Callable[[], tuple[Expectation, ...]] = _nothing
    fault: Callable[[], str] = str
    is_java: bool = False
    has_event_log: bool = False
    ports: range = SYSTEM_PORTS
    stores: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """IPv4 address; empty where the model gives it none."""
        return self.host.address if self.host.name == self.name else ""


@dataclass(frozen=True, slots=True)
class Leg:
    """A way from a client to a server.

    Args:
        kind: its name in the tables of the product's documents, e.g. L2 or CEtls.
        service: what is spoken on it, e.g. SIP.
        is_path_open: whether packets pass.
    """

    kind: str
    client: Side
    server: Side
    port: int
    service: str
    is_path_open: Callable[[], bool] = field(default=lambda: True, repr=False)

    @property
    def name(self) -> str:
        """Kind, client and server in one word."""
        return f"{self.kind} {self.client.name} > {self.server.name}:{self.port}"


def judge(leg: Leg, handshakes: Handshakes, at: datetime | None = None) -> Verdict:
    """How a connection over the leg ends now, or would end at another instant (aware)."""
    for side, who in (("client", leg.client), ("server", leg.server)):
        fault = who.fault()
        if fault:
            return Verdict(side, "", (fault,))
    client, server = leg.client.end(), leg.server.end()
    if client is None or not leg.is_path_open():
        return Verdict("client", "", (NOT_LISTENING,))
    if server is None:
        return Verdict("server", "", (NOT_LISTENING,))
    verdict = handshakes.judge(client, server, at or leg.client.host.time())
    if not verdict.succeeded:
        refuser = leg.client if verdict.refused_by == "client" else leg.server
        return replace(verdict, alert=JAVA_ALERT) if refuser.is_java else verdict
    for side, who, other in (("client", leg.client, server), ("server", leg.server, client)):
        wanted = who.expects()
        if wanted and not (other.chain and all(w.is_met(other.chain[0]) for w in wanted)):
            return Verdict(side, "", (IDENTITY_UNACCEPTABLE,))
    return verdict


class State(StrEnum):
    """Of a standing connection."""

    IDLE = "idle"
    UP = "up"
    FAILED = "failed"


class Event(StrEnum):
    """What can happen to one."""

    AGREED = "agreed"
    REFUSED = "refused"
    LOST = "lost"


TABLE: dict[State, dict[Event, State]] = {
    State.IDLE: {Event.AGREED: State.UP, Event.REFUSED: State.FAILED, Event.LOST: State.IDLE},
    State.UP: {Event.LOST: State.IDLE},
    State.FAILED: {Event.AGREED: State.UP, Event.REFUSED: State.FAILED, Event.LOST: State.FAILED},
}


class Connection:
    """A connection that its client keeps up: a zone, a trunk, a tunnel.

    Args:
        on_change: hears of every change between up and not.
    """

    def __init__(self, leg: Leg, handshakes: Handshakes) -> None:
        self.leg = leg
        self.state = State.IDLE
        self.verdict = Verdict()
        """How the last try ended."""
        self.on_change: list[Callable[[], None]] = []
        self._handshakes = handshakes
        self._next_try: CallOff | None = None
        self._next_date: CallOff | None = None

    @property
    def is_up(self) -> bool:
        """Whether it stands."""
        return self.state is State.UP

    def open(self) -> None:
        """Try now."""
        self._call_off()
        if self.is_up or self.leg.client.end() is None:
            return  # who is down itself does not try
        verdict = judge(self.leg, self._handshakes)
        is_news = verdict != self.verdict or self.state is State.IDLE
        self.verdict = verdict
        if verdict.succeeded:
            self._move(Event.AGREED)
            connected(self.leg)
        else:
            self._move(Event.REFUSED)
            if is_news:
                refuse(self.leg, verdict)
            self._wait_for_a_date()
        if is_news:
            self._heard()

    def lose(self) -> None:
        """One side went away or the path was lost; the client tries again after a while."""
        was_up = self.is_up
        self._move(Event.LOST)
        if was_up:
            lost(self.leg)
            self._heard()
        self._try_later()

    def changed(self) -> None:
        """Something that may make a difference has changed: one that is not up is tried again."""
        if not self.is_up:
            self._try_later()

    def _try_later(self) -> None:
        if self._next_try is None:
            host = self.leg.client.host
            self._next_try = host.after(host.drawn_ms(RETRY), self.open, counts=False)

    def _wait_for_a_date(self) -> None:
        client, server = self.leg.client.end(), self.leg.server.end()
        if client is None or server is None:
            return
        host = self.leg.client.host
        edge = self._handshakes.next_edge(client, server, host.time())
        if edge is not None:
            delay_ms = -((host.time() - edge) // _MILLISECOND)
            self._next_date = host.after(delay_ms, self.changed, counts=False)

    def _call_off(self) -> None:
        for timer in (self._next_try, self._next_date):
            if timer is not None:
                timer()
        self._next_try = self._next_date = None

    def _move(self, event: Event) -> None:
        self.state = TABLE[self.state][event]

    def _heard(self) -> None:
        for listener in self.on_change:
            listener()


def connected(leg: Leg) -> None:
    """Journal that a connection came about."""
    _tell(leg, "info", "tls_connected")


def lost(leg: Leg) -> None:
    """Journal that one is gone."""
    _tell(leg, "warning", "tls_lost")


def _tell(leg: Leg, severity: str, event: str) -> None:
    leg.client.host.record(
        SERVICE, event, severity=severity,
        leg=leg.kind, client=leg.client.name, server=leg.server.name, port=leg.port,
        **_event_logs(leg),
    )  # fmt: skip


def refuse(leg: Leg, verdict: Verdict) -> None:
    """Journal once that a connection did not come about, with what each end would print of it."""
    said_by_client, said_by_server = details(verdict)
    is_there = verdict.reasons != (NOT_LISTENING,)
    leg.client.host.record(
        SERVICE, "tls_refused" if is_there else "tls_unreachable", severity="error",
        leg=leg.kind, client=leg.client.name, server=leg.server.name, port=leg.port,
        service=leg.service, refused_by=verdict.refused_by, alert=verdict.alert,
        reasons=list(verdict.reasons), client_detail=said_by_client, server_detail=said_by_server,
        **_event_logs(leg), **_logged(leg, verdict),
    )  # fmt: skip


def _event_logs(leg: Leg) -> dict[str, bool]:
    """Which ends have an event log to tell it in."""
    sides = {"client_event_log": leg.client, "server_event_log": leg.server}
    return {name: True for name, side in sides.items() if side.has_event_log}


def _logged(leg: Leg, verdict: Verdict) -> dict[str, Cell | list[str]]:
    """What an event log tells of a refused session besides: sockets and names."""
    if verdict.reasons == (NOT_LISTENING,) or not _event_logs(leg):
        return {}
    end = leg.client.end()
    found: dict[str, Cell | list[str]] = {
        "server_address": leg.server.address,
        "common_name": end.chain[0].common_name if end is not None and end.chain else "",
    }
    if leg.client.address:
        found["client_address"] = leg.client.address
        found["source_port"] = source_port(leg.client.host, leg.client.ports, leg.name)
    if leg.service in WEB and verdict == Verdict("client", "", (IDENTITY_UNACCEPTABLE,)):
        found |= _presented(leg)
    return found


def _presented(leg: Leg) -> dict[str, Cell | list[str]]:
    """A server's certificate in which its client misses a name, and that name."""
    end = leg.server.end()
    if end is None or not end.chain:
        return {}
    shown = end.chain[0]
    missed = (wanted for wanted in leg.client.expects() if not wanted.is_met(shown))
    return {
        "host": next((wanted.names[0] for wanted in missed), ""),
        "presented_subject": ";".join(
            f"{kind}={text}" for kind, text in shown.subject_name.attributes
        ),
        "presented_issuer": ";".join(
            f"{kind}={text}" for kind, text in shown.issuer_name.attributes
        ),
        "presented_serial": shown.serial_bytes.hex(),
        "presented_dns_names": list(presented_names(shown, NameRule.ALTERNATIVE_NAME)),
        "presented_not_before": shown.not_before.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "presented_not_after": shown.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
