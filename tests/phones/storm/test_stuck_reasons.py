"""Which phones are stuck and why, by the paths that are open to them now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from twin.phones.lifecycle import Event, State
from twin.phones.outcomes import Reason
from twin.phones.stuck import BY_HAND, Finding, RecoveryKeys
from twin.pki.list_record import Role, full_record

NOBODY = Reason.SIGNER_NOT_IN_LISTS


@pytest.fixture
def settled(make_world: Callable[..., Any]) -> Any:
    """A world whose one phone is registered and holds what is served."""
    world = make_world(state=State.REGISTERED)
    world.settle()
    return world


def look(world: Any, journal: bool = False) -> Finding:
    """What is found on the first phone now."""
    return world.stuck.run(world.now_ms, RecoveryKeys(), journal)[0]


def new_signer(world: Any) -> None:
    """Lists are signed by a key no phone knows from now on."""
    world.serve_itl(world.usual_itl("cm0-new"))


def test_a_phone_that_holds_what_is_served_is_not_stuck(settled: Any) -> None:
    """With list and config those served now, nothing is wrong."""
    assert look(settled) == Finding(Reason.NONE, (), itl_is_current=True)


def test_a_phone_behind_but_not_stuck(settled: Any) -> None:
    """A phone that would take the new list at its next boot is behind, not stuck."""
    settled.serve_itl(settled.usual_itl("cm0", "cm0-new"))
    assert look(settled) == Finding(Reason.NONE, (), itl_is_current=False)


def test_a_new_phone_is_never_stuck(make_world: Callable[..., Any]) -> None:
    """A phone without lists takes whatever is served."""
    world = make_world()
    new_signer(world)
    world.serve_config(world.forge.config(world.forge.identity("cm0-new")))
    assert not look(world).is_stuck


@pytest.mark.parametrize("state", [State.OFF, State.REGISTERED])
def test_stuck_does_not_depend_on_what_the_phone_is_doing(
    make_world: Callable[..., Any], state: State
) -> None:
    """A registered phone and one without power are stuck alike."""
    world = make_world(state=state)
    world.settle()
    new_signer(world)
    assert look(world).is_stuck


def test_a_signer_no_tvs_knows(settled: Any) -> None:
    """Every TVS answers and none knows the signer."""
    new_signer(settled)
    assert look(settled).reasons == NOBODY | Reason.TVS_DOES_NOT_KNOW_SIGNER


@pytest.mark.parametrize("node", [0, 1])
def test_one_tvs_that_knows_is_enough(settled: Any, node: int) -> None:
    """A TVS the list has, that is up and knows the signer, keeps the phone from being stuck."""
    new_signer(settled)
    settled.teach(node, settled.forge.identity("cm0-new"), Role.SAST, Role.CCM_TFTP)
    assert not look(settled).is_stuck


def test_a_role_too_small(settled: Any) -> None:
    """A TVS that knows the signer as no SAST does not help."""
    new_signer(settled)
    settled.teach(0, settled.forge.identity("cm0-new"), Role.TFTP)
    settled.teach(1, settled.forge.identity("cm0-new"), Role.TFTP)
    assert look(settled).reasons == NOBODY | Reason.ROLE_INSUFFICIENT


def test_tvs_down(settled: Any) -> None:
    """With every TVS down, that is the reason."""
    new_signer(settled)
    for node in (0, 1):
        settled.teach(node, settled.forge.identity("cm0-new"), Role.SAST)
    settled.ports.tvs[0].is_up = False
    settled.is_on[1] = False
    assert look(settled).reasons == NOBODY | Reason.TVS_UNREACHABLE
    del settled.ports.tvs[1]
    assert look(settled).reasons == NOBODY | Reason.TVS_UNREACHABLE


def test_tvs_certificates_the_list_does_not_have(settled: Any) -> None:
    """With every TVS presenting a new certificate, that is the reason."""
    new_signer(settled)
    for node in (0, 1):
        settled.teach(node, settled.forge.identity("cm0-new"), Role.SAST)
        settled.ports.tvs[node].certificate = settled.forge.identity("tvs-new").certificate
    assert look(settled).reasons == NOBODY | Reason.TVS_CERTIFICATE_NOT_IN_ITL


def test_all_reasons_on_the_way_are_told(settled: Any) -> None:
    """One TVS down, the other replaced: both are told."""
    new_signer(settled)
    settled.ports.tvs[0].is_up = False
    settled.ports.tvs[1].certificate = settled.forge.identity("tvs-new").certificate
    wanted = NOBODY | Reason.TVS_UNREACHABLE | Reason.TVS_CERTIFICATE_NOT_IN_ITL
    assert look(settled).reasons == wanted


def test_a_config_that_lists_no_tvs(make_world: Callable[..., Any]) -> None:
    """A phone whose stored config names no TVS has only its lists."""
    world = make_world(state=State.REGISTERED)
    world.serve_config(world.forge.config(world.forge.identity("cm0"), tvs=()))
    world.settle()
    new_signer(world)
    assert look(world).reasons == NOBODY | Reason.NO_TVS_LISTED


def test_a_bad_signature(settled: Any) -> None:
    """A list with a wrong signature of a known signer opens for nobody."""
    data = bytearray(settled.usual_itl("cm0", "cm0-new"))
    data[-10] ^= 1
    settled.serve_itl(bytes(data))
    assert look(settled) == Finding(Reason.BAD_SIGNATURE, (BY_HAND,), itl_is_current=False)


def test_a_list_nobody_can_read(settled: Any) -> None:
    """A malformed list is its own reason, and not even erased lists help against it."""
    settled.serve_itl(b"no list at all")
    assert look(settled) == Finding(Reason.MALFORMED, (), itl_is_current=False)


def test_a_list_too_large(settled: Any) -> None:
    """A list over 64 KB is its own reason, and no way to another list is a remedy."""
    cm0 = settled.forge.identity("cm0")
    record = full_record(Role.CAPF, cm0.certificate)
    settled.serve_itl(settled.forge.list(cm0, [cm0], [cm0], extra=[record] * 70))
    keys = RecoveryKeys(cm0.certificate, cm0.certificate)
    (found,) = settled.stuck.run(0, keys, False)
    assert found == Finding(Reason.LIST_TOO_LARGE, (), itl_is_current=False)


def test_an_expired_record(make_world: Callable[..., Any]) -> None:
    """Where phones look at dates, a record that ran out is the reason."""
    world = make_world(state=State.REGISTERED, timing={"check_record_expiry": 1})
    stale = world.forge.identity("stale", age_days=400, days=401)
    world.itl = world.serve_itl(world.forge.list(stale, [stale], [stale]))
    world.settle()
    world.serve_itl(world.forge.list(stale, [stale, world.forge.identity("cm0")], [stale]))
    assert not look(world).is_stuck
    world.simulation.run_until(round(timedelta(days=2).total_seconds() * 1000))
    assert look(world).reasons == Reason.RECORD_EXPIRED


def test_a_config_can_be_what_a_phone_is_stuck_on(settled: Any) -> None:
    """With the list current and the config signed by a stranger, the config is what sticks."""
    settled.serve_config(settled.forge.config(settled.forge.identity("cm0-new")))
    found = look(settled)
    assert found.reasons == NOBODY | Reason.TVS_DOES_NOT_KNOW_SIGNER
    assert found.itl_is_current


def test_the_list_of_the_same_boot_counts_for_the_config(settled: Any) -> None:
    """A config whose signer comes with the list that would be taken first sticks nobody."""
    settled.serve_itl(settled.usual_itl("cm0", "cm0-new"))
    settled.serve_config(settled.forge.config(settled.forge.identity("cm0-new")))
    assert not look(settled).is_stuck


def test_an_answer_still_kept_is_a_path(settled: Any) -> None:
    """A phone that was told of the signer within the last day is not stuck, a day later it is."""
    settled.teach(0, settled.forge.identity("cm0-new"), Role.SAST)
    new_signer(settled)
    settled.engine.power(0, [0], False)
    settled.power_on()
    settled.run()
    settled.population.holdings[0] = settled.judgements.holdings(-1, settled.itl)
    settled.knows[0].clear()
    assert not look(settled).is_stuck
    settled.run(86_400_000)
    assert look(settled).is_stuck


def test_a_phone_asks_the_first_server_that_serves(settled: Any) -> None:
    """Stuck on the first server's list, a phone is free once that server is down."""
    settled.serve_itl(settled.usual_itl("cm0-new"), 0)
    assert look(settled).is_stuck
    settled.ports.files[0].is_up = False
    assert not look(settled).is_stuck


