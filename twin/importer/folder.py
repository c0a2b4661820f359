"""A folder of captures: which files there are, what each is, and what they say.

Knows how to tell kinds of files by their content, and the bounds within which they are read. Does
not know what to make of it all (`merging`). Reads only; a private key is never read further than
the line that says it is one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from twin.config.words import TrustUnit, Unit
from twin.errors import Fault, FormatError, InputError, LibraryError
from twin.importer import perfmon
from twin.importer.evidence import (
    CertificateFact,
    CounterFact,
    Evidence,
    ListingFact,
    Place,
    Row,
    ShownListFact,
    TableFact,
)
from twin.outputs import certificate_list, certificate_reading, sql_table, trust_list_reading
from twin.outputs.capture import Capture, split
from twin.pki import bundles

MAX_FILES = 5000
"""Files looked at in one folder."""

MAX_DEPTH = 6
"""Folders inside folders that are looked into."""

MAX_FILE_BYTES = 16 << 20
"""Largest file that is read: a phone export of eighty thousand phones is half of it."""

MAX_CSV_ROWS = 200_000
"""Rows read from one CSV file."""

_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_VERSION = re.compile(r"Active Master Version:\s*([\w.\-]{3,40})")
_FROM = re.compile(r"\bfrom\s+([a-z_]\w*)", re.IGNORECASE)
_UNITS: dict[str, str] = {word.value.lower(): str(word) for word in (*Unit, *TrustUnit)}
_DEVICE_COLUMNS = ("device name", "mac address", "device pool")
TABLES: dict[str, frozenset[str]] = {
    "callmanagergroupmember": frozenset({"fkcallmanagergroup", "priority"}),
    "processnodeservice": frozenset({"servername", "enable"}),
    "processconfig": frozenset({"paramname", "paramvalue"}),
    "certificate": frozenset({"subjectname", "serialnumber"}),
    "typemodel": frozenset({"enum", "name"}),
    "callmanager": frozenset({"name", "fkprocessnode"}),
    "devicepool": frozenset({"name", "fkcallmanagergroup"}),
    "device": frozenset({"name", "fkdevicepool"}),
    "processnode": frozenset({"name", "tknodeusage"}),
    "callmanagergroup": frozenset({"pkid", "name"}),
}
"""Tables that are used, with columns that tell one where the command is not in the capture."""


def read_folder(folder: Path) -> Evidence:
    """Read every file of a folder and of those inside it.

    Raises:
        LibraryError: there is no such folder. InputError: too many files in it.
    """
    if not folder.is_dir():
        raise LibraryError(Fault(str(folder), "no such folder", "a folder of captures"))
    evidence = Evidence()
    for path in _files(folder, folder, 0):
        name = path.relative_to(folder).as_posix()
        try:
            _read_file(path, name, evidence)
        except (InputError, FormatError) as error:
            evidence.report.not_read(name, str(error))
        except OSError as error:
            evidence.report.not_read(name, f"cannot be opened: {error.strerror}")
    return evidence


def _files(root: Path, folder: Path, depth: int) -> Iterator[Path]:
    """Every plain file in order of its path; links are not followed."""
    count = 0
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir() and depth < MAX_DEPTH:
            for inner in _files(root, path, depth + 1):
                yield inner
                count += 1
        elif path.is_file():
            yield path
            count += 1
        if count > MAX_FILES:
            found = f"more than {MAX_FILES} files"
            raise InputError(Fault(str(root), found, "a folder of captures alone"))


def _read_file(path: Path, name: str, evidence: Evidence) -> None:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        evidence.report.not_read(name, f"{size} bytes: at most {MAX_FILE_BYTES} are read")
        return
    data = path.read_bytes()
    if _PRIVATE_KEY.search(data):
        evidence.report.not_read(name, "holds a private key: not read, remove it from the folder")
        return
    if data[:1] == b"\x30" or b"-----BEGIN PKCS7-----" in data:
        _read_certificates(data, name, evidence)
        return
    if b"\x00" in data.replace(b"\xff\xfe", b"", 1)[:4096] and not data.startswith(b"\xff\xfe"):
        evidence.report.not_read(name, "a binary file of no known kind")
        return
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    _read_text(data.decode(encoding, errors="replace"), name, evidence)


def _read_text(text: str, name: str, evidence: Evidence) -> None:
    if not text.strip():
        evidence.report.not_read(name, "empty")
    elif perfmon.is_present(text):
        _read_counters(text, name, evidence)
    elif _is_phone_export(text):
        evidence.bat.append(_phone_export(text, name))
    elif _read_captures(text, name, evidence):
        pass
    elif _PEM.search(text):
        _read_certificates(text.encode(), name, evidence)
    elif (table := _plain_csv(text, name)) is not None:
        evidence.tables.append(table)
    else:
        evidence.report.not_read(name, "nothing the import knows")


def _read_certificates(data: bytes, name: str, evidence: Evidence) -> None:
    """A file of certificates; where it holds a chain, each is one, and only the leaf has a unit."""
    found = bundles.read(data)
    for certificate in found.certificates:
        unit = unit_of_file(name) if certificate == found.leaf() else ""
        evidence.certificates.append(CertificateFact.of(certificate, Place(name), unit))


def unit_of_file(name: str) -> str:
    """The unit a path names: its folder's or its file's, or a word of the file's name."""
    *folders, file = name.split("/")
    for folder in reversed(folders):
        if folder.lower() in _UNITS:
            return _UNITS[folder.lower()]
    stem = file.rpartition(".")[0] or file
    for word in (stem, *re.split(r"[_ .]", stem)):
        if word.lower() in _UNITS:
            return _UNITS[word.lower()]
    return ""


