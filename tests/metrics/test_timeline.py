"""The curves of a run."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.kernel.journal import QueueSample
from twin.metrics.occupancy import occupancy
from twin.metrics.timeline import BANDS, Timeline, eventful_instants, rejected_phones, timeline
from twin.phones.lifecycle import Event, State
from twin.phones.outcomes import Outcome, pack
from twin.simtime import Epoch

YEAR_MS = 31_536_000_000


def curves(told, instants=None):
    """The timeline of a script."""
    tables = told.tables()
    at_ms = None if instants is None else np.array(instants)
    return timeline(tables, occupancy(tables), at_ms)


def test_every_state_is_in_one_band():
    """The bands share the states out, so that they add up to all phones."""
    assert sorted(state for states in BANDS.values() for state in states) == sorted(State)


def test_bands_follow_a_phone(script):
    """A reset phone is counted in one band after the other."""
    told = script([State.REGISTERED] * 2, ended_at_ms=100_000)
    told.chain(
        0,
        (10_000, Event.RESET_RECEIVED),
        (20_000, Event.UNREGISTERED),
        (30_000, Event.BOOTED),
        (40_000, Event.TVS_ASKED),
        (50_000, Event.ITL_CHECKED),
        (60_000, Event.REGISTER_REQUESTED),
        (70_000, Event.REGISTERED),
    )
    drawn = curves(told, range(5_000, 80_000, 10_000))
    bands = [
        "reset_pending",
        "resetting",
        "downloading",
        "asking_tvs",
        "downloading",
        "registering",
    ]
    for row, band in enumerate(bands, start=1):
        assert drawn.bands[band][row] == 1
    assert drawn.bands["registered"].tolist() == [2, 1, 1, 1, 1, 1, 1, 2]
    assert (sum(drawn.bands.values()) == 2).all()


def test_a_quiet_year_costs_two_rows(script):
    """Rows stand where something happens, not at every second of the years between."""
    told = script([State.REGISTERED], ended_at_ms=5 * YEAR_MS)
    told.cycle(0, 1_500, 90_000)
    told.cycle(0, 3 * YEAR_MS, 3 * YEAR_MS + 90_000)
    at_ms = curves(told).at_ms
    assert len(at_ms) < 20
    assert (at_ms[0], at_ms[-1]) == (0, 5 * YEAR_MS)
    assert {0, 1_000, 2_000, 3_000, 89_000, 90_000, 91_000} <= set(at_ms.tolist())


def test_a_busy_run_is_thinned_out(script):
    """With too many eventful seconds, rows are spaced more widely, and still in order."""
    told = script([State.REGISTERED], ended_at_ms=2_000_000)
    for cycle in range(900):
        told.cycle(0, cycle * 2_000, cycle * 2_000 + 1_000)
    tables = told.tables()
    at_ms = eventful_instants(tables, occupancy(tables), rows_most=100)
    assert 50 < len(at_ms) <= 100
    assert (np.diff(at_ms) > 0).all()


def test_queues_are_summed_over_nodes_and_peak_between_rows(script):
    """Nodes' queues add up within a second; between two rows the longest second counts."""
    told = script([], ended_at_ms=60_000)
    told.queues += [
        QueueSample(10, "pub", "tftp", 3, 0, 0),
        QueueSample(10, "sub1", "tftp", 4, 0, 0),
        QueueSample(11, "pub", "tftp", 5, 0, 0),
        QueueSample(30, "pub", "fallback", 2, 0, 0),
        QueueSample(31, "pub", "capf", 1, 0, 0),
    ]
    drawn = curves(told, [0, 10_000, 20_000, 30_000, 60_000])
    assert drawn.queues["tftp"].tolist() == [0, 7, 0, 0, 0]
    assert drawn.queues["fallback"].tolist() == [0, 0, 0, 2, 0]
    assert list(drawn.queues) == ["tftp", "registration", "tvs", "fallback", "capf"]


