"""The trusted CA list of an Expressway peer: one PEM file that grows by appending.

Knows: what is in the list, and which entry counts where two have one name. Must not know who is
judged by it.

Source: edge-presence-video 1.4 (Expressway certificate guides, TAC deck of March 2016): append
never replaces; reset to default drops all that was appended; of several anchors of one common name
only one is trusted. Assumption: of self-signed ones the later one counts unless said otherwise;
the list counts for new handshakes at once. CRLs may stand in the file, too (1.5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from twin.pki.certificates import Certificate
from twin.pki.revocation import issuer_and_end


class TrustedCAList:
    """What one peer trusts. It is not replicated to the other peers of a cluster.

    Args:
        factory: the list as shipped, which a reset brings back.
        last_wins: which of several self-signed anchors of one common name counts: the last, or
            the first.
    """

    def __init__(self, factory: Sequence[Certificate] = (), *, last_wins: bool = True) -> None:
        self._factory = tuple(factory)
        self._last_wins = last_wins
        self._entries = list(factory)
        self.revocation_lists: tuple[bytes, ...] = ()
        """CRLs (DER) in the same file. They count beside those of the CRL page."""
        self.on_change: list[Callable[[], None]] = []

    @property
    def entries(self) -> tuple[Certificate, ...]:
        """Everything in the list, in the order it came in."""
        return tuple(self._entries)

    @property
    def anchors(self) -> tuple[Certificate, ...]:
        """What counts: of self-signed certificates of one common name, one."""
        in_order = self._entries if self._last_wins else self._entries[::-1]
        chosen = {one.common_name: one for one in in_order if one.is_self_issued}
        return tuple(
            one for one in self._entries if not one.is_self_issued or chosen[one.common_name] == one
        )

    def append_lists(self, lists: Sequence[bytes]) -> int:
        """Add CRLs to the file; how many were not there yet."""
        new = [one for one in dict.fromkeys(lists) if one not in self.revocation_lists]
        self.revocation_lists += tuple(new)
        if new:
            self._changed()
        return len(new)

    def expired_lists(self, at: datetime) -> tuple[str, ...]:
        """The issuers of CRLs that the page marks as expired."""
        return tuple(name for name, data in self._lists() if _is_over(data, at))

    def delete_lists(self, issuer: str | None, at: datetime) -> int:
        """Take out the CRLs of an issuer, or (None) those that are expired; how many."""
        kept = tuple(
            data
            for name, data in self._lists()
            if (not _is_over(data, at) if issuer is None else name != issuer)
        )
        gone = len(self.revocation_lists) - len(kept)
        self.revocation_lists = kept
        if gone:
            self._changed()
        return gone

    def _lists(self) -> list[tuple[str, bytes]]:
        return [(issuer_and_end(data)[0], data) for data in self.revocation_lists]

    def expired(self, at: datetime) -> tuple[Certificate, ...]:
        """The entries that the page marks as expired."""
        return tuple(one for one in self._entries if at > one.not_after)

    def append(self, certificates: Sequence[Certificate]) -> int:
        """Add certificates; how many were not there yet."""
        new = [one for one in dict.fromkeys(certificates) if one not in self._entries]
        self._entries += new
        if new:
            self._changed()
        return len(new)

    def delete(self, fits: Callable[[Certificate], bool]) -> int:
        """Take out the entries that fit; how many those were."""
        kept = [one for one in self._entries if not fits(one)]
        gone = len(self._entries) - len(kept)
        self._entries = kept
        if gone:
            self._changed()
        return gone

    def reset(self) -> None:
        """Back to the list as shipped."""
        self._entries = list(self._factory)
        self.revocation_lists = ()
        self._changed()

    def _changed(self) -> None:
        for listener in self.on_change:
            listener()


def _is_over(data: bytes, at: datetime) -> bool:
    end = issuer_and_end(data)[1]
    return end is not None and at > end
