"""Operator actions between two clusters: moving phones, exchanging certificates in bulk.

Arguments only; what an action does is for `twin.cluster.acts`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.actions import EVERY_PHONE, NodeName, Selector
from twin.config.fields import Document, Label, Name


class MovePhones(Document):
    """Let DHCP send phones to another cluster: option 150 names its TFTP nodes.

    A phone learns of it when it next asks DHCP: at a reset or a power cycle, not at a restart.
    """

    select: Selector = Field(default=EVERY_PHONE, description="Which phones; all")
    to: Name = Field(description="Name of the cluster (the model's, or its other_cluster's)")
    callmanager_group: Label | None = Field(
        default=None, description="CallManager Group the phones have there; the first"
    )
    tftp: tuple[NodeName, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=2,
        description="Option 150: one or two of its TFTP nodes in order; the first one or two",
    )


class BulkCertificates(Document):
    """Bulk Certificate Management: each cluster exports, all is consolidated, each imports."""

    types: tuple[Literal["TFTP", "ITLRecovery", "Tomcat", "CAPF"], ...] = Field(
        default=("TFTP", "ITLRecovery"), min_length=1, description="Certificates exported"
    )
    into: Name | None = Field(
        default=None, description="The only cluster that imports; every cluster"
    )
