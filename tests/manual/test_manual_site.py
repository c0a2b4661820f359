"""The manual as a site: it builds without a warning, works offline, and anyone can read it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import NARROW, WIDE, Browser, Scheme, chromium, overflow, violations

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manual, built; a broken link is an error (`strict` in mkdocs.yml)."""
    folder = tmp_path_factory.mktemp("manual") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)],
        cwd=REPOSITORY, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the pages."""
    with chromium() as running:
        yield running


def _pages(site: Path) -> list[Path]:
    # A web server shows 404.html, with addresses that a file has not.
    return sorted(page for page in site.rglob("*.html") if page.name != "404.html")


def test_every_page_is_in_the_table_of_contents(site: Path) -> None:
    """Whoever reads on gets everywhere."""
    front = (site / "index.html").read_text(encoding="utf-8")
    known = set(re.findall(r'href="([\w/.-]+\.html)"', front))
    assert {page.relative_to(site).as_posix() for page in _pages(site)} <= known


def test_the_reference_knows_every_command_word_and_parameter(site: Path) -> None:
    """What the program has and the reference lacks would be noticed here."""
    text = (site / "reference" / "actions.html").read_text(encoding="utf-8")
    assert {"regenerate", "itl_reset", "start_service", "restart_service"} <= set(
        re.findall(r'<h2 id="(\w+)"', text)
    )
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert "twin sweep" in commands
    parameters = (site / "reference" / "parameters.html").read_text(encoding="utf-8")
    assert "reset_pace_per_ccm_per_s" in parameters


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_anyone_can_read_the_manual(site: Path, browser: Browser, scheme: Scheme) -> None:
    """No page has an accessibility violation, in either theme, and none needs the network."""
    found = {}
    for file in _pages(site):
        with browser.page(file, scheme, WIDE) as page:
            if told := violations(page):
                found[file.relative_to(site).as_posix()] = told
    assert found == {}


@pytest.mark.chromium
def test_the_manual_fits_a_phone(site: Path, browser: Browser) -> None:
    """No page is wider than 360 pixels: tables and code scroll by themselves."""
    wide = {}
    for file in _pages(site):
        with browser.page(file, "light", NARROW) as page:
            wide[file.name] = overflow(page)
    assert {name: by for name, by in wide.items() if by > 0} == {}
