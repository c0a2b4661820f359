"""Fetching files on a good day: their order, their times, and what phones without SBD leave out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event, FileKind, State
from twin.phones.outcomes import Outcome, Reason, unpack

SCCP_PLAN = (FileKind.CTL, FileKind.ITL, FileKind.CONFIG, FileKind.OTHER)
OLD_PLAN = (FileKind.CTL, FileKind.CONFIG, FileKind.OTHER, FileKind.OTHER)


def booted(world: Any) -> Any:
    """The world after its phones booted."""
    world.power_on()
    world.run()
    return world


def test_a_boot_asks_for_its_files_in_order(make_world: Callable[..., Any]) -> None:
    """CTL, ITL, config and the rest are asked for one by one, from the first server."""
    world = booted(make_world())
    asked = world.rows(Event.FILE_REQUESTED)
    assert [FileKind(row.detail) for row in asked] == list(SCCP_PLAN)
    assert {row.node for row in asked} == {0}
    assert world.state() == State.REGISTERED


def test_a_file_is_asked_for_when_the_one_before_is_through(
    make_world: Callable[..., Any],
) -> None:
    """A list or config is received and checked before the phone asks for the next file."""
    world = booted(make_world())
    made = world.rows(
        Event.FILE_REQUESTED, Event.FILE_NOT_FOUND, Event.FILE_RECEIVED, Event.ITL_CHECKED,
        Event.CONFIG_CHECKED,
    )  # fmt: skip
    assert [row.event for row in made] == [
        Event.FILE_REQUESTED, Event.FILE_NOT_FOUND,
        Event.FILE_REQUESTED, Event.FILE_RECEIVED, Event.ITL_CHECKED,
        Event.FILE_REQUESTED, Event.FILE_RECEIVED, Event.CONFIG_CHECKED,
        Event.FILE_REQUESTED, Event.FILE_RECEIVED,
    ]  # fmt: skip
    assert [row.at_ms for row in made] == sorted(row.at_ms for row in made)


def test_a_missing_ctl_is_normal(make_world: Callable[..., Any]) -> None:
    """In a non-secure cluster the CTL is answered with 404, and the phone goes on without one."""
    world = booted(make_world())
    assert [row.detail for row in world.rows(Event.FILE_NOT_FOUND)] == [FileKind.CTL]
    assert world.rows(Event.CTL_CHECKED) == []
    assert world.held() == (NOTHING, world.itl, world.config)


def test_a_phone_without_security_by_default_asks_for_no_itl(
    make_world: Callable[..., Any],
) -> None:
    """An old model asks for CTL and config only, holds no list and takes its config unverified."""
    world = make_world(groups=[{"has_sbd": False, "files": OLD_PLAN, "uses_http": False}])
    world.serve_config(world.forge.config(None))
    booted(world)
    kinds = [row.detail for row in world.rows(Event.FILE_REQUESTED)]
    assert kinds == list(OLD_PLAN)
    (check,) = world.rows(Event.CONFIG_CHECKED)
    assert unpack(check.detail) == (Outcome.ACCEPTED_FIRST_USE, Reason.NONE)
    assert world.held() == (NOTHING, NOTHING, world.config)


def test_a_ctl_is_taken_before_the_itl(make_world: Callable[..., Any], ctl: bytes) -> None:
    """Where a CTL is served, it is accepted first and the ITL is then judged by it."""
    world = make_world()
    number = world.files.add(FileKind.CTL, ctl)
    world.ports.files[0].ctl_file = number
    booted(world)
    (first,) = world.rows(Event.CTL_CHECKED)
    (second,) = world.rows(Event.ITL_CHECKED)
    assert unpack(first.detail) == (Outcome.ACCEPTED_FIRST_USE, Reason.NONE)
    assert unpack(second.detail)[0] == Outcome.REJECTED
    assert world.held()[:2] == (number, NOTHING)


@pytest.mark.parametrize("rtt_ms", [1, 40, 150])
@pytest.mark.parametrize("uses_http", [True, False])
def test_a_transfer_costs_its_round_trips(
    make_world: Callable[..., Any], rtt_ms: int, uses_http: bool
) -> None:
    """A small file costs 2 round trips by HTTP and one per 512 bytes, plus 2, by UDP.

    Source: capacity-and-timing 5. Connecting is the request's, so it is counted from the asking.
    """
    other = 4_000
    world = make_world(
        groups=[{"site": 1, "uses_http": uses_http, "other_bytes": other}],
        links=((0, 100_000.0), (rtt_ms, 100_000.0)),
        timing={"trust_verify_s": [0.2, 0.2]},
    )
    booted(world)
    checked = world.rows(Event.CONFIG_CHECKED)[0].at_ms
    requested, received = (
        world.rows(event)[-1].at_ms for event in (Event.FILE_REQUESTED, Event.FILE_RECEIVED)
    )
    rounds = 2 if uses_http else other // 512 + 2
    took_ms = received - checked
    assert requested - checked == rtt_ms // 2 + (rtt_ms if uses_http else 0)
    assert took_ms == pytest.approx(rounds * rtt_ms + 5, abs=3)


def test_a_large_file_needs_more_round_trips(make_world: Callable[..., Any]) -> None:
    """Beyond one first TCP window of 14,600 bytes, each doubling costs another round trip."""
    times = []
    for size in (14_600, 14_601, 29_201):
        world = make_world(groups=[{"site": 1, "other_bytes": size}], links=((0, 1e5), (100, 1e5)))
        booted(world)
        rows = world.rows(Event.FILE_REQUESTED, Event.FILE_RECEIVED)[-2:]
        times.append(rows[1].at_ms - rows[0].at_ms)
    assert [later - times[0] for later in times] == pytest.approx([0, 100, 200], abs=3)


def test_a_slow_link_sends_one_file_after_another(make_world: Callable[..., Any]) -> None:
    """Phones behind one link of 1 Mbit/s wait for each other; phones elsewhere do not."""
    world = make_world(
        phones=[0] * 8 + [1],
        groups=[{"site": 1}, {"site": 2}],
        links=((0, 1000.0), (0, 1.0), (0, 1.0)),
        timing={"boot_sigma": 0, "dhcp_s": 2, "voice_vlan_s": [5, 5]},
    )
    world.core._tables["cold_boot"] = [[60_000] * 9]
    booted(world)
    got = [row for row in world.rows(Event.FILE_RECEIVED) if row.detail == FileKind.OTHER]
    at_site = sorted(row.at_ms for row in got if row.phone < 8)
    gaps = [later - earlier for earlier, later in pairwise(at_site)]
    each_ms = 4_000 * 8 * 1.04 / 1000
    assert min(gaps) >= round(each_ms) - 1
    alone = next(row.at_ms for row in got if row.phone == 8)
    assert alone < at_site[2]


def test_the_server_serves_five_at_once(make_world: Callable[..., Any]) -> None:
    """Requests beyond the connection objects wait their turn at the node."""
    world = make_world(phones=[0] * 12, tftp_queue=(5, 100))
    world.core._tables["cold_boot"] = [[60_000] * 12]
    for server in world.ports.files.values():
        server.service_us = lambda: 1_000_000
    booted(world)
    first = world.rows(Event.FILE_NOT_FOUND)
    asked = world.rows(Event.FILE_REQUESTED)[0].at_ms
    waits = [round((row.at_ms - asked) / 1000) for row in first]
    assert waits == [1] * 5 + [2] * 5 + [3] * 2
