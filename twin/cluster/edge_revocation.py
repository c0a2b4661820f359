"""How Expressway peers come by the revocation lists of the model's authorities.

Knows: who fetches which lists, once a day. Must not know what is on a list, nor who is judged by
it.

Source: edge-presence-video 1.5: fetched once a day; a file may be uploaded at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from twin.cluster.authorities import Authorities
from twin.cluster.revocation import RevocationServices
from twin.nodes.expressway.peer import Peer
from twin.nodes.host import CallOff

DAY_MS = 86_400_000
SERVICE = "revocation"


class RevocationDesk:
    """Who fetches which lists."""

    def __init__(
        self, services: RevocationServices, authorities: Authorities, peers: Mapping[str, Peer]
    ) -> None:
        self._services = services
        self._authorities = authorities
        self._peers = peers
        self._sources: dict[str, tuple[str, ...]] = {}
        self._timers: dict[str, CallOff] = {}

    def upload(self, peer: str, names: tuple[str, ...]) -> None:
        """Replace what a peer was given by hand by the last lists of these CAs."""
        box = self._peers[peer]
        at = box.host.time()
        box.revocation.upload([self._services.last_list(name, at) for name in names])

    def append(self, peer: str, names: tuple[str, ...]) -> int:
        """Append the last lists of these CAs to a peer's file of CAs; how many were new."""
        box = self._peers[peer]
        at = box.host.time()
        return box.ca_list.append_lists([self._services.last_list(name, at) for name in names])

    def revoke(self, authority: str, owner: str, at: datetime) -> str | None:
        """Have a CA revoke all it last signed for an owner; the refusal."""
        signer = self._authorities.get(authority)
        found = [
            certificate
            for (name, _), (certificate, by) in self._authorities.issued.items()
            if name == owner and by is signer
        ]
        for certificate in found:
            self._services.revoke(signer, certificate, at)
        return None if found else f"{authority} has signed nothing for {owner}"

    def subscribe(self, peer: str, sources: tuple[str, ...]) -> None:
        """Have a peer fetch these lists now and every day."""
        self._sources[peer] = sources
        self._fetch(peer)

    def _fetch(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer()
        peer = self._peers[name]
        for source in self._sources[name]:
            found = self._services.newest_list(source, peer.host.time())
            if found is None:
                peer.host.record(SERVICE, "crl_unreachable", severity="warning", source=source)
            else:
                peer.revocation.fetch(source, found)
                peer.host.record(SERVICE, "crl_fetched", source=source)
        if self._sources[name]:
            self._timers[name] = peer.host.after(DAY_MS, self._fetch, name, counts=False)
