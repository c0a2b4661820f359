from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.cluster.twin import Twin
from twin.phones.lifecycle import Event, UnregisterCause

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

PHONES = [
    {"name": "desk", "model": "7841", "count": 50, "callmanager_group": "pub-sub"},
    {"name": "wall", "model": "8841", "count": 10, "callmanager_group": "sub-pub"},
]
MONITOR_MS = 120_000
STOP = {"stop_service": {"node": "pub", "service": "CallManager"}}
START = {"start_service": {"node": "pub", "service": "CallManager"}}


@pytest.fixture
def twin(make_twin: Callable[..., Twin]) -> Twin:
    """Fifty phones on pub, ten on sub, each with the other as second choice."""
    return make_twin(phones=PHONES)


def counts(twin: Twin) -> dict[str, int]:
    """How many phones each node counts as registered."""
    names = {node.index: node.name for node in twin.cluster.nodes.values()}
    return {names[number]: port.count for number, port in twin.cluster.ports.registrars.items()}


def test_failover(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """When CallManager stops, its phones notice the closed connection and move to the next."""
    twin.do(STOP)
    assert twin.counts()["lost"] == 50
    assert twin.wait().outcome == "done"
    assert counts(twin) == {"pub": 0, "sub": 60}
    assert twin.now_ms < 60_000
    story = tell(twin)
    lost = story.happened(Event.CONNECTION_LOST)
    assert {cause for _, _, cause in lost} == {UnregisterCause.CALLMANAGER_RESTART}
    assert {place for _, _, place in story.happened(Event.REGISTERED)} == {1}
    assert len(story.happened(Event.REGISTER_UNREACHABLE)) == 50


def test_phones_wait_before_the_next_member(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Between finding a member gone and trying the next one lie ten seconds."""
    twin.do(STOP)
    twin.wait()
    story = tell(twin)
    (name, *_) = {name for _, name, _ in story.happened(Event.CONNECTION_LOST)}
    at = {event: at_ms for at_ms, event, _, _ in story.phone(name)}
    gap_ms = at[Event.REGISTER_REQUESTED] - at[Event.REGISTER_UNREACHABLE]
    assert 10_000 <= gap_ms <= 10_010


def test_node_that_loses_power(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Nobody closes the connections: phones find out by their keepalives, one after the other."""
    twin.do({"node": {"node": "pub", "up": False}})
    assert twin.counts()["lost"] == 50
    twin.wait()
    assert counts(twin) == {"pub": 0, "sub": 60}
    story = tell(twin)
    lost = story.happened(Event.CONNECTION_LOST)
    assert {cause for _, _, cause in lost} == {UnregisterCause.KEEPALIVE_TIMEOUT}
    noticed = [at_ms for at_ms, _, _ in story.happened(Event.LOSS_NOTICED)]
    assert len(set(noticed)) > 25
    assert 60_000 < max(noticed) <= 115_000


def test_phones_on_the_other_node_stay(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Phones registered elsewhere notice nothing of it."""
    twin.do(STOP)
    twin.wait()
    twin.do(START)
    twin.wait()
    lost = {name for _, name, _ in tell(twin).happened(Event.CONNECTION_LOST)}
    columns = twin.cluster.population
    populations = {columns.group(columns.index[name]).population for name in lost}
    assert (len(lost), populations) == (50, {"desk"})


def test_fallback(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Phones return to their first member once the link has been stable, at its throttle."""
    twin.do(STOP)
    twin.wait()
    twin.do(START)
    back_ms = twin.now_ms
    assert counts(twin) == {"pub": 0, "sub": 60}
    assert twin.wait().outcome == "done"
    assert counts(twin) == {"pub": 50, "sub": 10}
    story = tell(twin)
    fell = story.happened(Event.FELL_BACK)
    assert {cause for _, _, cause in fell} == {UnregisterCause.FALLBACK_INITIATED}
    instants = sorted(at_ms for at_ms, _, _ in fell)
    assert instants[0] >= back_ms + MONITOR_MS
    assert [instants[n + 1] - instants[n] for n in range(49)] == [100] * 49


def test_throttle_is_a_parameter(
    make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """The timing profile sets how many phones a returning node takes per second."""
    twin = make_twin(phones=PHONES, timing_values={"fallback_rate_per_s": 2})
    for step in (STOP, START):
        twin.do(step)
        twin.wait()
    instants = sorted(at_ms for at_ms, _, _ in tell(twin).happened(Event.FELL_BACK))
    assert instants[-1] - instants[0] == 49 * 500


def test_node_that_goes_again_within_the_monitor(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """A node that does not stay gets none of its phones back."""
    twin.do(STOP)
    twin.wait()
    twin.do(START)
    twin.advance("1m")
    twin.do(STOP)
    twin.wait()
    assert counts(twin) == {"pub": 0, "sub": 60}
    assert tell(twin).happened(Event.FELL_BACK) == []


def test_nobody_left(twin: Twin) -> None:
    """With both nodes gone all phones are unregistered, and come back with the first of them."""
    for node in ("pub", "sub"):
        twin.do({"stop_service": {"node": node, "service": "CallManager"}})
    twin.wait("quiet")
    assert twin.counts()["unregistered"] == 60
    twin.do({"start_service": {"node": "sub", "service": "CallManager"}})
    twin.wait()
    assert counts(twin) == {"pub": 0, "sub": 60}


def test_restart_of_callmanager(twin: Twin) -> None:
    """A restart moves the phones away and, in the end, all of them back."""
    twin.do({"restart_service": {"node": "pub", "service": "CallManager"}})
    assert twin.wait().outcome == "done"
    assert counts(twin) == {"pub": 50, "sub": 10}


# -- sites ----------------------------------------------------------------------------------

SITES: list[dict[str, Any]] = [
    {"name": "core"},
    {"name": "branch", "rtt_ms": 20, "srst": True},
    {"name": "shop", "rtt_ms": 30},
]
SITE_PHONES = [
    {"name": f"{site}-phones", "model": "7841", "count": count, "site": site,
     "callmanager_group": "pub-sub"}
    for site, count in (("core", 5), ("branch", 7), ("shop", 3))
]  # fmt: skip


@pytest.fixture
def sites(make_twin: Callable[..., Twin]) -> Twin:
    """Five phones beside the nodes, seven behind a WAN with SRST, three behind one without."""
    return make_twin(sites=SITES, phones=SITE_PHONES)


def cut(twin: Twin, *names: str, up: bool = False) -> None:
    """Cut (or mend) the WAN of sites and let the phones settle."""
    for name in names:
        twin.do({"wan": {"site": name, "up": up}})
    twin.wait("quiet")


def test_cut_site_with_srst(sites: Twin, tell: Callable[[Twin], Story]) -> None:
    """Phones of a cut site register with its gateway; nobody else notices."""
    cut(sites, "branch")
    assert sites.counts()["srst"] == 7
    assert sites.counts()["registered"] == 8
    story = tell(sites)
    lost = story.happened(Event.CONNECTION_LOST)
    assert {cause for _, _, cause in lost} == {UnregisterCause.CONNECTIVITY_ERROR}
    assert len(lost) == len(story.happened(Event.SRST_REGISTERED)) == 7


def test_cut_site_without_srst(sites: Twin) -> None:
    """Without a gateway the phones of a cut site are unregistered."""
    cut(sites, "shop")
    assert sites.counts()["unregistered"] == 3
    assert sites.counts()["registered"] == 12


def test_mended_site(sites: Twin, tell: Callable[[Twin], Story]) -> None:
    """Phones return with the link: from SRST after the monitor, at the throttle."""
    cut(sites, "branch", "shop")
    mended_ms = sites.now_ms
    cut(sites, "branch", "shop", up=True)
    assert sites.counts()["registered"] == 15
    story = tell(sites)
    retried = {name: at_ms for at_ms, name, _ in story.happened(Event.REGISTER_RETRIED)}
    left = {name for _, name, _ in story.happened(Event.SRST_REGISTERED)}
    assert len(retried) == 10
    instants = sorted(retried[name] for name in left)
    assert instants[0] >= mended_ms + MONITOR_MS
    assert [instants[n + 1] - instants[n] for n in range(6)] == [100] * 6
    assert max(retried[name] for name in set(retried) - left) <= mended_ms + 31_000


def test_srst_is_for_cut_sites_only(sites: Twin) -> None:
    """Phones whose nodes are down, but not cut off, do not register with the gateway."""
    for node in ("pub", "sub"):
        sites.do({"stop_service": {"node": node, "service": "CallManager"}})
    sites.wait("quiet")
    assert sites.counts()["srst"] == 0
    assert sites.counts()["unregistered"] == 15


def test_resets_do_not_reach_a_cut_site(sites: Twin, tell: Callable[[Twin], Story]) -> None:
    """A wave of resets is for phones that are registered; those in SRST stay as they are."""
    cut(sites, "branch")
    sites.regenerate("pub", "CallManager")
    sites.wait("quiet")
    assert sites.counts()["srst"] == 7
    assert len(tell(sites).happened(Event.RESET_RECEIVED)) == 8
