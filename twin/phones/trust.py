"""The trust decision of a phone: what its own lists, and then a TVS, say of a signed file.

Knows: stored lists, signers, roles, signatures. Pure: no clock but the day it is told, no network,
no phone. It knows no procedure and no release; that a regeneration ends badly follows from here or
not at all.

Source: cucm-pki-behaviour 2.5 (SG15-DEF, 213407, 118893, MIGR), step numbers below are its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from twin.errors import FormatError
from twin.phones.files import StoredFile
from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome, Reason
from twin.phones.ports import Answer
from twin.pki import signed_file, trust_list
from twin.pki.certificates import Certificate
from twin.pki.list_record import Record, Role
from twin.pki.trust_list import TrustList

SAST_RECORDS_USED = 2
"""Phones use no more than two SAST records of a list. Source: UCNZ (community)."""

ROLES_NEEDED = {
    FileKind.CTL: frozenset({Role.SAST}),
    FileKind.ITL: frozenset({Role.SAST}),
    FileKind.CONFIG: frozenset({Role.TFTP, Role.CCM_TFTP}),
    FileKind.OTHER: frozenset({Role.TFTP, Role.CCM_TFTP}),
}
"""Source: cucm-pki-behaviour 2.5 step 1."""

CALLMANAGER_ROLES = frozenset({Role.CCM, Role.CCM_TFTP})

LIST_KINDS = (FileKind.CTL, FileKind.ITL)


@dataclass(frozen=True, slots=True)
class Holdings:
    """The lists a phone holds now."""

    ctl: TrustList | None
    itl: TrustList | None

    @property
    def is_blank(self) -> bool:
        """Nothing stored: the phone trusts on first use."""
        return self.ctl is None and self.itl is None

    @property
    def itl_vouches_for_nobody(self) -> bool:
        """The stored ITL has no TVS and no TFTP entry: the form the rollback parameter makes."""
        return self.itl is not None and not any(
            record.role in (Role.TVS, Role.TFTP, Role.CCM_TFTP) for record in self.itl.records
        )

    @property
    def names_no_file_server(self) -> bool:
        """There is a CTL only, and without a certificate for signed files (non-secure mode)."""
        return (
            self.ctl is not None
            and self.itl is None
            and not any(
                record.role in (Role.TFTP, Role.CCM_TFTP) and record.certificate is not None
                for record in self.ctl.records
            )
        )

    def records(self, issuer: str, serial: bytes) -> Iterator[Record]:
        """Records of a certificate, CTL first, then ITL; at most two SAST records a list."""
        for stored in (self.ctl, self.itl):
            sasts = 0
            for record in stored.records if stored is not None else ():
                sasts += record.role == Role.SAST
                if record.role == Role.SAST and sasts > SAST_RECORDS_USED:
                    continue
                if record.issuer == issuer and record.serial == serial and is_sound(record):
                    yield record


@dataclass(frozen=True, slots=True)
class Decision:
    """What the phone makes of a file; `outcome` None means: only a TVS can tell."""

    outcome: Outcome | None
    reasons: Reason = Reason.NONE


def judge(
    holdings: Holdings, file: StoredFile, size_limit: int, expiry_at: datetime | None = None
) -> Decision:
    """Steps 0, 1 and 7 of 2.5: decide by what the phone holds.

    Args:
        size_limit: the largest list a phone can load, bytes.
        expiry_at: the simulated time if record expiry is to be respected, else None (step 9).
    """
    if file.fault:
        return Decision(Outcome.REJECTED, Reason.MALFORMED)
    if file.kind in LIST_KINDS and len(file.data) > size_limit:
        return Decision(Outcome.REJECTED, Reason.LIST_TOO_LARGE)
    if holdings.is_blank:
        return Decision(Outcome.ACCEPTED_FIRST_USE)
    if holdings.itl_vouches_for_nobody and holdings.ctl is None:
        return Decision(Outcome.ACCEPTED_LOCAL)
    if file.kind == FileKind.CONFIG and holdings.names_no_file_server:
        # Assumption: a phone whose list names no file server asks for the plain config, as one
        # without a list does (cucm-pki-behaviour 3.1).
        return Decision(Outcome.ACCEPTED_LOCAL)
    if file.signer is None:
        return Decision(Outcome.REJECTED, Reason.BAD_SIGNATURE)
    return _by_own_lists(holdings, file, expiry_at)


def _by_own_lists(holdings: Holdings, file: StoredFile, expiry_at: datetime | None) -> Decision:
    assert file.signer is not None
    reasons = Reason.SIGNER_NOT_IN_LISTS
    for record in holdings.records(*file.signer):
        if record.role not in ROLES_NEEDED[file.kind]:
            reasons = Reason.ROLE_INSUFFICIENT
            continue
        certificate = certificate_of(record)
        if certificate is None:
            continue
        if expiry_at is not None and not (
            certificate.not_before <= expiry_at <= certificate.not_after
        ):
            return Decision(Outcome.REJECTED, Reason.RECORD_EXPIRED)
        if is_signed_by(file, certificate):
            return Decision(Outcome.ACCEPTED_LOCAL)
        return Decision(Outcome.REJECTED, Reason.BAD_SIGNATURE)
    return Decision(None, reasons)


def is_sound(record: Record) -> bool:
    """Whether a record's hash, if it has one beside its certificate, is the certificate's.

    Source: CSCuu59477: a record with a wrong SHA-1 is rejected.
    """
    if record.certificate is None or record.certificate_hash is None:
        return True
    digest = hashlib.sha1(record.certificate, usedforsecurity=False).digest()
    return record.certificate_hash == digest


def certificate_of(record: Record) -> Certificate | None:
    """The certificate a record holds; None if it holds a hash, or bytes that are none."""
    if record.certificate is None:
        return None
    try:
        return Certificate.from_der(record.certificate)
    except FormatError:
        return None


def judge_answer(file: StoredFile, answer: Answer) -> Decision:
    """Step 4: a trusted TVS has answered; unknown means: ask the next one."""
    if answer.certificate is None:
        return Decision(None, Reason.TVS_DOES_NOT_KNOW_SIGNER)
    if not answer.roles & ROLES_NEEDED[file.kind]:
        return Decision(None, Reason.ROLE_INSUFFICIENT)
    if is_signed_by(file, answer.certificate):
        return Decision(Outcome.ACCEPTED_TVS)
    return Decision(None, Reason.BAD_SIGNATURE)


def is_signed_by(file: StoredFile, certificate: Certificate) -> bool:
    """Whether the file's signature verifies, for real, under this certificate's key."""
    verify = (
        trust_list.verify_signature if file.kind in LIST_KINDS else signed_file.verify_signature
    )
    return not verify(file.data, certificate)


def tvs_is_listed(holdings: Holdings, presented: Certificate) -> bool:
    """Step 3a: the TVS's TLS certificate matches a TVS record of the stored ITL."""
    if holdings.itl is None:
        return False
    return any(
        record.role == Role.TVS
        and (
            record.certificate == presented.der
            or (record.certificate is None and record.certificate_hash == presented.sha1)
        )
        for record in holdings.itl.records
    )


