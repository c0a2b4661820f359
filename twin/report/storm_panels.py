"""The panels of the storm figure: stacked bands, queues, axes with breaks.

Knows: curves, colours, axes. Must not know the journal, or where on the page a panel stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from twin.metrics.timeline import Timeline
from twin.report import palette
from twin.report.spans import Span, clock_ticks
from twin.report.storm_badges import Badge, draw_badges, draw_marks
from twin.simtime import Epoch, format_ms

BREAK_IN = 0.34
DASHES = (0, (4, 1.5))
QUEUE_HEADROOM = 1.4
"""Room above the longest queue for a remark."""
ZOOM_BELOW = 0.25
"""If fewer phones than this share were ever away, the axis is cut above them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One stretch of the time axis: its curves and its three panels, from the top."""

    span: Span
    width_in: float
    curves: Timeline
    badges: list[Badge]
    panels: list[Axes]


def draw_stacks(columns: list[Column], phones: int) -> None:
    """Draw the bands, and the line of the phones that turned a list or config down."""
    peak = max(_peak_away(column.curves) for column in columns)
    zoomed = 0 < peak < ZOOM_BELOW * phones
    top = peak * 1.3 if zoomed else max(phones, 1)
    for column in columns:
        panel, curves = column.panels[0], column.curves
        base = np.zeros(len(curves.at_ms), dtype=np.int64)
        for band, colour in palette.BANDS.items():
            upper = base + curves.bands[band]
            if curves.bands[band].any():
                panel.fill_between(curves.at_ms, base, upper, color=colour, linewidth=0.4)
            base = upper
        if curves.rejected.any():
            some = np.where(curves.rejected > 0, curves.rejected, np.nan)
            panel.plot(curves.at_ms, some, color="black", linewidth=1.6, linestyle=DASHES)
        panel.set_ylim(0, top)
    columns[0].panels[0].set_ylabel("phones", color=palette.INK)
    if zoomed:
        words = f"axis cut at {top:,.0f} of {phones:,} phones"
        _remark(columns[-1].panels[0], words, palette.FAINT)


def _peak_away(curves: Timeline) -> int:
    """The most phones that were not simply registered, or that rejected something."""
    away = np.zeros(len(curves.at_ms), dtype=np.int64)
    for band, count in curves.bands.items():
        if band != "registered":
            away += count
    return int(max(away.max(), curves.rejected.max()))


def draw_queue(columns: list[Column], row: int, queue: str, label: str, refused: int = 0) -> None:
    """Draw one queue in every column, on one scale, with its longest moment in words."""
    peak = max(int(column.curves.queues[queue].max()) for column in columns)
    for column in columns:
        at_ms, depth = column.curves.at_ms, column.curves.queues[queue]
        panel = column.panels[row]
        panel.fill_between(at_ms, 0, depth, step="post", color=palette.QUEUE, linewidth=0.6)
        panel.set_ylim(0, max(peak * QUEUE_HEADROOM, 1))
    columns[0].panels[row].set_ylabel(label, color=palette.INK)
    words = f"most waiting: {peak:,} (all nodes)" if peak else "nobody waited"
    if refused:
        words += f"   ·   {refused:,} requests refused (503)"
    _remark(columns[-1].panels[row], words, palette.ALARM if refused else palette.FAINT)


def _remark(panel: Axes, words: str, colour: str, at_top: bool = True) -> None:
    """Write into a right-hand corner of a panel."""
    text = panel.annotate(
        words, (1, int(at_top)), xycoords="axes fraction", xytext=(-4, -5 if at_top else 28),
        textcoords="offset points", ha="right", va="top" if at_top else "bottom", fontsize=8,
        color=colour,
    )  # fmt: skip
    text.set_bbox({"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5})


def finish_column(column: Column, epoch: Epoch, earlier: Column | None) -> None:
    """Draw axes, ticks and step markers, and write into the break before this column."""
    span = column.span
    ticks, labels = clock_ticks(span, epoch, column.width_in)
    for row, panel in enumerate(column.panels):
        is_last = row == len(column.panels) - 1
        panel.set_xlim(span.start_ms, span.end_ms)
        panel.set_xticks(ticks, labels if is_last else [""] * len(ticks))
        panel.tick_params(colors=palette.INK, labelsize=8.5, length=3, labelleft=earlier is None)
        panel.yaxis.set_major_locator(MaxNLocator(5 if row == 0 else 3, integer=True))
        panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        panel.grid(axis="y", color="white" if row == 0 else palette.GRID, linewidth=0.7)
        panel.set_axisbelow(row != 0)
        panel.spines[["top", "right"]].set_visible(False)
        panel.spines[["left", "bottom"]].set_color(palette.FAINT)
        panel.spines["left"].set_visible(earlier is None)
        if earlier is not None:
            panel.tick_params(axis="y", length=0)
        draw_marks(panel, column.badges)
    draw_badges(column.panels[0], column.badges)
    _write_day(column, epoch, ticks[0] if ticks else span.start_ms, earlier)
    if span.last_ms is not None:
        words = f"last phones\nuntil {epoch.at(span.last_ms):%H:%M:%S} →"
        _remark(column.panels[0], words, palette.INK, at_top=False)
    if earlier is not None:
        _write_pause(column.panels[0], span.start_ms - earlier.span.end_ms)


def _write_day(column: Column, epoch: Epoch, first_ms: int, earlier: Column | None) -> None:
    """The day under the first tick, unless the column before ended on it."""
    day = epoch.at(first_ms).date()
    if earlier is None or epoch.at(earlier.span.end_ms).date() != day:
        column.panels[-1].annotate(
            f"{day.day} {day:%B %Y}, UTC", (first_ms, 0), xycoords=("data", "axes fraction"),
            xytext=(-13, -30), textcoords="offset points", fontsize=8.5, color=palette.FAINT,
            annotation_clip=False,
        )  # fmt: skip


def _write_pause(panel: Axes, pause_ms: int) -> None:
    unit_ms = 60_000 if pause_ms >= 60_000 else 1_000
    roughly = " ".join(format_ms(pause_ms // unit_ms * unit_ms).split()[:2])
    panel.annotate(
        f"{roughly} not shown", (0, 0.5), xycoords="axes fraction", xytext=(-BREAK_IN * 36, 0),
        textcoords="offset points", rotation=90, ha="center", va="center", fontsize=8,
        color=palette.FAINT, annotation_clip=False,
    )  # fmt: skip
