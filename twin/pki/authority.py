"""Certificate authorities: roots and intermediates that answer signing requests, as their template
lets them.

Knows what a CA copies from a request and what it leaves out. Does not know who trusts it. Serial
numbers and time are arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from twin.pki.certificates import Certificate
from twin.pki.csr import SigningRequest
from twin.pki.keys import PrivateKey
from twin.pki.names import DistinguishedName
from twin.pki.profile import UnitProfile, build
from twin.pki.usages import PURPOSES

AUTHORITY_USAGES = ("digital_signature", "key_cert_sign", "crl_sign")
"""Key usages of a CA made by the book (RFC 5280 4.2.1.3)."""


@dataclass(frozen=True, slots=True)
class Template:
    """What an authority makes of a request.

    `drops` are usage words it never grants; `copies_names` whether it takes over the alternative
    names asked for; `hash_name` the digest under what it signs; `days` the validity it gives.
    """

    drops: tuple[str, ...] = ()
    copies_names: bool = True
    hash_name: str = "sha256"
    days: int = 730


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA: its certificate and key, those above it (its own issuer first), and its template."""

    certificate: Certificate
    key: PrivateKey
    above: tuple[Certificate, ...] = ()
    template: Template = field(default_factory=Template)

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """Its certificate and all above it, up to the root."""
        return (self.certificate, *self.above)

    def sign(
        self,
        request: SigningRequest,
        serial: bytes,
        not_before: datetime,
        *,
        days: int | None = None,
        drops: Sequence[str] = (),
        dns_names: Sequence[str] | None = None,
        not_after: datetime | None = None,
    ) -> Certificate:
        """Answer a request.

        Args:
            serial: unsigned magnitude, 1 to 20 bytes.
            days: validity instead of the template's.
            drops: usages left out beside the template's.
            dns_names: alternative names put in instead of those asked for.
            not_after: the end of the validity, instead of days.

        A CA never lets a request make itself an authority: CA:TRUE is copied only when the request
        asks for it and for the usage to sign certificates.
        """
        left_out = {*self.template.drops, *drops}
        asked = request.extensions
        names = asked.dns_names if self.template.copies_names else ()
        usages = tuple(use for use in asked.key_usages or () if use not in left_out)
        profile = UnitProfile(
            (),
            usages,
            tuple(
                PURPOSES[purpose]
                for purpose in asked.purposes or ()
                if purpose in PURPOSES and purpose not in left_out
            ),
            path_length=asked.path_length,
            is_authority=bool(asked.is_authority) and "key_cert_sign" in usages,
            key_usage_is_critical=True,
        )
        return build(
            request.subject_name.to_x509(),
            self.certificate.to_x509().subject,
            request.public_key,
            self.key,
            serial,
            not_before,
            days or self.template.days,
            self.template.hash_name,
            profile,
            names if dns_names is None else tuple(dns_names),
            not_after,
        )


def make_authority(
    subject: DistinguishedName,
    key: PrivateKey,
    serial: bytes,
    not_before: datetime,
    days: int,
    *,
    hash_name: str = "sha256",
    issuer: Authority | None = None,
    path_length: int | None = None,
    says_authority: bool = True,
    key_usages: Sequence[str] = AUTHORITY_USAGES,
    template: Template | None = None,
    not_after: datetime | None = None,
) -> Authority:
    """Make a root, or with `issuer` an intermediate.

    Args:
        says_authority: carry basicConstraints CA:TRUE; old private CAs do not.
        key_usages: its own key usages; none for a certificate without the extension.
        not_after: aware; the end instead of `days` after the beginning.
    """
    profile = UnitProfile(
        (), tuple(key_usages), (), path_length=path_length, is_authority=says_authority
    )
    name = subject.to_x509()
    certificate = build(
        name,
        name if issuer is None else issuer.certificate.to_x509().subject,
        key.public_key,
        key if issuer is None else issuer.key,
        serial,
        not_before,
        days,
        hash_name,
        profile,
        not_after=not_after,
    )
    above = () if issuer is None else issuer.chain
    return Authority(certificate, key, above, template or Template())
