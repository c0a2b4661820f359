"""The storm figure: where every phone is, and how long the queues are, while certificates change.

Knows: the page - what stands where. Must not know how a curve was computed or how a panel is drawn
(`twin.report.storm_panels`). The time axis shows only what `twin.report.spans` finds worth it.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from twin.metrics.counters import phones_stuck, tftp
from twin.metrics.occupancy import OUT_OF_SERVICE_STATES, Occupancy
from twin.metrics.storm import operator_steps
from twin.metrics.tables import Integers, JournalTables
from twin.metrics.timeline import timeline
from twin.phones.lifecycle import State
from twin.report import palette
from twin.report.figure_files import house_style
from twin.report.spans import Span, spans
from twin.report.storm_badges import LEVEL_IN, place_badges
from twin.report.storm_notes import NOTE_LINE_IN, Notes, note_lines, write_notes
from twin.report.storm_panels import (
    BREAK_IN,
    DASHES,
    Column,
    draw_queue,
    draw_stacks,
    finish_column,
)
from twin.simtime import Epoch

WIDTH_IN = 12.0
LEFT_IN, RIGHT_IN, TOP_IN = 0.95, 0.3, 0.16
TITLE_LINE_IN, LINE_IN, LEGEND_IN = 0.30, 0.235, 0.39
STACK_IN, QUEUE_IN, ROW_GAP_IN, AXIS_IN = 3.9, 0.95, 0.18, 0.62
POINTS_PER_IN = 60
TITLE_LETTERS, TITLE_LINES = 80, 3


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands above the figure: the experiment's question; model, release, phones, seed."""

    title: str
    subtitle: str


@house_style()
def storm_figure(
    tables: JournalTables, changes: Occupancy, epoch: Epoch, caption: Caption | None
) -> Figure:
    """Draw a run: phones by band, the TFTP queue, the registration queue, the operator's steps.

    Without a caption nothing but legend and panels is drawn, for a page that has its own words.
    """
    steps = operator_steps(tables)
    notes = Notes([], []) if caption is None else note_lines(tables, epoch, steps)
    title = [] if caption is None else _title_lines(caption.title)
    shown = spans(tables, changes)
    usable_in = WIDTH_IN - LEFT_IN - RIGHT_IN - BREAK_IN * (len(shown) - 1)
    badges = [place_badges(steps, span, usable_in * span.share) for span in shown]
    levels = max((badge.level + 1 for row in badges for badge in row), default=0)
    words_in = TOP_IN + TITLE_LINE_IN * len(title) + (0 if caption is None else 2 * LINE_IN)
    head_in = words_in + LEGEND_IN + LEVEL_IN * levels
    notes_in = NOTE_LINE_IN * (notes.height + 1)
    plots_in = STACK_IN + 2 * (QUEUE_IN + ROW_GAP_IN) + AXIS_IN
    figure = Figure(figsize=(WIDTH_IN, head_in + plots_in + notes_in), facecolor="white")
    columns, left_in = [], LEFT_IN
    for span, row in zip(shown, badges, strict=True):
        width_in = usable_in * span.share
        curves = timeline(tables, changes, _points(changes, span, width_in))
        panels = _panels(figure, left_in, width_in, head_in)
        columns.append(Column(span, width_in, curves, row, panels))
        left_in += width_in + BREAK_IN
    draw_stacks(columns, tables.phone_count)
    draw_queue(columns, 1, "tftp", "TFTP\nqueue", tftp(tables)["rejected_503"])
    draw_queue(columns, 2, "registration", "register\nqueue")
    for place, column in enumerate(columns):
        finish_column(column, epoch, columns[place - 1] if place else None)
    if caption is not None:
        _write_head(figure, title, caption.subtitle, _verdict(tables, changes))
    _write_legend(figure, columns, words_in, bool((changes.after == State.LOST).any()))
    write_notes(figure, notes, LEFT_IN, notes_in)
    return figure


def _title_lines(title: str) -> list[str]:
    lines = textwrap.wrap(title, TITLE_LETTERS, max_lines=TITLE_LINES, placeholder=" …")
    return lines or [""]


