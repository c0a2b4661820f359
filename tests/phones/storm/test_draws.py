"""What a phone draws: by its name, within the catalogue's range, whoever else there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.kernel.streams import Law
from twin.phones.lifecycle import State
from twin.phones.population import PhoneRecord, Population

PURPOSES = (
    "verify_ctl", "verify_itl", "verify_config", "tvs_session", "reset_delay", "reset_boot",
    "cold_boot", "restart", "notice",
)  # fmt: skip
MANY = 2_000


@pytest.fixture(scope="module")
def many(forge: Any, bundled_timing: Any, world_class: type) -> Any:
    """A world of two thousand equal phones; made once, only its draws are looked at."""
    return world_class(forge, bundled_timing, phones=[0] * MANY)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_other_phones_leave_a_phones_draws_alone(
    make_world: Callable[..., Any], many: Any, purpose: str
) -> None:
    """The tenth draw of a phone is the same alone as among two thousand."""
    few = make_world(phones=[0] * 3)
    for count in (0, 1, 9):
        assert list(few.core.drawn(purpose, count)) == list(many.core.drawn(purpose, count))[:3]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_draws_differ_by_phone_by_purpose_and_by_count(many: Any, purpose: str) -> None:
    """Two phones, two counts, two purposes: different numbers, nearly always."""
    first, second = (list(many.core.drawn(purpose, count)) for count in (0, 1))
    assert len(set(first)) > 100
    same = sum(a == b for a, b in zip(first, second, strict=True))
    assert same < MANY / 20
    other = list(many.core.drawn("tvs_session" if purpose != "tvs_session" else "notice", 0))
    assert sum(a == b for a, b in zip(first, other, strict=True)) < MANY / 20


@pytest.mark.parametrize(
    ("purpose", "low_s", "median_s", "high_s"),
    [("cold_boot", 70 - 7, 100, 150 + 18), ("reset_boot", 59.5 - 7, 85, 127.5 + 18)],
)
def test_boot_times_keep_to_the_catalogue(
    many: Any, low_s: float, median_s: float, high_s: float, purpose: str
) -> None:
    """Boots and resets have the model's median to the first request, and stay in its range."""
    times = sorted(many.core.drawn(purpose, 0))
    assert times[0] >= low_s * 1000
    assert times[-1] <= high_s * 1000
    assert times[MANY // 2] == pytest.approx(median_s * 1000, rel=0.05)


def test_a_restart_is_shorter_than_a_reset(many: Any) -> None:
    """Without reload and DHCP a phone is back sooner: 20 s against 85 s in the median."""
    restart, reset = (sorted(many.core.drawn(p, 0))[MANY // 2] for p in ("restart", "reset_boot"))
    assert restart == pytest.approx(20_000, rel=0.05)
    assert restart < reset / 3


def test_verifying_takes_a_tenth_to_three_tenths_of_a_second(many: Any) -> None:
    """The time a phone needs for a signature is spread evenly over its interval."""
    times = sorted(many.core.drawn("verify_itl", 0))
    assert (times[0], times[-1]) == pytest.approx((100, 300), abs=2)
    assert times[MANY // 2] == pytest.approx(200, abs=8)


def test_rare_draws_belong_to_phone_purpose_and_count(make_world: Callable[..., Any]) -> None:
    """A single draw is repeatable, and another for another phone, purpose or count."""
    world = make_world(phones=[0] * 3)
    law = Law("uniform", 0, 0, 1)
    drawn = [
        world.core.rare(law, purpose, phone, count)
        for phone in (0, 1) for purpose in ("a", "b") for count in (0, 1)
    ]  # fmt: skip
    assert len(set(drawn)) == len(drawn)
    assert world.core.rare(law, "a", 0, 0) == drawn[0]
    assert all(0 < value < 1 for value in drawn)


def test_an_empty_world_draws_nothing(make_world: Callable[..., Any]) -> None:
    """Without phones every table is empty, and nothing goes wrong."""
    world = make_world(phones=[], groups=[])
    assert [len(world.core.drawn(purpose, 0)) for purpose in PURPOSES] == [0] * len(PURPOSES)
    assert world.core.is_quiet(1)
    world.run()


def test_phones_stand_in_order_of_name(many: Any) -> None:
    """A population is sorted by name, whatever order it is given in."""
    names = ["SEP00000000000B", "SEP00000000000A", "SEP00000000000C"]
    records = [PhoneRecord(name, 0, State.REGISTERED) for name in names]
    population = Population(many.population.groups, records)
    assert population.names == sorted(names)
    assert population.index == {name: n for n, name in enumerate(sorted(names))}
    assert population.group(1) is many.population.groups[0]
    assert bytes(population.state) == population.initial_state == bytes([State.REGISTERED] * 3)
