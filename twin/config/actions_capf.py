"""Operator actions on device certificates: CAPF operations, online CA, RADIUS trust.

Each class holds the arguments of one word; see `actions.py`.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from twin.config.actions import EVERY_PHONE, Selector
from twin.config.faults import Problem, refuse
from twin.config.fields import Document, Duration, Name, SubjectText
from twin.config.words import AuthenticationMode, CertificateOperation, ManufacturingCA


class CapfOperation(Document):
    """Set a certificate operation on phones' pages, and let them know by a reset."""

    select: Selector = Field(default=EVERY_PHONE, description="Which phones; all")
    operation: CertificateOperation = Field(
        default=CertificateOperation.INSTALL_UPGRADE, description="Certificate Operation"
    )
    authentication: AuthenticationMode | None = Field(
        default=None, description="Authentication Mode; the model's"
    )
    key_bits: Literal[512, 1024, 2048, 3072, 4096] | None = Field(
        default=None, description="Key Size (Bits); the model's"
    )
    string: str | None = Field(
        default=None, pattern=r"^[0-9]{4,15}$", description="Authentication String, 4 to 15 digits"
    )
    completes_by_ms: Duration | None = Field(
        default=None,
        alias="completes_by",
        description="Operation Completes By, as time from the start of the scenario; no deadline",
    )
    reset: Literal["reset", "restart", "none"] = Field(
        default="reset", description="How registered phones are told; none: at their next boot"
    )
    phones_per_minute: float | None = Field(
        default=None, gt=0, description="Pace of the job; that of bulk administration"
    )

    @model_validator(mode="after")
    def _string_with_its_mode(self) -> Self:
        if self.authentication is AuthenticationMode.STRING and self.string is None:
            return refuse(self, [Problem((), "authentication_string without string", "string")])
        return self


class CapfEnterString(Document):
    """Users type an authentication string on their phones, which then see CAPF."""

    select: Selector = Field(default=EVERY_PHONE, description="Which phones; all")
    string: str = Field(pattern=r"^[0-9]{1,15}$", description="What they type")
    visits_per_hour: float | None = Field(
        default=None, gt=0, description="Phones at which it is typed in an hour; all at once"
    )


class OnlineCa(Document):
    """What the operator of the online CA does to it; fields not given stay as they are."""

    up: bool | None = Field(default=None, description="Whether it answers")
    lets_capf_in: bool | None = Field(default=None, description="Whether CAPF may enrol there")
    minimum_key_bits: Literal[512, 1024, 2048, 3072, 4096] | None = Field(
        default=None, description="Shortest key it signs, bits"
    )


class RadiusTrust(Document):
    """Change the list of CA certificates a RADIUS server trusts."""

    radius: Name = Field(description="RADIUS server of the model")
    certificate: Literal["CAPF"] | ManufacturingCA = Field(
        description="CAPF: the publisher's certificate of now; or a manufacturing authority"
    )
    remove: bool = Field(
        default=False, description="Take it out (CAPF: every CAPF certificate) instead of adding it"
    )


class VpnCertificate(Document):
    """Renew the certificate of a VPN concentrator, in the steps it takes."""

    concentrator: Name = Field(description="VPN concentrator of the model")
    step: Literal["generate", "upload", "activate"] = Field(
        description=(
            "generate: make a new one; upload: put the newest into Phone-VPN-trust; activate: "
            "present it"
        )
    )
    common_name: SubjectText | None = Field(
        default=None, description="CN of a new one; that of the last one"
    )


class VpnTrust(Document):
    """Change the list of CA certificates by which a VPN concentrator authenticates phones."""

    concentrator: Name = Field(description="VPN concentrator of the model, with lsc_trusts")
    certificate: Literal["CAPF"] | ManufacturingCA = Field(
        description="CAPF: the publisher's certificate of now; or a manufacturing authority"
    )
    remove: bool = Field(
        default=False, description="Take it out (CAPF: every CAPF certificate) instead of adding it"
    )


class CapfOffline(Document):
    """Have an offline CA sign the requests that CAPF has gathered."""

    step: Literal["export", "import"] = Field(
        description="export: hand the requests to the CA; import: take its certificates in"
    )


class StaleLscReport(Document):
    """List the LSCs that were signed by another issuer than signs now."""
