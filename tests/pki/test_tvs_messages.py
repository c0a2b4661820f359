from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import FormatError
from twin.pki import tvs_messages
from twin.pki.tvs_messages import (
    DEFAULT_TTL_S,
    Message,
    QueryRequest,
    QueryResponse,
    Status,
    VerifyRequest,
    VerifyResponse,
    decode,
    encode,
    payload_bytes,
)

names = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=60)
devices = st.text(st.characters(max_codepoint=126, min_codepoint=33), max_size=40)
roles = st.lists(st.integers(0, 255), max_size=4).map(tuple)
ttls = st.integers(0, 2**32 - 1)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(VerifyRequest, devices, st.binary(max_size=900)),
    st.builds(QueryRequest, devices, names, names, st.binary(max_size=20)),
    st.builds(VerifyResponse, st.just(Status.FOUND), roles, ttls),
    st.just(VerifyResponse(Status.NOT_FOUND)),
    st.builds(QueryResponse, st.just(Status.FOUND), st.binary(max_size=900), roles, ttls),
    st.just(QueryResponse(Status.NOT_FOUND)),
)


def test_verification_request_to_the_byte() -> None:
    """The captured request for a certificate of 895 bytes is met."""
    der = bytes.fromhex("3082037b") + bytes(891)
    frame = encode(VerifyRequest("CP-8861-SEP001122334455", der), 1)
    assert frame == (
        bytes.fromhex(
            "57 01 01 00 00000001 039d 01 0018 01"
            "43502d383836312d534550303031313232333334343535 02 037f"
        )
        + der
    )


def test_answers_to_the_byte() -> None:
    """The captured good and bad answers to a verification are met."""
    assert encode(VerifyResponse(Status.FOUND, (0, 2), 86400), 1) == bytes.fromhex(
        "57 01 02 00 00000001 0010 07 0001 00 08 0002 00 02 09 0004 00015180"
    )
    assert encode(VerifyResponse(Status.NOT_FOUND), 1) == bytes.fromhex(
        "57 01 02 00 00000001 0004 07 0001 01"
    )


def test_query_has_the_lengths_of_the_real_trace() -> None:
    """A query with the traced lengths has the traced head, order and total of 143."""
    subject = "CN=ucm11pub".ljust(65, "x")
    frame = encode(QueryRequest("CP-8861-SEPB000B4BA0AEE", subject, "i" * 21, bytes(19)), 1001)
    assert frame[:10] == bytes.fromhex("57 01 03 00 000003e9 008f")
    assert frame[10:14] == bytes.fromhex("01 0018 01")
    assert frame[37:40] == bytes.fromhex("03 0042")
    assert frame[40:51] == b"CN=ucm11pub"
    assert frame[106:109] == bytes.fromhex("04 0016")
    assert frame[131:134] == bytes.fromhex("05 0013")


def test_real_query_answer_is_read_with_its_reserved_byte() -> None:
    """The traced answer of 1470 bytes, whose reserved byte is rubbish, is read."""
    der = bytes.fromhex("308205a7") + bytes(1447)
    frame = (
        bytes.fromhex("57 01 04 f7 000003e9 05be 07 0001 00 02 05ab")
        + der
        + bytes.fromhex("08 0002 00 03 09 0004 00015180")
    )
    expected = QueryResponse(Status.FOUND, der, (0, 3), DEFAULT_TTL_S)
    assert decode(frame) == (1001, expected)
    assert encode(expected, 1001) == frame[:3] + b"\0" + frame[4:]


@given(messages, st.integers(0, 2**32 - 1))
def test_messages_survive_their_frames(message: Message, session_id: int) -> None:
    """Every message and session id comes back from its frame."""
    frame = encode(message, session_id)
    assert decode(frame) == (session_id, message)
    assert payload_bytes(frame[:10]) == len(frame) - 10


@given(messages, st.data())
def test_damaged_frames_raise_format_errors_only(message: Message, data: st.DataObject) -> None:
    """A changed or cut frame is read or refused, and no other exception comes out."""
    frame = bytearray(encode(message, 7))
    frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(frame[: data.draw(st.integers(0, len(frame)))])
    for candidate in (bytes(frame), cut):
        try:
            session_id, read = decode(candidate)
        except FormatError:
            continue
        assert decode(encode(read, session_id)) == (session_id, read)


GOOD = "57 01 02 00 00000001 0010 07 0001 00 08 0002 00 02 09 0004 00015180"


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ("", "not the head"),
        ("57 01 02 00 00000001", "not the head"),
        ("55 01 02 00 00000001 0004 07 0001 01", "not the head"),
        ("57 02 02 00 00000001 0004 07 0001 01", "not the head"),
        ("57 01 05 00 00000001 0004 07 0001 01", "unknown TVS message type 5"),
        ("57 01 02 00 00000001 0005 07 0001 01", "payload length"),
        ("57 01 02 00 00000001 0004 07 0001 02", "unknown TVS status 2"),
        ("57 01 02 00 00000001 0004 07 0002 01", "too far"),
        ("57 01 02 00 00000001 0008 07 0001 01 06 0001 00", "element 6"),
        ("57 01 02 00 00000001 0008 07 0001 01 08 0001 00", "more than its status"),
        ("57 01 02 00 00000001 0008 07 0001 00 08 0001 00", r"element 9 \(ttl\)"),
        ("57 01 02 00 00000001 0008 07 0001 00 07 0001 00", "stands twice"),
        ("57 01 04 00" + GOOD[11:], r"element 2 \(certificate\)"),
        ("57 01 01 00 00000001 0007 01 0001 02 02 0000", "device element"),
        ("57 01 01 00 00000001 0008 01 0002 01 ff 02 0000", "device element"),
        ("57 01 01 00 00000001 0003 02 0000", r"element 1 \(device\)"),
    ],
)
def test_malformed_frames_are_refused(frame: str, message: str) -> None:
    """Each way a frame can be wrong is a FormatError that says which."""
    with pytest.raises(FormatError, match=message):
        decode(bytes.fromhex(frame))


def test_what_does_not_fit_is_refused_on_writing() -> None:
    """A payload above 64 KiB, or a found answer without its certificate, is a ValueError."""
    with pytest.raises(ValueError, match="16-bit"):
        encode(VerifyRequest("x", bytes(65530)), 1)
    with pytest.raises(ValueError, match="must carry"):
        encode(QueryResponse(Status.FOUND), 1)


def test_a_found_answer_lasts_a_day_by_default() -> None:
    """Without a TTL of its own an answer is kept for 86400 seconds."""
    _, answer = decode(encode(VerifyResponse(Status.FOUND, (4,)), 1))
    assert answer == VerifyResponse(Status.FOUND, (4,), 86400)
    assert tvs_messages.PORT == 2445
