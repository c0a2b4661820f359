"""Pages in a real browser: no accessibility fault, no sideways scrolling, nothing asked for.

Every page is opened without a network, in both themes, on a desk, on a phone and on paper. axe
(WCAG 2 A and AA and its best practices) has to find nothing in any of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

import twin
from twin.report.reports import report_of, runbook_of
from twin.study.run import run_experiment

pytestmark = pytest.mark.chromium

DESK, PHONE, PAPER = (1200, 900), (360, 780), (794, 1123)
LOOKS = (
    ("light", DESK, "screen"),
    ("dark", DESK, "screen"),
    ("light", PHONE, "screen"),
    ("dark", PHONE, "screen"),
    ("light", PAPER, "print"),
    ("dark", PAPER, "print"),
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
    made = {
        name: report_of(folder / name) for name in ("storm", "stuck", "outside", "sweep", "window")
    }
    made["runbook"] = runbook_of(str(folder / "storm"), html=True)
    files = {}
    for name, text in made.items():
        files[name] = folder / f"{name}.html"
        files[name].write_text(text, encoding="utf-8")
    return files


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    program = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page opened in a way, and what it asked for."""

    def __init__(
        self, browser: Browser, file: Path, look: tuple[Any, tuple[int, int], Any]
    ) -> None:
        scheme, (width, height), media = look
        size = {"width": width, "height": height}
        self.context = browser.new_context(offline=True, color_scheme=scheme, viewport=size)
        self.page: Page = self.context.new_page()
        self.page.emulate_media(media=media, color_scheme=scheme)
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.goto(file.as_uri())

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_error: object) -> None:
        self.context.close()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1][0]}-{look[2]}")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_and_asks_for_nothing(
    name: str, look: tuple[str, tuple[int, int], str], browser: Browser, pages: dict[str, Path]
) -> None:
    """axe finds nothing, the page is no wider than the window, and loads nothing but itself."""
    with Opened(browser, pages[name], look) as opened:
        found = Axe().run(opened.page)
        assert found.violations_count == 0, found.generate_report()
        too_wide = opened.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert too_wide == 0
        assert opened.asked == [pages[name].as_uri()]
        assert opened.said == []


def test_the_themes_differ_and_paper_is_always_light(
    browser: Browser, pages: dict[str, Path]
) -> None:
    """The dark theme turns page and figures dark; print does not follow it."""
    seen = {}
    for look in (LOOKS[0], LOOKS[1], LOOKS[5]):
        with Opened(browser, pages["storm"], look) as opened:
            seen[look[0], look[2]] = opened.page.evaluate(
                "[getComputedStyle(document.documentElement).backgroundColor,"
                " getComputedStyle(document.querySelector('svg.figure text')).fill]"
            )
    assert seen["light", "screen"][0] == seen["dark", "print"][0] == "rgb(255, 255, 255)"
    assert seen["dark", "screen"][0] != seen["light", "screen"][0]
    assert seen["dark", "screen"][1] != seen["light", "screen"][1]


def test_the_keyboard_reaches_the_content_first(browser: Browser, pages: dict[str, Path]) -> None:
    """The first tab stop skips to the content, and every stop can be seen."""
    with Opened(browser, pages["storm"], LOOKS[0]) as opened:
        page = opened.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate("document.activeElement.className") == "scroll"
        assert page.evaluate(outline) == "solid"


def test_a_report_prints_on_several_pages(browser: Browser, pages: dict[str, Path]) -> None:
    """Printed, a report is a PDF of more than one page."""
    with Opened(browser, pages["stuck"], LOOKS[4]) as opened:
        printed = opened.page.pdf()
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page/") > 1
