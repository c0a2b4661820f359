"""The messages between a phone and a Trust Verification Service, inside its TLS connection.

Knows frames and elements as bytes. Does not know what a service answers, nor sockets.

Source: hex in phone and TVS traces of CUCM 10.5/11.0; verification (types 1, 2) also from an
independent implementation used with real phones.
Assumption: tags 4 (issuer) and 5 (serial) of a query are inferred from their lengths. Unknown
elements are refused, as the independent service and client do; the real service's reaction is
unknown. Neither changes a run, where both ends are this module.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum

from twin.errors import FormatError
from twin.pki import tlv

PORT = 2445
HEAD_BYTES = 10
DEFAULT_TTL_S = 86400
"""Seconds a phone keeps an answer, as in the traces."""

_PROTOCOL = 0x57
_VERSION = 1


class MessageType(IntEnum):
    """Types of frames. Source: names and numbers in the CUCM log."""

    VERIFY_REQUEST = 1
    VERIFY_RESPONSE = 2
    QUERY_REQUEST = 3
    QUERY_RESPONSE = 4


class Tag(IntEnum):
    """Elements of a payload."""

    DEVICE = 1
    CERTIFICATE = 2
    SUBJECT = 3
    ISSUER = 4
    SERIAL = 5
    STATUS = 7
    ROLES = 8
    TTL = 9


class Status(IntEnum):
    """Outcome of a request. Other values are unknown and refused."""

    FOUND = 0
    NOT_FOUND = 1


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """Asks whether a presented certificate is known. `device` is `CP-<model>-SEP<MAC>`."""

    device: str
    certificate_der: bytes


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """Asks for the certificate of which only the names and serial are known."""

    device: str
    subject: str
    issuer: str
    serial: bytes


@dataclass(frozen=True, slots=True)
class VerifyResponse:
    """Answers a VerifyRequest; roles and TTL (seconds) come only with FOUND."""

    status: Status
    roles: tuple[int, ...] = ()
    ttl_s: int | None = None


@dataclass(frozen=True, slots=True)
class QueryResponse:
    """Answers a QueryRequest; everything but the status comes only with FOUND."""

    status: Status
    certificate_der: bytes | None = None
    roles: tuple[int, ...] = ()
    ttl_s: int | None = None


Message = VerifyRequest | QueryRequest | VerifyResponse | QueryResponse


def encode(message: Message, session_id: int) -> bytes:
    """Return the frame of `message`; the session id (32 bits) is the phone's choice, echoed."""
    if isinstance(message, VerifyRequest):
        kind = MessageType.VERIFY_REQUEST
        payload = _device(message.device) + tlv.encode(Tag.CERTIFICATE, message.certificate_der)
    elif isinstance(message, QueryRequest):
        kind = MessageType.QUERY_REQUEST
        payload = (
            _device(message.device)
            + tlv.encode(Tag.SUBJECT, tlv.string_bytes(message.subject))
            + tlv.encode(Tag.ISSUER, tlv.string_bytes(message.issuer))
            + tlv.encode(Tag.SERIAL, message.serial)
        )
    else:
        is_query = isinstance(message, QueryResponse)
        kind = MessageType.QUERY_RESPONSE if is_query else MessageType.VERIFY_RESPONSE
        payload = _answer(message)
    if len(payload) > 0xFFFF:
        raise ValueError(f"a payload of {len(payload)} bytes does not fit its 16-bit length")
    return (
        bytes((_PROTOCOL, _VERSION, kind, 0))
        + session_id.to_bytes(4, "big")
        + len(payload).to_bytes(2, "big")
        + payload
    )


def payload_bytes(head: bytes) -> int:
    """Return how many bytes follow a frame's 10-byte head.

    Raises:
        FormatError: `head` is not 10 bytes or does not start a TVS frame.
    """
    if len(head) != HEAD_BYTES or head[0] != _PROTOCOL or head[1] != _VERSION:
        raise FormatError(f"not the head of a TVS frame: {head[:HEAD_BYTES].hex(' ')}")
    return int.from_bytes(head[8:10], "big")


