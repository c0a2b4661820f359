"""Runs laid over each other: phones out of service over time, one line a run.

Knows: the page. Must not know how a curve was counted or why anybody compares these runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from twin.metrics.tables import Integers
from twin.report import palette
from twin.report.figure_files import house_style

SIZE_IN = (8.0, 3.6)
LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
"""Okabe and Ito, those that stand out on white."""
DASHES = ("-", "--", "-.", ":")
MS_PER_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Curve:
    """A step curve: `phones` from each instant of `at_ms` on, until `end_ms`."""

    at_ms: Integers
    phones: Integers
    end_ms: int


@house_style()
def curve_figure(curves: Mapping[str, Curve], title: str = "") -> Figure:
    """Draw each curve as a step line until the last phone of all runs is back.

    Time runs in minutes from the start of each run.
    """
    figure = Figure(figsize=SIZE_IN, facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    last_ms = max((_last_change_ms(curve) for curve in curves.values()), default=0)
    for place, (label, curve) in enumerate(curves.items()):
        minutes = [*(curve.at_ms / MS_PER_MINUTE), curve.end_ms / MS_PER_MINUTE]
        axes.step(
            minutes, [*curve.phones, curve.phones[-1]], where="post", label=label,
            color=LINES[place % len(LINES)], linestyle=DASHES[place // len(LINES) % len(DASHES)],
            linewidth=1.8,
        )  # fmt: skip
    axes.set_xlim(0, max(1.0, 1.05 * last_ms / MS_PER_MINUTE))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("minutes from the start", color=palette.INK)
    axes.set_ylabel("phones out of service", color=palette.INK)
    axes.grid(color=palette.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if title:
        axes.set_title(title, loc="left", fontsize=9.5, color=palette.INK)
    if len(curves) > 1:
        axes.legend(frameon=False, fontsize=9)
    return figure


def _last_change_ms(curve: Curve) -> int:
    return int(curve.at_ms[-1]) if curve.phones[-1] == 0 else curve.end_ms
