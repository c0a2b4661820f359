"""Simulated time: one SimPy environment and the phones' calendar, in one total order.

Knows: integer milliseconds since the scenario epoch, timers, processes. Must not know nodes,
phones or certificates, nor any wall clock.

The calendar is emptied instant by instant. While no SimPy event is due before the calendar's next
instant, the drain goes on by itself and takes SimPy's clock along, so that a storm does not pay for
one SimPy event per instant, and a run in steps does the same in the same order as one in one go.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from typing import Any

import simpy

from twin.errors import SimulationError
from twin.kernel.calendar import Calendar
from twin.kernel.streams import mix64

Signal = simpy.Event
"""What a process yields to wait: something that will happen."""
Process = Generator[Signal, Any, Any]


class Simulation:
    """The clock of a run.

    Args:
        perturb_ties: None keeps same-instant work in the order it was asked for; a number
            shuffles it by that number, which no documented outcome may depend on.
    """

    def __init__(self, perturb_ties: int | None = None) -> None:
        self._env = simpy.Environment()
        self.calendar = Calendar()
        self._wake_at_ms: int | None = None
        self.pending = 0
        """Timers outstanding that count as work under way (see `call_after`)."""
        if perturb_ties is None:
            self.calendar.attach(self._wake, None)
        else:
            salt = mix64(perturb_ties + 1)
            self.calendar.attach(self._wake, _shuffler(salt))
            # SimPy breaks ties by this counter; a scrambled but unique number shuffles them.
            self._env._eid = _scrambled(salt)  # type: ignore[assignment]

    @property
    def now_ms(self) -> int:
        """Milliseconds since the scenario epoch."""
        return int(self._env.now)

    def call_after(
        self, delay_ms: int, function: Callable[..., None], *args: object, counts: bool = True
    ) -> Callable[[], None]:
        """Call `function(*args)` after a delay (ms, >= 0); returns a way to call it off.

        Args:
            counts: whether the cluster is still busy while this timer is outstanding. False for
                periodic work, which never ends.
        """
        if delay_ms < 0:
            raise SimulationError(f"timer of {delay_ms} ms at {self.now_ms} ms: time runs forward")
        alive = True
        self.pending += counts

        def fire(_event: simpy.Event) -> None:
            nonlocal alive
            if alive:
                alive = False
                self.pending -= counts
                function(*args)

        def call_off() -> None:
            nonlocal alive
            if alive:
                alive = False
                self.pending -= counts

        event = self._env.timeout(delay_ms)
        assert event.callbacks is not None
        event.callbacks.append(fire)
        return call_off

    def sleep(self, delay_ms: int) -> Signal:
        """An event a process may yield: `delay_ms` from now."""
        return self._env.timeout(delay_ms)

    def signal(self) -> tuple[Signal, Callable[[], None]]:
        """An event a process may yield, and the call that lets it go on."""
        event = self._env.event()

        def trigger() -> None:
            event.succeed()

        return event, trigger

    def run_until(self, at_ms: int) -> None:
        """Run everything due before `at_ms`, and stand at `at_ms`.

        Raises:
            SimulationError: `at_ms` lies in the past.
        """
        if at_ms < self.now_ms:
            raise SimulationError(f"cannot run to {at_ms} ms: it is {self.now_ms} ms already")
        if at_ms > self.now_ms:
            self._env.run(until=at_ms)

    def run_process(self, generator: Process) -> Any:
        """Run a process to its end; what it returns."""
        process = self._env.process(generator)
        self._env.run(until=process)
        return process.value

    # -- the calendar -----------------------------------------------------------------------

    def _wake(self, at_ms: int) -> None:
        """See to it that the calendar is looked at no later than `at_ms`."""
        if self._wake_at_ms is not None and self._wake_at_ms <= at_ms:
            return
        self._wake_at_ms = at_ms
        event = self._env.timeout(max(0, at_ms - self.now_ms))
        assert event.callbacks is not None
        event.callbacks.append(self._drain)

    def _drain(self, _event: simpy.Event) -> None:
        env = self._env
        if self._wake_at_ms is not None and self._wake_at_ms <= env.now:
            self._wake_at_ms = None
        # SimPy's own heap: what `env.peek` looks at, without the call.
        self.calendar.run(env, env._queue)
        at_ms = self.calendar.next_instant()
        if at_ms is not None:
            self._wake(at_ms)


def _scrambled(salt: int) -> Iterator[int]:
    """Unique tie-breakers in an order that has nothing to do with when they were asked for."""
    return ((mix64(n ^ salt) >> 24) << 40 | n for n in itertools.count())


def _shuffler(salt: int) -> Callable[[int, list[int]], list[int]]:
    def reorder(at_ms: int, bucket: list[int]) -> list[int]:
        keyed = sorted((mix64(salt ^ at_ms ^ (n << 40)), n) for n in range(len(bucket)))
        return [bucket[n] for _, n in keyed]

    return reorder
