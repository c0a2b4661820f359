"""What a service presents to its TLS clients: the certificate it loaded when it started.

Knows: which unit a service takes it from. Must not know who connects, nor what they make of it.

Source: cucm-pki-behaviour 5.1 (214231, 217138, Security Guide 15): a service is restarted after its
certificate changed, unless its release says otherwise (`restarts_itself`).
"""

from __future__ import annotations

from twin.config.words import Service as ServiceName
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.service import Service
from twin.pki.certificates import Certificate

PRESENTS = {
    ServiceName.TOMCAT: "tomcat",
    ServiceName.CALLMANAGER: "CallManager",
    ServiceName.CAPF: "CAPF",
    ServiceName.TFTP: "tomcat",
    ServiceName.SIP_PROXY: "cup",
    ServiceName.XCP_FEDERATION: "cup-xmpp-s2s",
}
"""Unit of the certificate a service presents. TVS has rules of its own, and Cisco DRF Master's unit
is a matter of the release. Source: cucm-pki-behaviour 1.1; 5.1 for Cisco Tftp, which goes on
serving the tomcat certificate it has cached; edge-presence-video 4.1 for IM and Presence, where
which service loads cup-xmpp is one of its facts (`twin.config.presence`)."""


class Presented:
    """The identity of one service.

    The release is asked each time: an upgrade may change what it says.

    Args:
        unit: own certificate it takes; None: the one the release has for Cisco DRF Master.
    """

    def __init__(self, service: Service, files: FileSystem, unit: str | None) -> None:
        self.service = service
        self._unit = unit
        self._files = files
        self._loaded = files.own[self.unit]
        service.on_started.append(self._load)

    @property
    def unit(self) -> str:
        """The own certificate it takes."""
        return self._unit or str(self.service.host.release.drf_unit)

    @property
    def _follows(self) -> bool:
        """Whether it takes a new certificate into use without a restart."""
        return self.service.name in map(str, self.service.host.release.restarts_itself)

    @property
    def identity(self) -> Identity | None:
        """Certificate and key it presents; None while it is stopped."""
        if not self.service.is_started:
            return None
        return self._files.own[self.unit] if self._follows else self._loaded

    @property
    def certificate(self) -> Certificate | None:
        """The certificate it presents; None while it is stopped."""
        identity = self.identity
        return None if identity is None else identity.certificate

    @property
    def is_outdated(self) -> bool:
        """Whether it runs with another certificate than the node has now."""
        return self.identity not in (None, self._files.own[self.unit])

    def _load(self) -> None:
        self._loaded = self._files.own[self.unit]
