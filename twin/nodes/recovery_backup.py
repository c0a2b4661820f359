"""The reminder that ITLRecovery is backed up nowhere.

Knows: which ITLRecovery is in use and which was exported. Must not know what it is good for.

Source: cucm-pki-behaviour 8 (alarm ITLRecoveryCertBackup, warning; `file get tftp
ITLRecovery.p12`). Assumption: the alarm comes with each look of the Certificate Expiry Monitor
until the certificate in use has been exported.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.nodes.certificate_monitor import SERVICE
from twin.nodes.file_system import Identity
from twin.nodes.host import Host


class RecoveryBackup:
    """Watches the publisher's ITLRecovery.

    Args:
        in_use: the ITLRecovery of the cluster, None before 10.0.
        exported: the last one `file get` saved, None for none.
    """

    def __init__(
        self,
        host: Host,
        in_use: Callable[[], Identity | None],
        exported: Callable[[], Identity | None],
    ) -> None:
        self.host = host
        self._in_use = in_use
        self._exported = exported

    def look(self) -> None:
        """Raise the alarm if the certificate in use was not exported."""
        identity = self._in_use()
        if identity is not None and identity != self._exported():
            serial = identity.certificate.serial_bytes.hex()
            self.host.alarm(SERVICE, "ITLRecoveryCertBackup", "warning", serial=serial)
