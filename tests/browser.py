"""A headless Chromium that looks at pages on disk: what an accessibility checker finds in them.

A test that uses it carries `@pytest.mark.chromium`. Nothing is loaded from anywhere but the disk:
the browser is offline, and a page that asks for more is told of.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

Scheme = Literal["light", "dark"]
NARROW, WIDE = 360, 1280
"""Widths of a phone and of a desk, CSS pixels."""


class Browser:
    """A running Chromium."""

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium

    @contextmanager
    def page(
        self, file: Path, scheme: Scheme = "light", width: int = WIDE, media: str = "screen"
    ) -> Iterator[Any]:
        """A file shown in a colour scheme, at a width, on screen or in print.

        Raises:
            AssertionError: the page asked for something that is not on the disk.
        """
        context = self._chromium.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True
        )
        asked: list[str] = []
        try:
            page = context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(file.as_uri())
            page.emulate_media(media=media)
            yield page
            strange = [url for url in asked if not url.startswith(("file:", "data:"))]
            assert not strange, f"{file.name} asks for {strange}"
        finally:
            context.close()


def violations(page: Any) -> list[str]:
    """What axe (WCAG 2 A and AA, best practices) finds: rule and place of each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['target'][0]} ({node['html'][:80]})"
        for rule in found
        for node in rule["nodes"]
    ]


def overflow(page: Any) -> int:
    """By how many CSS pixels the page is wider than its window."""
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(script))


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        try:
            yield Browser(running)
        finally:
            running.close()
