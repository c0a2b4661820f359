"""What the cluster would serve if a backup were restored: the same code on the backup's files.

Nothing is journalled and no node notices.
"""

from __future__ import annotations

from functools import cache

from twin.cluster.cluster import Cluster
from twin.nodes.backup_set import BackupSet, put_back
from twin.nodes.database import Replica
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.node import Node
from twin.nodes.secure_signaling import TRUST, endpoint_of
from twin.nodes.service import Service
from twin.nodes.tftp import TFTP
from twin.nodes.tvs import OWN_ROLES, TRUST_ROLES
from twin.phones.ports import Answer
from twin.phones.prospects import Prospect
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
    return tuple(_Restored(cluster, backup).prospect() for backup in fit)


class _Restored:
    """A cluster as a restore of all nodes of a backup would leave it; `twin.nodes.tftp.Settings`.

    Nodes that are not in the backup stay what they are.
    """

    def __init__(self, cluster: Cluster, backup: BackupSet) -> None:
        self._cluster = cluster
        self._backup = backup
        self._by_index = {node.index: node for node in cluster.nodes.values()}
        self._files = {node.name: self._files_of(node) for node in cluster.nodes.values()}
        self._rows = Replica()
        self._rows.replace(backup.rows)
        for node in cluster.nodes.values():
            for unit, identity in self._files[node.name].own.items():
                if identity.is_shared:  # its row is the database's
                    continue
                for row in node.certificates.rows(unit, identity):
                    self._rows.put(row)
        self._server = cache(self._make_server)

    def _files_of(self, node: Node) -> FileSystem:
        files = node.files.blank()
        files.own.update(node.files.own)
        files.trust.update(node.files.trust)
        if node.name in self._backup.nodes:
            put_back(self._backup.nodes[node.name], files)
        return files

    def prospect(self) -> Prospect:
        """What phones would be offered."""
        return Prospect(
            f"restore {self._backup.name}",
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
        """As backed up."""
        return self._backup.rollback

    def is_mixed(self) -> bool:
        """As it is: nothing that is restored here says otherwise."""
        return self._cluster.settings.is_mixed()

    def digest(self) -> Digest:
        """As backed up."""
        return Digest.named(self._backup.algorithm)

    def runs_active_capf(self, node: str) -> bool:
        """As it is: activation is not lost."""
        return self._cluster.settings.runs_active_capf(node)

    def recovery(self, node: str) -> Identity | None:
        """The publisher's ITLRecovery of the backup."""
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
        """A CallManager's end of a TLS session: a restore ends with a restart of every node."""
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
