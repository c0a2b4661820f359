"""Figures inside a page: SVG that takes the page's colours, light or dark, and asks for nothing.

Knows: what matplotlib writes. Must not know what a figure shows. Colours of the palette become CSS
variables of the page; text stays text; identifiers get a prefix, so that several figures can stand
in one page.
"""

from __future__ import annotations

import re
from io import BytesIO

from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from twin.report.figure_files import house_style
from twin.report.palette import ON_A_PAGE

LEGIBLE = 1.1
"""Pixels per point below which a figure does not shrink: its small print stays above 8 pixels."""

_VARIABLES = {colour.lower(): f"var(--{name})" for colour, name in ON_A_PAGE.items()}
_COLOUR = re.compile("|".join(map(re.escape, _VARIABLES)))
_STYLE = re.compile(r'style="([^"]*)"')
_HEAD = re.compile(r"^.*?<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>", re.DOTALL)
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<style\b.*?</style>|<!--.*?-->", re.DOTALL)
_PATH = re.compile(r' d="([^"]*)"')
_FINE = re.compile(r"(\d+\.\d)\d+")
_IDENTIFIER = re.compile(r'(\bid="|url\(#|href="#)')


def page_figure(figure: Figure, name: str, title: str, finding: str) -> Markup:
    """A figure as an inline SVG element.

    Args:
        name: unique on the page, letters only.
        title: what the figure is.
        finding: what it shows, in a sentence, for those who do not see it.
    """
    drawn = _drawn(figure)
    head = _HEAD.match(drawn)
    assert head is not None
    body = _DROPPED.sub("", drawn[head.end() :])
    body = _STYLE.sub(lambda found: _COLOUR.sub(lambda one: _VARIABLES[one[0]], found[0]), body)
    body = _PATH.sub(_shortened, body)
    body = _IDENTIFIER.sub(rf"\g<1>{name}-", body)
    labels = f"{name}-title {name}-finding"
    width = round(float(head[1].split()[2]) * LEGIBLE)
    return Markup(
        f'<svg class="figure" role="img" aria-labelledby="{labels}" viewBox="{head[1]}" '
        f'style="min-width: {width}px">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-finding">{escape(finding)}</desc>{body}'
    )


def _shortened(path: re.Match[str]) -> str:
    """A path with coordinates to a tenth of a point."""
    return _FINE.sub(r"\1", path[0]).replace("\n", "")


def _drawn(figure: Figure) -> str:
    out = BytesIO()
    with house_style(), rc_context({"svg.fonttype": "none"}):
        FigureCanvasSVG(figure).print_figure(
            out, format="svg", metadata={"Date": None, "Creator": None}
        )
    return out.getvalue().decode()
