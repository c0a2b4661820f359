"""Phone events as a stream: wherever the chunks are cut, the numbers are the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import SimulationError
from twin.kernel.journal import MemorySink
from twin.metrics import counters
from twin.metrics.occupancy import occupancy, outage
from twin.metrics.reset_loop import reset_loop
from twin.metrics.storage import ParquetSink, read_run
from twin.metrics.storm import waves
from twin.metrics.tables import AT_MS, PHONE, JournalTables, journal_tables
from twin.phones.lifecycle import Event, State


def cut(told, places) -> JournalTables:
    """The tables of a run whose rows came in chunks cut at `places`."""
    whole = told.sink()
    chunks = np.split(whole.phones(), sorted(places))
    return journal_tables(
        MemorySink(list(chunks), whole.nodes, whole.queues), told.phones(), told.ended_at_ms
    )


def numbers(tables: JournalTables) -> list:
    """What the metrics make of a run."""
    resets = tables.select(Event.RESET_RECEIVED)
    return [
        counters.updates(tables, Event.ITL_CHECKED), counters.resets(tables), waves(tables),
        reset_loop(tables), outage(tables),
        occupancy(tables).in_states((State.BOOTING,))[1].tolist(),
        resets.row.tolist(), tables.rows_of(Event.BOOTED, Event.REGISTERED).tolist(),
        tables.phone_events.tolist(),
    ]  # fmt: skip


@pytest.fixture(scope="session")
def told(script):
    """Three phones, twice reset; several rows fall on one millisecond."""
    made = script([State.REGISTERED] * 3)
    for phone in range(3):
        made.cycle(phone, 1_000, 9_000 + phone // 2, wave=1)
        made.cycle(phone, 20_000 + phone, 31_000, wave=2)
    return made


@given(places=st.sets(st.integers(0, 30), max_size=6))
def test_chunks_may_be_cut_anywhere(told, places):
    """A journal in pieces, even within one millisecond or empty, gives the numbers of a whole."""
    assert numbers(cut(told, places)) == numbers(told.tables())


def test_outage_is_that_of_the_occupancy(storm_tables):
    """The numbers made without keeping any change are those made from all of them."""
    kept, gone = occupancy(storm_tables), outage(storm_tables)
    assert gone.peak_unregistered() == kept.peak_unregistered() > 0
    assert gone.outage_phone_minutes() == kept.outage_phone_minutes() > 0


def test_rows_on_disk_outlive_their_file(told, tmp_path):
    """Tables of a run that another one replaced still tell of their own run."""
    whole = told.sink()
    with ParquetSink(tmp_path) as sink:
        for chunk in np.split(whole.phones(), 3):
            sink.write_phones(chunk)
        sink.write_nodes(whole.nodes)
        sink.write_queues(whole.queues)
        sink.write_population(told.phones(), told.ended_at_ms)
    tables = read_run(tmp_path)
    for file in tmp_path.rglob("*.parquet"):
        file.unlink()
    assert numbers(tables) == numbers(told.tables())
    assert tables.column(PHONE).tolist() == told.tables().column(PHONE).tolist()


def test_time_may_not_run_back_between_chunks(told):
    """The first row of a chunk is not earlier than the last of the one before."""
    chunks = np.split(told.sink().phones(), 2)
    chunks[1][:, AT_MS] = 0
    with pytest.raises(SimulationError, match=r"phone event 15: time runs back from \d+ ms to 0"):
        journal_tables(MemorySink(chunks), told.phones(), told.ended_at_ms)
