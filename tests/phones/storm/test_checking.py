"""What acceptance and rejection do to a phone, boot by boot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event, FileKind, State
from twin.phones.outcomes import Outcome, Reason, unpack
from twin.pki.list_record import Role, full_record


@pytest.fixture
def settled(make_world: Callable[..., Any]) -> Any:
    """A world whose one phone is registered and holds what is served."""
    world = make_world(state=State.REGISTERED)
    world.settle()
    return world


def boot(world: Any) -> list[tuple[Outcome, Reason]]:
    """The phone is switched off and on; what became of its ITL and its config."""
    seen = len(world.rows())
    world.engine.power(world.now_ms, [0], False)
    world.power_on()
    world.run()
    rows = world.rows()[seen:]
    return [
        unpack(row.detail) for row in rows if row.event in (Event.ITL_CHECKED, Event.CONFIG_CHECKED)
    ]


def test_the_same_files_are_left_unchanged(settled: Any) -> None:
    """A boot in a cluster where nothing changed changes nothing and asks nobody."""
    before = settled.held()
    assert boot(settled) == [(Outcome.UNCHANGED, Reason.NONE)] * 2
    assert settled.held() == before
    assert settled.asked == []


def test_a_new_list_of_the_old_signer_is_taken(settled: Any) -> None:
    """A list signed by a listed signer replaces the stored one without a TVS."""
    number = settled.serve_itl(settled.usual_itl("cm0", "cm0-new"))
    assert boot(settled)[0] == (Outcome.ACCEPTED_LOCAL, Reason.NONE)
    assert settled.held()[1] == number
    assert settled.asked == []


def test_an_accepted_list_counts_for_the_config_of_the_same_boot(settled: Any) -> None:
    """A list brings the new signer; the config it signs, read a second later, is believed."""
    settled.serve_itl(settled.usual_itl("cm0", "cm0-new"))
    config = settled.serve_config(settled.forge.config(settled.forge.identity("cm0-new")))
    assert boot(settled) == [(Outcome.ACCEPTED_LOCAL, Reason.NONE)] * 2
    assert settled.held()[2] == config
    assert settled.asked == []


def test_without_the_list_the_same_config_is_refused(settled: Any) -> None:
    """The config of a new signer is refused by a phone that was not given the list before."""
    before = settled.held()
    settled.serve_config(settled.forge.config(settled.forge.identity("cm0-new")))
    reasons = Reason.SIGNER_NOT_IN_LISTS | Reason.TVS_DOES_NOT_KNOW_SIGNER
    assert boot(settled)[1] == (Outcome.REJECTED, reasons)
    assert settled.held() == before


def test_a_rejected_list_leaves_the_stored_one(settled: Any) -> None:
    """A list nobody vouches for is refused, the old one kept, and the phone registers with it."""
    before = settled.held()
    settled.serve_itl(settled.usual_itl("cm0-new"))
    outcome, reasons = boot(settled)[0]
    assert outcome == Outcome.REJECTED
    assert reasons == Reason.SIGNER_NOT_IN_LISTS | Reason.TVS_DOES_NOT_KNOW_SIGNER
    assert settled.held() == before
    assert settled.state() == State.REGISTERED


def test_a_phone_never_forgets_by_itself(settled: Any) -> None:
    """A stuck phone refuses the same list at every boot."""
    settled.serve_itl(settled.usual_itl("cm0-new"))
    assert {boot(settled)[0][0] for _ in range(4)} == {Outcome.REJECTED}


def test_a_list_with_a_wrong_signature_is_refused_without_asking(settled: Any) -> None:
    """A changed byte under a listed signer's name ends the matter: no TVS is asked."""
    data = bytearray(settled.usual_itl("cm0", "cm0-new"))
    data[-10] ^= 1
    settled.serve_itl(bytes(data))
    assert boot(settled)[0] == (Outcome.REJECTED, Reason.BAD_SIGNATURE)
    assert settled.rows(Event.TVS_ASKED) == []


def test_a_list_too_large_keeps_the_phone_from_registering(settled: Any) -> None:
    """Over 64 KB the list cannot be loaded: refused, and the phone stays unregistered."""
    forge, cm0 = settled.forge, settled.forge.identity("cm0")
    record = full_record(Role.CAPF, cm0.certificate)
    settled.serve_itl(forge.list(cm0, [cm0], [cm0], extra=[record] * 70))
    assert boot(settled) == [(Outcome.REJECTED, Reason.LIST_TOO_LARGE)]
    assert settled.state() == State.UNREGISTERED
    (row,) = settled.rows(Event.LIST_UNUSABLE)
    assert Reason(row.detail) == Reason.LIST_TOO_LARGE


def test_a_new_phone_takes_list_and_config_on_trust(make_world: Callable[..., Any]) -> None:
    """A phone out of the box takes the ITL unverified, then checks the config against it."""
    world = make_world()
    assert boot(world) == [
        (Outcome.ACCEPTED_FIRST_USE, Reason.NONE),
        (Outcome.ACCEPTED_LOCAL, Reason.NONE),
    ]
    assert world.held() == (NOTHING, world.itl, world.config)


