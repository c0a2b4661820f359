"""The way from a group of phones to one TFTP node: fixed times, worked out once.

Knows: round trips, transfer times, the site's link. Must not know requests under way.

Source: capacity-and-timing 3.1, 5; RFC 1350; TCP initial window of 10 segments (RFC 6928).
"""

from __future__ import annotations

from twin.kernel.network import Network
from twin.phones.population import PhoneGroup
from twin.phones.ports import FileServer

HTTP_OVERHEAD = 1.04
"""Bytes on the wire per byte of file. Source: capacity-and-timing 5 (derived)."""
UDP_OVERHEAD = 1.12
UDP_BLOCK_BYTES = 512
TCP_FIRST_WINDOW_BYTES = 14_600


class Route:
    """What a phone of a group meets on the way to one server of its option 150."""

    __slots__ = (
        "_journeys",
        "_network",
        "_overhead",
        "_rtt_us",
        "_site",
        "_uses_http",
        "arrive_ms",
        "config_bytes",
        "count",
        "files",
        "group",
        "hold_us",
        "is_last",
        "other_bytes",
        "server",
    )  # fmt: skip

    def __init__(
        self, group: PhoneGroup, place: int, server: FileServer, network: Network, hold_rtt: float
    ) -> None:
        rtt_ms = network.rtt_ms(group.site, server.site)
        self.group = group.number
        self.server = server
        self.files = tuple(int(kind) for kind in group.files)
        self.count = len(group.files)
        self.config_bytes = group.config_bytes
        self.other_bytes = group.other_bytes
        self.is_last = place == len(group.tftp) - 1
        self._network = network
        self._site = group.site
        self._rtt_us = rtt_ms * 1000
        self._uses_http = group.uses_http
        self._overhead = HTTP_OVERHEAD if group.uses_http else UDP_OVERHEAD
        # One round trip to connect (HTTP), half of one for the request.
        self.arrive_ms = rtt_ms // 2 + (rtt_ms if group.uses_http else 0)
        self.hold_us = round(hold_rtt * self._rtt_us)
        self._journeys: dict[int, tuple[int, int]] = {}

    def received_ms(self, done_us: int, size_bytes: int) -> int:
        """When a file that the server lets go at `done_us` is whole at the phone.

        The site's link sends one file after another, in the order they were asked for.
        """
        journey = self._journeys.get(size_bytes)
        if journey is None:
            journey = self._journeys[size_bytes] = self._journey(size_bytes)
        free_us = self._network.link_free_us
        site = self._site
        start_us = free_us[site]
        if done_us > start_us:
            start_us = done_us
        sent_us = start_us + journey[0]
        free_us[site] = sent_us
        return (sent_us + journey[1]) // 1000

    def _journey(self, size_bytes: int) -> tuple[int, int]:
        """Time on the link, and round trips after the first byte (plus rounding up), us."""
        transmit_us = self._network.transmit_us(self._site, size_bytes, self._overhead)
        if self._uses_http:
            rounds, window = 0.5, TCP_FIRST_WINDOW_BYTES
            while window < size_bytes:
                window *= 2
                rounds += 1.0
        else:
            rounds = size_bytes // UDP_BLOCK_BYTES + 1.5
        return transmit_us, round(rounds * self._rtt_us) + 999
