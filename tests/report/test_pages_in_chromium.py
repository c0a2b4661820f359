"""Pages in a real browser: no accessibility fault, no sideways scrolling, nothing asked for.

Every page is opened without a network, in both themes, on a desk, on a phone and on paper. axe
(WCAG 2 A and AA and its best practices) has to find nothing in any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import twin
from tests.browser import NARROW, WIDE, Browser, Scheme, chromium, overflow, violations
from twin.report.reports import report_of, runbook_of
from twin.study.run import run_experiment

pytestmark = pytest.mark.chromium

PAPER = 794
LOOKS: tuple[tuple[Scheme, int, str], ...] = (
    ("light", WIDE, "screen"),
    ("dark", WIDE, "screen"),
    ("light", NARROW, "screen"),
    ("dark", NARROW, "screen"),
    ("light", PAPER, "print"),
)
PAGES = ("storm", "stuck", "outside", "sweep", "window", "runbook")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One page of each kind."""
    folder = tmp_path_factory.mktemp("pages")
    runs = {
        "storm": "how-is-a-cluster-renewed-with-tvs-last",
        "stuck": "what-if-both-change-on-a-single-server",
        "outside": "does-mra-survive-a-new-callmanager",
    }
    for name, experiment in runs.items():
        run_experiment(experiment, directory=folder / name)
    twin.sweep(
        "callmanager-regeneration", vary={"timing.p_busy": [0.0, 0.2]}, replicates=6, workers=0,
        out=folder / "sweep",
    )  # fmt: skip
    twin.window(
        "how-long-must-the-window-be", model="two-node-1000", replicates=3, workers=0,
        out=folder / "window",
    )  # fmt: skip
    made = {name: report_of(folder / name) for name in PAGES[:-1]}
    made["runbook"] = runbook_of(str(folder / "storm"), html=True)
    files = {}
    for name, text in made.items():
        files[name] = folder / f"{name}.html"
        files[name].write_text(text, encoding="utf-8")
    return files


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for all tests of this file."""
    with chromium() as running:
        yield running


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits(
    name: str, look: tuple[Scheme, int, str], browser: Browser, pages: dict[str, Path]
) -> None:
    """axe finds nothing, and the page is no wider than the window."""
    with browser.page(pages[name], *look) as page:
        assert violations(page) == []
        assert overflow(page) == 0


def colours(page: Any) -> list[str]:
    """Of the page's ground, and of the words in its first figure."""
    found: list[str] = page.evaluate(
        "[getComputedStyle(document.documentElement).backgroundColor,"
        " getComputedStyle(document.querySelector('svg.figure text')).fill]"
    )
    return found


def test_the_themes_differ_and_paper_is_always_light(
    browser: Browser, pages: dict[str, Path]
) -> None:
    """The dark theme turns page and figures dark; print does not follow it."""
    looks: tuple[tuple[Scheme, str], ...] = (
        ("light", "screen"), ("dark", "screen"), ("dark", "print"),
    )  # fmt: skip
    seen = []
    for scheme, media in looks:
        with browser.page(pages["storm"], scheme, WIDE, media) as page:
            seen.append(colours(page))
    light, dark, paper = seen
    assert light[0] == paper[0] == "rgb(255, 255, 255)"
    assert light[1] == paper[1]
    assert dark[0] != light[0]
    assert dark[1] != light[1]


def test_the_keyboard_reaches_the_content_first(browser: Browser, pages: dict[str, Path]) -> None:
    """The first tab stop skips to the content; the next scrolls a figure and can be seen."""
    with browser.page(pages["storm"]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "scroll"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_report_prints_on_several_pages(browser: Browser, pages: dict[str, Path]) -> None:
    """Printed, a report is a PDF of more than one page."""
    with browser.page(pages["stuck"], "light", PAPER, "print") as page:
        printed = page.pdf()
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page/") > 1
