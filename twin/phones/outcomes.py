"""The words of a trust decision: outcomes and reasons, and how a journal row carries them.

Knows: numbers and names. Must not know how a decision is reached (`twin.phones.trust`).
"""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Outcome(IntEnum):
    """What became of a downloaded list or config."""

    UNCHANGED = 0
    """Same bytes as the phone already holds."""
    ACCEPTED_LOCAL = 1
    """Its signer is in the phone's own CTL or ITL (or the ITL vouches for nobody: rollback)."""
    ACCEPTED_TVS = 2
    """A trusted TVS vouched for its signer."""
    ACCEPTED_FIRST_USE = 3
    """The phone held no list: taken without a check."""
    REJECTED = 4
    """The old file is kept."""
    NOT_DOWNLOADED = 5
    """No TFTP node delivered it."""


class Reason(IntFlag):
    """Why a list or config was rejected, or a phone is stuck. All that apply are set."""

    NONE = 0
    SIGNER_NOT_IN_LISTS = 1
    ROLE_INSUFFICIENT = 2
    """The signer is known, but not in the role this file needs."""
    BAD_SIGNATURE = 4
    MALFORMED = 8
    LIST_TOO_LARGE = 16
    NO_TVS_LISTED = 32
    """The stored config lists no TVS, or the model of phone uses none."""
    TVS_UNREACHABLE = 64
    TVS_CERTIFICATE_NOT_IN_ITL = 128
    TVS_DOES_NOT_KNOW_SIGNER = 256
    RECORD_EXPIRED = 512
    """Only under the parameter check_record_expiry."""
    TVS_CERTIFICATE_EXPIRED = 1024
    KEY_TOO_LONG = 2048
    """The model of phone cannot use the CallManager key in its list."""
    CTL_REFUSED = 4096
    """It is the CTL that the other reasons are about."""
    CALLMANAGER_NOT_TRUSTED = 8192
    """A secure phone breaks off the TLS session: no list vouches for CallManager's certificate."""
    PHONE_NOT_TRUSTED = 16384
    """CallManager breaks off the TLS session: it does not accept the phone's certificate."""

    def words(self) -> list[str]:
        """Each reason in lower case, in order of value."""
        return [str(flag.name).lower() for flag in Reason if flag and flag in self]


def pack(outcome: Outcome, reasons: Reason = Reason.NONE) -> int:
    """Outcome and reasons as the `detail` of a journal row."""
    return int(outcome) | int(reasons) << 8


def unpack(detail: int) -> tuple[Outcome, Reason]:
    """The inverse of `pack`."""
    return Outcome(detail & 0xFF), Reason(detail >> 8)
