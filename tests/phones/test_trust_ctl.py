"""What a stored CTL means to a phone: for lists, for configs, for CallManager's certificate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome, Reason
from twin.phones.trust import Decision, callmanager_certificates, is_sound, judge
from twin.pki.list_record import Record, Role, full_record

if TYPE_CHECKING:
    from tests.phones.conftest import Forge, Identity

LIMIT = 65_535


def ctl(forge: Forge, signer: Identity, *more: Record) -> bytes:
    """A CTL with one anchor and these records."""
    return forge.list(signer, [signer], extra=more, filename="CTLFile.tlv")


def test_the_ctl_vouches_for_the_first_itl(forge: Forge, old: Identity, new: Identity) -> None:
    """With a CTL stored and no ITL, the first ITL must be signed by somebody the CTL knows."""
    holdings = forge.holdings(ctl=ctl(forge, old))
    known, strange = (forge.signed(FileKind.ITL, signer) for signer in (old, new))
    assert judge(holdings, known, LIMIT) == Decision(Outcome.ACCEPTED_LOCAL)
    assert judge(holdings, strange, LIMIT) == Decision(None, Reason.SIGNER_NOT_IN_LISTS)


def test_an_empty_itl_beside_a_ctl_opens_nothing(
    forge: Forge, old: Identity, new: Identity
) -> None:
    """The rollback form of the ITL lets a phone accept anything only if it has no CTL."""
    blank = forge.list(old, [old])
    strange = forge.signed(FileKind.ITL, new)
    assert judge(forge.holdings(itl=blank), strange, LIMIT).outcome is Outcome.ACCEPTED_LOCAL
    both = forge.holdings(ctl=ctl(forge, old), itl=blank)
    assert judge(both, strange, LIMIT) == Decision(None, Reason.SIGNER_NOT_IN_LISTS)


def test_a_phone_with_a_ctl_alone_checks_configs_by_it(
    forge: Forge, old: Identity, new: Identity
) -> None:
    """A file server of the CTL signs configs; an unsigned one is refused."""
    server = full_record(Role.CCM_TFTP, old.certificate)
    holdings = forge.holdings(ctl=ctl(forge, new, server))
    plain = forge.read(FileKind.CONFIG, forge.config(None))
    assert judge(holdings, forge.signed(FileKind.CONFIG, old), LIMIT).outcome is (
        Outcome.ACCEPTED_LOCAL
    )
    assert judge(holdings, plain, LIMIT) == Decision(Outcome.REJECTED, Reason.BAD_SIGNATURE)


def test_a_ctl_of_a_non_secure_cluster_lets_plain_configs_in(forge: Forge, old: Identity) -> None:
    """A CTL whose servers have no certificate names no file server: the plain config is taken."""
    bare = Record(Role.CCM_TFTP, dns_name="pub", ip_address="10.0.0.1")
    holdings = forge.holdings(ctl=ctl(forge, old, bare))
    plain = forge.read(FileKind.CONFIG, forge.config(None))
    assert judge(holdings, plain, LIMIT) == Decision(Outcome.ACCEPTED_LOCAL)
    with_itl = forge.holdings(ctl=ctl(forge, old, bare), itl=forge.list(old, [old], [old]))
    assert judge(with_itl, plain, LIMIT).outcome is Outcome.REJECTED


def test_callmanager_is_looked_up_by_role(forge: Forge, old: Identity, new: Identity) -> None:
    """CCM and CCM+TFTP count, file servers and anchors do not; each certificate once."""
    other = forge.identity("cm1")
    data = ctl(
        forge, old, full_record(Role.CCM, new.certificate),
        full_record(Role.CCM_TFTP, new.certificate), full_record(Role.TFTP, other.certificate),
    )  # fmt: skip
    holdings = forge.holdings(ctl=data)
    assert callmanager_certificates(holdings, with_itl=True) == (new.certificate,)


def test_the_itl_counts_if_it_is_to(forge: Forge, old: Identity, new: Identity) -> None:
    """CallManager's record in the ITL is used only where the parameter lets it."""
    holdings = forge.holdings(
        ctl=ctl(forge, old, full_record(Role.CCM, old.certificate)),
        itl=forge.list(old, [old], [new]),
    )
    assert callmanager_certificates(holdings, with_itl=False) == (old.certificate,)
    assert callmanager_certificates(holdings, with_itl=True) == (old.certificate, new.certificate)
    assert callmanager_certificates(forge.holdings(), with_itl=True) == ()


@pytest.mark.parametrize("role", [Role.SAST, Role.CCM])
def test_a_record_with_a_wrong_hash_is_passed_over(
    forge: Forge, old: Identity, new: Identity, role: Role
) -> None:
    """A record whose SHA-1 is not its certificate's counts for nothing; a right one counts."""
    right = replace(
        full_record(role, new.certificate),
        certificate_hash=new.certificate.sha1,
        hash_algorithm=1,
    )
    wrong = replace(right, certificate_hash=b"\0" * 20)
    assert (is_sound(right), is_sound(wrong)) == (True, False)
    found = []
    for record in (right, wrong):
        holdings = forge.holdings(ctl=ctl(forge, old, record))
        file = forge.signed(FileKind.CTL, new)
        found.append(
            (judge(holdings, file, LIMIT).outcome is not None)
            if role is Role.SAST
            else bool(callmanager_certificates(holdings, with_itl=False))
        )
    assert found == [True, False]
