"""The operator's steps in the storm figure: numbers above the panels, lines through them.

Knows: when steps began and how wide a number is. Must not know what a step did.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes

from twin.kernel.journal import NodeEvent
from twin.metrics.storm import started_at_ms
from twin.report.palette import INK
from twin.report.spans import Span

LEVELS = 3
LEVEL_IN, GAP_IN = 0.23, 0.24


@dataclass(frozen=True, slots=True)
class Badge:
    """A numbered step, or several in a row, at its place above the panels."""

    first: int
    last: int
    marks_ms: tuple[int, ...]
    level: int

    @property
    def words(self) -> str:
        """What is written in it: "7", or "4–9"."""
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


def place_badges(steps: list[NodeEvent], span: Span, width_in: float) -> list[Badge]:
    """Where the steps of a span go on `width_in` inches: a level up wherever two would touch.

    Where all levels are taken, a step joins the badge before it.
    """
    placed: list[Badge] = []
    right_in = [-1.0] * LEVELS
    for number, step in enumerate(steps, start=1):
        at_ms = started_at_ms(step)
        if not span.start_ms <= at_ms <= span.end_ms:
            continue
        x_in = (at_ms - span.start_ms) / span.length_ms * width_in
        free = [level for level in range(LEVELS) if x_in >= right_in[level]]
        if free:
            placed.append(Badge(number, number, (at_ms,), free[0]))
            right_in[free[0]] = x_in + GAP_IN
        else:
            joined = placed.pop()
            marks = (*joined.marks_ms, at_ms)
            placed.append(Badge(joined.first, number, marks, joined.level))
            right_in[joined.level] = max(right_in[joined.level], x_in + 2 * GAP_IN)
    return placed


def draw_badges(panel: Axes, badges: list[Badge]) -> None:
    """Draw the numbers above a panel."""
    for badge in badges:
        is_one = badge.first == badge.last
        panel.annotate(
            badge.words, (badge.marks_ms[0], 1.0), xycoords=("data", "axes fraction"),
            xytext=(0 if is_one else -4, (badge.level + 0.5) * LEVEL_IN * 72),
            textcoords="offset points", ha="center" if is_one else "left", va="center",
            fontsize=8, color="white", weight="bold", annotation_clip=False,
            bbox={
                "boxstyle": "circle,pad=0.28" if is_one else "round,pad=0.3,rounding_size=0.7",
                "facecolor": INK, "edgecolor": "white",
            },
        )  # fmt: skip


def draw_marks(panel: Axes, badges: list[Badge]) -> None:
    """Draw a line through a panel for each step."""
    for mark_ms in (mark for badge in badges for mark in badge.marks_ms):
        panel.axvline(mark_ms, color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
