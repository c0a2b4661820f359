"""Cisco Certificate Change Notification (certCN): trust rows become files on other nodes.

Knows: its unit list, the resync. Must not know TVS, TFTP or phones.

The resync compares file system and database, and the file system wins: an entry that this node
still has, while its mapping to another node was taken out, is written again for all of them. That
is how a certificate deleted on one node comes back there. A multi-server certificate of its units
becomes this node's own.

Releases with CSCup28852: after an update of a multi-server certificate every node wants its own
name as the row's server name. A node that finds another's there some minutes after the last notice
writes the row again, the others hear of it, and so on. To CallManager each of these is an update of
the certificate.

Source: cucm-pki-behaviour 1.4, 4.1 (210541): notified of table changes, imports on other nodes than
the origin, full resync every 1800 s; units by release; a certificate deleted on one node returns
unless certCN is stopped on all nodes. Assumption: which of the nodes' resyncs brings it back; how
nodes disagree in CSCup28852, of which only title, rhythm and workaround are published (same, 4.3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from twin.nodes.database import CertificateRow, Replica, RowChange, Write
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.host import CallOff, Host
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
        self._contested: dict[str, CallOff | None] = {}
        """Shared rows this node wants its name in, each with its next look, None while stopped."""
        self._at_rest: tuple[object, ...] | None = None
        """What there was when a resync last found nothing to do."""
        service.on_started.append(self._look_again)
        self.on_taken_late: list[Callable[[str], None]] = []
        """Called with a unit whose certificate a resync has put in place of the node's own."""
        service.on_stopped.append(self._look_no_more)
        self._schedule()

    @property
    def _units(self) -> Collection[str]:
        return self.host.release.certcn_units

    def on_change(self, change: RowChange) -> None:
        """A row changed in this node's replica."""
        if not self.service.is_started:
            return
        if change.is_deleted:
            self._remove(change.row)
            return
        self._import_own(change.row)
        if change.row.node != self.host.name or change.row.unmapped != _unmapped(change.old):
            self._import(change.row)
        self._contest(change.row)

    def resync(self) -> None:
        """Bring file system and replica together, both ways.

        Nothing is looked at twice: years of half hours go by in which neither of them changes.
        """
        if self.service.is_started and self._state() != self._at_rest:
            rows = list(self.replica)
            stale = self.host.release.has_defect("CSCvn65359")
            imported = sum(self._import(row, overwrite=stale) for row in rows)
            imported += sum(self._taken_late(row) for row in rows)
            written = sum(self._write_again(row) for row in rows)
            if imported or written:
                self.host.record(SERVICE, "resync", imported=imported, written=written)
            self._at_rest = None if imported or written else self._state()
        self._schedule()

    def _state(self) -> tuple[object, ...]:
        """All that a resync depends on."""
        files = self.files
        stores = tuple((unit, store.version) for unit, store in files.trust.items())
        return (
            self.replica.version, files.cleared, stores, tuple(files.own.values()),
            self.host.release,
        )  # fmt: skip

    def _schedule(self) -> None:
        self.host.after(self.host.timing.certcn_resync_s.ms, self.resync, counts=False)

    def _mine(self, row: CertificateRow) -> list[str]:
        """Trust units of a row that are certCN's business and that this node is to hold."""
        return [
            unit
            for unit in row.units
            if unit in self.host.release.certcn_units
            and unit.endswith("-trust")
            and row.maps(unit, self.host.name)
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

    def _remove(self, row: CertificateRow) -> None:
        """A row is gone: what came by it goes too."""
        for unit in row.units:
            if unit not in self._units or not unit.endswith("-trust"):
                continue
            for entry in self.files.store(unit).entries():
                if entry.certificate == row.certificate:
                    self.files.store(unit).remove(entry.file_name)
                    self.host.record(SERVICE, "removed", unit=unit, name=entry.file_name)

    def _import(self, row: CertificateRow, overwrite: bool = False) -> int:
        """Put a row's certificate into its stores; how many stores changed.

        Args:
            overwrite: CSCvn65359: a namesake with another serial is taken for a stale entry, and
                gives way whatever its start date.
        """
        imported = 0
        for unit in self._mine(row):
            outcome = self.files.add_trust(
                unit, row.certificate, row.description, overwrite=overwrite
            )
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

    # -- multi-server certificates ----------------------------------------------------------

    def _is_ours(self, row: CertificateRow) -> bool:
        """Whether a row is a multi-server certificate of this node and of certCN's units."""
        return row.is_shared and self.host.name in row.nodes and row.units[0] in self._units

    def _import_own(self, row: CertificateRow) -> int:
        """Take over a multi-server certificate with its key; how many were taken.

        Source: Cisco 118731: what is uploaded on the publisher is installed on every node.
        Assumption: certCN does it, for units outside its list too.
        """
        unit, key = row.units[0], row.key
        if not row.is_shared or key is None or self.host.name not in row.nodes:
            return 0
        known = self.files.own.get(unit)
        if known is not None and known.certificate == row.certificate:
            return 0
        self.files.put_own(unit, Identity(row.certificate, key, is_shared=True), self.host.now_ms)
        self.host.record(
            SERVICE, "install", unit=unit, serial=row.certificate.serial_bytes.hex(),
            name=row.certificate.common_name, origin=row.node,
        )  # fmt: skip
        return 1

    def _taken_late(self, row: CertificateRow) -> int:
        """Take a multi-server certificate over whose notice went by; services hear of it now."""
        taken = self._import_own(row)
        if taken:
            for listener in self.on_taken_late:
                listener(row.units[0])
        return taken

    def _contest(self, row: CertificateRow) -> None:
        """CSCup28852: look at a shared row again some minutes after its last notice."""
        if not self.host.release.has_defect("CSCup28852") or not self._is_ours(row):
            return
        self._call_off(row.pkid)
        delay_ms = self.host.drawn_ms("multi_server_look_s")
        self._contested[row.pkid] = self.host.after(delay_ms, self._look, row.pkid, counts=False)

    def _look(self, pkid: str) -> None:
        row = self.replica.get(pkid)
        if row is None or row.node == self.host.name:
            return
        self.host.record(SERVICE, "row_contested", pkid=pkid, found=row.node, unit=row.units[0])
        self._write(replace(row, node=self.host.name))

    def _look_again(self) -> None:
        for pkid in sorted(self._contested):
            row = self.replica.get(pkid)
            if row is not None:
                self._contest(row)

    def _look_no_more(self, _hangs: bool) -> None:
        for pkid in self._contested:
            self._call_off(pkid)

    def _call_off(self, pkid: str) -> None:
        call_off = self._contested.get(pkid)
        if call_off is not None:
            call_off()
        self._contested[pkid] = None


def _unmapped(row: CertificateRow | None) -> tuple[tuple[str, str], ...]:
    return () if row is None else row.unmapped
