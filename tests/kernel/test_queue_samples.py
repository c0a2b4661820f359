"""What a queue tells its monitor: one row a second, down to the empty queue."""

from __future__ import annotations

import pytest

from twin.kernel.journal import Journal, MemorySink, QueueSample
from twin.kernel.queues import FIFOQueue


class Rows:
    """A monitor that keeps what it is told: (second, depth, arrivals, refused)."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int]] = []

    def sample(self, second: int, queue: int, depth: int, arrivals: int, refused: int) -> None:
        """Keep a row."""
        self.rows.append((second, depth, arrivals, refused))


@pytest.fixture
def monitor() -> Rows:
    """An empty monitor."""
    return Rows()


def test_a_second_is_told_when_it_is_over(monitor: Rows) -> None:
    """A row comes with the first arrival of a later second, not before."""
    queue = FIFOQueue(1, 1, monitor)
    for _ in range(4):
        queue.offer(5_200, 300_000)
    assert monitor.rows == []
    queue.offer(6_000, 300_000)
    assert monitor.rows == [(5, 1, 4, 2)]


def test_each_second_tells_its_own_arrivals_and_refusals(monitor: Rows) -> None:
    """What one second counted does not count in the next."""
    queue = FIFOQueue(1, 0, monitor)
    for now_ms in (0, 1, 2, 1_500, 1_600, 2_900):
        queue.offer(now_ms, 1_000_000)
    queue.finish()
    assert monitor.rows == [(0, 0, 3, 2), (1, 0, 2, 1), (2, 0, 1, 0), (3, 0, 0, 0)]


def test_a_queue_that_runs_down_is_told_second_by_second(monitor: Rows) -> None:
    """Five of 1.5 s each at second 2: those waiting at the start of each second, to none."""
    queue = FIFOQueue(1, None, monitor)
    for _ in range(5):
        queue.offer(2_000, 1_500_000)
    queue.finish()
    depths = [(second, depth) for second, depth, _, _ in monitor.rows]
    assert depths == [(2, 4), (3, 4), (4, 3), (5, 2), (6, 2), (7, 1), (8, 0)]
    assert [row[2:] for row in monitor.rows] == [(5, 0)] + 6 * [(0, 0)]


def test_the_run_down_is_told_also_when_someone_comes_after_it(monitor: Rows) -> None:
    """An arrival long after the burst leaves the row of every second in which others waited."""
    queue = FIFOQueue(1, None, monitor)
    for _ in range(5):
        queue.offer(2_000, 1_500_000)
    queue.offer(20_000, 1_000)
    queue.finish()
    depths = [(second, depth) for second, depth, _, _ in monitor.rows]
    run_down = [(2, 4), (3, 4), (4, 3), (5, 2), (6, 2), (7, 1), (8, 0)]
    assert depths == [*run_down, (20, 0), (21, 0)]


def test_a_second_opens_with_those_who_waited_at_its_start(monitor: Rows) -> None:
    """Two who waited when the second began count, though both are served before the next comes."""
    queue = FIFOQueue(1, None, monitor)
    for service_us in (1_100_000, 100_000, 100_000):
        queue.offer(0, service_us)
    queue.offer(1_900, 0)
    queue.finish()
    assert monitor.rows == [(0, 2, 3, 0), (1, 2, 1, 0), (2, 0, 0, 0)]


def test_a_stop_empties_the_queue_from_the_next_second_on(monitor: Rows) -> None:
    """The second of the stop keeps what was seen in it; the run-down never happens."""
    queue = FIFOQueue(1, None, monitor)
    for _ in range(5):
        queue.offer(2_000, 1_500_000)
    queue.stop(2_500)
    queue.finish()
    assert monitor.rows == [(2, 4, 5, 0), (3, 0, 0, 0)]


def test_a_restart_within_a_second_is_one_row(monitor: Rows) -> None:
    """Arrivals before and after a stop in the same second are told together, and once."""
    queue = FIFOQueue(1, None, monitor)
    for _ in range(5):
        queue.offer(2_000, 1_500_000)
    queue.stop(2_500)
    queue.offer(2_600, 1_000)
    queue.finish()
    assert monitor.rows == [(2, 4, 6, 0), (3, 0, 0, 0)]


def test_a_stop_long_after_an_arrival_leaves_the_run_down_before_it(monitor: Rows) -> None:
    """Up to the stop the queue was there and is told; after it there is none."""
    queue = FIFOQueue(1, None, monitor)
    for _ in range(9):
        queue.offer(0, 1_000_000)
    queue.stop(3_500)
    queue.finish()
    depths = [(second, depth) for second, depth, _, _ in monitor.rows]
    assert depths == [(0, 8), (1, 7), (2, 6), (3, 5), (4, 0)]


def test_a_queue_nobody_used_says_nothing(monitor: Rows) -> None:
    """Stops and the end of the run are no samples."""
    queue = FIFOQueue(3, None, monitor)
    queue.stop(4_000)
    queue.finish()
    assert monitor.rows == []


def test_the_journal_is_a_monitor() -> None:
    """Samples reach the journal's sink under the node and queue they were announced for."""
    sink = MemorySink()
    journal = Journal([sink])
    numbers = [journal.name_queue("sub1", "registration"), journal.name_queue("tftp1", "tftp")]
    queues = [FIFOQueue(1, 0, journal, number) for number in numbers]
    queues[1].offer(1_000, 5_000)
    queues[0].offer(2_000, 5_000)
    queues[1].offer(1_001, 5_000)
    for queue in queues:
        queue.finish()
    journal.close()
    assert sink.queues == [
        QueueSample(2, "sub1", "registration", 0, 1, 0),
        QueueSample(3, "sub1", "registration", 0, 0, 0),
        QueueSample(1, "tftp1", "tftp", 0, 2, 1),
        QueueSample(2, "tftp1", "tftp", 0, 0, 0),
    ]
