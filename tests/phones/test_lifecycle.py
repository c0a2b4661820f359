"""The life-cycle table: complete, closed, and the only way a phone's state changes."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from twin.phones.lifecycle import (
    ILLEGAL,
    REGISTERED_STATES,
    RESTING_STATES,
    TABLE,
    Event,
    FileKind,
    State,
    UnregisterCause,
    compiled,
)

OPERATOR = {Event.POWERED_OFF, Event.POWERED_ON, Event.LISTS_DELETED}
LOOKING = {Event.HTTPS_CHECKED, Event.FOUND_STUCK, Event.CERTIFICATE_STATUS}
FROM_THE_CLUSTER = {
    Event.RESET_RECEIVED, Event.CONNECTION_LOST, Event.FELL_BACK, Event.REGISTER_RETRIED,
    Event.DOWNLOAD_RETRIED, Event.PORT_OPENED, Event.PORT_REFUSED, Event.VPN_REFUSED,
    Event.MRA_REFUSED,
}  # fmt: skip
WITH_CAPF = {
    Event.CAPF_OPENED, Event.CAPF_FAILED, Event.CAPF_GAVE_UP, Event.CAPF_ENDED, Event.LSC_CHANGED,
}  # fmt: skip
"""Beside a registration, whatever becomes of it."""


@pytest.mark.parametrize("start", State)
def test_every_state_can_be_reached_from_every_other(start: State) -> None:
    """From any state a phone can get to any other: nothing is a trap, nothing is unused."""
    reached = {start}
    fresh = [start]
    while fresh:
        after = set(TABLE[fresh.pop()].values())
        fresh += after - reached
        reached |= after
    assert reached == set(State)


@pytest.mark.parametrize("event", Event)
def test_every_event_is_legal_somewhere_and_not_everywhere(event: Event) -> None:
    """An event has a state it can happen in; only a visit, a look and the database's fit all."""
    legal = {state for state in State if event in TABLE[state]}
    assert legal
    assert (legal == set(State)) == (
        event in (Event.FOUND_STUCK, Event.LISTS_DELETED, Event.CERTIFICATE_STATUS)
    )


def test_the_compiled_table_is_the_table() -> None:
    """The list of lists the engine runs on says what the table says, and illegal elsewhere."""
    fast = compiled()
    assert len(fast) == len(State)
    for state, event in product(State, Event):
        assert fast[state][event] == TABLE[state].get(event, ILLEGAL)
    assert all(len(row) == len(Event) for row in fast)


def test_the_numbers_are_dense() -> None:
    """States and events are numbered from 0 without a gap, as the compiled table needs it."""
    assert sorted(State) == list(range(len(State)))
    assert sorted(Event) == list(range(len(Event)))


@pytest.mark.parametrize("state", [state for state in State if state != State.OFF])
def test_power_can_go_at_any_time(state: State) -> None:
    """A phone with power can lose it in whatever it is doing, and only one without gets it."""
    assert TABLE[state][Event.POWERED_OFF] == State.OFF
    assert Event.POWERED_ON not in TABLE[state]
    assert TABLE[State.OFF][Event.POWERED_ON] == State.BOOTING


@pytest.mark.parametrize("state", State)
def test_erased_lists_start_a_phone_with_power_over(state: State) -> None:
    """Whoever erases the lists of a phone with power sees it boot; without power it stays off."""
    expected = State.OFF if state == State.OFF else State.BOOTING
    assert TABLE[state][Event.LISTS_DELETED] == expected


@pytest.mark.parametrize("state", RESTING_STATES)
def test_a_resting_phone_waits_for_somebody_else(state: State) -> None:
    """No event a phone makes by itself is legal in a state called resting."""
    assert set(TABLE[state]) <= OPERATOR | LOOKING | FROM_THE_CLUSTER | WITH_CAPF


@pytest.mark.parametrize("state", [state for state in State if state not in RESTING_STATES])
def test_a_phone_in_motion_goes_on_by_itself(state: State) -> None:
    """Every state that is not called resting has an event of the phone's own."""
    assert set(TABLE[state]) - OPERATOR - LOOKING - FROM_THE_CLUSTER


def test_registering_is_the_only_way_to_be_registered() -> None:
    """A phone enters the registered states by REGISTERED alone, and from REGISTERING."""
    entries = {
        (state, event)
        for state, event in product(State, Event)
        if state not in REGISTERED_STATES and TABLE[state].get(event) in REGISTERED_STATES
    }
    assert entries == {(State.REGISTERING, Event.REGISTERED)}


def test_registered_means_registered_or_told_to_reset() -> None:
    """The cluster counts a phone that was told to reset until it gives up its registration."""
    assert set(REGISTERED_STATES) == {State.REGISTERED, State.RESET_PENDING}


def test_files_come_in_the_order_of_their_numbers() -> None:
    """CTL before ITL before config before the rest, as phones ask for them."""
    assert [kind.name for kind in sorted(FileKind)] == ["CTL", "ITL", "CONFIG", "OTHER"]


def test_causes_are_those_of_the_management_information_base() -> None:
    """Unregistration causes carry the numbers of CISCO-CCM-MIB."""
    assert UnregisterCause.CALLMANAGER_RESET == 9
    assert UnregisterCause.KEEPALIVE_TIMEOUT == 13
    assert UnregisterCause.FALLBACK_INITIATED == 28


def test_every_event_is_made_somewhere(repository: Path) -> None:
    """The engine's source makes every event of the table: none is there for show."""
    rooms = sorted((repository / "twin" / "phones").glob("*.py"))
    text = "".join(
        path.read_text(encoding="utf-8") for path in rooms if path.name != "lifecycle.py"
    )
    made = set(re.findall(r"\bEvent\.([A-Z_]+)", text))
    assert {event.name for event in Event} - made == set()
