"""Cisco Certificate Change Notification (certCN): trust rows become files on other nodes.

Knows: its unit list, the resync. Must not know TVS, TFTP or phones.

Source: cucm-pki-behaviour 1.4, 4.1 (210541): notified of table changes, imports on other nodes than
the origin, full resync every 1800 s; units by release.
"""

from __future__ import annotations

from twin.nodes.database import CertificateRow, Replica, RowChange
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.host import Host
from twin.nodes.service import Service
from twin.pki.stores import AddOutcome

SERVICE = "certCN"


class ChangeNotification:
    """certCN of one node."""

    def __init__(self, host: Host, service: Service, files: FileSystem, replica: Replica) -> None:
        self.host = host
        self.service = service
        self.files = files
        self.replica = replica
        self._schedule()

    def on_change(self, change: RowChange) -> None:
        """A row changed in this node's replica."""
        if self.service.is_started and change.row.node != self.host.name:
            self._import(change.row)

    def resync(self) -> None:
        """Bring every trust row of the replica into the file system."""
        if self.service.is_started:
            imported = sum(self._import(row) for row in self.replica)
            if imported:
                self.host.record(SERVICE, "resync", imported=imported)
        self._schedule()

    def _schedule(self) -> None:
        self.host.after(self.host.timing.certcn_resync_s.ms, self.resync, counts=False)

    def _import(self, row: CertificateRow) -> int:
        if self.host.name not in row.nodes:
            return 0
        imported = self._install(row) if row.is_own else 0
        for unit in row.units:
            if unit not in self.host.release.certcn_units or not unit.endswith("-trust"):
                continue
            outcome = self.files.add_trust(unit, row.certificate, row.description)
            if outcome in (AddOutcome.ADDED, AddOutcome.REPLACED):
                imported += 1
                self.host.record(
                    SERVICE,
                    "import",
                    unit=unit,
                    name=row.certificate.common_name,
                    serial=row.certificate.serial_bytes.hex(),
                    outcome=str(outcome),
                )
        return imported

    def _install(self, row: CertificateRow) -> int:
        """Take over an own certificate that several nodes share, with its key.

        Source: Cisco 118731: what is uploaded on the publisher is installed on every node.
        Assumption: certCN does it, for units outside its list too.
        """
        unit, key = row.units[0], row.key
        if key is None or row.node == self.host.name:
            return 0
        known = self.files.own.get(unit)
        if known is not None and known.certificate == row.certificate:
            return 0
        self.files.own[unit] = Identity(row.certificate, key, is_shared=True)
        self.files.changed_at_ms[unit] = self.host.now_ms
        self.host.record(
            SERVICE,
            "install",
            unit=unit,
            name=row.certificate.common_name,
            serial=row.certificate.serial_bytes.hex(),
            origin=row.node,
        )
        return 1
