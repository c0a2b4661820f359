"""Asking the Trust Verification Service: whom, in which order, at what cost, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.phones.lifecycle import Event, State, TVSAnswer
from twin.phones.outcomes import Outcome, Reason, unpack
from twin.pki.list_record import Role

DAY_MS = 86_400_000
NOBODY = Reason.SIGNER_NOT_IN_LISTS


@pytest.fixture
def changed(make_world: Callable[..., Any]) -> Any:
    """One settled phone; the list served now is signed by a key its lists do not know."""
    return change(make_world(state=State.REGISTERED))


def change(world: Any) -> Any:
    """Settle the phones, then serve a list of a new signer."""
    world.settle()
    world.serve_itl(world.usual_itl("cm0-new"))
    return world


def reset(world: Any) -> tuple[Outcome, Reason]:
    """The phone boots; what became of the list."""
    world.engine.power(world.now_ms, [0], False)
    world.power_on()
    world.run()
    return unpack(world.rows(Event.ITL_CHECKED)[-1].detail)


def answers(world: Any) -> list[tuple[int, TVSAnswer]]:
    """Who was asked, and how that ended."""
    return [(row.node, TVSAnswer(row.detail)) for row in world.rows(Event.TVS_ANSWERED)]


def test_a_tvs_that_knows_the_signer_vouches(changed: Any) -> None:
    """The first TVS of the stored config returns the signer as SAST: the list is taken."""
    changed.teach(0, changed.forge.identity("cm0-new"), Role.SAST, Role.CCM_TFTP)
    assert reset(changed) == (Outcome.ACCEPTED_TVS, Reason.NONE)
    assert answers(changed) == [(0, TVSAnswer.KNOWN)]
    assert changed.held()[1] == changed.ports.files[0].itl_file


def test_the_question_names_the_signer(changed: Any) -> None:
    """A query asks for the file's signer by issuer and serial."""
    reset(changed)
    assert changed.asked == [(n, changed.forge.identity("cm0-new").name) for n in (0, 1)]


def test_an_unknowing_tvs_is_followed_by_the_next(changed: Any) -> None:
    """A TVS without the certificate leaves it to the next server of the list."""
    changed.teach(1, changed.forge.identity("cm0-new"), Role.SAST)
    assert reset(changed) == (Outcome.ACCEPTED_TVS, Reason.NONE)
    assert answers(changed) == [(0, TVSAnswer.UNKNOWN), (1, TVSAnswer.KNOWN)]


def test_the_order_is_that_of_the_stored_config(make_world: Callable[..., Any]) -> None:
    """The phone asks the TVS servers of the config it holds, not of the one being served."""
    world = make_world(state=State.REGISTERED)
    cm0 = world.forge.identity("cm0")
    world.serve_config(world.forge.config(cm0, tvs=(1, 0)))
    change(world)
    world.serve_config(world.forge.config(cm0, tvs=(0,), stamp="2"))
    reset(world)
    assert [node for node, _ in answers(world)] == [1, 0]


def test_servers_the_stored_config_does_not_name_are_not_asked(
    make_world: Callable[..., Any],
) -> None:
    """A TVS that would know the signer is of no use to a phone whose config does not list it."""
    world = make_world(state=State.REGISTERED)
    world.serve_config(world.forge.config(world.forge.identity("cm0"), tvs=(1,)))
    change(world)
    world.teach(0, world.forge.identity("cm0-new"), Role.SAST)
    assert reset(world) == (Outcome.REJECTED, NOBODY | Reason.TVS_DOES_NOT_KNOW_SIGNER)
    assert [node for node, _ in answers(world)] == [1]


def test_without_a_tvs_in_the_config_nobody_is_asked(make_world: Callable[..., Any]) -> None:
    """A stored config without TVS members leaves the phone to its own lists."""
    world = make_world(state=State.REGISTERED)
    world.serve_config(world.forge.config(world.forge.identity("cm0"), tvs=()))
    change(world)
    assert reset(world) == (Outcome.REJECTED, NOBODY | Reason.NO_TVS_LISTED)
    assert answers(world) == []


