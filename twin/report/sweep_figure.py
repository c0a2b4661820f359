"""The spread of a number over the runs of a sweep: a row per variant, a tick per run.

Knows: matplotlib, rows of numbers. Must not know what a variant is.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from twin.report import palette
from twin.report.figure_files import house_style
from twin.report.window_figure import FILL, MARK, NAME_LETTERS
from twin.study.statistics import quantile
from twin.study.window_advice import lasting

ROWS_MOST = 16
WIDTH_IN, LEFT_IN, RIGHT_IN, ROW_IN, FOOT_IN, TOP_IN = 12.0, 3.2, 1.7, 0.62, 0.75, 0.2
HALF_HEIGHT = 0.36


@house_style()
def sweep_figure(groups: Sequence[tuple[str, Any]], column: str) -> Figure:
    """Draw seconds of a column: each group's runs, their median and its 95 % interval."""
    shown = groups[:ROWS_MOST]
    height = TOP_IN + ROW_IN * len(shown) + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, height), facecolor="white")
    box = (
        LEFT_IN / WIDTH_IN, FOOT_IN / height,
        (WIDTH_IN - LEFT_IN - RIGHT_IN) / WIDTH_IN, ROW_IN * len(shown) / height,
    )  # fmt: skip
    axes = figure.add_axes(box)
    ends = [1.0]
    for place, (_, rows) in enumerate(shown):
        values = rows[column].to_numpy(dtype=float)
        known = values[~np.isnan(values)]
        never = len(values) - len(known)
        ends += known.tolist()
        if len(known):
            _draw_row(axes, place, known)
        middle = quantile(values, 0.5) if len(values) else None
        words = ""
        if middle is not None and middle.estimate is not None:
            is_never = math.isinf(middle.estimate)
            words = "never" if is_never else lasting(middle.estimate)
            if not is_never:
                _draw_middle(axes, place, middle.estimate, middle.low, middle.high)
        words += f"\nnever in {never} of {len(values)}" if never else ""
        axes.text(1.02, place, words, transform=axes.get_yaxis_transform(), va="center",
                  fontsize=9, color=palette.INK, weight="bold")  # fmt: skip
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(0, 1.06 * max(ends))
    names = [
        "\n".join(textwrap.wrap(words, NAME_LETTERS + 8, max_lines=2, placeholder=" …"))
        for words, _ in shown
    ]
    axes.set_yticks(range(len(shown)), names)
    axes.xaxis.set_major_formatter(lambda value, _: lasting(value) if value else "0")
    axes.tick_params(colors=palette.INK, labelsize=8.5, length=3)
    axes.grid(axis="x", color=palette.GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(palette.FAINT)
    hidden = len(groups) - len(shown)
    more = f"; {hidden} more variants are not drawn" if hidden > 0 else ""
    axes.set_xlabel(
        f"each tick a run; orange: the middle run and its 95 % interval{more}",
        fontsize=8.5, color=palette.FAINT, loc="left",
    )  # fmt: skip
    return figure


def _draw_row(axes: Any, place: int, seconds: Any) -> None:
    """A histogram on both sides of the row's line, and a tick per run."""
    low, high = float(seconds.min()), float(seconds.max())
    pad = max((high - low) * 0.02, high / 300, 0.001)
    bins = int(min(max(4, math.sqrt(2 * len(seconds))), 24))
    counts, edges = np.histogram(seconds, bins=bins, range=(low - pad, high + pad))
    outline = np.repeat(counts / counts.max() * HALF_HEIGHT, 2)
    x = np.repeat(edges, 2)[1:-1]
    axes.fill_between(x, place - outline, place + outline, color=FILL, alpha=0.55, linewidth=0)
    axes.vlines(seconds, place - 0.05, place + 0.05, color=palette.QUEUE, linewidth=0.7)


def _draw_middle(axes: Any, place: int, at_s: float, low: float | None, high: float | None) -> None:
    axes.vlines([at_s], place - 0.4, place + 0.4, color=MARK, linewidth=2.2, zorder=5)
    first = at_s if low is None else low
    last = at_s if high is None or math.isinf(high) else high
    axes.hlines([place + 0.4], first, last, color=MARK, linewidth=3, zorder=5)
