"""A run's cost by part of the population: by site, by model of phone.

Knows: the phones table and every change of state. Must not know what a part is called in a report.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.metrics.occupancy import MS_PER_MINUTE, OUT_OF_SERVICE_STATES, Occupancy
from twin.metrics.tables import Integers, JournalTables
from twin.phones.lifecycle import State


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the phones, and what the run cost them.

    `reset` phones were reset at least once; `peak_out` were out of service at once;
    `outage_minutes` is their time out of service, summed; `median_out_s` and `longest_out_s` are
    that time of one phone; `stuck` and `out_at_end` count phones at the end.
    """

    name: str
    phones: int
    reset: int
    peak_out: int
    outage_minutes: float
    median_out_s: float
    longest_out_s: float
    stuck: int
    out_at_end: int


def parts(tables: JournalTables, changes: Occupancy, column: str) -> list[Part]:
    """The parts by a column of the phones table ("site", "model"), the dearest first."""
    names, part_of = np.unique(tables.phones[column].astype(str), return_inverse=True)
    member = np.zeros(len(State), dtype=np.int64)
    member[list(OUT_OF_SERVICE_STATES)] = 1
    out_first = member[tables.phones["initial_state"]]
    steps: Integers = member[changes.after] - member[changes.before]
    moved = np.flatnonzero(steps)
    steps, at_ms, phone = steps[moved], changes.at_ms[moved], changes.phone[moved]
    out_ms = out_first * changes.ended_at_ms
    np.add.at(out_ms, phone, steps * (changes.ended_at_ms - at_ms))
    was_reset = np.zeros(tables.phone_count, dtype=np.bool_)
    was_reset[tables.summary.resets.phone] = True
    out_last = member[tables.phones["state"]].astype(np.bool_)
    stuck = tables.phones["stuck"]
    found = []
    for number, name in enumerate(names.tolist()):
        mine = part_of == number
        inside = mine[phone]
        found.append(
            Part(
                name,
                int(mine.sum()),
                int(was_reset[mine].sum()),
                _peak(at_ms[inside], steps[inside], int(out_first[mine].sum())),
                float(out_ms[mine].sum()) / MS_PER_MINUTE,
                float(np.median(out_ms[mine])) / 1000,
                float(out_ms[mine].max()) / 1000,
                int(stuck[mine].sum()),
                int(out_last[mine].sum()),
            )
        )
    return sorted(found, key=lambda part: (-part.stuck, -part.outage_minutes, part.name))


def _peak(at_ms: Integers, steps: Integers, first: int) -> int:
    """The most at one instant; what happens within one millisecond counts as one change."""
    counts = first + np.concatenate(([0], np.cumsum(steps)))
    when = np.concatenate(([-1], at_ms))
    is_last = np.append(when[1:] != when[:-1], True)
    return int(counts[is_last].max())
