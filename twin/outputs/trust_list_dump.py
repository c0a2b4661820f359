"""A trust list as the product's `show itl` and `show ctl` print it.

Knows the listing only; takes the file's bytes. Says what the product's command says: which
SAST record signed the file and whether the signature holds. `trust_list_reading` reads what
this module writes.

Source: listings of CTL files in Cisco 118892 and 118893, an ITL record in the Cisco TAC deck on
UC certificates of March 2016; the words without a CTL, Cisco 118893.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from twin.errors import FormatError
from twin.outputs import dates
from twin.pki import trust_list
from twin.pki.certificates import Certificate
from twin.pki.list_header import HeaderTag, ListHeader
from twin.pki.list_record import Record, Role

ROLE_TITLES: dict[int, str] = {
    Role.SAST: "System Administrator Security Token",
    Role.CCM: "CCM",
    Role.CCM_TFTP: "CCM+TFTP",
    Role.TFTP: "TFTP",
    Role.CAPF: "CAPF",
    Role.APP_SERVER: "APP-SERVER",
    Role.TVS: "TVS",
}

_TABLE_HEAD = (
    "BYTEPOS\tTAG\t\t\tLENGTH\tVALUE",
    "-------\t---\t\t\t------\t-----",
)
_BYTES_PER_ROW = 8


def missing(kind: str) -> str:
    """Return what the command prints where the node has no such file.

    Assumption: for an ITL the same words without the hint; no node without one was seen.
    """
    hint = ""
    if kind == "CTL":
        hint = " Please run CTLClient plugin or run the CLI - utils ctl.. to generate the CTL file."
    return (
        f"Length of {kind} file: 0\n{kind} File not found.{hint}\nError parsing the {kind} File.\n"
    )


def write(data: bytes, kind: str, last_modified: datetime) -> str:
    """Return the listing of the list `data`.

    Args:
        kind: "ITL" or "CTL", the word used throughout.
        last_modified: aware instant of the file's last change, printed in UTC.

    Raises:
        FormatError: `data` is no list.

    Assumption: the wording when no SAST record verifies the file; only good files were seen.
    """
    listed = trust_list.decode(data)
    header = listed.signing_header
    signer = _signer(data, listed)
    header_length = int.from_bytes(data[8:10], "big")
    lines = [
        f"The checksum value of the {kind} file:",
        f"{hashlib.md5(data, usedforsecurity=False).hexdigest()}(MD5)",
        f"{hashlib.sha1(data, usedforsecurity=False).hexdigest()}(SHA1)",
        "",
        f"Length of {kind} file: {len(data)}",
        f"The {kind} File was last modified on {dates.write(last_modified)}",
        "",
        f"\tParse {kind} File",
        "\t----------------",
        "",
        f"Version:\t{header.version[0]}.{header.version[1]}",
        f"HeaderLength:\t{header_length} (BYTES)",
        "",
        *_TABLE_HEAD,
        *_header_rows(header),
    ]
    for number, record in enumerate(listed.records, start=1):
        lines += ["", f"\t{kind} Record #:{number}", "\t\t  ----", *_TABLE_HEAD]
        lines += _record_rows(record)
        if record.role == Role.SAST:
            used = "was" if record is signer else "was not"
            lines.append(f"This etoken {used} used to sign the {kind} file.")
    lines.append("")
    if signer is None:
        lines.append(f"The {kind} file could not be verified.")
    else:
        lines.append(f"The {kind} file was verified successfully.")
    return "\n".join(lines) + "\n"


def _signer(data: bytes, listed: trust_list.TrustList) -> Record | None:
    """Return the SAST record whose certificate made the list's signature."""
    header = listed.signing_header
    for record in listed.find(header.issuer, header.serial, (Role.SAST,)):
        if record.certificate is None:
            continue
        try:
            certificate = Certificate.from_der(record.certificate)
        except FormatError:
            continue
        if not trust_list.verify_signature(data, certificate):
            return record
    return None


