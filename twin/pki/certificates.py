"""A certificate as the rest of the twin sees it: immutable, with its parsed fields remembered.

Knows how to read X.509. Does not know how certificates are made (profile) or who trusts them.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from twin.errors import FormatError
from twin.pki.names import DistinguishedName

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Certificate:
    """One X.509 certificate with an RSA or EC key; two are equal when their DER is equal.

    `subject` and `issuer` are in the trust-list form (`CN=..;OU=..`), `serial_bytes` is the
    serial's magnitude without a leading zero, `not_before` and `not_after` are aware UTC,
    `sha1` is the fingerprint of the DER, `public_key_record_bytes` is what a trust-list record
    holds (PKCS #1 for RSA, uncompressed point for EC), `signature` the issuer's signature bits.
    """

    der: bytes
    subject_name: DistinguishedName
    issuer_name: DistinguishedName
    subject: str
    issuer: str
    common_name: str
    serial: int
    serial_bytes: bytes
    not_before: datetime
    not_after: datetime
    key_bits: int
    sha1: bytes
    public_key: PublicKey
    public_key_record_bytes: bytes
    signature: bytes
    signature_hash: str

    @staticmethod
    def from_der(der: bytes) -> Certificate:
        """Parse one DER certificate; the same bytes give the same object.

        Raises:
            FormatError: not a certificate, trailing bytes, a negative serial number, or a key
                that is neither RSA nor EC.
        """
        return _from_der(bytes(der))

    @staticmethod
    def from_pem(pem: bytes | str) -> Certificate:
        """Parse the one certificate of a PEM text.

        Raises:
            FormatError: as `from_der`, or not exactly one certificate in the text.
        """
        data = pem.encode() if isinstance(pem, str) else pem
        try:
            with warnings.catch_warnings(action="ignore"):
                found = x509.load_pem_x509_certificates(data)
        except ValueError as error:
            raise FormatError(f"not a PEM certificate: {error}") from None
        if len(found) != 1:
            raise FormatError(f"expected one PEM certificate, found {len(found)}")
        return _from_der(found[0].public_bytes(serialization.Encoding.DER))

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.to_x509().public_bytes(serialization.Encoding.PEM)

    def to_x509(self) -> x509.Certificate:
        """Return a freshly parsed object of the cryptography library."""
        return x509.load_der_x509_certificate(self.der)

    @property
    def has_rsa_key(self) -> bool:
        """Whether its key is an RSA key, not one on a curve."""
        return isinstance(self.public_key, rsa.RSAPublicKey)

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject_name == self.issuer_name

    def is_signed_by(self, issuer: Certificate) -> bool:
        """Tell whether `issuer`'s key made this certificate's signature; names are not compared."""
        parsed = self.to_x509()
        algorithm = parsed.signature_hash_algorithm
        key = issuer.public_key
        if algorithm is None:
            return False
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(
                    parsed.signature, parsed.tbs_certificate_bytes, padding.PKCS1v15(), algorithm
                )
            else:
                key.verify(parsed.signature, parsed.tbs_certificate_bytes, ec.ECDSA(algorithm))
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Certificate):
            return NotImplemented
        return self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"Certificate({self.subject!r}, serial={self.serial:x})"

    def __reduce__(self) -> tuple[object, ...]:
        return Certificate.from_der, (self.der,)


@lru_cache(maxsize=4096)
def _from_der(der: bytes) -> Certificate:
    try:
        with warnings.catch_warnings(action="ignore"):
            return _read(der, x509.load_der_x509_certificate(der))
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise FormatError(f"not a certificate this program reads: {error}") from None


def _read(der: bytes, parsed: x509.Certificate) -> Certificate:
    key = parsed.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        record_bytes = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.PKCS1
        )
    elif isinstance(key, ec.EllipticCurvePublicKey):
        record_bytes = key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
    else:
        raise ValueError("its key is neither RSA nor EC")
    serial = parsed.serial_number
    if serial < 0:
        raise ValueError("its serial number is negative")
    subject = DistinguishedName.from_x509(parsed.subject)
    issuer = DistinguishedName.from_x509(parsed.issuer)
    algorithm = parsed.signature_hash_algorithm
    return Certificate(
        der=der,
        subject_name=subject,
        issuer_name=issuer,
        subject=subject.record_string(),
        issuer=issuer.record_string(),
        common_name=subject.common_name,
        serial=serial,
        serial_bytes=serial.to_bytes(max(1, (serial.bit_length() + 7) // 8), "big"),
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        key_bits=key.key_size,
        sha1=hashlib.sha1(der, usedforsecurity=False).digest(),
        public_key=key,
        public_key_record_bytes=record_bytes,
        signature=parsed.signature,
        signature_hash=algorithm.name if algorithm is not None else "",
    )
