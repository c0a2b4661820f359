"""Processes on the clock: how an operator's procedure sleeps, waits and ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from twin.kernel.simulation import Simulation


def test_a_process_is_run_to_its_end_and_no_further() -> None:
    """`run_process` gives what the process returns, and stands where the process ended."""
    simulation = Simulation()
    late: list[int] = []
    simulation.call_after(1_000, late.append, 1)

    def procedure() -> Iterator[Any]:
        yield simulation.sleep(300)
        yield simulation.sleep(200)
        return "done"

    assert simulation.run_process(procedure()) == "done"
    assert (simulation.now_ms, late) == (500, [])


def test_what_goes_wrong_in_a_process_comes_out() -> None:
    """An exception inside a process reaches whoever runs it."""
    simulation = Simulation()

    def procedure() -> Iterator[Any]:
        yield simulation.sleep(5)
        raise LookupError("no such node")

    with pytest.raises(LookupError, match="no such node"):
        simulation.run_process(procedure())


def test_a_signal_lets_a_process_go_on_in_the_same_instant() -> None:
    """A process that waits for a phone's action goes on at the instant of that action."""
    simulation = Simulation()
    simulation.calendar.resize(1)
    event, trigger = simulation.signal()
    entry = simulation.calendar.register(lambda _phone, now_ms: now_ms == 700 and trigger())
    after: list[int] = []
    entered = simulation.calendar.register(lambda _phone, now_ms: after.append(now_ms))
    for at_ms in (100, 400, 700):
        simulation.calendar.add(at_ms, entry, 0)
    simulation.calendar.add(701, entered, 0)

    def procedure() -> Iterator[Any]:
        yield event
        woken_ms = simulation.now_ms
        yield simulation.sleep(50)
        return woken_ms, simulation.now_ms, list(after)

    assert simulation.run_process(procedure()) == (700, 750, [701])


def test_time_stands_between_processes() -> None:
    """A second process begins where the first one ended, and phones act meanwhile."""
    simulation = Simulation()
    simulation.calendar.resize(1)
    seen: list[int] = []

    def handle(phone: int, now_ms: int) -> None:
        seen.append(now_ms)
        simulation.calendar.add(now_ms + 100, 0, phone)

    simulation.calendar.add(100, simulation.calendar.register(handle), 0)

    def procedure(delay_ms: int) -> Iterator[Any]:
        begun_ms = simulation.now_ms
        yield simulation.sleep(delay_ms)
        return begun_ms

    assert simulation.run_process(procedure(250)) == 0
    assert simulation.run_process(procedure(250)) == 250
    simulation.run_until(701)
    assert seen == [100, 200, 300, 400, 500, 600, 700]


def test_an_entry_a_process_makes_is_done_at_its_instant() -> None:
    """A process may enter phones' work for now and for later; none of it is early or lost."""
    simulation = Simulation()
    simulation.calendar.resize(3)
    seen: list[tuple[int, int]] = []
    entry = simulation.calendar.register(lambda phone, now_ms: seen.append((now_ms, phone)))
    simulation.calendar.add(1_000, entry, 0)

    def procedure() -> Iterator[Any]:
        yield simulation.sleep(400)
        simulation.calendar.add(simulation.now_ms, entry, 1)
        simulation.calendar.add(simulation.now_ms + 100, entry, 2)
        yield simulation.sleep(0)
        yield simulation.sleep(101)

    simulation.run_process(procedure())
    assert seen == [(400, 1), (500, 2)]
    simulation.run_until(2_000)
    assert seen[2:] == [(1_000, 0)]


@pytest.mark.parametrize("stops_ms", [[], [300], [100, 499, 500]])
def test_a_signal_and_a_timer_of_one_instant_keep_their_order(stops_ms: list[int]) -> None:
    """What an entry asks for now comes after the instant's entries and in the order asked for.

    So it is whether the calendar came to that instant by itself or was stopped on the way.
    """
    simulation = Simulation()
    simulation.calendar.resize(3)
    seen: list[tuple[int, str]] = []
    event, trigger = simulation.signal()
    event.callbacks.append(lambda _event: seen.append((simulation.now_ms, "signal")))

    def handle(phone: int, now_ms: int) -> None:
        seen.append((now_ms, f"entry {phone}"))
        if phone == 1:
            simulation.call_after(0, lambda: seen.append((simulation.now_ms, "timer")))
            trigger()
            simulation.calendar.add(now_ms, 0, 2)

    entry = simulation.calendar.register(handle)
    simulation.calendar.add(100, entry, 0)
    simulation.calendar.add(500, entry, 1)
    for stop_ms in [*stops_ms, 1_000]:
        simulation.run_until(stop_ms)
    in_order = [(500, "entry 1"), (500, "entry 2"), (500, "timer"), (500, "signal")]
    assert seen == [(100, "entry 0"), *in_order]
