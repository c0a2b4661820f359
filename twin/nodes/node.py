"""One CUCM node: its directories, its replica, its services, and what it tells them.

Knows: which services a node has and in which order they hear of a change. Must not know the rest
of the cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twin.config.words import Service as ServiceName
from twin.nodes.callmanager import CallManager
from twin.nodes.capf import CAPF
from twin.nodes.certificate_manager import CertificateManager
from twin.nodes.certificate_monitor import CertificateMonitor
from twin.nodes.certificate_requests import CertificateRequests
from twin.nodes.change_notification import ChangeNotification
from twin.nodes.database import Replica, RowChange
from twin.nodes.drf import IPsecTrust
from twin.nodes.file_system import FileSystem
from twin.nodes.host import Host
from twin.nodes.presented import Presented
from twin.nodes.secure_signaling import SecureSignaling
from twin.nodes.service import Service
from twin.nodes.tftp import TFTP
from twin.nodes.trust_deletion import TrustDeletion
from twin.nodes.tvs import TVS
from twin.pki.stores import FileNaming

_RESTART_PARAMETERS = {
    ServiceName.CALLMANAGER: "ccm_restart_s",
    ServiceName.TFTP: "tftp_restart_s",
    ServiceName.TVS: "tvs_restart_s",
    ServiceName.CAPF: "capf_restart_s",
    ServiceName.TOMCAT: "tomcat_restart_s",
    ServiceName.DRF_MASTER: "drf_restart_s",
    ServiceName.DRF_LOCAL: "drf_restart_s",
    ServiceName.XCP_ROUTER: "xcp_router_restart_s",
}
_OTHER_RESTART = "capf_restart_s"
"""Assumption: services without a parameter of their own take as long as CAPF."""


class Node:
    """A server of the cluster.

    Args:
        index: its number in the journal.
        site: its site's number.
        extra_start_ms: added to a service's start time, e.g. the TFTP cache build.
    """

    def __init__(
        self,
        index: int,
        site: int,
        host: Host,
        activated: tuple[ServiceName, ...],
        extra_start_ms: Callable[[ServiceName], int],
    ) -> None:
        self.index = index
        self.site = site
        self.host = host
        self.name = host.name
        self.files = FileSystem(
            FileNaming(host.release.trust_file_naming),
            # Source: CSCuh19734: a namesake in Phone-VPN-trust was overwritten until it was fixed.
            () if host.release.has_defect("CSCuh19734") else ("Phone-VPN-trust",),
        )
        self.replica = Replica()
        self.is_on = True
        self.on_power: list[Callable[[], None]] = []
        """Called when the node went off or came back."""
        self.services: dict[str, Service] = {}
        for name in activated:
            self.services[str(name)] = Service(
                host,
                str(name),
                partial(self._start_ms, name, extra_start_ms),
            )
        self._stopped_by_hand: set[str] = set()
        self.certificates: CertificateManager
        self.requests: CertificateRequests
        self.presented: dict[str, Presented] = {}
        self.ipsec: IPsecTrust
        self.deletion: TrustDeletion
        self.certcn: ChangeNotification
        self.tvs: TVS
        self.tomcat: Presented
        self.monitor: CertificateMonitor
        self.tftp: TFTP | None = None
        self.callmanager: CallManager | None = None
        self.signaling: SecureSignaling | None = None
        self.capf: CAPF | None = None

    def _start_ms(self, name: ServiceName, extra: Callable[[ServiceName], int]) -> int:
        parameter = _RESTART_PARAMETERS.get(name, _OTHER_RESTART)
        return self.host.drawn_ms(parameter) + extra(name)

    def on_change(self, change: RowChange) -> None:
        """A row changed in this node's replica: tell every service, files first, resets last."""
        self.certcn.on_change(change)
        self.ipsec.on_change(change)
        self.tvs.on_change(change)
        if self.tftp is not None:
            self.tftp.on_change(change)
        if self.callmanager is not None:
            self.callmanager.on_change(change)

    def every_presented(self) -> tuple[Presented, ...]:
        """What its services present; TVS keeps its own."""
        return tuple(self.presented.values())

    def stop_service(self, name: str) -> None:
        """An operator stops a service; it stays stopped through a reboot."""
        self._stopped_by_hand.add(name)
        self.services[name].stop()

    def start_service(self, name: str) -> int:
        """An operator starts a service; the time until it is ready, ms."""
        self._stopped_by_hand.discard(name)
        return self.services[name].start() if self.is_on else 0

    def restart_service(self, name: str) -> int:
        """An operator restarts a service; the time until it is ready, ms."""
        self.services[name].stop()
        return self.start_service(name)

    def lose_power(self) -> None:
        """The node is gone without a word: nothing closes its connections."""
        self._go_down("critical", hangs=True)

    def shut_down(self) -> None:
        """The node stops its services, which close their connections, and is off."""
        self._go_down("warning", hangs=False)

    def _go_down(self, severity: str, hangs: bool) -> None:
        self.is_on = False
        self._tell()
        self.host.record("node", "down", severity=severity)
        for service in self.services.values():
            service.stop(hangs)

    def boot(self, ready: Callable[[], None]) -> int:
        """Power on; services start when the node is up; the time that takes, ms."""
        delay_ms = self.host.drawn_ms("node_reboot_s")
        self.host.record("node", "booting")
        self.host.after(delay_ms, self._booted, ready)
        return delay_ms

    def _booted(self, ready: Callable[[], None]) -> None:
        self.is_on = True
        self._tell()
        self.host.record("node", "up")
        for name, service in self.services.items():
            if name not in self._stopped_by_hand:
                service.start()
        ready()

    def _tell(self) -> None:
        for listener in self.on_power:
            listener()
