"""What the product takes when a certificate is uploaded, and every reason why it does not.

Pure: a file, the request, the trust store, the moment and the release's rules in; reasons out.
Knows no node and no clock.

Wording: the message for differing names is the product's (Cisco 200641). Assumption: the other
messages are our own words, since no source prints the product's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from twin.pki import chains
from twin.pki.bundles import CertificateFile, FileFormat
from twin.pki.certificates import Certificate
from twin.pki.chains import ChainFault
from twin.pki.csr import SigningRequest, UsageTable, wanted
from twin.pki.usages import extensions_of

MAX_RSA_BITS = 4096
"""Largest RSA key that can be stored. Source: Security Guide for CUCM 15."""


class UploadFault(StrEnum):
    """Why an upload is refused."""

    PKCS7_PEM = "pkcs7_pem"
    SEVERAL_IN_PEM = "several_in_pem"
    NO_REQUEST = "no_request"
    KEY_DIFFERS_FROM_REQUEST = "key_differs_from_request"
    COMMON_NAME_DIFFERS = "common_name_differs"
    NAMES_DIFFER = "names_differ"
    WILDCARD = "wildcard"
    KEY_TOO_LONG = "key_too_long"
    KEY_USAGE_MISSING = "key_usage_missing"
    EXTENDED_KEY_USAGE_MISSING = "extended_key_usage_missing"
    CONSTRAINTS_MISSING = "constraints_missing"
    CONSTRAINTS_FORBIDDEN = "constraints_forbidden"
    AUTHORITY_INCOMPLETE = "authority_incomplete"
    ISSUER_NOT_IN_TRUST = "issuer_not_in_trust"
    SIGNATURE_MISMATCH = "signature_mismatch"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    ISSUER_IS_NO_AUTHORITY = "issuer_is_no_authority"
    PATH_TOO_LONG = "path_too_long"
    UNREADABLE = "unreadable"
    REVOKED = "revoked"
    """Revoked, or of a status that nobody knows while unknown counts as revoked."""


_OF_CHAIN = {
    ChainFault.ISSUER_MISSING: UploadFault.ISSUER_NOT_IN_TRUST,
    ChainFault.SIGNATURE_MISMATCH: UploadFault.SIGNATURE_MISMATCH,
    ChainFault.EXPIRED: UploadFault.EXPIRED,
    ChainFault.NOT_YET_VALID: UploadFault.NOT_YET_VALID,
    ChainFault.ISSUER_IS_NO_AUTHORITY: UploadFault.ISSUER_IS_NO_AUTHORITY,
    ChainFault.PATH_TOO_LONG: UploadFault.PATH_TOO_LONG,
}


@dataclass(frozen=True, slots=True)
class UploadRules:
    """What differs between releases.

    `checks_usages`: the usages a unit needs must be in the certificate; `strict_authorities`: a CA
    must say so in full; `ipsec_constraints_forbidden`: no basicConstraints in a signed ipsec.
    """

    usage_table: UsageTable
    checks_usages: bool
    strict_authorities: bool
    ipsec_constraints_forbidden: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason: its word, and the sentence the admin reads."""

    fault: UploadFault
    message: str


def trust_store_of(unit: str) -> str:
    """The store the CAs of a unit's certificate have to be in; ECDSA units share their twin's.

    Source: Security Guide for CUCM 15 lists no trust store of an ECDSA unit; edge-presence-video
    4.1: cup-xmpp-s2s has none of its own and uses that of cup-xmpp.
    """
    return f"{unit.removesuffix('-ECDSA').removesuffix('-s2s')}-trust"


def identity_refusals(
    file: CertificateFile,
    request: SigningRequest | None,
    unit: str,
    trusted: Sequence[Certificate],
    at: datetime,
    rules: UploadRules,
) -> tuple[Refusal, ...]:
    """Every reason why a unit's own certificate is not taken; empty when it is.

    Args:
        file: the certificate, in PKCS #7 with its chain.
        request: the outstanding signing request, if there is one.
        trusted: the content of the unit's trust store.
    """
    certificate = file.leaf()
    found = list(_of_file(file))
    found += _against_request(certificate, request)
    found += _of_certificate(certificate)
    if rules.checks_usages:
        found += _usages(certificate, unit, rules)
    if unit == "CAPF" and rules.strict_authorities:
        found += _capf(certificate)
    if (
        unit == "ipsec"
        and rules.ipsec_constraints_forbidden
        and extensions_of(certificate).is_authority is not None
    ):
        found.append(
            Refusal(
                UploadFault.CONSTRAINTS_FORBIDDEN,
                "the ipsec certificate has a Basic Constraints extension",
            )
        )
    helpers = [one for one in file.certificates if one != certificate]
    found += _chain(certificate, trusted, helpers, at, rules, unit)
    return tuple(found)


def trust_refusals(file: CertificateFile, at: datetime, rules: UploadRules) -> tuple[Refusal, ...]:
    """Every reason why a file is not taken into a trust store; empty when it is."""
    found = list(_of_file(file))
    for certificate in file.certificates:
        found += _of_certificate(certificate)
        found += _dates(certificate, at)
        if rules.strict_authorities and _is_meant_as_authority(certificate):
            found += _incomplete(certificate)
    return tuple(found)


def _of_file(file: CertificateFile) -> Iterator[Refusal]:
    """Source: Cisco TAC deck of March 2016: one PEM certificate a file, PKCS #7 as DER only."""
    if file.format is FileFormat.PKCS7_PEM:
        yield Refusal(
            UploadFault.PKCS7_PEM, "the PEM format of a PKCS#7 certificate chain is not supported"
        )
    if file.format is FileFormat.PEM and len(file.certificates) > 1:
        yield Refusal(
            UploadFault.SEVERAL_IN_PEM,
            f"{len(file.certificates)} certificates in one PEM file: one is supported",
        )


