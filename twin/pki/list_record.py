"""The records of CTL and ITL files: one certificate in one role each.

Knows a record's elements. Does not know the file around them.
Source: a real CTL of 2015, the dumps of `show ctl` and `show itl`.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from enum import IntEnum

from twin.errors import FormatError
from twin.pki import tlv
from twin.pki.certificates import Certificate


class Role(IntEnum):
    """What a record's certificate is trusted for.

    Source: 0, 2 and 4 in a real CTL, 21 and 3 in phone and TVS traces; 1 and 7 from an
    independent implementation used with real phones.
    """

    SAST = 0
    CCM = 1
    CCM_TFTP = 2
    TFTP = 3
    CAPF = 4
    APP_SERVER = 7
    TVS = 21


class RecordTag(IntEnum):
    """Tags of a record, in the order CUCM writes them."""

    RECORD_LENGTH = 1
    DNS_NAME = 2
    SUBJECT_NAME = 3
    FUNCTION = 4
    ISSUER_NAME = 5
    SERIAL_NUMBER = 6
    PUBLIC_KEY = 7
    SIGNATURE = 8
    CERTIFICATE = 9
    IP_ADDRESS = 10
    CERTIFICATE_HASH = 11
    HASH_ALGORITHM = 12


BLANK_DNS_NAME = "\0"
"""The DNS name of an ITL record that prints blank yet has length 2.

Source: the `show itl` record of the seed. Assumption: the second byte, which no source shows,
is NUL, too; nothing in the twin depends on it.
"""

_SHA1 = 1
_KNOWN_TAGS = frozenset(RecordTag)
_KNOWN_ROLES = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Record:
    """One record; None means the element is absent.

    `role` is a Role, or a plain number for a role this program has no name for. `subject` and
    `issuer` are names in the trust-list form, `serial` magnitude bytes. A full record holds the
    DER in `certificate`; a hash record holds its SHA-1 in `certificate_hash` instead.
    `unknown` keeps elements with other tags as (tag, value).
    """

    role: int
    dns_name: str | None = None
    subject: str | None = None
    issuer: str | None = None
    serial: bytes | None = None
    public_key: bytes | None = None
    signature: bytes | None = None
    certificate: bytes | None = None
    ip_address: str | None = None
    certificate_hash: bytes | None = None
    hash_algorithm: int | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()

    def matches(self, certificate: Certificate) -> bool:
        """Tell whether this record is about exactly this certificate (its DER or its hash)."""
        if self.certificate is not None:
            return self.certificate == certificate.der
        return self.certificate_hash is not None and self.certificate_hash == certificate.sha1

    def encode(self) -> bytes:
        """Return the record, ascending by tag, its length counting all of it.

        Raises:
            ValueError: the record does not fit its 16-bit length.
        """
        values: list[tuple[int, bytes | None]] = [
            (RecordTag.DNS_NAME, _text(self.dns_name)),
            (RecordTag.SUBJECT_NAME, _text(self.subject)),
            (RecordTag.FUNCTION, self.role.to_bytes(2, "big")),
            (RecordTag.ISSUER_NAME, _text(self.issuer)),
            (RecordTag.SERIAL_NUMBER, self.serial),
            (RecordTag.PUBLIC_KEY, self.public_key),
            (RecordTag.SIGNATURE, self.signature),
            (RecordTag.CERTIFICATE, self.certificate),
            (
                RecordTag.IP_ADDRESS,
                None if self.ip_address is None else ipaddress.IPv4Address(self.ip_address).packed,
            ),
            (RecordTag.CERTIFICATE_HASH, self.certificate_hash),
            (
                RecordTag.HASH_ALGORITHM,
                None if self.hash_algorithm is None else bytes((self.hash_algorithm,)),
            ),
            *self.unknown,
        ]
        body = b"".join(tlv.encode(tag, value) for tag, value in values if value is not None)
        length = len(body) + 5
        if length > 0xFFFF:
            raise ValueError(f"a record of {length} bytes does not fit its 16-bit length")
        return tlv.encode(RecordTag.RECORD_LENGTH, length.to_bytes(2, "big")) + body


def full_record(
    role: Role,
    certificate: Certificate,
    dns_name: str = BLANK_DNS_NAME,
    ip_address: str | None = None,
) -> Record:
    """Return the record that holds the whole certificate."""
    return Record(
        role=role,
        dns_name=dns_name,
        subject=certificate.subject,
        issuer=certificate.issuer,
        serial=certificate.serial_bytes,
        public_key=certificate.public_key_record_bytes,
        signature=certificate.signature,
        certificate=certificate.der,
        ip_address=ip_address,
    )


def hash_record(
    role: Role,
    certificate: Certificate,
    dns_name: str = BLANK_DNS_NAME,
) -> Record:
    """Return the record that holds only the certificate's SHA-1, as ITLs have for TVS."""
    return Record(
        role=role,
        dns_name=dns_name,
        subject=certificate.subject,
        issuer=certificate.issuer,
        serial=certificate.serial_bytes,
        public_key=certificate.public_key_record_bytes,
        signature=certificate.signature,
        certificate_hash=certificate.sha1,
        hash_algorithm=_SHA1,
    )


