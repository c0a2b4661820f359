"""Actions at a certificate authority: revoke, revocation_service.

Arguments only; what an action does is for `twin.cluster.acts.revocation`.
"""

from __future__ import annotations

from pydantic import Field

from twin.config.actions import NodeName
from twin.config.fields import Document, Name
from twin.config.words import Unit


class Revoke(Document):
    """Let the CA that last signed for a unit revoke that certificate."""

    node: NodeName = Field(description="Node whose certificate it is")
    unit: Unit = Field(description="Unit whose certificate it is")


class RevocationService(Document):
    """Let a CA's OCSP responder or the renewal of its revocation list fail, or work again."""

    authority: Name = Field(description="CA of the model")
    up: bool = Field(description="false: nothing answers, and no new list is issued")