def _against_request(certificate: Certificate, request: SigningRequest | None) -> Iterator[Refusal]:
    if request is None:
        yield Refusal(
            UploadFault.NO_REQUEST, "there is no certificate signing request (CSR) for this unit"
        )
        return
    if certificate.public_key != request.public_key:
        yield Refusal(
            UploadFault.KEY_DIFFERS_FROM_REQUEST,
            "the public key of the certificate does not match that of the CSR",
        )
    if certificate.common_name != request.subject_name.common_name:
        yield Refusal(
            UploadFault.COMMON_NAME_DIFFERS,
            f"common name {certificate.common_name!r} is not that of the CSR, "
            f"{request.subject_name.common_name!r}",
        )
    names = {name.lower() for name in extensions_of(certificate).dns_names}
    if names != {name.lower() for name in request.dns_names}:
        yield Refusal(UploadFault.NAMES_DIFFER, "CSR SAN and Certificate SAN does not match")


def _of_certificate(certificate: Certificate) -> Iterator[Refusal]:
    """Source: Security Guide for CUCM 15: no wildcard entries, 4096 bits at most."""
    says = extensions_of(certificate)
    if says.unread:
        yield Refusal(UploadFault.UNREADABLE, f"its extensions cannot be read: {says.unread}")
    names = (certificate.common_name, *says.dns_names)
    if wild := [name for name in names if "*" in name]:
        yield Refusal(UploadFault.WILDCARD, f"wildcard entry {wild[0]!r} is not supported")
    if certificate.key_bits > MAX_RSA_BITS:
        yield Refusal(
            UploadFault.KEY_TOO_LONG,
            f"a key of {certificate.key_bits} bits: the maximum is {MAX_RSA_BITS}",
        )


def _usages(certificate: Certificate, unit: str, rules: UploadRules) -> Iterator[Refusal]:
    needs, says = wanted(unit, rules.usage_table), extensions_of(certificate)
    missing = [use for use in needs.key_usages if use not in (says.key_usages or ())]
    if missing:
        yield Refusal(UploadFault.KEY_USAGE_MISSING, f"key usage missing: {', '.join(missing)}")
    missing = [use for use in needs.purposes if use not in (says.purposes or ())]
    if missing:
        yield Refusal(
            UploadFault.EXTENDED_KEY_USAGE_MISSING,
            f"extended key usage missing: {', '.join(missing)}",
        )


def _capf(certificate: Certificate) -> Iterator[Refusal]:
    """Source: Security Guide for CUCM 15, CAPF: CA:TRUE with path length 0."""
    says = extensions_of(certificate)
    if says.is_authority is not True or says.path_length != 0:
        yield Refusal(
            UploadFault.CONSTRAINTS_MISSING,
            "the CAPF certificate must have Basic Constraints CA:TRUE, pathlen:0",
        )


def _chain(
    certificate: Certificate,
    trusted: Sequence[Certificate],
    helpers: Sequence[Certificate],
    at: datetime,
    rules: UploadRules,
    unit: str,
) -> Iterator[Refusal]:
    store = trust_store_of(unit)
    for link in chains.faults(certificate, trusted, at, helpers):
        named = link.certificate
        subject = "the certificate" if named == certificate else f"CA {named.common_name!r}"
        message = {
            ChainFault.ISSUER_MISSING: (
                f"the CA certificate {named.issuer_name.common_name!r} is not available in {store}"
            ),
            ChainFault.SIGNATURE_MISMATCH: (
                f"the signature of {subject} is not by the CA of that name in {store}"
            ),
            ChainFault.EXPIRED: f"{subject} has expired",
            ChainFault.NOT_YET_VALID: f"{subject} is not yet valid",
            ChainFault.ISSUER_IS_NO_AUTHORITY: f"{subject} may not sign certificates",
            ChainFault.PATH_TOO_LONG: f"{subject} stands above too long a chain",
        }[link.fault]
        yield Refusal(_OF_CHAIN[link.fault], message)
    if rules.strict_authorities:
        chain, _ = chains.find_chain(certificate, trusted, helpers)
        for issuer in chain[1:]:
            yield from _incomplete(issuer)


def _dates(certificate: Certificate, at: datetime) -> Iterator[Refusal]:
    """Source: Security Guide for CUCM 15: an upload verifies the incoming validity."""
    if at > certificate.not_after:
        yield Refusal(UploadFault.EXPIRED, f"{certificate.common_name!r} has expired")
    if at < certificate.not_before:
        yield Refusal(UploadFault.NOT_YET_VALID, f"{certificate.common_name!r} is not yet valid")


def _is_meant_as_authority(certificate: Certificate) -> bool:
    """It says so, or may sign certificates and names no other purpose (an old private root).

    The product's own self-signed certificates have the usage too, but name their purposes.
    """
    says = extensions_of(certificate)
    if says.is_authority is None and says.purposes is None:
        return chains.may_sign(certificate, is_root=True)
    return says.is_authority is True


def _incomplete(authority: Certificate) -> Iterator[Refusal]:
    """Source: Security Guide for CUCM 15, CAPF: from 14SU2 any CA in a trust store must carry
    CA:TRUE, digitalSignature and keyCertSign.

    Assumption: an upload checks it; the guide says that TLS fails without.
    """
    says = extensions_of(authority)
    missing = [] if says.is_authority is True else ["Basic Constraints CA:TRUE"]
    missing += [
        use for use in ("digital_signature", "key_cert_sign") if use not in (says.key_usages or ())
    ]
    if missing:
        yield Refusal(
            UploadFault.AUTHORITY_INCOMPLETE,
            f"CA {authority.common_name!r} lacks {', '.join(missing)}",
        )
