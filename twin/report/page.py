"""Pages: one self-contained HTML file from a template, its style sheet and its figures inside it.

Knows: Jinja2, the templates beside this module, how numbers and times are worded. Must not know
what a page is about. Every value is escaped unless this room made it markup.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from twin.simtime import format_ms

TEMPLATES = Path(__file__).resolve().parent / "templates"
ROWS_MOST = 25
"""A longer table is cut, and says so."""


def page(template: str, /, **content: Any) -> str:
    """A page from a template of this room, e.g. "run.html"."""
    style = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return _environment().get_template(template).render(style=style, most=ROWS_MOST, **content)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters |= {"count": count, "lasting": lasting, "clock": clock, "plain": plain}
    return made


def count(value: float | None) -> str:
    """A number with its thousands apart; "-" for none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.3g}"


def lasting(seconds: float | None) -> str:
    """A duration to the second; None is "never"."""
    return "never" if seconds is None else format_ms(round(seconds) * 1000)


def clock(iso: str) -> str:
    """An ISO instant without its fraction: 2016-02-07 22:00:13."""
    return iso[:19].replace("T", " ")


def plain(value: object) -> str:
    """A value of a document as a reader of YAML would write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return count(value) if isinstance(value, int | float) else str(value)
