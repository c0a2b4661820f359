"""Views of certificates and trust lists.

Knows: their fields. Must not know HTML (`twin.notebook.view`) nor who trusts whom.
"""

from __future__ import annotations

from datetime import UTC, datetime

from twin.notebook.view import Cell, Text, View
from twin.outputs.trust_list_dump import ROLE_TITLES
from twin.pki.certificates import Certificate
from twin.pki.list_header import ListHeader
from twin.pki.list_record import Record
from twin.pki.trust_list import TrustList


def certificate(shown: Certificate) -> View:
    """A certificate: names, serial number, dates, key, fingerprint."""
    view = View(f"Certificate of {shown.common_name}")
    issuer: Cell = "itself" if shown.is_self_issued else shown.issuer
    kind = "RSA" if shown.has_rsa_key else "EC"
    rows: list[tuple[Cell, Cell]] = [
        ("subject", shown.subject),
        ("issuer", issuer),
        ("serial number", Text(shown.serial_bytes.hex(":"), code=True)),
        ("valid", f"{shown.not_before:%Y-%m-%d %H:%M} to {shown.not_after:%Y-%m-%d %H:%M} UTC"),
        ("key", f"{shown.key_bits}-bit {kind}"),
        ("signed with", shown.signature_hash),
        ("SHA-1 of its DER", Text(shown.sha1.hex(":"), code=True)),
        ("size", f"{len(shown.der):,} bytes"),
    ]
    view.table("", (), rows)
    return view


def trust_list(shown: TrustList) -> View:
    """A CTL or ITL: who signed it and when, and its records in file order."""
    name = shown.header.filename or "a trust list"
    view = View(f"{name}, {len(shown.records)} records, {len(shown.encode()):,} bytes")
    if shown.header.timestamp_s is not None:
        made = datetime.fromtimestamp(shown.header.timestamp_s, UTC)
        view.say(f"made {made:%Y-%m-%d %H:%M:%S} UTC")
    if shown.outer is not None:
        view.say(f"reset: a second header stands in front, signed by {_signer(shown.outer)}")
    view.say(f"signed by {_signer(shown.header)}")
    rows = [(place, *_record(record)) for place, record in enumerate(shown.records, start=1)]
    view.table("", ("#", "trusted as", "certificate of", "serial number", "holds", "bytes"), rows)
    return view


def name_of(subject: str | None) -> str:
    """The common name in a trust list's name string; the string itself if it has none."""
    parts = (subject or "").split(";")
    return next((part[3:] for part in parts if part.upper().startswith("CN=")), subject or "")


def role_title(role: int) -> str:
    """What a role of a record is called."""
    title = ROLE_TITLES.get(role, f"role {role}")
    return f"SAST ({title})" if role == 0 else title


def _record(record: Record) -> tuple[Cell, ...]:
    if record.certificate is not None:
        holds = "the certificate"
    else:
        holds = "its SHA-1 only" if record.certificate_hash is not None else "no certificate"
    serial = (record.serial or b"").hex()
    shown = Text(serial if len(serial) <= 16 else f"{serial[:8]}…{serial[-8:]}", code=True)
    name = name_of(record.subject)
    return role_title(record.role), name, shown, holds, len(record.encode())


def _signer(header: ListHeader) -> str:
    strength = f"{header.modulus_bits}-bit RSA, {header.digest.name}"
    return f"{name_of(header.signer)}, serial number {header.serial.hex()} ({strength})"
