"""Whether a certificate is that of the peer one wanted to talk to.

Knows: the names in a certificate, and the rules by which products compare them with a name. Must
not know who compares, nor whether the certificate is trusted.

Source: RFC 9525 for the comparison itself; edge-presence-video 10.2 for the rule of each product
(Expressway zones, HTTPS clients, MCU, SIP trunks, DSP farms, VPN phones, XMPP).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography import x509

from twin.pki.certificates import Certificate


class NameRule(StrEnum):
    """Where a product looks for the name it expects."""

    ALTERNATIVE_NAME = "alternative_name"
    """A DNS name of the subject alternative names, and nowhere else."""
    EITHER = "either"
    """A DNS name of the alternative names, or the common name."""
    ALTERNATIVE_NAME_FIRST = "alternative_name_first"
    """The common name counts only where there are no alternative names at all."""
    COMMON_NAME_PREFIX = "common_name_prefix"
    """The common name begins with the expected name."""
    FINGERPRINT = "fingerprint"
    """The certificate's SHA-1, in lower-case hex digits, and no name."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The names of which one must be there, and where to look for it.

    A wildcard in a certificate stands for nothing but itself: no product here admits one.
    Source: edge-presence-video 1.3 row 7, F10.

    Args:
        names: any of them will do.
    """

    names: tuple[str, ...]
    rule: NameRule

    def is_met(self, certificate: Certificate) -> bool:
        """Whether the certificate carries one of the names where the rule looks."""
        if self.rule is NameRule.FINGERPRINT:
            return certificate.sha1.hex() in self.names
        if self.rule is NameRule.COMMON_NAME_PREFIX:
            common_name = certificate.common_name.lower()
            return any(common_name.startswith(name.lower()) for name in self.names)
        presented = presented_names(certificate, self.rule)
        return any(_canonical(name) in presented for name in self.names)


@lru_cache(maxsize=4096)
def presented_names(certificate: Certificate, rule: NameRule) -> tuple[str, ...]:
    """The names of a certificate that a rule looks at, lower case, without a final dot."""
    dns, is_there = _alternative_names(certificate)
    common_name = certificate.common_name
    if rule is NameRule.ALTERNATIVE_NAME or (rule is NameRule.ALTERNATIVE_NAME_FIRST and is_there):
        found = dns
    elif rule is NameRule.ALTERNATIVE_NAME_FIRST:
        found = (common_name,)
    else:
        found = (*dns, common_name)
    return tuple(dict.fromkeys(_canonical(name) for name in found if name))


def _alternative_names(certificate: Certificate) -> tuple[tuple[str, ...], bool]:
    """DNS names, and whether there is the extension at all; one that cannot be read is empty."""
    try:
        extension = certificate.to_x509().extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return (), False
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return (), True
    return tuple(extension.value.get_values_for_type(x509.DNSName)), True


def _canonical(name: str) -> str:
    return name.strip().lower().removesuffix(".")
