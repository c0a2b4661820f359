"""The words of certificates signed by others: request, signature, uploads.

Each class holds the arguments of one word, in the order an admin takes the steps. Whether node,
unit and authority exist is checked by `certificate_checks.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from twin.config.actions import NodeName
from twin.config.authorities import UsageWord
from twin.config.faults import Problem, refuse
from twin.config.fields import Document, Duration, Name
from twin.config.words import TrustUnit, Unit

DnsName = Annotated[
    str, StringConstraints(pattern=r"^(\*\.)?[A-Za-z0-9][A-Za-z0-9._-]{0,252}$", max_length=253)
]
"""A DNS name; a wildcard can be written, since it is for the product to refuse it."""

FilePath = Annotated[str, StringConstraints(min_length=1, max_length=1000)]

FileFormatWord = Literal["pem", "der", "pkcs7_der", "pkcs7_pem"]


class GenerateCsr(Document):
    """Generate a certificate signing request for a unit of a node."""

    node: NodeName = Field(description="Node name or alias (pub, sub1, tftp1)")
    unit: Unit = Field(description="Own certificate, e.g. CallManager")
    distribution: Literal["single", "multi_server"] = Field(
        default="single",
        description="multi_server: one certificate for all nodes, on the publisher",
    )
    key_bits: Literal[1024, 2048, 3072, 4096, 256, 384, 521] | None = Field(
        default=None, description="Size of the new key, bits; that of the present certificate"
    )
    digest: Literal["sha1", "sha256", "sha384", "sha512"] | None = Field(
        default=None, description="Digest under the request; the release's, or the curve's"
    )
    san: tuple[DnsName, ...] = Field(
        default=(), max_length=100, description="Alternative names beside those filled in"
    )


class SignCsr(Document):
    """Let a certificate authority sign the outstanding request."""

    node: NodeName = Field(description="Node whose request it is")
    unit: Unit = Field(description="Unit whose request it is")
    authority: Name = Field(description="CA of the model that signs")
    days: int | None = Field(
        default=None, ge=1, le=36_500, description="Validity, days; that of the CA's template"
    )
    starts_in_ms: Duration = Field(
        alias="starts_in", default=0, description="Validity begins so much later, e.g. 2d"
    )
    drops: tuple[UsageWord, ...] = Field(
        default=(), description="Usages left out, beside those of the CA's template"
    )
    san: tuple[DnsName, ...] | None = Field(
        default=None, description="Alternative names put in instead of those asked for"
    )


class UploadIdentity(Document):
    """Upload a unit's own certificate: the one last signed for it, or a file."""

    node: NodeName = Field(description="Node name or alias (pub, sub1, tftp1)")
    unit: Unit = Field(description="Own certificate, e.g. CallManager")
    format: FileFormatWord = Field(
        default="pem", description="Format of the upload; PKCS #7 brings the CA's chain along"
    )
    file: FilePath | None = Field(
        default=None, description="A file instead, relative to the experiment"
    )


class UploadTrust(Document):
    """Upload a certificate into a trust store: of a CA, node or system, or a file."""

    node: NodeName = Field(description="Node name or alias (pub, sub1, tftp1)")
    unit: TrustUnit = Field(description="Trust store, e.g. CallManager-trust")
    authority: Name | None = Field(default=None, description="CA whose certificate it is")
    certificate_of: NodeName | None = Field(
        default=None, description="Node whose own certificate it is"
    )
    own_unit: Unit | None = Field(
        default=None, description="Which of its certificates; that of the store's name"
    )
    system: Name | None = Field(
        default=None, description="System of the model whose certificate it is"
    )
    file: FilePath | None = Field(
        default=None, description="A file instead, relative to the experiment"
    )
    format: FileFormatWord = Field(default="pem", description="Format of the upload")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = (self.authority, self.certificate_of, self.system, self.file)
        if sum(origin is not None for origin in origins) != 1:
            found = "not one origin"
            expected = "one of authority, certificate_of, system, file"
            return refuse(self, [Problem((), found, expected)])
        return self
