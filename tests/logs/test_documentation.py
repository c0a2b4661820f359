"""The page about logs names what there is."""

from __future__ import annotations

import re
from pathlib import Path

from twin.logs import FAMILIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "logs.md"


def test_the_page_lists_every_log_with_its_file() -> None:
    """Name and file of every log stand in the table, and no others do."""
    rows = re.findall(r"^\| ([a-z-]+) \| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.M)
    assert dict(rows) == {family.name: family.path for family in FAMILIES}
