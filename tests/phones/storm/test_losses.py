"""Losing a node, a path or the way back: failover, fallback, SRST."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from twin.phones.lifecycle import Event, State, UnregisterCause

MONITOR_MS = 120_000


@pytest.fixture
def settled(make_world: Callable[..., Any]) -> Callable[..., Any]:
    """A maker of worlds whose phones are registered with the first node."""

    def make(count: int = 1, **changes: Any) -> Any:
        world = make_world(phones=[0] * count, state=State.REGISTERED, **changes)
        world.settle()
        return world

    return make


def stop(world: Any, node: int, hangs: bool = False) -> None:
    """The CallManager of a node stops, as the cluster does it."""
    registrar = world.ports.registrars[node]
    registrar.is_up = False
    registrar.queue.stop(world.now_ms)
    world.engine.losses.node_stopped(world.now_ms, node, hangs)


def start(world: Any, node: int) -> None:
    """It runs again."""
    world.ports.registrars[node].is_up = True
    world.engine.registration.came_back(world.now_ms)


def cut(world: Any, site: int) -> None:
    """The WAN of a site goes."""
    world.network.up[site] = False
    world.engine.losses.site_cut(world.now_ms, site)


def mend(world: Any, site: int) -> None:
    """The WAN of a site is back."""
    world.network.up[site] = True
    world.engine.registration.came_back(world.now_ms)


def nodes(world: Any) -> list[int]:
    """The node of each phone."""
    return list(world.population.node)


def delays(world: Any, first: Event, second: Event) -> list[int]:
    """Per phone, milliseconds between its first events of two kinds."""
    size = world.population.size
    return [
        world.rows(second, phone=phone)[0].at_ms - world.rows(first, phone=phone)[0].at_ms
        for phone in range(size)
    ]


def test_a_closed_connection_is_noticed_at_once(settled: Callable[..., Any]) -> None:
    """A stopped service closes its connections: phones move within a second, then wait 10 s."""
    world = settled(20)
    stop(world, 0)
    assert world.ports.registrars[0].count == 0
    world.run()
    assert {row.detail for row in world.rows(Event.CONNECTION_LOST)} == {
        UnregisterCause.CALLMANAGER_RESTART
    }
    assert max(delays(world, Event.CONNECTION_LOST, Event.LOSS_NOTICED)) <= 1_000
    waits = delays(world, Event.REGISTER_UNREACHABLE, Event.REGISTER_REQUESTED)
    assert set(waits) == {10_001}
    assert nodes(world) == [1] * 20
    assert world.ports.registrars[1].count == 20


@pytest.mark.parametrize(
    ("protocol", "least_ms", "most_ms"), [("SIP", 0, 115_000), ("SCCP", 60_000, 90_000)]
)
def test_a_silent_node_is_noticed_by_its_keepalives(
    settled: Callable[..., Any], protocol: str, least_ms: int, most_ms: int
) -> None:
    """Nobody closes the connections: SIP finds out in up to 115 s, SCCP in 60 to 90 s."""
    world = settled(40, groups=[{"protocol": protocol}])
    stop(world, 0, hangs=True)
    world.run()
    assert {row.detail for row in world.rows(Event.CONNECTION_LOST)} == {
        UnregisterCause.KEEPALIVE_TIMEOUT
    }
    found = delays(world, Event.CONNECTION_LOST, Event.LOSS_NOTICED)
    assert least_ms <= min(found)
    assert max(found) <= most_ms
    assert max(found) - min(found) > (most_ms - least_ms) / 2


def test_a_cut_path_is_noticed_a_little_later(settled: Callable[..., Any]) -> None:
    """A cut WAN costs 20 to 25 s of TCP retries beside the keepalive."""
    world = settled(40, groups=[{"site": 1}])
    cut(world, 1)
    world.run()
    found = delays(world, Event.CONNECTION_LOST, Event.LOSS_NOTICED)
    assert min(found) >= 20_000
    assert max(found) <= 140_000
    assert {row.detail for row in world.rows(Event.CONNECTION_LOST)} == {
        UnregisterCause.CONNECTIVITY_ERROR
    }


def test_a_cut_takes_phones_behind_it_and_nobody_else(make_world: Callable[..., Any]) -> None:
    """Phones at the node's own site stay, phones of the cut site go."""
    world = make_world(
        phones=[0, 1, 2], groups=[{"site": 0}, {"site": 1}, {"site": 2}],
        links=((1, 1e3),) * 3, state=State.REGISTERED,
    )  # fmt: skip
    world.settle()
    cut(world, 1)
    assert [world.state(phone) for phone in range(3)] == [
        State.REGISTERED, State.LOST, State.REGISTERED
    ]  # fmt: skip
    assert world.ports.registrars[0].count == 2


def test_a_cut_of_the_nodes_site_takes_phones_elsewhere(make_world: Callable[..., Any]) -> None:
    """With the WAN of the data centre gone, only phones inside it keep their node."""
    world = make_world(
        phones=[0, 1], groups=[{"site": 0}, {"site": 1}], links=((1, 1e3),) * 2,
        state=State.REGISTERED,
    )  # fmt: skip
    world.settle()
    cut(world, 0)
    assert [world.state(phone) for phone in range(2)] == [State.REGISTERED, State.LOST]
    assert world.ports.registrars[0].count == 1


