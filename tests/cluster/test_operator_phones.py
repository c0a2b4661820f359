from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.cluster.acts.scene import Outcome
from twin.cluster.twin import Twin
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event, HTTPSOutcome, State, UnregisterCause
from twin.phones.outcomes import Outcome as Judged
from twin.phones.outcomes import unpack

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

DESK = {"population": "desk"}


@pytest.fixture
def twin(make_twin: Callable[..., Twin]) -> Twin:
    """Six desk phones on pub, four wall phones on sub; nobody is on a call."""
    return make_twin(timing_values={"p_busy": 0})


def lists_of(twin: Twin, name: str) -> tuple[int, int]:
    """The CTL and ITL a phone holds, as file numbers."""
    columns = twin.cluster.population
    holdings = columns.holdings[columns.index[name]]
    return twin.cluster.engine.core.judgements.lists(holdings)


def outcomes(story: Story, event: Event) -> list[Judged]:
    """How a kind of file was judged, in order."""
    return [unpack(detail)[0] for _, _, detail in story.happened(event)]


# -- reset_phones ---------------------------------------------------------------------------


def test_reset(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """A bulk reset sends one notice after the other, at its pace, and is done with the last."""
    outcome = twin.do({"reset_phones": {"select": DESK}})
    assert outcome == Outcome("done", "6 phones")
    assert twin.now_ms == 250
    twin.wait()
    story = tell(twin)
    received = story.happened(Event.RESET_RECEIVED)
    assert [at_ms for at_ms, _, _ in received] == [0, 50, 100, 150, 200, 250]
    assert {wave for _, _, wave in received} == {0}
    assert len(story.happened(Event.UNREGISTERED)) == 6
    assert story.happened(Event.RESTARTED) == []
    assert len(story.happened(Event.REGISTERED)) == 6
    assert story.told("step")[0].data["text"] == "reset phones"


def test_restart(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """A restart goes straight to the download, without a boot."""
    twin.do({"reset_phones": {"select": DESK, "kind": "restart"}})
    twin.wait()
    story = tell(twin)
    assert len(story.happened(Event.RESTARTED)) == 6
    assert story.happened(Event.BOOTED) == []
    assert len(story.happened(Event.REGISTERED)) == 6


def test_reset_of_phones_that_are_not_there(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Phones that are not registered get no notice; with none registered it is done at once."""
    twin.do({"power": {"phones": DESK, "on": False}})
    assert twin.do({"reset_phones": {}}) == Outcome("done", "4 phones")
    twin.wait()
    twin.do({"power": {"on": False}})
    assert twin.do({"reset_phones": {}}) == Outcome("done", "0 phones")
    assert len(tell(twin).happened(Event.RESET_RECEIVED)) == 4


def test_reset_without_any_callmanager(make_twin: Callable[..., Twin]) -> None:
    """A deployment without call processing has nobody to reset."""
    nodes = [{"name": "pub", "role": "publisher", "address": "10.0.0.1", "services": ["TFTP"]}]
    twin = make_twin(nodes=nodes, callmanager_groups=[], phones=[])
    assert twin.do({"reset_phones": {}}) == Outcome("done", "0 phones")


def test_reset_changes_nothing_that_is_current(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Phones that are reset while nothing changed find list and config as they hold them."""
    twin.do({"reset_phones": {}})
    twin.wait()
    story = tell(twin)
    assert outcomes(story, Event.ITL_CHECKED) == [Judged.UNCHANGED] * 10
    assert outcomes(story, Event.CONFIG_CHECKED) == [Judged.UNCHANGED] * 10


# -- power ----------------------------------------------------------------------------------


def test_power(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Only phones whose power changes are counted; those that get it boot and register."""
    assert twin.do({"power": {"phones": DESK, "on": False}}) == Outcome("done", "6 phones")
    assert twin.do({"power": {"on": False}}) == Outcome("done", "4 phones")
    assert twin.do({"power": {"on": False}}) == Outcome("done", "0 phones")
    assert twin.counts()["off"] == 10
    registrars = twin.cluster.ports.registrars.values()
    assert [registrar.count for registrar in registrars] == [0, 0]
    assert twin.do({"power": {"phones": DESK, "on": True}}) == Outcome("done", "6 phones")
    assert twin.counts()["booting"] == 6
    assert twin.wait().outcome == "done"
    assert twin.counts() | {"off": 0, "registered": 0} == dict.fromkeys(twin.counts(), 0)
    assert (twin.counts()["off"], twin.counts()["registered"]) == (4, 6)
    assert [registrar.count for registrar in registrars] == [6, 0]
    assert len(tell(twin).happened(Event.POWERED_ON)) == 6


def test_phones_that_were_off_follow_later(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """A phone that was off during a CallManager regeneration takes the new list by TVS later."""
    twin.do({"power": {"phones": DESK, "on": False}})
    twin.regenerate("pub", "CallManager")
    twin.advance("24h")
    twin.do({"power": {"on": True}})
    twin.wait()
    assert twin.stuck() == {}
    desk = [name for _, name, _ in tell(twin).happened(Event.POWERED_ON)]
    story = tell(twin)
    judged = {name: unpack(detail)[0] for _, name, detail in story.happened(Event.ITL_CHECKED)}
    assert {judged[name] for name in desk} == {Judged.ACCEPTED_TVS}


def test_new_phones_take_what_they_get(
    make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """A phone that never was in the cluster holds nothing and trusts the first list it gets."""
    phones = [
        {"name": "new", "model": "7841", "count": 3, "callmanager_group": "pub-sub",
         "initial": "new"},
    ]  # fmt: skip
    twin = make_twin(phones=phones)
    assert twin.counts()["off"] == 3
    assert {lists_of(twin, name) for name in twin.cluster.population.names} == {(NOTHING, NOTHING)}
    twin.do({"power": {"on": True}})
    twin.wait()
    assert twin.counts()["registered"] == 3
    assert outcomes(tell(twin), Event.ITL_CHECKED) == [Judged.ACCEPTED_FIRST_USE] * 3


# -- lists erased by hand -------------------------------------------------------------------


def test_delete_lists_at_once(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Erased phones boot without lists and take what they are served; the rest stay as they are."""
    outcome = twin.do({"delete_phone_lists": {"select": DESK}})
    assert outcome == Outcome("done", "6 phones visited")
    assert twin.now_ms == 0
    assert twin.counts()["booting"] == 6
    twin.wait()
    story = tell(twin)
    assert len(story.happened(Event.LISTS_DELETED)) == 6
    assert outcomes(story, Event.ITL_CHECKED) == [Judged.ACCEPTED_FIRST_USE] * 6
    assert twin.counts()["registered"] == 10


def test_delete_lists_visit_by_visit(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Whoever walks from phone to phone needs the time that so many visits take."""
    twin.do({"delete_phone_lists": {"select": DESK, "visits_per_hour": 12}})
    assert twin.now_ms == 6 * 300_000
    twin.wait()
    visits = [at_ms for at_ms, _, _ in tell(twin).happened(Event.LISTS_DELETED)]
    assert visits == [300_000 * number for number in range(1, 7)]


def test_delete_lists_frees_stuck_phones(make_twin: Callable[..., Twin]) -> None:
    """Phones that can follow no more are free once somebody erased their lists."""
    twin = make_twin(timing_values={"regeneration_guard_min": 0})
    for node in ("pub", "sub"):
        for unit in ("CallManager", "TVS"):
            twin.regenerate(node, unit)
    twin.wait()
    assert len(twin.stuck()) == 10
    twin.do({"delete_phone_lists": {"select": {"count": 7}}})
    twin.wait()
    assert len(twin.stuck()) == 3


def test_erased_phone_without_power_stays_off(twin: Twin) -> None:
    """Erasing the lists of a phone that is off does not switch it on."""
    twin.do({"power": {"phones": DESK, "on": False}})
    twin.do({"delete_phone_lists": {"select": DESK}})
    assert twin.counts()["off"] == 6
    off = [n for n, state in enumerate(twin.cluster.population.state) if state == State.OFF]
    names = [twin.cluster.population.names[number] for number in off]
    assert {lists_of(twin, name) for name in names} == {(NOTHING, NOTHING)}


# -- HTTPS ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "outcome"),
    [
        ({"node": "labserver1"}, HTTPSOutcome.TRUSTED),
        ({"web_server": "outside-web"}, HTTPSOutcome.REFUSED_UNKNOWN),
    ],
)
def test_https(
    make_twin: Callable[..., Twin],
    tell: Callable[[Twin], Story],
    server: dict[str, Any],
    outcome: HTTPSOutcome,
) -> None:
    """Phones open the cluster's own pages through TVS, and refuse a server nobody knows."""
    twin = make_twin("seed-lab")
    assert twin.do({"https_request": server}) == Outcome("done", "2 phones")
    twin.advance("1m")
    story = tell(twin)
    assert [detail for _, _, detail in story.happened(Event.HTTPS_CHECKED)] == [outcome] * 2
    assert bool(story.told("no_roles")) is (outcome is HTTPSOutcome.REFUSED_UNKNOWN)


def test_https_look_up_of_the_deck(
    make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """The outside server's certificate is looked up by the deck's MAP ID, in both caches."""
    twin = make_twin("seed-lab")
    twin.do({"https_request": {"web_server": "outside-web"}})
    twin.advance("1m")
    look_ups = tell(twin).told("look_up", node="labserver2")
    assert [row.data["cache"] for row in look_ups[:2]] == [
        "CertificateDBCACHE",
        "CertificateCTLCACHE",
    ]
    assert {row.data["map_id"] for row in look_ups} == {"027865CN=VASANK-DC1-CA;OU=BGL;O=TAC;C=IN"}


def test_https_while_every_tvs_is_down(
    make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """Without a TVS to ask, even the cluster's own page is refused, after the timeouts."""
    twin = make_twin("seed-lab")
    for node in ("labserver1", "labserver2"):
        twin.do({"stop_service": {"node": node, "service": "TVS"}})
    twin.do({"https_request": {"node": "labserver1"}})
    twin.advance("1m")
    checked = tell(twin).happened(Event.HTTPS_CHECKED)
    assert [detail for _, _, detail in checked] == [HTTPSOutcome.REFUSED_NO_TVS] * 2
    assert all(at_ms >= 10_000 for at_ms, _, _ in checked)


def test_cause_of_a_reset(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """A phone that is reset gives up its registration for CallManager's reset."""
    twin.do({"reset_phones": {"select": DESK}})
    twin.wait()
    causes = {detail for _, _, detail in tell(twin).happened(Event.UNREGISTERED)}
    assert causes == {UnregisterCause.CALLMANAGER_RESET}
