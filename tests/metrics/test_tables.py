"""The tables every metric reads, and what makes a journal impossible."""

from __future__ import annotations

import pytest

from twin.errors import SimulationError
from twin.metrics.tables import PHONE_COLUMNS, journal_tables
from twin.phones.lifecycle import Event, State


def test_memory_becomes_tables(script):
    """Rows, node events and the phones table of a run in memory are all there, in order."""
    told = script([State.REGISTERED, State.OFF])
    told.phone(500, 0, Event.CONNECTION_LOST, 6)
    told.group_reset(100, 1, "CallManager of pub")
    tables = told.tables()
    assert tables.phone_count == 2
    assert tables.phone_events.tolist() == [[500, 0, Event.CONNECTION_LOST, -1, 6]]
    assert [row.event for row in tables.node_events] == ["group_reset"]
    assert tables.phones["state"].tolist() == [State.LOST, State.OFF]
    assert list(tables.phones) == list(PHONE_COLUMNS)


def test_rows_of_finds_events(script):
    """Rows are found by any of several events."""
    told = script([State.REGISTERED])
    told.chain(0, (1, Event.CONNECTION_LOST), (2, Event.LOSS_NOTICED), (3, Event.REGISTERED))
    tables = told.tables()
    assert tables.rows_of(Event.CONNECTION_LOST, Event.REGISTERED).tolist() == [0, 2]
    assert tables.rows_of(Event.BOOTED).tolist() == []


def test_a_missing_phone_column_is_our_bug(script):
    """A phones table without one of its columns is refused by name."""
    told = script([State.OFF])
    phones = told.phones()
    del phones["stuck"]
    with pytest.raises(SimulationError, match="lacks stuck"):
        journal_tables(told.sink(), phones, 1_000)


def test_unequal_columns_are_our_bug(script):
    """A phones table with columns of unequal length is refused."""
    told = script([State.OFF])
    with pytest.raises(SimulationError, match="unequal length"):
        told.tables(model=["7841", "8861"])


def test_time_that_runs_back_is_our_bug(script):
    """A row that is earlier than the one before it breaks an invariant."""
    told = script([State.REGISTERED])
    told.phone(1, 0, Event.CONNECTION_LOST)
    told.phone(2, 0, Event.LOSS_NOTICED)
    sink = told.sink()
    sink.phone_chunks[0][:, 0] = [5, 4]
    with pytest.raises(SimulationError, match=r"phone event 1: time runs back from 5 ms to 4 ms"):
        journal_tables(sink, told.phones(), 1_000)


def test_a_row_after_the_end_is_our_bug(script):
    """A row later than the end of the run breaks an invariant."""
    told = script([State.REGISTERED], ended_at_ms=10)
    told.phone(11, 0, Event.CONNECTION_LOST)
    with pytest.raises(SimulationError, match="from 0 ms to 10 ms"):
        told.tables()


def test_a_row_of_no_phone_is_our_bug(script):
    """A row that names a phone beyond the phones table breaks an invariant."""
    told = script([State.REGISTERED])
    told.phone(1, 0, Event.CONNECTION_LOST)
    sink = told.sink()
    sink.phone_chunks[0][0, 1] = 1
    with pytest.raises(SimulationError, match="phones 1 to 1 of 1"):
        journal_tables(sink, told.phones(), 1_000)
