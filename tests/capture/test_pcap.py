"""Segments as a file that other programs read."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from io import BytesIO

import pytest
from scapy.layers.inet import IP, TCP
from scapy.utils import RawPcapReader

from twin.capture.pcap import pcap_bytes
from twin.capture.segments import Socket, segments
from twin.errors import InputError
from twin.pki.handshake import Message

CLIENT, SERVER = Socket("203.0.113.1", 25_001, 7), Socket("10.0.0.1", 5061, 9)
START = datetime(2016, 2, 7, 22, tzinfo=UTC)


def written() -> bytes:
    """One word of the client, from 1.5 s after the start."""
    said = [Message(True, b"hello")]
    return pcap_bytes(segments(said, CLIENT, SERVER, 1_500_000, 2_000), CLIENT, SERVER, START)


def test_packets_carry_addresses_ports_times_and_words() -> None:
    """Each packet is IPv4 and TCP of the two ends, at simulated time, with right sums."""
    reader = RawPcapReader(BytesIO(written()))
    packets = [(IP(data), meta) for data, meta in reader]
    assert [packet[TCP].sport for packet, _ in packets] == [25_001, 5061, 25_001, 25_001]
    assert packets[0][0].src == "203.0.113.1"
    assert packets[0][1].sec == int(START.timestamp()) + 1
    assert [meta.usec for _, meta in packets[:2]] == [500_000, 502_000]
    assert bytes(packets[3][0][TCP].payload) == b"hello"
    for packet, _ in packets:
        sums = packet.chksum, packet[TCP].chksum
        del packet.chksum, packet[TCP].chksum
        again = IP(bytes(packet))
        assert sums == (again.chksum, again[TCP].chksum)


def test_equal_segments_give_equal_bytes() -> None:
    """Nothing of the machine or the day is in the file."""
    assert written() == written()


def test_without_scapy_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optional library is named with the command that installs it."""
    monkeypatch.setitem(sys.modules, "scapy.layers.inet", None)
    with pytest.raises(InputError, match=r"cucm-twin\[capture\]"):
        written()
