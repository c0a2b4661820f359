"""Registering: whose turn, who is full, who is next, and waiting without an event."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from twin.phones.lifecycle import Event, FileKind, RegisterRefusal, State


def attempts(world: Any) -> list[tuple[Event, int, int]]:
    """Each try: what came of it, at which node, and its detail."""
    kinds = (
        Event.REGISTER_REQUESTED, Event.REGISTER_REFUSED, Event.REGISTER_UNREACHABLE,
        Event.REGISTERED, Event.REGISTER_GAVE_UP, Event.SRST_REGISTERED,
    )  # fmt: skip
    return [(row.event, row.node, row.detail) for row in world.rows(*kinds)]


def crowd(make_world: Callable[..., Any], count: int, **changes: Any) -> Any:
    """A world in which `count` phones reach the registration in the same second."""
    world = make_world(phones=[0] * count, **changes)
    world.core._tables["cold_boot"] = [[60_000] * count]
    for purpose in ("verify_itl", "verify_config"):
        world.core._tables[purpose] = [[200] * count] * 2
    return world


def counts_agree(world: Any) -> bool:
    """Whether each registrar counts the phones registered with it."""
    columns = world.population
    for node, registrar in world.ports.registrars.items():
        here = [
            phone for phone in range(columns.size)
            if columns.node[phone] == node
            and columns.state[phone] in (State.REGISTERED, State.RESET_PENDING)
        ]  # fmt: skip
        if len(here) != registrar.count:
            return False
    return True


def test_the_first_member_is_tried_first(make_world: Callable[..., Any]) -> None:
    """A phone registers with the first member of its stored config's group."""
    world = make_world()
    world.serve_config(world.forge.config(world.forge.identity("cm0"), callmanagers=(1, 0)))
    world.power_on()
    world.run()
    assert attempts(world) == [(Event.REGISTER_REQUESTED, 1, 0), (Event.REGISTERED, 1, 0)]
    assert [world.ports.registrars[node].count for node in (0, 1)] == [0, 1]


@pytest.mark.parametrize(("protocol", "own_ms"), [("SIP", 500), ("SCCP", 300)])
def test_one_registration_alone_takes_its_own_time(
    make_world: Callable[..., Any], protocol: str, own_ms: int
) -> None:
    """With the queue empty: service, processing by protocol, and four round trips."""
    world = make_world(groups=[{"protocol": protocol, "site": 1}], links=((0, 1e3), (40, 1e3)))
    world.power_on()
    world.run()
    asked, done = world.rows(Event.REGISTER_REQUESTED)[0], world.rows(Event.REGISTERED)[0]
    service_ms = world.ports.registrars[0].service_us[protocol] / 1000
    assert done.at_ms - asked.at_ms == pytest.approx(service_ms + own_ms + 4 * 40, abs=1)


def test_a_crowd_registers_at_the_nodes_rate(make_world: Callable[..., Any]) -> None:
    """A hundred SIP phones at once leave the queue one every 31.25 ms."""
    world = crowd(make_world, 100)
    world.power_on()
    world.run()
    times = sorted(row.at_ms for row in world.rows(Event.REGISTERED))
    assert len(times) == 100
    assert times[-1] - times[0] == pytest.approx(99 * 31.25, abs=60)
    assert max(later - earlier for earlier, later in pairwise(times)) <= 63


@pytest.mark.parametrize("count", [2, 3, 8])
def test_a_full_node_refuses(make_world: Callable[..., Any], count: int) -> None:
    """A node takes as many phones as it has room for; the rest go to the next member."""
    world = crowd(make_world, count, capacity=2)
    world.power_on()
    world.run()
    assert [world.ports.registrars[node].count for node in (0, 1)] == [2, min(2, count - 2)]
    refused = world.rows(Event.REGISTER_REFUSED)
    assert {row.detail for row in refused} <= {RegisterRefusal.MAX_DEV_REG_EXCEEDED}
    assert len([row for row in refused if row.node == 0]) == count - 2
    states = [world.state(phone) for phone in range(count)]
    assert states.count(State.UNREGISTERED) == max(0, count - 4)
    assert counts_agree(world)


def test_a_full_node_costs_the_failover_wait(make_world: Callable[..., Any]) -> None:
    """The phone waits 10 s before it tries the next member."""
    world = make_world(capacity=0)
    world.ports.registrars[1].capacity = 5
    world.power_on()
    world.run()
    refused, second = world.rows(Event.REGISTER_REFUSED)[0], world.rows(Event.REGISTER_REQUESTED)[1]
    assert second.node == 1
    assert second.at_ms - refused.at_ms == pytest.approx(10_000, abs=3)


def test_a_node_that_is_down_is_passed_over(make_world: Callable[..., Any]) -> None:
    """An unreachable first member costs the failover wait, then the second takes the phone."""
    world = make_world()
    world.ports.registrars[0].is_up = False
    world.power_on()
    world.run()
    assert attempts(world) == [
        (Event.REGISTER_UNREACHABLE, 0, 0),
        (Event.REGISTER_REQUESTED, 1, 1),
        (Event.REGISTERED, 1, 1),
    ]


@pytest.mark.parametrize("what", ["stops on the way", "runs none"])
def test_a_member_without_the_service_is_passed_over(
    make_world: Callable[..., Any], what: str
) -> None:
    """A member that stops while the phone is on its way, or runs no CallManager, takes nobody."""
    world = make_world(groups=[{"site": 1}])
    if what == "runs none":
        del world.ports.registrars[0]
    world.power_on()
    while world.run_to(Event.FILE_RECEIVED).detail != FileKind.OTHER:
        pass
    if what == "stops on the way":
        world.ports.registrars[0].is_up = False
    world.run()
    assert attempts(world)[0] == (Event.REGISTER_UNREACHABLE, 0, 0)
    assert attempts(world)[-1] == (Event.REGISTERED, 1, 1)


