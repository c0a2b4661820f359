"""The run as curves: phones per band and queues over time.

Knows: which states make a band, how rejected phones and queues are counted. Must not know figures,
wall time or the start of the scenario, but for turning instants into dates on request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.metrics.occupancy import Occupancy
from twin.metrics.phone_rows import AnyIntegers
from twin.metrics.tables import Integers, JournalTables
from twin.phones.lifecycle import Event, State
from twin.phones.outcomes import Outcome
from twin.simtime import Epoch

if TYPE_CHECKING:
    import pandas as pd

BANDS: dict[str, tuple[State, ...]] = {
    "registered": (State.REGISTERED,),
    "reset_pending": (State.RESET_PENDING,),
    "resetting": (State.BOOTING, State.UPGRADING),
    "downloading": (State.DOWNLOADING,),
    "asking_tvs": (State.ASKING_TVS,),
    "registering": (State.REGISTERING, State.LOST, State.ENROLLING),
    "unregistered": (State.UNREGISTERED, State.HELD),
    "srst": (State.SRST,),
    "off": (State.OFF,),
}
"""Each state is in one band, so the bands add up to the phones of the model."""

REJECTED = "rejected"
"""Column of the phones whose latest list or config was rejected; they are in a band as well."""

QUEUES = ("tftp", "registration", "tvs", "fallback")
QUEUE_SUFFIX = "_queue"
ROWS_MOST = 20_000
STEPS_S = (1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400, 604_800, 31_536_000)


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Curves over `at_ms` (ms since the epoch, ascending); all arrays have that length.

    A band or `rejected` is the number of phones just after the instant; a queue the most that
    waited, summed over nodes, from the instant until the next.
    """

    at_ms: Integers
    bands: dict[str, Integers]
    rejected: Integers
    queues: dict[str, Integers]

    def frame(self, epoch: Epoch) -> pd.DataFrame:
        """The curves as a data frame with an index of UTC dates."""
        import pandas as pd

        start = np.datetime64(epoch.start.replace(tzinfo=None), "ms")
        dates = pd.DatetimeIndex(start + self.at_ms.astype("timedelta64[ms]"), name="time")
        columns = {
            **self.bands,
            REJECTED: self.rejected,
            **{name + QUEUE_SUFFIX: depth for name, depth in self.queues.items()},
        }
        return pd.DataFrame(columns, index=dates.tz_localize("UTC"))


def timeline(
    tables: JournalTables, changes: Occupancy, instants_ms: Integers | None = None
) -> Timeline:
    """The run's curves at `instants_ms` (ascending), by default wherever something happened."""
    at_ms = eventful_instants(tables, changes) if instants_ms is None else instants_ms
    counts = changes.counts_at(at_ms)
    return Timeline(
        at_ms,
        {band: counts[:, list(states)].sum(axis=1) for band, states in BANDS.items()},
        rejected_phones(tables, at_ms),
        queue_depths(tables, at_ms),
    )


def eventful_instants(
    tables: JournalTables, changes: Occupancy, rows_most: int = ROWS_MOST
) -> Integers:
    """Start, end, and every second in which something happened with the one before and after.

    So a quiet year costs two rows, and straight lines between the rows draw the steps right. In a
    run with too many such seconds they are taken two, five, ten ... at a time.
    """
    sampled = np.array([sample.second for sample in tables.queues], dtype=np.int64)
    seconds = np.unique(np.concatenate((changes.at_ms // 1000, sampled)))
    last_ms = tables.ended_at_ms
    instants = np.array([0, last_ms], dtype=np.int64)
    for step_s in STEPS_S:
        floor_ms = np.unique(seconds // step_s) * (step_s * 1000)
        around = [floor_ms + shift * step_s * 1000 for shift in (-1, 0, 1, 2)]
        instants = np.unique(np.concatenate((*around, [0, last_ms])))
        instants = instants[(instants >= 0) & (instants <= last_ms)]
        if len(instants) <= rows_most:
            break
    return instants


def rejected_phones(tables: JournalTables, at_ms: Integers) -> Integers:
    """Phones whose latest list or config was rejected, just after each instant (ms).

    A file that no TFTP node delivered says nothing about trust, and leaves the verdict.
    """
    rows = tables.select(Event.ITL_CHECKED, Event.CONFIG_CHECKED)
    rows = rows.at((rows.detail & 0xFF) != Outcome.NOT_DOWNLOADED)
    rows = rows.at(np.argsort(rows.phone, kind="stable"))
    if not len(rows):
        return np.zeros(len(at_ms), dtype=np.int64)
    phone = rows.phone
    is_list = rows.event == Event.ITL_CHECKED
    refused = (rows.detail & 0xFF) == Outcome.REJECTED
    now = _latest(refused, is_list, phone) | _latest(refused, ~is_list, phone)
    same = np.append(False, phone[1:] == phone[:-1])
    earlier = np.append(False, now[:-1]) & same
    order = np.argsort(rows.row)
    moments = rows.at_ms[order]
    steps = (now.astype(np.int64) - earlier.astype(np.int64))[order]
    total = np.concatenate(([0], np.cumsum(steps)))
    count: Integers = total[np.searchsorted(moments, at_ms, side="right")]
    return count


def _latest(
    flag: NDArray[np.bool_], counts: NDArray[np.bool_], phone: AnyIntegers
) -> NDArray[np.bool_]:
    """Per row (sorted by phone) the flag of the phone's latest row that counts; False if none."""
    place = np.arange(len(flag))
    last = np.maximum.accumulate(np.where(counts, place, -1))
    there = (last >= 0) & (phone[last] == phone)
    result: NDArray[np.bool_] = there & flag[last]
    return result


def queue_depths(tables: JournalTables, at_ms: Integers) -> dict[str, Integers]:
    """Per queue name the most that waited on all nodes together, from each instant to the next.

    What is known is the most of each second on each node: a row shows every second it touches, and
    the sum over nodes is an upper bound.
    """
    names = [*QUEUES, *sorted({sample.queue for sample in tables.queues} - set(QUEUES))]
    depths = {name: np.zeros(len(at_ms), dtype=np.int64) for name in names}
    for name, depth in depths.items():
        samples = [(s.second * 1000, s.depth) for s in tables.queues if s.queue == name]
        if not samples:
            continue
        seconds, waiting = np.array(samples, dtype=np.int64).T
        moments, group = np.unique(seconds, return_inverse=True)
        total = np.bincount(group, weights=waiting).astype(np.int64)
        inside = (moments >= at_ms[0]) & (moments <= at_ms[-1])
        row = np.searchsorted(at_ms, moments[inside], side="right") - 1
        np.maximum.at(depth, row, total[inside])
        # A row within a second has what was seen in that second.
        begun = np.minimum(np.searchsorted(moments, at_ms // 1000 * 1000), len(moments) - 1)
        same_second = moments[begun] == at_ms // 1000 * 1000
        np.maximum(depth, np.where(same_second, total[begun], 0), out=depth)
    return depths
