"""A first-come-first-served queue on examples worked out by hand."""

from __future__ import annotations

import pytest

from twin.kernel.queues import FIFOQueue

SECOND_US = 1_000_000


def test_an_arrival_at_an_idle_server_is_served_at_once() -> None:
    """It is done after its own service time, to the microsecond."""
    queue = FIFOQueue(1)
    assert queue.offer(40, 1_234) == 41_234
    assert queue.waiting(40) == 0


def test_one_server_takes_arrivals_one_after_another() -> None:
    """Each starts when the one before is done, in order of arrival, whatever it needs."""
    queue = FIFOQueue(1)
    done = [queue.offer(1_000, service_us) for service_us in (500_000, 100_000, 2_000_000)]
    assert done == [1_500_000, 1_600_000, 3_600_000]


def test_who_comes_when_the_server_comes_free_does_not_wait() -> None:
    """A departure and an arrival in one instant: the server is free."""
    queue = FIFOQueue(1, limit=0)
    assert queue.offer(0, 7_000) == 7_000
    assert queue.offer(6, 7_000) == -1
    assert queue.offer(7, 7_000) == 14_000


def test_the_first_server_to_come_free_takes_the_next() -> None:
    """With two servers a long job holds up only its own server."""
    queue = FIFOQueue(2)
    done = [queue.offer(0, us) for us in (10_000, 2_000, 3_000, 4_000)]
    assert done == [10_000, 2_000, 5_000, 9_000]


def test_a_burst_drains_at_the_rate_of_its_servers() -> None:
    """Of 1,000 phones at once with 50 servers of 0.1 s, 50 are done every 0.1 s."""
    queue = FIFOQueue(50)
    done = [queue.offer(0, SECOND_US // 10) for _ in range(1_000)]
    assert done == [(n // 50 + 1) * SECOND_US // 10 for n in range(1_000)]
    assert queue.peak == 950


def test_an_arrival_over_the_limit_is_refused() -> None:
    """With one served and two waiting of at most two, the next is refused and counted."""
    queue = FIFOQueue(1, limit=2)
    assert [queue.offer(0, SECOND_US) > 0 for _ in range(5)] == [True, True, True, False, False]
    assert (queue.arrivals, queue.refused, queue.peak) == (5, 2, 2)


def test_who_starts_in_this_instant_waits_no_longer() -> None:
    """The place of someone whose service begins now is free for the next in line."""
    queue = FIFOQueue(1, limit=1)
    assert [queue.offer(0, 7_000) for _ in range(2)] == [7_000, 14_000]
    assert queue.offer(6, 7_000) == -1
    assert queue.offer(7, 7_000) == 21_000
    assert queue.peak == 1


def test_a_refusal_takes_no_server_time() -> None:
    """Who comes after refused arrivals is served as if they had never come."""
    queue = FIFOQueue(1, limit=0)
    queue.offer(0, 10_000)
    for _ in range(10):
        assert queue.offer(5, 99_000_000) == -1
    assert queue.offer(10, 10_000) == 20_000


def test_waiting_counts_who_has_not_started() -> None:
    """Those in service are not waiting, and looking changes nothing."""
    queue = FIFOQueue(2)
    for _ in range(5):
        queue.offer(0, 10_000)
    assert [queue.waiting(at_ms) for at_ms in (0, 9, 10, 19, 20, 0)] == [3, 3, 1, 1, 0, 3]


def test_the_peak_is_the_most_that_ever_waited() -> None:
    """A later, shorter queue does not lower it."""
    queue = FIFOQueue(1)
    for _ in range(4):
        queue.offer(0, 1_000)
    assert queue.peak == 3
    queue.offer(5_000, 1_000)
    queue.offer(5_000, 1_000)
    assert queue.peak == 3


def test_a_stop_forgets_everyone() -> None:
    """After a stop the servers are free, nobody waits, and what was counted stays counted."""
    queue = FIFOQueue(2, limit=10)
    for _ in range(8):
        queue.offer(0, 60 * SECOND_US)
    queue.stop(1_000)
    assert queue.waiting(1_000) == 0
    assert [queue.offer(1_000, 500) for _ in range(2)] == [1_000_500, 1_000_500]
    assert (queue.arrivals, queue.peak) == (10, 6)


def test_who_was_in_a_stopped_queue_finds_out_by_the_epoch() -> None:
    """Each stop begins a new epoch, and the queue remembers when the last one was."""
    queue = FIFOQueue(1)
    assert (queue.epoch, queue.stopped_at_ms) == (0, -1)
    queue.stop(30)
    queue.stop(70)
    assert (queue.epoch, queue.stopped_at_ms) == (2, 70)


@pytest.mark.parametrize("servers", [0, -3])
def test_a_queue_needs_a_server(servers: int) -> None:
    """Without any server nobody would ever be done."""
    with pytest.raises(ValueError, match=f"servers: {servers}; expected at least 1"):
        FIFOQueue(servers)


def test_a_queue_is_another_after_it_is_resized() -> None:
    """More servers and another limit hold from the next arrival on."""
    queue = FIFOQueue(1, limit=0)
    assert [queue.offer(0, 5_000), queue.offer(0, 5_000)] == [5_000, -1]
    queue.stop(1)
    queue.resize(2, 1)
    assert [queue.offer(2, 5_000) for _ in range(4)] == [7_000, 7_000, 12_000, -1]
