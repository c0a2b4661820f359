"""What an Expressway peer knows of revoked certificates, and when it minds.

Knows: the CRLs uploaded by hand and those fetched by itself, the switches of the page. Must not
know authorities, nor who is judged.

Source: edge-presence-video 1.5 (Certificate Creation and Use guide X12.5 and VCS guides): an upload
replaces the one before; fetched files count instead of uploaded ones, except for SIP, where both
count; SIP looks only if switched on, off by default; when nothing can be learnt, treated as not
revoked by default. Assumption: a peer holds one fetched CRL per source, the last it got.
OCSP responders are not here: nothing in a certificate of this twin names one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RevocationSwitches:
    """The certificate revocation checking of SIP.

    Args:
        checks_sip: the master switch.
        uses_lists: whether CRLs count.
        refuses_unknown: fallback behaviour: treat as revoked where nothing can be learnt.
    """

    checks_sip: bool = False
    uses_lists: bool = True
    refuses_unknown: bool = False


class RevocationLists:
    """The CRLs of one peer, which its cluster does not share."""

    def __init__(self) -> None:
        self.switches = RevocationSwitches()
        self.uploaded: tuple[bytes, ...] = ()
        self.on_change: list[Callable[[], None]] = []
        self._fetched: dict[str, bytes] = {}

    @property
    def fetched(self) -> tuple[bytes, ...]:
        """The last CRL of each source."""
        return tuple(self._fetched.values())

    @property
    def asks_lists_for_sip(self) -> bool:
        """Whether SIP looks certificates up in CRLs."""
        return self.switches.checks_sip and self.switches.uses_lists

    def counting(self, *, for_sip: bool) -> tuple[bytes, ...]:
        """The CRLs (DER) by which a peer's certificate is judged."""
        if for_sip:
            if not self.asks_lists_for_sip:
                return ()
            return tuple(dict.fromkeys((*self.uploaded, *self.fetched)))
        return self.fetched or self.uploaded

    def refuses_unknown(self, *, for_sip: bool) -> bool:
        """Whether a certificate of which nothing is known is taken for revoked."""
        return for_sip and self.switches.checks_sip and self.switches.refuses_unknown

    def upload(self, lists: Sequence[bytes]) -> None:
        """Replace the CRLs uploaded by hand."""
        self.uploaded = tuple(lists)
        self._changed()

    def fetch(self, source: str, data: bytes) -> None:
        """Take what a source has."""
        self._fetched[source] = data
        self._changed()

    def switch(self, switches: RevocationSwitches) -> None:
        """Set the switches."""
        self.switches = switches
        self._changed()

    def _changed(self) -> None:
        for listener in self.on_change:
            listener()
