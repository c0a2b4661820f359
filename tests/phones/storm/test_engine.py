"""What is done to phones from outside: resets and their pace, power, erased lists."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from twin.errors import SimulationError
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event, FileKind, State, UnregisterCause


@pytest.fixture
def settled(make_world: Callable[..., Any]) -> Callable[..., Any]:
    """A maker of worlds whose phones are registered with the first node."""

    def make(count: int = 1, **changes: Any) -> Any:
        world = make_world(phones=[0] * count, state=State.REGISTERED, **changes)
        world.settle()
        return world

    return make


def notify(world: Any, *phones: int, rate: float = 50.0, wave: int = 1, restart: bool = False):
    """Reset notices from the first node, to all phones unless some are named."""
    return world.engine.send_notices(
        world.now_ms, phones or range(world.population.size), world.ports.registrars[0],
        rate, wave, restart,
    )  # fmt: skip


# -- resets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [5.0, 50.0, 200.0])
def test_notices_leave_at_the_senders_pace(settled: Callable[..., Any], rate: float) -> None:
    """Twenty phones are told one after another, at so many a second."""
    world = settled(20)
    last_ms = notify(world, rate=rate)
    world.run()
    told = [row.at_ms for row in world.rows(Event.RESET_RECEIVED)]
    assert len(told) == 20
    assert {later - earlier for earlier, later in pairwise(told)} == {round(1000 / rate)}
    assert told[-1] == last_ms


def test_two_jobs_of_one_sender_share_its_pace(settled: Callable[..., Any]) -> None:
    """A second batch waits until the first is out."""
    world = settled(20)
    notify(world, *range(10), rate=10.0)
    notify(world, *range(10, 20), rate=10.0)
    world.run()
    told = [row.at_ms for row in world.rows(Event.RESET_RECEIVED)]
    assert told == [n * 100 for n in range(20)]


def test_a_reset_is_a_boot(settled: Callable[..., Any]) -> None:
    """Told to reset, a phone gives up its registration, boots, downloads and registers."""
    world = settled()
    notify(world, wave=7)
    world.run()
    rows = world.rows()
    assert [row.event for row in rows[:3]] == [
        Event.RESET_RECEIVED, Event.UNREGISTERED, Event.BOOTED
    ]  # fmt: skip
    assert rows[0].detail == 7
    assert rows[1].detail == UnregisterCause.CALLMANAGER_RESET
    assert rows[-1].event == Event.REGISTERED
    assert 55_000 <= rows[2].at_ms - rows[1].at_ms <= 150_000


def test_a_restart_skips_the_boot(settled: Callable[..., Any]) -> None:
    """Told to restart, a phone goes straight to the download after its short restart time."""
    world = settled()
    notify(world, restart=True)
    world.run()
    assert world.rows(Event.BOOTED, Event.UNREGISTERED) == []
    gone, asked = world.rows(Event.RESTARTED)[0], world.rows(Event.FILE_REQUESTED)[0]
    assert 5_000 <= asked.at_ms - gone.at_ms <= 60_000
    assert world.state() == State.REGISTERED


def test_a_phone_acts_on_a_notice_in_its_own_time(settled: Callable[..., Any]) -> None:
    """Idle phones act within 5 s of the notice, not all at once."""
    world = settled(50, timing={"p_busy": 0})
    notify(world)
    world.run()
    told = {row.phone: row.at_ms for row in world.rows(Event.RESET_RECEIVED)}
    waits = sorted(row.at_ms - told[row.phone] for row in world.rows(Event.UNREGISTERED))
    assert len(waits) == 50
    assert 0 <= waits[0] < 1_000
    assert 4_000 < waits[-1] <= 5_000


def test_a_phone_on_a_call_resets_when_the_call_ends(settled: Callable[..., Any]) -> None:
    """A fifth of the phones are on calls of three minutes on average, and stay registered."""
    world = settled(300, timing={"p_busy": 0.2})
    notify(world, rate=10_000.0)
    world.run(6_000)
    busy = [phone for phone in range(300) if world.state(phone) == State.RESET_PENDING]
    assert 40 <= len(busy) <= 80
    assert world.ports.registrars[0].count == len(busy)
    world.run(3_600_000)
    assert world.counts() == {State.REGISTERED: 300}


def test_a_second_notice_before_the_first_is_acted_on_is_one_reset(
    settled: Callable[..., Any],
) -> None:
    """A phone that is told twice resets once; both notices are counted."""
    world = settled()
    notify(world, 0, 0, 0, rate=10_000.0)
    world.run()
    assert len(world.rows(Event.RESET_RECEIVED)) == 3
    assert len(world.rows(Event.UNREGISTERED)) == 1
    assert world.population.resets[0] == 3
    assert world.population.boots[0] == 1


def test_a_notice_reaches_registered_phones_only(settled: Callable[..., Any]) -> None:
    """A phone that is away when its notice comes hears nothing of it."""
    world = settled(2)
    world.engine.power(0, [1], False)
    notify(world)
    world.run()
    assert {row.phone for row in world.rows(Event.RESET_RECEIVED)} == {0}
    assert list(world.population.resets) == [1, 0]


def test_each_notice_carries_its_own_wave(settled: Callable[..., Any]) -> None:
    """A phone told by two waves that overlap is told of each by its own number."""
    world = settled(3)
    notify(world, rate=1.0, wave=1)
    notify(world, rate=1.0, wave=2)
    world.run()
    waves = [row.detail for row in world.rows(Event.RESET_RECEIVED)]
    assert waves[:3] == [1] * 3
    assert set(waves) == {1, 2}


def test_a_restart_does_not_turn_a_reset_under_way_into_one(settled: Callable[..., Any]) -> None:
    """A phone told to reset, and later to restart, resets: the first word counts."""
    world = settled(timing={"p_busy": 0, "reset_phone_jitter_s": [4, 4]})
    notify(world)
    world.run(1_000)
    notify(world, restart=True)
    world.run()
    assert len(world.rows(Event.RESET_RECEIVED)) == 2
    assert len(world.rows(Event.UNREGISTERED)) == 1
    assert world.rows(Event.RESTARTED) == []


def test_phones_are_found_by_group_and_by_registration(make_world: Callable[..., Any]) -> None:
    """Related are those whose group has the node, registered with it those that it counts."""
    world = make_world(
        phones=[0, 1, 1], groups=[{"callmanagers": (0,)}, {"callmanagers": (1, 0)}],
        state=State.REGISTERED,
    )  # fmt: skip
    world.settle()
    world.engine.power(0, [2], False)
    assert world.engine.related(0) == [0, 1, 2]
    assert world.engine.related(1) == [1, 2]
    assert world.engine.registered_with(0) == [0, 1]
    assert world.engine.registered_with(1) == []
    assert world.engine.registered_with() == [0, 1]


# -- power and hands ------------------------------------------------------------------------


def test_power_changes_those_it_changes(settled: Callable[..., Any]) -> None:
    """Cutting power twice changes phones once, and giving it back boots them."""
    world = settled(3)
    assert [world.engine.power(0, [0, 1], on) for on in (False, False, True, True)] == [2, 0, 2, 0]
    assert world.ports.registrars[0].count == 1
    world.run()
    assert world.counts() == {State.REGISTERED: 3}
    assert world.ports.registrars[0].count == 3


def test_a_phone_without_power_does_nothing(make_world: Callable[..., Any]) -> None:
    """Power cut at any instant of a boot voids all that was under way."""
    whole = make_world(groups=[{"site": 1}])
    whole.power_on()
    whole.run()
    for moment in sorted({row.at_ms for row in whole.rows()}):
        world = make_world(groups=[{"site": 1}])
        world.power_on()
        world.simulation.run_until(moment + 1)
        world.engine.power(world.now_ms, [0], False)
        seen = len(world.rows())
        world.run(10_000_000)
        assert len(world.rows()) == seen
        assert world.state() == State.OFF
        assert [registrar.count for registrar in world.ports.registrars.values()] == [0, 0]


def test_a_power_cut_voids_a_notice_under_way(settled: Callable[..., Any]) -> None:
    """A phone that lost its power before it acted does not act when it is back."""
    world = settled(timing={"p_busy": 0, "reset_phone_jitter_s": [5, 5]})
    notify(world)
    world.run(1_000)
    world.engine.power(world.now_ms, [0], False)
    world.power_on()
    world.run()
    assert world.rows(Event.UNREGISTERED) == []
    assert len(world.rows(Event.BOOTED)) == 1


def test_erased_lists_make_a_phone_new(settled: Callable[..., Any]) -> None:
    """After a visit the phone holds no list, keeps its config, boots and trusts on first use."""
    world = settled()
    stranger = world.serve_itl(world.usual_itl("cm0-new"))
    config = world.population.config[0]
    world.engine.delete_lists(0, 0)
    assert world.held() == (NOTHING, NOTHING, config)
    assert world.ports.registrars[0].count == 0
    world.run()
    assert world.held()[1] == stranger
    assert world.state() == State.REGISTERED


def test_erasing_lists_forgets_what_tvs_said(settled: Callable[..., Any]) -> None:
    """With its lists a phone forgets every answer it kept."""
    world = settled()
    world.population.tvs_cache[0] = [("CN=x", b"\x01", 0, 10**12)]
    world.engine.delete_lists(0, 0)
    assert world.population.tvs_cache == {}


def test_erasing_the_lists_of_a_phone_without_power_leaves_it_off(
    settled: Callable[..., Any],
) -> None:
    """Lists can be erased on a phone that is off; it starts with none when it gets power."""
    world = settled()
    world.engine.power(0, [0], False)
    world.engine.delete_lists(0, 0)
    assert world.state() == State.OFF
    world.power_on()
    world.run()
    kinds = [row.detail for row in world.rows(Event.FILE_RECEIVED)]
    assert kinds == [FileKind.ITL, FileKind.CONFIG, FileKind.OTHER]


# -- the core -------------------------------------------------------------------------------


def test_an_impossible_event_is_a_fault_of_ours(make_world: Callable[..., Any]) -> None:
    """An event the table forbids raises, naming phone, state, event and time; nothing is kept."""
    world = make_world()
    with pytest.raises(SimulationError, match=r"at 5 ms: SEP0{12} is OFF and cannot have BOOTED"):
        world.core.emit(5, 0, Event.BOOTED)
    assert world.state() == State.OFF
    assert world.rows() == []


def test_counts_follow_every_event(settled: Callable[..., Any]) -> None:
    """The running count of phones per state is that of the column, at every instant."""
    world = settled(10)
    world.engine.power(0, range(4), False)
    world.power_on()
    for _ in range(200):
        world.run(1_000)
        assert world.core.counts == [list(world.population.state).count(s) for s in State]
    assert world.core.registered() == world.core.powered() == 10


def test_the_world_is_quiet_when_nothing_is_to_come(settled: Callable[..., Any]) -> None:
    """Quiet means: no phone in motion and no notice on its way to one."""
    world = settled(10)
    assert world.core.is_quiet(1)
    notify(world, rate=5.0)
    assert not world.core.is_quiet(world.now_ms)
    world.run(1_900)
    assert not world.core.is_quiet(world.now_ms)
    world.run(1_000_000)
    assert world.core.is_quiet(world.now_ms)
