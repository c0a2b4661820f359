"""What a phone makes of a TVS: whether it may be asked, and what its answer is worth.

Steps 3a and 4 of cucm-pki-behaviour 2.5.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome, Reason
from twin.phones.ports import Answer
from twin.phones.trust import (
    Decision,
    Holdings,
    is_signed_by,
    judge_answer,
    knows_in_role,
    tvs_is_listed,
)
from twin.pki.list_record import Role, full_record

DAY_MS = 86_400_000
KINDS = (FileKind.CTL, FileKind.ITL, FileKind.CONFIG)


def answer(identity: Any, *roles: Role) -> Answer:
    """A TVS knows the certificate in these roles."""
    return Answer(identity.certificate, frozenset(roles), DAY_MS)


@pytest.mark.parametrize("full_tvs", [False, True], ids=["hash", "certificate"])
def test_a_tvs_of_the_stored_itl_may_be_asked(forge: Any, old: Any, full_tvs: bool) -> None:
    """A TVS whose certificate an ITL record holds, as a hash or in full, is trusted."""
    tvs = forge.identity("tvs0")
    held = forge.holdings(itl=forge.list(old, [old], [old], [tvs], full_tvs=full_tvs))
    assert tvs_is_listed(held, tvs.certificate)
    assert not tvs_is_listed(held, forge.identity("tvs0-new").certificate)


def test_a_tvs_is_known_by_its_certificate_not_by_its_name(forge: Any, old: Any) -> None:
    """A regenerated TVS certificate of the same subject is not the listed one."""
    first, second = forge.identity("tvs0"), forge.identity("tvs0", age_days=1)
    assert first.certificate.subject == second.certificate.subject
    for full in (False, True):
        held = forge.holdings(itl=forge.list(old, [old], [old], [first], full_tvs=full))
        assert not tvs_is_listed(held, second.certificate)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.TVS])
def test_only_the_tvs_role_makes_a_tvs(forge: Any, old: Any, role: Role) -> None:
    """A certificate listed in any other role is no TVS."""
    tvs = forge.identity("tvs0").certificate
    held = forge.holdings(itl=forge.list(old, [old], [old], extra=[full_record(role, tvs)]))
    assert not tvs_is_listed(held, tvs)


def test_a_ctl_lists_no_tvs(forge: Any, old: Any, ctl: bytes) -> None:
    """Without a stored ITL no TVS can be trusted, whatever the CTL holds."""
    tvs = forge.identity("tvs0")
    odd = forge.list(old, [old], [old], [tvs])
    for held in (Holdings(None, None), forge.holdings(ctl=ctl), forge.holdings(ctl=odd)):
        assert not tvs_is_listed(held, tvs.certificate)


@pytest.mark.parametrize(("kind", "role"), list(product(KINDS, Role)))
def test_an_answer_counts_in_the_role_the_file_needs(
    forge: Any, new: Any, kind: FileKind, role: Role
) -> None:
    """A TVS that returns the signer is believed if it returns a sufficient role with it."""
    enough = {Role.TFTP, Role.CCM_TFTP} if kind == FileKind.CONFIG else {Role.SAST}
    decision = judge_answer(forge.signed(kind, new), answer(new, role))
    if role in enough:
        assert decision == Decision(Outcome.ACCEPTED_TVS)
    else:
        assert decision == Decision(None, Reason.ROLE_INSUFFICIENT)


def test_one_sufficient_role_among_several_is_enough(forge: Any, new: Any) -> None:
    """The roles of a CallManager, as the product's TVS gives them, do for lists and configs."""
    for kind in KINDS:
        decision = judge_answer(forge.signed(kind, new), answer(new, Role.SAST, Role.CCM_TFTP))
        assert decision.outcome == Outcome.ACCEPTED_TVS


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_without_a_certificate_settles_nothing(
    forge: Any, new: Any, kind: FileKind
) -> None:
    """A TVS that does not know the signer leaves the question to the next one."""
    decision = judge_answer(forge.signed(kind, new), Answer(None, frozenset(), 0))
    assert decision == Decision(None, Reason.TVS_DOES_NOT_KNOW_SIGNER)


@pytest.mark.parametrize("kind", KINDS)
def test_a_vouched_signer_must_really_have_signed(
    forge: Any, old: Any, new: Any, kind: FileKind
) -> None:
    """An answer with another certificate than the signer's does not accept the file."""
    decision = judge_answer(forge.signed(kind, new), answer(old, *Role))
    assert decision == Decision(None, Reason.BAD_SIGNATURE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_is_checked_under_the_kind_of_file(
    forge: Any, old: Any, new: Any, kind: FileKind
) -> None:
    """Lists and signed files verify under their signer's certificate and no other."""
    file = forge.signed(kind, new)
    assert is_signed_by(file, new.certificate)
    assert not is_signed_by(file, old.certificate)


def test_a_role_is_known_for_the_very_certificate(forge: Any, itl: bytes, old: Any) -> None:
    """The lists know a certificate in the roles of its full records, not another of its name."""
    held = forge.holdings(itl=itl)
    assert knows_in_role(held, old.certificate, Role.SAST)
    assert knows_in_role(held, old.certificate, Role.CCM_TFTP)
    assert not knows_in_role(held, old.certificate, Role.TFTP)
    renewed = forge.identity("cm0", age_days=1)
    assert not knows_in_role(held, renewed.certificate, Role.SAST)


def test_a_hash_does_not_make_a_certificate_known(forge: Any, itl: bytes) -> None:
    """A TVS record that holds a hash gives no role that needs the certificate."""
    tvs = forge.identity("tvs0").certificate
    assert not knows_in_role(forge.holdings(itl=itl), tvs, Role.TVS)
