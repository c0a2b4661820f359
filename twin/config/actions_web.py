"""The words of single sign-on: log in, exchange metadata."""

from __future__ import annotations

from pydantic import Field

from twin.config.actions import NodeName
from twin.config.fields import Document


class SsoLogin(Document):
    """Let a user log in by single sign-on at a node."""

    node: NodeName = Field(description="Node name or alias (pub, sub1, tftp1)")


class ExchangeMetadata(Document):
    """Export SSO metadata and import them at the identity provider."""

    node: NodeName | None = Field(
        default=None, description="Node name or alias (pub, sub1, tftp1); every node"
    )
