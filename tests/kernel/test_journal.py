"""The journal: rows in order, in chunks, with one fingerprint however the chunks were cut."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.kernel import journal as journal_module
from twin.kernel.journal import CHUNK_ROWS, COLUMNS, Journal, MemorySink, NodeEvent

SMALL = 3
PHONE_ROW = (1_000, 2, 3, 4, 5)
NODE_ROW = (1_000, "pub", "TFTP", "itl_built", "info", {"version": 2, "changed": True})
SAMPLE_ROW = (7, 0, 40, 3, 1)


class ChunkSink(MemorySink):
    """Keeps everything, and notes the size of each chunk as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[tuple[str, int]] = []

    def write_phones(self, rows: np.ndarray) -> None:
        """Note and keep."""
        self.sizes.append(("phones", len(rows)))
        super().write_phones(rows)

    def write_nodes(self, rows: Sequence[NodeEvent]) -> None:
        """Note and keep."""
        self.sizes.append(("nodes", len(rows)))
        super().write_nodes(rows)

    def write_queues(self, rows: Sequence) -> None:
        """Note and keep."""
        self.sizes.append(("queues", len(rows)))
        super().write_queues(rows)


def write(journal: Journal, rows: Sequence[tuple[str, tuple]]) -> str:
    """Append rows of any table ("phone", "node", "sample"), close: the fingerprint."""
    journal.name_queue("tftp1", "tftp")
    for table, row in rows:
        getattr(journal, table)(*row)
    return journal.close()


def fingerprint(*rows: tuple[str, tuple], chunk_rows: int = CHUNK_ROWS) -> str:
    """The fingerprint of rows of any table, with chunks of some size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_module, "CHUNK_ROWS", chunk_rows)
        return write(Journal([]), rows)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three rows."""
    monkeypatch.setattr(journal_module, "CHUNK_ROWS", SMALL)


def test_phone_rows_reach_the_sink_as_columns() -> None:
    """Every row is there, in order, with five whole numbers, also beyond 32 bits."""
    sink = MemorySink()
    late_ms = 40 * 365 * 86_400_000
    rows = [PHONE_ROW, (late_ms, 0, 1, -1, -7), (late_ms + 1, 79_999, 2, 3, 1 << 40)]
    write(Journal([sink]), [("phone", row) for row in rows])
    assert [tuple(row) for row in sink.phones().tolist()] == rows
    assert sink.phones().dtype == np.int64


def test_an_empty_journal_has_no_rows() -> None:
    """A run in which nothing happened gives an empty table of the right shape."""
    sink = MemorySink()
    write(Journal([sink]), [])
    assert sink.phones().shape == (0, len(COLUMNS))
    assert (sink.nodes, sink.queues) == ([], [])


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(
    ("table", "row", "name"),
    [
        ("phone", PHONE_ROW, "phones"),
        ("node", NODE_ROW, "nodes"),
        ("sample", SAMPLE_ROW, "queues"),
    ],
)
def test_a_table_is_handed_over_when_its_chunk_is_full(table: str, row: tuple, name: str) -> None:
    """A sink gets a full chunk at once, and the rest at the close, never an empty one."""
    sink = ChunkSink()
    journal = Journal([sink])
    journal.name_queue("tftp1", "tftp")
    append: Callable[..., None] = getattr(journal, table)
    for _ in range(2 * SMALL - 1):
        append(*row)
    assert sink.sizes == [(name, SMALL)]
    append(*row)
    assert sink.sizes == [(name, SMALL), (name, SMALL)]
    append(*row)
    journal.close()
    journal.close()
    assert sink.sizes == [(name, SMALL), (name, SMALL), (name, 1)]


def test_the_buffer_stays_bounded() -> None:
    """After 65,536 phone rows, and not before, nothing is left in the buffer."""
    sink = ChunkSink()
    journal = Journal([sink])
    for n in range(CHUNK_ROWS - 1):
        journal.phone(n, 0, 0, 0, 0)
    assert sink.sizes == []
    journal.phone(CHUNK_ROWS, 0, 0, 0, 0)
    assert sink.sizes == [("phones", 65_536)]
    assert journal.buffer == []
    assert journal.phone_rows == CHUNK_ROWS


TABLES = st.sampled_from(["phone", "node", "sample"])
NUMBERS = st.integers(-(1 << 62), 1 << 62)
ROWS = {
    "phone": st.tuples(
        NUMBERS,
        NUMBERS,
        st.integers(0, 63),
        st.integers(-1, 1022),
        st.integers(-(1 << 47), (1 << 47) - 1),
    ),
    "node": st.tuples(
        st.integers(0),
        st.text(max_size=3),
        st.text(max_size=3),
        st.text(max_size=3),
        st.sampled_from(["info", "warning"]),
        st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=2),
    ),
    "sample": st.tuples(st.integers(0), st.just(0), st.integers(0), st.integers(0), st.integers(0)),
}
JOURNALS = st.lists(TABLES.flatmap(lambda t: st.tuples(st.just(t), ROWS[t])), max_size=16)