def test_the_blank_list_of_a_rollback_is_taken_and_lets_everything_in(settled: Any) -> None:
    """After the blank list a phone takes an unsigned config, and then the list of a stranger."""
    cm0 = settled.forge.identity("cm0")
    settled.serve_itl(settled.forge.list(cm0, [cm0]))
    settled.serve_config(settled.forge.config(None))
    assert boot(settled) == [(Outcome.ACCEPTED_LOCAL, Reason.NONE)] * 2
    stranger = settled.serve_itl(settled.usual_itl("cm0-new"))
    assert boot(settled)[0] == (Outcome.ACCEPTED_LOCAL, Reason.NONE)
    assert settled.held()[1] == stranger


def test_dates_count_at_the_moment_of_the_check(make_world: Callable[..., Any]) -> None:
    """Under check_record_expiry a phone takes a file before noon and refuses one after."""
    world = make_world(state=State.REGISTERED, timing={"check_record_expiry": 1})
    stale = world.forge.identity("stale", age_days=400, days=401)
    world.itl = world.serve_itl(world.forge.list(stale, [stale], [stale]))
    world.settle()
    first = world.serve_config(world.forge.config(stale))
    assert boot(world)[1] == (Outcome.ACCEPTED_LOCAL, Reason.NONE)
    end = stale.certificate.not_after - world.forge.start
    world.simulation.run_until(int(end.total_seconds() * 1000))
    world.serve_config(world.forge.config(stale, stamp="2"))
    assert boot(world)[1] == (Outcome.REJECTED, Reason.RECORD_EXPIRED)
    assert world.held()[2] == first


@pytest.mark.parametrize("share", [0, 1])
def test_sources_disagree_whether_a_stuck_phone_registers(
    make_world: Callable[..., Any], share: float
) -> None:
    """The parameter p_unreg_on_bad_itl decides whether a phone that refused its ITL registers."""
    world = make_world(state=State.REGISTERED, timing={"p_unreg_on_bad_itl": share})
    world.settle()
    world.serve_itl(world.usual_itl("cm0-new"))
    boot(world)
    assert world.state() == (State.UNREGISTERED if share else State.REGISTERED)


def test_each_phone_may_have_its_own_signed_config(make_world: Callable[..., Any]) -> None:
    """With every_phone each config is really signed and checked; the outcome is the class's."""
    for every_phone in (False, True):
        world = make_world(phones=[0] * 3, every_phone=every_phone)
        signed = []
        server = world.ports.files[0]
        own = server.signed_config
        server.signed_config = lambda phone, own=own, signed=signed: (
            signed.append(phone) or own(phone)
        )
        world.power_on()
        world.run()
        checks = [unpack(row.detail)[0] for row in world.rows(Event.CONFIG_CHECKED)]
        assert checks == [Outcome.ACCEPTED_LOCAL] * 3
        assert sorted(signed) == ([0, 1, 2] if every_phone else [])


def test_a_boot_that_was_cut_off_leaves_nothing_behind(make_world: Callable[..., Any]) -> None:
    """The config under judgement when the power went is not judged in the list's place later."""
    world = make_world(state=State.REGISTERED, every_phone=True)
    world.settle()
    vouched, stranger = (world.forge.identity(name) for name in ("cm0-new", "cm0-later"))
    world.teach(0, vouched, Role.SAST, Role.CCM_TFTP)
    own = world.forge.config(vouched)
    world.ports.files[0].signed_config = lambda phone: own
    world.serve_config(world.forge.config(vouched, stamp="2"))
    world.engine.power(0, [0], False)
    world.power_on()
    world.run_to(Event.TVS_ASKED)
    world.engine.power(world.now_ms, [0], False)
    world.serve_itl(world.usual_itl("cm0-later"))
    world.power_on()
    world.run()
    assert world.asked[0] == (0, stranger.name)
    assert unpack(world.rows(Event.ITL_CHECKED)[-1].detail)[0] == Outcome.REJECTED
    assert world.held()[1] == world.itl


@pytest.mark.parametrize("share", [0, 1])
def test_a_new_load_is_written_once(make_world: Callable[..., Any], share: float) -> None:
    """A new config that names new firmware costs an upgrade and one more boot, once."""
    world = make_world(timing={"p_load_change": share})
    for stamp in ("1", "1", "2"):
        world.serve_config(world.forge.config(world.forge.identity("cm0"), stamp=stamp))
        boot(world)
        world.run(2_000_000)
    (*upgrades,) = world.rows(Event.UPGRADE_STARTED, Event.UPGRADED)
    assert [row.event for row in upgrades] == [Event.UPGRADE_STARTED, Event.UPGRADED][: 2 * share]
    if share:
        assert 120_000 <= upgrades[1].at_ms - upgrades[0].at_ms <= 900_000
    kinds = [row.detail for row in world.rows(Event.FILE_REQUESTED)]
    assert kinds.count(FileKind.CTL) == 3 + share
    assert world.state() == State.REGISTERED
