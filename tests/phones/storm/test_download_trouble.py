"""Fetching files on a bad day: refusals, silence, a server or a path that goes away."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event, FileKind, State
from twin.phones.outcomes import Outcome, Reason, unpack

TRIES = 3


def trouble(world: Any) -> list[tuple[Event, int]]:
    """What went wrong with files, and at which node."""
    kinds = (Event.FILE_REFUSED, Event.FILE_FAILED, Event.FILE_GIVEN_UP)
    return [(row.event, row.node) for row in world.rows(*kinds)]


def gaps(rows: list[Any]) -> list[int]:
    """Milliseconds from each row to the next."""
    return [later.at_ms - row.at_ms for row, later in pairwise(rows)]


def full(world: Any, *nodes: int) -> None:
    """File servers have no room for anybody."""
    for node in nodes:
        server = world.ports.files[node]
        server.queue.limit = 0
        for _ in range(5):
            server.queue.offer(world.now_ms, 10**12)


def test_a_full_server_refuses_and_the_phone_comes_again(make_world: Callable[..., Any]) -> None:
    """After a 503 the phone waits 5 to 15 s, tries three times, then turns to the second server."""
    world = make_world()
    full(world, 0)
    world.power_on()
    world.run(200_000)
    refused = world.rows(Event.FILE_REFUSED)
    assert [(row.node, row.detail) for row in refused] == [(0, FileKind.CTL)] * TRIES
    assert all(5_000 <= gap <= 15_010 for gap in gaps(refused))
    (missing,) = world.rows(Event.FILE_NOT_FOUND)
    assert missing.node == 1
    assert missing.at_ms - refused[-1].at_ms < 100


def test_a_phone_stays_with_the_server_that_served(make_world: Callable[..., Any]) -> None:
    """Having turned to the second server, the phone asks it for the rest of the boot."""
    world = make_world()
    full(world, 0)
    world.power_on()
    world.run(400_000)
    nodes = [row.node for row in world.rows(Event.FILE_REQUESTED)]
    assert nodes == [0] * TRIES + [1] * 4
    assert world.state() == State.REGISTERED


def test_with_all_servers_full_a_phone_gives_up_file_by_file(
    make_world: Callable[..., Any],
) -> None:
    """After the last try at the last server the file is given up, and the old one kept."""
    world = make_world(state=State.REGISTERED)
    world.settle()
    before = world.held()
    full(world, 0, 1)
    world.engine.power(0, [0], False)
    world.power_on()
    world.run(1_000_000)
    one_file = [(Event.FILE_REFUSED, 0)] * TRIES + [(Event.FILE_REFUSED, 1)] * TRIES
    assert trouble(world) == [*one_file, (Event.FILE_GIVEN_UP, 1)] * 4
    checks = world.rows(Event.CTL_CHECKED, Event.ITL_CHECKED, Event.CONFIG_CHECKED)
    assert [unpack(row.detail) for row in checks] == [(Outcome.NOT_DOWNLOADED, Reason.NONE)] * 3
    assert world.held() == before
    assert world.state() == State.REGISTERED


def test_a_refusal_is_over_when_there_is_room(make_world: Callable[..., Any]) -> None:
    """A phone that was refused once is served at its next try, at the same server."""
    world = make_world()
    full(world, 0)
    world.power_on()
    world.run_to(Event.FILE_REFUSED)
    world.ports.files[0].queue.stop(world.now_ms)
    world.run(60_000)
    assert trouble(world) == [(Event.FILE_REFUSED, 0)]
    assert world.held() == (NOTHING, world.itl, world.config)


def test_a_stopped_service_refuses_the_connection(make_world: Callable[..., Any]) -> None:
    """A node without its file service turns the phone away at once; no request is counted."""
    world = make_world()
    world.ports.files[0].is_up = False
    world.power_on()
    world.run(300_000)
    failed = world.rows(Event.FILE_FAILED)
    assert [row.node for row in failed] == [0] * TRIES
    assert all(5_000 <= gap <= 15_010 for gap in gaps(failed))
    assert {row.node for row in world.rows(Event.FILE_REQUESTED)} == {1}


@pytest.mark.parametrize("what", ["node", "path"])
def test_silence_costs_the_timeout(make_world: Callable[..., Any], what: str) -> None:
    """A node that is down or cut off costs its 10 s, then the wait, three times, per file."""
    world = make_world(node_sites=(2, 0), links=((1, 1e3), (1, 1e3), (1, 1e3)))
    if what == "node":
        world.is_on[0] = False
    else:
        world.network.up[2] = False
    world.power_on()
    started = world.run_to(Event.BOOTED).at_ms
    world.run(300_000)
    failed = world.rows(Event.FILE_FAILED)
    assert failed[0].at_ms - started == 10_000
    assert [row.node for row in failed] == [0] * TRIES
    assert all(15_000 <= gap <= 25_010 for gap in gaps(failed))
    assert world.rows(Event.FILE_REQUESTED)[0].node == 1


def test_udp_waits_double_from_try_to_try(make_world: Callable[..., Any]) -> None:
    """A phone without HTTP waits 4 s, then 8, 16, 32 and 64 for a silent server."""
    world = make_world(groups=[{"uses_http": False}], timing={"tftp_retry_wait_s": [1, 1]})
    world.is_on[0] = False
    world.power_on()
    started = world.run_to(Event.BOOTED)
    world.run(300_000)
    failed = [row for row in world.rows(Event.FILE_FAILED) if row.node == 0]
    waits = [4_000, 9_000, 17_000, 33_000, 65_000]
    assert gaps([started, *failed]) == waits


def test_a_transfer_too_slow_for_http_fails(make_world: Callable[..., Any]) -> None:
    """A file that takes longer than the HTTP timeout over a slow link is asked for again."""
    world = make_world(groups=[{"site": 1, "config_bytes": 25_000}], links=((0, 1e3), (0, 0.015)))
    world.power_on()
    failed = world.run_to(Event.FILE_FAILED)
    asked = [row for row in world.rows(Event.FILE_REQUESTED) if row.detail == FileKind.CONFIG]
    assert failed.detail == FileKind.CONFIG
    assert failed.at_ms - asked[0].at_ms == 10_000


def test_a_transfer_by_udp_takes_what_it_takes(make_world: Callable[..., Any]) -> None:
    """Block by block there is always an answer: a slow link makes UDP slow, not fail."""
    world = make_world(
        groups=[{"site": 1, "config_bytes": 25_000, "uses_http": False}],
        links=((0, 1e3), (0, 0.015)),
    )
    world.power_on()
    world.run(400_000)
    assert trouble(world) == []
    assert world.held()[2] == world.config


def test_a_server_that_stops_cuts_who_waits_for_it(make_world: Callable[..., Any]) -> None:
    """A request in the queue or in service dies with the service; the phone asks again."""
    world = make_world()
    world.ports.files[0].service_us = lambda: 8_000_000
    world.power_on()
    asked = world.run_to(Event.FILE_REQUESTED)
    world.run(1_000)
    server = world.ports.files[0]
    server.is_up = False
    server.queue.stop(world.now_ms)
    server.is_up = True  # back at once: the old request is lost all the same
    server.service_us = lambda: 5_000
    failed = world.run_to(Event.FILE_FAILED)
    assert failed.at_ms - asked.at_ms >= 8_000
    world.run(60_000)
    assert trouble(world) == [(Event.FILE_FAILED, 0)]
    assert world.state() == State.REGISTERED


def test_what_the_server_has_sent_arrives(make_world: Callable[..., Any]) -> None:
    """A file handed to the network before the stop is received: only the queue is forgotten."""
    world = make_world(groups=[{"site": 1}], links=((0, 1e3), (1000, 1e3)))
    world.power_on()
    world.run_to(Event.FILE_REQUESTED)
    world.run(100)
    server = world.ports.files[0]
    server.queue.stop(world.now_ms)
    world.run_to(Event.FILE_NOT_FOUND)
    assert trouble(world) == []


def test_a_cut_path_cuts_the_transfer(make_world: Callable[..., Any]) -> None:
    """With the WAN gone while a file is on its way, the phone has not received it."""
    world = make_world(groups=[{"site": 1}], links=((0, 1e3), (1000, 1e3)))
    world.power_on()
    world.run_to(Event.FILE_REQUESTED)
    world.network.up[1] = False
    failed = world.run_to(Event.FILE_FAILED)
    assert failed.detail == FileKind.CTL
    assert world.rows(Event.FILE_NOT_FOUND) == []
    world.network.up[1] = True
    world.run(100_000)
    assert trouble(world) == [(Event.FILE_FAILED, 0)]
    assert world.state() == State.REGISTERED


def test_a_phone_without_any_server_registers_with_its_old_config(
    make_world: Callable[..., Any],
) -> None:
    """All tries used up, the phone keeps list and config and registers with them."""
    world = make_world(state=State.REGISTERED)
    world.settle()
    for server in world.ports.files.values():
        server.is_up = False
    world.engine.send_notices(0, [0], world.ports.registrars[0], 50.0, 1)
    world.run(1_000_000)
    given_up = [row.detail for row in world.rows(Event.FILE_GIVEN_UP)]
    assert given_up == [FileKind.CTL, FileKind.ITL, FileKind.CONFIG, FileKind.OTHER]
    assert world.state() == State.REGISTERED


def test_a_new_phone_without_any_server_cannot_register(make_world: Callable[..., Any]) -> None:
    """Without a config a phone knows no CallManager; it waits until a file server comes back."""
    world = make_world()
    for server in world.ports.files.values():
        server.is_up = False
    world.power_on()
    world.run(2_000_000)
    assert world.state() == State.UNREGISTERED
    waited = len(world.rows())
    world.run(10_000_000)
    assert len(world.rows()) == waited
    world.ports.files[1].is_up = True
    world.engine.registration.came_back(world.now_ms)
    world.run()
    assert world.rows(Event.DOWNLOAD_RETRIED)
    assert world.state() == State.REGISTERED