@given(JOURNALS, st.integers(1, 9))
def test_the_same_rows_have_the_same_fingerprint(
    rows: list[tuple[str, tuple]], chunk_rows: int
) -> None:
    """Neither where chunks were cut nor how the tables came mixed tells in the fingerprint."""
    one_table_after_another = sorted(rows, key=lambda row: row[0])
    expected = fingerprint(*rows)
    assert fingerprint(*rows, chunk_rows=chunk_rows) == expected
    assert fingerprint(*one_table_after_another, chunk_rows=chunk_rows) == expected


@given(JOURNALS, st.integers(1, 9))
def test_every_sink_gets_everything_in_order(
    rows: list[tuple[str, tuple]], chunk_rows: int
) -> None:
    """Two sinks get the same rows as were appended, whatever the chunks."""
    sinks = (MemorySink(), MemorySink())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_module, "CHUNK_ROWS", chunk_rows)
        write(Journal(sinks), rows)
    for sink in sinks:
        phones = [row for table, row in rows if table == "phone"]
        assert [tuple(row) for row in sink.phones().tolist()] == phones
        assert sink.nodes == [NodeEvent(*row) for table, row in rows if table == "node"]
        samples = [(q.second, q.depth, q.arrivals, q.refused) for q in sink.queues]
        assert samples == [(row[0], *row[2:]) for table, row in rows if table == "sample"]


def changed(row: tuple, at: int) -> tuple:
    """The row with one cell changed."""
    cell = row[at]
    other = {**cell, "version": 3} if isinstance(cell, dict) else cell * 2
    return (*row[:at], other, *row[at + 1 :])


ONE_OF_EACH = {"phone": PHONE_ROW, "node": NODE_ROW, "sample": SAMPLE_ROW}
CELLS = [(table, n) for table, row in ONE_OF_EACH.items() for n in range(len(row))]
CELLS.remove(("sample", 1))  # the queue's number: see the test of queue names


@pytest.mark.parametrize(("table", "at"), CELLS)
def test_any_cell_tells_in_the_fingerprint(table: str, at: int) -> None:
    """One number or word changed in one row gives another fingerprint."""
    row = ONE_OF_EACH[table]
    assert fingerprint((table, row)) != fingerprint((table, changed(row, at)))


@pytest.mark.parametrize("table", ONE_OF_EACH)
def test_order_and_number_of_rows_tell_in_the_fingerprint(table: str) -> None:
    """Swapped, doubled and missing rows give other fingerprints."""
    first, second = (table, ONE_OF_EACH[table]), (table, changed(ONE_OF_EACH[table], 0))
    journals = [(), (first,), (first, first), (first, second), (second, first)]
    assert len({fingerprint(*rows) for rows in journals}) == len(journals)


def test_the_name_of_a_queue_tells_in_the_fingerprint() -> None:
    """Samples are told apart by node and queue, not by the number they were sent under."""
    found = set()
    for name in (("tftp1", "tftp"), ("tftp2", "tftp"), ("tftp1", "tvs")):
        journal = Journal([])
        number = journal.name_queue(*name)
        journal.sample(1, number, 2, 3, 4)
        found.add(journal.close())
    assert len(found) == 3


def test_the_fingerprint_is_that_of_the_three_tables() -> None:
    """SHA-256 over the SHA-256 of each table: phone rows as 64-bit words, the others as lines."""
    tables = (
        struct.pack("<5q", *PHONE_ROW),
        b'[1000,"pub","TFTP","itl_built","info",{"changed":true,"version":2}]\n',
        b"7,tftp1,tftp,40,3,1\n",
    )
    digests = b"".join(hashlib.sha256(table).digest() for table in tables)
    assert fingerprint(*ONE_OF_EACH.items()) == hashlib.sha256(digests).hexdigest()


def test_a_node_event_is_one_line_whatever_the_order_of_its_data() -> None:
    """The line is canonical: keys sorted, no spaces, no line break, the same for equal data."""
    data = {"name": "a\nb", "at": [1, 2], "ok": None}
    backwards = dict(reversed(data.items()))
    lines = {NodeEvent(5, "pub", "TVS", "up", "info", d).line() for d in (data, backwards)}
    assert lines == {'[5,"pub","TVS","up","info",{"at":[1,2],"name":"a\\nb","ok":null}]'}
