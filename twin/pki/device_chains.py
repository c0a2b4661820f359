"""Does a certificate lead to one that is trusted? Real signatures, real dates.

Knows X.509: names, signatures, dates, who may sign. Must not know whose store it is told about, nor
what follows from the answer. A certificate of the store ends the path whatever signed it (OpenSSL's
partial chain), as in the trust stores of CUCM.

Source: RFC 5280 section 6.1; design of CUCM's stores: cucm-pki-behaviour 1.3, library notes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from cryptography import x509

from twin.pki.certificates import Certificate

MAX_DEPTH = 8


class ChainFault(StrEnum):
    """Why a certificate is not trusted."""

    UNKNOWN_ISSUER = "unknown_issuer"
    BAD_SIGNATURE = "bad_signature"
    """The issuer's name is known, but none of that name made the signature."""
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    ISSUER_OUT_OF_DATE = "issuer_out_of_date"
    ISSUER_MAY_NOT_SIGN = "issuer_may_not_sign"


def chain_faults(
    leaf: Certificate,
    presented: Iterable[Certificate],
    anchors: Iterable[Certificate],
    at: datetime,
) -> tuple[ChainFault, ...]:
    """Everything that is wrong with the best path from `leaf` to an anchor; empty: trusted.

    Args:
        presented: intermediate certificates sent along.
        anchors: what the verifier trusts.
        at: the moment of the verification, aware.
    """
    faults = _date_faults(leaf, at)
    trusted = list(anchors)
    offered = list(presented)
    current = leaf
    for _ in range(MAX_DEPTH):
        if current in trusted:
            return tuple(faults)
        named = [one for one in (*trusted, *offered) if one.subject_name == current.issuer_name]
        if not named:
            return (*faults, ChainFault.UNKNOWN_ISSUER)
        issuer = next((one for one in named if _made(one, current)), None)
        if issuer is None:
            return (*faults, ChainFault.BAD_SIGNATURE)
        if not may_sign(issuer):
            faults.append(ChainFault.ISSUER_MAY_NOT_SIGN)
        if _date_faults(issuer, at):
            faults.append(ChainFault.ISSUER_OUT_OF_DATE)
        if issuer == current:
            return (*faults, ChainFault.UNKNOWN_ISSUER)
        current = issuer
    return (*faults, ChainFault.UNKNOWN_ISSUER)


def _date_faults(certificate: Certificate, at: datetime) -> list[ChainFault]:
    if at < certificate.not_before:
        return [ChainFault.NOT_YET_VALID]
    return [ChainFault.EXPIRED] if at > certificate.not_after else []


@lru_cache(maxsize=4096)
def _made(issuer: Certificate, certificate: Certificate) -> bool:
    return certificate.is_signed_by(issuer)


@lru_cache(maxsize=1024)
def may_sign(certificate: Certificate) -> bool:
    """Whether a certificate may issue others, as OpenSSL reads it.

    With basicConstraints, CA decides; without them, keyCertSign in keyUsage, as in the CAPF
    certificates before 14; without either, no.
    """
    extensions = certificate.to_x509().extensions
    try:
        return bool(extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        pass
    try:
        return bool(extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign)
    except x509.ExtensionNotFound:
        return False
