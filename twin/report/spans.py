"""Which stretches of a run are worth drawing, and where the clock's ticks go.

Knows: instants at which something happened. Must not know how anything is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.metrics.occupancy import Occupancy
from twin.metrics.storm import operator_steps, started_at_ms
from twin.metrics.tables import AT_MS, Integers, JournalTables
from twin.phones.lifecycle import Event, State
from twin.simtime import MAX_DURATION_MS, UNIT_MS, Epoch

SPANS_MOST = 4
QUIET_LEAST_MS = 8 * UNIT_MS["m"]
QUIET_PERCENT = 8
"""A lull that is shorter, or less of what is shown, does not break the time axis."""
LENGTH_LEAST_MS = 2 * UNIT_MS["m"]
MARGIN_LEAST_MS, MARGIN_MOST_MS = 15 * UNIT_MS["s"], 3 * UNIT_MS["m"]
MARGIN_PERCENT = 4
"""Even the widest margins of two stretches do not meet in the shortest lull."""
MOST_PERCENT, TAIL_PERCENT = 99, 50
"""The last hundredth of a stretch's changes is cut off if it lasts half as long as the rest."""
WIDTH_LEAST = 0.13
"""No stretch gets less than this share of the figure's width."""

TICK_STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 172_800, 604_800, 2_592_000, 31_536_000, 157_680_000, 788_400_000, 3_153_600_000,
)  # fmt: skip
TICK_FORMS: tuple[tuple[int, str, int], ...] = (
    (UNIT_MS["m"], "%H:%M:%S", 8),
    (UNIT_MS["d"], "%H:%M", 5),
    (MAX_DURATION_MS, "%d %b %Y", 11),
)
"""Steps below so many milliseconds are worded so, in so many letters."""
LETTER_IN, SPACE_IN = 0.077, 0.3
LEFT_REACH_IN = 0.32
"""How far a tick's words may stand out to the left of their stretch."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the run (ms since the epoch) and its share of the figure's width.

    `last_ms` is when its last phone came to rest, where that is too late to be shown.
    """

    start_ms: int
    end_ms: int
    share: float = 1.0
    last_ms: int | None = None

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms


def spans(tables: JournalTables, changes: Occupancy) -> list[Span]:
    """The stretches in which something happened, with margins; at most `SPANS_MOST`.

    A run in which nothing happened is one stretch.
    """
    acts = _acts_ms(tables)
    moves = np.sort(changes.at_ms[~_vain_retries(changes)])
    instants = np.unique(np.concatenate((moves, acts)))
    if not len(instants):
        return [Span(0, max(tables.ended_at_ms, 1))]
    breaks = _breaks(np.diff(instants))
    starts = instants[np.concatenate(([0], breaks + 1))].tolist()
    ends = instants[np.concatenate((breaks, [len(instants) - 1]))].tolist()
    found = []
    for start, end in zip(starts, ends, strict=True):
        shown_to = _without_stragglers(moves, acts, start, end)
        last_ms = end if shown_to < end else None
        found.append(_with_margins(start, shown_to, tables.ended_at_ms, last_ms))
    return _shared_out(found)


