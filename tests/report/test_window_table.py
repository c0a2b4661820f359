"""A maintenance window on the terminal."""

from __future__ import annotations

import io
import math

from rich.console import Console

from twin.config.window_result import WindowResult
from twin.report.window_table import SITES_MOST, print_window
from twin.study.window import window_document
from twin.study.window_runs import RunWindow, SiteTime, StepTime

HEAD = {"experiment": "[both]", "model": "m", "release": "14", "phones": 9000, "seed": 1}


def made_up(runs: int, *, stuck: int = 0, never: int = 0, sites: int = 2) -> WindowResult:
    """Run n takes n minutes; the last `never` of them have no end."""
    found = []
    for n in range(1, runs + 1):
        length_s = math.inf if n > runs - never else 60.0 * n
        step = StepTime("regenerate [CallManager]", "regenerate", "done", 0, length_s, 30.0, 0)
        places = {f"site-{k}": SiteTime(4500, 4400, 4300) for k in range(sites)}
        found.append(RunWindow((step,), length_s, 8800, 60.0, stuck, True, places))
    return window_document(found, HEAD, limit_s=5400)


def shown(document: WindowResult, width: int = 110) -> str:
    """What `print_window` prints."""
    console = Console(file=io.StringIO(), width=width)
    print_window(console, document)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def line_of(text: str, start: str) -> str:
    """The line of a table that begins so."""
    return next(line for line in text.splitlines() if line.strip().startswith(start))


def test_the_answer_stands_first_with_its_interval() -> None:
    """A hundred runs of 1 to 100 minutes: 95 minutes, between the 90th and the last."""
    text = shown(made_up(100))
    assert text.startswith("Maintenance window for [both]\nmodel m, release 14, 9,000 phones")
    assert "1h 35m" in line_of(text, "Window that is long enough in 95 % of the runs")
    assert "1h 30m to 1h 40m" in line_of(text, "Window that is long enough")
    assert "10 %" in line_of(text, "Chance that 1h 30m is too short")
    assert "8,800" in line_of(text, "Phones out of service at the worst moment")
    assert "1h 35m" in line_of(text, "regenerate [CallManager]")
    assert "4,500" in line_of(text, "site-0")
    assert "What to wait for\n1. After" in text


def test_what_is_not_known_is_not_shown_as_a_number() -> None:
    """Few runs bound a quantile on one side; a run without an end makes it never."""
    text = shown(made_up(10, never=1, stuck=3))
    assert "never" in line_of(text, "Window that is long enough")
    assert "or more" in line_of(text, "Phones out of service at the worst moment")
    assert "3" in line_of(text, "Phones expected to be stuck")
    assert "In 1 of 10 runs" in text
    assert "72 give both ends" in text


def test_many_sites_are_counted() -> None:
    """The table of sites stays on a screen, and no line is wider than the console."""
    text = shown(made_up(3, sites=SITES_MOST + 4), width=80)
    assert "and 4 more sites" in text
    assert max(map(len, text.splitlines())) <= 80
