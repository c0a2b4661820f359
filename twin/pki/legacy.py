"""SHA-1 certificates and requests of CUCM 8.x and 9.x, which no maintained library signs any more.

What is built is signed with SHA-256, then its algorithm identifiers are rewritten to
sha1WithRSAEncryption (same length) and the result is signed again. This is the only place that
does so.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from twin.errors import SimulationError
from twin.pki.der import BIT_STRING, SEQUENCE, walk, wrap
from twin.pki.keys import PrivateKey

_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
_SHA1_WITH_RSA = bytes.fromhex("300d06092a864886f70d0101050500")


def sign_with_sha1(builder: x509.CertificateBuilder, key: PrivateKey) -> bytes:
    """Return the DER of `builder`'s certificate, signed by `key` with SHA-1."""
    der = builder.sign(_rsa(key), hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    _, content, _ = next(walk(der))
    _, tbs_content, _ = next(walk(content))
    fields = [whole for _, _, whole in walk(tbs_content)]
    # RFC 5280 4.1: version, serialNumber, signature; so the third field and no other bytes.
    if fields[2] != _SHA256_WITH_RSA:
        raise SimulationError("a fresh certificate has no sha256WithRSAEncryption to rewrite")
    fields[2] = _SHA1_WITH_RSA
    tbs = wrap(SEQUENCE, b"".join(fields))
    signature = wrap(BIT_STRING, b"\0" + key.sign(tbs, "sha1"))
    return wrap(SEQUENCE, tbs + _SHA1_WITH_RSA + signature)


def sign_request_with_sha1(
    builder: x509.CertificateSigningRequestBuilder, key: PrivateKey
) -> bytes:
    """Return the DER of `builder`'s signing request, signed by `key` with SHA-1."""
    der = builder.sign(_rsa(key), hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    _, content, _ = next(walk(der))
    # RFC 2986 4.2: certificationRequestInfo, which names no algorithm, then the two rewritten.
    _, _, info = next(walk(content))
    signature = wrap(BIT_STRING, b"\0" + key.sign(info, "sha1"))
    return wrap(SEQUENCE, info + _SHA1_WITH_RSA + signature)


def _rsa(key: PrivateKey) -> RSAPrivateKey:
    if not isinstance(key.raw, RSAPrivateKey):
        raise ValueError(f"a key of {key.bits} bits on a curve does not go with SHA-1")
    return key.raw
