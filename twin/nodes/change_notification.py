"""Cisco Certificate Change Notification (certCN): trust rows become files on other nodes.

Knows: its unit list, the resync. Must not know TVS, TFTP or phones.

The resync compares file system and database, and the file system wins: an entry that this node
still has, while its mapping to another node was taken out, is written again for all of them. That
is how a certificate deleted on one node comes back there.

Source: cucm-pki-behaviour 1.4, 4.1 (210541): notified of table changes, imports on other nodes than
the origin, full resync every 1800 s; units by release; a certificate deleted on one node returns
unless certCN is stopped on all nodes. Assumption: which of the nodes' resyncs brings it back.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.nodes.database import CertificateRow, Replica, RowChange, Write
from twin.nodes.file_system import FileSystem
from twin.nodes.host import Host
from twin.nodes.service import Service
from twin.pki.stores import AddOutcome

SERVICE = "certCN"


class ChangeNotification:
    """certCN of one node.

    Args:
        write: puts a row into the cluster's database.
    """

    def __init__(
        self,
        host: Host,
        service: Service,
        files: FileSystem,
        replica: Replica,
        write: Callable[[Write], None],
    ) -> None:
        self.host = host
        self.service = service
        self.files = files
        self.replica = replica
        self._write = write
        self._units = frozenset(str(unit) for unit in host.release.certcn_units)
        self._schedule()

    def on_change(self, change: RowChange) -> None:
        """A row changed in this node's replica."""
        if not self.service.is_started or change.is_deleted:
            return
        if change.row.node != self.host.name or change.row.unmapped != _unmapped(change.old):
            self._import(change.row)

    def resync(self) -> None:
        """Bring file system and replica together, both ways."""
        if self.service.is_started:
            rows = list(self.replica)
            imported = sum(self._import(row) for row in rows)
            written = sum(self._write_again(row) for row in rows)
            if imported or written:
                self.host.record(SERVICE, "resync", imported=imported, written=written)
        self._schedule()

    def _schedule(self) -> None:
        self.host.after(self.host.timing.certcn_resync_s.ms, self.resync, counts=False)

    def _mine(self, row: CertificateRow) -> list[str]:
        """Trust units of a row that are certCN's business and that this node is to hold."""
        return [
            unit
            for unit in row.units
            if unit in self._units and unit.endswith("-trust") and row.maps(unit, self.host.name)
        ]

    def _write_again(self, row: CertificateRow) -> int:
        """Map an entry this node has to every node again; how many rows were written."""
        again = row
        for unit in self._mine(row):
            if row.certificate in self.files.store(unit):
                again = again.mapped_again(unit)
        if again == row:
            return 0
        self.host.record(
            SERVICE, "mapped_again", pkid=row.pkid, name=row.certificate.common_name,
            nodes=sorted({node for _, node in row.unmapped}),
        )  # fmt: skip
        self._write(again)
        return 1

    def _import(self, row: CertificateRow) -> int:
        imported = 0
        for unit in self._mine(row):
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


def _unmapped(row: CertificateRow | None) -> tuple[tuple[str, str], ...]:
    return () if row is None else row.unmapped
