"""Shuffling same-instant work, by which we find out whether an outcome depends on ties."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest

from twin.kernel.simulation import Simulation

NUMBERS = range(300)


def order(perturb_ties: int | None, timers: int, entries: int) -> list[str]:
    """The order in which timers and entries of one instant are done: "t0", "e0" and so on."""
    simulation = Simulation(perturb_ties)
    simulation.calendar.resize(entries)
    done: list[str] = []
    action = simulation.calendar.register(lambda phone, _now: done.append(f"e{phone}"))
    for phone in range(entries):
        simulation.calendar.add(50, action, phone)
    for number in range(timers):
        simulation.call_after(50, done.append, f"t{number}")
    simulation.run_until(51)
    return done


def test_without_a_number_ties_are_left_alone() -> None:
    """The order asked for is kept unless a perturbation is asked for."""
    assert order(None, 3, 3) == ["e0", "e1", "e2", "t0", "t1", "t2"]


@pytest.mark.parametrize(("timers", "entries"), [(4, 0), (0, 4)], ids=["timers", "entries"])
def test_every_order_of_a_tie_is_tried(timers: int, entries: int) -> None:
    """Over 300 numbers each of the 24 orders of four comes up, none more than four times too often.

    A fair shuffle gives each 12.5 times on average; 50 would be ten standard deviations off.
    """
    found = Counter(tuple(order(n, timers, entries)) for n in NUMBERS)
    letter = "t" if timers else "e"
    assert set(found) == set(permutations(f"{letter}{n}" for n in range(4)))
    assert max(found.values()) < 50


def test_timers_and_entries_change_places() -> None:
    """Which kind goes first in an instant is left to the number as well, about half the time."""
    first = Counter(order(n, 1, 1)[0] for n in NUMBERS)
    assert 100 < first["t0"] < 200


def test_every_instant_is_shuffled_in_its_own_way() -> None:
    """The same five phones in twenty instants do not keep one order."""
    simulation = Simulation(7)
    simulation.calendar.resize(5)
    done: dict[int, list[int]] = {at_ms: [] for at_ms in range(20)}
    action = simulation.calendar.register(lambda phone, now_ms: done[now_ms].append(phone))
    for at_ms in done:
        for phone in range(5):
            simulation.calendar.add(at_ms, action, phone)
    simulation.run_until(100)
    assert all(sorted(phones) == list(range(5)) for phones in done.values())
    assert len({tuple(phones) for phones in done.values()}) > 10


def test_a_great_tie_loses_nothing() -> None:
    """A hundred thousand phones in one instant are each served once under a perturbation."""
    served = order(3, 0, 100_000)
    assert len(served) == len(set(served)) == 100_000
    assert served[:5] != ["e0", "e1", "e2", "e3", "e4"]
