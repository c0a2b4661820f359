"""States over time, against cases worked out by hand and against a slow, obvious replay."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import SimulationError
from twin.metrics.occupancy import OUT_OF_SERVICE_STATES, occupancy
from twin.metrics.tables import journal_tables
from twin.phones.lifecycle import REGISTERED_STATES, TABLE, Event, State


@pytest.fixture
def one_reset(script):
    """Two phones; phone 0 is told to reset at 10 s, leaves at 12 s and is back at 100 s."""
    told = script([State.REGISTERED, State.REGISTERED], ended_at_ms=120_000)
    told.chain(
        0,
        (10_000, Event.RESET_RECEIVED),
        (12_000, Event.UNREGISTERED),
        (70_000, Event.BOOTED),
        (71_000, Event.FILE_REQUESTED),
        (72_000, Event.TVS_ASKED),
        (73_000, Event.ITL_CHECKED),
        (80_000, Event.REGISTER_REQUESTED),
        (100_000, Event.REGISTERED),
    )
    return occupancy(told.tables())


def test_counts_are_those_just_after_an_instant(one_reset):
    """At the instant of a change the phone is in its new state already."""
    instants = np.array([0, 9_999, 10_000, 12_000, 70_000, 72_500, 79_999, 80_000, 100_000])
    states = [
        State.REGISTERED, State.REGISTERED, State.RESET_PENDING, State.BOOTING,
        State.DOWNLOADING, State.ASKING_TVS, State.DOWNLOADING, State.REGISTERING,
        State.REGISTERED,
    ]  # fmt: skip
    counts = one_reset.counts_at(instants)
    for row, state in zip(counts, states, strict=True):
        expected = np.zeros(len(State), dtype=int)
        expected[State.REGISTERED] += 1
        expected[state] += 1
        assert row.tolist() == expected.tolist()


def test_registered_steps_are_exact(one_reset):
    """A phone counts as registered until it leaves, not until it is told to."""
    at_ms, phones = one_reset.registered()
    assert at_ms.tolist() == [0, 12_000, 100_000]
    assert phones.tolist() == [2, 1, 2]


def test_outage_is_the_time_away(one_reset):
    """From leaving at 12 s to being back at 100 s are 88 phone-seconds."""
    assert one_reset.outage_phone_minutes() == pytest.approx(88 / 60)
    assert one_reset.peak_unregistered() == 1


def test_a_phone_that_never_returns_is_out_until_the_end(script):
    """An outage that is not over counts to the end of the run."""
    told = script([State.REGISTERED], ended_at_ms=60_000)
    told.phone(45_000, 0, Event.CONNECTION_LOST)
    assert occupancy(told.tables()).outage_phone_minutes() == 0.25


def test_srst_is_an_outage_and_no_power_is_none(script):
    """A phone on SRST is not registered with the cluster; one without power is nobody's outage."""
    told = script([State.SRST, State.OFF, State.UNREGISTERED], ended_at_ms=60_000)
    told.phone(30_000, 2, Event.POWERED_OFF)
    changes = occupancy(told.tables())
    assert changes.outage_phone_minutes() == 1.5
    assert changes.peak_unregistered() == 2
    assert changes.final_counts()[State.OFF] == 2


def test_one_out_and_one_in_at_the_same_instant_is_no_peak(script):
    """What happens within one millisecond is one change, whatever the order of its rows."""
    told = script([State.REGISTERED, State.REGISTERING])
    told.phone(5, 0, Event.CONNECTION_LOST)
    told.phone(5, 1, Event.REGISTERED)
    changes = occupancy(told.tables())
    assert changes.peak_unregistered() == 1
    assert changes.registered()[1].tolist() == [1, 1]


def test_an_event_that_cannot_happen_is_our_bug(script):
    """A row that the life cycle does not allow is refused with instant, phone and state."""
    told = script([State.REGISTERED, State.REGISTERED])
    told.phone(7, 1, Event.CONNECTION_LOST)
    sink = told.sink()
    tables = journal_tables(sink, told.phones(), told.ended_at_ms)
    sink.phone_chunks[0][0, 2] = Event.BOOTED
    with pytest.raises(
        SimulationError,
        match="7 ms: BOOTED cannot happen to phone SEP000000000001, which is REGISTERED",
    ):
        occupancy(tables)


