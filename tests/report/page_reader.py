"""A page read as a browser's parser would, for tests: headings, identifiers, links, texts."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input", "hr", "use", "path", "rect"}


@dataclass
class Page(HTMLParser):
    """What a page has in it."""

    source: str
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    style: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self.feed(self.source)
        self.close()

    __hash__ = None  # type: ignore[assignment]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag with its attributes."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Keep a text; what is in a style sheet is none."""
        if "style" in self._open:
            self.style += data
        elif data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        """All that can be read."""
        return " ".join(self.texts)

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every tag of a name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def values(self, attribute: str) -> list[str]:
        """Every value of an attribute."""
        return [found[attribute] for _, found in self.tags if attribute in found]


def check_page(page: Page) -> None:
    """What holds for every page: it is whole, in order, and asks for nothing from outside."""
    assert page.headings.count(1) == 1
    assert page.headings[0] == 1
    pairs = zip(page.headings, page.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in pairs)
    identifiers = page.values("id")
    assert len(identifiers) == len(set(identifiers))
    for name in ("aria-labelledby", "aria-describedby"):
        for value in page.values(name):
            assert set(value.split()) <= set(identifiers)
    for link in page.values("href") + page.values("xlink:href"):
        assert link.startswith("#")
        assert link[1:] in identifiers
    assert not page.values("src")
    assert not page.values("srcset")
    assert not {"script", "link", "img", "iframe", "object", "embed", "form"} & {
        name for name, _ in page.tags
    }
    assert not [name for _, found in page.tags for name in found if name.startswith("on")]
    assert not re.search(r"https?:|@import|PRIVATE KEY", html.unescape(page.source))
    assert set(re.findall(r"url\((.)", page.source)) <= {"#"}
    for name in ("main", "header", "footer", "nav", "title"):
        assert name in {tag for tag, _ in page.tags}
    assert page.all("html")[0]["lang"] == "en"
    tables = len(page.all("table"))
    assert len(page.all("caption")) == tables
    assert all(found.get("scope") in ("col", "row") for found in page.all("th"))
    figures = [found for found in page.all("svg") if found.get("role") == "img"]
    assert len(figures) == len(page.all("svg"))