def _without_stragglers(moves: Integers, acts: Integers, start_ms: int, end_ms: int) -> int:
    """Where a stretch ends if its last few phones (say, in long calls) are left out.

    They are left out only where they would take up much of the stretch by themselves.
    """
    inside = moves[(moves >= start_ms) & (moves <= end_ms)]
    done = acts[(acts >= start_ms) & (acts <= end_ms)]
    most = int(inside[len(inside) * MOST_PERCENT // 100]) if len(inside) else end_ms
    shown_to = max(most, int(done[-1]) if len(done) else start_ms)
    tail = end_ms - shown_to
    return shown_to if tail * 100 > TAIL_PERCENT * (shown_to - start_ms) else end_ms


def _breaks(gaps: Integers) -> Integers:
    """Places of the gaps to cut out: the widest first, while one is wide among what is left."""
    left_ms = int(gaps.sum())
    cut = []
    for place in np.argsort(-gaps, kind="stable")[: SPANS_MOST - 1].tolist():
        gap_ms = int(gaps[place])
        if gap_ms < QUIET_LEAST_MS or gap_ms * 100 < QUIET_PERCENT * left_ms:
            break
        cut.append(place)
        left_ms -= gap_ms
    return np.array(sorted(cut), dtype=np.int64)


def _acts_ms(tables: JournalTables) -> Integers:
    """When phones were reset or the operator acted, ascending."""
    reset = tables.column(AT_MS)[tables.rows_of(Event.RESET_RECEIVED)]
    acts = np.array([started_at_ms(step) for step in operator_steps(tables)], dtype=np.int64)
    return np.unique(np.concatenate((reset, acts)))


def _vain_retries(changes: Occupancy) -> NDArray[np.bool_]:
    """Changes between giving up and giving up again: attempts that led nowhere, or not yet.

    A phone that nobody takes and that tries every minute must not stretch the figure.
    """
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


def _with_margins(start_ms: int, end_ms: int, run_end_ms: int, last_ms: int | None) -> Span:
    wanted = (end_ms - start_ms) * MARGIN_PERCENT // 100
    margin = min(max(MARGIN_LEAST_MS, wanted), MARGIN_MOST_MS)
    lacking = max(0, LENGTH_LEAST_MS - (end_ms - start_ms) - 2 * margin)
    start = max(0, start_ms - margin)
    end = max(start + 1, min(run_end_ms, end_ms + margin + lacking))
    return Span(start, end, last_ms=None if last_ms is None or last_ms <= end else last_ms)


def _shared_out(found: list[Span]) -> list[Span]:
    total = sum(span.length_ms for span in found)
    wanted = [max(WIDTH_LEAST, span.length_ms / total) for span in found]
    return [
        replace(span, share=width / sum(wanted)) for span, width in zip(found, wanted, strict=True)
    ]


def clock_ticks(span: Span, epoch: Epoch, width_in: float) -> tuple[list[int], list[str]]:
    """Round moments of the UTC clock in a span that is `width_in` inches wide, and their words.

    As many as there is room for, or one where there is room for none; none whose words would
    reach into the next stretch.
    """
    steps_ms = [step_s * 1000 for step_s in TICK_STEPS_S]
    roomy = [ms for ms in steps_ms if span.length_ms / ms * (_word_in(ms) + SPACE_IN) <= width_in]
    ticks = _ticks(span, epoch, width_in, roomy[0])
    for step_ms in reversed(steps_ms[: steps_ms.index(roomy[0])]):
        ticks = ticks or _ticks(span, epoch, width_in, step_ms)[:1]
    return [at_ms for at_ms, _ in ticks], [words for _, words in ticks]


def _ticks(span: Span, epoch: Epoch, width_in: float, step_ms: int) -> list[tuple[int, str]]:
    """The multiples of a step, counted from midnight, that have room in a span."""
    half_in = _word_in(step_ms) / 2
    midnight = epoch.at(span.start_ms).replace(hour=0, minute=0, second=0, microsecond=0)
    origin = epoch.ms(midnight)
    first = origin + -(-(span.start_ms - origin) // step_ms) * step_ms
    ticks = []
    for tick in range(first, span.end_ms + 1, step_ms):
        x_in = (tick - span.start_ms) / span.length_ms * width_in
        if half_in - LEFT_REACH_IN <= x_in <= width_in - half_in:
            ticks.append((tick, epoch.at(tick).strftime(_form(step_ms))))
    return ticks


def _form(step_ms: int) -> str:
    return next(form for below, form, _ in TICK_FORMS if step_ms < below)


def _word_in(step_ms: int) -> float:
    return next(letters for below, _, letters in TICK_FORMS if step_ms < below) * LETTER_IN
