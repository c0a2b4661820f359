"""The failure catalogue as a whole: every row F01 to F64 in one table once, shown somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from twin import library

ROOT = Path(__file__).parents[2]
TABLES = ("edge-catalogue.md", "integrations-catalogue.md")
TESTS = Path(__file__).parent


def listed() -> Iterator[tuple[str, str]]:
    """Row and line of each table line that begins with rows."""
    for name in TABLES:
        for line in (ROOT / "docs" / name).read_text().splitlines():
            first = line.split("|")[1].strip() if line.startswith("|") else ""
            for row in re.findall(r"F\d\d", first):
                yield row, line


def test_every_row_is_there_once() -> None:
    """F01 to F64, none missing, none twice."""
    assert sorted(row for row, _ in listed()) == [f"F{number:02}" for number in range(1, 65)]


@pytest.mark.parametrize("row", [f"F{number:02}" for number in range(1, 65)])
def test_every_row_is_shown_somewhere(row: str) -> None:
    """The experiment or file that its line names is there; else a test of this folder names it."""
    (line,) = [line for found, line in listed() if found == row]
    named = re.findall(r"`([a-z0-9_-]+)(\.py)?`", line)
    for name, is_file in named:
        known = (TESTS / f"{name}.py").is_file() if is_file else name in library.experiments()
        assert known, name
    texts = [path.read_text() for path in TESTS.glob("test_*.py") if path != Path(__file__)]
    texts += [path.read_text() for path in (ROOT / "experiments").glob("*.yaml")]
    cases = [text for text in texts if re.search(rf"\b{row}\b|_{row.lower()}_", text)]
    assert named or cases