def decode(frame: bytes) -> tuple[int, Message]:
    """Return (session id, message) of one whole frame; the reserved byte is ignored.

    Raises:
        FormatError: malformed, cut off or too long, an unknown type or element, an element
            twice or missing.
    """
    if payload_bytes(frame[:HEAD_BYTES]) != len(frame) - HEAD_BYTES:
        raise FormatError(f"a frame of {len(frame)} bytes does not match its payload length")
    if frame[2] not in tuple(MessageType):
        raise FormatError(f"unknown TVS message type {frame[2]}")
    kind = MessageType(frame[2])
    found: dict[int, tlv.Element] = {}
    for element in tlv.walk(frame, HEAD_BYTES, len(frame)):
        if element.tag not in _EXPECTED[kind]:
            raise FormatError(
                f"offset {element.offset}: element {element.tag} in a {kind.name.lower()}"
            )
        tlv.once(found, element)
    return int.from_bytes(frame[4:8], "big"), _message(kind, found)


_EXPECTED: dict[MessageType, Collection[int]] = {
    MessageType.VERIFY_REQUEST: (Tag.DEVICE, Tag.CERTIFICATE),
    MessageType.VERIFY_RESPONSE: (Tag.STATUS, Tag.ROLES, Tag.TTL),
    MessageType.QUERY_REQUEST: (Tag.DEVICE, Tag.SUBJECT, Tag.ISSUER, Tag.SERIAL),
    MessageType.QUERY_RESPONSE: (Tag.STATUS, Tag.CERTIFICATE, Tag.ROLES, Tag.TTL),
}


def _message(kind: MessageType, found: dict[int, tlv.Element]) -> Message:
    if kind is MessageType.VERIFY_REQUEST:
        return VerifyRequest(_read_device(found), _required(found, Tag.CERTIFICATE).value)
    if kind is MessageType.QUERY_REQUEST:
        return QueryRequest(
            device=_read_device(found),
            subject=tlv.string(_required(found, Tag.SUBJECT)),
            issuer=tlv.string(_required(found, Tag.ISSUER)),
            serial=_required(found, Tag.SERIAL).value,
        )
    status_number = tlv.number(_required(found, Tag.STATUS), 1)
    if status_number not in tuple(Status):
        raise FormatError(f"unknown TVS status {status_number}")
    status = Status(status_number)
    if status is Status.NOT_FOUND:
        if len(found) > 1:
            raise FormatError("a TVS answer that found nothing carries more than its status")
        roles: tuple[int, ...] = ()
        ttl_s = None
    else:
        roles = tuple(_required(found, Tag.ROLES).value)
        ttl_s = tlv.number(_required(found, Tag.TTL), 4)
    if kind is MessageType.VERIFY_RESPONSE:
        return VerifyResponse(status, roles, ttl_s)
    certificate = None if status is Status.NOT_FOUND else _required(found, Tag.CERTIFICATE).value
    return QueryResponse(status, certificate, roles, ttl_s)


def _device(device: str) -> bytes:
    return tlv.encode(Tag.DEVICE, b"\x01" + device.encode("ascii"))


def _read_device(found: dict[int, tlv.Element]) -> str:
    value = _required(found, Tag.DEVICE).value
    if value[:1] != b"\x01" or not value.isascii():
        raise FormatError("the device element is not 01 and an ASCII name")
    return value[1:].decode("ascii")


def _answer(message: VerifyResponse | QueryResponse) -> bytes:
    payload = tlv.encode(Tag.STATUS, bytes((message.status,)))
    if message.status is Status.NOT_FOUND:
        return payload
    if isinstance(message, QueryResponse):
        if message.certificate_der is None:
            raise ValueError("an answer that found the certificate must carry it")
        payload += tlv.encode(Tag.CERTIFICATE, message.certificate_der)
    ttl_s = DEFAULT_TTL_S if message.ttl_s is None else message.ttl_s
    return (
        payload
        + tlv.encode(Tag.ROLES, bytes(message.roles))
        + tlv.encode(Tag.TTL, ttl_s.to_bytes(4, "big"))
    )


def _required(found: dict[int, tlv.Element], tag: Tag) -> tlv.Element:
    if tag not in found:
        raise FormatError(f"TVS message without element {tag:d} ({tag.name.lower()})")
    return found[tag]
