"""IPT Platform CertMgr: deleting a trust certificate on a node, and on all nodes from 11.0.

Knows: file, mapping, platform event, by release. Must not know whether a deleted certificate
comes back: that is for whoever still has it (`twin.nodes.change_notification`).

Source: cucm-pki-behaviour 4.1 (210541, 214231); CertMgmt and syslog excerpts of the seed: the
node asked deletes in the database and in its directory, and since CSCus28550 every other node
gets platform-event-clusterwide-certificate-delete and does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from twin.nodes.database import Replica, Unmap, Write
from twin.nodes.file_system import FileSystem, security_directory
from twin.nodes.host import Host
from twin.pki.stores import TrustEntry

SERVICE = "CertMgr"
PLATFORM_EVENT = "platform-event-clusterwide-certificate-delete"

CLUSTER_WIDE_UNITS = ("CAPF-trust", "tomcat-trust", "CallManager-trust", "Phone-SAST-trust")
"""Units whose entries are deleted on all nodes at once, where the release does that.
Source: Security Guide 15."""


class TrustDeletion:
    """Deletion of trust certificates on one node.

    Args:
        write: puts a write into the cluster's database.
        tell_others: hands (unit, name) to the same tool on every other node that can be reached.
    """

    def __init__(
        self,
        host: Host,
        files: FileSystem,
        replica: Replica,
        write: Callable[[Write], None],
        tell_others: Callable[[str, str], None],
    ) -> None:
        self.host = host
        self.files = files
        self.replica = replica
        self._write = write
        self._tell_others = tell_others

    def matching(self, unit: str, pattern: str, old_only: bool = False) -> list[str]:
        """The file names of the entries a pattern means, in their order.

        Args:
            pattern: as `name` of `delete`, with * for any part of it.
            old_only: leave out certificates that are some node's own one now.
        """
        now = {row.certificate.der for row in self.replica if row.is_own} if old_only else set()
        return [
            entry.file_name
            for entry in self.files.store(unit).entries()
            if entry.certificate.der not in now
            and any(
                fnmatchcase(name, pattern)
                for name in (
                    entry.file_name,
                    entry.file_name.removesuffix(".pem"),
                    entry.certificate.common_name,
                )
            )
        ]

    def delete(self, unit: str, name: str, done: Callable[[], None]) -> str | None:
        """Delete an entry by its name; the refusal, or None.

        Args:
            name: file name with or without `.pem`, or the common name.
            done: called when file and mapping are gone, some seconds later.
        """
        entry = self._find(unit, name)
        if entry is None:
            return self.refuse(unit, name)
        place = security_directory(unit)
        self.host.record(
            SERVICE,
            "delete",
            op="delete",
            unit=unit,
            name=name,
            key_dir=f"{place}/keys",
            certificate_file=f"{place}/trust-certs/{entry.file_name}",
        )
        self.host.after(
            self.host.drawn_ms("certificate_delete_s"), self._finish, unit, name, True, done
        )
        return None

    def refuse(self, unit: str, name: str) -> str:
        """Journal that there is no such entry; the message."""
        message = f"Certificate {name} does not exist in {unit} on {self.host.name}"
        self.host.record(SERVICE, "delete_refused", severity="warning", unit=unit, message=message)
        return message

    def on_platform_event(self, origin: str, unit: str, name: str) -> None:
        """Another node deleted an entry: do the same here, a moment later."""
        delay_ms = self.host.drawn_ms("platform_event_delay_s")
        self.host.after(delay_ms, self._received, origin, unit, name)

    def _received(self, origin: str, unit: str, name: str) -> None:
        self.host.record(
            "syslog",
            "platform_event",
            event_name=PLATFORM_EVENT,
            hostname=origin,
            unit=unit,
            type="trust-certs",
            name=name,
        )
        self.host.after(
            self.host.drawn_ms("certificate_delete_s"), self._finish, unit, name, False, _nothing
        )

    def _finish(self, unit: str, name: str, is_asked: bool, done: Callable[[], None]) -> None:
        entry = self._find(unit, name)
        if entry is not None:
            me = self.host.name
            self.files.store(unit).remove(entry.file_name)
            rows = self.replica.holding(entry.certificate, unit, me)
            for row in rows:
                self.host.record(SERVICE, "database_deleted", unit=unit, pkid=row.pkid)
            self.host.record(
                SERVICE,
                "trust_deleted",
                unit=unit,
                name=entry.file_name,
                certificate_dir=f"{security_directory(unit)}/trust-certs",
                alias=entry.file_name.removesuffix(".pem"),
                serial=entry.certificate.serial_bytes.hex(),
                rows=len(rows),
            )
            for row in rows:
                self._write(Unmap(row.pkid, unit, me))
        if is_asked and self.host.release.cluster_wide_delete and unit in CLUSTER_WIDE_UNITS:
            self._tell_others(unit, name)
        done()

    def _find(self, unit: str, name: str) -> TrustEntry | None:
        store = self.files.store(unit)
        exact = store.get(name) or store.get(f"{name}.pem")
        return exact or next(
            (entry for entry in store.entries() if entry.certificate.common_name == name), None
        )


def _nothing() -> None:
    """Nobody waits for a deletion that another node asked for."""
