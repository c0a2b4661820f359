"""What a phone decides by its own lists alone: steps 0 and 1 of cucm-pki-behaviour 2.5.

Every list and config is really signed and every signature really checked.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome, Reason
from twin.phones.trust import Decision, Holdings, judge
from twin.pki import trust_list
from twin.pki.list_record import Role, full_record, hash_record

LIMIT = 65_535
ACCEPTED = Decision(Outcome.ACCEPTED_LOCAL)
FIRST_USE = Decision(Outcome.ACCEPTED_FIRST_USE)
LISTS = (FileKind.CTL, FileKind.ITL)


def undecided(reasons: Reason) -> Decision:
    """Only a TVS can tell."""
    return Decision(None, reasons)


def rejected(reasons: Reason) -> Decision:
    """The old file is kept."""
    return Decision(Outcome.REJECTED, reasons)


def flipped(data: bytes, offset: int = -1) -> bytes:
    """The same bytes but one."""
    changed = bytearray(data)
    changed[offset] ^= 0x01
    return bytes(changed)


# -- step 0: trust on first use -------------------------------------------------------------


@pytest.mark.parametrize("kind", [FileKind.CTL, FileKind.ITL, FileKind.CONFIG])
def test_a_phone_without_lists_trusts_on_first_use(forge: Any, new: Any, kind: FileKind) -> None:
    """With neither CTL nor ITL stored, a list or config of any signer is taken unverified."""
    assert judge(Holdings(None, None), forge.signed(kind, new), LIMIT) == FIRST_USE


@pytest.mark.parametrize("kind", LISTS)
def test_trust_on_first_use_does_not_look_at_the_signature(
    forge: Any, itl: bytes, kind: FileKind
) -> None:
    """A first list is taken even when its signature is wrong: there is nothing to check it with."""
    file = forge.read(kind, flipped(itl))
    assert judge(Holdings(None, None), file, LIMIT) == FIRST_USE


def test_with_a_ctl_the_first_itl_must_verify_against_it(forge: Any, ctl: bytes) -> None:
    """A stored CTL ends trust on first use: an ITL is taken if an anchor of the CTL signed it."""
    held = forge.holdings(ctl=ctl)
    by_anchor = forge.signed(FileKind.ITL, forge.identity("anchor"))
    assert judge(held, by_anchor, LIMIT) == ACCEPTED


def test_with_a_ctl_a_first_itl_of_a_stranger_is_not_taken(
    forge: Any, ctl: bytes, new: Any
) -> None:
    """A first ITL whose signer the CTL does not list is left to the TVS."""
    held = forge.holdings(ctl=ctl)
    decision = judge(held, forge.signed(FileKind.ITL, new), LIMIT)
    assert decision == undecided(Reason.SIGNER_NOT_IN_LISTS)


# -- step 1: signer, role, signature --------------------------------------------------------


@pytest.mark.parametrize("kind", [FileKind.CTL, FileKind.ITL, FileKind.CONFIG])
def test_a_listed_signer_is_believed(forge: Any, itl: bytes, old: Any, kind: FileKind) -> None:
    """A file whose signer the stored ITL lists in the role it needs is accepted locally."""
    assert judge(forge.holdings(itl=itl), forge.signed(kind, old), LIMIT) == ACCEPTED


@pytest.mark.parametrize("kind", [FileKind.CTL, FileKind.ITL, FileKind.CONFIG])
def test_a_signer_nobody_lists_is_left_to_tvs(
    forge: Any, itl: bytes, new: Any, kind: FileKind
) -> None:
    """A file of an unlisted signer is neither accepted nor rejected by the lists."""
    decision = judge(forge.holdings(itl=itl), forge.signed(kind, new), LIMIT)
    assert decision == undecided(Reason.SIGNER_NOT_IN_LISTS)


@pytest.mark.parametrize(
    ("kind", "role"), list(product([FileKind.CTL, FileKind.ITL, FileKind.CONFIG], Role))
)
def test_each_kind_of_file_needs_its_role(
    forge: Any, old: Any, new: Any, kind: FileKind, role: Role
) -> None:
    """Lists need a SAST record of the signer, configs a TFTP or CCM+TFTP record, nothing else."""
    tvs = forge.identity("tvs0")
    record = full_record(role, new.certificate)
    held = forge.holdings(itl=forge.list(old, [old], [old], [tvs], extra=[record]))
    enough = {Role.SAST} if kind in LISTS else {Role.TFTP, Role.CCM_TFTP}
    decision = judge(held, forge.signed(kind, new), LIMIT)
    assert decision == (ACCEPTED if role in enough else undecided(Reason.ROLE_INSUFFICIENT))


def test_the_issuer_counts_beside_the_serial(forge: Any, itl: bytes, old: Any) -> None:
    """A signer with a listed serial but another issuer is not the listed signer."""
    held = forge.holdings(itl=itl)
    file = forge.signed(FileKind.ITL, old)
    assert list(held.records(*old.name))
    assert not list(held.records("CN=somebody", old.name[1]))
    assert not list(held.records(old.name[0], old.name[1] + b"\x01"))
    assert file.signer == old.name


@pytest.mark.parametrize("kind", [FileKind.CTL, FileKind.ITL, FileKind.CONFIG])
def test_a_wrong_signature_of_a_listed_signer_is_final(
    forge: Any, itl: bytes, old: Any, kind: FileKind
) -> None:
    """A changed byte in a file of a listed signer is a rejection: no TVS is asked."""
    good = forge.signed(kind, old).data
    offset = -3 if kind in LISTS else good.index(b"<versionStamp>") + 14
    decision = judge(forge.holdings(itl=itl), forge.read(kind, flipped(good, offset)), LIMIT)
    assert decision == rejected(Reason.BAD_SIGNATURE)


def test_an_unsigned_config_is_not_for_a_phone_with_a_list(forge: Any, itl: bytes) -> None:
    """A phone that holds an ITL refuses a config without a signature."""
    file = forge.read(FileKind.CONFIG, forge.config(None))
    assert judge(forge.holdings(itl=itl), file, LIMIT) == rejected(Reason.BAD_SIGNATURE)


# -- where the record is found --------------------------------------------------------------


def test_the_ctl_is_looked_at_before_the_itl(forge: Any, old: Any) -> None:
    """The record of the CTL decides when both lists have the signer."""
    ctl = forge.list(old, [], [], extra=[full_record(Role.SAST, old.certificate)])
    itl = forge.list(old, [], [old], [forge.identity("tvs0")])
    held = forge.holdings(ctl=ctl, itl=itl)
    assert [record.role for record in held.records(*old.name)] == [Role.SAST, Role.CCM_TFTP]


def test_both_lists_vouch_together(forge: Any, ctl: bytes, itl: bytes, old: Any) -> None:
    """A signer only one of the two lists has is believed, whichever it is."""
    held = forge.holdings(ctl=ctl, itl=itl)
    for signer in (old, forge.identity("anchor")):
        for kind in (FileKind.CTL, FileKind.ITL, FileKind.CONFIG):
            assert judge(held, forge.signed(kind, signer), LIMIT) == ACCEPTED


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_only_the_first_two_sast_records_count(forge: Any, new: Any, place: int) -> None:
    """A third SAST record of a list is passed over, as phones do."""
    others = [forge.identity(f"other{n}") for n in range(3)]
    anchors = [*others[:place], new, *others[place:]]
    held = forge.holdings(itl=forge.list(anchors[0], anchors, [others[0]]))
    decision = judge(held, forge.signed(FileKind.ITL, new), LIMIT)
    assert decision == (ACCEPTED if place < 2 else undecided(Reason.SIGNER_NOT_IN_LISTS))


def test_each_list_has_its_own_two_sast_records(forge: Any, new: Any) -> None:
    """Two anchors in the CTL leave room for two in the ITL."""
    others = [forge.identity(f"other{n}") for n in range(3)]
    ctl = forge.list(others[0], others[:2], filename=trust_list.CTL_NAME)
    itl = forge.list(others[2], [others[2], new], [others[2]])
    held = forge.holdings(ctl=ctl, itl=itl)
    assert judge(held, forge.signed(FileKind.ITL, new), LIMIT) == ACCEPTED


def test_a_sast_record_without_its_certificate_cannot_verify(
    forge: Any, old: Any, new: Any
) -> None:
    """A SAST record that holds only a hash names the signer but has no key to check with."""
    record = hash_record(Role.SAST, new.certificate)
    held = forge.holdings(itl=forge.list(old, [old], [old], extra=[record]))
    decision = judge(held, forge.signed(FileKind.ITL, new), LIMIT)
    assert decision == undecided(Reason.SIGNER_NOT_IN_LISTS)
