"""Certificate signing requests: PKCS #10 as a unit of the product asks, and as anyone reads it.

Knows which usages a unit asks for. Does not know the authority that answers.

Source: Security Guide for CUCM 15, key-usage table of CSRs (valid until 15SU4); before it the Cisco
TAC deck of March 2016, "CA requirements for signing CSR".
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from twin.errors import FormatError
from twin.pki.keys import PrivateKey, RawPublicKey
from twin.pki.names import CAPF_ORDER, DistinguishedName
from twin.pki.signing import sign_request
from twin.pki.usages import (
    Extensions,
    key_usage_extension,
    names_extension,
    purpose_extension,
    read_extensions,
)


class UsageTable(StrEnum):
    """Which usages a release's requests ask for."""

    DECK_2016 = "deck_2016"
    GUIDE_15 = "guide_15"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The usages one unit asks for."""

    key_usages: tuple[str, ...]
    purposes: tuple[str, ...]
    is_authority: bool = False


_TLS = ("server_auth", "client_auth")
_IPSEC = (*_TLS, "ipsec_end_system")
_SIGN, _KEYS, _DATA = "digital_signature", "key_encipherment", "data_encipherment"
_DECK_USAGES = (_SIGN, _KEYS, _DATA, "key_cert_sign")

_GUIDE: dict[str, Wanted] = {
    "CallManager": Wanted((_SIGN, _DATA), _TLS),
    "CallManager-ECDSA": Wanted((_SIGN, _DATA), _TLS),
    "tomcat": Wanted((_SIGN, _DATA), _TLS),
    "tomcat-ECDSA": Wanted((_SIGN, _DATA), _TLS),
    "CAPF": Wanted((_SIGN, "key_cert_sign"), _TLS, is_authority=True),
    "ipsec": Wanted((_SIGN, _KEYS, _DATA), _IPSEC),
    "TVS": Wanted((_SIGN, _KEYS, _DATA), _TLS),
    "cup": Wanted((_SIGN, _DATA), _TLS),
    "cup-xmpp": Wanted((_SIGN, _DATA), _TLS),
    "cup-xmpp-s2s": Wanted((_SIGN, _DATA), _TLS),
    "cup-ECDSA": Wanted((_SIGN, _DATA), _TLS),
    "cup-xmpp-ECDSA": Wanted((_SIGN, _DATA), _TLS),
    "cup-xmpp-s2s-ECDSA": Wanted((_SIGN, _DATA), _TLS),
}
"""Assumption: the units of IM and Presence ask for the same as tomcat."""

REQUESTING_UNITS = tuple(_GUIDE)
"""Units a request can be made for. Source: the rows of the table; ITLRecovery and authz are
never signed by others."""


def wanted(unit: str, table: UsageTable) -> Wanted:
    """The usages `unit` asks for.

    Raises:
        ValueError: a unit that makes no requests.

    Assumption: by the deck's list every unit asks for the same, ipsec for its end system too; EC
        keys never ask for key encipherment.
    """
    if unit not in _GUIDE:
        raise ValueError(f"unit {unit!r} makes no signing requests")
    if table is UsageTable.GUIDE_15:
        return _GUIDE[unit]
    usages = tuple(use for use in _DECK_USAGES if use != _KEYS or not unit.endswith("-ECDSA"))
    return Wanted(usages, _IPSEC if unit == "ipsec" else _TLS)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SigningRequest:
    """One request; two are equal when their DER is equal."""

    der: bytes
    subject_name: DistinguishedName
    public_key: RawPublicKey
    signature_hash: str
    extensions: Extensions

    @staticmethod
    def from_der(der: bytes) -> SigningRequest:
        """Parse a DER request and check that its key signed it.

        Raises:
            FormatError: not a request, a key that is neither RSA nor EC, or a bad signature.
        """
        try:
            with warnings.catch_warnings(action="ignore"):
                parsed = x509.load_der_x509_csr(der)
                key = parsed.public_key()
                extensions = read_extensions(parsed.extensions)
                algorithm = parsed.signature_hash_algorithm
        except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
            raise FormatError(f"not a signing request this program reads: {error}") from None
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise FormatError("a signing request whose key is neither RSA nor EC")
        if algorithm is None or not _is_self_signed(parsed, key, algorithm):
            raise FormatError("a signing request that its own key did not sign")
        return SigningRequest(
            der,
            DistinguishedName.from_x509(parsed.subject),
            key,
            algorithm.name,
            extensions,
        )

    @property
    def key_bits(self) -> int:
        """RSA modulus or EC curve size."""
        return self.public_key.key_size

    @property
    def dns_names(self) -> tuple[str, ...]:
        """Subject alternative names asked for."""
        return self.extensions.dns_names

    @property
    def pem(self) -> bytes:
        """The request as PEM, as the product's download gives it."""
        return x509.load_der_x509_csr(self.der).public_bytes(serialization.Encoding.PEM)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SigningRequest):
            return NotImplemented
        return self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"SigningRequest({self.subject_name.record_string()!r}, {self.key_bits} bits)"


def _is_self_signed(
    parsed: x509.CertificateSigningRequest, key: RawPublicKey, algorithm: hashes.HashAlgorithm
) -> bool:
    """Whether the request's own key signed it; the library's own check refuses SHA-1."""
    signed, signature = parsed.tbs_certrequest_bytes, parsed.signature
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        else:
            key.verify(signature, signed, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def make_request(
    subject: DistinguishedName,
    key: PrivateKey,
    hash_name: str,
    unit: str,
    table: UsageTable,
    dns_names: Sequence[str] = (),
) -> SigningRequest:
    """Make the request of a unit.

    Raises:
        ValueError: a name, unit or hash that no request can carry.

    Source: subject order as in real certificates; the deck of 2016 asks for a critical key usage.
    """
    return request(
        subject.reordered(CAPF_ORDER), key, hash_name, wanted(unit, table), dns_names,
        is_critical=table is UsageTable.DECK_2016,
    )  # fmt: skip


def request(
    subject: DistinguishedName,
    key: PrivateKey,
    hash_name: str,
    uses: Wanted,
    dns_names: Sequence[str] = (),
    *,
    is_critical: bool = False,
) -> SigningRequest:
    """Make any request: the name as given, the usages wanted; key usages critical if said so.

    Raises:
        ValueError: a name or hash that no request can carry.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject.to_x509())
    builder = builder.add_extension(
        key_usage_extension(uses.key_usages), critical=is_critical
    ).add_extension(purpose_extension(uses.purposes), critical=False)
    if uses.is_authority:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
    if dns_names:
        builder = builder.add_extension(names_extension(dns_names), critical=False)
    return SigningRequest.from_der(sign_request(builder, key, hash_name))
