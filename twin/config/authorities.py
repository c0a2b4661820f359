"""Certificate authorities of a model: who signs for the cluster, and what they leave out.

Knows words and references between authorities. Does not know certificates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from twin.config.faults import Problem, unknown
from twin.config.fields import Document, Moment, Name, SerialText, SubjectLine
from twin.config.raw import Row, names, repeated, rows, text
from twin.config.revocation import RevocationWay
from twin.config.words import NEVER_SIGNED, TrustUnit

KeyUsageWord = Literal[
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
]
UsageWord = Literal[KeyUsageWord, "server_auth", "client_auth", "ipsec_end_system"]
AuthorityBits = Literal[1024, 2048, 3072, 4096, 256, 384, 521]
AuthorityDigest = Literal["sha1", "sha256", "sha384", "sha512"]


class IssuingTemplate(Document):
    """What an authority makes of a signing request."""

    drops: tuple[UsageWord, ...] = Field(
        default=(), description="Usages it never grants, whatever the request asks for"
    )
    copies_names: bool = Field(
        default=True, description="Whether it takes over the alternative names asked for"
    )
    digest: AuthorityDigest = Field(default="sha256", description="Digest under what it signs")
    days: int = Field(default=730, ge=1, le=36_500, description="Validity of what it signs, days")


class CertificateAuthority(Document):
    """A CA outside the cluster: a root, or an intermediate under another of the list."""

    name: Name = Field(description="Name used in experiments")
    kind: Literal["enterprise", "public"] = Field(
        default="enterprise", description="Whose it is, for the reader"
    )
    subject: SubjectLine = Field(description="Subject of its certificate, CN=..;O=..;C=..")
    issuer: Name | None = Field(default=None, description="The CA above it; itself, if none")
    renews: Name | None = Field(
        default=None,
        description="The CA whose renewed certificate it is: its subject and key, other dates",
    )
    key_bits: AuthorityBits = Field(
        default=2048, description="Size of its key, bits: RSA, or a curve of 256, 384 or 521"
    )
    digest: AuthorityDigest = Field(default="sha256", description="Digest under its certificate")
    days: int = Field(default=3650, ge=1, le=36_500, description="Its validity, days")
    age_days: int = Field(
        default=400, ge=-36_500, le=36_500, description="Age at the start; negative: not yet valid"
    )
    serial: SerialText | None = Field(default=None, description="Serial number; drawn")
    not_before: Moment | None = Field(
        default=None, description="Valid from; its age before the start"
    )
    not_after: Moment | None = Field(default=None, description="Valid until; by its days")
    basic_constraints: bool = Field(
        default=True, description="Whether its certificate says CA:TRUE; old private CAs do not"
    )
    path_length: int | None = Field(
        default=None, ge=0, le=10, description="How many CAs may stand below it; any number"
    )
    key_usages: tuple[KeyUsageWord, ...] = Field(
        default=("digital_signature", "key_cert_sign", "crl_sign"),
        description="Key usages of its certificate; none for no such extension",
    )
    trusted_in: tuple[TrustUnit, ...] = Field(
        default=(), description="Trust stores of every node that hold its certificate at the start"
    )
    revocation: RevocationWay = Field(
        default="none", description="How it can be asked what it has revoked"
    )
    crl_days: int = Field(
        default=7, ge=1, le=3650, description="How long each of its revocation lists is good, days"
    )
    template: IssuingTemplate = Field(
        default_factory=IssuingTemplate, description="What it makes of requests"
    )


def authority_problems(document: Row) -> Iterator[Problem]:
    """Names used twice, issuers that are not there, and CAs that stand above themselves."""
    entries = rows(document, "certificate_authorities")
    yield from repeated(entries, "name", "certificate authority")
    anew = [entry for entry in entries if entry[1].get("renews") is None]
    yield from repeated(anew, "subject", "certificate authority with subject")
    subjects = {text(row, "name"): row.get("subject") for _, row in anew}
    known = names(entries)
    above = {name: text(row, "issuer") for _, row in entries if (name := text(row, "name"))}
    for location, row in entries:
        old = text(row, "renews")
        if old is not None and old not in known:
            yield unknown((*location, "renews"), "certificate authority", old, known)
        elif old is not None and row.get("subject") != subjects.get(old):
            found = f"{old!r} has another subject, or is a renewed one itself"
            yield Problem((*location, "renews"), found, "the first certificate of the same subject")
        issuer = text(row, "issuer")
        if issuer is not None and issuer not in known:
            yield unknown((*location, "issuer"), "certificate authority", issuer, known)
        elif issuer is not None and _is_above_itself(text(row, "name"), above):
            yield Problem((*location, "issuer"), f"{issuer!r} stands below it", "a CA above it")
        bits, digest = row.get("key_bits"), row.get("digest")
        if bits in (256, 384, 521) and digest == "sha1":
            yield Problem((*location, "digest"), "sha1 with a key on a curve", "sha256 or better")


def signed_unit_problems(document: Row) -> Iterator[Problem]:
    """Units signed by an authority that is not there, or that nobody else signs."""
    known = names(rows(document, "certificate_authorities"))
    signed = document.get("signed_units")
    for unit, name in signed.items() if isinstance(signed, dict) else ():
        if isinstance(name, str) and name not in known:
            yield unknown(("signed_units", str(unit)), "certificate authority", name, known)
        if unit in NEVER_SIGNED:
            yield Problem(("signed_units", str(unit)), f"{unit}, which no CA signs", "another unit")


def _is_above_itself(name: str | None, above: dict[str, str | None]) -> bool:
    seen: list[str] = []
    while name is not None:
        if name in seen:
            return True
        seen.append(name)
        name = above.get(name)
    return False
