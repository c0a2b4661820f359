"""CAPF's frames: those of the source to the byte, any message there and back, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import FormatError
from twin.pki import capf_messages as m
from twin.pki.capf_messages import CertificateType, MessageType, decode, encode

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
octets = st.integers(0, 255)
kinds = st.sampled_from(CertificateType)
ders = st.binary(max_size=900)
messages: st.SearchStrategy[m.Message] = st.one_of(
    st.builds(m.AuthRequest, octets, octets),
    st.builds(
        m.AuthResponse,
        texts,
        st.none() | texts,
        st.none() | st.tuples(kinds, ders),
        st.none() | st.binary(max_size=512),
        st.none() | st.binary(max_size=512),
        octets,
        octets,
    ),
    st.builds(m.KeyRequest, st.integers(0, 65_535)),
    st.builds(m.KeyResponse, ders),
    st.builds(m.StoreRequest, kinds, ders),
    st.builds(m.FetchResponse, kinds, ders),
    st.sampled_from([m.FetchRequest(), m.DeleteRequest(), m.InProgress()]),
    st.builds(
        m.Outcome,
        st.sampled_from(
            [MessageType.STORE_RESPONSE, MessageType.DELETE_RESPONSE, MessageType.END_SESSION]
        ),
        octets,
    ),
)
sessions = st.integers(0, 2**32 - 1)
NAME = "SEP001122334455"


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (m.AuthRequest(0), "55 01 00000002 0008 07 0001 03 08 0001 00"),
        (
            m.AuthResponse(NAME, "123456"),
            "55 02 00000002 0025 01 0001 01 07 0001 03 0b 0007 31323334353600"
            " 0d 0010 53455030303131323233333434353500",
        ),
        (m.KeyRequest(2048), "55 03 00000002 0009 0a 0002 0800 11 0001 00"),
        (m.InProgress(), "55 11 00000002 0000"),
        (m.Outcome(MessageType.STORE_RESPONSE, 1), "55 0a 00000002 0004 01 0001 01"),
        (m.Outcome(MessageType.END_SESSION, 1), "55 0f 00000002 0004 01 0001 01"),
    ],
)
def test_the_conversation_of_the_source_to_the_byte(message: m.Message, frame: str) -> None:
    """An installation by password is met frame by frame, both ways."""
    assert encode(message, 2) == bytes.fromhex(frame)
    assert decode(bytes.fromhex(frame)) == (2, message)


def test_a_public_key_and_a_certificate_have_the_lengths_of_the_source() -> None:
    """A key of 294 bytes makes a payload of 0129, a certificate of 938 one of 03b6."""
    assert encode(m.KeyResponse(bytes(294)), 2)[:11].hex() == "5504000000020129090126"
    frame = encode(m.StoreRequest(CertificateType.LSC, bytes(938)), 2)
    assert frame[:20].hex() == "550900000002" + "03b6" + "03000101" + "0403af" + "0103ac0001"


@given(message=messages, session=sessions)
def test_a_message_survives_its_bytes(message: m.Message, session: int) -> None:
    """Decoding what was encoded gives the same message and session."""
    assert decode(encode(message, session)) == (session, message)


@given(message=messages, session=sessions, cut=st.integers(1, 20))
def test_a_frame_cut_short_is_refused(message: m.Message, session: int, cut: int) -> None:
    """No frame is read beyond its end."""
    frame = encode(message, session)
    with pytest.raises(FormatError):
        decode(frame[:-cut])


@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Bytes from anywhere are a message or a FormatError, and nothing else happens."""
    for frame in (data, b"\x55" + data):
        try:
            session, message = decode(frame)
        except FormatError:
            continue
        assert decode(encode(message, session)) == (session, message)


@pytest.mark.parametrize(
    "frame",
    [
        "56 0f 00000002 0004 01 0001 01",  # another protocol
        "55 05 00000002 0000",  # a message that is not in use
        "55 0f 00000002 0004 02 0001 01",  # an element that is not known
        "55 0f 00000002 0008 01 0001 01 01 0001 01",  # an element twice
        "55 0f 00000002 0000",  # its reason is missing
        "55 11 00000002 0004 01 0001 01",  # an element that does not belong there
        "55 0f 00000002 0005 01 0002 0001",  # a reason of two bytes
        "55 03 00000002 0009 0a 0002 0800 11 0001 01",  # an EC key
        "55 0c 00000002 000d 03 0001 01 04 0006 01 0003 00 02 aa",  # LSC outside, MIC inside
    ],
)
def test_an_impossible_frame_is_refused(frame: str) -> None:
    """A frame that no end of the protocol sends is a FormatError."""
    with pytest.raises(FormatError):
        decode(bytes.fromhex(frame))


def test_what_does_not_fit_is_not_sent() -> None:
    """A text with a NUL, a reason above 255 and a payload above 64 KiB are errors of ours."""
    too_long = m.AuthResponse(
        NAME, certificate=(CertificateType.LSC, bytes(65_000)), sha1_proof=bytes(999)
    )
    for message in (m.AuthResponse("SEP\0"), too_long):
        with pytest.raises(ValueError, match=r"NUL|16-bit"):
            encode(message, 1)
    with pytest.raises(OverflowError):
        encode(m.Outcome(MessageType.END_SESSION, 256), 1)
