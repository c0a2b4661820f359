"""A cluster of nodes as backups, restores, upgrades and renames see it, whatever product it is of.

Knows: what those acts need. Must not know what the nodes are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from twin.cluster.recovery import Recovery
from twin.config.model import ModelConfig
from twin.config.release import ReleaseProfile
from twin.nodes.drf import Backup
from twin.nodes.node import Node
from twin.nodes.replication import Replication


class Realm(Protocol):
    """Unified CM, a second cluster of it, or IM and Presence."""

    release: ReleaseProfile

    @property
    def model(self) -> ModelConfig:
        """The model, or the part of it that is this cluster's."""

    @property
    def nodes(self) -> Mapping[str, Node]:
        """By name, the publisher first."""

    @property
    def publisher(self) -> Node:
        """Its publisher."""

    @property
    def replication(self) -> Replication:
        """Its database."""

    @property
    def backup(self) -> Backup:
        """Its DRF Master and the agents."""

    @property
    def recovery(self) -> Recovery:
        """Its archive."""
