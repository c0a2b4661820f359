"""Legs and standing connections: who refuses, when a try is made, what the journal is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.pki.authorities import START, authority, key
from twin.nodes.legs import JAVA_ALERT, TABLE, Connection, Event, Leg, Side, State, judge
from twin.pki.alerts import IDENTITY_UNACCEPTABLE, NOT_LISTENING
from twin.pki.csr import Wanted, request
from twin.pki.handshake import Endpoint, Handshakes
from twin.pki.identity import Expectation, NameRule
from twin.pki.names import DistinguishedName

CA = authority("Zone", 31)
USES = Wanted(("digital_signature",), ("server_auth", "client_auth"))
RETRY_MS = 15_000


def endpoint(name: str, number: int, days: int = 730, age_days: int = 1) -> Endpoint:
    """One end with a certificate of the CA, which it trusts."""
    asked = request(DistinguishedName.of(name), key(number), "sha256", USES, (name,))
    start = START - timedelta(days=age_days)
    found = CA.sign(asked, bytes([0x45, number]), start, days=days)
    return Endpoint((found,), key(number), (CA.certificate,), needs_root=True)


@dataclass
class Pair:
    """Two hosts and all that may be changed about them."""

    host: Any
    other: Any
    client: Endpoint | None
    server: Endpoint | None
    fault: dict[str, str] = field(default_factory=lambda: {"client": "", "server": ""})
    wants: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"client": (), "server": ()})
    is_open: bool = True
    is_java: bool = False

    @property
    def leg(self) -> Leg:
        """The leg between them."""
        return Leg("L2", self._side("client"), self._side("server"), 7001, "SIP",
                   lambda: self.is_open)  # fmt: skip

    def _side(self, which: str) -> Side:
        return Side(
            which, self.host if which == "client" else self.other,
            lambda: getattr(self, which),
            lambda: tuple(
                Expectation((name,), NameRule.EITHER) for name in self.wants[which]
            ),
            lambda: self.fault[which], self.is_java,
        )  # fmt: skip

    def connection(self) -> Connection:
        """A connection over it, not yet opened."""
        return Connection(self.leg, Handshakes())

    def told(self) -> list[str]:
        """The events of the client's log."""
        return [row.event for row in self.host.rows()]


