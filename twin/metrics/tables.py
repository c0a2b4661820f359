"""The tables every metric reads: the journal, and the phones at start and end.

Knows: columns and their types. Must not know: files (`twin.metrics.storage`) or what rows mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import SimulationError
from twin.kernel.journal import COLUMNS, MemorySink, NodeEvent, QueueSample

if TYPE_CHECKING:
    import pandas as pd

Integers = NDArray[np.int64]
Column = NDArray[Any] | Sequence[Any]

AT_MS, PHONE, EVENT, NODE, DETAIL = range(len(COLUMNS))
"""Places of the columns of a phone event."""

PHONE_COLUMNS: dict[str, type] = {
    "name": str, "model": str, "site": str, "callmanager_group": str, "protocol": str,
    "population": str, "initial_state": int, "state": int, "node": str, "boots": int,
    "resets": int, "itl_current": bool, "stuck": bool, "stuck_reasons": int, "remedies": str,
}  # fmt: skip
"""The phones table: one entry per phone, in the order that the journal's phone numbers count."""

REMEDY_SEPARATOR = ";"
"""Between the remedies of one phone, in the phones table."""

_ARRAY_TYPES: dict[type, Any] = {str: object, int: np.int64, bool: np.bool_}


@dataclass(frozen=True, slots=True, eq=False)
class JournalTables:
    """All that is left of a run.

    `phone_events` has shape (n, 5), columns as `twin.kernel.journal.COLUMNS`, in order of time;
    `phones` one array per column of `PHONE_COLUMNS`; `ended_at_ms` is when the run ended, in
    milliseconds since the epoch.
    """

    phone_events: Integers
    node_events: tuple[NodeEvent, ...]
    queues: tuple[QueueSample, ...]
    phones: dict[str, NDArray[Any]]
    ended_at_ms: int

    @property
    def phone_count(self) -> int:
        """Phones of the model, with power or without."""
        return len(self.phones["name"])

    def column(self, column: int) -> Integers:
        """One column of the phone events, e.g. `AT_MS`."""
        values: Integers = self.phone_events[:, column]
        return values

    def rows_of(self, *events: int) -> Integers:
        """The numbers of the phone rows with one of these events, in order."""
        return np.flatnonzero(np.isin(self.column(EVENT), events))

    def happened(self, event: str) -> list[NodeEvent]:
        """The node events with this name, in order."""
        return [row for row in self.node_events if row.event == event]


def phone_columns(columns: Mapping[str, Column]) -> dict[str, NDArray[Any]]:
    """The phones table as arrays of the right types; columns it does not know are dropped.

    Raises:
        SimulationError: A column is missing, or not as long as the others.
    """
    missing = [name for name in PHONE_COLUMNS if name not in columns]
    if missing:
        raise SimulationError(f"the phones table lacks {', '.join(missing)}")
    arrays = {
        name: np.asarray(columns[name], dtype=_ARRAY_TYPES[kind])
        for name, kind in PHONE_COLUMNS.items()
    }
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise SimulationError(f"the phones table has columns of unequal length: {lengths}")
    return arrays


def journal_tables(
    sink: MemorySink, phones: Mapping[str, Column], ended_at_ms: int
) -> JournalTables:
    """The tables of a run kept in memory.

    Raises:
        SimulationError: The phones table is incomplete, or the journal is impossible (see
            `checked`).
    """
    return checked(
        JournalTables(
            sink.phones(),
            tuple(sink.nodes),
            tuple(sink.queues),
            phone_columns(phones),
            ended_at_ms,
        )
    )


def checked(tables: JournalTables) -> JournalTables:
    """The same tables, if time never runs back in them and every row names a phone there is.

    Raises:
        SimulationError: A row is earlier than the one before, later than the end, or of no phone.
    """
    at_ms = tables.column(AT_MS)
    if not len(at_ms):
        return tables
    back = np.flatnonzero(np.diff(at_ms) < 0)
    if len(back):
        row = int(back[0]) + 1
        raise SimulationError(
            f"phone event {row}: time runs back from {at_ms[row - 1]} ms to {at_ms[row]} ms"
        )
    if at_ms[0] < 0 or at_ms[-1] > tables.ended_at_ms:
        raise SimulationError(
            f"phone events from {at_ms[0]} ms to {at_ms[-1]} ms in a run "
            f"from 0 ms to {tables.ended_at_ms} ms"
        )
    phone = tables.column(PHONE)
    if phone.min() < 0 or phone.max() >= tables.phone_count:
        raise SimulationError(
            f"phone events name phones {phone.min()} to {phone.max()} of {tables.phone_count}"
        )
    return tables


def phones_frame(tables: JournalTables) -> pd.DataFrame:
    """The phones table as a data frame, one row per phone, index: its name."""
    import pandas as pd  # heavy: only when asked for

    return pd.DataFrame(tables.phones).set_index("name")
