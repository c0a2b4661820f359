"""What a DRS backup holds, and how it comes back onto a node.

Knows: own certificates with keys, trust stores, database rows, parameters, and which own
certificates a release's backup has. Must not know how long a backup takes, whether DRF reaches a
node, nor what services make of restored files.

A backup is a picture of one moment. A certificate made after it is not in it, so a restore brings
the older key back and the newer one is gone; what phones make of that follows from their lists.

Assumption: CTLFile.tlv is not in it, so that a restore leaves the CTL what it is, and a node that
is installed anew has none until the next `utils ctl`. No source lists the file among what DRS
saves, and the guides have it made again after every change of keys.

Source: cucm-pki-behaviour 2.7 (keys are backed up since 10.0), 4.3, 5.2 "After any".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twin.nodes.database import CertificateRow
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.node import Node
from twin.pki.stores import TrustEntry


@dataclass(frozen=True, slots=True)
class NodeBackup:
    """One node's part: own certificates and keys by unit, trust entries by store."""

    own: Mapping[str, Identity]
    trust: Mapping[str, tuple[TrustEntry, ...]]


@dataclass(frozen=True, slots=True)
class BackupSet:
    """A backup of a cluster: its name, when it was taken (ms), and of which release it is."""

    name: str
    taken_at_ms: int
    release: str
    rows: tuple[CertificateRow, ...]
    nodes: Mapping[str, NodeBackup]
    rollback: bool
    algorithm: str


def take(
    name: str, publisher: Node, nodes: Sequence[Node], rollback: bool, algorithm: str
) -> BackupSet:
    """A backup of these nodes as they are now, with the publisher's database.

    Args:
        nodes: those DRF reached.
        rollback, algorithm: the enterprise parameters that decide about files.
    """
    return BackupSet(
        name,
        publisher.host.now_ms,
        publisher.host.release.name,
        tuple(publisher.replica),
        {node.name: _of(node) for node in nodes},
        rollback,
        algorithm,
    )


def _of(node: Node) -> NodeBackup:
    kept = {str(unit) for unit in node.host.release.backup_units}
    return NodeBackup(
        {unit: identity for unit, identity in node.files.own.items() if unit in kept},
        {unit: store.entries() for unit, store in node.files.trust.items()},
    )


def put_back(backup: NodeBackup, files: FileSystem) -> list[str]:
    """Write a node's part into its file system; the units whose certificate that changed.

    A unit the backup does not have stays what it is. Assumption: trust stores become the backup's,
    without the rule by which an upload of an older certificate is refused.
    """
    changed = [unit for unit, identity in backup.own.items() if files.own.get(unit) != identity]
    files.own.update(backup.own)
    files.trust.clear()
    files.cleared += 1
    for unit, entries in backup.trust.items():
        for entry in entries:
            files.add_trust(unit, entry.certificate, entry.description, entry.file_name)
    return changed
