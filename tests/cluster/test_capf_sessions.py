"""Sessions with CAPF: who waits, what breaks one, and what a phone does before it registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.cluster.twin import Twin
from twin.phones.lifecycle import CAPFTrouble, Event, State

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

QUIET = {"wait": {"until": "quiet", "at_most": "6h"}}
ONE = {"name": "desk", "model": "8841", "count": 1, "callmanager_group": "pub-sub"}
IDLE = {"p_busy": 0}
"""Nobody talks, so that resets come when they are sent."""


@pytest.fixture
def make(make_twin: Callable[..., Twin]) -> Callable[..., Twin]:
    """A maker of twins with one phone unless told otherwise, idle."""

    def twin(phone: dict[str, Any] | None = None, **fields: Any) -> Twin:
        values = IDLE | fields.pop("timing_values", {})
        return make_twin(phones=[ONE | (phone or {})], timing_values=values, **fields)

    return twin


def until_key(twin: Twin) -> None:
    """Let time pass until CAPF talks with a phone."""
    capf = twin.cluster.enrolment.capf
    assert capf is not None
    for _ in range(1_000):
        if any(one.asked is not None for one in capf.sessions.served()):
            return
        twin.advance("1s")
    raise AssertionError("no phone came to CAPF")


def order(twin: Twin, **more: Any) -> None:
    """Order LSCs."""
    assert twin.do({"capf_operation": more}).outcome == "done"


def test_a_stopped_service_is_noticed_at_once_and_found_again(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """CAPF stops in a session: the phone loses it, waits half a minute, and is served again."""
    twin = make()
    order(twin)
    until_key(twin)
    twin.do({"restart_service": {"node": "pub", "service": "CAPF"}})
    twin.do(QUIET)
    assert twin.cluster.enrolment.status_of(0).name == "UPGRADE_SUCCESS"
    story = tell(twin)
    assert [row[2] for row in story.happened(Event.CAPF_FAILED)] == [CAPFTrouble.LOST]
    first, second = (row[0] for row in story.happened(Event.CAPF_OPENED))
    (lost,) = (row[0] for row in story.happened(Event.CAPF_FAILED))
    assert second - lost == 30_000
    assert first < lost


def test_a_cut_line_ends_a_session_on_both_sides(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """The WAN goes in a session: CAPF says Phone Communication Failure after its keepalive time."""
    sites = [{"name": "core"}, {"name": "far", "rtt_ms": 40, "bandwidth_mbps": 10}]
    twin = make({"site": "far", "model": "7965"}, sites=sites)
    order(twin)
    until_key(twin)
    cut_ms = twin.now_ms
    twin.do({"wan": {"site": "far", "up": False}})
    twin.advance("20m")
    assert twin.cluster.enrolment.status_of(0).name == "UPGRADE_FAIL_PHONE_COMM_ERROR"
    story = tell(twin)
    (ended,) = story.told("operation_ended")
    assert ended.at_ms - cut_ms <= 15 * 60_000
    assert CAPFTrouble.LOST in [row[2] for row in story.happened(Event.CAPF_FAILED)]


def test_a_phone_that_restarts_in_a_session_begins_anew(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """A reset in the middle costs the session, not the operation: it is pending still."""
    twin = make({"model": "7965"})
    order(twin)
    until_key(twin)
    twin.do({"reset_phones": {"kind": "reset"}})
    twin.do(QUIET)
    story = tell(twin)
    assert [row[2] for row in story.happened(Event.CERTIFICATE_STATUS)] == [2, 3]
    assert len(story.happened(Event.CAPF_OPENED)) == 2


def test_a_failover_does_not_end_a_session(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """CallManager goes and the phone registers elsewhere, while it makes its key."""
    twin = make({"model": "7965"})
    order(twin)
    until_key(twin)
    twin.do({"stop_service": {"node": "pub", "service": "CallManager"}})
    twin.do(QUIET)
    story = tell(twin)
    assert [row[2] for row in story.happened(Event.CERTIFICATE_STATUS)] == [2, 3]
    assert len(story.happened(Event.CAPF_OPENED)) == 1
    assert len(story.happened(Event.REGISTERED)) == 2


def test_capf_asks_a_slow_phone_three_times(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """A key that takes longer than the limit is asked for as often as the parameter says."""
    limits = {"capf_keygen_limit_min": 1, "capf_keygen_attempts": 3}
    twin = make({"model": "7965"}, release="12.5", timing_values=limits)
    order(twin, key_bits=4096)
    until_key(twin)
    begun_ms = twin.now_ms
    twin.do(QUIET)
    assert twin.cluster.enrolment.status_of(0).name == "UPGRADE_FAIL_OP_TIMED_OUT"
    (ended,) = tell(twin).told("operation_ended")
    assert 170_000 < ended.at_ms - begun_ms < 190_000


@pytest.mark.parametrize(("bits", "status"), [(2048, "FAIL_OP_TIMED_OUT"), (1024, "SUCCESS")])
def test_an_old_phone_makes_short_keys_only(
    make: Callable[..., Twin], bits: int, status: str
) -> None:
    """A 7960 makes a key of 1024 bits, in its time, and none of 2048."""
    twin = make({"model": "7960"})
    order(twin, key_bits=bits)
    twin.do(QUIET)
    assert twin.cluster.enrolment.status_of(0).name == f"UPGRADE_{status}"


def test_phones_wait_for_their_turn(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """With one place at CAPF, LSCs are stored one after another, in the order phones came."""
    twin = make({"count": 6}, timing_values={"capf_sessions": 1})
    order(twin)
    twin.do(QUIET)
    story = tell(twin)
    opened = [name for _, name, _ in story.happened(Event.CAPF_OPENED)]
    stored = [name for _, name, _ in story.happened(Event.LSC_CHANGED)]
    assert stored == opened
    assert len(stored) == 6


def test_nobody_waits_for_ever(make: Callable[..., Twin], tell: Callable[[Twin], Story]) -> None:
    """With one place and a minute of patience most phones give up after three tries, and rest."""
    impatient = {"capf_sessions": 1, "capf_patience_min": 1}
    twin = make({"count": 40, "model": "7965"}, timing_values=impatient)
    order(twin)
    twin.do(QUIET)
    story = tell(twin)
    gave_up = story.happened(Event.CAPF_GAVE_UP)
    assert len(gave_up) > 20
    assert {detail for _, _, detail in gave_up} == {CAPFTrouble.TOO_LONG}
    tries = [name for _, name, _ in story.happened(Event.CAPF_OPENED)]
    assert {tries.count(name) for _, name, _ in gave_up} == {3}


def test_a_phone_does_not_come_for_a_string_by_itself(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """By authentication string it is the user who starts it; then it works."""
    twin = make()
    order(twin, authentication="authentication_string", string="123456")
    twin.advance("1h")
    assert twin.cluster.enrolment.status_of(0).name == "SCHEDULE"
    typed_ms = twin.now_ms
    twin.do({"capf_enter_string": {"string": "123456"}})
    twin.do(QUIET)
    assert twin.cluster.enrolment.status_of(0).name == "UPGRADE_SUCCESS"
    assert [at for at, _, _ in tell(twin).happened(Event.CAPF_OPENED)] == [typed_ms]


def test_a_phone_without_an_operation_is_told_so(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """A user who types a string for nothing gets a session that ends with nothing to do."""
    twin = make()
    twin.do({"capf_enter_string": {"string": "1"}})
    twin.do(QUIET)
    story = tell(twin)
    assert [detail for _, _, detail in story.happened(Event.CAPF_ENDED)] == [0]
    assert story.happened(Event.CERTIFICATE_STATUS) == []


SECURE: dict[str, Any] = {"phone": {"security_mode": "encrypted"}, "cluster_mode": "mixed"}


@pytest.mark.parametrize("is_secure", [False, True])
def test_a_secure_profile_registers_after_capf(
    make: Callable[..., Twin], tell: Callable[[Twin], Story], is_secure: bool
) -> None:
    """A non-secure phone registers and then sees CAPF; a secure one the other way round."""
    twin = make(**(SECURE if is_secure else {}))
    order(twin)
    twin.do(QUIET)
    assert twin.cluster.enrolment.status_of(0).name == "UPGRADE_SUCCESS"
    story = tell(twin)
    (registered,) = (at for at, _, _ in story.happened(Event.REGISTERED))
    (opened,) = (at for at, _, _ in story.happened(Event.CAPF_OPENED))
    (ended,) = (at for at, _, _ in story.happened(Event.CAPF_ENDED))
    assert (ended <= registered) if is_secure else (registered <= opened)


def test_a_secure_phone_registers_though_capf_is_down(
    make: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """After its three tries it goes on to register; it was out of service for them."""
    twin = make(**SECURE)
    twin.do({"stop_service": {"node": "pub", "service": "CAPF"}})
    order(twin)
    twin.do(QUIET)
    assert twin.cluster.population.state[0] == State.REGISTERED
    story = tell(twin)
    assert len(story.happened(Event.CAPF_OPENED)) == 3
    (gave_up,) = (at for at, _, _ in story.happened(Event.CAPF_GAVE_UP))
    (registered,) = (at for at, _, _ in story.happened(Event.REGISTERED))
    assert gave_up <= registered


def test_a_phone_that_refuses_its_config_hears_nothing(make: Callable[..., Twin]) -> None:
    """An operation travels in the signed config: a phone that cannot trust it stays where it is."""
    twin = make(release="9.1")
    for unit in ("CallManager", "TVS"):
        for node in ("pub", "sub"):
            twin.regenerate(node, unit)
    twin.do(QUIET)
    assert len(twin.stuck()) == 1
    order(twin)
    twin.do(QUIET)
    assert twin.cluster.enrolment.status_of(0).name == "SCHEDULE"


def test_an_operation_of_nobody_or_without_a_publisher(make: Callable[..., Twin]) -> None:
    """A selection without phones is done at once; a publisher that is down refuses."""
    twin = make()
    assert twin.do({"capf_operation": {"select": {"count": 0}}}).message == "0 phones"
    twin.do({"node": {"node": "pub", "up": False}})
    assert twin.do({"capf_operation": {}}).outcome == "refused"
