"""One IM and Presence node: a node of the platform with the services of its product.

Knows: which of its services hear of a row, and that Cisco XCP Router takes the services under it
along. Must not know who connects to it.

Source: Cisco IM&P deployment guide 9.1(1): a restart of Cisco XCP Router restarts every active XCP
service; edge-presence-video 4.1 for which service loads which certificate and trust store.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.config.words import XCP_SERVICES
from twin.config.words import Service as ServiceName
from twin.nodes.database import RowChange
from twin.nodes.host import Host
from twin.nodes.loaded_trust import LoadedTrust
from twin.nodes.node import Node
from twin.nodes.presented import Presented
from twin.pki.certificates import Certificate
from twin.pki.handshake import Endpoint


class PresenceNode(Node):
    """A server of an IM and Presence cluster; arguments as `Node`.

    `cluster`: the name of its IM&P cluster.
    """

    def __init__(
        self,
        index: int,
        site: int,
        host: Host,
        activated: tuple[ServiceName, ...],
        cluster: str,
    ) -> None:
        super().__init__(index, site, host, activated, _nothing_more)
        self.cluster = cluster
        self._with_router = False
        self.xmpp: Presented
        self.sip_trust: LoadedTrust
        self.federation_trust: LoadedTrust | None = None
        router = self.services[ServiceName.XCP_ROUTER]
        router.on_stopped.append(self._router_stopped)
        router.on_started.append(self._router_started)

    @property
    def fqdn(self) -> str:
        """Its full name now."""
        return self.certificates.names.fqdn

    def wire(self, presented: dict[str, Presented], xmpp_service: ServiceName) -> None:
        """Let the services load what they need; the files are there already."""
        services, files = self.services, self.files
        self.presented = presented
        self.tomcat = presented[ServiceName.TOMCAT]
        self.xmpp = Presented(services[xmpp_service], files, "cup-xmpp")
        self.sip_trust = LoadedTrust(services[ServiceName.SIP_PROXY], files, "cup-trust")
        if ServiceName.XCP_FEDERATION in services:
            self.federation_trust = LoadedTrust(
                services[ServiceName.XCP_FEDERATION], files, "cup-xmpp-trust"
            )

    def every_presented(self) -> tuple[Presented, ...]:
        """With what clients and routers are shown, which no entry of `presented` has."""
        return (*super().every_presented(), self.xmpp)

    def on_change(self, change: RowChange) -> None:
        """A row changed in this node's replica."""
        self.certcn.on_change(change)
        self.ipsec.on_change(change)

    # -- what it presents, and by what it judges --------------------------------------------

    def speaks(self, *services: ServiceName) -> bool:
        """Whether the node is up and all of these services are started."""
        return self.is_on and all(
            name in self.services and self.services[name].is_started for name in services
        )

    def xmpp_end(self, authenticates: bool) -> Endpoint | None:
        """XMPP to clients and Expressways (nobody asked for a certificate), or between routers."""
        up = self.speaks(ServiceName.XCP_ROUTER, ServiceName.XCP_CONNECTION_MANAGER)
        identity = self.xmpp.identity if up else None
        if identity is None:
            return None
        anchors = self.trusted("cup-xmpp-trust") if authenticates else ()
        return Endpoint((identity.certificate,), identity.key, anchors, authenticates=authenticates)

    def sip_end(self) -> Endpoint | None:
        """Cisco SIP Proxy on the trunk to Unified CM."""
        up = self.speaks(ServiceName.SIP_PROXY)
        identity = self.presented[ServiceName.SIP_PROXY].identity if up else None
        if identity is None:
            return None
        return Endpoint((identity.certificate,), identity.key, self.sip_trust.certificates)

    def web_client(self, service: ServiceName) -> Endpoint | None:
        """A service that asks another's Tomcat by AXL."""
        if not self.speaks(service):
            return None
        return Endpoint((), None, self.trusted("tomcat-trust"))

    def web_server(self) -> Endpoint | None:
        """Cisco Tomcat."""
        identity = self.tomcat.identity if self.is_on else None
        if identity is None:
            return None
        return Endpoint((identity.certificate,), identity.key, authenticates=False)

    def federation_end(self, authenticates: bool) -> Endpoint | None:
        """Cisco XCP XMPP Federation Connection Manager."""
        if self.federation_trust is None or not self.speaks(ServiceName.XCP_FEDERATION):
            return None
        identity = self.presented[ServiceName.XCP_FEDERATION].identity
        assert identity is not None
        anchors = self.federation_trust.certificates if authenticates else ()
        return Endpoint((identity.certificate,), identity.key, anchors, authenticates=authenticates)

    def trusted(self, unit: str) -> tuple[Certificate, ...]:
        """What is in a trust store now."""
        return tuple(entry.certificate for entry in self.files.store(unit).entries())

    # -- the services under the router ------------------------------------------------------

    def _start_ms(self, name: ServiceName, extra: Callable[[ServiceName], int]) -> int:
        return 0 if self._with_router else super()._start_ms(name, extra)

    def _router_stopped(self, hangs: bool) -> None:
        for name in XCP_SERVICES:
            if name in self.services:
                self.services[name].stop(hangs)

    def _router_started(self) -> None:
        self._with_router = True
        for name in XCP_SERVICES:
            if name in self.services and name not in self._stopped_by_hand:
                self.services[name].start()
        self._with_router = False


def _nothing_more(_name: ServiceName) -> int:
    return 0