def _read_captures(text: str, name: str, evidence: Evidence) -> bool:
    """Each command's output; whether there was any that is known."""
    known = False
    for capture in split(text, name):
        place = Place(name, capture.first if capture.command else 0)
        try:
            known |= _read_capture(capture, place, evidence)
        except InputError as error:
            evidence.report.not_read(str(place), str(error))
            known = True
    return known


def _read_capture(capture: Capture, place: Place, evidence: Evidence) -> bool:
    """One command's output; whether it is known."""
    versions = (_VERSION.search(line.text) for line in capture.filled)
    if version := next((match for match in versions if match), None):
        evidence.versions.append((place, version[1]))
    elif not capture.filled:
        return bool(capture.command)
    elif trust_list_reading.is_present(capture):
        evidence.lists.append(ShownListFact(place, trust_list_reading.read(capture)))
    elif sql_table.is_present(capture):
        _read_table(capture, place, evidence)
    elif certificate_reading.is_present(capture):
        _read_dump(capture, place, evidence)
    elif certificate_list.is_present(capture):
        evidence.listings.append(ListingFact(place, certificate_list.read(capture)))
    elif capture.command:
        evidence.report.not_read(str(place), f"output of {capture.command[:60]!r}: not used")
    else:
        return False
    return True


def _read_dump(capture: Capture, place: Place, evidence: Evidence) -> None:
    found = certificate_reading.read(capture)
    if not found.zone_is_known:
        evidence.report.default(
            f"zone {found.zone} of {place}",
            "UTC",
            "its offset is not known: dates may be hours off",
        )
    evidence.layouts.add(str(found.layout))
    asked = re.match(r"show\s+cert\s+\w+\s+(?:([\w-]+)/)?([\w.-]+)", capture.command)
    unit = ""
    if asked is not None:
        word = (asked[1] or asked[2].removesuffix(".pem")).lower()
        unit = _UNITS.get(word, "")
        if asked[0].split()[2].lower() == "trust" and not unit.endswith("-trust"):
            unit = "tomcat-trust" if not unit else f"{unit}-trust"
    unit = unit or unit_of_file(place.file)
    evidence.certificates.append(
        CertificateFact(
            place, unit, found.subject, found.issuer, found.serial, found.not_before,
            found.not_after, found.has_rsa_key, found.key_bits, found.certificate,
        )
    )  # fmt: skip


