"""The parts of a model that are about device certificates: CAPF, its CA, RADIUS servers."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from twin.config.faults import Problem, refuse
from twin.config.fields import Document, Name, SubjectText
from twin.config.words import AuthenticationMode, ManufacturingCA

LscBits = Literal[512, 1024, 2048, 3072, 4096]


class OnlineCAConfig(Document):
    """A certification authority that CAPF has LSCs signed by (12.5 and later)."""

    common_name: SubjectText = Field(description="CN of its certificate")
    minimum_key_bits: LscBits = Field(default=1024, description="Shortest key it signs, bits")
    validity_days: int = Field(
        default=7300, ge=1, le=36_500, description="Validity of its certificate, days; 400 are over"
    )


class OfflineCAConfig(Document):
    """A certification authority that is handed requests in a file, and hands back certificates."""

    common_name: SubjectText = Field(description="CN of its certificate")


class CapfConfig(Document):
    """Cisco Certificate Authority Proxy Function: defaults of operations, and who signs."""

    authentication: AuthenticationMode = Field(
        default=AuthenticationMode.NULL, description="Authentication mode of operations"
    )
    key_bits: LscBits = Field(default=2048, description="Key size of operations, bits")
    lsc_validity_days: int = Field(
        default=1825, ge=1, le=1825, description="Duration of Certificate Validity, days"
    )
    online_ca: OnlineCAConfig | None = Field(
        default=None, description="CA that signs LSCs; none: CAPF signs them itself"
    )
    offline_ca: OfflineCAConfig | None = Field(
        default=None, description="CA that signs exported requests, instead"
    )

    @model_validator(mode="after")
    def _one_signer(self) -> Self:
        if self.online_ca is not None and self.offline_ca is not None:
            return refuse(self, [Problem((), "both online_ca and offline_ca", "one of them")])
        return self


class RadiusServer(Document):
    """A RADIUS server that authenticates phones at their switch ports by certificate (802.1X)."""

    name: Name = Field(description="Name used by populations and experiments")
    trusts: tuple[Literal["CAPF"] | ManufacturingCA, ...] = Field(
        default=("CAPF",),
        description="CA certificates it trusts at the start: CAPF, or manufacturing authorities",
    )


class VpnConcentrator(Document):
    """A VPN concentrator that phones outside the campus connect to first."""

    name: Name = Field(description="Name used by populations and experiments")
    common_name: SubjectText = Field(description="CN of its self-signed certificate")
    lsc_trusts: tuple[Literal["CAPF"] | ManufacturingCA, ...] = Field(
        default=(),
        description="CA certificates by which it authenticates phones: CAPF, or manufacturing "
        "authorities; none: phones log in by user and password",
    )
