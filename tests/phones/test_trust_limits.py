"""What a phone decides whoever signed: files it cannot read, lists that vouch for nobody, dates.

Steps 7, 8 and 9 of cucm-pki-behaviour 2.5, and the size limit of 2.1.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome, Reason
from twin.phones.trust import Decision, Holdings, judge, longest_callmanager_key
from twin.pki.list_record import Role, full_record

LIMIT = 65_535
ACCEPTED = Decision(Outcome.ACCEPTED_LOCAL)
FIRST_USE = Decision(Outcome.ACCEPTED_FIRST_USE)
LISTS = (FileKind.CTL, FileKind.ITL)


def rejected(reasons: Reason) -> Decision:
    """The old file is kept."""
    return Decision(Outcome.REJECTED, reasons)


# -- lists that cannot be read --------------------------------------------------------------


@pytest.mark.parametrize("kind", [FileKind.CTL, FileKind.ITL, FileKind.CONFIG])
@pytest.mark.parametrize("data", [b"", b"\x01", b"<device>", b"\x01\x00\x02\x01\x02" * 9])
def test_malformed_files_are_rejected_as_such(
    forge: Any, itl: bytes, kind: FileKind, data: bytes
) -> None:
    """Bytes that are no list or config are rejected with that reason, whatever is stored."""
    file = forge.read(kind, data)
    assert file.fault
    for held in (Holdings(None, None), forge.holdings(itl=itl)):
        assert judge(held, file, LIMIT) == rejected(Reason.MALFORMED)


def test_a_record_with_a_broken_certificate_verifies_nothing(forge: Any, old: Any) -> None:
    """A list taken on first use may hold anything: a record that holds no certificate is no key."""
    record = replace(full_record(Role.SAST, old.certificate), certificate=b"\x30\x00broken")
    other = forge.identity("anchor")
    held = forge.holdings(itl=forge.list(other, [other], [other], extra=[record]))
    for moment in (None, forge.start):
        decision = judge(held, forge.signed(FileKind.ITL, old), LIMIT, moment)
        assert decision == Decision(None, Reason.SIGNER_NOT_IN_LISTS)


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("spare", [0, -1])
def test_a_list_over_the_limit_is_rejected(
    forge: Any, itl: bytes, old: Any, kind: FileKind, spare: int
) -> None:
    """A list of the limit's size is loaded, one byte more is not, not even on first use."""
    file = forge.signed(kind, old)
    for held, fits in ((Holdings(None, None), FIRST_USE), (forge.holdings(itl=itl), ACCEPTED)):
        decision = judge(held, file, len(file.data) + spare)
        assert decision == (fits if spare == 0 else rejected(Reason.LIST_TOO_LARGE))


def test_too_many_certificates_do_not_fit(forge: Any, old: Any) -> None:
    """A list of seventy records of real certificates is larger than 64 KB, so it is refused."""
    records = [full_record(Role.CAPF, old.certificate)] * 70
    file = forge.read(FileKind.ITL, forge.list(old, [old], [old], extra=records))
    assert len(file.data) > LIMIT
    assert judge(Holdings(None, None), file, LIMIT) == rejected(Reason.LIST_TOO_LARGE)


def test_the_limit_is_for_lists(forge: Any, itl: bytes, old: Any) -> None:
    """A config may be larger than a list may."""
    file = forge.signed(FileKind.CONFIG, old)
    assert judge(forge.holdings(itl=itl), file, 10) == ACCEPTED


# -- steps 7 and 8: the list that vouches for nobody ----------------------------------------


@pytest.mark.parametrize("kind", [FileKind.CTL, FileKind.ITL, FileKind.CONFIG])
def test_a_list_that_vouches_for_nobody_lets_everything_in(
    forge: Any, old: Any, new: Any, kind: FileKind
) -> None:
    """With the rollback form of the ITL stored, files of any signer are accepted."""
    held = forge.holdings(itl=forge.list(old, [old]))
    assert held.itl_vouches_for_nobody
    assert judge(held, forge.signed(kind, new), LIMIT) == ACCEPTED


def test_a_list_that_vouches_for_nobody_lets_unsigned_configs_in(forge: Any, old: Any) -> None:
    """With the rollback form of the ITL stored, an unsigned config is accepted."""
    held = forge.holdings(itl=forge.list(old, [old]))
    file = forge.read(FileKind.CONFIG, forge.config(None))
    assert judge(held, file, LIMIT) == ACCEPTED


@pytest.mark.parametrize("kind", [FileKind.CTL, FileKind.ITL, FileKind.CONFIG])
def test_a_stored_ctl_goes_on_counting_beside_a_blank_itl(
    forge: Any, ctl: bytes, old: Any, new: Any, kind: FileKind
) -> None:
    """The rollback form blanks the ITL only: with a CTL stored, the CTL is enforced."""
    held = forge.holdings(ctl=ctl, itl=forge.list(old, [old]))
    decision = judge(held, forge.signed(kind, new), LIMIT)
    assert decision == Decision(None, Reason.SIGNER_NOT_IN_LISTS)
    assert judge(held, forge.signed(kind, forge.identity("anchor")), LIMIT) == ACCEPTED


@pytest.mark.parametrize("role", [Role.TVS, Role.TFTP, Role.CCM_TFTP])
def test_one_entry_is_enough_to_vouch(forge: Any, old: Any, role: Role) -> None:
    """A list with a TVS, TFTP or CCM+TFTP entry is no rollback form."""
    record = full_record(role, forge.identity("tvs0").certificate)
    held = forge.holdings(itl=forge.list(old, [old], extra=[record]))
    assert not held.itl_vouches_for_nobody


# -- step 9: dates --------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-401, -400, 0, 1424, 1426])
def test_dates_count_only_under_the_parameter(forge: Any, itl: bytes, old: Any, days: int) -> None:
    """An expired or not yet valid record is believed, unless phones are told to look at dates."""
    held, file = forge.holdings(itl=itl), forge.signed(FileKind.ITL, old)
    moment = forge.start + timedelta(days=days)
    certificate = old.certificate
    in_time = certificate.not_before <= moment <= certificate.not_after
    assert judge(held, file, LIMIT) == ACCEPTED
    expected = ACCEPTED if in_time else rejected(Reason.RECORD_EXPIRED)
    assert judge(held, file, LIMIT, moment) == expected


# -- keys a model cannot use ----------------------------------------------------------------


def test_the_longest_callmanager_key(forge: Any, itl: bytes, old: Any) -> None:
    """RSA keys of file-signing CallManager records count, whatever else the lists hold."""
    assert longest_callmanager_key(Holdings(None, None)) == 0
    assert longest_callmanager_key(forge.holdings(itl=itl)) == 1024
    broken = replace(full_record(Role.CCM_TFTP, old.certificate), certificate=b"\x30\x00broken")
    anchor = forge.identity("anchor")
    held = forge.holdings(itl=forge.list(anchor, [anchor], [], extra=[broken]))
    assert longest_callmanager_key(held) == 0
