"""Revocation lists of the model's authorities, and how Expressway peers come by them.

Knows: what was revoked, whether a list can be reached, the daily fetch. Must not know who is
judged by a list.

Source: edge-presence-video 1.5: fetched once a day. Assumption: a CA publishes a list anew whenever
it is asked for, as long as its place can be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from twin.cluster.authorities import Authorities
from twin.config.model import ModelConfig
from twin.nodes.expressway.peer import Peer
from twin.nodes.host import CallOff
from twin.pki.certificates import Certificate
from twin.pki.revocation import Revoked, make_revocation_list

DAY_MS = 86_400_000
SERVICE = "revocation"


class RevocationDesk:
    """Who has revoked what, and who fetches the lists."""

    def __init__(
        self, model: ModelConfig, authorities: Authorities, peers: Mapping[str, Peer]
    ) -> None:
        self._days = {one.name: one.crl_days for one in model.certificate_authorities}
        self._authorities = authorities
        self._peers = peers
        self._revoked: dict[str, list[Revoked]] = {}
        self._down: set[str] = set()
        self._numbers = 0
        self._sources: dict[str, tuple[str, ...]] = {}
        self._timers: dict[str, CallOff] = {}

    def revoke(self, authority: str, owner: str, at: datetime) -> str | None:
        """Put the certificate an owner was last given on the list of its CA; the refusal."""
        signer = self._authorities.get(authority)
        found = [
            certificate
            for (name, _), (certificate, by) in self._authorities.issued.items()
            if name == owner and by is signer
        ]
        if not found:
            return f"{authority} has signed nothing for {owner}"
        for certificate in found:
            self.put_on_list(authority, certificate, at)
        return None

    def put_on_list(self, authority: str, certificate: Certificate, at: datetime) -> None:
        """One certificate of a CA is revoked."""
        self._revoked.setdefault(authority, []).append(Revoked(certificate.serial, at))

    def list_of(self, authority: str, at: datetime) -> bytes:
        """A CA's list of now, DER."""
        self._numbers += 1
        return make_revocation_list(
            self._authorities.get(authority), self._revoked.get(authority, ()), at,
            at + timedelta(days=self._days[authority]), self._numbers,
        )  # fmt: skip

    def set_reachable(self, authority: str, is_reachable: bool) -> None:
        """Open or close the place where a CA publishes."""
        (self._down.discard if is_reachable else self._down.add)(authority)

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
            if source in self._down:
                peer.host.record(SERVICE, "crl_unreachable", severity="warning", source=source)
            else:
                peer.revocation.fetch(source, self.list_of(source, peer.host.time()))
                peer.host.record(SERVICE, "crl_fetched", source=source)
        if self._sources[name]:
            self._timers[name] = peer.host.after(DAY_MS, self._fetch, name, counts=False)
