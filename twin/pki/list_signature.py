"""Signing and verifying what stands behind a list header.

Knows which bytes are signed and how. Does not know records or bodies: they are just the rest.

The signature covers the whole file but the SIGNATURE element (tag, length and value); the
header length counts that element and the padding all the same. RSA PKCS #1 v1.5 with SHA-1 or
SHA-512. Source: verified so on a real CUCM-made CTL of 2015; SHA-512 from 11.5(1) on.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from twin.pki import list_header
from twin.pki.certificates import Certificate
from twin.pki.keys import HASHES, PrivateKey
from twin.pki.list_header import MODULUS_CODES, Digest, HeaderTag, ListHeader, ReadHeader

_LONE_PADDING = bytes((HeaderTag.PADDING,))


class SignatureFault(StrEnum):
    """Why a signature is not accepted."""

    MALFORMED = "malformed"
    SIGNER_NAME_DIFFERS = "signer_name_differs"
    ISSUER_NAME_DIFFERS = "issuer_name_differs"
    SERIAL_DIFFERS = "serial_differs"
    KEY_NOT_RSA = "key_not_rsa"
    MODULUS_DIFFERS = "modulus_differs"
    SIGNATURE_MISMATCH = "signature_mismatch"


def sign(
    signer: Certificate,
    key: PrivateKey,
    rest: bytes,
    *,
    version: tuple[int, int],
    digest: Digest,
    filename: str | None,
    timestamp_s: int | None,
    signer_version: tuple[int, int] | None = None,
    following_header_bytes: int = 0,
) -> ListHeader:
    """Return the header, padded to a multiple of 4, that signs itself and `rest` behind it.

    Raises:
        ValueError: the key has no modulus code (3072 bits) or is not `signer`'s, or the
            timestamp does not fit 32 bits (after 2106).
    """
    if timestamp_s is not None and not 0 <= timestamp_s <= 0xFFFFFFFF:
        raise ValueError(f"timestamp {timestamp_s} s does not fit the 32 bits of a list")
    if key.bits not in MODULUS_CODES:
        raise ValueError(f"a key of {key.bits} bits cannot sign lists: there is no code for it")
    if key.public_key != signer.public_key:
        raise ValueError(f"the key is not that of the signer {signer.subject}")
    draft = ListHeader(
        version=version,
        signer=signer.subject,
        serial=signer.serial_bytes,
        issuer=signer.issuer,
        digest=digest,
        modulus_bits=key.bits,
        signature=bytes(key.bits // 8),
        filename=filename,
        timestamp_s=timestamp_s,
        signer_version=signer_version,
    )
    draft = replace(draft, tail=_LONE_PADDING * (-len(list_header.encode(draft)) % 4))
    before, _, after = list_header.encode_parts(draft, following_header_bytes)
    return replace(draft, signature=key.sign(before + after + rest, digest.hash_name))


def verify(data: bytes, read: ReadHeader, certificate: Certificate) -> tuple[SignatureFault, ...]:
    """Return why `certificate` did not sign `data` as `read` says; empty when it did."""
    header = read.header
    reasons = []
    if header.signer != certificate.subject:
        reasons.append(SignatureFault.SIGNER_NAME_DIFFERS)
    if header.issuer != certificate.issuer:
        reasons.append(SignatureFault.ISSUER_NAME_DIFFERS)
    if header.serial != certificate.serial_bytes:
        reasons.append(SignatureFault.SERIAL_DIFFERS)
    key = certificate.public_key
    if not isinstance(key, rsa.RSAPublicKey):
        reasons.append(SignatureFault.KEY_NOT_RSA)
    elif key.key_size != header.modulus_bits:
        reasons.append(SignatureFault.MODULUS_DIFFERS)
    else:
        try:
            key.verify(
                header.signature,
                read.signed_bytes(data),
                padding.PKCS1v15(),
                HASHES[header.digest.hash_name],
            )
        except InvalidSignature:
            reasons.append(SignatureFault.SIGNATURE_MISMATCH)
    return tuple(reasons)
