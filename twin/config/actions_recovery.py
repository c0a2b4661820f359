"""Operator actions that lose or bring back keys: backups, rebuilds, renames, upgrades.

Arguments only; what an action does is for `twin.cluster.acts`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from twin.config.actions import NodeName
from twin.config.faults import Problem, refuse
from twin.config.fields import Document, Label, Name, Word


def _nodes(value: Any) -> Any:
    return None if value == "all" else value


NodeNames = Annotated[
    tuple[NodeName, ...] | None,
    BeforeValidator(_nodes, json_schema_input_type=Literal["all"] | list[str]),
]

LATEST = "latest"
NO_BACKUP = "none"


IMP_CLUSTER = "IM and Presence cluster by name; the Unified CM cluster"


class Backup(Document):
    """Take a DRS backup of all nodes of a cluster."""

    cluster: Name | None = Field(default=None, description=IMP_CLUSTER)
    name: Label | None = Field(
        default=None, description="What later steps call it; backup 1, backup 2, ..."
    )


class Restore(Document):
    """Restore nodes from a DRS backup; each is restarted, the publisher first."""

    cluster: Name | None = Field(default=None, description=f"For all nodes: {IMP_CLUSTER}")
    nodes: NodeNames = Field(
        default=None, description="Node names or aliases of one cluster, or all"
    )
    backup: Label = Field(default=LATEST, description="Name of a backup, or latest")


class ReplaceNode(Document):
    """Install a node anew, with new keys, and bring a backup back onto it if there is one."""

    node: NodeName = Field(description="Node name or alias (pub, sub1, tftp1)")
    backup: Label = Field(description="Name of a backup, latest, or none")


class Rename(Document):
    """Change a node's host name, or the domain of all nodes; each concerned node restarts."""

    node: NodeName | None = Field(default=None, description="Node name or alias")
    to: Name | None = Field(default=None, description="Its new host name")
    domain: Name | None = Field(default=None, description="Or the new domain of all nodes")

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        is_host = self.node is not None and self.to is not None and self.domain is None
        is_domain = self.node is None and self.to is None and self.domain is not None
        if not is_host and not is_domain:
            return refuse(self, [Problem((), "not one thing to rename", "node and to, or domain")])
        return self


class Upgrade(Document):
    """Upgrade all nodes to another release and switch versions, the publisher first."""

    cluster: Name | None = Field(default=None, description=IMP_CLUSTER)
    to: Word = Field(description="Release profile, e.g. 12.5")
    defects: tuple[str, ...] | None = Field(
        default=None, description="Defects of the very build, instead of the profile's"
    )
    subscribers: Literal["together", "one_by_one"] = Field(
        default="one_by_one", description="How the subscribers follow the publisher"
    )
