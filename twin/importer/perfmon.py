"""Counters that RTMT or the perfmon log wrote as CSV: a time per row, a counter per column.

Knows the file's form and which counters count registered phones. Does not know what the twin
would have counted: `twin calibrate` compares.

Source: RTMT's perfmon CSV form, header `(PDH-CSV 4.0) (zone)(minutes)` and columns
`\\\\node\\object\\counter`; object Cisco CallManager, counter RegisteredHardwarePhones.
Assumption: dates are month/day/year; a date that cannot be so is read day first.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from twin.errors import Fault, InputError

MAX_ROWS = 200_000
"""Rows read from one log: two weeks at six seconds."""

MAX_COLUMNS = 4096
"""Columns read from one log."""

REGISTERED = "registeredhardwarephones"
"""The counter of phones registered with a node, in lower case."""

_COLUMN = re.compile(r"\\\\([^\\]+)\\([^\\(]+)(?:\([^\\]*\))?\\([^\\]+)")
_HEAD = re.compile(r"\(PDH-CSV", re.IGNORECASE)
_DATES = ("%m/%d/%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S",
          "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y %H:%M")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One counter: node, object and name as written, and its values (nan: none)."""

    node: str
    object: str
    counter: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PerfmonLog:
    """A log: seconds since its first row, and its columns."""

    name: str
    start: datetime
    seconds: tuple[float, ...]
    columns: tuple[Column, ...]

    def registered(self) -> tuple[tuple[str, tuple[float, ...]], ...]:
        """(node, phones registered with it) of each column that counts them."""
        return tuple(
            (column.node, column.values)
            for column in self.columns
            if column.counter.replace(" ", "").lower() == REGISTERED
        )


def is_present(text: str) -> bool:
    """Tell whether a text is such a log, by its first line."""
    head = text.lstrip("\ufeff \r\n")[:65536].partition("\n")[0]
    return _HEAD.search(head) is not None or (len(_COLUMN.findall(head)) > 0 and "," in head)


def read(text: str, name: str) -> PerfmonLog:
    """Read a log.

    Raises:
        InputError: no counter, a row of another length, a time that cannot be read or goes back,
            or more rows or columns than are read.
    """
    rows = _rows(text, name)
    number, head = next(rows, (1, []))
    if not 2 <= len(head) <= MAX_COLUMNS:
        found = f"{len(head)} columns"
        raise InputError(Fault(f"{name}:1", found, f"a time and 1 to {MAX_COLUMNS - 1} counters"))
    parts = [_COLUMN.fullmatch(cell.strip()) for cell in head[1:]]
    if not any(parts):
        raise InputError(Fault(f"{name}:1", "no counter", r"columns as \\node\object\counter"))
    moments: list[datetime] = []
    values: list[list[float]] = [[] for _ in parts]
    for number, row in rows:
        if len(row) != len(head):
            found = f"{len(row)} values"
            raise InputError(Fault(f"{name}:{number}", found, f"{len(head)}, as the first row has"))
        if len(moments) == MAX_ROWS:
            raise InputError(Fault(f"{name}:{number}", f"more than {MAX_ROWS} rows", "fewer"))
        moment = _moment(row[0])
        if moment is None:
            found = repr(row[0][:60])
            expected = "a time as 02/07/2016 22:00:00.000"
            raise InputError(Fault(f"{name}:{number}", found, expected))
        if moments and moment <= moments[-1]:
            found = f"{row[0]!r} is not after the row before"
            raise InputError(Fault(f"{name}:{number}", found, "rows in order of time"))
        moments.append(moment)
        for place, cell in enumerate(row[1:]):
            values[place].append(_number(cell))
    if not moments:
        raise InputError(Fault(name, "no row", "a row per sample"))
    return PerfmonLog(
        name,
        moments[0],
        tuple((moment - moments[0]).total_seconds() for moment in moments),
        tuple(
            Column(part[1].strip(), part[2].strip(), part[3].strip(), tuple(values[place]))
            for place, part in enumerate(parts)
            if part is not None
        ),
    )


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    try:
        for row in reader:
            if row and any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise InputError(Fault(f"{name}:{reader.line_num}", str(error), "CSV")) from None


def _moment(text: str) -> datetime | None:
    for form in _DATES:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _number(cell: str) -> float:
    """A sample; a blank or a word is a gap."""
    try:
        number = float(cell)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
