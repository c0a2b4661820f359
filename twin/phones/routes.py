"""The way from a group of phones to one TFTP node: fixed times, worked out once.

Knows: round trips, transfer times, the site's link. Must not know requests under way.

Source: capacity-and-timing 3.1, 5; RFC 1350; TCP initial window of 10 segments (RFC 6928).
"""

from __future__ import annotations

from copy import copy

from twin.kernel.journal import code
from twin.kernel.network import Network
from twin.phones.lifecycle import Event, FileKind
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
        "_uses_http",
        "arrive_ms",
        "config_bytes",
        "count",
        "files",
        "group",
        "hold_us",
        "is_last",
        "not_found",
        "plan",
        "received",
        "server",
        "site",
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
        self.is_last = place == len(group.tftp) - 1
        self._network = network
        self.site = group.site
        self._rtt_us = rtt_ms * 1000
        self._uses_http = group.uses_http
        self._overhead = HTTP_OVERHEAD if group.uses_http else UDP_OVERHEAD
        # One round trip to connect (HTTP), half of one for the request.
        self.arrive_ms = rtt_ms // 2 + (rtt_ms if group.uses_http else 0)
        self.hold_us = round(hold_rtt * self._rtt_us)
        self._journeys: dict[int, tuple[int, int]] = {}
        node = server.node
        self.received = [code(Event.FILE_RECEIVED, node, kind) for kind in FileKind]
        self.not_found = [code(Event.FILE_NOT_FOUND, node, kind) for kind in FileKind]
        sizes = {int(FileKind.CONFIG): group.config_bytes, int(FileKind.OTHER): group.other_bytes}
        self.plan = [
            (kind, code(Event.FILE_REQUESTED, node, kind), *self.journey(sizes.get(kind, 0)))
            for kind in self.files
        ]
        """Per file: its kind, the event of asking for it, and its journey (a list's is that of
        nothing: its size is known when it is offered)."""

    def with_config(self, key: int) -> Route:
        """The same way to another config of the group."""
        other = copy(self)
        other.group = key
        return other

    def journey(self, size_bytes: int) -> tuple[int, int]:
        """Of a file of this size: time on the link, and time after that until it is whole, us."""
        known = self._journeys.get(size_bytes)
        if known is None:
            known = self._journeys[size_bytes] = self._journey(size_bytes)
        return known

    def _journey(self, size_bytes: int) -> tuple[int, int]:
        """Time on the link, and round trips after the first byte (plus rounding up), us."""
        transmit_us = self._network.transmit_us(self.site, size_bytes, self._overhead)
        if self._uses_http:
            rounds, window = 0.5, TCP_FIRST_WINDOW_BYTES
            while window < size_bytes:
                window *= 2
                rounds += 1.0
        else:
            rounds = size_bytes // UDP_BLOCK_BYTES + 1.5
        return transmit_us, round(rounds * self._rtt_us) + 999
