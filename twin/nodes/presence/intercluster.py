"""Cisco Intercluster Sync Agent: certificates of one IM&P cluster into the stores of another.

Knows: what an agent offers (read when it started), what it takes over from its peer, and when.
Must not know the connection by which it reaches the peer.

Source: edge-presence-video 4.4 (agents poll each other by AXL and pull users and certificates into
tomcat-trust and cup-xmpp-trust); 4.2 (TAC deck of March 2016): restart the agent after a CA was put
into cup-xmpp-trust. Assumption: it offers what it read at its start, all of both stores.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.nodes.host import Host
from twin.nodes.loaded_trust import LoadedTrust
from twin.nodes.presence.node import PresenceNode
from twin.nodes.service import Service

SERVICE = "ICSA"
STORES = ("cup-xmpp-trust", "tomcat-trust")
CONNECTION_FAILED = "InterclusterSyncAgentAXLConnectionFailed"


class SyncAgent:
    """The agent of one cluster's publisher."""

    def __init__(self, node: PresenceNode, service: Service) -> None:
        self.node = node
        self.host: Host = node.host
        self.service = service
        self.offers = {unit: LoadedTrust(service, node.files, unit) for unit in STORES}
        self.asks: list[tuple[SyncAgent, Callable[[], bool]]] = []
        """The agents of other clusters, each with whether AXL passes to it now."""
        self._schedule()

    def sync(self) -> None:
        """Pull what each reachable peer offers."""
        if not self.service.is_started:
            return
        for peer, passes in self.asks:
            if passes() and peer.service.is_started:
                self._pull(peer)

    def _pull(self, peer: SyncAgent) -> None:
        taken = 0
        for unit, offered in peer.offers.items():
            store = self.node.files.store(unit)
            for certificate in offered.certificates:
                if certificate not in store:
                    taken += self.node.requests.trust(unit, certificate)
        if taken:
            self.host.record(SERVICE, "certificates_synced", peer=peer.node.name, taken=taken)

    def _schedule(self) -> None:
        delay_ms = self.host.drawn_ms("im_intercluster_sync_s")
        self.host.after(delay_ms, self._periodic, counts=False)

    def _periodic(self) -> None:
        self.sync()
        self._schedule()
