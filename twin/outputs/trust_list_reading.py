"""Reads what `show itl` and `show ctl` print, whole or cut out, into the list's records.

Knows the rows and that a value may go over several lines: LENGTH says how long it is. The
product prints no certificate, only its hash: `ShownRecord.is_about` finds a record's certificate
among others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from twin.outputs import dates
from twin.outputs.capture import Capture, Line, fault_at, quoted, single, unwrapped
from twin.outputs.trust_list_dump import ROLE_TITLES
from twin.pki.certificates import Certificate

MAX_RECORDS = 2048
"""Records read from one listing; a list that phones accept has some 40."""

_ROW = re.compile(
    r"\s*\d+\s+(SIGNERID|SIGNERNAME|SERIALNUMBER|CANAME|SIGNATUREINFO|DIGESTALGORT?ITHM"
    r"|SIGNATUREALGOINFO|SIGNATUREALGORT?ITHM|SIGNATUREMODULUS|SIGNATURE|FILENAME|TIMESTAMP"
    r"|RECORDLENGTH|DNSNAME|SUBJECTNAME|FUNCTION|ISSUER?NAME|PUBLICKEY|CERTIFICATE|IPADDRESS"
    r"|CERTHASH|HASH ALGORITHM)\s+(\d{1,6})(?:\s+(\S.*))?"
)
_RECORD = re.compile(r"\s*(?:(ITL|CTL) )?Record #:\s*(\d{1,6})\s*")
_CHECKSUM = re.compile(r"\s*([0-9a-f]{32}|[0-9a-f]{40})\s*\((MD5|SHA1)\)\s*", re.IGNORECASE)
_LENGTH = re.compile(r"\s*Length of (ITL|CTL) file:\s*(\d{1,9})\s*")
_MODIFIED = re.compile(r"\s*The (?:ITL|CTL) File was last modified on (\S.*?)\s*")
_HEADER_LENGTH = re.compile(r"\s*HeaderLength:\s*(\d{1,6})\s*(?:\(BYTES\))?\s*")
_VERSION = re.compile(r"\s*Version:\s*(\d{1,3})\.(\d{1,3})\s*")
_TOKEN = re.compile(r"\s*This etoken was (not )?used to sign the (?:ITL|CTL) file\.?\s*")
_VERDICT = re.compile(r"\s*The (?:ITL|CTL) file (was|could not be) verified.*")
_NOISE = re.compile(
    r"\s*(?:BYTEPOS\s.*|-[-\s]*|Parse (?:ITL|CTL) File|\[\.\.\.\]|The checksum value of the .*"
    r"|(?:ITL|CTL) File not found.*|Error parsing the .*|generate the CTL file\.?)\s*"
)
_ROLES = {title: role for role, title in ROLE_TITLES.items()}
_TEXT_ROWS = frozenset({"SIGNERNAME", "CANAME", "DNSNAME", "SUBJECTNAME", "ISSUERNAME"})
_HEX_ROWS = frozenset({"SERIALNUMBER", "SIGNATURE", "CERTIFICATE", "CERTHASH"})
_HEX_LINE = re.compile(r"[0-9A-Fa-f]{1,2}(?:[: ]+[0-9A-Fa-f]{1,2})*(?: *\(SHA1 Hash HEX\))?")
_HEX = re.compile(r"[0-9A-Fa-f]{1,2}")


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """One record as printed. Texts are "" and bytes b"" where the record has none.

    `role` is the role's number, -1 for a title this twin does not know (`function` has it).
    `certificate_bytes` is the certificate's length; `certificate_sha1` its hash, of a whole
    certificate or of a hash record (`is_hash`). `has_signed` is None where nothing is printed.
    """

    number: int
    line_number: int
    length: int
    dns_name: str = ""
    subject: str = ""
    issuer: str = ""
    function: str = ""
    role: int = -1
    serial: bytes = b""
    public_key_bytes: int = 0
    signature_bytes: int = 0
    certificate_bytes: int = 0
    certificate_sha1: bytes = b""
    is_hash: bool = False
    has_address: bool = False
    has_signed: bool | None = None

    def is_about(self, certificate: Certificate) -> bool:
        """Tell whether this record is of exactly this certificate, by its hash."""
        return bool(self.certificate_sha1) and self.certificate_sha1 == certificate.sha1


@dataclass(frozen=True, slots=True)
class ShownList:
    """A listing. `kind` is ITL or CTL, "" in a part that does not say; `length` 0: no such file.

    `md5`, `sha1` and the signer's three fields are empty where the text has them not,
    `is_verified` is None.
    """

    kind: str
    records: tuple[ShownRecord, ...]
    length: int | None = None
    md5: str = ""
    sha1: str = ""
    last_modified: datetime | None = None
    version: tuple[int, int] | None = None
    header_length: int | None = None
    signer: str = ""
    signer_serial: bytes = b""
    signer_issuer: str = ""
    signature: bytes = b""
    is_verified: bool | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the node said that it has no such file."""
        return self.length == 0