def _header_rows(header: ListHeader) -> list[str]:
    signer_bytes = len(header.signer.encode()) + 1
    issuer_bytes = len(header.issuer.encode()) + 1
    rows = [
        _row(
            HeaderTag.SIGNER_ID,
            "SIGNERID",
            2,
            str(9 + signer_bytes + len(header.serial) + issuer_bytes),
        ),
        _row(HeaderTag.SIGNER_NAME, "SIGNERNAME", signer_bytes, header.signer),
        _row(HeaderTag.SERIAL_NUMBER, "SERIALNUMBER", len(header.serial), _colons(header.serial)),
        _row(HeaderTag.CA_NAME, "CANAME", issuer_bytes, header.issuer),
        _row(HeaderTag.SIGNATURE_INFO, "SIGNATUREINFO", 2, "15"),
        _row(HeaderTag.DIGEST_ALGORITHM, "DIGESTALGORTITHM", 1),
        _row(HeaderTag.SIGNATURE_ALGORITHM_INFO, "SIGNATUREALGOINFO", 2, "8"),
        _row(HeaderTag.SIGNATURE_ALGORITHM, "SIGNATUREALGORTITHM", 1),
        _row(HeaderTag.SIGNATURE_MODULUS, "SIGNATUREMODULUS", 1),
        _row(HeaderTag.SIGNATURE, "SIGNATURE", len(header.signature)),
    ]
    for start in range(0, len(header.signature), _BYTES_PER_ROW):
        row = header.signature[start : start + _BYTES_PER_ROW]
        rows.append("".join(f"{byte:<4x}" for byte in row).rstrip())
    if header.filename is not None:
        rows.append(_row(HeaderTag.FILENAME, "FILENAME", len(header.filename.encode()) + 1))
    if header.timestamp_s is not None:
        rows.append(_row(HeaderTag.TIMESTAMP, "TIMESTAMP", 4))
    return rows


def _record_rows(record: Record) -> list[str]:
    """Return one row per element that is there; long values as the product abridges them."""
    fingerprint = hash_name = length = None
    if record.certificate is not None:
        digest = hashlib.sha1(record.certificate, usedforsecurity=False).digest()
        fingerprint = f"{digest.hex(' ').upper()} (SHA1 Hash HEX)"
        length = len(record.certificate)
    if record.hash_algorithm is not None:
        hash_name = "SHA-1" if record.hash_algorithm == 1 else str(record.hash_algorithm)
    shown: tuple[tuple[str, int | None, str | None], ...] = (
        ("RECORDLENGTH", 2, str(len(record.encode()))),
        ("DNSNAME", _string_bytes(record.dns_name), (record.dns_name or "").strip("\0")),
        ("SUBJECTNAME", _string_bytes(record.subject), record.subject),
        ("FUNCTION", 2, ROLE_TITLES.get(record.role, str(int(record.role)))),
        ("ISSUERNAME", _string_bytes(record.issuer), record.issuer),
        ("SERIALNUMBER", _bytes(record.serial), _colons(record.serial or b"")),
        ("PUBLICKEY", _bytes(record.public_key), None),
        ("SIGNATURE", _bytes(record.signature), None),
        ("CERTIFICATE", length, fingerprint),
        ("IPADDRESS", None if record.ip_address is None else 4, None),
        (
            "CERTHASH",
            _bytes(record.certificate_hash),
            (record.certificate_hash or b"").hex(" ").upper(),
        ),
        ("HASH ALGORITHM", None if record.hash_algorithm is None else 1, hash_name),
    )
    return [
        _row(tag, name, size, value or "")
        for tag, (name, size, value) in enumerate(shown, start=1)
        if size is not None
    ]


def _row(tag: int, name: str, length: int, value: str = "") -> str:
    return f"{tag:d}\t{name:<20}\t{length}\t{value}".rstrip()


def _colons(value: bytes) -> str:
    return value.hex(":").upper()


def _bytes(value: bytes | None) -> int | None:
    return None if value is None else len(value)


def _string_bytes(value: str | None) -> int | None:
    return None if value is None else len(value.encode()) + 1
