"""The clock of a run: timers, processes, and the calendar's entries among them."""

from __future__ import annotations

import pytest

from twin.errors import SimulationError
from twin.kernel.simulation import Simulation


@pytest.fixture
def simulation() -> Simulation:
    """A fresh clock with room for ten phones."""
    made = Simulation()
    made.calendar.resize(10)
    return made


def test_a_timer_fires_when_it_is_due(simulation: Simulation) -> None:
    """A timer calls its function with its arguments, at its own instant."""
    seen: list[tuple[int, str]] = []
    simulation.call_after(250, lambda word: seen.append((simulation.now_ms, word)), "a")
    simulation.run_until(10_000)
    assert seen == [(250, "a")]


def test_timers_of_one_instant_fire_in_the_order_they_were_asked_for(
    simulation: Simulation,
) -> None:
    """A tie is broken by who asked first, also when the askers asked at different times."""
    seen: list[str] = []
    simulation.call_after(300, seen.append, "first")
    simulation.call_after(100, lambda: simulation.call_after(200, seen.append, "third"))
    simulation.call_after(300, seen.append, "second")
    simulation.run_until(301)
    assert seen == ["first", "second", "third"]


def test_a_timer_into_the_past_is_a_fault_of_ours(simulation: Simulation) -> None:
    """A negative delay is refused, with the delay and the instant in the message."""
    simulation.run_until(70)
    with pytest.raises(SimulationError, match="timer of -1 ms at 70 ms"):
        simulation.call_after(-1, lambda: None)
    assert simulation.pending == 0


def test_a_timer_called_off_does_not_fire(simulation: Simulation) -> None:
    """Calling off works up to the instant itself, and twice is as good as once."""
    seen: list[str] = []
    call_off = simulation.call_after(100, seen.append, "late")
    simulation.call_after(50, call_off)
    simulation.call_after(60, call_off)
    in_the_same_instant: list = []
    simulation.call_after(200, lambda: in_the_same_instant[0]())
    in_the_same_instant.append(simulation.call_after(200, seen.append, "later in the instant"))
    simulation.run_until(1_000)
    assert seen == []


def test_pending_counts_timers_that_keep_the_cluster_busy(simulation: Simulation) -> None:
    """A timer is pending until it fires or is called off, unless it says it does not count."""
    counts: list[int] = []
    simulation.call_after(10, lambda: counts.append(simulation.pending))
    call_off = simulation.call_after(20, lambda: None)
    simulation.call_after(30, lambda: None, counts=False)
    assert simulation.pending == 2
    simulation.run_until(11)
    assert counts == [1]
    call_off()
    call_off()
    assert simulation.pending == 0
    simulation.run_until(100)
    assert simulation.pending == 0


def test_calling_off_after_the_timer_fired_changes_nothing(simulation: Simulation) -> None:
    """What has fired is no longer pending, so calling it off does not count it down again."""
    call_off = simulation.call_after(10, lambda: None)
    simulation.run_until(20)
    call_off()
    assert simulation.pending == 0


def test_running_until_an_instant_leaves_that_instants_work(simulation: Simulation) -> None:
    """Work due at the instant itself, of either kind, is done by the next run and only once."""
    seen: list[str] = []
    entry = simulation.calendar.register(lambda _phone, _now: seen.append("entry"))
    simulation.calendar.add(100, entry, 0)
    simulation.call_after(100, seen.append, "timer")
    simulation.run_until(100)
    assert (simulation.now_ms, seen) == (100, [])
    simulation.run_until(101)
    assert (simulation.now_ms, seen) == (101, ["entry", "timer"])


def test_running_until_now_does_nothing(simulation: Simulation) -> None:
    """Standing still is allowed, going back is a fault of ours."""
    simulation.run_until(500)
    simulation.run_until(500)
    assert simulation.now_ms == 500
    with pytest.raises(SimulationError, match="cannot run to 499 ms: it is 500 ms already"):
        simulation.run_until(499)


def test_an_entry_wakes_the_calendar_before_what_it_waited_for(simulation: Simulation) -> None:
    """An entry earlier than the calendar's next instant is done at its own instant."""
    seen: list[tuple[int, int, int]] = []
    entry = simulation.calendar.register(
        lambda phone, now_ms: seen.append((now_ms, simulation.now_ms, phone))
    )
    simulation.calendar.add(900, entry, 0)
    simulation.call_after(100, lambda: simulation.calendar.add(200, entry, 1))
    simulation.run_until(50)
    simulation.calendar.add(60, entry, 2)
    simulation.run_until(1_000)
    assert seen == [(60, 60, 2), (200, 200, 1), (900, 900, 0)]


def test_an_entry_for_the_past_is_a_fault_of_ours(simulation: Simulation) -> None:
    """Time never runs back: an entry before now stops the run instead of being done late."""
    entry = simulation.calendar.register(lambda _phone, _now: None)
    simulation.call_after(500, lambda: simulation.calendar.add(499, entry, 0))
    with pytest.raises(SimulationError, match="entry for 499 ms found at 500 ms"):
        simulation.run_until(1_000)


def test_an_entry_for_the_past_made_by_an_entry_is_a_fault_of_ours(
    simulation: Simulation,
) -> None:
    """The same holds for an action that enters work before its own instant."""
    entry = simulation.calendar.register(
        lambda _phone, now_ms: simulation.calendar.add(now_ms - 1, 0, 1)
    )
    simulation.calendar.add(300, entry, 0)
    with pytest.raises(SimulationError, match="entry for 299 ms found at 300 ms"):
        simulation.run_until(1_000)


def test_the_calendar_stops_for_a_timer_made_by_its_own_work(simulation: Simulation) -> None:
    """A timer that one entry sets fires before a later entry, and sees its own instant."""
    seen: list[tuple[int, str]] = []

    def handle(phone: int, now_ms: int) -> None:
        seen.append((now_ms, f"entry {phone}"))
        if phone == 0:
            simulation.call_after(5, lambda: seen.append((simulation.now_ms, "timer")))

    entry = simulation.calendar.register(handle)
    simulation.calendar.add(10, entry, 0)
    simulation.calendar.add(14, entry, 1)
    simulation.calendar.add(20, entry, 2)
    simulation.run_until(100)
    assert seen == [(10, "entry 0"), (14, "entry 1"), (15, "timer"), (20, "entry 2")]


def test_a_storm_does_not_cost_an_event_per_instant(simulation: Simulation, monkeypatch) -> None:
    """With no timer between them, a thousand instants are worked off in one go."""
    steps: list[int] = []
    step = simulation._env.step
    monkeypatch.setattr(simulation._env, "step", lambda: (steps.append(1), step()))
    done: list[int] = []
    entry = simulation.calendar.register(lambda _phone, now_ms: done.append(now_ms))
    for at_ms in range(1, 1_001):
        simulation.calendar.add(at_ms, entry, 0)
    simulation.run_until(2_000)
    assert done == list(range(1, 1_001))
    assert len(steps) <= 3
