"""What the cluster would serve with other files: after a restore, after a regeneration.

The same code on files and rows that are not there. Nothing is journalled and no node notices.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache

from twin.cluster.cluster import Cluster
from twin.nodes.backup_set import BackupSet, put_back
from twin.nodes.database import CertificateRow, Replica
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.node import Node
from twin.nodes.secure_signaling import TRUST, endpoint_of
from twin.nodes.service import Service
from twin.nodes.tftp import TFTP
from twin.nodes.tvs import OWN_ROLES, TRUST_ROLES
from twin.phones.ports import Answer
from twin.phones.prospects import Prospect
from twin.pki.certificates import Certificate
from twin.pki.handshake import Endpoint
from twin.pki.list_header import Digest


def prospects(cluster: Cluster) -> tuple[Prospect, ...]:
    """One for each backup that could be restored now, the latest first."""
    recovery = cluster.recovery
    fit = [
        backup
        for backup in reversed(recovery.backups)
        if recovery.publisher.name in backup.nodes and recovery.unfit(backup, []) is None
    ]
    return tuple(_restored(cluster, backup) for backup in fit)


def after_regeneration(cluster: Cluster, made: Mapping[tuple[str, str], Identity]) -> Prospect:
    """What would be served with these own certificates, by node and unit, and all services started.

    Trust copies and rows are where they go; the rows of a shared certificate that a node's own one
    would end stay.
    """
    files = {node.name: _copy_of(node) for node in cluster.nodes.values()}
    rows = _rows_of(list(cluster.publisher.replica))
    for (node_name, unit), identity in made.items():
        for holder in cluster.nodes if identity.is_shared else (node_name,):
            files[holder].own[unit] = identity
        for row in cluster.nodes[node_name].certificates.rows(unit, identity):
            rows.put(row)
            for store in row.units:
                for holder in row.nodes if store.endswith("-trust") else ():
                    files[holder].add_trust(store, row.certificate, row.description)
    return _as_set(cluster, files, rows, "regenerate")


def after_deletion(
    cluster: Cluster, gone: Mapping[Certificate, Collection[tuple[str, str]]]
) -> Prospect:
    """What would be served without certificates in these stores, by node and trust unit."""
    files = {node.name: _copy_of(node) for node in cluster.nodes.values()}
    rows = []
    for node in cluster.nodes.values():
        for unit, store in files[node.name].trust.items():
            for entry in store.entries():
                if (node.name, unit) in gone.get(entry.certificate, ()):
                    store.remove(entry.file_name)
    for row in cluster.publisher.replica:
        left: CertificateRow | None = row
        for node_name, unit in gone.get(row.certificate, ()):
            left = None if left is None else left.without(unit, node_name)
        if left is not None:
            rows.append(left)
    return _as_set(cluster, files, _rows_of(rows), "delete")


def _as_set(cluster: Cluster, files: dict[str, FileSystem], rows: Replica, name: str) -> Prospect:
    """With the parameters of now."""
    settings = cluster.settings
    return _Imagined(
        cluster, files, rows, is_rollback=settings.is_rollback(), digest=settings.digest()
    ).prospect(name)


def _restored(cluster: Cluster, backup: BackupSet) -> Prospect:
    """A cluster as a restore of all nodes of a backup would leave it.

    Nodes that are not in the backup stay what they are.
    """
    files = {}
    for node in cluster.nodes.values():
        files[node.name] = _copy_of(node)
        if node.name in backup.nodes:
            put_back(backup.nodes[node.name], files[node.name])
    rows = _rows_of(backup.rows)
    for node in cluster.nodes.values():
        for unit, identity in files[node.name].own.items():
            if identity.is_shared:  # its row is the database's
                continue
            for row in node.certificates.rows(unit, identity):
                rows.put(row)
    return _Imagined(
        cluster, files, rows, is_rollback=backup.rollback, digest=Digest.named(backup.algorithm)
    ).prospect(f"restore {backup.name}")


def _copy_of(node: Node) -> FileSystem:
    files = node.files.blank()
    files.own.update(node.files.own)
    for unit, store in node.files.trust.items():
        for entry in store.entries():
            files.add_trust(unit, entry.certificate, entry.description, entry.file_name)
    return files


def _rows_of(rows: Sequence[CertificateRow]) -> Replica:
    replica = Replica()
    replica.replace(tuple(rows))
    return replica


class _Imagined:
    """A cluster with these files and rows; `twin.nodes.tftp.Settings`."""

    def __init__(
        self,
        cluster: Cluster,
        files: dict[str, FileSystem],
        rows: Replica,
        *,
        is_rollback: bool,
        digest: Digest,
    ) -> None:
        self._cluster = cluster
        self._files = files
        self._rows = rows
        self._is_rollback = is_rollback
        self._digest = digest
        self._by_index = {node.index: node for node in cluster.nodes.values()}
        self._server = cache(self._make_server)

    def prospect(self, name: str) -> Prospect:
        """What phones would be offered."""
        return Prospect(
            name,
            self._itl,
            self._config,
            {
                index: self._files[node.name].own["TVS"].certificate
                for index, node in self._by_index.items()
            },
            self._answer,
            self._callmanager,
        )

    # -- twin.nodes.tftp.Settings -----------------------------------------------------------

    def is_rollback(self) -> bool:
        """As given."""
        return self._is_rollback

    def is_mixed(self) -> bool:
        """As it is: nothing that is supposed here says otherwise."""
        return self._cluster.settings.is_mixed()

    def digest(self) -> Digest:
        """As given."""
        return self._digest

    def runs_active_capf(self, node: str) -> bool:
        """As it is: activation is not lost."""
        return self._cluster.settings.runs_active_capf(node)

    def recovery(self, node: str) -> Identity | None:
        """The publisher's ITLRecovery among these files."""
        if self._cluster.settings.recovery(node) is None:
            return None
        return self._files[self._cluster.recovery.publisher.name].own.get("ITLRecovery")

    # -- what would be served ---------------------------------------------------------------

    def _make_server(self, index: int) -> TFTP | None:
        node = self._by_index.get(index)
        if node is None or node.tftp is None:
            return None
        # Building records nothing, and a service of its own keeps the node's out of it.
        service = Service(node.host, "TFTP", lambda: 0)
        return TFTP(node.host, service, self._files[node.name], self._rows, self)

    def _itl(self, index: int) -> bytes | None:
        server = self._server(index)
        return None if server is None else server.itl

    def _config(self, index: int, group: int) -> bytes | None:
        server = self._server(index)
        if server is None:
            return None
        config, is_signed = self._cluster.phone_configs.of(group, server.is_mixed)
        return server.config(self._cluster.first_device(group), config, is_signed)

    def _callmanager(self, index: int) -> Endpoint | None:
        """A CallManager's end of a TLS session, its service started again."""
        node = self._by_index.get(index)
        if node is None or node.signaling is None or not self.is_mixed():
            return None
        files = self._files[node.name]
        return endpoint_of(files.own["CallManager"], files.store(TRUST))

    def _answer(self, issuer: str, serial: bytes) -> Answer:
        """As a TVS whose database cache holds these rows."""
        roles: set[int] = set()
        found = None
        for row in self._rows:
            certificate = row.certificate
            if (certificate.issuer, certificate.serial_bytes) == (issuer, serial):
                found = certificate
                table = OWN_ROLES if row.is_own else TRUST_ROLES
                roles.update(int(role) for unit in row.units for role in table.get(unit, ()))
        return Answer(found, frozenset(roles), 0)
