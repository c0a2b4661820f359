"""A phone opens an HTTPS service: who vouches for the web server, and what that costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.phones.lifecycle import Event, HTTPSOutcome, State
from twin.phones.ports import WebServer
from twin.pki.list_record import Role, full_record

DAY_MS = 86_400_000


@pytest.fixture
def settled(make_world: Callable[..., Any]) -> Any:
    """A world whose one phone is registered and holds what is served."""
    world = make_world(state=State.REGISTERED)
    world.settle()
    return world


def web(world: Any, name: str = "web", site: int = 0) -> WebServer:
    """A web server that presents the certificate of this name."""
    certificate = world.forge.identity(name).certificate
    return WebServer(name, site, lambda: certificate)


def opened(world: Any, server: WebServer) -> HTTPSOutcome:
    """The phone opens a page; how that ended, as the journal tells it."""
    told = world.https.open(world.now_ms, 0, server)
    seen = len(world.rows(Event.HTTPS_CHECKED))
    world.run(60_000)
    (row,) = world.rows(Event.HTTPS_CHECKED)[seen:]
    assert row.detail == told
    return told


def test_a_server_a_tvs_knows_is_trusted(settled: Any) -> None:
    """A TVS that has the certificate with the application role lets the page open."""
    settled.teach(0, settled.forge.identity("web"), Role.APP_SERVER)
    assert opened(settled, web(settled)) == HTTPSOutcome.TRUSTED
    assert [node for node, _ in settled.asked] == [0]


def test_a_server_nobody_knows_is_refused(settled: Any) -> None:
    """With both servers asked and neither knowing it, the page does not open."""
    assert opened(settled, web(settled)) == HTTPSOutcome.REFUSED_UNKNOWN
    assert [node for node, _ in settled.asked] == [0, 1]


def test_another_role_is_not_enough(settled: Any) -> None:
    """A certificate TVS knows in other roles than the application's is refused."""
    others = [role for role in Role if role != Role.APP_SERVER]
    settled.teach(0, settled.forge.identity("web"), *others)
    assert opened(settled, web(settled)) == HTTPSOutcome.REFUSED_UNKNOWN


def test_without_a_usable_tvs_nothing_opens(settled: Any) -> None:
    """One TVS down, the other with a new certificate: the phone has nobody to ask."""
    for node in (0, 1):
        settled.teach(node, settled.forge.identity("web"), Role.APP_SERVER)
    settled.ports.tvs[0].is_up = False
    settled.ports.tvs[1].certificate = settled.forge.identity("tvs-new").certificate
    started_ms = settled.now_ms
    assert opened(settled, web(settled)) == HTTPSOutcome.REFUSED_NO_TVS
    assert settled.asked == []
    waited_ms = settled.rows(Event.HTTPS_CHECKED)[0].at_ms - started_ms
    assert waited_ms > 5_000


def test_the_blank_list_of_a_rollback_closes_the_pages(settled: Any) -> None:
    """With a list that vouches for nobody stored, no TVS can be asked."""
    cm0 = settled.forge.identity("cm0")
    number = settled.serve_itl(settled.forge.list(cm0, [cm0]))
    settled.population.holdings[0] = settled.judgements.holdings(-1, number)
    settled.teach(0, settled.forge.identity("web"), Role.APP_SERVER)
    assert opened(settled, web(settled)) == HTTPSOutcome.REFUSED_NO_TVS


@pytest.mark.parametrize("what", ["silent", "cut"])
def test_a_server_that_does_not_answer(make_world: Callable[..., Any], what: str) -> None:
    """A stopped web server or a cut path is neither trusted nor refused."""
    world = make_world(state=State.REGISTERED, links=((1, 1e3),) * 3)
    world.settle()
    server = web(world, site=2)
    if what == "silent":
        server = WebServer("web", 2, lambda: None)
    else:
        world.network.up[2] = False
    assert opened(world, server) == HTTPSOutcome.UNREACHABLE


def test_a_listed_application_server_needs_no_tvs(settled: Any) -> None:
    """A certificate the phone's own list has in the application role is trusted at once."""
    cm0, page = settled.forge.identity("cm0"), settled.forge.identity("web")
    record = full_record(Role.APP_SERVER, page.certificate)
    number = settled.serve_itl(settled.forge.list(cm0, [cm0], [cm0], extra=[record]))
    settled.population.holdings[0] = settled.judgements.holdings(-1, number)
    assert opened(settled, web(settled)) == HTTPSOutcome.TRUSTED
    assert settled.asked == []


def test_an_answer_about_a_server_is_kept_for_a_day(settled: Any) -> None:
    """The second page of a server within a day asks nobody; the day after, TVS is asked again."""
    settled.teach(0, settled.forge.identity("web"), Role.APP_SERVER)
    for _ in range(2):
        assert opened(settled, web(settled)) == HTTPSOutcome.TRUSTED
    assert len(settled.asked) == 1
    settled.run(DAY_MS)
    assert opened(settled, web(settled)) == HTTPSOutcome.TRUSTED
    assert len(settled.asked) == 2


def test_a_renewed_server_is_another_server(settled: Any) -> None:
    """The kept answer about the old certificate says nothing of a new one of the same name."""
    settled.teach(0, settled.forge.identity("web"), Role.APP_SERVER)
    opened(settled, web(settled))
    renewed = settled.forge.identity("web", age_days=1).certificate
    server = WebServer("web", 0, lambda: renewed)
    assert opened(settled, server) == HTTPSOutcome.REFUSED_UNKNOWN


@pytest.mark.parametrize("what", ["power", "reset", "loss"])
def test_a_page_under_way_is_lost_with_the_phone(make_world: Callable[..., Any], what: str) -> None:
    """A phone that goes away before the page is there never tells how it would have ended."""
    world = make_world(state=State.REGISTERED, timing={"reset_phone_jitter_s": [0, 0], "p_busy": 0})
    world.settle()
    for server in world.ports.tvs.values():
        server.is_up = False
    world.https.open(0, 0, web(world))
    world.run(100)
    if what == "power":
        world.engine.power(world.now_ms, [0], False)
    elif what == "reset":
        world.engine.send_notices(world.now_ms, [0], world.ports.registrars[0], 50.0, 1)
    else:
        world.engine.losses.node_stopped(world.now_ms, 0, hangs=True)
    world.run()
    assert world.rows(Event.HTTPS_CHECKED) == []
