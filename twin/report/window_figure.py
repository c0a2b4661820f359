"""The window figure: how long each step takes in how many runs, and the worst moment by site.

Knows: the page, and what a replicate says of its steps. Must not know how intervals are made.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from twin.config.window_result import Interval, Number, WindowResult
from twin.report import palette
from twin.report.figure_files import house_style
from twin.report.window_table import count
from twin.study.window import Window
from twin.study.window_advice import lasting, percent

WIDTH_IN = 11.0
LEFT_IN, RIGHT_IN = 2.75, 1.75
HEAD_IN, LEGEND_IN, PANEL_TITLE_IN, AXIS_IN, FOOT_IN = 0.95, 0.32, 0.34, 0.62, 0.18
ROW_IN, SITE_IN = 0.78, 0.27
SITES_MOST = 16
NAME_LETTERS = 30
HALF_HEIGHT = 0.33
FILL, MARK, MOST_MARK, SITE = "#56B4E9", "#D55E00", "#009E73", "#E69F00"
TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600,
           43_200, 86_400, 172_800, 345_600, 604_800)  # fmt: skip
TICKS_MOST = 9

Row = tuple[str, Interval, Interval | None]
"""A step's text, its length, and when most of its phones were back (None: not drawn)."""


_LEGEND: dict[str, Any] = {
    "frameon": False, "fontsize": 8.3, "borderaxespad": 0, "borderpad": 0.1, "handlelength": 1.5,
    "handleheight": 1.0, "columnspacing": 1.6, "handletextpad": 0.6, "labelcolor": palette.INK,
}  # fmt: skip


@house_style()
def window_figure(answer: Window) -> Figure:
    """Draw the steps, the whole window, and the sites."""
    document = answer.document
    rows: list[Row] = [(s.text, s.length_s, s.most_back_s) for s in document.steps]
    lengths = [[run.steps[place].length_s for run in answer.runs] for place in range(len(rows))]
    if len(rows) > 1:
        rows.append(("the whole window", document.window_s, None))
        lengths.append([run.total_s for run in answer.runs])
    sites = document.sites[:SITES_MOST]
    steps_in, sites_in = ROW_IN * len(rows), SITE_IN * max(len(sites), 1)
    panels_in = steps_in + sites_in + 2 * (PANEL_TITLE_IN + AXIS_IN)
    height_in = HEAD_IN + LEGEND_IN + panels_in + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, height_in), facecolor="white")
    top_in = height_in - HEAD_IN - LEGEND_IN - PANEL_TITLE_IN
    upper = _axes(figure, top_in, steps_in)
    _draw_steps(upper, rows, lengths, document)
    lower = _axes(figure, top_in - steps_in - AXIS_IN - PANEL_TITLE_IN, sites_in)
    _draw_sites(lower, document)
    _write_head(figure, document)
    _write_legend(figure, document)
    return figure


def _axes(figure: Figure, top_in: float, height_in: float) -> Axes:
    width, height = figure.get_size_inches()
    box = (LEFT_IN / width, (top_in - height_in) / height,
           (width - LEFT_IN - RIGHT_IN) / width, height_in / height)  # fmt: skip
    axes = figure.add_axes(box)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(palette.FAINT)
    axes.tick_params(colors=palette.INK, labelsize=8.5, length=0)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=palette.GRID, linewidth=0.8)
    return axes


