"""The window figure: what is on it, whatever the answer."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from twin.report.figure_files import figure_bytes
from twin.report.window_figure import SITES_MOST, window_figure
from twin.study.sweep_result import SweepResult
from twin.study.window import Window, window_document
from twin.study.window_runs import RunWindow, SiteTime, StepTime

HEAD = {"experiment": "e", "model": "m", "release": "14", "phones": 9000, "seed": 1}
NAMES = ("regenerate CallManager on the first node", "costs $5 and $6")


def made_up(*, runs: int = 40, never: int = 0, sites: int = 3, steps: int = 2) -> Window:
    """Run n takes n minutes per step; the last `never` of them have no end."""
    found = []
    for n in range(1, runs + 1):
        length_s = math.inf if n > runs - never else 60.0 * n
        times = tuple(
            StepTime(text, "regenerate", "done", place, length_s, 30.0 * n, 0)
            for place, text in enumerate(NAMES[:steps])
        )
        places = {f"site-{k}": SiteTime(3000 - k, 2900 - k, 2800) for k in range(sites)}
        found.append(RunWindow(times, steps * length_s, 8800, 60.0, 0, True, places))
    document = window_document(found, HEAD, limit_s=1800)
    return Window(document, tuple(found), SweepResult(Path(), {}, 0, 0, 0))


def words(figure: Figure) -> str:
    """All that is written above and in the panels."""
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return "\n".join(text.get_text() for text in texts)


def test_each_step_and_the_whole_have_a_row() -> None:
    """The names at the left, the length that is enough at the right, the answer on top."""
    figure = window_figure(made_up())
    upper, lower = figure.axes
    labels = [label.get_text().replace("\n", " ") for label in upper.get_yticklabels()]
    assert labels == [*NAMES, "the whole window"]
    assert words(figure).startswith("Book 1h 16m: enough in 95 % of the runs")
    assert "38m" in words(figure)
    assert "30m is too short in 62 % of the runs" in words(figure)
    assert "2,900 of 3,000  (97 %)" in words(figure)
    assert len(lower.get_yticklabels()) == 3


def test_one_step_is_the_whole_window() -> None:
    """Then the whole has no row of its own."""
    assert len(window_figure(made_up(steps=1)).axes[0].get_yticklabels()) == 1


@pytest.mark.parametrize("never", [4, 40])
def test_a_window_that_never_ends_says_so(never: int) -> None:
    """No window is claimed, and the runs without an end are counted."""
    text = words(window_figure(made_up(never=never)))
    assert text.startswith("No window is long enough in 95 % of the runs")
    assert f"never in {never} of 40" in text


def test_the_marks_are_within_the_page() -> None:
    """Nothing is drawn beyond the axis; many sites are cut and counted."""
    figure = window_figure(made_up(sites=SITES_MOST + 5, runs=2))
    upper, lower = figure.axes
    assert upper.get_xlim()[1] >= 1800
    assert "5 more sites" in lower.get_xlabel()
    assert len(lower.get_yticklabels()) == SITES_MOST


def test_equal_answers_give_equal_bytes() -> None:
    """SVG has no day and no chance in it."""
    first, second = (figure_bytes(window_figure(made_up()), "svg") for _ in range(2))
    assert first == second
