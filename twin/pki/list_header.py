"""The header that stands in front of CTL, ITL and signed files.

Knows the header's elements and their order. Does not know what follows the header, nor how
it is signed (list_signature).
Source: a real CUCM-made CTL of 2015 and the header rows of `show ctl`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from twin.errors import FormatError
from twin.pki import tlv


class HeaderTag(IntEnum):
    """Tags of the header. Source: names and numbers of `show ctl` and of a real CTL."""

    VERSION = 1
    HEADER_LENGTH = 2
    SIGNER_ID = 3
    SIGNER_NAME = 4
    SERIAL_NUMBER = 5
    CA_NAME = 6
    SIGNATURE_INFO = 7
    DIGEST_ALGORITHM = 8
    SIGNATURE_ALGORITHM_INFO = 9
    SIGNATURE_ALGORITHM = 10
    SIGNATURE_MODULUS = 11
    SIGNATURE = 12
    PADDING = 13
    FILENAME = 14
    TIMESTAMP = 15
    SIGNER_VERSION = 28


class Digest(IntEnum):
    """Digest code of a signature. Code 2 (SHA-256) is reserved and was never seen: refused."""

    SHA1 = 1
    SHA512 = 3

    @classmethod
    def named(cls, hash_name: str) -> Digest:
        """Return the code of "sha1" or "sha512".

        Raises:
            ValueError: another name.
        """
        return cls[hash_name.upper()]

    @property
    def hash_name(self) -> str:
        """The hash's name: "sha1" or "sha512"."""
        return self.name.lower()


MODULUS_CODES = {512: 0, 1024: 1, 2048: 2, 4096: 3}
"""Code of a signing key's size in bits. There is none for 3072: such a key cannot sign."""

_BITS = {code: bits for bits, code in MODULUS_CODES.items()}
_RSA = 0


@dataclass(frozen=True, slots=True)
class ListHeader:
    """One header block.

    `signer` and `issuer` are names in the trust-list form, `serial` the magnitude bytes.
    `filename` and `timestamp_s` (Unix seconds) are None only in the outer header of a reset
    list. `tail` is what follows the last known element up to the header length: padding
    bytes, and unknown elements after them. `signer_version` is there in newer lists only.
    """

    version: tuple[int, int]
    signer: str
    serial: bytes
    issuer: str
    digest: Digest
    modulus_bits: int
    signature: bytes
    filename: str | None
    timestamp_s: int | None
    tail: bytes = b""
    signer_version: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ReadHeader:
    """A header read from bytes, with the places its signature and its end were found at.

    `header_length` is the value written in the header, which for a reset list's outer header
    lies behind `end`: it counts the inner header too.
    """

    header: ListHeader
    signature_start: int
    signature_end: int
    end: int
    header_length: int

    def signed_bytes(self, data: bytes) -> bytes:
        """Return the bytes of the file that the signature covers."""
        return data[: self.signature_start] + data[self.signature_end :]


def encode(header: ListHeader, following_header_bytes: int = 0) -> bytes:
    """Return the header block in the order CUCM writes it; `tail` goes last as it is.

    Args:
        following_header_bytes: length of a header that stands behind and is counted, too.

    Raises:
        ValueError: a modulus without a code, or a string or header too long.
    """
    before, signature, after = encode_parts(header, following_header_bytes)
    return before + signature + after


