"""Cisco Tomcat: the HTTPS certificate a node presents.

Knows: it presents what it loaded when it started. Must not know who connects.
Source: cucm-pki-behaviour 5.1, 5.3 rows A16, A17; the seed's slide on the tomcat certificate.
"""

from __future__ import annotations

from twin.nodes.file_system import FileSystem
from twin.nodes.service import Service
from twin.pki.certificates import Certificate


class Tomcat:
    """The web server of one node."""

    def __init__(self, service: Service, files: FileSystem) -> None:
        self.service = service
        self._files = files
        self._loaded = files.own["tomcat"].certificate
        service.on_started.append(self._load)

    @property
    def certificate(self) -> Certificate | None:
        """What it presents; None while it is stopped."""
        return self._loaded if self.service.is_started else None

    def _load(self) -> None:
        self._loaded = self._files.own["tomcat"].certificate
