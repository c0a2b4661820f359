"""Reads the dumps of `certificate_dump`, and what people's terminals made of them.

Knows labels and names as printed. Goes by the PEM at the dump's end where there is one: then the
printed serial only has to agree with it. Without PEM a date in a zone of unknown offset is
read as UTC, and `zone_is_known` says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from twin.errors import FormatError
from twin.outputs import dates
from twin.outputs.capture import Capture, Line, fault_at, quoted, single, unwrapped
from twin.outputs.certificate_dump import BEGIN, END, Layout, rsa_numbers
from twin.pki.certificates import Certificate
from twin.pki.names import DistinguishedName

_LABELS: dict[str, str] = {
    "serial number": "serial", "serialnumber": "serial decimal",
    "issuer name": "issuer", "issuerdn": "issuer", "subject name": "subject",
    "subjectdn": "subject", "validity from": "from", "start date": "from", "to": "to",
    "final date": "to", "key": "key", "public key": "key", "key value": "key value",
    "modulus": "modulus", "x": "x", "signaturealgorithm": "", "signature algorithm": "",
    "signature": "", "extensions": "", "version": "", "[0] version": "", "public exponent": "",
    "extension": "", "critical": "", "usages": "", "usage oids": "", "keyid": "", "y": "",
    "ca": "", "pathlenconstraint": "", "altnames": "",
}  # fmt: skip
_LABEL = re.compile(r"\s*(\[0\]\s+\w+|[A-Za-z][A-Za-z ]*?)\s*:(.*)")
_PLAIN = re.compile(r"\s*(?:[\[\]]|[0-9a-f]{4}: |\d+\) |critical\()")
_KINDS = {
    "CN": "CN", "OU": "OU", "O": "O", "L": "L", "ST": "ST", "S": "ST", "C": "C", "DC": "DC",
    "SERIALNUMBER": "serialNumber", "EMAILADDRESS": "emailAddress", "E": "emailAddress",
}  # fmt: skip
_PART = re.compile(
    r'\s*(?:OID\.)?([A-Za-z][\w.]*|\d+(?:\.\d+)+)\s*=\s*("(?:[^"\\]|\\.)*"|(?:[^",;\\]|\\.)*)\s*([,;]|$)'
)


@dataclass(frozen=True, slots=True)
class ReadCertificate:
    """What a dump says of a certificate; `certificate` where its PEM was in the dump.

    `key_bits` is None where the dump does not show the key whole. `zone` is the printed one,
    `zone_is_known` whether its offset is (always, where the PEM gives the dates).
    """

    layout: Layout
    subject: DistinguishedName
    issuer: DistinguishedName
    serial: int
    not_before: datetime
    not_after: datetime
    has_rsa_key: bool
    key_bits: int | None
    zone: str
    zone_is_known: bool
    certificate: Certificate | None
    line_number: int


def is_present(capture: Capture) -> bool:
    """Tell whether a capture is such a dump, by its command or by a label of each kind."""
    if re.match(r"show\s+cert\s+(?!list\b)\w", capture.command, re.IGNORECASE):
        return True
    found = {
        _LABELS.get(" ".join(match[1].lower().split()), "")
        for line in capture.filled
        if (match := _LABEL.match(line.text))
    }
    return {"issuer", "from"} <= found


def read(capture: Capture) -> ReadCertificate:
    """Read a dump in either layout.

    Raises:
        InputError: a field that is missing or cannot be read, or one the PEM contradicts.
    """
    dump, certificate = _parted(capture, list(capture.filled))
    fields = _fields(capture, dump)
    layout = Layout.ISSUER_NAME
    if "serial decimal" in fields:
        layout = Layout.ISSUER_DN
    serial = _serial(capture, fields)
    if certificate is not None:
        line = fields["serial decimal" if layout is Layout.ISSUER_DN else "serial"]
        if certificate.serial not in serial:
            raise fault_at(
                capture, line, f"serial number {quoted(line.text)}",
                f"{certificate.serial_bytes.hex().upper()}, as the PEM below it has",
            )  # fmt: skip
        return ReadCertificate(
            layout, certificate.subject_name, certificate.issuer_name, certificate.serial,
            certificate.not_before, certificate.not_after, certificate.has_rsa_key,
            certificate.key_bits, "UTC", True, certificate, line.number,
        )  # fmt: skip
    start, zone = _date(capture, fields, "from")
    end, end_zone = _date(capture, fields, "to")
    key = _required(capture, fields, "key")
    is_rsa = "RSA" in key.text.upper()
    return ReadCertificate(
        layout=layout,
        subject=_name(capture, _required(capture, fields, "subject"), layout),
        issuer=_name(capture, _required(capture, fields, "issuer"), layout),
        serial=serial[0],
        not_before=start,
        not_after=end,
        has_rsa_key=is_rsa,
        key_bits=_key_bits(fields, is_rsa),
        zone=zone,
        zone_is_known={zone, end_zone} <= dates.ZONE_HOURS.keys(),
        certificate=None,
        line_number=key.number,
    )


def read_text(text: str, name: str) -> ReadCertificate:
    """Read the dump of a text that holds nothing else.

    Raises:
        InputError: as `read`, or more than one command's output.
    """
    return read(single(text, name))


def _parted(capture: Capture, lines: list[Line]) -> tuple[list[Line], Certificate | None]:
    """Return the lines above the PEM, and the certificate of the PEM."""
    begins = [place for place, line in enumerate(lines) if BEGIN in line.text]
    if not begins:
        return lines, None
    first = lines[begins[0]]
    head, _, _ = first.text.partition(BEGIN)
    pem = [BEGIN]
    for line in lines[begins[0] + 1 :]:
        pem.append(line.text.strip())
        if END in line.text:
            break
    else:
        raise fault_at(capture, first, "a PEM that does not end", END)
    try:
        certificate = Certificate.from_pem("\n".join(pem) + "\n")
    except FormatError as error:
        raise fault_at(capture, first, str(error), "one certificate") from None
    return [*lines[: begins[0]], Line(first.number, head)], certificate


def _fields(capture: Capture, lines: list[Line]) -> dict[str, Line]:
    """Return the values by field; the first of each, those inside extensions left out."""
    fields: dict[str, Line] = {}
    for line in unwrapped(capture, lines, _starts):
        if (match := _LABEL.match(line.text)) is None:
            continue
        word = _LABELS.get(" ".join(match[1].lower().split()), "")
        if word and word not in fields:
            fields[word] = Line(line.number, match[2].strip())
    return fields


def _starts(text: str) -> bool:
    if _PLAIN.match(text):
        return True
    match = _LABEL.match(text)
    return match is not None and " ".join(match[1].lower().split()) in _LABELS


def _required(capture: Capture, fields: Mapping[str, Line], word: str) -> Line:
    if word not in fields:
        raise fault_at(capture, None, f"no {word} in the dump", "show cert's own fields")
    return fields[word]


def _serial(capture: Capture, fields: Mapping[str, Line]) -> tuple[int, ...]:
    """Return the numbers a printed serial may mean, the likelier first."""
    decimal = fields.get("serial decimal")
    line = decimal or _required(capture, fields, "serial")
    text = line.text.replace(":", "").replace(" ", "")
    if not re.fullmatch(r"[0-9A-Fa-f]{1,60}", text):
        raise fault_at(capture, line, f"serial number {quoted(line.text)}", "hexadecimal digits")
    if decimal is not None and text.isdecimal():
        return int(text), int(text, 16)
    return (int(text, 16),)


def _date(capture: Capture, fields: Mapping[str, Line], word: str) -> tuple[datetime, str]:
    line = _required(capture, fields, word)
    if (date := dates.read(line.text)) is None:
        raise fault_at(capture, line, quoted(line.text), dates.EXAMPLE)
    return date


def _name(capture: Capture, line: Line, layout: Layout) -> DistinguishedName:
    """Read a printed name into DER order, which the older layout prints reversed."""
    pairs: list[tuple[str, str]] = []
    position, text = 0, line.text
    while position < len(text):
        part = _PART.match(text, position)
        kind = "" if part is None else _KINDS.get(part[1].upper(), part[1])
        if part is None or not part[2] or (kind not in _KINDS.values() and "." not in kind):
            expected = "a name as CN=..., OU=..., O=..."
            raise fault_at(capture, line, quoted(text[position:]), expected)
        value = part[2][1:-1] if part[2][:1] == '"' else part[2].rstrip()
        pairs.append((kind, re.sub(r"\\(.)", r"\1", value)))
        position = part.end()
    if not pairs:
        raise fault_at(capture, line, "an empty name", "a name as CN=..., OU=..., O=...")
    is_older = layout is Layout.ISSUER_NAME
    return DistinguishedName(tuple(reversed(pairs) if is_older else pairs))


def _key_bits(fields: Mapping[str, Line], is_rsa: bool) -> int | None:
    """Return the key's size, bits, where the dump holds the key whole."""
    shown = fields.get("key value") or fields.get("modulus") or fields.get("x")
    digits = re.sub(r"\s", "", shown.text) if shown else ""
    if not re.fullmatch(r"[0-9A-Fa-f]+", digits):
        return None
    if "modulus" in fields and "key value" not in fields:
        return int(digits, 16).bit_length()
    if is_rsa:
        try:
            return rsa_numbers(bytes.fromhex(digits))[0].bit_length()
        except ValueError:
            return None
    octets = len(digits) // 2 if "x" in fields else (len(digits) // 2 - 1) // 2
    return {32: 256, 48: 384, 66: 521}.get(octets)
