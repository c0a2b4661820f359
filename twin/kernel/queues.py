"""First-come-first-served queues whose departures are known on arrival.

Knows: arrivals, service times, servers, a limit on waiting. Must not know what is served.

With a fixed discipline and service times drawn on arrival, the instant at which an arrival will be
done follows at once from when the servers come free; so a queue costs one heap operation per
arrival, and none for starts and ends. A stop forgets what is in it; who was being served finds out
by the epoch (`FIFOQueue.epoch`). Time inside is whole microseconds, so that a 5 ms exponential
service is not rounded to death.
"""

from __future__ import annotations

from collections import deque
from heapq import heapreplace
from typing import Protocol


class QueueMonitor(Protocol):
    """Where a queue says how long it was."""

    def sample(self, second: int, queue: int, depth: int, arrivals: int, refused: int) -> None:
        """The longest queue seen in one second, with the arrivals and refusals of it."""


class FIFOQueue:
    """A queue for `servers` equal servers (>= 1) and at most `limit` waiting (None: no limit)."""

    __slots__ = (
        "_arrivals_before", "_free_us", "_monitor", "_number", "_peak", "_refused_before",
        "_second", "_second_ends_us", "_starts", "arrivals", "epoch", "limit", "peak", "refused",
        "stopped_at_ms",
    )  # fmt: skip

    def __init__(
        self,
        servers: int,
        limit: int | None = None,
        monitor: QueueMonitor | None = None,
        number: int = 0,
    ) -> None:
        if servers < 1:
            raise ValueError(f"servers: {servers!r}; expected at least 1")
        self._free_us = [0] * servers
        self._starts: deque[int] = deque()
        self.limit = limit
        self._monitor = monitor
        self._number = number
        self._second = -1
        self._second_ends_us = 0
        self._peak = 0
        self._arrivals_before = 0
        self._refused_before = 0
        self.peak = 0
        self.arrivals = 0
        self.refused = 0
        self.epoch = 0
        self.stopped_at_ms = -1

    def offer(self, now_ms: int, service_us: int) -> int:
        """An arrival now needing `service_us`: the instant it is done (us), or -1 if refused."""
        now_us = now_ms * 1000
        if now_us >= self._second_ends_us:
            self._open(now_ms // 1000)
        self.arrivals += 1
        free_us = self._free_us
        start_us = free_us[0]
        if start_us <= now_us:  # a server is free, so nobody waits
            done_us = now_us + service_us
            heapreplace(free_us, done_us)
            return done_us
        starts = self._starts
        while starts and starts[0] <= now_us:
            starts.popleft()
        depth = len(starts)
        if self.limit is not None and depth >= self.limit:
            self.refused += 1
            return -1
        starts.append(start_us)
        if depth >= self._peak:
            self._peak = depth + 1
            if depth >= self.peak:
                self.peak = depth + 1
        done_us = start_us + service_us
        heapreplace(free_us, done_us)
        return done_us

    def waiting(self, now_ms: int) -> int:
        """How many wait for a server at this instant."""
        now_us = now_ms * 1000
        return sum(1 for start in self._starts if start > now_us)

    def stop(self, now_ms: int) -> None:
        """Forget everyone in the queue and in service."""
        second = now_ms // 1000
        if 0 <= self._second < second:
            self._open(second)
        self._starts.clear()
        self._free_us = [0] * len(self._free_us)
        self.epoch += 1
        self.stopped_at_ms = now_ms

    def resize(self, servers: int, limit: int | None) -> None:
        """Another number of servers and limit from now on; the queue must be stopped."""
        self._free_us = [0] * servers
        self.limit = limit

    def finish(self) -> None:
        """Hand the last samples to the monitor, down to an empty queue."""
        self._report(1 << 62)
        self._second = -1
        self._second_ends_us = 0

    def _open(self, second: int) -> None:
        """Begin a second: it opens with those who wait at its first instant."""
        self._report(second)
        self._second = second
        edge_us = second * 1_000_000
        starts = self._starts
        while starts and starts[0] <= edge_us:
            starts.popleft()
        self._peak = len(starts)
        self._second_ends_us = edge_us + 1_000_000
        self._arrivals_before = self.arrivals
        self._refused_before = self.refused

    def _report(self, end: int) -> None:
        """Sample the second that is over, and how the queue ran down in those before `end`."""
        monitor = self._monitor
        if self._second < 0 or monitor is None:
            return
        arrivals = self.arrivals - self._arrivals_before
        refused = self.refused - self._refused_before
        monitor.sample(self._second, self._number, self._peak, arrivals, refused)
        waiting = deque(self._starts) if end > self._second + 1 else deque()
        for second in range(self._second + 1, end):
            edge_us = second * 1_000_000
            while waiting and waiting[0] <= edge_us:
                waiting.popleft()
            monitor.sample(second, self._number, len(waiting), 0, 0)
            if not waiting:
                return
