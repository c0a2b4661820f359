"""Waiting lines, links and the order of an instant, as one would write them down first.

A line is people standing in front of servers: SimPy wakes somebody when a server comes free. It
knows nothing in advance. Times inside are exact fractions of a millisecond.

Both engines are compared under one rule for work of the same millisecond, since chance alone would
decide otherwise: nodes go before phones, and of phones the one with the lowest number goes first.
`TidySimulation` gives the fast engine that rule; the reference engine has it from SimPy's
priorities (`PHONES_FROM`).
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import simpy

from twin.kernel.calendar import Calendar, Clock
from twin.kernel.simulation import Simulation

PHONES_FROM = 2
"""SimPy's priority of phone 0; 0 and 1 are SimPy's own."""

Process = Generator[simpy.Event, Any, Any]


@dataclass(eq=False)
class Shift:
    """The servers of a line between two stops, and who stands there."""

    free: int
    waiting: deque[Visit]
    closed_ms: int | None = None


@dataclass(eq=False)
class Visit:
    """Somebody in a line. `left` happens when the service is over."""

    shift: Shift
    service_us: int
    left: simpy.Event
    left_us: int = -1

    @property
    def was_cut(self) -> bool:
        """Whether the service stopped before it was this one's turn to leave."""
        closed_ms = self.shift.closed_ms
        return closed_ms is not None and self.left_us > closed_ms * 1000


class Line:
    """First come, first served, by `servers` servers; at most `limit` wait (None: no limit).

    After a stop new people meet free servers. Those who stood there before learn of it when their
    turn would have come, so their shift is played to its end.
    """

    def __init__(self, env: simpy.Environment, servers: int, limit: int | None) -> None:
        self._env = env
        self._servers = servers
        self._limit = limit
        self.shift = Shift(servers, deque())
        self.arrivals = 0
        self.refused = 0
        self.peak = 0

    def enter(self, service_us: int) -> Visit | None:
        """Arrive now; None if too many wait already."""
        self.arrivals += 1
        shift = self.shift
        visit = Visit(shift, service_us, self._env.event())
        if shift.free:
            shift.free -= 1
            self._env.process(self._serve(visit))
        elif self._limit is not None and len(shift.waiting) >= self._limit:
            self.refused += 1
            return None
        else:
            shift.waiting.append(visit)
            self.peak = max(self.peak, len(shift.waiting))
        return visit

    def _serve(self, visit: Visit) -> Process:
        yield self._env.timeout(Fraction(visit.service_us, 1000))
        visit.left_us = int(self._env.now * 1000)
        visit.left.succeed()
        shift = visit.shift
        if shift.waiting:
            self._env.process(self._serve(shift.waiting.popleft()))
        else:
            shift.free += 1

    def stop(self, now_ms: int) -> None:
        """The service stops."""
        self.shift.closed_ms = now_ms
        self.shift = Shift(self._servers, deque())

    def finish(self) -> None:
        """A reference line sends no samples."""


class Link:
    """A site's link to the core: one file after another, in the order they were asked for."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._asked = simpy.Store(env)
        env.process(self._send())

    def carry(self, visit: Visit, transmit_us: int) -> simpy.Event:
        """What happens when a file is over the link that a node is about to send."""
        sent = self._env.event()
        self._asked.put((visit, transmit_us, sent))
        return sent

    def _send(self) -> Process:
        while True:
            visit, transmit_us, sent = yield self._asked.get()
            yield visit.left
            yield self._env.timeout(Fraction(transmit_us, 1000))
            sent.succeed()


class TidyCalendar(Calendar):
    """A calendar in which the lowest phone number goes first in an instant."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[tuple[int, int, int, int, int]] = []
        self._generations: list[int] = []
        self._order = 0

    def resize(self, phones: int) -> None:
        """Make room for phones."""
        self._generations = [0] * phones

    def add(self, at_ms: int, action: int, phone: int) -> None:
        """Enter an action."""
        self._order += 1
        before = self.next_instant()
        insort(self._entries, (at_ms, phone, self._order, action, self._generations[phone]))
        if not self._running and (before is None or at_ms < before):
            assert self._on_earlier is not None
            self._on_earlier(at_ms)

    def entering(self, action: int) -> Callable[[int, int], None]:
        """No short cut here."""
        return lambda at_ms, phone: self.add(at_ms, action, phone)

    def cancel(self, phone: int) -> None:
        """Make everything entered for this phone so far void."""
        self._generations[phone] += 1

    def next_instant(self) -> int | None:
        """The earliest instant with an entry (ms), or None."""
        return self._entries[0][0] if self._entries else None

    def run(self, clock: Clock, due: Sequence[Sequence[Any]]) -> None:
        """Do the first entry of the lowest phone, one after another, until something is due."""
        self._running = True
        while self._entries:
            at_ms, phone, _, action, generation = self._entries[0]
            if at_ms != clock._now and due and due[0][0] <= at_ms:
                break
            assert at_ms >= clock._now
            clock._now = at_ms
            del self._entries[0]
            if generation == self._generations[phone]:
                self.handlers[action](phone, at_ms)
        self._running = False


class TidySimulation(Simulation):
    """A simulation in which phones act after all that nodes do in the same millisecond."""

    def __init__(self, perturb_ties: int | None = None) -> None:
        super().__init__()
        self.calendar = TidyCalendar()
        self.calendar.attach(self._wake, None)

    def _wake(self, at_ms: int) -> None:
        if self._wake_at_ms is not None and self._wake_at_ms <= at_ms:
            return
        self._wake_at_ms = at_ms
        after(self._env, max(0, at_ms - self.now_ms), PHONES_FROM).callbacks.append(self._drain)


def after(env: simpy.Environment, delay_ms: int | Fraction, priority: int) -> simpy.Event:
    """An event `delay_ms` from now, after all of that instant that has a lower priority."""
    event = env.event()
    event._ok = True
    event._value = None
    env.schedule(event, priority=priority, delay=delay_ms)
    return event
