"""Figures on disk: equal figures give equal bytes, and no half-written file takes a right name.

Knows: matplotlib's writers. Must not know what a figure shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib import rc_context, style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from twin.files import write_whole

FORMATS = ("png", "svg")
DOTS_PER_INCH = 150
# What matplotlib would put in by itself: its own release, and the day.
_METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "cucm-twin",
    "svg.fonttype": "path",
    # A dollar in an experiment's question is a dollar.
    "text.parse_math": False,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with matplotlib's own defaults, whatever the caller's settings are."""
    with style.context("default"), rc_context(_SETTINGS):
        yield


def figure_bytes(figure: Figure, form: str) -> bytes:
    """A figure as the bytes of a "png" or "svg" file."""
    canvas = FigureCanvasSVG(figure) if form == "svg" else FigureCanvasAgg(figure)
    out = BytesIO()
    with house_style():
        canvas.print_figure(out, format=form, dpi=DOTS_PER_INCH, metadata=_METADATA[form])
    return out.getvalue()


def write_figure(figure: Figure, stem: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write `figure` as STEM.png and STEM.svg; the paths written.

    Raises:
        OSError: The directory cannot be written to.
    """
    written = []
    for form in formats:
        path = stem.with_name(f"{stem.name}.{form}")
        write_whole(path, figure_bytes(figure, form))
        written.append(path)
    return written
