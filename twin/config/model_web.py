"""The parts of a model that use its tomcat certificates: single sign-on."""

from __future__ import annotations

from pydantic import Field

from twin.config.fields import Document, Name


class SingleSignOnConfig(Document):
    """SAML single sign-on with one identity provider, metadata exchanged before the start."""

    identity_provider: Name = Field(description="Name of the identity provider, for the reader")
    checks_signatures: bool = Field(
        default=False, description="Whether the provider verifies the signatures of requests"
    )