@pytest.mark.parametrize("what", ["service", "node", "path", "none there"])
def test_an_unreachable_tvs_costs_its_timeout(make_world: Callable[..., Any], what: str) -> None:
    """A TVS that does not answer costs 5 s; then the next one is asked."""
    world = change(make_world(state=State.REGISTERED, node_sites=(2, 0), links=((1, 1e3),) * 3))
    world.teach(1, world.forge.identity("cm0-new"), Role.SAST)
    for server in (world.ports.files[0], world.ports.registrars[0]):
        server.is_up = False
    if what == "service":
        world.ports.tvs[0].is_up = False
    elif what == "node":
        world.is_on[0] = False
    elif what == "path":
        world.network.up[2] = False
    else:
        del world.ports.tvs[0]
    assert reset(world) == (Outcome.ACCEPTED_TVS, Reason.NONE)
    assert answers(world) == [(0, TVSAnswer.UNREACHABLE), (1, TVSAnswer.KNOWN)]
    asked, answered = world.rows(Event.TVS_ASKED)[0], world.rows(Event.TVS_ANSWERED)[0]
    assert answered.at_ms - asked.at_ms == 5_000


def test_a_tvs_the_stored_list_does_not_have_is_not_believed(changed: Any) -> None:
    """A TVS that presents a new certificate is unusable, though it knows the signer."""
    for node in (0, 1):
        changed.teach(node, changed.forge.identity("cm0-new"), Role.SAST)
        changed.ports.tvs[node].certificate = changed.forge.identity("tvs-new").certificate
    assert reset(changed) == (Outcome.REJECTED, NOBODY | Reason.TVS_CERTIFICATE_NOT_IN_ITL)
    assert answers(changed) == [(0, TVSAnswer.UNTRUSTED), (1, TVSAnswer.UNTRUSTED)]
    assert changed.asked == []


def test_every_reason_on_the_way_is_told(changed: Any) -> None:
    """One TVS silent, the other unknowing: the rejection names both."""
    changed.ports.tvs[0].is_up = False
    wanted = NOBODY | Reason.TVS_UNREACHABLE | Reason.TVS_DOES_NOT_KNOW_SIGNER
    assert reset(changed) == (Outcome.REJECTED, wanted)


def test_a_tvs_that_gives_too_small_a_role_does_not_vouch(changed: Any) -> None:
    """A signer known as a file server only may not sign lists."""
    changed.teach(0, changed.forge.identity("cm0-new"), Role.TFTP)
    outcome, reasons = reset(changed)
    assert outcome == Outcome.REJECTED
    assert Reason.ROLE_INSUFFICIENT in reasons


def test_a_session_takes_its_time(changed: Any) -> None:
    """Handshake and query together take half a second or so, and the list is judged then."""
    changed.teach(0, changed.forge.identity("cm0-new"), Role.SAST)
    reset(changed)
    asked, answered = changed.rows(Event.TVS_ASKED)[0], changed.rows(Event.TVS_ANSWERED)[0]
    assert 100 <= answered.at_ms - asked.at_ms <= 1_510
    assert changed.rows(Event.ITL_CHECKED)[0].at_ms == answered.at_ms


def test_a_crowd_at_one_tvs_waits_its_turn(make_world: Callable[..., Any]) -> None:
    """A hundred phones at once are answered at the TVS's rate of 200 sessions per second."""
    world = make_world(phones=[0] * 100, state=State.REGISTERED, timing={"tvs_session_s": 0.5})
    change(world)
    world.core._tables["tvs_session"] = [[500] * 100, [500] * 100]
    world.core._tables["cold_boot"] = [[60_000] * 100]
    world.core._tables["verify_itl"] = [[200] * 100] * 2
    world.engine.power(0, range(100), False)
    world.power_on()
    world.run()
    times = sorted(row.at_ms for row in world.rows(Event.TVS_ANSWERED) if row.node == 0)
    spread_s = (times[-1] - times[0]) / 1000
    assert spread_s == pytest.approx(99 / 200, abs=0.06)


def test_an_answer_is_kept_for_a_day(changed: Any) -> None:
    """A phone that was told of a signer does not ask again within the answer's 24 hours."""
    changed.teach(0, changed.forge.identity("cm0-new"), Role.SAST, Role.CCM_TFTP)
    reset(changed)
    again = changed.forge.config(changed.forge.identity("cm0-new"), stamp="2")
    keep = changed.held()
    changed.population.holdings[0] = changed.judgements.holdings(-1, changed.itl)
    changed.serve_config(again)
    told_ms = changed.rows(Event.TVS_ANSWERED)[0].at_ms
    changed.simulation.run_until(told_ms + DAY_MS - 200_000)
    assert reset(changed) == (Outcome.ACCEPTED_TVS, Reason.NONE)
    assert len(answers(changed)) == 1
    assert changed.held()[1] == keep[1]


