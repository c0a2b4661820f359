"""Every extension of a certificate in plain words, for those who print certificates.

Knows how to read extensions. Does not know how any program prints them.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from twin.pki.certificates import Certificate
from twin.pki.usages import read_extensions

_NAMES = {
    ExtensionOID.KEY_USAGE: "KeyUsage",
    ExtensionOID.EXTENDED_KEY_USAGE: "ExtendedKeyUsage",
    ExtensionOID.SUBJECT_KEY_IDENTIFIER: "SubjectKeyIdentifier",
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER: "AuthorityKeyIdentifier",
    ExtensionOID.BASIC_CONSTRAINTS: "BasicConstraints",
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME: "SubjectAlternativeName",
}


@dataclass(frozen=True, slots=True)
class ShownExtension:
    """One extension: what it says, by kind.

    `name` is RFC 5280's word without blanks, the identifier for a kind not read here. `words`
    are usages, purpose identifiers or DNS names; `key_identifier` the two key identifiers;
    `is_authority` and `path_length` the basic constraints.
    """

    oid: str
    name: str
    is_critical: bool
    words: tuple[str, ...] = ()
    key_identifier: bytes = b""
    is_authority: bool = False
    path_length: int | None = None


def shown_extensions(certificate: Certificate) -> tuple[ShownExtension, ...]:
    """Return the extensions in the certificate's order; none where they cannot be read."""
    try:
        extensions = list(certificate.to_x509().extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    return tuple(_shown(one) for one in extensions)


def _shown(extension: x509.Extension[x509.ExtensionType]) -> ShownExtension:
    value = extension.value
    words: tuple[str, ...] = ()
    identifier, path_length, is_authority = b"", None, False
    if isinstance(value, x509.KeyUsage):
        words = read_extensions(x509.Extensions([extension])).key_usages or ()
    elif isinstance(value, x509.ExtendedKeyUsage):
        words = tuple(oid.dotted_string for oid in value)
    elif isinstance(value, x509.SubjectAlternativeName):
        words = tuple(value.get_values_for_type(x509.DNSName))
    elif isinstance(value, x509.SubjectKeyIdentifier):
        identifier = value.digest
    elif isinstance(value, x509.AuthorityKeyIdentifier):
        identifier = value.key_identifier or b""
    elif isinstance(value, x509.BasicConstraints):
        is_authority, path_length = value.ca, value.path_length
    dotted = extension.oid.dotted_string
    return ShownExtension(
        oid=dotted,
        name=_NAMES.get(extension.oid, dotted),
        is_critical=extension.critical,
        words=words,
        key_identifier=identifier,
        is_authority=is_authority,
        path_length=path_length,
    )
