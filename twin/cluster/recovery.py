"""The cluster's backups, and bringing files and rows back from one.

Knows: which backups there are, the database as a whole. Must not
know how long anything takes (`twin.cluster.acts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from twin.nodes import backup_set
from twin.nodes.backup_set import BackupSet
from twin.nodes.node import Node
from twin.nodes.replication import Replication

SERVICE = "DRF"


class Parameters(Protocol):
    """The enterprise parameters that a backup holds."""

    rollback: bool
    algorithm: str


@dataclass(slots=True)
class NoParameters:
    """Of a cluster that serves no files to phones."""

    rollback: bool = False
    algorithm: str = "SHA-1"


class Recovery:
    """DRF Master's archive, and the hands that put it back."""

    def __init__(
        self,
        publisher: Node,
        nodes: Mapping[str, Node],
        replication: Replication,
        settings: Parameters,
    ) -> None:
        self.publisher = publisher
        self.nodes = nodes
        self.replication = replication
        self.settings = settings
        self.backups: list[BackupSet] = []

    def take(self, name: str | None, nodes: Sequence[Node]) -> BackupSet:
        """Back these nodes up now."""
        name = name or f"backup {len(self.backups) + 1}"
        settings = self.settings
        backup = backup_set.take(name, self.publisher, nodes, settings.rollback, settings.algorithm)
        self.backups.append(backup)
        units = sorted({unit for part in backup.nodes.values() for unit in part.own})
        self.publisher.host.record(
            SERVICE, "backup", name=name, nodes=[node.name for node in nodes], units=units
        )
        return backup

    def find(self, name: str) -> BackupSet | str:
        """A backup by name, or the latest; else why there is none."""
        named = [backup for backup in self.backups if name in (backup.name, "latest")]
        if named:
            return named[-1]
        return "no backup was taken" if name == "latest" else f"there is no backup {name!r}"

    def unfit(self, backup: BackupSet, nodes: Sequence[Node]) -> str | None:
        """Why a backup cannot be restored onto these nodes; None if it can.

        Assumption: a backup goes onto the release it was taken on only (product knowledge).
        """
        release = self.publisher.host.release.name
        if backup.release != release:
            return f"{backup.name} is of release {backup.release}, the cluster runs {release}"
        missing = [node.name for node in nodes if node.name not in backup.nodes]
        if missing:
            return f"{backup.name} does not contain {', '.join(missing)}"
        return None

    def put_back(self, backup: BackupSet, node: Node) -> None:
        """Files of a node as in the backup; with the publisher's also database and parameters."""
        changed = backup_set.put_back(backup.nodes[node.name], node.files)
        if node is self.publisher:
            self.replication.replace(backup.rows)
            self.settings.rollback = backup.rollback
            self.settings.algorithm = backup.algorithm
        age_ms = node.host.now_ms - backup.taken_at_ms
        node.host.record(SERVICE, "restore", name=backup.name, age_ms=age_ms, changed=changed)

    def fill(self, node: Node) -> None:
        """Database and trust stores of a node installed anew.

        A subscriber gets the publisher's database, a publisher a subscriber's; without another
        node that is up, the rows are as they were. Source: cucm-pki-behaviour 1.3, 1.4.
        """
        others = [other for other in self.nodes.values() if other is not node and other.is_on]
        sources = others if node is self.publisher else [self.publisher]
        if sources:
            self.replication.copy(sources[0].name, node.name)
        for row in node.replica:
            for unit in row.units:
                if unit.endswith("-trust") and node.name in row.nodes:
                    node.files.add_trust(unit, row.certificate, row.description)
