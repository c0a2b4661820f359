"""The words of Expressway peers: requests, uploads, trusted CA list, restart, traversal test."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from twin.config.actions_certificates import DnsName
from twin.config.authorities import UsageWord
from twin.config.faults import Problem, refuse
from twin.config.fields import Document, Duration, Name, SubjectText
from twin.config.model_edge import OwnUnit

Oid = Annotated[str, StringConstraints(pattern=r"^[0-2](\.(0|[1-9][0-9]{0,8})){2,12}$")]
PEER = "Expressway peer by name"


class ExpresswayCsr(Document):
    """Generate a signing request on an Expressway, or discard the one in progress."""

    peer: Name = Field(description=PEER)
    discard: bool = Field(default=False, description="Discard instead, with its private key")
    digest: Literal["sha1", "sha256", "sha384", "sha512"] = Field(
        default="sha256", description="Digest under the request"
    )
    key_bits: int = Field(default=4096, description="Size of the new RSA key, bits")
    san: tuple[DnsName, ...] = Field(
        default=(), max_length=200, description="Alternative names beside those filled in"
    )


class UploadExpresswayServer(Document):
    """Upload a server certificate: signed for the request in progress, or with its own key."""

    peer: Name = Field(description=PEER)
    authority: Name = Field(description="CA of the model that signs")
    key: Literal["csr", "external"] = Field(
        default="csr", description="Whether the box made the key, or somebody else, with a file"
    )
    key_bits: Literal[1024, 2048, 3072, 4096, 8192, 256, 384, 521] = Field(
        default=2048, description="Size of an external key, bits: RSA, or a curve of 256, 384, 521"
    )
    key_ends_with_newline: bool = Field(
        default=True, description="Whether an external key's file ends with a newline"
    )
    san: tuple[DnsName, ...] | None = Field(
        default=None, description="Alternative names put in instead of those asked for"
    )
    drops: tuple[UsageWord, ...] = Field(
        default=(), description="Usages left out, beside those of the CA's template"
    )
    days: int | None = Field(
        default=None, ge=1, le=36_500, description="Validity, days; that of the CA's template"
    )
    starts_in_ms: Duration = Field(
        alias="starts_in", default=0, description="Validity begins so much later, e.g. 2d"
    )
    with_chain: bool = Field(
        default=False, description="Whether the file holds the CA's certificates, too"
    )
    store: Literal["server", "client"] = Field(
        default="server", description="Which store; a client certificate of its own from X15.5"
    )
    format: Literal["pem", "der", "pkcs7"] = Field(
        default="pem", description="Form of the file; Expressways take PEM"
    )
    common_name: SubjectText | None = Field(
        default=None, description="CN of an external request, e.g. a wildcard; the peer's FQDN"
    )
    more_subject: dict[Oid, SubjectText] = Field(
        default_factory=dict,
        description="Dotted identifiers and values that stand in the subject of an external "
        "request, too",
    )


class ResetExpresswayServer(Document):
    """Reset an Expressway to its factory server certificate."""

    peer: Name = Field(description=PEER)


class UploadExpresswayTrust(Document):
    """Append certificates to the trusted CA list of an Expressway peer."""

    peer: Name = Field(description=PEER)
    authorities: tuple[Name, ...] = Field(default=(), description="CAs of the model")
    units: tuple[OwnUnit, ...] = Field(
        default=(), description="Own certificates of CUCM nodes, as they are now"
    )
    node: Name | None = Field(default=None, description="Only this node's; every node's")
    crls: tuple[Name, ...] = Field(
        default=(), description="CAs of the model whose last revocation list is in the file, too"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.authorities and not self.units and not self.crls:
            return refuse(self, [Problem((), "nothing to append", "authorities, units or crls")])
        return self


class DeleteExpresswayTrust(Document):
    """Delete certificates and CRLs from an Expressway's trusted CA list, or reset the list."""

    peer: Name = Field(description=PEER)
    common_name: str | None = Field(default=None, description="CN of what is deleted")
    expired: bool = Field(default=False, description="Delete what the page marks as expired")
    reset: bool = Field(default=False, description="Reset to default CA certificate")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.common_name is not None) + self.expired + self.reset != 1:
            found = "none or several of common_name, expired and reset"
            return refuse(self, [Problem((), found, "exactly one of them")])
        return self


class RestartExpressway(Document):
    """Restart an Expressway peer."""

    peer: Name = Field(description=PEER)


class SecureTraversalTest(Document):
    """The secure traversal test of an Expressway-C: would a connection to an E be trusted?"""

    peer: Name = Field(description="Expressway-C by name")
    server: Name = Field(description="Expressway-E by name, whose FQDN is entered")
    verify_name: Name | None = Field(
        default=None, description="TLS verify name of this C as entered; the one of their zone"
    )
