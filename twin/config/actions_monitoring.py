"""Actions of the operator on the Certificate Monitor."""

from __future__ import annotations

from pydantic import Field

from twin.config.actions import NodeName
from twin.config.fields import Document


class RunMonitor(Document):
    """Let the Certificate Expiry Monitor of a node look at its certificates now."""

    node: NodeName | None = Field(
        default=None, description="Node name or alias (pub, sub1, tftp1); every node"
    )