def knows_in_role(holdings: Holdings, certificate: Certificate, role: Role) -> bool:
    """Whether the lists carry this very certificate in a role."""
    return any(
        record.role == role and record.certificate == certificate.der
        for record in holdings.records(certificate.issuer, certificate.serial_bytes)
    )


def longest_callmanager_key(holdings: Holdings) -> int:
    """Bits of the longest RSA key of a CallManager record in the lists; 0 without one."""
    certificates = [
        certificate_of(record)
        for stored in (holdings.ctl, holdings.itl)
        for record in (stored.records if stored is not None else ())
        if record.role in (Role.CCM, Role.CCM_TFTP)
    ]
    return max(
        (found.key_bits for found in certificates if found is not None and found.has_rsa_key),
        default=0,
    )


def callmanager_certificates(holdings: Holdings, with_itl: bool) -> tuple[Certificate, ...]:
    """The certificates by which a phone authenticates CallManager, each once, in list order.

    Source: cucm-pki-behaviour 2.5 step 1: roles CCM and CCM+TFTP.
    """
    found: dict[bytes, Certificate] = {}
    for stored in (holdings.ctl, holdings.itl if with_itl else None):
        for record in stored.records if stored is not None else ():
            if record.role in CALLMANAGER_ROLES and is_sound(record):
                certificate = certificate_of(record)
                if certificate is not None:
                    found.setdefault(certificate.der, certificate)
    return tuple(found.values())