@dataclass(slots=True)
class _Found:
    """What was read so far: rows of the header and of each record, and the lines around them."""

    kind: str = ""
    head: dict[str, tuple[Line, int, str]] = field(default_factory=dict)
    records: list[dict[str, tuple[Line, int, str]]] = field(default_factory=list)
    numbers: list[tuple[int, Line]] = field(default_factory=list)
    signed: dict[int, bool] = field(default_factory=dict)
    length: int | None = None
    sums: dict[str, str] = field(default_factory=dict)
    last_modified: datetime | None = None
    version: tuple[int, int] | None = None
    header_length: int | None = None
    is_verified: bool | None = None


def is_present(capture: Capture) -> bool:
    """Tell whether a capture is such a listing: by its command, or by its table's head."""
    if re.match(r"show\s+(itl|ctl)\b", capture.command, re.IGNORECASE):
        return True
    return any(
        line.text.split()[:4] == ["BYTEPOS", "TAG", "LENGTH", "VALUE"]
        or _LENGTH.fullmatch(line.text)
        for line in capture.filled
    )


def read(capture: Capture) -> ShownList:
    """Read a listing, or as much of one as was cut out.

    Raises:
        InputError: a line that belongs to no listing, a value of another length than its row
            says, a record without FUNCTION, or nothing of a listing at all.
    """
    found = _Found()
    if command := re.match(r"show\s+(itl|ctl)\b", capture.command, re.IGNORECASE):
        found.kind = command[1].upper()
    lines = unwrapped(capture, capture.filled, _is_mark)
    place = 0
    while place < len(lines):
        line = lines[place]
        if row := _ROW.fullmatch(line.text):
            place = _read_row(capture, found, lines, place, row)
            continue
        if not _read_mark(capture, found, line):
            raise fault_at(capture, line, quoted(line.text), "a row of a trust list's listing")
        place += 1
    if found.length is None and not found.records and not found.head:
        raise fault_at(capture, None, "nothing of a trust list", "what show itl or show ctl prints")
    records = tuple(_record(capture, found, index) for index in range(len(found.records)))
    return ShownList(
        kind=found.kind,
        records=records,
        length=found.length,
        md5=found.sums.get("MD5", ""),
        sha1=found.sums.get("SHA1", ""),
        last_modified=found.last_modified,
        version=found.version,
        header_length=found.header_length,
        signer=_text(found.head, "SIGNERNAME"),
        signer_serial=_bytes(capture, found.head, "SERIALNUMBER"),
        signer_issuer=_text(found.head, "CANAME"),
        signature=_bytes(capture, found.head, "SIGNATURE"),
        is_verified=found.is_verified,
    )


def read_text(text: str, name: str) -> ShownList:
    """Read the listing of a text that holds nothing else.

    Raises:
        InputError: as `read`, or more than one command's output.
    """
    return read(single(text, name))


def _read_row(
    capture: Capture,
    found: _Found,
    lines: Sequence[Line],
    place: int,
    row: re.Match[str],
) -> int:
    """Take one row with the lines its value goes on over; return the place behind them."""
    line = lines[place]
    name = "ISSUERNAME" if row[1] == "ISSUENAME" else row[1]
    length, value = int(row[2]), row[3] or ""
    place += 1
    if name == "RECORDLENGTH" and (not found.records or "RECORDLENGTH" in found.records[-1]):
        found.records.append({})
        found.numbers.append((len(found.records), line))
    while place < len(lines) and not _is_mark(lines[place].text):
        more = lines[place].text.strip()
        if name in _TEXT_ROWS and len(value.encode()) + 1 < length:
            value += more
        elif name in _HEX_ROWS and _HEX_LINE.fullmatch(more):
            value += f" {more}"
        else:
            break
        place += 1
    if name in _TEXT_ROWS and len(value.encode()) > length:
        raise fault_at(
            capture, line, f"{name} {quoted(value)}", f"at most {length - 1} bytes, as LENGTH says"
        )
    target = found.records[-1] if found.records else found.head
    if name in target:
        raise fault_at(capture, line, f"{name} a second time", "each row once")
    target[name] = (line, length, value.strip() if name != "DNSNAME" else value.strip("\0 "))
    return place


