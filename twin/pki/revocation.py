"""Revocation: lists and OCSP answers as an authority signs them, and what they say.

Knows X.509 CRLs (RFC 5280) and OCSP (RFC 6960). Does not know who asks nor what follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from twin.errors import FormatError
from twin.pki.authority import Authority
from twin.pki.certificates import Certificate
from twin.pki.signing import hash_named, sign_revocation_list


class RevocationStatus(StrEnum):
    """What is known of a certificate. Source: Security Guide for CUCM 15."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Revoked:
    """One entry of a list."""

    serial: int
    at: datetime


def make_revocation_list(
    authority: Authority,
    revoked: Iterable[Revoked],
    this_update: datetime,
    next_update: datetime,
    number: int,
) -> bytes:
    """The DER of an authority's revocation list; entries in the order of their serials."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.to_x509().subject)
        .last_update(this_update.replace(microsecond=0))
        .next_update(next_update.replace(microsecond=0))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key),
            critical=False,
        )
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for entry in sorted(revoked, key=lambda one: one.serial):
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(entry.serial)
            .revocation_date(entry.at.replace(microsecond=0))
            .build()
        )
    return sign_revocation_list(builder, authority.key, authority.template.hash_name)


def issuer_and_end(data: bytes) -> tuple[str, datetime | None]:
    """Common name of who issued a list (DER), and when the next one is due.

    Raises:
        FormatError: it is no list.
    """
    try:
        parsed = x509.load_der_x509_crl(data)
    except ValueError as error:
        raise FormatError(f"no revocation list: {error}") from None
    names = parsed.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else "", parsed.next_update_utc


def status_by_list(
    data: bytes, certificate: Certificate, issuer: Certificate, at: datetime
) -> RevocationStatus:
    """What a revocation list says of `certificate` at a moment.

    Unknown when the list is not its issuer's, not signed by it, or not of that time.

    Raises:
        FormatError: not a revocation list.
    """
    try:
        parsed = x509.load_der_x509_crl(data)
    except (ValueError, TypeError) as error:
        raise FormatError(f"not a revocation list: {error}") from None
    next_update = parsed.next_update_utc
    is_current = parsed.last_update_utc <= at and (next_update is None or at <= next_update)
    is_its_own = parsed.issuer == issuer.to_x509().subject
    if not (is_current and is_its_own and certificate.issuer_name == issuer.subject_name):
        return RevocationStatus.UNKNOWN
    if not parsed.is_signature_valid(issuer.public_key):
        return RevocationStatus.UNKNOWN
    entry = parsed.get_revoked_certificate_by_serial_number(certificate.serial)
    if entry is None or entry.revocation_date_utc > at:
        return RevocationStatus.GOOD
    return RevocationStatus.REVOKED


def make_ocsp_request(certificate: Certificate, issuer: Certificate) -> bytes:
    """The DER of a question about one certificate, without a nonce."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        certificate.to_x509(), issuer.to_x509(), hashes.SHA1()
    )
    return builder.build().public_bytes(Encoding.DER)


def answer_ocsp(
    authority: Authority,
    certificate: Certificate,
    status: RevocationStatus,
    this_update: datetime,
    next_update: datetime,
    revoked_at: datetime | None = None,
) -> bytes:
    """The DER of the authority's answer about one certificate, signed by itself.

    The library signs OCSP answers with chance when the authority's key is on a curve; such an
    answer is true but not the same twice.
    """
    words = {
        RevocationStatus.GOOD: ocsp.OCSPCertStatus.GOOD,
        RevocationStatus.REVOKED: ocsp.OCSPCertStatus.REVOKED,
        RevocationStatus.UNKNOWN: ocsp.OCSPCertStatus.UNKNOWN,
    }
    start = this_update.replace(microsecond=0)
    is_revoked = status is RevocationStatus.REVOKED
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=certificate.to_x509(),
            issuer=authority.certificate.to_x509(),
            algorithm=hashes.SHA1(),
            cert_status=words[status],
            this_update=start,
            next_update=next_update.replace(microsecond=0),
            revocation_time=(revoked_at or start) if is_revoked else None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, authority.certificate.to_x509())
    )
    response = builder.sign(authority.key.raw, hash_named(authority.template.hash_name))
    return response.public_bytes(Encoding.DER)


def status_by_answer(
    data: bytes, certificate: Certificate, issuer: Certificate, at: datetime
) -> RevocationStatus:
    """What an OCSP answer says of `certificate` at a moment; unknown if it is not to be believed.

    Raises:
        FormatError: not an OCSP answer.
    """
    try:
        parsed = ocsp.load_der_ocsp_response(data)
        if parsed.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return RevocationStatus.UNKNOWN
        next_update = parsed.next_update_utc
        is_current = parsed.this_update_utc <= at and (next_update is None or at <= next_update)
        is_about = parsed.serial_number == certificate.serial
        is_signed = _is_signed(parsed, issuer)
        status = parsed.certificate_status
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FormatError(f"not an OCSP answer: {error}") from None
    if not (is_current and is_about and is_signed):
        return RevocationStatus.UNKNOWN
    return RevocationStatus(status.name.lower())


def _is_signed(parsed: ocsp.OCSPResponse, issuer: Certificate) -> bool:
    algorithm = parsed.signature_hash_algorithm
    key = issuer.public_key
    if algorithm is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(parsed.signature, parsed.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        else:
            key.verify(parsed.signature, parsed.tbs_response_bytes, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True