def _draw_steps(
    axes: Axes,
    rows: Sequence[Row],
    lengths: Sequence[Sequence[float]],
    document: WindowResult,
) -> None:
    """A row per step: the runs as a band as high as there are many, the marks, the words."""
    limit_s = document.limit.limit_s if document.limit is not None else 0.0
    known = [s for row in lengths for s in row if math.isfinite(s)]
    ends = [_plain(interval.high) for _, interval, _ in rows]
    end_s = 1.06 * max([*known, *ends, limit_s, 1.0])
    for place, ((_, interval, most), row) in enumerate(zip(rows, lengths, strict=True)):
        _draw_band(axes, place, [s for s in row if math.isfinite(s)], end_s)
        if most is not None and isinstance(most.estimate, float):
            axes.plot([most.estimate], [place], marker="D", markersize=6.5, color=MOST_MARK,
                      markeredgecolor="white", linestyle="", zorder=4)  # fmt: skip
        _draw_mark(axes, place, interval)
        words = lasting(interval.estimate)
        never = sum(math.isinf(s) for s in row)
        words += f"\nnever in {never} of {len(row)}" if never else ""
        axes.text(1.02, place, words, transform=axes.get_yaxis_transform(), va="center",
                  fontsize=10, color=MARK if interval.estimate == "never" else palette.INK,
                  weight="bold")  # fmt: skip
    if limit_s:
        axes.axvline(limit_s, color=palette.INK, linestyle=(0, (4, 3)), linewidth=1.2)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, end_s)
    axes.set_yticks(range(len(rows)), ["\n".join(_wrapped(name)) for name, _, _ in rows])
    step_s = next((s for s in TICKS_S if end_s / s <= TICKS_MOST), 30 * 86_400)
    ticks = [float(step_s * k) for k in range(int(end_s / step_s) + 1)]
    axes.set_xticks(ticks, [lasting(tick) if tick else "0" for tick in ticks])
    axes.set_xlabel(
        "time from the start of the step", fontsize=8.5, color=palette.FAINT, loc="left"
    )
    axes.set_title("Until every phone that will be back is back", fontsize=10.5, loc="left",
                   color=palette.INK, weight="bold", pad=7)  # fmt: skip


def _draw_band(axes: Axes, place: int, seconds: Sequence[float], end_s: float) -> None:
    """A histogram on both sides of the row's line, and a tick per run."""
    if not seconds:
        return
    low, high = min(seconds), max(seconds)
    pad = max((high - low) * 0.02, end_s / 300)
    bins = int(min(max(4, math.sqrt(2 * len(seconds))), 24))
    counts, edges = np.histogram(seconds, bins=bins, range=(low - pad, high + pad))
    share = counts / counts.max() * HALF_HEIGHT
    outline = np.repeat(share, 2)
    x = np.repeat(edges, 2)[1:-1]
    axes.fill_between(x, place - outline, place + outline, color=FILL, alpha=0.55, linewidth=0)
    axes.vlines(seconds, place - 0.05, place + 0.05, color=palette.QUEUE, linewidth=0.7, alpha=0.6)


def _draw_mark(axes: Axes, place: int, interval: Interval) -> None:
    """The quantile as a line across the row, its interval as a bar; an open end as an arrow."""
    if not isinstance(interval.estimate, float):
        return
    middle = interval.estimate
    low = interval.low if isinstance(interval.low, float) else middle
    is_closed = isinstance(interval.high, float)
    high = interval.high if isinstance(interval.high, float) else middle
    axes.vlines([middle], place - 0.4, place + 0.4, color=MARK, linewidth=2.2, zorder=5)
    axes.hlines([place + 0.4], low, high, color=MARK, linewidth=3, zorder=5, capstyle="butt")
    if not is_closed:
        axes.plot([middle], [place + 0.4], marker=">", markersize=7, color=MARK, linestyle="",
                  zorder=5, clip_on=False)  # fmt: skip


