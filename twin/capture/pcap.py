"""Segments as a pcap file: IPv4 and TCP headers, and the file's own.

Knows: scapy, which makes the headers and their sums. Must not know what the segments carry.
Link type 101 (raw IP): the twin has no Ethernet addresses. Source: the tcpdump project's list of
link types.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

from twin.capture.segments import Segment, Socket
from twin.errors import Fault, InputError

_MICROSECONDS = 1_000_000
_LIFETIME = 64
_WINDOW = 65_535
_RAW_IP = 101


def pcap_bytes(
    segments: Sequence[Segment], client: Socket, server: Socket, start: datetime
) -> bytes:
    """A whole pcap file.

    Args:
        start: the moment (aware) that the segments' instants count from.

    Raises:
        InputError: scapy, an optional part of the installation, is not there.
    """
    try:
        from scapy.layers.inet import IP, TCP
        from scapy.packet import Raw
        from scapy.utils import RawPcapWriter
    except ImportError:
        next_step = "Install it with: pip install 'cucm-twin[capture]'"
        fault = Fault("twin capture", "scapy is not installed", "", None, next_step)
        raise InputError(fault) from None
    out = _Kept()
    writer = RawPcapWriter(out, linktype=_RAW_IP, sync=True)
    writer.write_header(None)
    numbers = {True: 0, False: 0}
    for segment in segments:
        source, target = (client, server) if segment.from_client else (server, client)
        numbers[segment.from_client] += 1
        packet = IP(
            src=source.address, dst=target.address, ttl=_LIFETIME, flags="DF",
            id=numbers[segment.from_client],
        ) / TCP(
            sport=source.port, dport=target.port, flags=segment.flags, seq=segment.number,
            ack=segment.acknowledged, window=_WINDOW,
        )  # fmt: skip
        if segment.payload:
            packet = packet / Raw(segment.payload)
        seconds, rest = divmod(segment.at_us, _MICROSECONDS)
        writer.write_packet(bytes(packet), sec=int(start.timestamp()) + seconds, usec=rest)
    return out.getvalue()


class _Kept(BytesIO):
    """A file that the writer cannot close."""

    def close(self) -> None:
        """Keep what was written."""