def _points(changes: Occupancy, span: Span, width_in: float) -> Integers:
    """Instants to draw: evenly spread ones, and between them those with most phones away.

    Without the latter a narrow storm in a wide stretch would be cut off, or missed.
    """
    even = np.linspace(span.start_ms, span.end_ms, int(width_in * POINTS_PER_IN) + 1)
    at_ms, away = changes.in_states(OUT_OF_SERVICE_STATES)
    inside = (at_ms >= span.start_ms) & (at_ms <= span.end_ms)
    at_ms, away = at_ms[inside], away[inside]
    place = np.searchsorted(even, at_ms, side="right")
    order = np.lexsort((away, place))
    is_most = np.append(place[order][1:] != place[order][:-1], True)[: len(order)]
    return np.unique(np.concatenate((even.astype(np.int64), at_ms[order][is_most])))


def _panels(figure: Figure, left_in: float, width_in: float, head_in: float) -> list[Axes]:
    """The three panels of one column, from the top."""
    full_width, full_height = figure.get_size_inches()
    top_in, panels = full_height - head_in, []
    for height_in in (STACK_IN, QUEUE_IN, QUEUE_IN):
        bottom = (top_in - height_in) / full_height
        box = (left_in / full_width, bottom, width_in / full_width, height_in / full_height)
        panels.append(figure.add_axes(box))
        top_in -= height_in + ROW_GAP_IN
    return panels


def _verdict(tables: JournalTables, changes: Occupancy) -> str:
    """The run in one line."""
    peak, minutes = changes.peak_unregistered(), changes.outage_phone_minutes()
    outage = "no phone was ever out of service"
    if peak:
        hours = f"{minutes / 60:,.0f} phone-hours"
        length = hours if minutes >= 600 else f"{minutes:,.0f} phone-minutes"
        outage = f"at worst {_phones(peak)} out of service   ·   {length} of outage"
    return f"{outage}   ·   {_phones(phones_stuck(tables))} stuck at the end"


def _phones(count: int) -> str:
    return "no phone" if count == 0 else "1 phone" if count == 1 else f"{count:,} phones"


def _write_head(figure: Figure, title: list[str], subtitle: str, verdict: str) -> None:
    height = figure.get_size_inches()[1]
    x, y_in = LEFT_IN / WIDTH_IN, height - TOP_IN
    for line in title:
        figure.text(x, y_in / height, line, fontsize=15, weight="bold", color=palette.INK, va="top")
        y_in -= TITLE_LINE_IN
    for line, colour in ((subtitle, palette.FAINT), (verdict, palette.INK)):
        figure.text(x, y_in / height, line, fontsize=9.5, color=colour, va="top")
        y_in -= LINE_IN


def _write_legend(figure: Figure, columns: list[Column], from_top_in: float, lost: bool) -> None:
    """The bands that occur; `lost` if phones were cut off, which the figure counts with others."""
    words = palette.BAND_WORDS | ({"registering": "cut off, registering"} if lost else {})
    handles: list[Patch | Line2D] = [
        Patch(
            facecolor=palette.BANDS[band], edgecolor=palette.GRID, linewidth=0.5, label=words[band]
        )
        for band in words
        if any(column.curves.bands[band].any() for column in columns)
    ]
    if any(column.curves.rejected.any() for column in columns):
        label = "list, config rejected"
        handles.append(Line2D([], [], color="black", linestyle=DASHES, linewidth=1.6, label=label))
    height = figure.get_size_inches()[1]
    figure.legend(
        handles=handles, loc="upper left", ncols=max(1, len(handles)), frameon=False,
        bbox_to_anchor=(LEFT_IN / WIDTH_IN, (height - from_top_in) / height), fontsize=8.3,
        borderaxespad=0.0, borderpad=0.2, handlelength=1.3, handleheight=1.0, columnspacing=0.9,
        handletextpad=0.5, labelcolor=palette.INK,
    )  # fmt: skip
