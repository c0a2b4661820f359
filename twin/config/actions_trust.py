"""Actions on trust stores and on what carries them from node to node."""

from __future__ import annotations

from pydantic import Field

from twin.config.actions import NodeName
from twin.config.fields import Document, Label
from twin.config.words import TrustUnit


class DeleteTrust(Document):
    """Delete a certificate from a trust store of a node."""

    node: NodeName = Field(description="Node name or alias (pub, sub1, tftp1)")
    unit: TrustUnit = Field(description="Trust store, e.g. tomcat-trust")
    name: Label = Field(
        description="File name with or without .pem, or common name; * stands for any part of it"
    )
    old_only: bool = Field(
        default=False, description="Only certificates that are no node's own one any more"
    )


class ReplicationAction(Document):
    """Break or repair database replication between the publisher and a node."""

    node: NodeName = Field(description="Node name or alias; pub: to and from every node")
    up: bool = Field(description="true: repair")