def _read_table(capture: Capture, place: Place, evidence: Evidence) -> None:
    table = sql_table.read(capture)
    columns = frozenset(column.lower() for column in table.columns)
    name = _table_name(capture.command, place.file, columns)
    if name is None:
        evidence.report.not_read(str(place), f"a table that is not used: {', '.join(columns)[:80]}")
        return
    rows = tuple(
        {key: value for key, value in row.items() if value is not None} for row in table.dicts()
    )
    evidence.tables.append(TableFact(place, name, rows))


def _table_name(command: str, file: str, columns: frozenset[str]) -> str | None:
    """The table of a listing: by its command, by the file's name, or by its columns."""
    if (asked := _FROM.search(command)) and asked[1].lower() in TABLES:
        return asked[1].lower()
    stem = re.split(r"[^a-z]+", file.rpartition("/")[2].lower())
    for name in sorted(TABLES, key=len, reverse=True):
        if name in stem:
            return name
    if {"name", "tkmodel"} <= columns or {"name", "devicepool"} <= columns:
        return "device"
    return next((name for name, needed in TABLES.items() if needed <= columns), None)


def _first_row(text: str) -> list[str]:
    head = text.lstrip("\ufeff \r\n").partition("\n")[0]
    try:
        return [cell.strip().lower() for cell in next(csv.reader([head]), [])]
    except csv.Error:
        return []


def _is_phone_export(text: str) -> bool:
    head = _first_row(text)
    return len(head) > 2 and sum(word in head for word in _DEVICE_COLUMNS) >= 2


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    try:
        for count, row in enumerate(reader):
            if count > MAX_CSV_ROWS:
                found = f"more than {MAX_CSV_ROWS} rows"
                raise InputError(Fault(f"{name}:{reader.line_num}", found, "fewer"))
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise InputError(Fault(f"{name}:{reader.line_num}", str(error), "CSV")) from None


def _phone_export(text: str, name: str) -> TableFact:
    """A BAT export: the columns by their titles in lower case; cells beyond them are dropped."""
    rows = _csv_rows(text, name)
    _, head = next(rows)
    titles = [cell.strip().lower() for cell in head]
    found: list[Row] = []
    for _, row in rows:
        pairs = zip(titles, row, strict=False)
        found.append({title: cell.strip() for title, cell in pairs if title and cell.strip()})
    return TableFact(Place(name), "bat", tuple(found))


def _plain_csv(text: str, name: str) -> TableFact | None:
    """A table of the database kept as CSV, told by its columns or by the file's name."""
    head = _first_row(text)
    if len(head) < 2 or not all(re.fullmatch(r"[a-z_][a-z0-9_ ]*", word) for word in head):
        return None
    table = _table_name("", name, frozenset(head))
    if table is None:
        return None
    rows = []
    for number, row in list(_csv_rows(text, name))[1:]:
        if len(row) != len(head):
            found = f"{len(row)} values"
            raise InputError(Fault(f"{name}:{number}", found, f"{len(head)}, as the first row has"))
        rows.append({key: cell.strip() for key, cell in zip(head, row, strict=True)
                     if cell.strip() not in ("", "NULL")})  # fmt: skip
    return TableFact(Place(name), table, tuple(rows))


def _read_counters(text: str, name: str, evidence: Evidence) -> None:
    log = perfmon.read(text, name)
    found = log.registered()
    if not found:
        evidence.report.not_read(name, "a perfmon log without RegisteredHardwarePhones")
    for node, values in found:
        largest = max((value for value in values if value == value), default=0.0)
        evidence.counters.append(
            CounterFact(Place(name), node, "RegisteredHardwarePhones", largest)
        )