def test_rows_within_a_second_share_its_queue(script):
    """The longest of a second holds for the whole second, however finely it is drawn."""
    told = script([], ended_at_ms=60_000)
    told.queues.append(QueueSample(10, "pub", "tftp", 3, 0, 0))
    drawn = curves(told, [9_800, 10_000, 10_400, 10_999, 11_000])
    assert drawn.queues["tftp"].tolist() == [0, 3, 3, 3, 0]


def test_samples_outside_the_rows_are_left_out(script):
    """A stretch of a run has the queues of that stretch only."""
    told = script([], ended_at_ms=60_000)
    told.queues += [QueueSample(s, "pub", "tftp", 9, 0, 0) for s in (5, 50)]
    assert not curves(told, [10_000, 20_000, 40_000]).queues["tftp"].any()


def test_a_rejection_lasts_until_something_is_accepted(script):
    """A phone counts as rejecting until both its latest list and latest config were accepted."""
    told = script([State.DOWNLOADING], ended_at_ms=60_000)
    for at_ms, event, outcome in [
        (1_000, Event.ITL_CHECKED, Outcome.REJECTED),
        (2_000, Event.CONFIG_CHECKED, Outcome.REJECTED),
        (3_000, Event.ITL_CHECKED, Outcome.ACCEPTED_TVS),
        (4_000, Event.CONFIG_CHECKED, Outcome.NOT_DOWNLOADED),
        (5_000, Event.CONFIG_CHECKED, Outcome.UNCHANGED),
    ]:
        told.phone(at_ms, 0, event, pack(outcome))
    assert curves(told, range(500, 6_000, 1_000)).rejected.tolist() == [0, 1, 1, 1, 1, 0]


CHECKS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.integers(0, 3),
        st.sampled_from([Event.ITL_CHECKED, Event.CONFIG_CHECKED]),
        st.sampled_from(list(Outcome)),
    ),
    max_size=25,
)


@given(CHECKS)
def test_rejected_phones_agree_with_the_obvious_count(script, checks):
    """The vectorised count equals a dictionary of each phone's latest verdicts."""
    told = script([State.DOWNLOADING] * 4, ended_at_ms=40)
    for at_ms, phone, event, outcome in checks:
        told.phone(at_ms, phone, event, pack(outcome))
    counted = rejected_phones(told.tables(), np.arange(40))
    latest = {}
    for instant in range(40):
        for at_ms, phone, event, _, detail in told.ordered():
            if at_ms == instant and detail != Outcome.NOT_DOWNLOADED:
                latest[phone, event] = detail == Outcome.REJECTED
        assert counted[instant] == len({phone for (phone, _), bad in latest.items() if bad})


def test_the_data_frame_has_dates_and_all_columns(storm_tables):
    """The frame's index is in UTC from the scenario's start; bands add up in every row."""
    epoch = Epoch(datetime(2016, 2, 7, 22, tzinfo=UTC))
    frame = timeline(storm_tables, occupancy(storm_tables)).frame(epoch)
    assert frame.index[0] == epoch.start
    assert frame.index[-1] == epoch.at(storm_tables.ended_at_ms)
    assert frame.index.is_monotonic_increasing
    assert list(frame.columns) == [
        *BANDS, "rejected", "tftp_queue", "registration_queue", "tvs_queue", "fallback_queue",
    ]  # fmt: skip
    assert (frame[list(BANDS)].sum(axis=1) == 1_200).all()
    assert frame["rejected"].iloc[-1] == 100
    assert frame["registration_queue"].max() > 0


def test_a_scenario_may_start_in_any_century():
    """Dates beyond the range of nanoseconds are no trouble."""
    at_ms = np.array([0, 1_500])
    empty = np.zeros(2, dtype=np.int64)
    frame = Timeline(at_ms, {}, empty, {}).frame(Epoch(datetime(2400, 1, 1, tzinfo=UTC)))
    assert frame.index[1].isoformat() == "2400-01-01T00:00:01.500000+00:00"
