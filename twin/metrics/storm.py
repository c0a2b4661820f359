"""Reset storms: who was reset by what, and how long until everyone was back.

Knows: reset and registration rows, the group resets that caused them, operator steps. Must not know
states (`twin.metrics.occupancy`) or figures.

A wave is every reset that one certificate change, or one order of the operator, brought about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.kernel.journal import NodeEvent
from twin.metrics.tables import EventRows, Integers, JournalTables

QUANTILES: dict[str, int] = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p100": 100}
"""Shares of a wave's phones, in percent."""

RecoveryS = dict[str, float | None]
"""Seconds per name of `QUANTILES`; None: that share was never back."""

PASSIVE_ACTIONS = ("wait", "advance", "export_itl_recovery", "https_request", "backup")
"""Steps that do nothing to the cluster or to a phone's registration."""

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave of resets. `started_at_ms` is its first reset, or its cause if nobody was reset."""

    name: str
    cause: str
    started_at_ms: int
    phones: int
    recovery_s: RecoveryS


def waves(tables: JournalTables) -> list[Wave]:
    """All waves of a run in order of time, those that reached no phone too."""
    resets = tables.summary.resets
    back_ms = _registered_again_ms(tables)
    group_of_row, groups = _groups(tables, resets)
    found = []
    for group, (name, cause, caused_at_ms) in enumerate(groups):
        mine = np.flatnonzero(group_of_row == group)
        found.append(_wave(resets.at(mine), back_ms[mine], name, cause, caused_at_ms))
    return sorted(found, key=lambda wave: wave.started_at_ms)


def recovery_s(found: list[Wave]) -> RecoveryS:
    """The headline: per share the slowest wave; None if one wave never got there.

    A run without resets has nothing to recover from: 0 seconds.
    """
    worst: RecoveryS = {}
    for quantile in QUANTILES:
        seconds = [wave.recovery_s[quantile] for wave in found]
        known = [value for value in seconds if value is not None]
        worst[quantile] = max(known, default=0.0) if len(known) == len(seconds) else None
    return worst


def operator_steps(tables: JournalTables, *, with_passive: bool = False) -> list[NodeEvent]:
    """The operator's steps in order of their start; waiting and looking on request."""
    steps = [
        row
        for row in tables.happened("step")
        if with_passive or row.data.get("action") not in PASSIVE_ACTIONS
    ]
    return sorted(steps, key=started_at_ms)


def started_at_ms(step: NodeEvent) -> int:
    """When an operator's step began; its row stands where the step ended."""
    value = step.data.get("started_at_ms", step.at_ms)
    return value if isinstance(value, int) else step.at_ms


def _wave(resets: EventRows, back_ms: Integers, name: str, cause: str, caused: int) -> Wave:
    """One wave from its reset rows and the instants at which their phones were back."""
    if not len(resets):
        return Wave(name, cause, caused, 0, dict.fromkeys(QUANTILES, 0.0))
    start = int(resets.at_ms[0])
    # A phone that the same wave resets twice is back only after its last reset.
    whom, last_from_end = np.unique(resets.phone[::-1], return_index=True)
    back = back_ms[::-1][last_from_end]
    return Wave(name, cause, start, len(whom), quantiles_s(back, start))


def quantiles_s(back_ms: Integers, start_ms: int) -> RecoveryS:
    """Seconds from `start_ms` until each share of the phones was back (`NEVER`: not at all)."""
    ordered = np.sort(back_ms)
    result: RecoveryS = {}
    for name, percent in QUANTILES.items():
        needed = -(-percent * len(ordered) // 100)
        instant = int(ordered[needed - 1])
        result[name] = None if instant == NEVER else (instant - start_ms) / 1000
    return result


def _registered_again_ms(tables: JournalTables) -> Integers:
    """For each reset row the instant of the same phone's next registration, or `NEVER`."""
    resets, registered = tables.summary.resets, tables.summary.registrations
    count = len(tables.phone_rows)
    order = np.argsort(registered.phone, kind="stable")
    keys = registered.phone[order] * np.int64(count) + registered.row[order]
    place = np.searchsorted(keys, resets.phone * np.int64(count) + resets.row)
    back = np.full(len(resets), NEVER, dtype=np.int64)
    there = np.flatnonzero(place < len(keys))
    found = order[place[there]]
    same = registered.phone[found] == resets.phone[there]
    back[there[same]] = registered.at_ms[found[same]]
    return back


def _groups(
    tables: JournalTables, resets: EventRows
) -> tuple[NDArray[np.int64], list[tuple[str, str, int]]]:
    """The wave that each reset row belongs to, and each wave's (name, cause, caused at ms)."""
    number = resets.detail
    caused: dict[int, tuple[str, str, int]] = {}
    for event in tables.happened("group_reset"):
        wave = event.data.get("wave")
        if isinstance(wave, int) and wave > 0 and wave not in caused:
            caused[wave] = (f"wave {wave}", str(event.data.get("cause", "")), event.at_ms)
    for wave in np.unique(number[number > 0]).tolist():
        caused.setdefault(wave, (f"wave {wave}", "", 0))
    groups = [caused[wave] for wave in sorted(caused)]
    group_of_row = np.searchsorted(np.array(sorted(caused), dtype=np.int64), number)
    by_hand = np.flatnonzero(number <= 0)
    if len(by_hand):
        group_of_row[by_hand], ordered = _orders(tables, resets.at_ms[by_hand], len(groups))
        groups += ordered
    return group_of_row, groups


def _orders(
    tables: JournalTables, reset_ms: Integers, first: int
) -> tuple[Integers, list[tuple[str, str, int]]]:
    """Split resets without a certificate change by the operator's order before them."""
    steps = [step for step in operator_steps(tables) if step.data.get("action") == "reset_phones"]
    starts = np.array([started_at_ms(step) for step in steps], dtype=np.int64)
    order = np.searchsorted(starts, reset_ms, side="right") - 1
    used, group = np.unique(order, return_inverse=True)
    named = []
    for count, step in enumerate(used.tolist(), start=1):
        cause = str(steps[step].data.get("text", "")) if step >= 0 else ""
        at_ms = int(starts[step]) if step >= 0 else 0
        named.append((f"reset {count}", cause or "reset by the operator", at_ms))
    return first + group.astype(np.int64), named
