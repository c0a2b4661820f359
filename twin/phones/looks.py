"""What a phone looks at while it decides, one value for each look; heard by whoever asks why.

Knows: the looks and what came of each. Must not know how a decision is reached: `acceptance` tells
of its looks as it takes them, so that an explanation is the decision itself and no second opinion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twin.phones.files import StoredFile
from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome, Reason
from twin.phones.ports import Answer
from twin.phones.trust import Holdings, certificate_of
from twin.pki.certificates import Certificate
from twin.pki.handshake import Verdict


@dataclass(frozen=True, slots=True)
class FileOffered:
    """A file a TFTP node serves the phone; `is_held`: byte for byte what the phone has."""

    node: int
    file: StoredFile
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of a signer in a stored list; the certificate is None where it holds a hash."""

    kind: FileKind
    role: int
    certificate: Certificate | None


@dataclass(frozen=True, slots=True)
class ListsSearched:
    """The phone's own lists searched for a signer. `outcome` None: only a TVS can tell."""

    file: StoredFile
    entries: tuple[Entry, ...]
    outcome: Outcome | None
    reasons: Reason


@dataclass(frozen=True, slots=True)
class AnswerKept:
    """An answer of a TVS that the phone still remembers, and whether it settles the matter."""

    answer: Answer
    helps: bool


@dataclass(frozen=True, slots=True)
class TVSAsked:
    """A TVS of the stored config; `reasons` NONE: it vouches for the signer.

    `presented` is None where nobody answers, `answer` where the phone does not get to ask.
    """

    node: int
    reasons: Reason
    presented: Certificate | None = None
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class TLSTried:
    """A handshake of a secure phone with a CallManager."""

    node: int
    presented: Certificate
    verdict: Verdict


Look = FileOffered | ListsSearched | AnswerKept | TVSAsked | TLSTried
Told = Callable[[Look], None]


def unheard(_look: Look) -> None:
    """Nobody asks why."""


def entries_of(lists: Holdings, file: StoredFile) -> tuple[Entry, ...]:
    """The records of a file's signer in stored lists, as the decision goes through them."""
    if file.signer is None:
        return ()
    own = () if lists.ctl is None else lists.ctl.records
    return tuple(
        Entry(
            FileKind.CTL if any(record is one for one in own) else FileKind.ITL,
            record.role,
            certificate_of(record),
        )
        for record in lists.records(*file.signer)
    )
