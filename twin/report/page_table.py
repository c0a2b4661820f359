"""A table of a page: caption, columns, cells, and what was cut off.

Knows: words in cells. Must not know what they are about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from twin.report.page import ROWS_MOST


class Mark(StrEnum):
    """How a cell is meant; it is said in words, too, never by colour alone."""

    PLAIN = ""
    GOOD = "good"
    BAD = "bad"
    QUIET = "quiet"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Cell:
    """Words, and how they are meant."""

    words: str
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table. `numbers` are the columns set flush right; the first column names its row."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: frozenset[str] = frozenset()
    more: str = ""
    """What was left out, and where it is."""


def page_table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Cell]],
    *,
    numbers: Iterable[str] = (),
    most: int = ROWS_MOST,
    rest: str = "",
) -> PageTable:
    """A table of at most `most` rows.

    Args:
        rest: where the rows that are cut off can be found.
    """
    made = [
        tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells) for cells in rows
    ]
    hidden = len(made) - most
    more = f"{hidden:,} more rows are not shown; {rest}" if hidden > 0 else ""
    return PageTable(caption, tuple(columns), tuple(made[:most]), frozenset(numbers), more)


def bad_if(number: int, words: str | None = None) -> Cell:
    """A count that is bad news unless it is 0."""
    return Cell(words or f"{number:,}", Mark.BAD if number else Mark.PLAIN)


def code(words: str) -> Cell:
    """A name or a command, as it is written."""
    return Cell(words, Mark.CODE)
