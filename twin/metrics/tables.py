"""The tables every metric reads: the journal, and the phones at start and end.

Knows: columns and their types. Must not know: files (`twin.metrics.storage`) or what rows mean.
The phone events are read as a stream (`twin.metrics.phone_rows`), once for all that can be counted
or is asked for often; they are never all in memory at once unless a caller wants them so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import SimulationError
from twin.kernel.journal import MemorySink, NodeEvent, QueueSample
from twin.metrics.phone_rows import (
    AT_MS,
    DETAIL,
    EVENT,
    NODE,
    PHONE,
    AnyIntegers,
    EventRows,
    Integers,
    MemoryRows,
    PhoneRows,
    Picker,
    column,
    matrix,
)
from twin.phones.lifecycle import Event, State
from twin.phones.outcomes import Reason

if TYPE_CHECKING:
    import pandas as pd

__all__ = (
    "AT_MS", "DETAIL", "EVENT", "NODE", "PHONE", "PHONE_COLUMNS", "REMEDY_SEPARATOR", "Column",
    "EventRows", "Integers", "JournalTables", "checked", "journal_tables", "phone_columns",
    "phones_frame",
)  # fmt: skip

Column = NDArray[Any] | Sequence[Any]

CODES = 1 << 8
"""Different values of a detail that are counted: those of its low byte."""

PHONE_COLUMNS: dict[str, type] = {
    "name": str, "model": str, "site": str, "callmanager_group": str, "protocol": str,
    "population": str, "initial_state": int, "state": int, "node": str, "boots": int,
    "resets": int, "itl_current": bool, "ctl_current": bool, "stuck": bool, "stuck_reasons": int,
    "remedies": str,
}  # fmt: skip
"""The phones table: one entry per phone, in the order that the journal's phone numbers count."""

REMEDY_SEPARATOR = ";"
"""Between the remedies of one phone, in the phones table."""

_ARRAY_TYPES: dict[type, Any] = {str: object, int: np.int32, bool: np.bool_}


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What one reading of the phone events finds out.

    `tally[event, code]` counts the rows of an event by the low byte of their detail; `resets` and
    `registrations` are the rows of RESET_RECEIVED and REGISTERED.
    """

    tally: Integers
    resets: EventRows
    registrations: EventRows


@dataclass(frozen=True, slots=True, eq=False)
class JournalTables:
    """All that is left of a run.

    `phone_rows` are the phone events in order of time, in memory or on disk, `summary` what one
    reading of them found; `phones` has one array per column of `PHONE_COLUMNS`; `ended_at_ms` is
    when the run ended, in milliseconds since the epoch.
    """

    phone_rows: PhoneRows
    summary: Summary
    node_events: tuple[NodeEvent, ...]
    queues: tuple[QueueSample, ...]
    phones: dict[str, NDArray[Any]]
    ended_at_ms: int

    @property
    def phone_count(self) -> int:
        """Phones of the model, with power or without."""
        return len(self.phones["name"])

    @property
    def phone_events(self) -> Integers:
        """All phone events as one array of shape (n, 5), columns as `twin.kernel.journal.COLUMNS`.

        It is made anew at each call and costs forty bytes a row; metrics do without.
        """
        return matrix(self.phone_rows)

    def column(self, place: int) -> Integers:
        """One column of all phone events, e.g. `AT_MS`; made anew at each call."""
        return column(self.phone_rows, place)

    def rows_of(self, *events: int) -> Integers:
        """The numbers of the phone rows with one of these events, in order."""
        return self.select(*events).row

    def select(self, *events: int) -> EventRows:
        """The phone rows with one of these events, in order."""
        if events == (Event.RESET_RECEIVED,):
            return self.summary.resets
        if events == (Event.REGISTERED,):
            return self.summary.registrations
        picker = Picker(*events)
        for columns in self.phone_rows.chunks(AT_MS, PHONE, EVENT, DETAIL):
            picker.take(*columns)
        return picker.rows()

    def count(self, event: int) -> int:
        """How many phone rows have this event."""
        return int(self.summary.tally[event].sum())

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
        MemoryRows(sink.phone_chunks),
        tuple(sink.nodes),
        tuple(sink.queues),
        phone_columns(phones),
        ended_at_ms,
    )


def checked(
    rows: PhoneRows,
    node_events: tuple[NodeEvent, ...],
    queues: tuple[QueueSample, ...],
    phones: dict[str, NDArray[Any]],
    ended_at_ms: int,
) -> JournalTables:
    """The tables, if time never runs back in them and every row names a phone there is.

    Raises:
        SimulationError: A row is earlier than the one before, later than the end, of no phone or
            of no event.
    """
    tally = np.zeros(len(Event) * CODES, dtype=np.int64)
    resets, registrations = Picker(Event.RESET_RECEIVED), Picker(Event.REGISTERED)
    read, latest_ms = 0, 0
    for at_ms, phone, event, detail in rows.chunks(AT_MS, PHONE, EVENT, DETAIL):
        if not len(at_ms):
            continue
        _check(read, latest_ms, at_ms, ended_at_ms)
        _check_range("phone events name phones", phone, len(phones["name"]))
        _check_range("phone events have numbers", event, len(Event))
        codes = event.astype(np.intp) * CODES + (detail & (CODES - 1))
        tally += np.bincount(codes, minlength=len(tally))
        resets.take(at_ms, phone, event, detail)
        registrations.take(at_ms, phone, event, detail)
        read, latest_ms = read + len(at_ms), int(at_ms[-1])
    summary = Summary(tally.reshape(-1, CODES), resets.rows(), registrations.rows())
    return JournalTables(rows, summary, node_events, queues, phones, ended_at_ms)


def _check(read: int, latest_ms: int, at_ms: AnyIntegers, ended_at_ms: int) -> None:
    """Whether the next instants (ms), after `read` rows, follow the latest one and end in time."""
    back = np.flatnonzero(at_ms[1:] < at_ms[:-1])
    if len(back) or (read and at_ms[0] < latest_ms):
        row = int(back[0]) + 1 if len(back) else 0
        before = at_ms[row - 1] if row else latest_ms
        raise SimulationError(
            f"phone event {read + row}: time runs back from {before} ms to {at_ms[row]} ms"
        )
    if at_ms[0] < 0 or at_ms[-1] > ended_at_ms:
        raise SimulationError(
            f"phone events from {at_ms[0]} ms to {at_ms[-1]} ms in a run "
            f"from 0 ms to {ended_at_ms} ms"
        )


def _check_range(what: str, values: AnyIntegers, count: int) -> None:
    lowest, highest = int(values.min()), int(values.max())
    if lowest < 0 or highest >= count:
        raise SimulationError(f"{what} {lowest} to {highest} of {count}")


def phones_frame(tables: JournalTables) -> pd.DataFrame:
    """The phones table as a data frame, one row per phone, index: its name.

    Numbers that stand for words are words here: states in lower case, reasons joined by "+" as in
    `stuck_by_reason` (empty: not stuck).
    """
    import pandas as pd  # heavy: only when asked for

    frame = pd.DataFrame(tables.phones).set_index("name")
    words = {state.value: state.name.lower() for state in State}
    for name in ("initial_state", "state"):
        frame[name] = frame[name].map(words)
    seen = frame["stuck_reasons"].unique().tolist()
    reasons = {value: "+".join(Reason(value).words()) for value in seen}
    frame["stuck_reasons"] = frame["stuck_reasons"].map(reasons)
    return frame
