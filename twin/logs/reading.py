"""Reading a log file: which log it is, its records, and what is wrong with it.

Knows: the logs of `twin.logs.catalogue`, limits, the words of complaints. A line in the form of its
log is a record, whatever it says; a line of another form is a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from twin.errors import Fault, InputError
from twin.logs.catalogue import FAMILIES
from twin.logs.family import Family
from twin.logs.shapes import LogRecord
from twin.logs.templates import MAX_LOOSE_LINE

MAX_BYTES = 256 * 1024 * 1024
MAX_LINES = 4_000_000
MOST_FAULTS = 20
"""So many faults are told of; the rest is counted."""
_LOOKED_AT = 200
"""Lines by which a log is recognised."""
_SHOWN = 80


def parse(source: str | Path | Iterable[str], kind: str | None = None) -> list[LogRecord]:
    """The records of a log, in the order of their first lines.

    Args:
        source: a path, or the lines themselves.
        kind: which log it is (`kinds`); None: it is recognised.

    Raises:
        InputError: it cannot be read, is too large, is no log that is known, or has lines that are
            none of that log's, each with its number.
    """
    if isinstance(source, str | Path):
        return _parse(_lines_of(Path(source)), str(source), kind)
    return _parse([line.rstrip("\r\n") for line in islice(source, MAX_LINES + 1)], "line", kind)


def kinds() -> tuple[str, ...]:
    """Names of the logs."""
    return tuple(family.name for family in FAMILIES)


def _parse(lines: Sequence[str], where: str, kind: str | None) -> list[LogRecord]:
    if len(lines) > MAX_LINES:
        raise InputError(Fault(where, f"more than {MAX_LINES} lines", "a shorter log"))
    if not any(line.strip() for line in lines):
        raise InputError(Fault(where, "no lines", "a log"))
    family = recognise(lines, where) if kind is None else _named(kind)
    records: list[LogRecord] = []
    faults: list[Fault] = []
    more = 0
    for found in family.records(lines):
        if isinstance(found, LogRecord):
            records.append(found)
        elif len(faults) < MOST_FAULTS:
            faults.append(_fault(family, lines[found], f"{where}:{found + 1}"))
        else:
            more += 1
    if more:
        faults.append(Fault(where, f"{more} more lines of another form"))
    if faults:
        raise InputError(faults)
    return sorted(records, key=lambda record: record.line)


def recognise(lines: Sequence[str], where: str = "line") -> Family:
    """Which log lines are of.

    Raises:
        InputError: of none.
    """
    head = list(islice(_written(lines), _LOOKED_AT))
    scores = [(family.knows(head), family) for family in FAMILIES]
    best, family = max(scores, key=lambda one: one[0])
    if best:
        return family
    first = next(number for number, line in enumerate(lines, 1) if line.strip())
    known = "; ".join(f"{one.name}: {one.example}" for one in FAMILIES)
    raise InputError(
        Fault(f"{where}:{first}", _short(head[0]), f"a line of one of these logs ({known})")
    )


def _written(lines: Iterable[str]) -> Iterator[str]:
    return (line for line in lines if line.strip())


def _named(kind: str) -> Family:
    for family in FAMILIES:
        if family.name == kind:
            return family
    nearest = get_close_matches(kind, kinds(), n=1, cutoff=0.5)
    raise InputError(
        Fault("kind", repr(kind), f"one of {', '.join(kinds())}", nearest[0] if nearest else None)
    )


def _fault(family: Family, line: str, place: str) -> Fault:
    if len(line) > MAX_LOOSE_LINE:
        return Fault(place, f"a line of {len(line)} characters", f"at most {MAX_LOOSE_LINE}")
    return Fault(place, _short(line), f"a line of the log {family.name} such as {family.example!r}")


def _short(line: str) -> str:
    return repr(line if len(line) <= _SHOWN else line[:_SHOWN] + "...")


def _lines_of(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                Fault(str(path), "too large", f"a log of at most {MAX_BYTES >> 20} MiB")
            )
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(Fault(str(path), error.strerror or "unreadable", "a log file")) from error
    except UnicodeDecodeError as error:
        raise InputError(Fault(str(path), f"byte {error.start} is not UTF-8", "a text")) from error
    return text.split("\n") if "\r" not in text else text.replace("\r\n", "\n").split("\n")
