"""TLS words as TCP segments: numbers, flags, times, and the one octet of a product's own alert."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.capture.segments import LARGEST_SEGMENT, Segment, Socket, segments, with_alert
from twin.pki.handshake import Message

CLIENT = Socket("203.0.113.1", 25_001, 7)
SERVER = Socket("10.0.0.1", 5061, (1 << 32) - 3)
ALERT = b"\x15\x03\x03\x00\x02\x02\x30"
HELLO = b"\x16\x03\x01\x00\x04abcd"


def talk(*said: tuple[bool, bytes], closed_by: str = "") -> list[Segment]:
    """Segments of a conversation that begins at one second, with a round trip of 40 ms."""
    words = [Message(*one) for one in said]
    return segments(words, CLIENT, SERVER, 1_000_000, 40_000, closed_by)


words = st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=4000)), max_size=6)


@given(words, st.sampled_from(["", "client", "server"]))
def test_the_octets_of_each_side_come_out_in_order(
    said: list[tuple[bool, bytes]], closed_by: str
) -> None:
    """What a side said is the payload of its segments, numbered without gap, none too long."""
    sent = talk(*said, closed_by=closed_by)
    for from_client, socket in ((True, CLIENT), (False, SERVER)):
        mine = [one for one in sent if one.from_client == from_client]
        spoken = b"".join(data for side, data in said if side == from_client)
        assert b"".join(one.payload for one in mine) == spoken
        expected = socket.first_number
        for one in mine:
            assert one.number == expected % (1 << 32)
            assert len(one.payload) <= LARGEST_SEGMENT
            expected += len(one.payload) + ("S" in one.flags) + ("F" in one.flags)
    assert [one.at_us for one in sent] == sorted(one.at_us for one in sent)


def test_a_connection_begins_with_three_segments_and_ends_with_three() -> None:
    """SYN, SYN ACK, ACK; then FIN of the closing side, FIN of the other, ACK."""
    sent = talk((True, b"x"), closed_by="server")
    assert [one.flags for one in sent] == ["S", "SA", "A", "PA", "FA", "FA", "A"]
    assert [one.from_client for one in sent][-3:] == [False, True, False]


def test_answers_of_the_server_come_a_round_trip_later() -> None:
    """Times are those at the client's interface."""
    sent = talk((True, b"hello"), (False, b"hello"), (True, b"x"))
    assert sent[0].at_us == 1_000_000
    assert sent[1].at_us - sent[0].at_us == 40_000
    assert sent[4].at_us - sent[3].at_us == 40_000
    assert sent[5].at_us - sent[4].at_us < 1_000


@pytest.mark.parametrize("side", [True, False])
def test_only_the_alert_of_the_refusing_side_is_reworded(side: bool) -> None:
    """The description octet changes, in that side's alert in the clear and nowhere else."""
    said = [Message(True, HELLO + ALERT), Message(False, HELLO + ALERT)]
    changed = with_alert(said, side, 46)
    assert [one.data[-1] for one in changed] == ([46, 48] if side else [48, 46])
    assert [one.data[:-1] for one in changed] == [one.data[:-1] for one in said]


def test_what_is_encrypted_is_left_alone() -> None:
    """Behind Change Cipher Spec nothing looks like an alert."""
    said = [Message(True, b"\x14\x03\x03\x00\x01\x01" + ALERT)]
    assert with_alert(said, True, 46) == said
