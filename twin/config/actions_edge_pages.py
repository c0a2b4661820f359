"""The words of an Expressway's other certificate pages: revocation, client certificates, switches.

The words of requests, uploads and the trusted CA list are in `actions_edge.py`.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from twin.config.actions_edge import PEER
from twin.config.authorities import UsageWord
from twin.config.expressway import ExpresswayVersion
from twin.config.faults import Problem, refuse
from twin.config.fields import Document, Name, SubjectText

AUTHORITY = "CA of the model"


class RevokeCertificate(Document):
    """Let a CA revoke the certificate it signed for an Expressway peer or a SIP system."""

    authority: Name = Field(description=AUTHORITY)
    owner: Name = Field(description="Expressway peer or SIP system whose certificate it is")


class ExpresswayRevocation(Document):
    """The CRL management page of an Expressway peer; what is not named stays as it is."""

    peer: Name = Field(description=PEER)
    upload: tuple[Name, ...] | None = Field(
        default=None, description="CAs whose CRL of today is uploaded, instead of those before"
    )
    sources: tuple[Name, ...] | None = Field(
        default=None, description="CAs whose CRL is fetched now, and once a day"
    )
    check_sip: bool | None = Field(default=None, description="Check SIP TLS connections")
    use_lists: bool | None = Field(default=None, description="Use CRLs for SIP TLS")
    fallback: Literal["treat_as_revoked", "treat_as_not_revoked"] | None = Field(
        default=None, description="What to do where nothing can be learnt"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        asked = (self.upload, self.sources, self.check_sip, self.use_lists, self.fallback)
        if all(value is None for value in asked):
            expected = "one of upload, sources, check_sip, use_lists, fallback"
            return refuse(self, [Problem((), "nothing to change", expected)])
        return self


class ExpresswayTrustPage(Document):
    """Look at the trusted CA page of an Expressway peer, which marks expired entries."""

    peer: Name = Field(description=PEER)


class ExpresswaySetting(Document):
    """xConfiguration of an Expressway peer: switches about certificates."""

    peer: Name = Field(description=PEER)
    verify_origin_server: bool | None = Field(
        default=None, description="EdgeConfigServer VerifyOriginServer"
    )
    enable_server_eku_upload: bool | None = Field(
        default=None, description="XCP TLS Certificate CVS EnableServerEkuUpload"
    )
    client_certificate_security: (
        Literal["not_required", "certificate_validation", "certificate_based_authentication"] | None
    ) = Field(default=None, description="Client certificate-based security; after a restart")
    username_regex: str | None = Field(
        default=None, max_length=200, description="Regex on the subject, with named groups"
    )
    username_format: str | None = Field(
        default=None, max_length=200, description="Template of the user name, #group# for groups"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if len(self.model_fields_set) < 2:
            return refuse(self, [Problem((), "nothing to change", "a switch and its value")])
        return self


class ClientCertificate(Document):
    """An administrator's client certificate, from the browser or as a file."""

    authority: Name = Field(description=AUTHORITY)
    common_name: SubjectText = Field(description="CN of its subject")
    age_days: int = Field(default=10, ge=-36_500, le=36_500, description="Its age, days")
    days: int = Field(default=365, ge=1, le=36_500, description="Its validity, days")
    drops: tuple[UsageWord, ...] = Field(default=(), description="Usages left out")


class ClientCertificateTest(Document):
    """The client certificate testing page of an Expressway peer."""

    peer: Name = Field(description=PEER)
    certificate: ClientCertificate = Field(description="The certificate that is tested")


class ExpresswayLogin(Document):
    """Open the web interface of an Expressway peer, with a client certificate or without one."""

    peer: Name = Field(description=PEER)
    certificate: ClientCertificate | None = Field(
        default=None, description="What the browser shows; none: nothing"
    )


class UpgradeExpressway(Document):
    """Upgrade an Expressway peer, with the restart that is part of it."""

    peer: Name = Field(description=PEER)
    release: ExpresswayVersion = Field(description="Release it goes to, e.g. X14.2")


class ExpresswayAcme(Document):
    """The ACME service of an Expressway-E; what is not named stays as it is."""

    peer: Name = Field(description=PEER)
    authority: Name | None = Field(default=None, description="CA that answers by ACME; sign now")
    deploy: bool = Field(default=False, description="Deploy the pending certificate")
    every_days: int | None = Field(
        default=None, ge=1, le=365, description="Sign and deploy so often from now on, days"
    )
    port_80: Literal["open", "blocked"] | None = Field(
        default=None, description="Whether the CA can reach the peer at TCP 80 from now on"
    )
