"""The trust graph as a figure: systems in columns, legs as arrows, failing ones in red.

Knows: matplotlib and boxes. Must not know how a leg is judged. All measures are inches.
"""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from twin.graph.picture import Arrow, Box, Health, Picture
from twin.report.figure_files import house_style
from twin.report.palette import FAINT, GRID, INK, QUEUE

FAILS = "#C00000"
BOX_WIDTH = 2.35
GAP = 2.2
LINE = 0.155
ROOM = 0.26
MARGIN = 0.35
TITLE = 0.75
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
    width = max(width, 7.0)
    height = max([*heights, 1.5]) + TITLE + 2 * MARGIN
    with house_style():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(0, height))
        axes.axis("off")
        axes.text(MARGIN, height - 0.3, title, color=INK, fontsize=12, weight="bold", va="center")
        axes.text(MARGIN, height - 0.55, subtitle, color=FAINT, fontsize=8.5, va="center")
        places = _places(columns, height - TITLE - 2 * MARGIN)
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
    columns = [sorted(column, key=lambda box: box.name) for column in columns if column]
    for index in range(len(columns) - 2, -1, -1):
        place = {box.name: n for n, box in enumerate(columns[index + 1])}

        def middle(box: Box, place: dict[str, int] = place) -> tuple[float, str]:
            met = [
                place[name]
                for arrow in picture.arrows
                if box.name in (arrow.client, arrow.server)
                for name in (arrow.client, arrow.server)
                if name in place
            ]
            return (sum(met) / len(met) if met else len(place), box.name)

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
            (left, middle - height / 2), BOX_WIDTH, height, boxstyle="round,pad=0,rounding_size=0.06",
            facecolor="#F7F9FA", edgecolor=GRID, linewidth=1, zorder=3,
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
    """Arrows of one pair lie beside each other; a label lies where fewer arrows meet."""
    pairs: dict[tuple[str, str], list[Arrow]] = {}
    for arrow in picture.arrows:
        pairs.setdefault((arrow.client, arrow.server), []).append(arrow)
    leaving: dict[str, int] = {}
    arriving: dict[str, int] = {}
    for client, server in pairs:
        leaving[client] = leaving.get(client, 0) + 1
        arriving[server] = arriving.get(server, 0) + 1
    for (client, server), arrows in pairs.items():
        share = 0.7 if leaving[client] >= arriving[server] else 0.3
        share = 0.5 if leaving[client] == arriving[server] else share
        for number, arrow in enumerate(sorted(arrows, key=lambda one: one.health)):
            offset = (number - (len(arrows) - 1) / 2) * 0.24
            _draw_arrow(axes, arrow, places[client], places[server], offset, share)


def _draw_arrow(
    axes: Any,
    arrow: Arrow,
    client: tuple[float, float],
    server: tuple[float, float],
    offset: float,
    share: float,
) -> None:
    look = _LOOKS[arrow.health]
    rightward = client[0] < server[0]
    is_beside = client[0] == server[0]
    start = (client[0] + (BOX_WIDTH if rightward or is_beside else 0), client[1] + offset)
    end = (server[0] + (0 if rightward else BOX_WIDTH), server[1] + offset)
    bend = "arc3,rad=0.35" if is_beside else "arc3,rad=0"
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=9, connectionstyle=bend, shrinkA=0,
            shrinkB=1, zorder=2 if arrow.health is Health.FINE else 2.5, **look,
        )
    )  # fmt: skip
    x = start[0] + share * (end[0] - start[0]) + (0.3 if is_beside else 0)
    y = start[1] + share * (end[1] - start[1])
    is_bad = arrow.health is not Health.FINE
    axes.text(
        x, y, arrow.label, fontsize=7, ha="center", va="center", zorder=5,
        color=FAILS if is_bad else QUEUE, weight="bold" if is_bad else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )  # fmt: skip


def _cut(line: str, most: int = 40) -> str:
    return line if len(line) <= most else line[: most - 1] + "…"
