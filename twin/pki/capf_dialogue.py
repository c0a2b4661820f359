"""What CAPF and a phone say to each other, without its bytes.

Knows: the words of a session, the authentication modes and their numbers. The bytes are in
`capf_messages`; who says what when is for `twin.nodes` and `twin.phones`.

Source: wire-formats 4.1, 4.3; cucm-pki-behaviour 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from twin.pki.capf_proof import Proof
from twin.pki.certificates import Certificate
from twin.pki.device_profile import Issued


class Authentication(StrEnum):
    """Authentication Mode of an operation, as experiments write it."""

    STRING = "authentication_string"
    NULL = "null_string"
    LSC = "existing_certificate_lsc"
    MIC = "existing_certificate_mic"

    @property
    def mode(self) -> int:
        """capfAuthMode of the configuration file (1 to 4; 0 is no operation)."""
        return list(Authentication).index(self) + 1


class Ask(StrEnum):
    """What CAPF wants of the phone next."""

    GENERATE_KEY = "generate_key"
    STORE = "store"
    FETCH = "fetch"
    DELETE = "delete"
    END = "end"


@dataclass(frozen=True, slots=True)
class Reply:
    """CAPF's next word.

    `bits` comes with GENERATE_KEY, `issued` with STORE, `status` (tkcertificatestatus; 0: there
    was nothing to do) with END.
    """

    ask: Ask
    bits: int = 0
    issued: Issued | None = None
    status: int = 0


@dataclass(frozen=True, slots=True)
class Presented:
    """A certificate ("LSC" or "MIC") with those sent along, and the proof of having its key."""

    kind: str
    chain: tuple[Certificate, ...]
    proof: Proof