def test_an_unknown_event_is_our_bug(script):
    """An event number beyond the life cycle is refused."""
    told = script([State.REGISTERED])
    told.phone(7, 0, Event.CONNECTION_LOST)
    sink, phones = told.sink(), told.phones()
    sink.phone_chunks[0][0, 2] = 99
    with pytest.raises(SimulationError, match="99"):
        journal_tables(sink, phones, told.ended_at_ms)


def test_a_phones_table_that_disagrees_is_our_bug(script):
    """The states at the end by the journal must be those that the phones table tells."""
    told = script([State.REGISTERED])
    with pytest.raises(SimulationError, match="ends as REGISTERED by the journal, as SRST"):
        occupancy(told.tables(state=[State.SRST]))


def test_no_phones_are_no_outage(script):
    """A model without phones has counts of nothing."""
    changes = occupancy(script([]).tables())
    assert changes.peak_unregistered() == 0
    assert changes.outage_phone_minutes() == 0
    assert changes.counts_at(np.array([0, 5])).sum() == 0


@pytest.mark.slow
def test_forty_thousand_phones_are_replayed_without_a_loop_over_rows(script):
    """A storm of 720,000 rows is replayed in less than a second and a half of processor time.

    It takes about a tenth of a second; a loop over rows takes several.
    """
    phones, boot = 40_000, [
        Event.RESET_RECEIVED, Event.UNREGISTERED, Event.BOOTED, *[Event.FILE_REQUESTED] * 11,
        Event.TVS_ASKED, Event.ITL_CHECKED, Event.REGISTER_REQUESTED, Event.REGISTERED,
    ]  # fmt: skip
    told = script([State.REGISTERED] * phones)
    sink = told.sink()
    place = np.arange(phones * len(boot))
    rows = np.stack([place // 20, place % phones, np.repeat(boot, phones), place, place], axis=1)
    sink.phone_chunks = [rows]
    tables = journal_tables(sink, told.phones(), 60_000)
    before_s = time.process_time()
    changes = occupancy(tables)
    assert changes.peak_unregistered() == phones
    assert time.process_time() - before_s < 1.5


@st.composite
def lives(draw):
    """Initial states, and per phone a walk through the life cycle with waiting times (ms)."""
    initial = draw(st.lists(st.sampled_from(list(State)), min_size=1, max_size=5))
    rows = []
    for phone, state in enumerate(initial):
        at_ms = 0
        for wait_ms in draw(st.lists(st.integers(0, 4), max_size=12)):
            at_ms += wait_ms
            event = draw(st.sampled_from(sorted(TABLE[state])))
            rows.append((at_ms, phone, event))
            state = TABLE[state][event]
    return initial, rows


@given(lives())
def test_the_replay_agrees_with_the_obvious_one(script, life):
    """Counts, peak and outage equal those of a loop that walks through every millisecond."""
    initial, rows = life
    told = script(initial, ended_at_ms=60)
    for at_ms, phone, event in rows:
        told.phone(at_ms, phone, event)
    changes = occupancy(told.tables())
    states, ordered = list(initial), told.ordered()
    counts = changes.counts_at(np.arange(60))
    steps = dict(zip(*(values.tolist() for values in changes.registered()), strict=True))
    away, registered = [], None
    for at_ms in range(60):
        for _, phone, event, _, _ in (row for row in ordered if row[0] == at_ms):
            states[phone] = TABLE[states[phone]][Event(event)]
        seen = Counter(states)
        assert counts[at_ms].tolist() == [seen[state] for state in State]
        assert counts[at_ms].sum() == len(initial)
        registered = steps.get(at_ms, registered)
        assert registered == sum(seen[state] for state in REGISTERED_STATES)
        away.append(sum(seen[state] for state in OUT_OF_SERVICE_STATES))
    assert changes.peak_unregistered() == max(away)
    assert changes.outage_phone_minutes() == pytest.approx(sum(away) / 60_000)
    assert changes.final.tolist() == states
