from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.errors import FormatError
from twin.pki import list_header, signed_file, tlv, trust_list
from twin.pki.list_header import Digest, HeaderTag
from twin.pki.names import DistinguishedName

STAMP = 0x6B0416DC


@pytest.fixture
def worked(identity: Callable[..., tuple]) -> tuple:
    """The signer of the worked examples: RSA-1024, CN=a, serial 0x1001."""
    return identity(subject=DistinguishedName.of("a"), serial=b"\x10\x01")


def certutils_header(data: bytes) -> bytes:
    """The same header with SIGNERID in the other program's order: name, issuer, serial."""
    ours = bytes.fromhex("04 0005 434e3d6100 05 0002 1001 06 0005 434e3d6100")
    theirs = bytes.fromhex("04 0005 434e3d6100 06 0005 434e3d6100 05 0002 1001")
    assert data.count(ours) == 1
    return data.replace(ours, theirs)


def test_signed_file_example_to_the_byte(worked: tuple) -> None:
    """The worked `.sgn` example (header 204, file 209) is met but for its signature."""
    data = certutils_header(signed_file.sign("X.xml.sgn", b"<a/>\n", *worked, STAMP))
    signature = signed_file.decode(data).header.signature
    assert data == (
        bytes.fromhex(
            "01 0002 0100 02 0002 00cc 03 0015 04 0005 434e3d6100 06 0005 434e3d6100 05 0002 1001"
            "07 000f 08 0001 01 09 0008 0a 0001 00 0b 0001 01 0c 0080"
        )
        + signature
        + bytes.fromhex("0e 000a 582e786d6c2e73676e00 0f 0004 6b0416dc 0d 3c612f3e0a")
    )
    assert len(data) == 209


def test_list_example_to_the_byte(worked: tuple) -> None:
    """The worked list header of 204 bytes, signer version 1.0, is met but for its signature."""
    signer, key = worked
    data = certutils_header(
        trust_list.build([], signer, key, "M.tlv", STAMP, signer_version=(1, 0))
    )
    assert data[:0x3C] == bytes.fromhex(
        "01 0002 0102 02 0002 00cc 1c 0002 0100 03 0015 04 0005 434e3d6100"
        "06 0005 434e3d6100 05 0002 1001 07 000f 08 0001 01 09 0008 0a 0001 00 0b 0001 01"
        "0c 0080"
    )
    assert data[0xBC:] == bytes.fromhex("0e 0006 4d2e746c7600 0f 0004 6b0416dc")
    assert trust_list.decode(data).header.signer_version == (1, 0)


def test_elements_stand_where_a_real_ctl_has_them(identity: Callable[..., tuple]) -> None:
    """A header with the real CTL's name lengths has its offsets, length 312 and one pad byte."""
    subject = DistinguishedName.of("x" * 41, organization="Ab", country="PL")
    assert len(subject.record_string()) == 54
    signer, key = identity(subject=subject, serial=bytes(range(1, 9)))
    data = trust_list.build([], signer, key, trust_list.CTL_NAME, 1431000000)
    outer = list(tlv.walk(data, 0, 311))
    inner = [
        *tlv.walk(data, 13, 140),
        *tlv.walk(data, 143, 158),
        *tlv.walk(data, 150, 158),
    ]
    assert [(element.tag, element.offset) for element in outer] == [
        (1, 0),
        (2, 5),
        (3, 10),
        (7, 140),
        (12, 158),
        (14, 289),
        (15, 304),
    ]
    assert [(element.tag, element.offset) for element in inner] == [
        (4, 13),
        (5, 71),
        (6, 82),
        (8, 143),
        (9, 147),
        (10, 150),
        (11, 154),
    ]
    assert data[5:10] == bytes.fromhex("02 0002 0138")
    assert data[311:] == b"\x0d"


def test_header_of_a_real_reset_log_has_452_bytes(identity: Callable[..., tuple]) -> None:
    """A 2048-bit signer with the log's 56-character name gives the logged header length."""
    signer, key = identity(
        bits=2048,
        subject=DistinguishedName.parse("CN=labserver1.vasank.com;OU=TAC;O=Cisco;L=BGL;ST=KA;C=IN"),
    )
    assert len(trust_list.build([], signer, key, trust_list.ITL_NAME, 1457655409)) == 452


@pytest.mark.parametrize("bits", [1024, 2048, 4096])
@pytest.mark.parametrize("name_length", range(1, 6))
def test_the_length_is_a_multiple_of_four(
    identity: Callable[..., tuple], bits: int, name_length: int
) -> None:
    """Whatever the name's length, at most three pad bytes close the header on a multiple of 4."""
    signer, key = identity(subject=DistinguishedName.of("n" * name_length), bits=bits)
    data = trust_list.build([], signer, key, trust_list.ITL_NAME, 0, Digest.SHA512)
    header = trust_list.decode(data).header
    assert len(data) % 4 == 0
    assert header.tail in (b"", b"\x0d", b"\x0d\x0d", b"\x0d\x0d\x0d")
    assert (header.modulus_bits, header.digest) == (bits, Digest.SHA512)


