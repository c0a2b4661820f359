"""A view: an object in words, as small HTML, and perhaps a figure.

Knows HTML, and nothing of what is shown. Every text is escaped here and nowhere else. Colours are
the page's own, shades are transparent grey: the same markup is right on a light and a dark page.
What is bad is said in words and in bold, so that no colour is needed to see it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

LINE = "1px solid rgba(128,128,128,.35)"
_CELL = "padding:.15em .9em .15em 0;vertical-align:top;background:transparent;color:inherit;"
_WIDE = "max-width:100%;overflow-x:auto"
ROWS_MOST = 40
"""So many rows of a table are shown; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Text:
    """A cell that is more than its words: `bad` stands out, `code` is in type of one width."""

    words: str
    bad: bool = False
    code: bool = False

    def __str__(self) -> str:
        return self.words


Cell = str | int | float | Text


@dataclass(slots=True)
class View:
    """What is shown of one object, built from the top down.

    `title` is the first line; `png` a picture, drawn when the view is made.
    """

    title: str
    subtitle: str = ""
    png: bytes | None = None
    alt: str = ""
    _html: list[str] = field(default_factory=list)
    _plain: list[str] = field(default_factory=list)

    def say(self, words: str, bad: bool = False) -> None:
        """A line of text."""
        self._html.append(f'<div style="margin:.3em 0">{_cell(Text(words, bad))}</div>')
        self._plain.append(words)

    def table(self, caption: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """A table with a caption (or none: ""), unless it has no rows.

        Numbers are flush right below a heading; without headings each row is a name and a value.
        """
        every = list(rows)
        if not every:
            return
        shown, hidden = every[:ROWS_MOST], len(every) - ROWS_MOST
        head = "".join(_tag("th", Text(name), scope="col") for name in columns)
        body = "".join(
            "<tr>" + "".join(_tag("td", cell, is_plain=not columns) for cell in row) + "</tr>"
            for row in shown
        )
        title = (
            f'<caption style="caption-side:top;text-align:left;font-weight:600;color:inherit;'
            f'padding:.5em 0 .2em">{escape(caption)}</caption>'
            if caption
            else ""
        )
        header = f'<thead style="border-bottom:{LINE}"><tr>{head}</tr></thead>' if head else ""
        more = f"<div>and {hidden:,} more</div>" if hidden > 0 else ""
        self._html.append(
            f'<div style="{_WIDE}"><table style="border-collapse:collapse;margin:0">{title}'
            f"{header}<tbody>{body}</tbody></table>{more}</div>"
        )
        self._plain += [caption] if caption else []
        self._plain += ["  " + "  ".join(_plain(cell) for cell in row) for row in shown]
        self._plain += [f"  and {hidden:,} more"] if hidden > 0 else []

    def html(self) -> str:
        """The view as a piece of HTML."""
        picture = ""
        if self.png is not None:
            data = base64.b64encode(self.png).decode()
            picture = (
                f'<img src="data:image/png;base64,{data}" alt="{escape(self.alt)}" '
                'style="max-width:100%;height:auto;border-radius:4px;margin-top:.5em">'
            )
        second = f'<div style="opacity:.75">{escape(self.subtitle)}</div>' if self.subtitle else ""
        return (
            f'<div style="border-left:3px solid rgba(128,128,128,.5);padding:.1em 0 .1em .8em">'
            f"<div><b>{escape(self.title)}</b></div>{second}{''.join(self._html)}{picture}</div>"
        )

    def plain(self) -> str:
        """The view in words alone."""
        head = [self.title, *([self.subtitle] if self.subtitle else [])]
        return "\n".join([*head, *self._plain])

    def bundle(self) -> dict[str, Any]:
        """What IPython hands to whoever shows it."""
        made: dict[str, Any] = {"text/plain": self.plain(), "text/html": self.html()}
        if self.png is not None:
            made["image/png"] = self.png
        return made


def _tag(tag: str, cell: Cell, scope: str = "", is_plain: bool = False) -> str:
    is_number = isinstance(cell, int | float) and not is_plain
    style = _CELL + f"text-align:{'right' if is_number else 'left'}"
    role = f' scope="{scope}"' if scope else ""
    return f'<{tag}{role} style="{style}">{_cell(cell)}</{tag}>'


def _cell(cell: Cell) -> str:
    words = escape(_plain(cell))
    if isinstance(cell, Text) and cell.code:
        words = f'<code style="background:transparent;color:inherit">{words}</code>'
    if isinstance(cell, Text) and cell.bad:
        words = f"<b>{words}</b>"
    return words


def _plain(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:,.4g}" if isinstance(cell, float) else str(cell)
