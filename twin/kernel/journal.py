"""The journal: append-only, columnar, and all that metrics, logs and reports ever read.

Knows: rows. Must not know what they mean, nor any file format (a sink writes them).
Three tables:

- phone events: at_ms, phone (index), event, node (index, -1 none), detail - five integers;
- node events: at_ms, node, service, event, severity, data (a flat dict of words and numbers);
- queue samples: second, node, queue, depth, arrivals, refused.

Rows are kept in a bounded buffer and handed to the sinks in chunks; a digest of each table runs
along, so that two runs can be compared without keeping either. Same rows in each table, same
digest, wherever the chunks were cut. Nothing that depends on key bytes may be written:
keys differ between machines, journals must not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

CHUNK_ROWS = 65_536
COLUMNS = ("at_ms", "phone", "event", "node", "detail")

CELLS = 3
NODE_SHIFT = 6
DETAIL_SHIFT = 16
EVENT_MASK = (1 << NODE_SHIFT) - 1
NODE_MASK = (1 << DETAIL_SHIFT - NODE_SHIFT) - 1


def code(event: int, node: int, detail: int) -> int:
    """What happened, in one number: event (0 to 63), node (-1 to 1022), detail (0 to 2**47)."""
    return event | node + 1 << NODE_SHIFT | detail << DETAIL_SHIFT


Cell = str | int | float | bool | None
Data = Mapping[str, Cell | Sequence[str] | Sequence[int]]


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """One thing a node did, or had done to it."""

    at_ms: int
    node: str
    service: str
    event: str
    severity: str
    data: Data

    def line(self) -> str:
        """The row as one line of canonical JSON."""
        return json.dumps(
            [self.at_ms, self.node, self.service, self.event, self.severity, dict(self.data)],
            sort_keys=True,
            separators=(",", ":"),
        )


@dataclass(frozen=True, slots=True)
class QueueSample:
    """The longest queue (waiting) seen in one second."""

    second: int
    node: str
    queue: str
    depth: int
    arrivals: int
    refused: int


class JournalSink(Protocol):
    """Somewhere the journal's chunks go."""

    def write_phones(self, rows: NDArray[np.int64]) -> None:
        """Phone events, shape (n, 5), columns as `COLUMNS`."""

    def write_nodes(self, rows: Sequence[NodeEvent]) -> None:
        """Node events in order."""

    def write_queues(self, rows: Sequence[QueueSample]) -> None:
        """Queue samples in order."""


@dataclass(slots=True)
class MemorySink:
    """Keeps everything: for short runs, notebooks and tests."""

    phone_chunks: list[NDArray[np.int64]] = field(default_factory=list)
    nodes: list[NodeEvent] = field(default_factory=list)
    queues: list[QueueSample] = field(default_factory=list)

    def write_phones(self, rows: NDArray[np.int64]) -> None:
        """Keep a chunk (as 32-bit integers where they fit would lose instants beyond 24 days)."""
        self.phone_chunks.append(rows)

    def write_nodes(self, rows: Sequence[NodeEvent]) -> None:
        """Keep node events."""
        self.nodes.extend(rows)

    def write_queues(self, rows: Sequence[QueueSample]) -> None:
        """Keep queue samples."""
        self.queues.extend(rows)

    def phones(self) -> NDArray[np.int64]:
        """All phone events, shape (n, 5)."""
        if not self.phone_chunks:
            return np.empty((0, len(COLUMNS)), dtype=np.int64)
        return np.concatenate(self.phone_chunks)


