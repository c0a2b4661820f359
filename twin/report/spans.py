"""Which stretches of a run are worth drawing, and where the clock's ticks go.

Knows: instants at which something happened. Must not know how anything is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.metrics.occupancy import Occupancy
from twin.metrics.storm import operator_steps, started_at_ms
from twin.metrics.tables import AT_MS, Integers, JournalTables
from twin.phones.lifecycle import Event, State
from twin.simtime import UNIT_MS, Epoch

SPANS_MOST = 4
QUIET_LEAST_MS = 8 * UNIT_MS["m"]
"""A shorter lull does not break the time axis."""
LENGTH_LEAST_MS = 2 * UNIT_MS["m"]
MARGIN_LEAST_MS = 15 * UNIT_MS["s"]
MARGIN_PERCENT = 4
WIDTH_LEAST = 0.13
"""No stretch gets less than this share of the figure's width."""

TICK_STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 172_800, 604_800, 2_592_000, 31_536_000,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the run (ms since the epoch) and its share of the figure's width."""

    start_ms: int
    end_ms: int
    share: float = 1.0

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms


def spans(tables: JournalTables, changes: Occupancy) -> list[Span]:
    """The stretches in which something happened, with margins; at most `SPANS_MOST`.

    A run in which nothing happened is one stretch.
    """
    instants = eventful_ms(tables, changes)
    if not len(instants):
        return [Span(0, max(tables.ended_at_ms, 1))]
    gaps = np.diff(instants)
    widest_first = np.argsort(-gaps, kind="stable")[: SPANS_MOST - 1]
    breaks = np.sort(widest_first[gaps[widest_first] >= QUIET_LEAST_MS])
    starts = instants[np.concatenate(([0], breaks + 1))].tolist()
    ends = instants[np.concatenate((breaks, [len(instants) - 1]))].tolist()
    return _shared_out(
        [_with_margins(*pair, tables.ended_at_ms) for pair in zip(starts, ends, strict=True)]
    )


def eventful_ms(tables: JournalTables, changes: Occupancy) -> Integers:
    """When phones changed their state, were reset, or the operator acted; ascending.

    Phones that try to register again and again without success are no event.
    """
    reset = tables.column(AT_MS)[tables.rows_of(Event.RESET_RECEIVED)]
    acts = np.array([started_at_ms(step) for step in operator_steps(tables)], dtype=np.int64)
    moved = changes.at_ms[~_vain_retries(changes)]
    return np.unique(np.concatenate((moved, reset, acts)))


def _vain_retries(changes: Occupancy) -> NDArray[np.bool_]:
    """Changes between giving up and giving up again: attempts that led nowhere, or not yet."""
    waiting = (State.UNREGISTERED, State.SRST)
    by_phone = np.argsort(changes.phone, kind="stable")
    phone, before, after = (
        values[by_phone] for values in (changes.phone, changes.before, changes.after)
    )
    place = np.arange(len(phone))
    starts = np.maximum.accumulate(np.where(np.isin(before, waiting), place, -1))
    tries = (starts >= 0) & (phone[starts] == phone)
    is_end = np.isin(after, (*waiting, State.REGISTERED, State.OFF))
    ends = np.where(is_end, place, len(phone))
    next_end = np.minimum.accumulate(ends[::-1])[::-1]
    # An attempt is over with the first end after its start.
    tries &= next_end[starts] >= place
    padded_after, padded_phone = np.append(after, State.UNREGISTERED), np.append(phone, -1)
    goes_on = padded_phone[next_end] != phone
    vain = np.empty(len(phone), dtype=np.bool_)
    vain[by_phone] = tries & (goes_on | np.isin(padded_after[next_end], waiting))
    return vain


def _with_margins(start_ms: int, end_ms: int, last_ms: int) -> Span:
    margin = max(MARGIN_LEAST_MS, (end_ms - start_ms) * MARGIN_PERCENT // 100)
    lacking = max(0, LENGTH_LEAST_MS - (end_ms - start_ms) - 2 * margin)
    start = max(0, start_ms - margin)
    return Span(start, max(start + 1, min(last_ms, end_ms + margin + lacking)))


def _shared_out(found: list[Span]) -> list[Span]:
    total = sum(span.length_ms for span in found)
    wanted = [max(WIDTH_LEAST, span.length_ms / total) for span in found]
    return [
        Span(span.start_ms, span.end_ms, width / sum(wanted))
        for span, width in zip(found, wanted, strict=True)
    ]


def clock_ticks(span: Span, epoch: Epoch, most: int) -> tuple[list[int], list[str]]:
    """Round moments of the UTC clock within a span: (ms since the epoch, wording)."""
    step_ms = next(
        (s * 1000 for s in TICK_STEPS_S if span.length_ms <= s * 1000 * max(1, most)),
        TICK_STEPS_S[-1] * 1000,
    )
    midnight = epoch.at(span.start_ms).replace(hour=0, minute=0, second=0, microsecond=0)
    origin = epoch.ms(midnight)
    first = origin + -(-(span.start_ms - origin) // step_ms) * step_ms
    ticks = list(range(first, span.end_ms + 1, step_ms))
    form = "%H:%M:%S" if step_ms % 60_000 else "%H:%M" if step_ms < UNIT_MS["d"] else "%d %b %Y"
    return ticks, [epoch.at(tick).strftime(form) for tick in ticks]
