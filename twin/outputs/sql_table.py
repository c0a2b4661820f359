"""What `run sql` prints: a header row, a row of `=` per column, a row per record.

Knows the table's shape, wrapped or with certificates inside. Does not know SQL nor any table.

Source: `run sql` in Cisco 118893 and 210541 (columns as wide as their longest value);
the Cisco TAC deck of March 2016 for NULL and for a table copied with tabs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from twin.outputs.capture import Capture, Line, fault_at, quoted, single

NULL = "NULL"

MAX_ROWS = 500_000
"""Rows read from one listing."""

_RULE = re.compile(r"\s*=+(\s+=+)*\s*")


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A result: column names and rows; None is NULL. `line_numbers` are those of the rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    line_numbers: tuple[int, ...] = ()

    def dicts(self) -> Iterator[dict[str, str | None]]:
        """Yield each row by column name in lower case."""
        names = [column.lower() for column in self.columns]
        for row in self.rows:
            yield dict(zip(names, row, strict=True))


def write(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the table's text; None is printed as NULL, anything else as `str` has it.

    Raises:
        ValueError: no column, or a row of another length.
    """
    if not columns:
        raise ValueError("a table without a column")
    shown = [[NULL if value is None else str(value) for value in row] for row in rows]
    for row in shown:
        if len(row) != len(columns):
            raise ValueError(f"a row of {len(row)} values for {len(columns)} columns")
    widths = [
        max(len(column), *(len(row[place]) for row in shown)) if shown else len(column)
        for place, column in enumerate(columns)
    ]
    lines = [list(columns), ["=" * width for width in widths], *shown]
    return "".join(
        "".join(f"{cell:<{width}} " for cell, width in zip(line, widths, strict=True)) + "\n"
        for line in lines
    )


def is_present(capture: Capture) -> bool:
    """Tell whether a capture is a table: a row of `=` in it, or `run sql` before tabs."""
    if any(_RULE.fullmatch(line.text) for line in capture.filled):
        return True
    is_sql = re.match(r"run\s+sql\b", capture.command, re.IGNORECASE) is not None
    return is_sql and any("\t" in line.text for line in capture.filled)


def read(capture: Capture) -> SqlTable:
    """Read a table.

    The row of `=` gives the columns. Where the terminal wrapped it, as many lines make each row.
    A table whose cells are parted by tabs needs no such row.

    Raises:
        InputError: no header, no row of `=`, a row that does not fit, or too many rows.
    """
    lines = [line for line in capture.lines if line.text.strip()]
    rules = [place for place, line in enumerate(lines) if _RULE.fullmatch(line.text)]
    if not rules:
        return _read_tabs(capture, lines)
    count = 1
    while rules[0] + count in rules:
        count += 1
    if rules[0] < count:
        raise fault_at(capture, lines[rules[0]], "a row of = first", "the column names before it")
    head, body = lines[rules[0] - count : rules[0]], lines[rules[0] + count :]
    width = len(lines[rules[0]].text.rstrip()) if count > 1 else 0
    rule = _joined(lines[rules[0] : rules[0] + count], width)
    spans = [match.span() for match in re.finditer(r"=+", rule)]
    columns = tuple(cell or "" for cell in _cells(_joined(head, width), spans))
    if "" in columns:
        raise fault_at(capture, head[0], quoted(head[0].text), f"{len(spans)} column names")
    rows: list[tuple[str | None, ...]] = []
    numbers = []
    for first, text in _rows(capture, body, count, width):
        if len(rows) == MAX_ROWS:
            raise fault_at(capture, first, f"more than {MAX_ROWS} rows", "fewer")
        broken = [text[start - 1] for start, _ in spans[1:] if len(text) >= start]
        if any(not between.isspace() for between in broken):
            raise fault_at(capture, first, quoted(text), f"{len(spans)} values under the row of =")
        rows.append(tuple(None if cell == NULL else cell for cell in _cells(text, spans)))
        numbers.append(first.number)
    return SqlTable(columns, tuple(rows), tuple(numbers))


def read_text(text: str, name: str) -> SqlTable:
    """Read the table of a text that holds nothing else.

    Raises:
        InputError: as `read`, or more than one command's output.
    """
    return read(single(text, name))


def _rows(
    capture: Capture, body: Sequence[Line], count: int, width: int
) -> Iterator[tuple[Line, str]]:
    """Yield each row's first line and its text; a PEM value goes over several lines."""
    place = 0
    while place < len(body):
        first = body[place]
        text = _joined(body[place : place + count], width)
        place += count
        while text.count("-----BEGIN ") > text.count("-----END "):
            if place >= len(body):
                raise fault_at(capture, first, "a PEM value that does not end", "-----END ...")
            text = f"{text}\n{body[place].text}"
            place += 1
        yield first, text


def _joined(lines: Sequence[Line], width: int) -> str:
    """Join the pieces of one wrapped line; what the log stripped at the width is put back."""
    *before, last = [line.text for line in lines]
    return "".join(text[:width].ljust(width) for text in before) + last


def _cells(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    ends = [*(start for start, _ in spans[1:]), len(text)]
    return [text[start:end].strip() for (start, _), end in zip(spans, ends, strict=True)]


def _read_tabs(capture: Capture, lines: Sequence[Line]) -> SqlTable:
    if not lines or "\t" not in lines[0].text:
        found = "nothing" if not lines else quoted(lines[0].text)
        line = lines[0] if lines else None
        raise fault_at(capture, line, found, "column names over a row of =, or parted by tabs")
    columns = tuple(cell.strip() for cell in lines[0].text.split("\t"))
    rows: list[tuple[str | None, ...]] = []
    numbers = []
    for line in lines[1:]:
        cells = [cell.strip() for cell in line.text.split("\t")]
        if len(cells) != len(columns):
            raise fault_at(
                capture, line, f"{len(cells)} values", f"{len(columns)}, as there are columns"
            )
        rows.append(tuple(None if cell == NULL else cell for cell in cells))
        numbers.append(line.number)
    return SqlTable(columns, tuple(rows), tuple(numbers))