@pytest.fixture
def pair(make_host: Callable[..., Any]) -> Pair:
    """Two ends that trust each other, tried again after 15 s."""
    host = make_host("client", tls_retry_s=RETRY_MS // 1000)
    return Pair(host, make_host("server"), endpoint("client", 32), endpoint("server", 33))


def test_two_ends_that_trust_each_other_agree(pair: Pair) -> None:
    """With names met on both sides there is a session."""
    pair.wants = {"client": ("server",), "server": ("client",)}
    assert judge(pair.leg, Handshakes()).succeeded


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_wrong_name_is_refused_without_an_alert(pair: Pair, side: str) -> None:
    """The handshake was good: who looks for another name closes the connection."""
    pair.wants[side] = ("somebody",)
    found = judge(pair.leg, Handshakes())
    assert (found.refused_by, found.alert, found.reasons) == (side, "", (IDENTITY_UNACCEPTABLE,))


def test_every_expectation_has_to_be_met(pair: Pair) -> None:
    """A client that looks for two names refuses a certificate with one of them."""
    pair.wants["client"] = ("server", "service.example.com")
    assert judge(pair.leg, Handshakes()).reasons == (IDENTITY_UNACCEPTABLE,)


def test_who_shows_nothing_has_no_name(pair: Pair) -> None:
    """A server that wants a name of a client without a certificate refuses it."""
    assert pair.client is not None
    assert pair.server is not None
    pair.client = replace(pair.client, chain=(), key=None)
    pair.server = replace(pair.server, authenticates=False)
    pair.wants["server"] = ("client",)
    assert judge(pair.leg, Handshakes()).refused_by == "server"


@pytest.mark.parametrize(
    ("change", "refused_by"),
    [({"client": None}, "client"), ({"server": None}, "server"), ({"is_open": False}, "client")],
)
def test_nobody_there(pair: Pair, change: dict[str, Any], refused_by: str) -> None:
    """An end that is down or a path that is cut is no refusal but silence."""
    for name, value in change.items():
        setattr(pair, name, value)
    found = judge(pair.leg, Handshakes())
    assert (found.refused_by, found.reasons) == (refused_by, (NOT_LISTENING,))


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_fault_keeps_a_side_from_taking_part(pair: Pair, side: str) -> None:
    """A side with a fault of its own fails before any handshake."""
    pair.fault[side] = "unreadable"
    found = judge(pair.leg, Handshakes())
    assert (found.refused_by, found.reasons) == (side, ("unreadable",))


def test_java_sends_certificate_unknown_for_everything(pair: Pair) -> None:
    """The reasons stay what they are; the alert of a Java side is always the same."""
    assert pair.client is not None
    pair.client = replace(pair.client, anchors=())
    plain = judge(pair.leg, Handshakes())
    pair.is_java = True
    java = judge(pair.leg, Handshakes())
    assert (plain.alert, java.alert) == ("unknown ca", JAVA_ALERT)
    assert plain.reasons == java.reasons


def test_every_state_knows_what_may_happen_to_it() -> None:
    """A connection that stands is only lost; the others may be tried and lost."""
    assert {state: set(row) for state, row in TABLE.items()} == {
        State.IDLE: set(Event), State.UP: {Event.LOST}, State.FAILED: set(Event),
    }  # fmt: skip
    assert {state for row in TABLE.values() for state in row.values()} == set(State)


def test_what_stands_is_not_judged_again(pair: Pair) -> None:
    """Expiry and a lost anchor do no harm to a session; opening it anew finds out."""
    connection = pair.connection()
    connection.open()
    assert connection.is_up
    assert pair.client is not None
    pair.client = replace(pair.client, anchors=())
    connection.changed()
    pair.host.clock.advance(86_400_000)
    assert connection.is_up
    assert pair.told() == ["tls_connected"]
    connection.lose()
    pair.host.clock.advance(RETRY_MS)
    assert not connection.is_up
    assert pair.told() == ["tls_connected", "tls_lost", "tls_refused"]


def test_a_refusal_is_told_once_and_tried_again_after_a_change(pair: Pair) -> None:
    """Tries that end the same are not told; a change is followed by a try a while later."""
    good = pair.client
    assert good is not None
    pair.client = replace(good, anchors=())
    connection = pair.connection()
    heard: list[bool] = []
    connection.on_change.append(lambda: heard.append(connection.is_up))
    connection.open()
    for _ in range(3):
        connection.changed()
        pair.host.clock.advance(RETRY_MS)
    assert pair.told() == ["tls_refused"]
    row = pair.host.rows("tls_refused")[0]
    assert (row.data["server_detail"], row.severity) == ("tlsv1 alert unknown ca", "error")
    pair.client = good
    pair.host.clock.advance(86_400_000)
    assert not connection.is_up, "nobody told it of the change"
    connection.changed()
    connection.changed()
    pair.host.clock.advance(RETRY_MS - 1)
    assert not connection.is_up
    pair.host.clock.advance(1)
    assert connection.is_up
    assert heard == [False, True]


def test_another_reason_is_news(pair: Pair) -> None:
    """A refusal that turns into another is told anew."""
    pair.wants["client"] = ("somebody",)
    connection = pair.connection()
    connection.open()
    pair.is_open = False
    connection.changed()
    pair.host.clock.advance(RETRY_MS)
    assert pair.told() == ["tls_refused", "tls_unreachable"]


def test_a_certificate_not_yet_valid_is_tried_when_its_day_comes(pair: Pair) -> None:
    """A date that may make a difference is waited for, and nothing in between."""
    pair.server = endpoint("server", 34, age_days=-3)
    connection = pair.connection()
    connection.open()
    assert not connection.is_up
    pair.host.clock.advance(int(timedelta(days=2.9) / timedelta(milliseconds=1)))
    assert pair.told() == ["tls_refused"]
    pair.host.clock.advance(int(timedelta(days=0.2) / timedelta(milliseconds=1)))
    assert connection.is_up


def test_who_is_down_itself_does_not_try(pair: Pair) -> None:
    """A client that restarts says nothing until it is back."""
    pair.client, kept = None, pair.client
    connection = pair.connection()
    connection.open()
    assert pair.told() == []
    pair.client = kept
    connection.changed()
    pair.host.clock.advance(RETRY_MS)
    assert connection.is_up


def test_losing_what_does_not_stand_is_no_news(pair: Pair) -> None:
    """Only a session that stood is told as lost."""
    pair.server = None
    connection = pair.connection()
    connection.open()
    connection.lose()
    assert pair.told() == ["tls_unreachable"]
    assert connection.state is State.FAILED


def test_a_leg_has_a_name(pair: Pair) -> None:
    """Kind, ends and port in one word."""
    assert pair.leg.name == "L2 client > server:7001"
