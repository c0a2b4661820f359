"""Cisco TFTP: the node's ITL and the signed configuration files.

Knows: what goes into the ITL and who signs it, by release; when it is built again. Must not know
who downloads it, nor the queue in front of it (`twin.phones.ports.FileServer`).

Source: cucm-pki-behaviour 2.1, 2.2, 2.4; wire-formats 1, 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from twin.nodes.database import Replica, RowChange
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.host import CallOff, Host
from twin.nodes.service import Service
from twin.pki import signed_file, trust_list
from twin.pki.certificates import Certificate
from twin.pki.list_header import Digest
from twin.pki.list_record import Record, Role, full_record, hash_record
from twin.pki.phone_config import PhoneConfig, build, file_name

SERVICE = "TFTP"
ITL_NAME = "ITLFile.tlv"

FILE_UNITS = ("CallManager", "CallManager-ECDSA")
"""Own units of a TFTP node that its ITL lists. Source: cucm-pki-behaviour 1.1 (SG15, 214231)."""


class Settings(Protocol):
    """Cluster-wide settings the ITL depends on."""

    def is_rollback(self) -> bool:
        """Prepare Cluster for Rollback to pre 8.0 = True."""

    def digest(self) -> Digest:
        """TFTP File Signature Algorithm."""

    def is_mixed(self) -> bool:
        """Cluster Security Mode = mixed."""

    def runs_active_capf(self, node: str) -> bool:
        """Whether Cisco CAPF is activated on a node."""

    def recovery(self, node: str) -> Identity | None:
        """The ITLRecovery certificate and key a node uses, None before 10.0."""


@dataclass(frozen=True, slots=True)
class Built:
    """An ITL as built: what it was made of, to tell a change, and its bytes."""

    records: tuple[Record, ...]
    signer: Identity
    digest: Digest
    data: bytes
    made_at: datetime


class TFTP:
    """The file service of one node."""

    def __init__(
        self,
        host: Host,
        service: Service,
        files: FileSystem,
        replica: Replica,
        settings: Settings,
    ) -> None:
        self.host = host
        self.service = service
        self.files = files
        self.replica = replica
        self.settings = settings
        self.version = 0
        self.on_new_files: list[Callable[[], None]] = []
        """Called when the node serves another ITL or signs with another key."""
        self._rebuild: CallOff | None = None
        self._reset_itl: bytes | None = None
        self._reset_at = host.time()
        self._keep_reset = False
        self._load()
        self.built = self._build(self._recovery)
        service.on_started.append(self._on_started)
        service.on_stopped.append(self._on_stopped)

    @property
    def itl(self) -> bytes:
        """The ITLFile.tlv served now."""
        return self._reset_itl if self._reset_itl is not None else self.built.data

    @property
    def itl_modified_at(self) -> datetime:
        """When the ITLFile.tlv served now was written: a reset list has no time of its own."""
        if self._reset_itl is not None:
            return self._reset_at
        return self.built.made_at

    def of_today(self) -> bytes:
        """What `utils itl reset` puts its header before: the served list, but with the ITLRecovery
        of the day, which the service itself takes up at its next start only.

        Assumption: the Security Guide for CUCM 15 renews ITLRecovery by way of this command and
        restarts Cisco Tftp afterwards, which carries phones over only if they learn of the new
        one here (DECISIONS 28).
        """
        recovery = self.settings.recovery(self.host.name)
        return self.itl if recovery is self._recovery else self._build(recovery).data

    def signing(self) -> tuple[Certificate, Digest]:
        """What config files are signed with now."""
        return self._callmanager.certificate, self.settings.digest()

    # -- events -----------------------------------------------------------------------------

    def on_change(self, change: RowChange) -> None:
        """A row changed in this node's replica: TVS of any node, own CallManager, CAPF in use."""
        row = change.row
        if not row.is_own or not change.brings_certificate:
            return
        unit = row.units[0]
        if (
            unit == "TVS"
            or (unit in FILE_UNITS and self.host.name in row.nodes)
            or (unit == "CAPF" and self.settings.runs_active_capf(row.node))
        ):
            self.schedule(f"{unit} of {row.node}")

    def on_taken_late(self, unit: str) -> None:
        """certCN has put a multi-server certificate in place long after its row had changed."""
        if unit in FILE_UNITS:
            self.schedule(f"{unit} taken over")

    def schedule(self, cause: str) -> None:
        """Build again after the rebuild delay; several causes within it count as one."""
        if not self.service.is_started or self._rebuild is not None:
            return
        delay_ms = self.host.drawn_ms("itl_rebuild_delay_s")
        self._rebuild = self.host.after(delay_ms, self._run_rebuild, cause)

    def configs_changed(self) -> None:
        """Administration has changed what config files say: they are built anew when asked for."""
        self._tell()

    def install_reset(self, data: bytes) -> None:
        """Take a reset ITL in place of the built one, until the next rebuild or restart."""
        self._reset_itl = data
        self._reset_at = self.host.time()
        self.version += 1
        header = trust_list.decode(data).signing_header
        self.host.record(
            SERVICE,
            "reset_itl_installed",
            version=self.version,
            signer=header.signer,
            size_bytes=len(data),
        )
        self._tell()

    def restart_keeping_reset(self) -> int:
        """The restart `utils itl reset` ends with before 12.0: the reset ITL stays in place."""
        self.service.stop()
        self._keep_reset = True
        return self.service.start()

    def _on_started(self) -> None:
        if self._keep_reset:
            self._keep_reset = False
            self._load()
            self._tell()
            return
        was_mixed = self.is_mixed
        self._load()
        if not self._is_rebuilt("service started") and self.is_mixed != was_mixed:
            self._tell()

    def _on_stopped(self, _hangs: bool) -> None:
        self._keep_reset = False
        if self._rebuild is not None:
            self._rebuild()
            self._rebuild = None

    def _load(self) -> None:
        """Read the keys a start of the service reads."""
        self._recovery = self.settings.recovery(self.host.name)
        self._callmanager = self.files.own["CallManager"]
        self.is_mixed = self.settings.is_mixed()
        """The mode that configurations are built for: phones' security counts while it is mixed.
        Source: Cisco 118893 asks for a restart of TFTP after the mode was changed."""

    def _run_rebuild(self, cause: str) -> None:
        self._is_rebuilt(cause)

    def _is_rebuilt(self, cause: str) -> bool:
        """Build the ITL again and say whether it changed."""
        self._rebuild = None
        self._callmanager = self.files.own["CallManager"]
        was_reset, self._reset_itl = self._reset_itl is not None, None
        built = self._build(self._recovery)
        changed = was_reset or (built.records, built.signer, built.digest) != (
            self.built.records,
            self.built.signer,
            self.built.digest,
        )
        if changed:
            self.built = built
            self.version += 1
        self.host.record(
            SERVICE,
            "itl_built",
            cause=cause,
            changed=changed,
            version=self.version,
            signer=self.built.signer.certificate.subject,
            signer_serial=self.built.signer.certificate.serial_bytes.hex(),
            size_bytes=len(self.built.data),
            records=len(self.built.records),
        )
        if changed:
            self.host.alarm("TVS", "ITLFileRegenerated", "informational", version=self.version)
            self._tell()
        return changed

    def _tell(self) -> None:
        for listener in self.on_new_files:
            listener()

    # -- building ---------------------------------------------------------------------------

    def _signer(self, recovery: Identity | None) -> Identity:
        if self.host.release.itl_signer == "ITLRecovery":
            assert recovery is not None
            return recovery
        return self._callmanager

    def _build(self, recovery: Identity | None) -> Built:
        records = tuple(self._records(recovery))
        signer = self._signer(recovery)
        digest = self.settings.digest()
        data = trust_list.build(
            records,
            signer.certificate,
            signer.key,
            ITL_NAME,
            int(self.host.time().timestamp()),
            digest,
        )
        return Built(records, signer, digest, data, self.host.time())

    def _records(self, recovery: Identity | None) -> list[Record]:
        """The ITL's records: both anchors, the file signer, CAPF in use, every TVS."""
        callmanager = self._callmanager.certificate
        anchors = [self._signer(recovery).certificate]
        for other in (callmanager, recovery.certificate if recovery else None):
            if other is not None and other not in anchors:
                anchors.append(other)
        records = [full_record(Role.SAST, certificate) for certificate in anchors]
        if self.settings.is_rollback():
            return records
        records.append(full_record(Role.CCM_TFTP, callmanager))
        ecdsa = self.files.own.get("CallManager-ECDSA")
        if ecdsa is not None:
            records.append(full_record(Role.CCM_TFTP, ecdsa.certificate))
        records.extend(
            full_record(Role.CAPF, row.certificate)
            for row in self.replica.own("CAPF")
            if self.settings.runs_active_capf(row.node)
        )
        in_full = self.host.release.tvs_record == "certificate"
        make = full_record if in_full else hash_record
        records.extend(make(Role.TVS, row.certificate) for row in self.replica.own("TVS"))
        return records

    def config(self, device: str, config: PhoneConfig, is_signed: bool) -> bytes:
        """A device's configuration file as this node serves it now."""
        body = build(config)
        if not is_signed:
            return body
        return signed_file.sign(
            file_name(device),
            body,
            self._callmanager.certificate,
            self._callmanager.key,
            int(self.host.time().timestamp()),
            self.settings.digest(),
        )
