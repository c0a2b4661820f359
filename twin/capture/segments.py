"""A TLS conversation cut into TCP segments, as seen on the client's own interface.

Knows: TCP's numbers and flags, round trips, TLS record headers. Must not know certificates, nor any
file format (`twin.capture.pcap`).

Assumption: nothing is lost or reordered, both ends answer at once, and a segment takes the time it
has on a gigabit link; so the times of a capture are round trips and little else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from twin.pki.handshake import Message

LARGEST_SEGMENT = 1460
"""Payload octets of an Ethernet frame. Source: RFC 879 for 1500 octets."""
SEGMENT_US = 12
"""One full frame on a gigabit link, microseconds."""
RECORD_HEADER = 5
ALERT, CHANGE_CIPHER_SPEC = 21, 20
"""Content types. Source: RFC 5246 6.2.1."""


@dataclass(frozen=True, slots=True)
class Socket:
    """Address and port of one end, and the sequence number it begins with."""

    address: str
    port: int
    first_number: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: instant in microseconds, who sent it, TCP's flags in letters, numbers."""

    at_us: int
    from_client: bool
    flags: str
    number: int
    acknowledged: int
    payload: bytes = b""


def segments(
    said: Sequence[Message],
    client: Socket,
    server: Socket,
    at_us: int,
    rtt_us: int,
    closed_by: str = "",
) -> list[Segment]:
    """The whole conversation.

    Args:
        said: what each end said, in order.
        at_us: when the client sends its SYN.
        rtt_us: round trip between the two.
        closed_by: client or server, whoever ends the connection after the last word; empty: it
            stays open.
    """
    line = _Line(client, server, at_us, rtt_us)
    line.send(True, "S")
    line.send(False, "SA")
    line.send(True, "A")
    for message, following in pairwise((*said, None)):
        assert message is not None
        pieces = range(0, len(message.data), LARGEST_SEGMENT)
        for start in pieces:
            piece = message.data[start : start + LARGEST_SEGMENT]
            line.send(message.from_client, "PA" if start == pieces[-1] else "A", piece)
        if following is not None and following.from_client == message.from_client:
            line.send(not message.from_client, "A")
    if closed_by:
        first = closed_by == "client"
        line.send(first, "FA")
        line.send(not first, "FA")
        line.send(first, "A")
    return line.sent


class _Line:
    """What both ends have sent so far, at the client's clock."""

    def __init__(self, client: Socket, server: Socket, at_us: int, rtt_us: int) -> None:
        self.sent: list[Segment] = []
        self._next = {True: client.first_number, False: server.first_number}
        self._at_us = at_us
        self._rtt_us = rtt_us

    def send(self, from_client: bool, flags: str, payload: bytes = b"") -> None:
        if self.sent:
            answers = self.sent[-1].from_client and not from_client
            self._at_us += self._rtt_us if answers else SEGMENT_US
        acknowledged = self._next[not from_client] if "A" in flags else 0
        self.sent.append(
            Segment(self._at_us, from_client, flags, self._next[from_client], acknowledged, payload)
        )
        length = len(payload) + sum(flag in flags for flag in "SF")
        self._next[from_client] = (self._next[from_client] + length) % (1 << 32)


def with_alert(said: Sequence[Message], from_client: bool, description: int) -> list[Message]:
    """The same words, with another description in the alert that one end sent in the clear.

    A product that words its alerts by itself (a Java peer) refuses at the same place in the
    handshake as OpenSSL does; only this octet differs.
    """
    changed = []
    for message in said:
        data = message.data
        if message.from_client == from_client:
            data = _described(data, description)
        changed.append(replace(message, data=data))
    return changed


def _described(data: bytes, description: int) -> bytes:
    octets = bytearray(data)
    place = 0
    while place + RECORD_HEADER <= len(octets) and octets[place] != CHANGE_CIPHER_SPEC:
        length = int.from_bytes(octets[place + 3 : place + 5], "big")
        if octets[place] == ALERT and length == 2:
            octets[place + RECORD_HEADER + 1] = description
        place += RECORD_HEADER + length
    return bytes(octets)
