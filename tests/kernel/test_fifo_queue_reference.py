"""The queue against a slow and obvious one that moves from departure to departure."""

from __future__ import annotations

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from twin.kernel.queues import FIFOQueue

SECOND_US = 1_000_000
Row = tuple[int, int, int, int]


class ObviousQueue:
    """Jobs in service, jobs waiting, and a clock that stops at every departure and second."""

    def __init__(self, servers: int, limit: int | None) -> None:
        self.servers = servers
        self.limit = limit
        self.now_us = 0
        self.in_service: list[tuple[int, int]] = []  # (done at, job)
        self.waiting: deque[tuple[int, int]] = deque()  # (service, job)
        self.done: dict[int, int] = {}
        self.peak = 0
        self.seconds: dict[int, Row] = {0: (0, 0, 0, 0)}  # second: (second, depth, arrivals, ...)

    def move_to(self, at_us: int) -> None:
        """Let everything happen up to an instant, and open each second on the way."""
        while True:
            edge_us = (self.now_us // SECOND_US + 1) * SECOND_US
            self._depart(min(edge_us, at_us))
            if edge_us > at_us:
                self.now_us = at_us
                return
            self.now_us = edge_us
            second = edge_us // SECOND_US
            self.seconds[second] = (second, len(self.waiting), 0, 0)

    def _depart(self, until_us: int) -> None:
        while self.in_service and min(self.in_service)[0] <= until_us:
            at_us, job = min(self.in_service)
            self.in_service.remove((at_us, job))
            self.done[job] = at_us
            if self.waiting:
                service_us, following = self.waiting.popleft()
                self.in_service.append((at_us + service_us, following))

    def arrive(self, job: int, service_us: int) -> None:
        """One job comes now."""
        refused = 0
        if len(self.in_service) < self.servers:
            self.in_service.append((self.now_us + service_us, job))
            self._depart(self.now_us)
        elif self.limit is not None and len(self.waiting) >= self.limit:
            self.done[job] = -1
            refused = 1
        else:
            self.waiting.append((service_us, job))
        self.peak = max(self.peak, len(self.waiting))
        second, depth, arrivals, refusals = self.seconds[self.now_us // SECOND_US]
        self.seconds[second] = (
            second,
            max(depth, len(self.waiting)),
            arrivals + 1,
            refusals + refused,
        )

    def stop(self) -> None:
        """Nobody is here any more."""
        self.in_service.clear()
        self.waiting.clear()


class Rows:
    """A monitor that keeps what it is told."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def sample(self, second: int, queue: int, depth: int, arrivals: int, refused: int) -> None:
        """Keep a row of queue 7."""
        assert queue == 7
        self.rows.append((second, depth, arrivals, refused))


GAPS_MS = st.one_of(st.sampled_from([0, 0, 1, 250, 500, 1_000, 4_000]), st.integers(0, 2_500))
SERVICES_US = st.one_of(
    st.sampled_from([0, 1, 250_000, 500_000, SECOND_US, 3 * SECOND_US]),
    st.integers(0, 2 * SECOND_US),
)
LIMITS = st.one_of(st.none(), st.integers(0, 4))
OPERATIONS = st.lists(st.tuples(GAPS_MS, st.one_of(SERVICES_US, st.none())), max_size=40)
ARRIVALS = st.lists(st.tuples(GAPS_MS, SERVICES_US), max_size=40)


class Both:
    """The queue and the obvious one, living through the same operations: no service is a stop."""

    def __init__(
        self, servers: int, limit: int | None, operations: list[tuple[int, int | None]]
    ) -> None:
        self.monitor = Rows()
        self.queue = FIFOQueue(servers, limit, self.monitor, 7)
        self.obvious = ObviousQueue(servers, limit)
        self.promised: dict[int, int] = {}
        now_ms = 0
        for job, (gap_ms, service_us) in enumerate(operations):
            now_ms += gap_ms
            self.obvious.move_to(now_ms * 1_000)
            assert self.queue.waiting(now_ms) == len(self.obvious.waiting)
            if service_us is None:
                self._stop(now_ms)
            else:
                self.promised[job] = self.queue.offer(now_ms, service_us)
                self.obvious.arrive(job, service_us)
            assert self.queue.waiting(now_ms) == len(self.obvious.waiting)
        self.queue.finish()
        self.obvious.move_to(300 * SECOND_US)

    def _stop(self, now_ms: int) -> None:
        self.queue.stop(now_ms)
        self.obvious.stop()
        self.promised.clear()
        self.obvious.done.clear()


@settings(max_examples=300)
@given(st.integers(1, 4), LIMITS, ARRIVALS)
def test_completions_and_refusals_are_those_of_the_obvious_queue(
    servers: int, limit: int | None, arrivals: list[tuple[int, int | None]]
) -> None:
    """Any arrivals, services, servers and limit: who is done when, who is refused, how many wait.

    The queue names the completion on arrival; the obvious one finds it by living through it.
    """
    both = Both(servers, limit, arrivals)
    assert both.promised == both.obvious.done
    assert both.queue.peak == both.obvious.peak
    assert both.queue.arrivals == len(arrivals)
    assert both.queue.refused == sum(1 for done_us in both.promised.values() if done_us < 0)


@settings(max_examples=300)
@given(st.integers(1, 3), LIMITS, OPERATIONS)
def test_a_stop_clears_it_as_it_clears_the_obvious_queue(
    servers: int, limit: int | None, operations: list[tuple[int, int | None]]
) -> None:
    """With stops among the arrivals, whoever came after the last one is done as promised."""
    both = Both(servers, limit, operations)
    assert both.promised == both.obvious.done
    assert both.queue.peak == both.obvious.peak
    assert both.queue.epoch == sum(1 for _, service_us in operations if service_us is None)


@settings(max_examples=300)
@given(st.integers(1, 3), LIMITS, OPERATIONS)
def test_samples_are_the_seconds_of_the_obvious_queue(
    servers: int, limit: int | None, operations: list[tuple[int, int | None]]
) -> None:
    """Each second is told once and in order, with the most that waited in it; unsaid is empty."""
    both = Both(servers, limit, operations)
    rows, seconds = both.monitor.rows, both.obvious.seconds
    told = [row[0] for row in rows]
    assert told == sorted(set(told))
    assert rows == [seconds[second] for second in told]
    unsaid = [row for second, row in seconds.items() if second not in told]
    assert [row for row in unsaid if row[1:] != (0, 0, 0)] == []
    assert all(second + 1 in told for second, depth, *_ in rows if depth)