def encode_parts(header: ListHeader, following_header_bytes: int = 0) -> tuple[bytes, bytes, bytes]:
    """Return the block as (before the SIGNATURE element, that element, behind it).

    Raises:
        ValueError: as `encode`.
    """
    if header.modulus_bits not in MODULUS_CODES:
        raise ValueError(f"no modulus code for {header.modulus_bits} bits")
    algorithm = tlv.encode(HeaderTag.SIGNATURE_ALGORITHM, bytes((_RSA,))) + tlv.encode(
        HeaderTag.SIGNATURE_MODULUS, bytes((MODULUS_CODES[header.modulus_bits],))
    )
    behind_length = b""
    if header.signer_version is not None:
        behind_length = tlv.encode(HeaderTag.SIGNER_VERSION, bytes(header.signer_version))
    behind_length += tlv.encode(
        HeaderTag.SIGNER_ID,
        tlv.encode(HeaderTag.SIGNER_NAME, tlv.string_bytes(header.signer))
        + tlv.encode(HeaderTag.SERIAL_NUMBER, header.serial)
        + tlv.encode(HeaderTag.CA_NAME, tlv.string_bytes(header.issuer)),
    )
    behind_length += tlv.encode(
        HeaderTag.SIGNATURE_INFO,
        tlv.encode(HeaderTag.DIGEST_ALGORITHM, bytes((header.digest,)))
        + tlv.encode(HeaderTag.SIGNATURE_ALGORITHM_INFO, algorithm),
    )
    signature = tlv.encode(HeaderTag.SIGNATURE, header.signature)
    after = b""
    if header.filename is not None:
        after += tlv.encode(HeaderTag.FILENAME, tlv.string_bytes(header.filename))
    if header.timestamp_s is not None:
        after += tlv.encode(HeaderTag.TIMESTAMP, header.timestamp_s.to_bytes(4, "big"))
    after += header.tail
    total = 10 + len(behind_length) + len(signature) + len(after) + following_header_bytes
    if total > 0xFFFF:
        raise ValueError(f"a header of {total} bytes does not fit its 16-bit length")
    before = (
        tlv.encode(HeaderTag.VERSION, bytes(header.version))
        + tlv.encode(HeaderTag.HEADER_LENGTH, total.to_bytes(2, "big"))
        + behind_length
    )
    return before, signature, after


def read(data: bytes, start: int = 0) -> ReadHeader:
    """Read the header block at `start`, element by element whatever their order.

    The block ends at its header length, or where a second Version element shows that another
    header begins inside it (a reset list's outer header).

    Raises:
        FormatError: anything else than a whole, single, known header.
    """
    length = tlv.read(data, start + 5, len(data))
    if data[start : start + 3] != b"\x01\x00\x02" or length.tag != HeaderTag.HEADER_LENGTH:
        raise FormatError(f"offset {start}: no Version and HeaderLength at the start")
    header_length = tlv.number(length, 2)
    limit = start + header_length
    if limit > len(data):
        raise FormatError(f"offset {start}: header length {header_length} beyond the file")
    found: dict[int, tlv.Element] = {}
    position = length.end
    tail_start = None
    while position < limit:
        if data[position] == HeaderTag.PADDING:
            tail_start = position if tail_start is None else tail_start
            position += 1
            continue
        element = tlv.read(data, position, limit)
        if element.tag == HeaderTag.VERSION:
            break
        if tail_start is None:
            if element.tag not in _TOP_LEVEL:
                raise FormatError(f"offset {position}: unknown header element {element.tag}")
            tlv.once(found, element)
        elif element.tag in _TOP_LEVEL:
            raise FormatError(f"offset {position}: element {element.tag} after the padding")
        position = element.end
    tail = data[position if tail_start is None else tail_start : position]
    return _assemble(data, start, found, tail, position, header_length)


_TOP_LEVEL = frozenset(
    {
        HeaderTag.SIGNER_VERSION,
        HeaderTag.SIGNER_ID,
        HeaderTag.SIGNATURE_INFO,
        HeaderTag.SIGNATURE,
        HeaderTag.FILENAME,
        HeaderTag.TIMESTAMP,
    }
)


