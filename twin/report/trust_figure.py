"""The trust graph as a figure: systems in columns, legs as arrows, failing ones in red.

Knows: matplotlib and boxes. Must not know how a leg is judged. All measures are inches.
"""

from __future__ import annotations

import re
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from twin.graph.picture import Arrow, Box, Health, Picture
from twin.report.figure_files import house_style
from twin.report.palette import BOX, FAILS, FAINT, GRID, INK, QUEUE

BOX_WIDTH = 2.35
GAP = 2.6
LEVEL = 1.15
LETTER = 0.07
"""Width of a letter of 8 points, bold or not, on the safe side."""
LINE = 0.155
ROOM = 0.26
MARGIN = 0.25
TITLE = 0.6
_LOOKS: dict[Health, dict[str, Any]] = {
    Health.FINE: {"color": QUEUE, "linewidth": 0.8, "linestyle": "-"},
    Health.FAILS: {"color": FAILS, "linewidth": 1.8, "linestyle": "-"},
    Health.WOULD_FAIL: {"color": FAILS, "linewidth": 1.5, "linestyle": (0, (4, 2))},
}


def trust_figure(picture: Picture, title: str, subtitle: str) -> Figure:
    """The figure; the cluster's own nodes stand in the last column."""
    columns = _columns(picture)
    heights = [sum(_height(box) for box in column) + ROOM * len(column) for column in columns]
    width = 2 * MARGIN + len(columns) * BOX_WIDTH + max(0, len(columns) - 1) * GAP
    width = max(width, 7.0, 2 * MARGIN + LETTER * len(subtitle))
    head = TITLE if title else 0.0
    height = max([*heights, 1.5]) + head + 2 * MARGIN
    with house_style():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(0, height))
        axes.axis("off")
        axes.text(MARGIN, height - 0.3, title, color=INK, fontsize=12, weight="bold", va="center")
        axes.text(MARGIN, height - 0.55, subtitle, color=FAINT, fontsize=8.5, va="center")
        places = _places(columns, height - head - 2 * MARGIN)
        for box in picture.boxes:
            _draw_box(axes, box, *places[box.name])
        _draw_arrows(axes, picture, places)
    return figure


def _height(box: Box) -> float:
    return LINE * (len(box.lines) + 1) + 0.16


def _columns(picture: Picture) -> list[list[Box]]:
    """From the outermost layer to the nodes; in a column, near those one talks to."""
    outermost = max((box.layer for box in picture.boxes), default=0)
    columns = [
        [box for box in picture.boxes if box.layer == layer] for layer in range(outermost, -1, -1)
    ]
    columns = [sorted(column, key=lambda box: _natural(box.name)) for column in columns if column]
    for index in range(len(columns) - 2, -1, -1):
        place = {box.name: n for n, box in enumerate(columns[index + 1])}

        def middle(box: Box, place: dict[str, int] = place) -> tuple[float, object]:
            met = [
                place[name]
                for arrow in picture.arrows
                if box.name in (arrow.client, arrow.server)
                for name in (arrow.client, arrow.server)
                if name in place
            ]
            return (sum(met) / len(met) if met else len(place), _natural(box.name))

        columns[index].sort(key=middle)
    return columns


def _places(columns: list[list[Box]], height: float) -> dict[str, tuple[float, float]]:
    """Left edge and middle of each box; a column is spread over the height."""
    places = {}
    for index, column in enumerate(columns):
        left = MARGIN + index * (BOX_WIDTH + GAP)
        free = height - sum(_height(box) for box in column)
        room = free / len(column)
        top = MARGIN + height
        for box in column:
            top -= room / 2
            places[box.name] = (left, top - _height(box) / 2)
            top -= _height(box) + room / 2
    return places


def _draw_box(axes: Any, box: Box, left: float, middle: float) -> None:
    height = _height(box)
    axes.add_patch(
        FancyBboxPatch(
            (left, middle - height / 2), BOX_WIDTH, height,
            boxstyle="round,pad=0,rounding_size=0.06", facecolor=BOX,
            edgecolor=GRID, linewidth=1, zorder=3,
        )
    )  # fmt: skip
    top = middle + height / 2 - 0.08 - LINE / 2
    axes.text(
        left + 0.1, top, box.name, color=INK, fontsize=8.5, weight="bold", va="center", zorder=4
    )
    for number, line in enumerate(box.lines, 1):
        axes.text(
            left + 0.1,
            top - number * LINE,
            _cut(line),
            color=INK,
            fontsize=7,
            va="center",
            zorder=4,
        )


def _draw_arrows(axes: Any, picture: Picture, places: dict[str, tuple[float, float]]) -> None:
    """Every arrow has a place of its own on both boxes; its label lies where they are fewer."""
    heights = {box.name: _height(box) for box in picture.boxes}
    at_box: dict[tuple[str, bool], list[tuple[float, int]]] = {}
    for number, arrow in enumerate(picture.arrows):
        for name, other in ((arrow.client, arrow.server), (arrow.server, arrow.client)):
            on_right = places[name][0] <= places[other][0]
            at_box.setdefault((name, on_right), []).append((-places[other][1], number))
    for number, arrow in enumerate(picture.arrows):
        ends, crowds = [], []
        for name, other in ((arrow.client, arrow.server), (arrow.server, arrow.client)):
            left, middle = places[name]
            on_right = left <= places[other][0]
            met = sorted(at_box[name, on_right])
            place = [one for _, one in met].index(number)
            span = min(heights[name] - 0.2, 0.3 * (len(met) - 1))
            step = span / (len(met) - 1) if len(met) > 1 else 0
            ends.append((left + BOX_WIDTH * on_right, middle + span / 2 - place * step))
            crowds.append(len(met))
        _draw_arrow(axes, arrow, ends[0], ends[1], label_at_end=crowds[0] >= crowds[1])


def _draw_arrow(
    axes: Any,
    arrow: Arrow,
    start: tuple[float, float],
    end: tuple[float, float],
    label_at_end: bool,
) -> None:
    """A line that is level where its label lies, so that labels are as far apart as the places."""
    is_bad = arrow.health is not Health.FINE
    here, there = (end, start) if label_at_end else (start, end)
    sign = 1 if there[0] >= here[0] else -1
    level = min(max(LEVEL, LETTER * len(arrow.label) + 0.25), GAP - 0.5)
    knee = (here[0] + sign * level, here[1])
    axes.add_patch(
        FancyArrowPatch(
            path=Path([start, knee, end]), arrowstyle="-|>", mutation_scale=9, shrinkA=0,
            shrinkB=0, fill=False, zorder=2.5 if is_bad else 2, **_LOOKS[arrow.health],
        )
    )  # fmt: skip
    axes.text(
        here[0] + sign * 0.2, here[1], arrow.label, fontsize=7, va="center",
        ha="left" if sign > 0 else "right", zorder=6 if is_bad else 5,
        color=FAILS if is_bad else QUEUE, weight="bold" if is_bad else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
    )  # fmt: skip


def _cut(line: str, most: int = 34) -> str:
    return line if len(line) <= most else line[: most - 1] + "…"


def _natural(name: str) -> list[tuple[int, str]]:
    """So that sub2 comes before sub10."""
    return [(int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name)]