def _draw_sites(axes: Axes, document: WindowResult) -> None:
    """A bar per site: its phones pale, its own worst moment strong, the worst of all as a tick."""
    sites = document.sites[:SITES_MOST]
    places = list(range(len(sites)))
    phones = [site.phones for site in sites]
    peaks = [_plain(site.peak.estimate) for site in sites]
    axes.barh(places, phones, height=0.66, color=palette.BANDS["registered"])
    axes.barh(places, peaks, height=0.66, color=SITE)
    axes.vlines([_plain(s.at_worst_mean.estimate) for s in sites],
                [p - 0.33 for p in places], [p + 0.33 for p in places],
                color=palette.INK, linewidth=1.4)  # fmt: skip
    for place, site, peak in zip(places, sites, peaks, strict=True):
        share = f"  ({percent(peak / site.phones)})" if site.phones else ""
        axes.text(1.02, place, f"{peak:,.0f} of {site.phones:,}{share}", va="center", fontsize=8.5,
                  transform=axes.get_yaxis_transform(), color=palette.INK)  # fmt: skip
    axes.set_ylim(len(sites) - 0.5, -0.5)
    axes.set_xlim(0, 1.02 * max([*phones, 1]))
    axes.set_yticks(places, [textwrap.shorten(s.site, NAME_LETTERS) for s in sites])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    share = percent(document.confidence)
    handles = [
        Patch(facecolor=SITE, label=f"site's own worst moment, {share} of the runs"),
        Line2D([], [], color=palette.INK, marker="|", markersize=9, markeredgewidth=1.4,
               linestyle="", label="at the worst moment of all, mean"),
    ]  # fmt: skip
    below = -0.34 / (SITE_IN * max(len(sites), 1))
    axes.legend(handles=handles, ncols=2, loc="upper right", bbox_to_anchor=(1, below), **_LEGEND)
    hidden = len(document.sites) - len(sites)
    more = f"; {hidden} more sites are not shown" if hidden else ""
    axes.set_xlabel(f"phones{more}", fontsize=8.5, color=palette.FAINT, loc="left")
    axes.set_title("Phones out of service at once, by site", fontsize=10.5, loc="left",
                   color=palette.INK, weight="bold", pad=7)  # fmt: skip


def _write_head(figure: Figure, document: WindowResult) -> None:
    height = figure.get_size_inches()[1]
    x = 0.3 / WIDTH_IN
    window = lasting(document.window_s.estimate)
    title = f"Book {window}: enough in {percent(document.confidence)} of the runs"
    if document.window_s.estimate == "never":
        title = f"No window is long enough in {percent(document.confidence)} of the runs"
    stuck = document.stuck
    said = [f"at worst {count(document.worst.phones.estimate)} of {document.phones:,} phones out"]
    said.append(f"up to {stuck.most:,} stuck" if stuck.most else "no phone stuck in any run")
    if document.limit is not None and isinstance(document.limit.overrun.estimate, float):
        chance = document.limit.overrun.estimate
        limit = lasting(document.limit.limit_s)
        said.append(f"{limit} is too short in {percent(chance)} of the runs")
    subtitle = (
        f"{document.experiment}, {document.model}, release {document.release}, "
        f"{document.phones:,} phones, {document.replicates:,} replicates of seed {document.seed}"
    )
    figure.text(
        x, 1 - 0.16 / height, title, fontsize=15, weight="bold", color=palette.INK, va="top"
    )
    figure.text(x, 1 - 0.46 / height, subtitle, fontsize=9.5, color=palette.FAINT, va="top")
    figure.text(
        x, 1 - 0.69 / height, "   ·   ".join(said), fontsize=9.5, color=palette.INK, va="top"
    )


def _write_legend(figure: Figure, document: WindowResult) -> None:
    """What the marks of the upper panel mean."""
    share = percent(document.confidence)
    handles: list[Line2D | Patch] = [
        Patch(facecolor=FILL, alpha=0.55, label="runs"),
        Line2D([], [], color=MARK, linewidth=2.2, label=f"{share} of the runs; bar: its interval"),
        Line2D([], [], color=MOST_MARK, marker="D", linestyle="",
               label=f"99 % of the phones reset are back, {share} of the runs"),
    ]  # fmt: skip
    if document.limit is not None:
        dashes = Line2D([], [], color=palette.INK, linestyle=(0, (3, 2)), linewidth=1.2)
        dashes.set_label(f"your window, {lasting(document.limit.limit_s)}")
        handles.append(dashes)
    height = figure.get_size_inches()[1]
    corner = (0.3 / WIDTH_IN, 1 - HEAD_IN / height)
    figure.legend(
        handles=handles, ncols=len(handles), loc="upper left", bbox_to_anchor=corner, **_LEGEND
    )


def _wrapped(name: str) -> list[str]:
    return textwrap.wrap(name, NAME_LETTERS, max_lines=2, placeholder=" …") or [""]


def _plain(value: Number) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