def _is_mark(text: str) -> bool:
    marks = (_ROW, _RECORD, _TOKEN, _VERDICT, _LENGTH, _CHECKSUM, _NOISE, _MODIFIED, _VERSION)
    return any(mark.fullmatch(text) for mark in marks)


def _read_mark(capture: Capture, found: _Found, line: Line) -> bool:
    """Take a line that is no row; tell whether it belongs to a listing."""
    text = line.text
    if match := _RECORD.fullmatch(text):
        if len(found.records) == MAX_RECORDS:
            raise fault_at(capture, line, f"more than {MAX_RECORDS} records", "fewer")
        found.kind = found.kind or match[1] or ""
        found.records.append({})
        found.numbers.append((int(match[2]), line))
    elif match := _TOKEN.fullmatch(text):
        if found.records:
            found.signed[len(found.records) - 1] = match[1] is None
    elif match := _VERDICT.fullmatch(text):
        found.is_verified = match[1] == "was"
    elif match := _LENGTH.fullmatch(text):
        found.kind, found.length = match[1], int(match[2])
    elif match := _CHECKSUM.fullmatch(text):
        found.sums[match[2].upper()] = match[1].lower()
    elif match := _HEADER_LENGTH.fullmatch(text):
        found.header_length = int(match[1])
    elif match := _VERSION.fullmatch(text):
        found.version = (int(match[1]), int(match[2]))
    elif match := _MODIFIED.fullmatch(text):
        if (date := dates.read(match[1])) is None:
            raise fault_at(capture, line, quoted(match[1]), dates.EXAMPLE)
        found.last_modified = date[0]
    else:
        # Of a list that is not there only messages follow, wrapped anywhere.
        return found.length == 0 or _NOISE.fullmatch(text) is not None
    return True


def _record(capture: Capture, found: _Found, index: int) -> ShownRecord:
    rows = found.records[index]
    number, first = found.numbers[index]
    if "FUNCTION" not in rows:
        raise fault_at(capture, first, f"record {number} without FUNCTION", "its role")
    function = rows["FUNCTION"][2]
    role = int(function) if function.isdecimal() and len(function) < 6 else -1
    return ShownRecord(
        number=number,
        line_number=first.number,
        length=int(_text(rows, "RECORDLENGTH")) if _text(rows, "RECORDLENGTH").isdecimal() else 0,
        dns_name=_text(rows, "DNSNAME"),
        subject=_text(rows, "SUBJECTNAME"),
        issuer=_text(rows, "ISSUERNAME"),
        function=function,
        role=_ROLES.get(function, role),
        serial=_bytes(capture, rows, "SERIALNUMBER"),
        public_key_bytes=rows["PUBLICKEY"][1] if "PUBLICKEY" in rows else 0,
        signature_bytes=rows["SIGNATURE"][1] if "SIGNATURE" in rows else 0,
        certificate_bytes=rows["CERTIFICATE"][1] if "CERTIFICATE" in rows else 0,
        certificate_sha1=_fingerprint(capture, rows),
        is_hash="CERTHASH" in rows,
        has_address="IPADDRESS" in rows,
        has_signed=found.signed.get(index),
    )


def _text(rows: dict[str, tuple[Line, int, str]], name: str) -> str:
    return rows[name][2] if name in rows else ""


def _fingerprint(capture: Capture, rows: dict[str, tuple[Line, int, str]]) -> bytes:
    """Return the SHA-1 of CERTHASH, or of CERTIFICATE, whose LENGTH is the certificate's."""
    if "CERTHASH" in rows:
        return _bytes(capture, rows, "CERTHASH")
    if "CERTIFICATE" not in rows:
        return b""
    line, _, value = rows["CERTIFICATE"]
    digits = value.partition("(")[0]
    return _octets(capture, line, "CERTIFICATE", digits, 20) if digits.strip() else b""


def _bytes(capture: Capture, rows: dict[str, tuple[Line, int, str]], name: str) -> bytes:
    """Return the bytes of a hexadecimal value; b"" where none is printed."""
    if name not in rows or not rows[name][2]:
        return b""
    line, length, value = rows[name]
    return _octets(capture, line, name, value, length)


def _octets(capture: Capture, line: Line, name: str, value: str, length: int) -> bytes:
    digits = re.sub(r"[:\s]", "", value)
    if name != "SIGNATURE" and re.fullmatch(rf"[0-9A-Fa-f]{{{2 * length}}}", digits):
        return bytes.fromhex(digits)
    octets = value.replace(":", " ").split()
    if len(octets) != length or not all(_HEX.fullmatch(octet) for octet in octets):
        found = f"{name} {quoted(value)}"
        raise fault_at(capture, line, found, f"{length} bytes in hexadecimal")
    return bytes(int(octet, 16) for octet in octets)