def test_a_key_of_3072_bits_cannot_sign(identity: Callable[..., tuple]) -> None:
    """There is no code for a 3072-bit modulus, so building such a list is a ValueError."""
    signer, key = identity(bits=3072)
    with pytest.raises(ValueError, match="3072"):
        trust_list.build([], signer, key, trust_list.ITL_NAME, 0)


def test_a_foreign_key_or_an_impossible_time_is_refused(identity: Callable[..., tuple]) -> None:
    """Signing needs the signer's own key and a timestamp of 32 bits."""
    signer, key = identity()
    _, other = identity(index=1)
    with pytest.raises(ValueError, match="not that of the signer"):
        trust_list.build([], signer, other, trust_list.ITL_NAME, 0)
    with pytest.raises(ValueError, match="32 bits"):
        trust_list.build([], signer, key, trust_list.ITL_NAME, 1 << 32)


def with_header_length(data: bytes, length: int) -> bytes:
    """The file with another header length written into it."""
    return data[:8] + length.to_bytes(2, "big") + data[10:]


def test_unknown_elements_are_passed_over_after_the_padding_only(worked: tuple) -> None:
    """Phones skip unknown elements behind the pad; before it they make the header malformed."""
    signer, key = worked
    data = signed_file.sign("X.xml.sgn", b"", signer, key, STAMP)
    extra = tlv.encode(40, b"new")
    behind = with_header_length(data, len(data) + len(extra)) + extra
    assert signed_file.decode(behind).header.tail == b"\x0d" + extra
    assert signed_file.decode(behind).encode() == behind
    before = with_header_length(data, len(data) + len(extra))
    before = before[:10] + extra + before[10:]
    with pytest.raises(FormatError, match="unknown header element 40"):
        signed_file.decode(before)


def test_a_known_element_after_the_padding_is_malformed(worked: tuple) -> None:
    """A second FILENAME hidden behind the pad is refused."""
    data = signed_file.sign("X.xml.sgn", b"", *worked, STAMP)
    extra = tlv.encode(HeaderTag.FILENAME, b"Y\0")
    with pytest.raises(FormatError, match="after the padding"):
        signed_file.decode(with_header_length(data, len(data) + len(extra)) + extra)


def replaced(data: bytes, old: str, new: str) -> bytes:
    """The file with one unique run of bytes replaced by another of the same length."""
    before, after = bytes.fromhex(old), bytes.fromhex(new)
    assert data.count(before) == 1
    assert len(before) == len(after)
    return data.replace(before, after)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("01 0002 0100", "01 0002 0200", "encrypted"),
        ("01 0002 0100", "01 0002 0103", "not a signed file"),
        ("01 0002 0100", "02 0002 0100", "no Version"),
        ("02 0002 00cc", "02 0002 ffff", "beyond the file"),
        ("02 0002 00cc", "0e 0002 00cc", "no Version"),
        ("08 0001 01", "08 0001 02", "unknown digest algorithm 2"),
        ("0a 0001 00", "0a 0001 01", "unknown signature algorithm 1"),
        ("0b 0001 01", "0b 0001 07", "unknown modulus code 7"),
        ("0b 0001 01", "0b 0001 02", "128 bytes for a modulus of 2048"),
        ("0b 0001 01", "0e 0001 01", "element 14 inside box 9"),
        ("0a 0001 00 0b 0001 01", "0a 0001 00 0a 0001 00", "stands twice"),
        ("07 000f", "1d 000f", "unknown header element 29"),
        ("0f 0004", "0e 0004", "stands twice"),
    ],
)
def test_each_damage_is_named(worked: tuple, old: str, new: str, message: str) -> None:
    """A header that is wrong in one place is refused with the place and the cause."""
    data = signed_file.sign("X.xml.sgn", b"", *worked, STAMP)
    with pytest.raises(FormatError, match=message):
        signed_file.decode(replaced(data, old, new))


def test_a_header_needs_each_element(worked: tuple) -> None:
    """Leaving out any one element of the header makes it malformed."""
    data = signed_file.sign("X.xml.sgn", b"", *worked, STAMP)
    for element in list(tlv.walk(data, 10, len(data) - 1)):
        without = data[: element.offset] + data[element.end :]
        with pytest.raises(FormatError, match="without"):
            signed_file.decode(with_header_length(without, len(without)))


def test_an_encoded_header_must_fit_its_length() -> None:
    """A header that its 16-bit length cannot tell is a ValueError."""
    header = list_header.ListHeader((1, 2), "a", b"", "a", Digest.SHA1, 1024, bytes(128), "f", 0)
    assert len(list_header.encode(header)) > 128
    with pytest.raises(ValueError, match="16-bit"):
        list_header.encode(header, 65400)
