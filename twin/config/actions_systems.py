"""Actions on the systems around the cluster: certificates, trust, verification, what they carry."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from twin.config.actions import NodeName
from twin.config.actions_certificates import DnsName
from twin.config.authorities import UsageWord
from twin.config.faults import Problem, refuse
from twin.config.fields import Document, Label, Name, SubjectText
from twin.config.model_edge import OwnUnit
from twin.config.products import VerificationWord

SYSTEM = "System by name"
INTEGRATION = "Integration by name"


class UploadSystemCertificate(Document):
    """Give a system a new certificate, in the way its product takes one."""

    system: Name = Field(description=SYSTEM)
    authority: Name | None = Field(
        default=None, description="CA of the model that signs; none: self-signed"
    )
    way: Literal["csr", "certificate_and_key"] | None = Field(
        default=None, description="How it is brought in; the product's own way"
    )
    common_name: SubjectText | None = Field(
        default=None, description="CN of its subject; as before"
    )
    san: tuple[DnsName, ...] | None = Field(
        default=None, description="Alternative names put in instead of those it is called by"
    )
    drops: tuple[UsageWord, ...] = Field(
        default=(), description="Usages left out, beside those of the CA's template"
    )
    days: int | None = Field(
        default=None, ge=1, le=36_500, description="Validity, days; that of the CA's template"
    )
    key_readable: bool = Field(
        default=True, description="Whether the service account is given read access to the key"
    )


class UploadSystemTrust(Document):
    """Upload certificates into a trust store of a system, as one file."""

    system: Name = Field(description=SYSTEM)
    store: Name | None = Field(default=None, description="Which store; the product's first")
    authorities: tuple[Name, ...] = Field(default=(), description="CAs of the model")
    units: tuple[OwnUnit, ...] = Field(
        default=(), description="Own certificates of CUCM nodes, as they are now"
    )
    node: NodeName | None = Field(default=None, description="Only this node's; every node's")
    systems: tuple[Name, ...] = Field(
        default=(), description="Certificates of other systems, as they are now"
    )
    capf: bool = Field(default=False, description="The certificate that signs LSCs now")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.authorities or self.units or self.systems or self.capf):
            found = "nothing to upload"
            expected = "authorities, units, systems or capf"
            return refuse(self, [Problem((), found, expected)])
        return self


class DeleteSystemTrust(Document):
    """Delete certificates from a trust store of a system."""

    system: Name = Field(description=SYSTEM)
    store: Name | None = Field(default=None, description="Which store; the product's first")
    common_name: str | None = Field(
        default=None, description="CN of what is deleted; none: everything"
    )


class SetSystemVerification(Document):
    """Say whom a system verifies."""

    system: Name = Field(description=SYSTEM)
    verification: VerificationWord = Field(description="none, outgoing or both")


class SetKeyPermission(Document):
    """Give a service account read access to the private key, or take it away."""

    system: Name = Field(description=SYSTEM)
    readable: bool = Field(description="true: it may read the key")


class RestartSystem(Document):
    """Restart a system."""

    system: Name = Field(description=SYSTEM)


class SetTrunkSubjects(Document):
    """Change the X.509 subjects in the security profile of an integration."""

    integration: Label = Field(description=INTEGRATION)
    subjects: tuple[Name, ...] = Field(description="Every subject that is accepted")


class CallOver(Document):
    """One call or request over an integration now."""

    integration: Label = Field(description=INTEGRATION)
    node: NodeName | None = Field(default=None, description="Only by way of this node")


class StartConference(Document):
    """A conference of secure phones."""


class UpdateSrstCertificate(Document):
    """Update certificate on an SRST reference: CUCM fetches what the gateway has now."""

    system: Name = Field(description="Secure SRST gateway by name")