def read(data: bytes, start: int) -> tuple[Record, int]:
    """Read the record at `start`; return it and the offset behind it.

    Raises:
        FormatError: no whole record there, an element twice, or none that names the role.
    """
    head = tlv.read(data, start, len(data))
    if head.tag != RecordTag.RECORD_LENGTH:
        raise FormatError(f"offset {start}: a record starts with element {head.tag}, not 1")
    end = start + tlv.number(head, 2)
    if end < head.end or end > len(data):
        raise FormatError(f"offset {start}: record length {end - start} is impossible")
    found: dict[int, tlv.Element] = {}
    unknown = []
    for element in tlv.walk(data, head.end, end):
        if element.tag == RecordTag.RECORD_LENGTH:
            raise FormatError(f"offset {element.offset}: record length inside a record")
        if element.tag in _KNOWN_TAGS:
            tlv.once(found, element)
        else:
            unknown.append((element.tag, element.value))
    if RecordTag.FUNCTION not in found:
        raise FormatError(f"offset {start}: record without a FUNCTION")
    return _assemble(found, tuple(unknown)), end


def _assemble(found: dict[int, tlv.Element], unknown: tuple[tuple[int, bytes], ...]) -> Record:
    role = tlv.number(found[RecordTag.FUNCTION], 2)
    address = found.get(RecordTag.IP_ADDRESS)
    fingerprint = found.get(RecordTag.CERTIFICATE_HASH)
    algorithm = found.get(RecordTag.HASH_ALGORITHM)
    if fingerprint is not None:
        tlv.number(fingerprint, hashlib.sha1(usedforsecurity=False).digest_size)
    return Record(
        role=Role(role) if role in _KNOWN_ROLES else role,
        dns_name=_string(found, RecordTag.DNS_NAME, inner_nul=True),
        subject=_string(found, RecordTag.SUBJECT_NAME),
        issuer=_string(found, RecordTag.ISSUER_NAME),
        serial=_value(found, RecordTag.SERIAL_NUMBER),
        public_key=_value(found, RecordTag.PUBLIC_KEY),
        signature=_value(found, RecordTag.SIGNATURE),
        certificate=_value(found, RecordTag.CERTIFICATE),
        ip_address=(
            None if address is None else str(ipaddress.IPv4Address(tlv.number(address, 4)))
        ),
        certificate_hash=None if fingerprint is None else fingerprint.value,
        hash_algorithm=None if algorithm is None else tlv.number(algorithm, 1),
        unknown=unknown,
    )


def _text(text: str | None) -> bytes | None:
    return None if text is None else tlv.string_bytes(text)


def _value(found: dict[int, tlv.Element], tag: RecordTag) -> bytes | None:
    return found[tag].value if tag in found else None


def _string(
    found: dict[int, tlv.Element], tag: RecordTag, *, inner_nul: bool = False
) -> str | None:
    return tlv.string(found[tag], inner_nul=inner_nul) if tag in found else None
