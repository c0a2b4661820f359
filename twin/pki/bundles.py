"""Files that hold certificates: PEM, DER, PKCS #7 in both encodings, PKCS #12.

Knows how to tell them apart, to read them within bounds and to write them. Does not know which of
them the product takes (`upload_rules`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs7,
    pkcs12,
)

from twin.errors import FormatError
from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey

MAX_BYTES = 1 << 20
"""Largest file that is read, bytes: a chain of a hundred certificates is a tenth of it."""

MAX_CERTIFICATES = 32
"""Most certificates one file may hold."""

_PEM_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_PEM_PKCS7 = b"-----BEGIN PKCS7-----"


class FileFormat(StrEnum):
    """How a file holds certificates."""

    PEM = "pem"
    DER = "der"
    PKCS7_DER = "pkcs7_der"
    PKCS7_PEM = "pkcs7_pem"


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """A file that was read: its format and its certificates in the file's order."""

    format: FileFormat
    certificates: tuple[Certificate, ...]

    def leaf(self) -> Certificate:
        """The certificate that issued none of the others; the first, if each issued one."""
        for candidate in self.certificates:
            others = [one for one in self.certificates if one != candidate]
            if not any(one.issuer_name == candidate.subject_name for one in others):
                return candidate
        return self.certificates[0]


def read(data: bytes) -> CertificateFile:
    """Read a file of certificates, whatever of the four formats it has.

    Raises:
        FormatError: too large, of no known format, without a certificate, or with too many.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"a file of {len(data)} bytes: more than {MAX_BYTES} are not read")
    kind = _kind(data)
    try:
        with warnings.catch_warnings(action="ignore"):
            found = _load(kind, data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FormatError(f"not certificates in {kind}: {error}") from None
    if not 1 <= len(found) <= MAX_CERTIFICATES:
        raise FormatError(f"{len(found)} certificates in a file: 1 to {MAX_CERTIFICATES} are read")
    ders = [certificate.public_bytes(Encoding.DER) for certificate in found]
    return CertificateFile(kind, tuple(Certificate.from_der(der) for der in ders))


def _kind(data: bytes) -> FileFormat:
    if _PEM_PKCS7 in data:
        return FileFormat.PKCS7_PEM
    if _PEM_CERTIFICATE in data:
        return FileFormat.PEM
    if data[:1] != b"\x30":
        raise FormatError("neither PEM nor DER: no certificate in this file")
    # PKCS #7 begins with the identifier of signed data, a certificate with another SEQUENCE.
    header = 2 if len(data) < 2 or not data[1] & 0x80 else 2 + (data[1] & 0x7F)
    return FileFormat.PKCS7_DER if data[header : header + 1] == b"\x06" else FileFormat.DER


def _load(kind: FileFormat, data: bytes) -> list[x509.Certificate]:
    if kind is FileFormat.PEM:
        return x509.load_pem_x509_certificates(data)
    if kind is FileFormat.DER:
        return [x509.load_der_x509_certificate(data)]
    if kind is FileFormat.PKCS7_DER:
        return pkcs7.load_der_pkcs7_certificates(data)
    return pkcs7.load_pem_pkcs7_certificates(data)


def write(certificates: Sequence[Certificate], kind: FileFormat) -> bytes:
    """Return the certificates as one file; PEM and DER hold the first alone.

    Raises:
        ValueError: no certificate.
    """
    if not certificates:
        raise ValueError("a file without a certificate")
    if kind is FileFormat.PEM:
        return certificates[0].pem
    if kind is FileFormat.DER:
        return certificates[0].der
    encoding = Encoding.DER if kind is FileFormat.PKCS7_DER else Encoding.PEM
    return pkcs7.serialize_certificates([one.to_x509() for one in certificates], encoding)


def write_pkcs12(
    name: str,
    certificate: Certificate,
    key: PrivateKey,
    password: str,
    chain: Sequence[Certificate] = (),
) -> bytes:
    """Return certificate, key and chain as PKCS #12, sealed with a password.

    Its salts come from the operating system, so two files of the same key differ; none is ever
    part of a journal.
    """
    return pkcs12.serialize_key_and_certificates(
        name.encode(),
        key.raw,
        certificate.to_x509(),
        [one.to_x509() for one in chain] or None,
        BestAvailableEncryption(password.encode()),
    )


def read_pkcs12_certificate(data: bytes, password: str) -> Certificate:
    """Return the certificate a PKCS #12 file holds beside its key.

    Raises:
        FormatError: too large, no PKCS #12, another password, or no certificate in it.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"a file of {len(data)} bytes: more than {MAX_BYTES} are not read")
    try:
        _, certificate, _ = pkcs12.load_key_and_certificates(data, password.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FormatError(f"not a PKCS #12 file of this password: {error}") from None
    if certificate is None:
        raise FormatError("a PKCS #12 file without a certificate")
    return Certificate.from_der(certificate.public_bytes(Encoding.DER))
