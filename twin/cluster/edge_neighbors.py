"""SIP systems outside, and the neighbor zones to them.

Knows: what such a system shows and trusts, and what each side of a zone checks. Must not know how
a connection ends.

Source: edge-presence-video 2.2 (neighbor zone, verify on and off). Assumption: an inbound zone
whose other side cannot be verified is told as refused; the product would take it into its default
zone, which is not here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from twin.cluster.authorities import Authorities
from twin.cluster.edge_cucm import SIP_TLS_PORT, wanted
from twin.config.model_edge import NeighborZone, SipSystem
from twin.nodes.expressway.peer import Peer
from twin.nodes.expressway.server_certificate import USES
from twin.nodes.host import Host
from twin.nodes.legs import Leg, Side
from twin.pki.csr import request
from twin.pki.handshake import Endpoint
from twin.pki.keys import KeyRing
from twin.pki.names import DistinguishedName

NEIGHBOR = "neighbor"
UNIT = "sip"
BITS = 2048
"""Size of a system's key. Assumption: what is usual."""


@dataclass(frozen=True, slots=True)
class Outsider:
    """A SIP system as it stands there."""

    host: Host
    site: int
    fqdn: str
    end: Endpoint


def make_outsider(
    config: SipSystem, host: Host, site: int, authorities: Authorities, keys: KeyRing
) -> Outsider:
    """A system with its certificate signed."""
    key = keys.take(BITS)
    names = config.names or (config.fqdn,)
    asked = request(
        DistinguishedName.of(config.common_name or config.fqdn), key, "sha256", USES, names
    )
    start = host.time() - timedelta(days=config.age_days)
    certificate = authorities.sign(
        config.signed_by, config.name, UNIT, asked, start, drops=tuple(config.drops)
    )
    anchors = tuple(authorities.get(name).certificate for name in config.trusts)
    end = Endpoint((certificate,), key, anchors, authenticates=config.verifies, needs_root=True)
    return Outsider(host, site, config.fqdn, end)


def neighbor_leg(zone: NeighborZone, peer: Peer, other: Outsider, path: Callable[[], bool]) -> Leg:
    """The connection of a zone, from whoever opens it."""
    is_outbound = zone.direction == "outbound"
    ours = peer.side(
        partial(peer.endpoint, verifies=zone.tls_verify, as_client=is_outbound, for_sip=True),
        wanted(other.fqdn) if zone.tls_verify else tuple, lambda: peer.tls_fault,
    )  # fmt: skip
    theirs = Side(
        zone.system, other.host, lambda: other.end,
        wanted(peer.fqdn) if other.end.authenticates else tuple,
    )  # fmt: skip
    client, server = (ours, theirs) if is_outbound else (theirs, ours)
    return Leg(NEIGHBOR, client, server, SIP_TLS_PORT, "SIP", path)