def _assemble(
    data: bytes,
    start: int,
    found: dict[int, tlv.Element],
    tail: bytes,
    end: int,
    header_length: int,
) -> ReadHeader:
    """Turn the elements of one block into a header, checking each value."""
    signer = _box(data, found, HeaderTag.SIGNER_ID, start)
    digest, modulus_bits = _signature_info(data, found, start)
    signature = _required(found, HeaderTag.SIGNATURE, start)
    if len(signature.value) * 8 != modulus_bits:
        raise FormatError(
            f"offset {signature.offset}: signature of {len(signature.value)} bytes"
            f" for a modulus of {modulus_bits} bits"
        )
    signer_version = found.get(HeaderTag.SIGNER_VERSION)
    if signer_version is not None:
        tlv.number(signer_version, 2)
    filename = found.get(HeaderTag.FILENAME)
    timestamp = found.get(HeaderTag.TIMESTAMP)
    header = ListHeader(
        version=(data[start + 3], data[start + 4]),
        signer=tlv.string(_required(signer, HeaderTag.SIGNER_NAME, start)),
        serial=_required(signer, HeaderTag.SERIAL_NUMBER, start).value,
        issuer=tlv.string(_required(signer, HeaderTag.CA_NAME, start)),
        digest=digest,
        modulus_bits=modulus_bits,
        signature=signature.value,
        filename=None if filename is None else tlv.string(filename),
        timestamp_s=None if timestamp is None else tlv.number(timestamp, 4),
        tail=tail,
        signer_version=(
            None if signer_version is None else (signer_version.value[0], signer_version.value[1])
        ),
    )
    return ReadHeader(header, signature.offset, signature.end, end, header_length)


def _signature_info(data: bytes, found: dict[int, tlv.Element], start: int) -> tuple[Digest, int]:
    """Return the digest and the modulus bits of the SIGNATUREINFO box."""
    info = _box(data, found, HeaderTag.SIGNATURE_INFO, start)
    algorithm = _box(data, info, HeaderTag.SIGNATURE_ALGORITHM_INFO, start)
    digest = tlv.number(_required(info, HeaderTag.DIGEST_ALGORITHM, start), 1)
    if digest not in tuple(Digest):
        raise FormatError(f"offset {start}: unknown digest algorithm {digest}")
    kind = tlv.number(_required(algorithm, HeaderTag.SIGNATURE_ALGORITHM, start), 1)
    if kind != _RSA:
        raise FormatError(f"offset {start}: unknown signature algorithm {kind}")
    modulus = tlv.number(_required(algorithm, HeaderTag.SIGNATURE_MODULUS, start), 1)
    if modulus not in _BITS:
        raise FormatError(f"offset {start}: unknown modulus code {modulus}")
    return Digest(digest), _BITS[modulus]


_IN_BOX = {
    HeaderTag.SIGNER_ID: {HeaderTag.SIGNER_NAME, HeaderTag.SERIAL_NUMBER, HeaderTag.CA_NAME},
    HeaderTag.SIGNATURE_INFO: {HeaderTag.DIGEST_ALGORITHM, HeaderTag.SIGNATURE_ALGORITHM_INFO},
    HeaderTag.SIGNATURE_ALGORITHM_INFO: {
        HeaderTag.SIGNATURE_ALGORITHM,
        HeaderTag.SIGNATURE_MODULUS,
    },
}


def _box(
    data: bytes, found: dict[int, tlv.Element], tag: HeaderTag, start: int
) -> dict[int, tlv.Element]:
    """Return the elements inside a box, each of the tags that belong there, none twice."""
    box = _required(found, tag, start)
    inside: dict[int, tlv.Element] = {}
    for element in tlv.walk(data, box.offset + tlv.HEAD_BYTES, box.end):
        if element.tag not in _IN_BOX[tag]:
            raise FormatError(f"offset {element.offset}: element {element.tag} inside box {tag:d}")
        tlv.once(inside, element)
    return inside


def _required(found: dict[int, tlv.Element], tag: HeaderTag, start: int) -> tlv.Element:
    if tag not in found:
        raise FormatError(f"offset {start}: header without element {tag:d} ({tag.name})")
    return found[tag]
