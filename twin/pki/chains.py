"""Chains: from a certificate up to one that is trusted, and what is wrong on the way.

Knows names, signatures, dates, and who may sign. Does not know uploads, stores nor releases; agrees
with `openssl verify -attime` (held to it by the tests, which list where it does not).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from twin.pki.certificates import Certificate
from twin.pki.usages import extensions_of

MAX_LENGTH = 10
"""Certificates in a chain before it is given up; real ones have four at most."""


class ChainFault(StrEnum):
    """What can be wrong with a chain."""

    ISSUER_MISSING = "issuer_missing"
    SIGNATURE_MISMATCH = "signature_mismatch"
    """The issuer's name is known, but none of that name made the signature."""
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    ISSUER_IS_NO_AUTHORITY = "issuer_is_no_authority"
    PATH_TOO_LONG = "path_too_long"


@dataclass(frozen=True, slots=True)
class Link:
    """One fault, and the certificate that has it (for a missing issuer: whose issuer it is)."""

    fault: ChainFault
    certificate: Certificate


def find_chain(
    certificate: Certificate,
    trusted: Sequence[Certificate],
    helpers: Sequence[Certificate] = (),
    *,
    any_ends: bool = False,
) -> tuple[tuple[Certificate, ...], Link | None]:
    """Return the chain as far as it goes, `certificate` first, and why it stops short of trust.

    Args:
        trusted: anchors and intermediates; a root counts only if it is among these.
        helpers: further intermediates, as a PKCS #7 file or a TLS peer brings them.
        any_ends: any certificate of `trusted` ends the chain whatever signed it (OpenSSL's
            partial chain), as an entry of CUCM's trust stores does; else only a root does.
            Source: cucm-pki-behaviour 1.3.
    """
    chain = [certificate]
    while len(chain) < MAX_LENGTH:
        last = chain[-1]
        if last in trusted and (any_ends or last.is_self_issued):
            return tuple(chain), None
        named = [one for one in (*trusted, *helpers) if one.subject_name == last.issuer_name]
        if last.is_self_issued:
            # A root nobody trusts; one of the same name is another root.
            return tuple(chain), Link(ChainFault.ISSUER_MISSING, last)
        signers = [one for one in named if _made(one, last)]
        if not signers:
            fault = ChainFault.SIGNATURE_MISMATCH if named else ChainFault.ISSUER_MISSING
            return tuple(chain), Link(fault, last)
        chain.append(signers[0])
    return tuple(chain), Link(ChainFault.PATH_TOO_LONG, chain[-1])


def faults(
    certificate: Certificate,
    trusted: Sequence[Certificate],
    at: datetime,
    helpers: Sequence[Certificate] = (),
    *,
    any_ends: bool = False,
) -> tuple[Link, ...]:
    """Everything that is wrong with a certificate's chain at a moment; empty when it holds.

    Args:
        trusted: see `find_chain`, as `helpers` and `any_ends`.
        at: the moment of the verification, aware.
    """
    chain, stop = find_chain(certificate, trusted, helpers, any_ends=any_ends)
    found = [] if stop is None else [stop]
    below = 0
    for position, link in enumerate(chain):
        if at < link.not_before:
            found.append(Link(ChainFault.NOT_YET_VALID, link))
        if at > link.not_after:
            found.append(Link(ChainFault.EXPIRED, link))
        if position == 0:
            continue
        if not may_sign(link, is_root=position == len(chain) - 1):
            found.append(Link(ChainFault.ISSUER_IS_NO_AUTHORITY, link))
        limit = extensions_of(link).path_length
        if limit is not None and below > limit:
            found.append(Link(ChainFault.PATH_TOO_LONG, link))
        below += not link.is_self_issued
    return tuple(found)


def date_phases(certificates: Iterable[Certificate], at: datetime) -> tuple[int, ...]:
    """Of each certificate whether it is not valid yet (-1), valid (0) or expired (1).

    As long as these stay the same, the faults of chains made of them do.
    """
    return tuple((at > one.not_after) - (at < one.not_before) for one in certificates)


def may_sign(issuer: Certificate, is_root: bool) -> bool:
    """Whether a certificate may issue others: it says CA:TRUE, and its usages do not deny it.

    The last of a chain may leave CA:TRUE out if its key usage names the signing of certificates,
    as the CAPF certificates before 14 do.
    Source: RFC 5280 6.1.4; OpenSSL's X509_check_ca, which makes this allowance for old roots.
    """
    says = extensions_of(issuer)
    if says.key_usages is not None and "key_cert_sign" not in says.key_usages:
        return False
    if says.is_authority is None:
        return is_root and says.key_usages is not None
    return says.is_authority


@lru_cache(maxsize=4096)
def _made(issuer: Certificate, certificate: Certificate) -> bool:
    return certificate.is_signed_by(issuer)
