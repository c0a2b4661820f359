"""In which state every phone was at every instant: the journal replayed through the life cycle.

Knows: the life cycle's table and the phones' initial states. Must not know what a band of a figure
or a wave of resets is. No loop runs over rows: phones are replayed side by side, so the number of
numpy steps is the number of events of the busiest phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twin.errors import SimulationError
from twin.metrics.tables import AT_MS, EVENT, PHONE, Integers, JournalTables
from twin.phones.lifecycle import ILLEGAL, REGISTERED_STATES, Event, State, compiled

MS_PER_MINUTE = 60_000
OUT_OF_SERVICE_STATES = tuple(s for s in State if s not in REGISTERED_STATES and s != State.OFF)
"""States of a phone that has power and is not registered with the cluster (SRST among them)."""


@dataclass(frozen=True, slots=True, eq=False)
class Occupancy:
    """Every change of state of a run, in order of time.

    `at_ms`, `phone`, `before` and `after` have one entry per change; `initial` counts the phones
    per state at instant 0, `final` holds each phone's last state.
    """

    initial: Integers
    at_ms: Integers
    phone: Integers
    before: NDArray[np.int8]
    after: NDArray[np.int8]
    final: NDArray[np.int8]
    ended_at_ms: int

    def counts_at(self, instants_ms: Integers) -> Integers:
        """Phones per state just after each instant (ms), shape (len(instants_ms), states)."""
        changes = np.searchsorted(self.at_ms, instants_ms, side="right")
        counts = np.empty((len(instants_ms), len(State)), dtype=np.int64)
        for state in State:
            steps = np.concatenate(([0], np.cumsum(self._steps((state,)))))
            counts[:, state] = self.initial[state] + steps[changes]
        return counts

    def in_states(self, states: tuple[State, ...]) -> tuple[Integers, Integers]:
        """How many phones are in any of `states`: (instants in ms, phones from then on).

        Exact: one entry per instant at which that number changed, the first at 0. What happens
        within one millisecond counts as one change.
        """
        steps = self._steps(states)
        moves = np.flatnonzero(steps)
        at_ms = np.concatenate(([0], self.at_ms[moves]))
        counts = self.initial[list(states)].sum() + np.concatenate(([0], np.cumsum(steps[moves])))
        last_of_instant = np.append(at_ms[1:] != at_ms[:-1], True)
        return at_ms[last_of_instant], counts[last_of_instant]

    def registered(self) -> tuple[Integers, Integers]:
        """How many phones the cluster counts as registered: (instants in ms, phones)."""
        return self.in_states(REGISTERED_STATES)

    def peak_unregistered(self) -> int:
        """The most phones that had power and were not registered at one instant."""
        return int(self.in_states(OUT_OF_SERVICE_STATES)[1].max())

    def outage_phone_minutes(self) -> float:
        """Time that phones spent with power and without registration, summed, in minutes.

        A phone on its site's SRST gateway is not registered with the cluster and counts.
        """
        steps = self._steps(OUT_OF_SERVICE_STATES)
        at_start = int(self.initial[list(OUT_OF_SERVICE_STATES)].sum())
        phone_ms = at_start * self.ended_at_ms + int(steps @ (self.ended_at_ms - self.at_ms))
        return phone_ms / MS_PER_MINUTE

    def final_counts(self) -> Integers:
        """Phones per state at the end."""
        return np.bincount(self.final, minlength=len(State)).astype(np.int64)

    def _steps(self, states: tuple[State, ...]) -> Integers:
        """+1, 0 or -1 per change: what it adds to the number of phones in `states`."""
        member = np.zeros(len(State), dtype=np.int64)
        member[list(states)] = 1
        steps: Integers = member[self.after] - member[self.before]
        return steps


def occupancy(tables: JournalTables) -> Occupancy:
    """Replay a run's phone events through the life cycle.

    Raises:
        SimulationError: An event happened to a phone in a state that does not allow it, or the
            states at the end are not those of the phones table.
    """
    initial = tables.phones["initial_state"].astype(np.int8)
    before, after, final = _replay(tables, initial)
    told = tables.phones["state"]
    wrong = np.flatnonzero(final != told)
    if len(wrong):
        phone = int(wrong[0])
        raise SimulationError(
            f"phone {tables.phones['name'][phone]} ends as {State(int(final[phone])).name} by the "
            f"journal, as {State(int(told[phone])).name} by the phones table "
            f"({len(wrong)} phones differ)"
        )
    changed = np.flatnonzero(before != after)
    return Occupancy(
        np.bincount(initial, minlength=len(State)).astype(np.int64),
        tables.column(AT_MS)[changed],
        tables.column(PHONE)[changed],
        before[changed],
        after[changed],
        final,
        tables.ended_at_ms,
    )


def _replay(
    tables: JournalTables, initial: NDArray[np.int8]
) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.int8]]:
    """State before and after each row, and of each phone at the end."""
    table = np.array(compiled(), dtype=np.int8).ravel()
    events = len(Event)
    phone, event = tables.column(PHONE), tables.column(EVENT)
    if len(event) and not 0 <= event.min() <= event.max() < events:
        raise SimulationError(f"phone events {event.min()} to {event.max()}; there are {events}")
    order, bounds = _rounds(phone, len(initial))
    phone, event = phone[order], event[order]
    before = np.empty(len(order), dtype=np.int8)
    after = np.empty(len(order), dtype=np.int8)
    current = initial.copy()
    for start, end in pairwise(bounds):
        whom = phone[start:end]
        state = current[whom]
        next_state = table[state.astype(np.int64) * events + event[start:end]]
        before[start:end], after[start:end] = state, next_state
        if next_state.min() == ILLEGAL:
            raise _impossible(tables, int(order[start + int(next_state.argmin())]), state, whom)
        current[whom] = next_state
    by_row_before, by_row_after = np.empty_like(before), np.empty_like(after)
    by_row_before[order], by_row_after[order] = before, after
    return by_row_before, by_row_after, current


def _rounds(phone: Integers, phones: int) -> tuple[Integers, list[int]]:
    """Row numbers sorted into rounds: every phone's first row, then every phone's second, ...

    The second value bounds the rounds: round k is order[bounds[k]:bounds[k + 1]].
    """
    by_phone = np.argsort(phone, kind="stable")
    rows_of_phone = np.bincount(phone, minlength=phones)
    first = np.cumsum(rows_of_phone) - rows_of_phone
    place = np.arange(len(phone)) - first[phone[by_phone]]
    size = np.bincount(place)
    # A sort of 16-bit integers is a radix sort in numpy, several times as fast.
    if len(size) <= np.iinfo(np.uint16).max:
        place = place.astype(np.uint16)
    order = by_phone[np.argsort(place, kind="stable")]
    return order, [0, *np.cumsum(size).tolist()]


def _impossible(
    tables: JournalTables, row: int, state: NDArray[np.int8], whom: Integers
) -> SimulationError:
    at_ms, phone, event = (int(tables.phone_events[row, i]) for i in (AT_MS, PHONE, EVENT))
    found = State(int(state[int(np.flatnonzero(whom == phone)[0])])).name
    return SimulationError(
        f"phone event {row} at {at_ms} ms: {Event(event).name} cannot happen to phone "
        f"{tables.phones['name'][phone]}, which is {found}"
    )
