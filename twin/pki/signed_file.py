"""Signed files (`.sgn`): the list header, then the plain file unchanged.

Knows the file around a body. Does not know what the body is. Encrypted files (version 2.0)
are refused.
Source: an independent implementation used with real phones; the header is that of lists.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.errors import FormatError
from twin.pki import list_header, list_signature, tlv
from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey
from twin.pki.list_header import Digest, ListHeader, ReadHeader
from twin.pki.list_signature import SignatureFault

VERSION = (1, 0)


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A signed file taken apart; `header.filename` ends in `.sgn`."""

    header: ListHeader
    body: bytes

    def encode(self) -> bytes:
        """Return the file's bytes."""
        return list_header.encode(self.header) + self.body


def sign(
    name: str,
    body: bytes,
    signer: Certificate,
    key: PrivateKey,
    timestamp_s: int,
    digest: Digest = Digest.SHA1,
) -> bytes:
    """Return `body` as a signed file.

    Args:
        name: the file's name as served, with its folder and with `.sgn`.
        timestamp_s: Unix seconds, UTC.

    Raises:
        ValueError: the key cannot sign (3072 bits) or is not the signer's.
    """
    header = list_signature.sign(
        signer,
        key,
        body,
        version=VERSION,
        digest=digest,
        filename=name,
        timestamp_s=timestamp_s,
    )
    return list_header.encode(header) + body


def decode(data: bytes) -> SignedFile:
    """Take a signed file apart without checking its signature.

    Raises:
        FormatError: malformed, above 1 MiB, or encrypted.
    """
    block = _read(data)
    return SignedFile(block.header, data[block.end :])


def verify_signature(data: bytes, certificate: Certificate) -> tuple[str, ...]:
    """Return why `certificate` did not sign this file; empty when it did. Raises nothing.

    Reasons as those of a trust list. Dates, roles and the file's name are not looked at: the
    caller compares the name with the one it asked for.
    """
    try:
        block = _read(data)
    except FormatError as error:
        return (f"{SignatureFault.MALFORMED}: {error}",)
    return list_signature.verify(data, block, certificate)


def signed_parts(data: bytes) -> tuple[bytes, bytes]:
    """Return (the bytes the signature covers, the signature), to check elsewhere.

    Raises:
        FormatError: malformed bytes.
    """
    block = _read(data)
    return block.signed_bytes(data), block.header.signature


def _read(data: bytes) -> ReadHeader:
    if len(data) > tlv.MAX_FILE_BYTES:
        raise FormatError(f"a file of {len(data)} bytes; at most {tlv.MAX_FILE_BYTES} are read")
    if data[3:5] == b"\x02\x00":
        raise FormatError("header version 2.0: encrypted files are not read")
    block = list_header.read(data)
    if block.header.version != VERSION:
        raise FormatError(f"header version {block.header.version}: not a signed file")
    if block.end != block.header_length:
        raise FormatError(f"offset {block.end}: a second header inside a signed file")
    if block.header.filename is None or block.header.timestamp_s is None:
        raise FormatError("header without FILENAME or TIMESTAMP")
    return block
