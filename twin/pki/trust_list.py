"""CTL and ITL files: building, signing, reading and verifying.

Knows the file: a header, then records to the end, and the form that a reset makes. Does not
know which certificates belong in a list, nor who trusts whom.

Source: a real CUCM-made CTL of 2015 (its signature verified as `verify_signature` does).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from twin.errors import FormatError
from twin.pki import list_header, list_record, list_signature, tlv
from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey
from twin.pki.list_header import Digest, ListHeader, ReadHeader
from twin.pki.list_record import BLANK_DNS_NAME, Record, Role, full_record, hash_record
from twin.pki.list_signature import SignatureFault

__all__ = [
    "BLANK_DNS_NAME",
    "CTL_NAME",
    "ITL_NAME",
    "Digest",
    "ListHeader",
    "Record",
    "Role",
    "SignatureFault",
    "TrustList",
    "build",
    "decode",
    "full_record",
    "hash_record",
    "signed_parts",
    "verify_signature",
    "wrap_reset",
]

CTL_NAME = "CTLFile.tlv"
ITL_NAME = "ITLFile.tlv"

LIST_VERSION = (1, 2)
"""Version of CTL and ITL as CUCM 8 and later write it."""

MAX_RECORDS = 2048
"""Records read from one list; a list phones accept has some 40."""


@dataclass(frozen=True, slots=True)
class TrustList:
    """A list taken apart. `outer` is the header a reset put in front, None otherwise.

    `encode` gives back the bytes of every list that has its elements in CUCM's order.
    """

    header: ListHeader
    records: tuple[Record, ...]
    outer: ListHeader | None = None

    @property
    def signing_header(self) -> ListHeader:
        """The header whose signature counts: the outer one of a reset list."""
        return self.header if self.outer is None else self.outer

    def with_roles(self, roles: Collection[int]) -> tuple[Record, ...]:
        """Return the records that have one of `roles`, in file order."""
        return tuple(record for record in self.records if record.role in roles)

    def find(
        self, issuer: str, serial: bytes, roles: Collection[int] | None = None
    ) -> tuple[Record, ...]:
        """Return the records of the certificate (issuer, serial), of `roles` when given."""
        return tuple(
            record
            for record in self.records
            if record.issuer == issuer
            and record.serial == serial
            and (roles is None or record.role in roles)
        )

    def encode(self) -> bytes:
        """Return the file's bytes."""
        inner = list_header.encode(self.header)
        outer = b""
        if self.outer is not None:
            outer = list_header.encode(self.outer, len(inner))
        return outer + inner + b"".join(record.encode() for record in self.records)


def build(
    records: Sequence[Record],
    signer: Certificate,
    key: PrivateKey,
    filename: str,
    timestamp_s: int,
    digest: Digest = Digest.SHA1,
    *,
    signer_version: tuple[int, int] | None = None,
) -> bytes:
    """Return a signed list.

    Args:
        signer: the certificate named in the header; phones want it among the SAST records.
        key: its private key, of 1024, 2048 or 4096 bits.
        filename: CTL_NAME or ITL_NAME.
        timestamp_s: Unix seconds, UTC.
        digest: SHA-1 in every release; SHA-512 is a choice from 11.5 on.
        signer_version: the element of newer lists; CUCM 10 has none.

    Raises:
        ValueError: the key cannot sign lists or is not the signer's, or a value is too long.

    Assumption: a SHA-512 list has no signer version either; no capture of one is known. It
        would change the bytes, not which phones accept them.
    """
    body = b"".join(record.encode() for record in records)
    header = list_signature.sign(
        signer,
        key,
        body,
        version=LIST_VERSION,
        digest=digest,
        filename=filename,
        timestamp_s=timestamp_s,
        signer_version=signer_version,
    )
    return list_header.encode(header) + body


def wrap_reset(old: bytes, signer: Certificate, key: PrivateKey) -> bytes:
    """Return what `utils itl reset` makes of `old`: a second header in front of the whole file.

    The outer header has neither file name nor timestamp, its length counts the old header,
    too, and its digest is that of the old list. A list that was reset before gets its outer
    header replaced.

    Raises:
        FormatError: `old` is no list.
        ValueError: as `build`.

    Source: sizes and offsets of a real itlreset.log of March 2016.
    Assumption: the padding stands between the two headers, and the outer signature covers all
        but its own element; the log shows neither. It would change the bytes of a reset list only.
    """
    listed = decode(old)
    blocks = _read_blocks(old)
    body = old if listed.outer is None else old[blocks[0].end :]
    inner_bytes = blocks[-1].header_length
    outer = list_signature.sign(
        signer,
        key,
        body,
        version=listed.header.version,
        digest=listed.header.digest,
        filename=None,
        timestamp_s=None,
        following_header_bytes=inner_bytes,
    )
    return list_header.encode(outer, inner_bytes) + body


def decode(data: bytes) -> TrustList:
    """Take a list apart without checking its signature.

    Raises:
        FormatError: anything malformed, with the offset; above 1 MiB; too many records.
    """
    blocks = _read_blocks(data)
    records: list[Record] = []
    position = blocks[-1].end
    while position < len(data):
        if len(records) == MAX_RECORDS:
            raise FormatError(f"offset {position}: more than {MAX_RECORDS} records")
        record, position = list_record.read(data, position)
        records.append(record)
    return TrustList(
        header=blocks[-1].header,
        records=tuple(records),
        outer=blocks[0].header if len(blocks) == 2 else None,
    )


def verify_signature(data: bytes, certificate: Certificate) -> tuple[str, ...]:
    """Return why `certificate` did not sign this list; empty when it did. Raises nothing.

    Signer name, issuer name and serial of the header must be the certificate's. A reset list
    is judged by its outer header alone. Dates and roles are not looked at. The reasons are
    SignatureFault values; malformed bytes give one reason `malformed: <what and where>`.
    """
    try:
        decode(data)
        block = _read_blocks(data)[0]
    except FormatError as error:
        return (f"{SignatureFault.MALFORMED}: {error}",)
    return list_signature.verify(data, block, certificate)


def signed_parts(data: bytes) -> tuple[bytes, bytes]:
    """Return (the bytes the signature covers, the signature) of a list, to check elsewhere.

    Raises:
        FormatError: malformed bytes.
    """
    block = _read_blocks(data)[0]
    return block.signed_bytes(data), block.header.signature


def _read_blocks(data: bytes) -> tuple[ReadHeader, ...]:
    """Read the one header, or the outer and the inner header of a reset list."""
    if len(data) > tlv.MAX_FILE_BYTES:
        raise FormatError(f"a list of {len(data)} bytes; at most {tlv.MAX_FILE_BYTES} are read")
    first = list_header.read(data)
    if first.end == first.header_length:
        blocks: tuple[ReadHeader, ...] = (first,)
    else:
        second = list_header.read(data, first.end)
        if second.end != first.header_length or second.header_length != second.end - first.end:
            raise FormatError(f"offset {first.end}: the two headers' lengths disagree")
        blocks = (first, second)
    for block in blocks:
        if block.header.version[0] != LIST_VERSION[0]:
            raise FormatError(f"header version {block.header.version[0]}: not a trust list")
    inner = blocks[-1].header
    if inner.filename is None or inner.timestamp_s is None:
        raise FormatError("header without FILENAME or TIMESTAMP")
    return blocks
