"""The reminder that ITLRecovery is backed up nowhere.

Knows: which ITLRecovery is in use and which was exported. Must not know what it is good for.

Source: cucm-pki-behaviour 8 (alarm ITLRecoveryCertBackup, warning; `file get tftp
ITLRecovery.p12`; Cisco Certificate Expiry Monitor runs every 24 hours and, when restarted, 24 hours
later). Assumption: the alarm comes with each run until the certificate in use has been exported.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.nodes.file_system import Identity
from twin.nodes.host import CallOff, Host
from twin.nodes.service import Service

SERVICE = "certMonitor"


class RecoveryBackup:
    """Watches the publisher's ITLRecovery.

    Args:
        in_use: the ITLRecovery of the cluster, None before 10.0.
        exported: the last one `file get` saved, None for none.
    """

    def __init__(
        self,
        host: Host,
        service: Service,
        in_use: Callable[[], Identity | None],
        exported: Callable[[], Identity | None],
    ) -> None:
        self.host = host
        self.service = service
        self._in_use = in_use
        self._exported = exported
        self._next: CallOff | None = None
        service.on_started.append(self._schedule)
        service.on_stopped.append(self._forget)
        self._schedule()

    def _schedule(self) -> None:
        period_ms = self.host.timing.certificate_monitor_period_s.ms
        self._next = self.host.after(period_ms, self._run, counts=False)

    def _forget(self, _hangs: bool) -> None:
        if self._next is not None:
            self._next()
            self._next = None

    def _run(self) -> None:
        identity = self._in_use()
        if identity is not None and identity != self._exported():
            serial = identity.certificate.serial_bytes.hex()
            self.host.alarm(SERVICE, "ITLRecoveryCertBackup", "warning", serial=serial)
        self._schedule()
