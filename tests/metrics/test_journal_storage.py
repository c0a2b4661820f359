"""The journal on disk: what is written is what is read, or there is no file at all."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twin.errors import InputError, SimulationError
from twin.kernel.journal import QueueSample
from twin.metrics.storage import (
    NODE_EVENTS,
    PHONE_EVENTS,
    PHONES,
    QUEUES,
    ParquetSink,
    read_run,
    stream_node_events,
)
from twin.phones.lifecycle import Event, State

ALL = (PHONE_EVENTS, NODE_EVENTS, QUEUES, PHONES)


def write(directory, told, chunk=2):
    """Write a script the way a run does: in chunks, phones at the end."""
    memory = told.sink()
    rows = memory.phones()
    with ParquetSink(directory) as sink:
        for start in range(0, len(rows), chunk):
            sink.write_phones(rows[start : start + chunk])
        sink.write_nodes(memory.nodes)
        sink.write_queues(memory.queues)
        sink.write_population(told.phones(), told.ended_at_ms)


@pytest.fixture
def told(script):
    """Three phones, one reset, one new list, one queue."""
    told = script([State.REGISTERED, State.REGISTERED, State.OFF], ended_at_ms=200_000)
    told.cycle(0, 1_000, 90_000)
    told.phone(91_000, 1, Event.CONNECTION_LOST, 6)
    told.group_reset(900, 1, "CallManager of pub")
    told.node(950, "TFTP", "itl_built", version="1.2", changed=True, roles=["TVS", "SAST"])
    told.queues.append(QueueSample(90, "pub", "registration", 3, 4, 0))
    return told


def files(directory):
    """Every file below a directory, by name."""
    return sorted(str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file())


def test_what_is_written_is_read(told, tmp_path):
    """Tables read from disk equal the tables of the same run kept in memory."""
    write(tmp_path, told)
    kept, read = told.tables(), read_run(tmp_path)
    assert np.array_equal(kept.phone_events, read.phone_events)
    assert [row.line() for row in kept.node_events] == [row.line() for row in read.node_events]
    assert kept.queues == read.queues
    assert kept.ended_at_ms == read.ended_at_ms == 200_000
    for name, values in kept.phones.items():
        assert values.tolist() == read.phones[name].tolist()
        assert values.dtype == read.phones[name].dtype


def test_node_events_are_streamed(told, tmp_path):
    """Read one row group after the other, the node events are those of the whole."""
    write(tmp_path, told)
    memory = told.sink()
    with ParquetSink(tmp_path) as sink:
        for row in memory.nodes:
            sink.write_nodes([row])
        sink.write_population(told.phones(), told.ended_at_ms)
    streamed = list(stream_node_events(tmp_path))
    assert [row.line() for row in streamed] == [row.line() for row in memory.nodes]


@pytest.mark.parametrize("data", ["{", "[1]", "null"])
def test_a_node_event_without_its_data_is_no_journal(told, tmp_path, data):
    """Data that is no JSON object is wrong input, whichever way the journal is read."""
    write(tmp_path, told)
    table = pq.read_table(tmp_path / NODE_EVENTS)
    spoilt = pa.array([data] * table.num_rows, pa.string())
    place = table.column_names.index("data")
    pq.write_table(table.set_column(place, "data", spoilt), tmp_path / NODE_EVENTS)
    with pytest.raises(InputError, match=r"data|row"):
        list(stream_node_events(tmp_path))
    with pytest.raises(InputError):
        read_run(tmp_path)


def test_equal_runs_give_equal_bytes(told, tmp_path):
    """Writing the same run twice gives the same bytes in every file."""
    for name in ("a", "b"):
        write(tmp_path / name, told)
    for name in ALL:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_empty_run_is_a_run(script, tmp_path):
    """A run without phones and events is written and read like any other."""
    write(tmp_path, script([]))
    read = read_run(tmp_path)
    assert read.phone_events.shape == (0, 5)
    assert read.phone_count == 0


def test_a_failed_run_leaves_no_file(told, tmp_path):
    """An error while the run goes on leaves no file, and no half of one."""

    def fail():
        with ParquetSink(tmp_path) as sink:
            sink.write_phones(told.sink().phones())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert files(tmp_path) == []


def test_until_the_close_no_file_has_its_name(told, tmp_path):
    """While a run goes on, files have temporary names only; abort may be called twice."""
    sink = ParquetSink(tmp_path)
    sink.write_phones(told.sink().phones())
    assert all(name.endswith(".part") for name in files(tmp_path))
    sink.abort()
    sink.abort()
    assert files(tmp_path) == []


def test_a_new_run_replaces_an_old_one(told, script, tmp_path):
    """A run into the directory of an older one takes its place; an aborted one does not."""
    write(tmp_path, told)
    ParquetSink(tmp_path).abort()
    assert read_run(tmp_path).phone_count == 3
    write(tmp_path, script([State.OFF]))
    assert read_run(tmp_path).phone_count == 1


def test_a_run_without_its_phones_table_is_not_closed(told, tmp_path):
    """Closing a run before its phones table was written is our bug, and leaves no file."""
    sink = ParquetSink(tmp_path)
    with pytest.raises(SimulationError, match="before its phones table"):
        sink.close()
    assert files(tmp_path) == []


def test_a_number_too_large_for_its_column_is_our_bug(tmp_path):
    """A node number that does not fit its 16 bits is refused, not cut off."""
    sink = ParquetSink(tmp_path)
    with pytest.raises(SimulationError, match="does not fit"):
        sink.write_phones(np.array([[0, 0, 0, 70_000, 0]], dtype=np.int64))
    sink.abort()


@pytest.mark.parametrize("name", ALL)
def test_a_missing_file_is_named(told, tmp_path, name):
    """A run directory that lacks a file is an input error that names the file."""
    write(tmp_path, told)
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match=r"no such file.*directory written by a run") as caught:
        read_run(tmp_path)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ALL)
def test_a_broken_file_is_named(told, tmp_path, name):
    """A file cut short is an input error, whatever is left of it."""
    write(tmp_path, told)
    whole = (tmp_path / name).read_bytes()
    for left in (0, 7, len(whole) // 2, len(whole) - 1):
        (tmp_path / name).write_bytes(whole[:left])
        with pytest.raises(InputError, match="not a Parquet file"):
            read_run(tmp_path)


def test_a_strange_table_is_refused(told, tmp_path):
    """A Parquet file with other columns than the journal's is an input error."""
    write(tmp_path, told)
    (tmp_path / QUEUES).write_bytes((tmp_path / PHONES).read_bytes())
    with pytest.raises(InputError, match=r"second, node, queue, depth"):
        read_run(tmp_path)


def test_rows_of_another_run_are_refused(told, script, tmp_path):
    """Phone events that do not fit the phones table beside them are an input error."""
    write(tmp_path / "a", told)
    write(tmp_path / "b", script([]))
    (tmp_path / "b" / PHONE_EVENTS).write_bytes((tmp_path / "a" / PHONE_EVENTS).read_bytes())
    with pytest.raises(InputError, match="name phones 0 to 0 of 0"):
        read_run(tmp_path / "b")


def test_importing_metrics_costs_no_pandas():
    """The room is imported without pandas and pyarrow, which take longer than a short run."""
    code = (
        "import sys, twin.metrics.document, twin.metrics.storage, twin.metrics.timeline;"
        "print({'pandas', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
