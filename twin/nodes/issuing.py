"""Who signs an LSC: CAPF itself, an online CA, or a CA that is handed CSRs in a file.

Knows: certificates, dates, what a CA refuses. Must not know phones or sessions.

Source: cucm-pki-behaviour 7 (SG15-CAPF): self-issued; Online CA from 12.5 (no EC keys); Offline CA
by export and import. Assumption: an online CA is told of a deletion too, so that it can revoke the
LSC; else statuses 24 and 25 would have no cause.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from twin.nodes.file_system import Identity
from twin.pki.certificates import Certificate


@dataclass(slots=True)
class OnlineCA:
    """A certification authority that CAPF asks over the network.

    Its operator decides whether it is up, whether it lets CAPF in, and the shortest key it signs.
    """

    identity: Identity
    minimum_bits: int = 1024
    is_up: bool = True
    lets_capf_in: bool = True

    def refuses(self, bits: int | None) -> str | None:
        """Why it would not serve a request for a key of this size (None: no new key); else None."""
        if not self.lets_capf_in:
            return "the CA does not let CAPF in"
        if bits is not None and bits < self.minimum_bits:
            return f"a key of {bits} bits; the CA signs {self.minimum_bits} and more"
        return None


@dataclass(slots=True)
class OfflineCA:
    """A certification authority that signs what is brought to it.

    `requests` are the devices whose requests CAPF has gathered, each with its key size; `handed
    over` those the CA has; `signed` those whose certificates were brought back.
    """

    identity: Identity
    requests: dict[str, int] = field(default_factory=dict)
    handed_over: dict[str, int] = field(default_factory=dict)
    signed: dict[str, int] = field(default_factory=dict)

    def export(self) -> int:
        """Hand the gathered requests over; how many."""
        count = len(self.requests)
        self.handed_over |= self.requests
        self.requests = {}
        return count

    def bring_back(self) -> int:
        """Take the certificates in; how many."""
        count = len(self.handed_over)
        self.signed |= self.handed_over
        self.handed_over = {}
        return count


def is_in_its_dates(certificate: Certificate, at: datetime) -> bool:
    """Whether a certificate is valid at a moment."""
    return certificate.not_before <= at <= certificate.not_after
