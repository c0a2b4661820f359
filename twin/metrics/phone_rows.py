"""Phone events as a stream of columns: the journal is longer than memory is wide.

Knows: columns, chunks, and how to keep the few rows somebody asks for. Must not know files
(`twin.metrics.storage` has the rows on disk) or what a row means beyond its event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.kernel.journal import COLUMNS

Integers = NDArray[np.int64]
AnyIntegers = NDArray[Any]
"""Integers of whatever width they are kept in; widen before arithmetic."""

AT_MS, PHONE, EVENT, NODE, DETAIL = range(len(COLUMNS))
"""Places of the columns of a phone event."""


class PhoneRows(Protocol):
    """Phone events in order of time, wherever they are kept."""

    def __len__(self) -> int:
        """How many there are."""

    def chunks(self, *columns: int) -> Iterator[tuple[AnyIntegers, ...]]:
        """The asked columns, e.g. `AT_MS`, of one stretch of rows after the other."""


class MemoryRows:
    """Phone events in memory: chunks of shape (n, 5), columns as `twin.kernel.journal.COLUMNS`."""

    def __init__(self, chunks: Sequence[Integers]) -> None:
        self._chunks = tuple(chunks)

    def __len__(self) -> int:
        """How many there are."""
        return sum(len(chunk) for chunk in self._chunks)

    def chunks(self, *columns: int) -> Iterator[tuple[AnyIntegers, ...]]:
        """The asked columns of one chunk after the other."""
        for chunk in self._chunks:
            yield tuple(chunk[:, column] for column in columns)


@dataclass(frozen=True, slots=True, eq=False)
class EventRows:
    """Some of the phone events in order: their numbers in the journal, and their columns."""

    row: Integers
    at_ms: Integers
    phone: AnyIntegers
    event: AnyIntegers
    detail: AnyIntegers

    def __len__(self) -> int:
        """How many there are."""
        return len(self.row)

    def at(self, places: AnyIntegers) -> EventRows:
        """Those at some places, or where a mask is true."""
        return EventRows(
            self.row[places], self.at_ms[places], self.phone[places], self.event[places],
            self.detail[places],
        )  # fmt: skip


class Picker:
    """Keeps the rows of a stream that have one of some events."""

    def __init__(self, *events: int) -> None:
        self._wanted = np.zeros(1 << 8, dtype=np.bool_)
        self._wanted[list(events)] = True
        self._parts: list[EventRows] = []
        self._rows = 0

    def take(
        self, at_ms: AnyIntegers, phone: AnyIntegers, event: AnyIntegers, detail: AnyIntegers
    ) -> None:
        """The next rows; their events are those of the life cycle."""
        found = np.flatnonzero(self._wanted[event])
        if len(found):
            self._parts.append(
                EventRows(
                    found + self._rows,
                    at_ms[found].astype(np.int64),
                    phone[found].astype(np.int32),
                    event[found].astype(np.int16),
                    detail[found].astype(np.int32),
                )
            )
        self._rows += len(event)

    def rows(self) -> EventRows:
        """All that was kept."""
        return EventRows(
            self._joined("row", np.int64),
            self._joined("at_ms", np.int64),
            self._joined("phone", np.int32),
            self._joined("event", np.int16),
            self._joined("detail", np.int32),
        )

    def _joined(self, name: str, kind: type[Any]) -> AnyIntegers:
        parts = [getattr(part, name) for part in self._parts]
        return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def matrix(rows: PhoneRows) -> Integers:
    """All rows as one array of shape (n, 5): forty bytes a row."""
    found = np.empty((len(rows), len(COLUMNS)), dtype=np.int64)
    start = 0
    for columns in rows.chunks(*range(len(COLUMNS))):
        end = start + len(columns[0])
        for place, values in enumerate(columns):
            found[start:end, place] = values
        start = end
    return found


def column(rows: PhoneRows, place: int) -> Integers:
    """One column of all rows."""
    parts = [values for (values,) in rows.chunks(place)]
    if not parts:
        return np.empty(0, dtype=np.int64)
    return np.concatenate(parts).astype(np.int64, copy=False)
