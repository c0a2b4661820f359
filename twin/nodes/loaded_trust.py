"""What a service trusts: the content of a trust store when it started.

Knows: one store. Must not know who is judged by it.

Source: edge-presence-video 4.1, 4.2 (OS Administration Guide 9.1(1), IM&P 11.5(1)): after an upload
to CallManager-trust or cup-trust, CallManager or SIP Proxy and Presence Engine are restarted.
"""

from __future__ import annotations

from twin.nodes.file_system import FileSystem
from twin.nodes.service import Service
from twin.pki.certificates import Certificate


class LoadedTrust:
    """A trust store as one service has it."""

    def __init__(self, service: Service, files: FileSystem, unit: str) -> None:
        self._files = files
        self._unit = unit
        self.certificates: tuple[Certificate, ...] = ()
        self._load()
        service.on_started.append(self._load)

    def _load(self) -> None:
        entries = self._files.store(self._unit).entries()
        self.certificates = tuple(entry.certificate for entry in entries)