def test_without_any_server_nobody_is_stuck(settled: Any) -> None:
    """No file service is a fault of service, not of trust."""
    new_signer(settled)
    for node in (0, 1):
        settled.ports.files[node].is_up = False
    assert not look(settled).is_stuck


def test_a_cut_wan_makes_nobody_stuck(make_world: Callable[..., Any]) -> None:
    """A cut path is taken as mended: what would be accepted then is not stuck now."""
    world = make_world(state=State.REGISTERED, groups=[{"site": 1}])
    world.settle()
    new_signer(world)
    world.teach(0, world.forge.identity("cm0-new"), Role.SAST)
    world.network.up[1] = False
    assert not look(world).is_stuck


def test_a_phone_without_security_by_default_cannot_be_stuck(
    make_world: Callable[..., Any],
) -> None:
    """An old model has no list, takes every config, and counts as current."""
    world = make_world(groups=[{"has_sbd": False}], state=State.REGISTERED)
    new_signer(world)
    world.serve_config(world.forge.config(None, stamp="2"))
    assert look(world) == Finding(Reason.NONE, (), itl_is_current=True)


def test_findings_are_journalled_when_asked(make_world: Callable[..., Any]) -> None:
    """The end-of-run look writes one row per stuck phone; a look in between writes none."""
    world = make_world(phones=[0, 0], state=State.REGISTERED)
    world.settle()
    new_signer(world)
    world.population.holdings[1] = world.judgements.holdings(-1, world.ports.files[0].itl_file)
    look(world)
    assert world.rows(Event.FOUND_STUCK) == []
    look(world, journal=True)
    (row,) = world.rows(Event.FOUND_STUCK)
    assert (row.phone, Reason(row.detail)) == (0, NOBODY | Reason.TVS_DOES_NOT_KNOW_SIGNER)


def test_phones_alike_are_looked_at_once(make_world: Callable[..., Any]) -> None:
    """Ten thousand phones with equal lists, config and answers cost one examination."""
    world = make_world(phones=[0] * 500, state=State.REGISTERED)
    world.settle()
    new_signer(world)
    found = world.stuck.run(0, RecoveryKeys(), False)
    assert len(found) == 500
    assert all(finding is found[0] for finding in found)
    assert len(world.asked) <= 8
