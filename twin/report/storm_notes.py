"""What stands below the storm figure: the numbered steps of the operator, and the waves of resets.

Knows: lines of text and where they go. Must not know axes or curves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from twin.kernel.journal import NodeEvent
from twin.metrics.storm import Wave, started_at_ms, waves
from twin.metrics.tables import JournalTables
from twin.report.palette import ALARM, FAINT, INK
from twin.simtime import MAX_DURATION_MS, UNIT_MS, Epoch, format_ms

NOTE_LINE_IN = 0.205
LINES_MOST = 14
STEP_LETTERS = 50
CAUSE_LETTERS = 28
CLOCKS = (
    (UNIT_MS["d"], "%H:%M:%S"),
    (300 * UNIT_MS["d"], "%d %b %H:%M"),
    (MAX_DURATION_MS + 1, "%Y-%m-%d"),
)
"""How instants are worded in a run shorter than that."""
FONT_POINTS = 8.8

# Inches from the left edge of the plots; the waves' numbers end there.
STEP_PLACES = (0.0, 0.3, 1.2)
WAVE_PLACES = (5.2, 6.1, 8.75, 9.45, 10.1, 10.75)
WAVE_HEAD = ("reset at", "cause", "phones", "half", "95 %", "all back")
WAVE_SHARES = ("p50", "p95", "p100")


@dataclass(frozen=True, slots=True)
class Notes:
    """Lines of both tables; a step is (number, clock, text, went wrong)."""

    steps: list[tuple[str, str, str, bool]]
    waves: list[tuple[str, ...]]

    @property
    def height(self) -> int:
        """Lines of the longer table with its head; 0 if both are empty."""
        longest = max(len(self.steps), len(self.waves))
        return longest + 1 if longest else 0


def note_lines(tables: JournalTables, epoch: Epoch, steps: list[NodeEvent]) -> Notes:
    """Word the steps and the waves of a run, cut to `LINES_MOST` lines each."""
    clock = next(form for limit_ms, form in CLOCKS if tables.ended_at_ms < limit_ms)
    told = [_step_line(number, step, epoch, clock) for number, step in enumerate(steps, start=1)]
    found = [_wave_line(wave, epoch, clock) for wave in waves(tables)]
    if len(told) > LINES_MOST:
        rest = len(told) - LINES_MOST + 1
        told = [*told[: LINES_MOST - 1], ("", "", f"… and {rest} more steps", False)]
    if len(found) > LINES_MOST:
        rest = len(found) - LINES_MOST + 1
        found = [*found[: LINES_MOST - 1], ("", f"… and {rest} more waves", "", "", "", "")]
    return Notes(told, found)


def _step_line(
    number: int, step: NodeEvent, epoch: Epoch, clock: str
) -> tuple[str, str, str, bool]:
    outcome = str(step.data.get("outcome", "done"))
    went_wrong = outcome != "done"
    end = f" ({outcome.replace('_', ' ')})" if went_wrong else ""
    words = _cut(str(step.data.get("text", "")), STEP_LETTERS - len(end)) + end
    return str(number), epoch.at(started_at_ms(step)).strftime(clock), words, went_wrong


def _wave_line(wave: Wave, epoch: Epoch, clock: str) -> tuple[str, ...]:
    shares = [wave.recovery_s[share] for share in WAVE_SHARES]
    durations = ["never" if s is None else format_ms(round(s) * 1000) for s in shares]
    started = epoch.at(wave.started_at_ms).strftime(clock)
    return started, _cut(wave.cause or wave.name, CAUSE_LETTERS), f"{wave.phones:,}", *durations


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def write_notes(figure: Figure, notes: Notes, left_in: float, height_in: float) -> None:
    """Write both tables into the lowest `height_in` inches of a figure."""
    width, height = figure.get_size_inches()

    def write(x_in: float, line: int, words: str, colour: str, **style: Any) -> None:
        y_in = height_in - (line + 0.5) * NOTE_LINE_IN
        figure.text(
            x_in / width, y_in / height, words, fontsize=FONT_POINTS, color=colour, va="center",
            **style,
        )  # fmt: skip

    if notes.steps:
        write(left_in, 0, "The operator's steps", INK, weight="bold")
    for line, (number, clock, words, went_wrong) in enumerate(notes.steps, start=1):
        number_x, clock_x, words_x = (left_in + place for place in STEP_PLACES)
        write(number_x + 0.1, line, number, INK, weight="bold", ha="center")
        write(clock_x, line, clock, FAINT)
        write(words_x, line, words, ALARM if went_wrong else INK)
    for line, cells in enumerate([WAVE_HEAD, *notes.waves] if notes.waves else []):
        for place, (x_in, words) in enumerate(zip(WAVE_PLACES, cells, strict=True)):
            colour = ALARM if words == "never" else FAINT if place == 0 and line else INK
            weight = "bold" if line == 0 else "normal"
            side = "left" if place < 2 else "right"
            write(left_in + x_in, line, words, colour, ha=side, weight=weight)
