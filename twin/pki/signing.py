"""Putting a key's signature under what a builder holds: certificates, requests, revocation lists.

Knows which call signs with which hash, and that nothing here may depend on chance. Does not know
what is in the builder.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from twin.pki.keys import PrivateKey
from twin.pki.legacy import sign_request_with_sha1, sign_with_sha1

_HASHES: dict[str, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def hash_named(name: str) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512:
    """The hash of a name.

    Raises:
        ValueError: none the cryptography library signs certificates with.
    """
    if name not in _HASHES:
        raise ValueError(f"hash {name!r}: expected sha1, {', '.join(_HASHES)}")
    return _HASHES[name]


def _deterministic(key: PrivateKey) -> bool | None:
    """The library takes this word for EC keys only; RSA PKCS #1 v1.5 has no chance in it."""
    return None if key.is_rsa else True


def sign_certificate(builder: x509.CertificateBuilder, key: PrivateKey, hash_name: str) -> bytes:
    """The DER of a certificate, signed by `key`.

    Raises:
        ValueError: no such hash, or SHA-1 with an EC key.
    """
    if hash_name == "sha1":
        return sign_with_sha1(builder, key)
    signed = builder.sign(key.raw, hash_named(hash_name), ecdsa_deterministic=_deterministic(key))
    return signed.public_bytes(Encoding.DER)


def sign_request(
    builder: x509.CertificateSigningRequestBuilder, key: PrivateKey, hash_name: str
) -> bytes:
    """The DER of a signing request, signed by `key`.

    Raises:
        ValueError: no such hash, or SHA-1 with an EC key.
    """
    if hash_name == "sha1":
        return sign_request_with_sha1(builder, key)
    signed = builder.sign(key.raw, hash_named(hash_name), ecdsa_deterministic=_deterministic(key))
    return signed.public_bytes(Encoding.DER)


def sign_revocation_list(
    builder: x509.CertificateRevocationListBuilder, key: PrivateKey, hash_name: str
) -> bytes:
    """The DER of a revocation list, signed by `key`.

    Raises:
        ValueError: no such hash; SHA-1 is not offered.
    """
    signed = builder.sign(key.raw, hash_named(hash_name), ecdsa_deterministic=_deterministic(key))
    return signed.public_bytes(Encoding.DER)