def test_an_answer_is_not_kept_longer(changed: Any) -> None:
    """A day later the same question is asked again."""
    changed.teach(0, changed.forge.identity("cm0-new"), Role.SAST, Role.CCM_TFTP)
    reset(changed)
    changed.population.holdings[0] = changed.judgements.holdings(-1, changed.itl)
    changed.simulation.run_until(changed.rows(Event.TVS_ANSWERED)[0].at_ms + DAY_MS)
    reset(changed)
    assert len(answers(changed)) == 2


def test_a_remembered_answer_outlives_its_server(changed: Any) -> None:
    """With every TVS gone, what a phone was told yesterday still opens its list."""
    changed.teach(0, changed.forge.identity("cm0-new"), Role.SAST, Role.CCM_TFTP)
    reset(changed)
    for server in changed.ports.tvs.values():
        server.is_up = False
    changed.population.holdings[0] = changed.judgements.holdings(-1, changed.itl)
    assert reset(changed) == (Outcome.ACCEPTED_TVS, Reason.NONE)


def test_the_answer_about_a_list_serves_the_config(make_world: Callable[..., Any]) -> None:
    """Told of the signer for the list, the phone need not ask for the config it signs, too."""
    world = make_world(state=State.REGISTERED)
    world.settle()
    new = world.forge.identity("cm0-new")
    world.serve_itl(world.forge.list(new, [new], [world.forge.identity("cm0")]))
    config = world.serve_config(world.forge.config(new))
    world.teach(0, new, Role.SAST, Role.CCM_TFTP)
    reset(world)
    assert unpack(world.rows(Event.CONFIG_CHECKED)[-1].detail)[0] == Outcome.ACCEPTED_TVS
    assert world.held()[2] == config
    assert len(answers(world)) == 1


def test_an_answer_of_too_small_a_role_does_not_spare_the_question(changed: Any) -> None:
    """A kept answer that does not settle the matter leaves the phone asking."""
    new = changed.forge.identity("cm0-new")
    changed.teach(0, new, Role.TFTP)
    reset(changed)
    changed.teach(0, new, Role.SAST)
    assert reset(changed) == (Outcome.ACCEPTED_TVS, Reason.NONE)
    assert answers(changed)[-1] == (0, TVSAnswer.KNOWN)


def test_a_server_gone_before_the_session_is_there(make_world: Callable[..., Any]) -> None:
    """A TVS that stops while the first packet is on its way is silent."""
    world = change(make_world(state=State.REGISTERED, groups=[{"site": 1}]))
    world.teach(0, world.forge.identity("cm0-new"), Role.SAST)
    world.engine.power(0, [0], False)
    world.power_on()
    world.run_to(Event.TVS_ASKED)
    world.ports.tvs[0].is_up = False
    world.run()
    assert answers(world)[0] == (0, TVSAnswer.UNREACHABLE)
    assert world.asked == [(1, world.forge.identity("cm0-new").name)]


@pytest.mark.parametrize("what", ["restart", "stop", "cut"])
def test_a_session_broken_off_is_no_answer(make_world: Callable[..., Any], what: str) -> None:
    """A TVS that goes away, or whose path does, while the phone talks to it, has not vouched."""
    world = change(
        make_world(
            state=State.REGISTERED, node_sites=(2, 0), links=((1, 1e3),) * 3,
            groups=[{"tftp": (1,), "callmanagers": (1,)}],
        )
    )  # fmt: skip
    world.teach(0, world.forge.identity("cm0-new"), Role.SAST)
    world.engine.power(0, [0], False)
    world.power_on()
    world.run_to(Event.TVS_ASKED)
    world.run(90)
    if what == "cut":
        world.network.up[2] = False
    else:
        world.ports.tvs[0].queue.stop(world.now_ms)
        world.ports.tvs[0].is_up = what == "restart"
    world.run()
    assert answers(world)[0] == (0, TVSAnswer.UNREACHABLE)
    assert unpack(world.rows(Event.ITL_CHECKED)[-1].detail)[0] == Outcome.REJECTED


def test_phones_without_security_by_default_ask_no_tvs(make_world: Callable[..., Any]) -> None:
    """An old model uses no TVS even where its config names some."""
    world = make_world(state=State.REGISTERED, groups=[{"has_sbd": False}])
    world.settle()
    assert world.engine.checking.tvs_list(0) == ()
