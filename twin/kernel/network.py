"""Paths between sites: round-trip times, links, and whether a path is there.

Knows: sites by index, their distance to the core (ms), link rates, cuts. Must not know who sends.

Assumption: every site hangs on one core by one link; two sites are as far apart as their two
distances together; inside a site the round trip is `LAN_RTT_MS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LAN_RTT_MS = 1
"""Round trip inside one site, ms. Assumption: capacity-and-timing 5, HQ default."""


@dataclass(frozen=True, slots=True)
class SiteLink:
    """A site's link to the core: round trip (ms) and rate (Mbit/s)."""

    name: str
    rtt_ms: int
    bandwidth_mbps: float


class Network:
    """The sites of a model and which of them are cut off now."""

    def __init__(self, sites: Sequence[SiteLink]) -> None:
        self.sites = tuple(sites)
        self.up = [True] * len(sites)
        self.index = {site.name: n for n, site in enumerate(sites)}
        self.link_free_us = [0] * len(sites)

    def reachable(self, a: int, b: int) -> bool:
        """Whether packets pass between two sites now."""
        return a == b or (self.up[a] and self.up[b])

    def rtt_ms(self, a: int, b: int) -> int:
        """Round-trip time between two sites, ms."""
        if a == b:
            return LAN_RTT_MS
        return max(LAN_RTT_MS, self.sites[a].rtt_ms + self.sites[b].rtt_ms)

    def transmit_us(self, site: int, size_bytes: int, overhead: float) -> int:
        """Time a file occupies a site's link, microseconds."""
        return round(size_bytes * 8 * overhead / self.sites[site].bandwidth_mbps)
