"""How a phone proves to CAPF that it has the key of the certificate it shows.

Knows: signatures over a bare hash, without the usual DigestInfo. Source: wire-formats 4.5: over
device name, NUL and DER; SHA-1 in element 6, SHA-512 in element 20. Assumption: a key too short for
a bare SHA-512 (512 bits) leaves element 20 out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey

_PADDING_BYTES = 11
_SHA512_BYTES = 64


@dataclass(frozen=True, slots=True)
class Proof:
    """Signatures of a device over its name and certificate."""

    device: str
    sha1: bytes
    sha512: bytes | None


def prove(key: PrivateKey, device: str, certificate: Certificate) -> Proof:
    """Sign as a phone does."""
    data = _signed(device, certificate)
    digest = hashlib.sha1(data, usedforsecurity=False).digest()
    sha512 = None
    if key.bits // 8 >= _SHA512_BYTES + _PADDING_BYTES:
        sha512 = _sign(key, hashlib.sha512(data).digest())
    return Proof(device, _sign(key, digest), sha512)


def holds(proof: Proof, certificate: Certificate) -> bool:
    """Whether every signature of the proof is by the key of the certificate."""
    data = _signed(proof.device, certificate)
    public = certificate.public_key
    if not isinstance(public, rsa.RSAPublicKey):
        return False
    pairs = [(proof.sha1, hashlib.sha1(data, usedforsecurity=False).digest())]
    if proof.sha512 is not None:
        pairs.append((proof.sha512, hashlib.sha512(data).digest()))
    return all(_recovered(public, signature) == digest for signature, digest in pairs)


def _recovered(key: rsa.RSAPublicKey, signature: bytes) -> bytes:
    """The hash inside a signature; empty if the key did not make it."""
    try:
        return key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
    except (InvalidSignature, ValueError):
        return b""


def _signed(device: str, certificate: Certificate) -> bytes:
    return device.encode() + b"\0" + certificate.der


def _sign(key: PrivateKey, digest: bytes) -> bytes:
    assert isinstance(key.raw, rsa.RSAPrivateKey)  # phones make RSA keys only
    return key.raw.sign(digest, padding.PKCS1v15(), utils.NoDigestInfo())
