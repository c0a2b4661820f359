"""The messages between a phone and CAPF, inside their TLS connection, as bytes.

Knows frames, elements and the conversation's words. Does not know who may say what, nor sockets.

Source: wire-formats 4 (an independent CAPF daemon used with real phones; notes of a Jabber client
against a real CUCM). Assumption: unknown elements and messages are refused, as the daemon does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from twin.errors import FormatError
from twin.pki import tlv

PORT = 3804
HEAD_BYTES = 8
PROTOCOL_VERSION = 3
"""Of the server, and of phones of the 7800 and 8800 series."""

_PROTOCOL = 0x55
_PACKAGE = 1
_RSA = 0


class MessageType(IntEnum):
    """Frames that are in use; the protocol has names for others up to 23."""

    AUTH_REQUEST = 1
    AUTH_RESPONSE = 2
    KEY_REQUEST = 3
    KEY_RESPONSE = 4
    STORE_REQUEST = 9
    STORE_RESPONSE = 10
    FETCH_REQUEST = 11
    FETCH_RESPONSE = 12
    DELETE_REQUEST = 13
    DELETE_RESPONSE = 14
    END_SESSION = 15
    IN_PROGRESS = 17


class Tag(IntEnum):
    """Elements of a payload."""

    REASON = 1
    CERTIFICATE_TYPE = 3
    CERTIFICATE = 4
    SHA1_PROOF = 6
    VERSION = 7
    AUTH_TYPE = 8
    PUBLIC_KEY = 9
    RSA_BITS = 10
    PASSWORD = 11
    DEVICE = 13
    KEY_TYPE = 17
    SHA512_PROOF = 20


class Reason(IntEnum):
    """Element 1. Others are unknown; a reader takes them for failure."""

    NOTHING_TO_DO = 0
    DONE = 1
    REFUSED = 7
    UNKNOWN_DEVICE = 9


class CertificateType(IntEnum):
    """Element 3, and inside element 4."""

    LSC = 1
    MIC = 2


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """CAPF speaks first. `auth_type` 0 to 4 (none, password, no password, LSC, MIC)."""

    auth_type: int
    version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class AuthResponse:
    """Who the phone is. `password` None: the element is left out; "": a lone NUL."""

    device: str
    password: str | None = None
    certificate: tuple[CertificateType, bytes] | None = None
    sha1_proof: bytes | None = None
    sha512_proof: bytes | None = None
    version: int = PROTOCOL_VERSION
    reason: int = Reason.DONE


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """Make an RSA key of so many bits."""

    bits: int


@dataclass(frozen=True, slots=True)
class KeyResponse:
    """The public key, DER SubjectPublicKeyInfo."""

    public_key: bytes


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """Keep this certificate."""

    kind: CertificateType
    der: bytes


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """Send the LSC."""


@dataclass(frozen=True, slots=True)
class FetchResponse:
    """The LSC."""

    kind: CertificateType
    der: bytes


@dataclass(frozen=True, slots=True)
class DeleteRequest:
    """Erase the LSC."""


@dataclass(frozen=True, slots=True)
class InProgress:
    """The phone is still at it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A frame that holds a reason only: STORE_RESPONSE, DELETE_RESPONSE or END_SESSION."""

    message: MessageType
    reason: int


Message = (
    AuthRequest | AuthResponse | KeyRequest | KeyResponse | StoreRequest | FetchRequest
    | FetchResponse | DeleteRequest | InProgress | Outcome
)  # fmt: skip

_EMPTY: dict[MessageType, Message] = {
    MessageType.FETCH_REQUEST: FetchRequest(),
    MessageType.DELETE_REQUEST: DeleteRequest(),
    MessageType.IN_PROGRESS: InProgress(),
}
_OUTCOMES = (MessageType.STORE_RESPONSE, MessageType.DELETE_RESPONSE, MessageType.END_SESSION)
_Elements = list[tuple[Tag, bytes]]


def encode(message: Message, session: int) -> bytes:
    """Return one frame, elements in ascending order of their tags.

    Args:
        session: chosen by CAPF, 0 to 2**32 - 1.

    Raises:
        ValueError: a value that its element cannot hold.
    """
    kind, elements = _taken_apart(message)
    payload = b"".join(tlv.encode(tag, value) for tag, value in elements)
    if len(payload) > 0xFFFF:
        raise ValueError(f"a payload of {len(payload)} bytes does not fit a 16-bit length")
    head = bytes((_PROTOCOL, kind)) + session.to_bytes(4, "big")
    return head + len(payload).to_bytes(2, "big") + payload


def decode(frame: bytes) -> tuple[int, Message]:
    """Return (session, message) of one whole frame.

    Raises:
        FormatError: no frame of this protocol, an unknown message or element, an element missing,
            twice, cut off or impossible.
    """
    if len(frame) < HEAD_BYTES or frame[0] != _PROTOCOL:
        raise FormatError("no CAPF frame: its first byte is 55, its head has 8 bytes")
    if frame[1] not in list(MessageType):
        raise FormatError(f"CAPF message {frame[1]}, which is not in use")
    if int.from_bytes(frame[6:8], "big") != len(frame) - HEAD_BYTES:
        raise FormatError("the payload is not as long as the head says")
    found: dict[Tag, bytes] = {}
    offset = HEAD_BYTES
    while offset < len(frame):
        element = tlv.read(frame, offset, len(frame))
        if element.tag not in list(Tag) or Tag(element.tag) in found:
            raise FormatError(f"offset {offset}: element {element.tag} unknown, or a second time")
        found[Tag(element.tag)] = element.value
        offset = element.end
    message = _put_together(MessageType(frame[1]), found)
    if found:
        raise FormatError(f"elements {sorted(found)} do not belong into message {frame[1]}")
    return int.from_bytes(frame[2:6], "big"), message


def _taken_apart(message: Message) -> tuple[MessageType, _Elements]:
    match message:
        case AuthRequest():
            return MessageType.AUTH_REQUEST, [
                (Tag.VERSION, _octet(message.version)), (Tag.AUTH_TYPE, _octet(message.auth_type)),
            ]  # fmt: skip
        case AuthResponse():
            return MessageType.AUTH_RESPONSE, _who(message)
        case KeyRequest():
            return MessageType.KEY_REQUEST, [
                (Tag.RSA_BITS, message.bits.to_bytes(2, "big")), (Tag.KEY_TYPE, _octet(_RSA)),
            ]  # fmt: skip
        case KeyResponse():
            return MessageType.KEY_RESPONSE, [(Tag.PUBLIC_KEY, message.public_key)]
        case StoreRequest() | FetchResponse():
            is_store = isinstance(message, StoreRequest)
            kind = MessageType.STORE_REQUEST if is_store else MessageType.FETCH_RESPONSE
            return kind, [
                (Tag.CERTIFICATE_TYPE, _octet(message.kind)),
                (Tag.CERTIFICATE, _package(message.kind, message.der)),
            ]
        case Outcome():
            return message.message, [(Tag.REASON, _octet(message.reason))]
        case FetchRequest():
            return MessageType.FETCH_REQUEST, []
        case DeleteRequest():
            return MessageType.DELETE_REQUEST, []
        case InProgress():
            return MessageType.IN_PROGRESS, []


def _who(message: AuthResponse) -> _Elements:
    elements: _Elements = [(Tag.REASON, _octet(message.reason))]
    if message.certificate is not None:
        elements.append((Tag.CERTIFICATE, _package(*message.certificate)))
    if message.sha1_proof is not None:
        elements.append((Tag.SHA1_PROOF, message.sha1_proof))
    elements.append((Tag.VERSION, _octet(message.version)))
    if message.password is not None:
        elements.append((Tag.PASSWORD, _text(message.password)))
    elements.append((Tag.DEVICE, _text(message.device)))
    if message.sha512_proof is not None:
        signature = message.sha512_proof
        elements.append((Tag.SHA512_PROOF, b"\x03" + len(signature).to_bytes(2, "big") + signature))
    return elements


def _put_together(kind: MessageType, found: dict[Tag, bytes]) -> Message:
    """Build the message and take its elements out of `found`."""
    if kind in _EMPTY:
        return _EMPTY[kind]
    if kind in _OUTCOMES:
        return Outcome(kind, _number(found, Tag.REASON, 1))
    if kind is MessageType.AUTH_REQUEST:
        return AuthRequest(
            auth_type=_number(found, Tag.AUTH_TYPE, 1), version=_number(found, Tag.VERSION, 1)
        )
    if kind is MessageType.KEY_REQUEST:
        if _number(found, Tag.KEY_TYPE, 1) != _RSA:
            raise FormatError("a key that is not RSA")
        return KeyRequest(_number(found, Tag.RSA_BITS, 2))
    if kind is MessageType.KEY_RESPONSE:
        return KeyResponse(_value(found, Tag.PUBLIC_KEY))
    if kind is MessageType.AUTH_RESPONSE:
        return _read_who(found)
    stated = _number(found, Tag.CERTIFICATE_TYPE, 1)
    carried, der = _unpack(_value(found, Tag.CERTIFICATE))
    if stated != carried:
        raise FormatError(f"certificate type {stated} outside and {carried} inside")
    return (StoreRequest if kind is MessageType.STORE_REQUEST else FetchResponse)(carried, der)


def _read_who(found: dict[Tag, bytes]) -> AuthResponse:
    proof = found.pop(Tag.SHA512_PROOF, None)
    if proof is not None:
        if proof[:1] != b"\x03" or int.from_bytes(proof[1:3], "big") != len(proof) - 3:
            raise FormatError("the SHA-512 proof is not 03, its length and the signature")
        proof = proof[3:]
    package = found.pop(Tag.CERTIFICATE, None)
    password = found.pop(Tag.PASSWORD, None)
    return AuthResponse(
        device=_read_text(_value(found, Tag.DEVICE)),
        password=None if password is None else _read_text(password),
        certificate=None if package is None else _unpack(package),
        sha1_proof=found.pop(Tag.SHA1_PROOF, None),
        sha512_proof=proof,
        version=_number(found, Tag.VERSION, 1),
        reason=_number(found, Tag.REASON, 1),
    )


def _octet(value: int) -> bytes:
    return value.to_bytes(1, "big")


def _text(value: str) -> bytes:
    data = value.encode()
    if b"\0" in data:
        raise ValueError(f"{value!r} holds a NUL, which ends a text")
    return data + b"\0"


def _read_text(value: bytes) -> str:
    if value[-1:] != b"\0" or b"\0" in value[:-1]:
        raise FormatError("a text that does not end with its only NUL")
    try:
        return value[:-1].decode()
    except UnicodeDecodeError as error:
        raise FormatError(f"a text that is not UTF-8: {error}") from None


def _package(kind: int, der: bytes) -> bytes:
    """01, u16 (length of the DER and 2), 00, type, DER."""
    return b"\x01" + (len(der) + 2).to_bytes(2, "big") + b"\x00" + _octet(kind) + der


def _unpack(value: bytes) -> tuple[CertificateType, bytes]:
    size = int.from_bytes(value[1:3], "big")
    if len(value) < 5 or value[0] != _PACKAGE or size != len(value) - 3 or value[3] != 0:
        raise FormatError("a certificate package that is not 01, length, 00, type, DER")
    if value[4] not in list(CertificateType):
        raise FormatError(f"certificate type {value[4]}, expected 1 (LSC) or 2 (MIC)")
    return CertificateType(value[4]), value[5:]


def _value(found: dict[Tag, bytes], tag: Tag) -> bytes:
    if tag not in found:
        raise FormatError(f"element {int(tag)} is missing")
    return found.pop(tag)


def _number(found: dict[Tag, bytes], tag: Tag, size: int) -> int:
    value = _value(found, tag)
    if len(value) != size:
        raise FormatError(f"element {int(tag)} has {len(value)} bytes, expected {size}")
    return int.from_bytes(value, "big")
