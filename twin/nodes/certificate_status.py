"""device.tkcertificatestatus: the 33 words the database has for a certificate operation.

Knows: numbers, monikers, and how an operation and a failure make a status. Must not know why an
operation failed. Source: seed, slides "Understand LSC Installation Status".
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Operation(StrEnum):
    """Certificate Operation of the phone's page, as experiments write it."""

    INSTALL_UPGRADE = "install_upgrade"
    DELETE = "delete"
    TROUBLESHOOT = "troubleshoot"


class Failure(IntEnum):
    """Why an operation failed; the values count from the operation's generic failure."""

    GENERIC = 0
    INVALID_LSC = 1
    INVALID_AUTH_STR = 2
    INVALID_MIC = 3
    INVALID_CREDENTIALS = 4
    PHONE_COMM_ERROR = 5
    OP_TIMED_OUT = 6
    CA_COMM_ERROR = 7
    CA_REJECT = 8
    LATE_REQUEST = 9


class CertificateStatus(IntEnum):
    """tkcertificatestatus; the monikers are these names after CERT_STATUS_."""

    NONE = 1
    SCHEDULE = 2
    UPGRADE_SUCCESS = 3
    DELETE_SUCCESS = 4
    TROUBLESHOOT_SUCCESS = 5
    UPGRADE_FAIL = 6
    DELETE_FAIL = 7
    TROUBLESHOOT_FAIL = 8
    UPGRADE_FAIL_INVALID_LSC = 9
    UPGRADE_FAIL_INVALID_AUTH_STR = 10
    UPGRADE_FAIL_INVALID_MIC = 11
    UPGRADE_FAIL_INVALID_CREDENTIALS = 12
    UPGRADE_FAIL_PHONE_COMM_ERROR = 13
    UPGRADE_FAIL_OP_TIMED_OUT = 14
    UPGRADE_FAIL_CA_COMM_ERROR = 15
    UPGRADE_FAIL_CA_REJECT = 16
    UPGRADE_FAIL_LATE_REQUEST = 17
    DELETE_FAIL_INVALID_LSC = 18
    DELETE_FAIL_INVALID_AUTH_STR = 19
    DELETE_FAIL_INVALID_MIC = 20
    DELETE_FAIL_INVALID_CREDENTIALS = 21
    DELETE_FAIL_PHONE_COMM_ERROR = 22
    DELETE_FAIL_OP_TIMED_OUT = 23
    DELETE_FAIL_CA_COMM_ERROR = 24
    DELETE_FAIL_CA_REJECT = 25
    DELETE_FAIL_LATE_REQUEST = 26
    TROUBLESHOOT_FAIL_INVALID_LSC = 27
    TROUBLESHOOT_FAIL_INVALID_AUTH_STR = 28
    TROUBLESHOOT_FAIL_INVALID_MIC = 29
    TROUBLESHOOT_FAIL_INVALID_CREDENTIALS = 30
    TROUBLESHOOT_FAIL_PHONE_COMM_ERROR = 31
    TROUBLESHOOT_FAIL_OP_TIMED_OUT = 32
    TROUBLESHOOT_FAIL_LATE_REQUEST = 33

    @property
    def moniker(self) -> str:
        """As the database names it."""
        return f"CERT_STATUS_{self.name}"

    @property
    def title(self) -> str:
        """As the database words it, e.g. "Upgrade Failed: Invalid LSC"."""
        if self in _TITLES:
            return _TITLES[self]
        word, _, tail = self.name.partition("_FAIL")
        failed = f"{word.capitalize()} Failed"
        return f"{failed}: {_FAILURE_TITLES[tail.lstrip('_')]}" if tail else failed

    @property
    def is_success(self) -> bool:
        """Whether an operation ended well."""
        return self in SUCCESS.values()


_TITLES = {
    CertificateStatus.NONE: "None",
    CertificateStatus.SCHEDULE: "Operation Pending",
    CertificateStatus.UPGRADE_SUCCESS: "Upgrade Success",
    CertificateStatus.DELETE_SUCCESS: "Delete Success",
    CertificateStatus.TROUBLESHOOT_SUCCESS: "Troubleshoot Success",
}
_FAILURE_TITLES = {
    "INVALID_LSC": "Invalid LSC",
    "INVALID_AUTH_STR": "Invalid Authentication String",
    "INVALID_MIC": "Invalid MIC",
    "INVALID_CREDENTIALS": "Invalid Credentials",
    "PHONE_COMM_ERROR": "Phone Communication Failure",
    "OP_TIMED_OUT": "Key Generation Failed/Timeout",
    "CA_COMM_ERROR": "CA Communication Failure",
    "CA_REJECT": "CA Rejected Connection",
    "LATE_REQUEST": "User Initiated Request Late/Timeout",
}

_WORD = {
    Operation.INSTALL_UPGRADE: "UPGRADE",
    Operation.DELETE: "DELETE",
    Operation.TROUBLESHOOT: "TROUBLESHOOT",
}
SUCCESS = {what: CertificateStatus[f"{word}_SUCCESS"] for what, word in _WORD.items()}


def failed(operation: Operation, failure: Failure) -> CertificateStatus:
    """The status of an operation that failed so.

    Raises:
        KeyError: a failure the operation cannot have: fetching a certificate involves no CA.
    """
    tail = "" if failure is Failure.GENERIC else f"_{failure.name}"
    return CertificateStatus[f"{_WORD[operation]}_FAIL{tail}"]
