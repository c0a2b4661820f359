"""Does the cluster reset its phones over and over by itself?

Knows: reset rows and operator steps. Must not know why a loop happens: it is recognised by its
rhythm alone. A loop is a phone reset at least four times at a nearly constant period with no act of
the operator in between; a window in which the operator regenerates one certificate after the other
has waves too, but each follows an act of his.

Source: CSCup28852, phones reset about every 7 minutes after a certificate update.
Assumption: four resets, and periods within 20 % of each other; experiments on the reset loop would
change with either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.metrics.phone_rows import AnyIntegers
from twin.metrics.storm import operator_steps, started_at_ms
from twin.metrics.tables import Integers, JournalTables

RESETS_LEAST = 4
TOLERANCE_PERCENT = 20
"""By how much a period may differ from the one before it."""
PERIOD_LEAST_MS = 30_000
"""Notices closer than this are one reset told twice."""


@dataclass(frozen=True, slots=True)
class ResetLoop:
    """What was found. `period_s` is the median, None without a loop; `cycles` the most resets that
    one phone went through in a loop; `phones` how many phones were in one."""

    detected: bool
    period_s: float | None
    cycles: int
    phones: int


def reset_loop(tables: JournalTables) -> ResetLoop:
    """Look for a reset loop."""
    resets = tables.summary.resets
    by_phone = np.argsort(resets.phone, kind="stable")
    phone, at_ms = resets.phone[by_phone], resets.at_ms[by_phone]
    first_told = np.append(True, (np.diff(phone) != 0) | (np.diff(at_ms) >= PERIOD_LEAST_MS))
    phone, at_ms = phone[first_told[: len(phone)]], at_ms[first_told[: len(at_ms)]]
    periods, in_chain = _chains(tables, phone, at_ms)
    longest = _longest_runs(in_chain)
    # A run of k periods that each match the one before is k + 2 resets.
    looping = longest >= RESETS_LEAST - 2
    if not looping.any():
        return ResetLoop(False, None, 0, 0)
    period_s = float(np.median(periods[looping])) / 1000
    return ResetLoop(True, period_s, int(longest.max()) + 2, len(np.unique(phone[1:][looping])))


def _chains(
    tables: JournalTables, phone: AnyIntegers, at_ms: Integers
) -> tuple[Integers, NDArray[np.bool_]]:
    """Time since the phone's reset before (ms), and whether it matches the one before that."""
    periods = np.diff(at_ms)
    acts = np.array([started_at_ms(step) for step in operator_steps(tables)], dtype=np.int64)
    acts_before = np.searchsorted(acts, at_ms, side="right")
    by_itself = (np.diff(phone) == 0) & (np.diff(acts_before) == 0)
    matches = np.zeros(len(periods), dtype=np.bool_)
    if len(periods) > 1:
        change = np.abs(np.diff(periods)) * 100
        near = change <= TOLERANCE_PERCENT * np.maximum(periods[1:], periods[:-1])
        matches[1:] = near & by_itself[1:] & by_itself[:-1]
    return periods, matches


def _longest_runs(flags: NDArray[np.bool_]) -> Integers:
    """For each entry the length of the run of true flags that ends there."""
    place = np.arange(1, len(flags) + 1)
    last_false = np.maximum.accumulate(np.where(flags, 0, place))
    runs: Integers = place - last_false
    return runs