def test_phones_go_back_when_the_better_node_returns(settled: Callable[..., Any]) -> None:
    """After the Connection Monitor Duration phones leave the lower-priority node again."""
    world = settled(5)
    stop(world, 0)
    world.run()
    start(world, 0)
    back_ms = world.now_ms
    world.run()
    fell_back = world.rows(Event.FELL_BACK)
    assert len(fell_back) == 5
    assert {(row.node, row.detail) for row in fell_back} == {
        (0, UnregisterCause.FALLBACK_INITIATED)
    }
    assert min(row.at_ms for row in fell_back) - back_ms >= MONITOR_MS
    assert nodes(world) == [0] * 5
    assert [world.ports.registrars[node].count for node in (0, 1)] == [5, 0]


@pytest.mark.parametrize("notices", [1, 3])
def test_the_way_back_is_throttled(settled: Callable[..., Any], notices: int) -> None:
    """A returned node takes ten phones a second, however often its return is announced."""
    world = settled(50)
    stop(world, 0)
    world.run()
    start(world, 0)
    for _ in range(notices - 1):
        world.run(1_000)
        world.engine.registration.came_back(world.now_ms)
    world.run()
    times = [row.at_ms for row in world.rows(Event.FELL_BACK)]
    assert len(times) == 50
    assert all(90 <= later - earlier <= 110 for earlier, later in pairwise(times))


def test_a_node_that_returns_too_late_for_a_phones_round_takes_it_back(
    settled: Callable[..., Any],
) -> None:
    """A phone that reached the second node just after the first returned goes back, too."""
    world = settled()
    stop(world, 0)
    world.run_to(Event.REGISTER_UNREACHABLE)
    world.run(5_000)
    start(world, 0)
    world.run_to(Event.REGISTERED)
    assert nodes(world) == [1]
    world.run()
    assert nodes(world) == [0]
    assert [world.ports.registrars[node].count for node in (0, 1)] == [1, 0]


def test_a_node_gone_again_takes_nobody_back(settled: Callable[..., Any]) -> None:
    """A node that fails again within the monitor time leaves phones where they are."""
    world = settled(3)
    stop(world, 0)
    world.run()
    start(world, 0)
    world.run(60_000)
    stop(world, 0)
    world.run()
    assert world.rows(Event.FELL_BACK) == []
    assert nodes(world) == [1] * 3


def test_a_phone_told_to_reset_does_not_go_back_first(settled: Callable[..., Any]) -> None:
    """A phone whose way back comes up while it is about to reset resets, and is back by that."""
    world = settled(timing={"reset_phone_jitter_s": [20, 20], "p_busy": 0})
    stop(world, 0)
    world.run()
    start(world, 0)
    world.run(MONITOR_MS - 10_000)
    world.engine.send_notices(world.now_ms, [0], world.ports.registrars[1], 50.0, 1)
    world.run()
    assert world.rows(Event.FELL_BACK) == []
    assert len(world.rows(Event.UNREGISTERED)) == 1
    assert nodes(world) == [0]


def srst_world(settled: Callable[..., Any], count: int = 1) -> Any:
    """Phones of a branch with SRST, cut off and settled there."""
    world = settled(count, groups=[{"site": 1}])
    world.srst = True
    cut(world, 1)
    world.run()
    return world


def test_a_cut_off_branch_lives_on_srst(settled: Callable[..., Any]) -> None:
    """With no node reachable the phones of a branch with SRST register there."""
    world = srst_world(settled, 4)
    assert [world.state(phone) for phone in range(4)] == [State.SRST] * 4
    assert nodes(world) == [-1] * 4
    assert world.core.registered() == 0


def test_without_srst_a_cut_off_branch_is_unregistered(settled: Callable[..., Any]) -> None:
    """Without SRST the phones of a cut branch wait."""
    world = settled(groups=[{"site": 1}])
    cut(world, 1)
    world.run()
    assert world.state() == State.UNREGISTERED


def test_srst_is_for_branches_without_any_node(settled: Callable[..., Any]) -> None:
    """SRST answers only when no CallManager can be reached: a stopped service is no such case."""
    world = settled(groups=[{"site": 1}])
    world.srst = True
    stop(world, 0)
    stop(world, 1)
    world.run()
    assert world.state() == State.UNREGISTERED


def test_phones_leave_srst_after_the_monitor_time(settled: Callable[..., Any]) -> None:
    """Back on the network, phones watch the link for 120 s before they leave SRST."""
    world = srst_world(settled, 3)
    mend(world, 1)
    mended_ms = world.now_ms
    world.run()
    retried = world.rows(Event.REGISTER_RETRIED)
    assert min(row.at_ms for row in retried) - mended_ms >= MONITOR_MS
    assert nodes(world) == [0] * 3


def test_srst_with_a_refused_list_is_no_trouble(settled: Callable[..., Any]) -> None:
    """A phone that refused its last list stays on SRST when something comes back elsewhere."""
    world = settled(groups=[{"site": 1}])
    world.serve_itl(world.usual_itl("cm0-new"))
    world.engine.power(0, [0], False)
    world.power_on()
    world.run()
    world.srst = True
    cut(world, 1)
    world.run()
    assert world.state() == State.SRST
    world.engine.registration.came_back(world.now_ms)
    world.run()
    assert world.state() == State.SRST
