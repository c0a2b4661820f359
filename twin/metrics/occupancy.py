"""In which state every phone was at every instant: the journal replayed through the life cycle.

Knows: the life cycle's table and the phones' initial states. Must not know what a band of a figure
or a wave of resets is. No loop runs over rows: the rows come in chunks, and in each the phones are
replayed side by side, so the number of numpy steps is the number of events of the busiest phone.
`occupancy` keeps every change, `outage` only what a result needs and so next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import SimulationError
from twin.metrics.phone_rows import AT_MS, EVENT, PHONE, AnyIntegers, Integers
from twin.metrics.tables import JournalTables
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
    phone: AnyIntegers
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

    def out_of_service_ms(self, initial_state: AnyIntegers) -> Integers:
        """Time each phone spent with power and without registration, ms.

        Args:
            initial_state: each phone's state at instant 0.
        """
        steps = self._steps(OUT_OF_SERVICE_STATES) * (self.ended_at_ms - self.at_ms)
        after = np.bincount(self.phone, weights=steps, minlength=len(self.final))
        at_start = np.isin(initial_state, OUT_OF_SERVICE_STATES) * self.ended_at_ms
        return (at_start + after).astype(np.int64)

    def final_counts(self) -> Integers:
        """Phones per state at the end."""
        return np.bincount(self.final, minlength=len(State)).astype(np.int64)

    def _steps(self, states: tuple[State, ...]) -> Integers:
        """+1, 0 or -1 per change: what it adds to the number of phones in `states`."""
        member = np.zeros(len(State), dtype=np.int64)
        member[list(states)] = 1
        steps: Integers = member[self.after] - member[self.before]
        return steps


@dataclass(frozen=True, slots=True)
class Outage:
    """How bad a run was for its phones. Out of service: power, and no registration."""

    most_phones: int
    phone_ms: int

    def peak_unregistered(self) -> int:
        """The most phones that were out of service at one instant."""
        return self.most_phones

    def outage_phone_minutes(self) -> float:
        """Time that phones were out of service, summed, in minutes."""
        return self.phone_ms / MS_PER_MINUTE


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Changes of state in order of time: one entry per change in each array."""

    at_ms: AnyIntegers
    phone: AnyIntegers
    before: NDArray[np.int8]
    after: NDArray[np.int8]


def occupancy(tables: JournalTables) -> Occupancy:
    """Replay a run's phone events through the life cycle.

    Raises:
        SimulationError: An event happened to a phone in a state that does not allow it, or the
            states at the end are not those of the phones table.
    """
    parts = list(_replay(tables))
    return Occupancy(
        np.bincount(tables.phones["initial_state"], minlength=len(State)).astype(np.int64),
        _joined([part.at_ms for part in parts], np.int64),
        _joined([part.phone for part in parts], np.int32),
        _joined([part.before for part in parts], np.int8),
        _joined([part.after for part in parts], np.int8),
        tables.phones["state"].astype(np.int8),
        tables.ended_at_ms,
    )


def outage(tables: JournalTables) -> Outage:
    """The numbers of `occupancy` that a result has, without keeping any change.

    Raises:
        SimulationError: As `occupancy`.
    """
    member = np.zeros(len(State), dtype=np.int64)
    member[list(OUT_OF_SERVICE_STATES)] = 1
    latest_ms, phones = 0, int(member[tables.phones["initial_state"]].sum())
    most, phone_ms = 0, phones * tables.ended_at_ms
    for part in _replay(tables):
        steps = member[part.after] - member[part.before]
        moved = np.flatnonzero(steps)
        steps, at_ms = steps[moved], part.at_ms[moved].astype(np.int64)
        phone_ms += int(steps @ (tables.ended_at_ms - at_ms))
        # What happens within one millisecond counts as one change, and the next chunk may go on
        # with the millisecond that this one ends in.
        instants = np.concatenate(([latest_ms], at_ms))
        counts = phones + np.concatenate(([0], np.cumsum(steps)))
        most = max(most, int(counts[:-1][instants[1:] != instants[:-1]].max(initial=0)))
        latest_ms, phones = int(instants[-1]), int(counts[-1])
    return Outage(max(most, phones), phone_ms)


def _replay(tables: JournalTables) -> Iterator[Changes]:
    """The changes of state of one chunk of rows after the other."""
    table = np.array(compiled(), dtype=np.int8).ravel()
    current = tables.phones["initial_state"].astype(np.int8)
    read = 0
    for at_ms, phone, event in tables.phone_rows.chunks(AT_MS, PHONE, EVENT):
        order, bounds = _rounds(phone, len(current))
        whom, what = phone[order], event[order].astype(np.intp)
        before = np.empty(len(order), dtype=np.int8)
        after = np.empty(len(order), dtype=np.int8)
        for start, end in pairwise(bounds):
            state = current[whom[start:end]]
            next_state = table[state.astype(np.intp) * len(Event) + what[start:end]]
            before[order[start:end]], after[order[start:end]] = state, next_state
            if next_state.min() == ILLEGAL:
                worst = int(next_state.argmin())
                row = int(order[start + worst])
                words = f"phone event {read + row} at {at_ms[row]} ms"
                raise _impossible(tables, words, event[row], phone[row], state[worst])
            current[whom[start:end]] = next_state
        changed = np.flatnonzero(before != after)
        yield Changes(
            at_ms[changed], phone[changed].astype(np.int32), before[changed], after[changed]
        )
        read += len(order)
    _check_final(tables, current)


def _rounds(phone: AnyIntegers, phones: int) -> tuple[Integers, list[int]]:
    """Row numbers sorted into rounds: every phone's first row, then every phone's second, ...

    The second value bounds the rounds: round k is order[bounds[k]:bounds[k + 1]].
    """
    by_phone = np.argsort(_narrow(phone, phones), kind="stable")
    sorted_phone = phone[by_phone]
    row = np.arange(len(phone))
    is_first = np.append(True, sorted_phone[1:] != sorted_phone[:-1])[: len(phone)]
    place = row - np.maximum.accumulate(np.where(is_first, row, 0))
    size = np.bincount(place)
    order = by_phone[np.argsort(_narrow(place, len(size)), kind="stable")]
    return order, [0, *np.cumsum(size).tolist()]


def _narrow(values: AnyIntegers, count: int) -> AnyIntegers:
    """Numbers below `count` in 16 bits if they fit: numpy sorts those by radix, much faster."""
    return values.astype(np.uint16) if count <= 1 << 16 else values


def _joined(parts: list[AnyIntegers], kind: type[Any]) -> AnyIntegers:
    if not parts:
        return np.empty(0, dtype=kind)
    return np.concatenate(parts)


def _check_final(tables: JournalTables, final: NDArray[np.int8]) -> None:
    told = tables.phones["state"]
    wrong = np.flatnonzero(final != told)
    if len(wrong):
        phone = int(wrong[0])
        raise SimulationError(
            f"phone {tables.phones['name'][phone]} ends as {State(int(final[phone])).name} by the "
            f"journal, as {State(int(told[phone])).name} by the phones table "
            f"({len(wrong)} phones differ)"
        )


def _impossible(
    tables: JournalTables, where: str, event: int, phone: int, state: int
) -> SimulationError:
    return SimulationError(
        f"{where}: {Event(int(event)).name} cannot happen to phone "
        f"{tables.phones['name'][phone]}, which is {State(int(state)).name}"
    )