class Journal:
    """What happened, in order."""

    def __init__(self, sinks: Sequence[JournalSink]) -> None:
        self._sinks = tuple(sinks)
        self.buffer: list[int] = []
        """Phone events not handed over yet: instant, phone and `code`, one after another."""
        self._limit = CHUNK_ROWS * CELLS
        self._nodes: list[NodeEvent] = []
        self._queues: list[QueueSample] = []
        self._queue_names: list[tuple[str, str]] = []
        self._digests = tuple(hashlib.sha256() for _ in range(3))
        self.phone_rows = 0
        self._watchers: list[Callable[[NodeEvent], None]] = []

    def watch(self, watcher: Callable[[NodeEvent], None]) -> None:
        """Tell of every node event from now on, and first of those not handed over yet.

        A watcher may look at whoever wrote the row: nothing has happened since.
        """
        for row in self._nodes:
            watcher(row)
        self._watchers.append(watcher)

    def phone(self, at_ms: int, phone: int, event: int, node: int, detail: int) -> None:
        """Append a phone event."""
        buffer = self.buffer
        buffer += (at_ms, phone, event | node + 1 << NODE_SHIFT | detail << DETAIL_SHIFT)
        if len(buffer) >= self._limit:
            self._flush_phones()

    def flush_when_full(self) -> None:
        """Hand the phone events in the buffer over to the sinks, if there is a chunk of them.

        For those who write into `buffer` themselves: to be called now and then.
        """
        if len(self.buffer) >= self._limit:
            self._flush_phones()

    def _flush_phones(self) -> None:
        if self.buffer:
            rows = self.pending()
            self.buffer.clear()
            self.phone_rows += len(rows)
            self._digests[0].update(rows.astype("<i8").tobytes())
            for sink in self._sinks:
                sink.write_phones(rows)

    @property
    def waiting(self) -> tuple[NodeEvent, ...]:
        """Node events not handed over yet."""
        return tuple(self._nodes)

    def pending(self) -> NDArray[np.int64]:
        """Phone events not handed over yet, shape (n, 5)."""
        flat = np.fromiter(self.buffer, dtype=np.int64, count=len(self.buffer))
        cells = flat.reshape(-1, CELLS)
        rows = np.empty((len(cells), len(COLUMNS)), dtype=np.int64)
        rows[:, :2] = cells[:, :2]
        codes = cells[:, 2]
        rows[:, 2] = codes & EVENT_MASK
        rows[:, 3] = (codes >> NODE_SHIFT & NODE_MASK) - 1
        rows[:, 4] = codes >> DETAIL_SHIFT
        return rows

    def node(
        self, at_ms: int, node: str, service: str, event: str, severity: str, data: Data
    ) -> None:
        """Append a node event."""
        row = NodeEvent(at_ms, node, service, event, severity, data)
        self._nodes.append(row)
        for watcher in self._watchers:
            watcher(row)
        if len(self._nodes) >= CHUNK_ROWS:
            self._flush_nodes()

    def pending_nodes(self) -> tuple[NodeEvent, ...]:
        """Node events that no sink has yet, in order."""
        return tuple(self._nodes)

    def name_queue(self, node: str, queue: str) -> int:
        """The number under which a queue sends its samples."""
        self._queue_names.append((node, queue))
        return len(self._queue_names) - 1

    def sample(self, second: int, queue: int, depth: int, arrivals: int, refused: int) -> None:
        """Append a queue sample (see `QueueMonitor`)."""
        node, name = self._queue_names[queue]
        self._queues.append(QueueSample(second, node, name, depth, arrivals, refused))
        if len(self._queues) >= CHUNK_ROWS:
            self._flush_queues()

    def close(self) -> str:
        """Hand over what is left; the journal's fingerprint (SHA-256, hex)."""
        self._flush_phones()
        self._flush_nodes()
        self._flush_queues()
        return hashlib.sha256(b"".join(table.digest() for table in self._digests)).hexdigest()

    def _flush_nodes(self) -> None:
        if self._nodes:
            rows, self._nodes = self._nodes, []
            self._digests[1].update("".join(row.line() + "\n" for row in rows).encode())
            for sink in self._sinks:
                sink.write_nodes(rows)

    def _flush_queues(self) -> None:
        if self._queues:
            rows, self._queues = self._queues, []
            for sink in self._sinks:
                sink.write_queues(rows)
            text = "".join(
                f"{q.second},{q.node},{q.queue},{q.depth},{q.arrivals},{q.refused}\n" for q in rows
            )
            self._digests[2].update(text.encode())
