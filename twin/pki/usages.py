"""What a certificate or request says it may be used for: key usages, purposes, CA or not, names.

Knows the words for them and reads them out of extensions. Does not know which unit needs which
(`profile`) nor who minds (`upload_rules`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from twin.pki.certificates import Certificate

KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
"""RFC 5280 4.2.1.3, in the order of its bits."""

PURPOSES: dict[str, ObjectIdentifier] = {
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "ipsec_end_system": ObjectIdentifier("1.3.6.1.5.5.7.3.5"),
}
"""Extended key usages the product asks for."""

_PURPOSE_WORDS = {oid: word for word, oid in PURPOSES.items()}

USAGES = (*KEY_USAGES, *PURPOSES)
"""Every word a certificate authority may leave out."""


@dataclass(frozen=True, slots=True)
class Extensions:
    """The extensions the rules look at; None where there is no such extension.

    Purposes without a word of `PURPOSES` are dotted identifiers. `unread` says why extensions
    could not be read at all; the rest is then empty.
    """

    key_usages: tuple[str, ...] | None = None
    purposes: tuple[str, ...] | None = None
    is_authority: bool | None = None
    path_length: int | None = None
    dns_names: tuple[str, ...] = ()
    unread: str = ""


def key_usage_extension(words: Iterable[str]) -> x509.KeyUsage:
    """The KeyUsage extension of words.

    Raises:
        ValueError: a word that is none, or `encipher_only` without `key_agreement`.
    """
    chosen = set(words)
    if unknown := sorted(chosen - set(KEY_USAGES)):
        raise ValueError(f"no key usage: {', '.join(unknown)}")
    return x509.KeyUsage(**{usage: usage in chosen for usage in KEY_USAGES})


def purpose_extension(words: Iterable[str]) -> x509.ExtendedKeyUsage:
    """The ExtendedKeyUsage extension of words of `PURPOSES`.

    Raises:
        KeyError: a word that is none. ValueError: no word.
    """
    return x509.ExtendedKeyUsage([PURPOSES[word] for word in words])


def names_extension(dns_names: Iterable[str]) -> x509.SubjectAlternativeName:
    """The SubjectAlternativeName extension of DNS names."""
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in dns_names])


@lru_cache(maxsize=4096)
def extensions_of(certificate: Certificate) -> Extensions:
    """What a certificate's extensions say."""
    try:
        return read_extensions(certificate.to_x509().extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        return Extensions(unread=str(error))


def read_extensions(extensions: x509.Extensions) -> Extensions:
    """What parsed extensions say."""
    key_usages = purposes = is_authority = path_length = None
    dns_names: tuple[str, ...] = ()
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.KeyUsage):
            key_usages = tuple(usage for usage in KEY_USAGES if _is_set(value, usage))
        elif isinstance(value, x509.ExtendedKeyUsage):
            purposes = tuple(_PURPOSE_WORDS.get(oid, oid.dotted_string) for oid in value)
        elif isinstance(value, x509.BasicConstraints):
            is_authority, path_length = value.ca, value.path_length
        elif isinstance(value, x509.SubjectAlternativeName):
            dns_names = tuple(value.get_values_for_type(x509.DNSName))
    return Extensions(key_usages, purposes, is_authority, path_length, dns_names)


def _is_set(value: x509.KeyUsage, usage: str) -> bool:
    """Two bits are undefined without key agreement, and the library refuses to tell them."""
    if usage in ("encipher_only", "decipher_only") and not value.key_agreement:
        return False
    return bool(getattr(value, usage))
