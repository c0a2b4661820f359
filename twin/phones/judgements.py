"""Trust decisions for a population: each distinct one is made once, for real, and remembered.

Knows: numbers of files and of holdings. Must not know when or why a phone asks.

A decision is a pure function of (holdings, file) and, when expiry counts, of which of the held
records are within their dates, so remembering it loses nothing; `judge_bytes` decides without
remembering, for `crypto: every_phone`.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta

from twin.phones.files import FileBook, StoredFile
from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome, Reason, pack
from twin.phones.ports import Answer
from twin.phones.trust import (
    Decision,
    Holdings,
    certificate_of,
    judge,
    judge_answer,
    longest_callmanager_key,
    tvs_is_listed,
)
from twin.pki.certificates import Certificate

ASK_TVS = -1
"""Verdict meaning: the lists do not settle it."""
NOTHING = -1
"""File number of a list or config a phone does not have."""


class Judgements:
    """Verdicts by number.

    Args:
        files: the run's files.
        size_limit: the largest list a phone loads, bytes.

    `expiry_at` is the simulated time if record expiry counts, else None.
    """

    def __init__(self, files: FileBook, size_limit: int) -> None:
        self.files = files
        self.size_limit = size_limit
        self.expiry_at: datetime | None = None
        self._holdings: list[tuple[int, int]] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self._decoded: list[Holdings] = []
        self._after: dict[tuple[int, int], int] = {}
        self._edges: dict[int, list[datetime]] = {}
        self._verdicts: dict[tuple[int, int, int], tuple[int, Reason]] = {}
        self._usable: dict[tuple[int, bytes], bool] = {}
        self._longest: dict[int, int] = {}
        self._answers: dict[tuple[int, Answer], tuple[int, Reason]] = {}

    def holdings(self, ctl: int, itl: int) -> int:
        """The number of a pair of stored lists (`NOTHING` for none)."""
        number = self._numbers.get((ctl, itl))
        if number is None:
            number = len(self._holdings)
            self._holdings.append((ctl, itl))
            self._numbers[ctl, itl] = number
            self._decoded.append(
                Holdings(
                    None if ctl == NOTHING else self.files[ctl].trust_list,
                    None if itl == NOTHING else self.files[itl].trust_list,
                )
            )
        return number

    def lists(self, holdings: int) -> tuple[int, int]:
        """File numbers (CTL, ITL) of a pair of stored lists."""
        return self._holdings[holdings]

    def decoded(self, holdings: int) -> Holdings:
        """The stored lists themselves."""
        return self._decoded[holdings]

    def accept(self, holdings: int, file: int) -> int:
        """Holdings after a list replaced the stored one of its kind."""
        known = self._after.get((holdings, file))
        if known is None:
            ctl, itl = self._holdings[holdings]
            is_ctl = self.files[file].kind == FileKind.CTL
            known = self.holdings(file, itl) if is_ctl else self.holdings(ctl, file)
            self._after[holdings, file] = known
        return known

    def verdict(self, holdings: int, file: int) -> tuple[int, Reason]:
        """(packed outcome or `ASK_TVS`, reasons so far) by the phone's own lists."""
        key = (holdings, file, self._era(holdings))
        known = self._verdicts.get(key)
        if known is None:
            known = self._verdicts[key] = self.judge_bytes(holdings, self.files[file])
        return known

    def _era(self, holdings: int) -> int:
        """The stretch of time in which the dates of the held records say the same."""
        if self.expiry_at is None:
            return -1
        edges = self._edges.get(holdings)
        if edges is None:
            edges = self._edges[holdings] = _edges(self._decoded[holdings])
        return bisect_right(edges, self.expiry_at)

    def judge_bytes(self, holdings: int, file: StoredFile) -> tuple[int, Reason]:
        """As `verdict`, done now and not remembered."""
        return _packed(judge(self._decoded[holdings], file, self.size_limit, self.expiry_at))

    def answered(self, file: StoredFile, answer: Answer) -> tuple[int, Reason]:
        """(packed outcome or `ASK_TVS`, reasons) after a TVS has answered."""
        if answer.certificate is None or file.number < 0:
            return _packed(judge_answer(file, answer))
        key = (file.number, answer)
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = _packed(judge_answer(file, answer))
        return known

    def longest_callmanager_key(self, holdings: int) -> int:
        """Bits of the longest RSA key among the CallManager records of the lists; 0 without one."""
        known = self._longest.get(holdings)
        if known is None:
            known = self._longest[holdings] = longest_callmanager_key(self._decoded[holdings])
        return known

    def tvs_usable(self, holdings: int, presented: Certificate) -> bool:
        """Whether phones with these lists accept a TVS that presents this certificate."""
        key = (holdings, presented.sha1)
        known = self._usable.get(key)
        if known is None:
            known = self._usable[key] = tvs_is_listed(self._decoded[holdings], presented)
        return known


def _edges(holdings: Holdings) -> list[datetime]:
    """Every instant at which a held record's certificate begins or ceases to be in its dates."""
    found = set()
    for stored in (holdings.ctl, holdings.itl):
        for record in stored.records if stored is not None else ():
            certificate = certificate_of(record)
            if certificate is not None:
                found |= {certificate.not_before, certificate.not_after + timedelta.resolution}
    return sorted(found)


def _packed(decision: Decision) -> tuple[int, Reason]:
    if decision.outcome is None:
        return ASK_TVS, decision.reasons
    return pack(decision.outcome, decision.reasons), decision.reasons


def rejected(reasons: Reason) -> int:
    """The packed verdict of a rejection."""
    return pack(Outcome.REJECTED, reasons)