def test_a_phone_nobody_takes_waits_without_events(make_world: Callable[..., Any]) -> None:
    """With every member down the phone gives up, and costs nothing until one comes back."""
    world = make_world()
    for registrar in world.ports.registrars.values():
        registrar.is_up = False
    world.power_on()
    world.run()
    assert attempts(world)[-1] == (Event.REGISTER_GAVE_UP, -1, 0)
    assert world.state() == State.UNREGISTERED
    assert world.simulation.calendar.next_instant() is None
    world.run(86_400_000)
    world.ports.registrars[1].is_up = True
    world.engine.registration.came_back(world.now_ms)
    back_ms = world.now_ms
    world.run()
    retried, *_, done = world.rows()[-4:]
    assert retried.event == Event.REGISTER_RETRIED
    assert 0 <= retried.at_ms - back_ms <= 30_000
    assert (done.event, done.node) == (Event.REGISTERED, 1)


def test_phones_that_wait_do_not_come_back_together(make_world: Callable[..., Any]) -> None:
    """The retries of many waiting phones are spread over the retry time."""
    world = crowd(make_world, 60)
    for registrar in world.ports.registrars.values():
        registrar.is_up = False
    world.power_on()
    world.run()
    world.ports.registrars[0].is_up = True
    world.engine.registration.came_back(world.now_ms)
    back_ms = world.now_ms
    world.run()
    times = [row.at_ms - back_ms for row in world.rows(Event.REGISTER_RETRIED)]
    assert len(times) == 60
    assert max(times) <= 30_000
    assert min(times) < 5_000
    assert max(times) > 25_000


def test_one_return_told_three_times_is_one_try(make_world: Callable[..., Any]) -> None:
    """A waiting phone that has entered its next try does not enter another."""
    world = make_world(phones=[0] * 5)
    for registrar in world.ports.registrars.values():
        registrar.is_up = False
    world.power_on()
    world.run()
    world.ports.registrars[0].is_up = True
    for _ in range(3):
        world.engine.registration.came_back(world.now_ms)
    world.run()
    assert sorted(row.phone for row in world.rows(Event.REGISTER_RETRIED)) == list(range(5))
    assert world.population.node == [0] * 5


def test_what_returns_elsewhere_wakes_nobody(make_world: Callable[..., Any]) -> None:
    """A phone whose own members are still down does not stir when something else comes back."""
    world = make_world()
    for registrar in world.ports.registrars.values():
        registrar.is_up = False
    world.power_on()
    world.run()
    seen = len(world.rows())
    world.engine.registration.came_back(world.now_ms)
    world.run()
    assert len(world.rows()) == seen


def test_a_node_that_stops_forgets_its_queue(make_world: Callable[..., Any]) -> None:
    """A phone in the registration queue of a node that stops goes on to the next member."""
    world = make_world()
    world.ports.registrars[0].service_us["SIP"] = 5_000_000
    world.power_on()
    world.run_to(Event.REGISTER_REQUESTED)
    world.ports.registrars[0].is_up = False
    world.ports.registrars[0].queue.stop(world.now_ms)
    world.run()
    assert attempts(world)[1:] == [
        (Event.REGISTER_UNREACHABLE, 0, 0),
        (Event.REGISTER_REQUESTED, 1, 1),
        (Event.REGISTERED, 1, 1),
    ]
    assert counts_agree(world)


@pytest.mark.parametrize("moment_ms", [1, 9_000, 11_000, 19_000])
def test_a_node_that_returns_while_a_phone_is_trying_is_found(
    make_world: Callable[..., Any], moment_ms: int
) -> None:
    """A phone on its round through dead members is not left behind if one returns meanwhile."""
    world = make_world()
    for registrar in world.ports.registrars.values():
        registrar.is_up = False
    world.power_on()
    world.run_to(Event.REGISTER_UNREACHABLE)
    world.run(moment_ms)
    world.ports.registrars[0].is_up = True
    world.engine.registration.came_back(world.now_ms)
    world.run()
    assert world.state() == State.REGISTERED
    assert world.population.node[0] == 0


def test_trying_again_does_not_hammer_a_full_cluster(make_world: Callable[..., Any]) -> None:
    """A phone refused everywhere for want of room waits without events, too."""
    world = make_world(capacity=0)
    world.power_on()
    world.run()
    assert world.state() == State.UNREGISTERED
    assert world.simulation.calendar.next_instant() is None


def test_a_waiting_phone_that_refused_its_list_downloads_again(
    make_world: Callable[..., Any],
) -> None:
    """An unregistered phone with a refused list starts over with the download, not the register."""
    world = make_world(state=State.REGISTERED, timing={"p_unreg_on_bad_itl": 1})
    world.settle()
    world.serve_itl(world.usual_itl("cm0-new"))
    world.engine.power(0, [0], False)
    world.power_on()
    world.run()
    assert world.state() == State.UNREGISTERED
    world.serve_itl(world.usual_itl())
    world.engine.registration.came_back(world.now_ms)
    world.run()
    assert world.rows(Event.DOWNLOAD_RETRIED)
    assert world.rows(Event.REGISTER_RETRIED) == []
    assert world.state() == State.REGISTERED
