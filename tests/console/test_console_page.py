"""The manual's page on the console shows a session of this version.

To renew it: python -m pytest tests/console/test_console_page.py --refresh-readme
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = "docs/how-to/use-the-console.md"
BLOCK = re.compile(r"<!-- session: seed-lab;[^\n]*-->\n```text\n(.*?)```", re.DOTALL)
KEYED = re.compile(r"SHA1 [0-9a-f]{40}")
"""A digest of a file with keys in it, which are others on every machine."""
SESSION = (
    "do {power: {on: false}}",
    "set cert regen CallManager",
    "set cert regen TVS",
    "advance 10m",
    "set cert regen TVS",
    "login sub1",
    "set cert regen TVS",
    "do {power: {on: true}}",
    "advance until all_phones_registered",
    "phones stuck",
    "why SEP885A92D977CA",
    "run sql select first 2 name,tkcertificatestatus,publickey from device where name like 'SEP%'",
    "history",
    "undo 2",
)


def test_the_page_shows_what_the_console_says(
    console: Callable[..., object],
    talk: Callable[..., str],
    repository: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Every line of the session on the page is printed now."""
    said = talk(console("seed-lab"), *SESSION)
    said = KEYED.sub("SHA1 ...", said)
    shown = "\n".join(line.rstrip() for line in said.splitlines()) + "\n"
    page = repository / PAGE
    text = page.read_text(encoding="utf-8")
    if request.config.getoption("--refresh-readme"):
        start, end = BLOCK.search(text).span(1)
        page.write_text(text[:start] + shown + text[end:], encoding="utf-8")
        text = page.read_text(encoding="utf-8")
    assert BLOCK.search(text).group(1) == shown
