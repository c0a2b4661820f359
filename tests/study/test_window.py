"""Replicates together as a maintenance window."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

import twin
from twin.cli import app
from twin.config.window_result import WindowResult
from twin.errors import InputError, SimulationError
from twin.study.window import check_window, window_document
from twin.study.window_runs import RunWindow, SiteTime, StepTime

HEAD = {"experiment": "e", "model": "m", "release": "14", "phones": 50, "seed": 1}
NAMES = ("regenerate CallManager on pub", "regenerate TVS on pub")


def made_up(
    number: int, *, total_s: float = 0, stuck: int = 0, out: int = 0, one_stage: bool = False
) -> RunWindow:
    """Run `number` of some: its steps take `number` and 2 x `number` seconds."""
    total_s = total_s or 3.0 * number
    lengths = (1.0 * number, math.inf if math.isinf(total_s) else 2.0 * number)
    steps = tuple(
        StepTime(text, "regenerate", "done", 0 if one_stage else place, length, 1.0,
                 out if place == 0 else 0)
        for place, (text, length) in enumerate(zip(NAMES, lengths, strict=True))
    )  # fmt: skip
    sites = {"small": SiteTime(10, 9, 8), "large": SiteTime(40, 20 + number % 10, 20)}
    return RunWindow(steps, total_s, 28 + number % 10, 60.0, stuck, number != 1, sites)


def test_lengths_are_order_statistics() -> None:
    """Of 100 runs of 1 to 100 s: the 95th, between ranks 90 and 100; in all three times that."""
    document = window_document([made_up(n) for n in range(1, 101)], HEAD, limit_s=240)
    first, second = document.steps
    interval = first.length_s
    assert (interval.estimate, interval.low, interval.high) == (95, 90, 100)
    assert (first.median_s.estimate, second.length_s.estimate) == (50, 190)
    assert (document.window_s.estimate, document.window_median_s.estimate) == (285, 150)
    assert document.limit is not None
    assert document.limit.overrun.estimate == 0.2
    assert document.as_expected.estimate == 0.99
    assert document.notes == ()


def test_the_worst_moment_is_told_in_all_and_by_site() -> None:
    """The site with most phones out stands first."""
    document = window_document([made_up(n) for n in range(1, 101)], HEAD)
    assert document.worst.phones.estimate == 37
    assert document.worst.phones_mean.estimate == pytest.approx(32.5)
    assert [site.site for site in document.sites] == ["large", "small"]
    assert document.sites[0].peak.estimate == 29
    assert document.sites[0].peak_mean.estimate == pytest.approx(24.5)
    assert (document.sites[1].peak.low, document.sites[1].at_worst_mean.estimate) == (9, 8)


def test_a_window_may_be_never() -> None:
    """If one run in ten is never at rest, there is no window for 95 %, but one for half."""
    runs = [made_up(n, total_s=math.inf if n > 90 else 0) for n in range(1, 101)]
    document = window_document(runs, HEAD, failed=2, limit_s=1e9)
    assert document.window_s.estimate == "never"
    assert document.window_median_s.estimate == 150
    assert document.limit is not None
    assert document.limit.overrun.estimate == 0.1
    assert document.steps[0].length_s.estimate == 95
    assert "not all back by the end" in document.advice[1]
    assert ["In 10 of 100" in document.notes[0], "2 runs" in document.notes[1]] == [True, True]
    assert WindowResult.model_validate_json(document.model_dump_json()) == document


def test_few_replicates_say_so() -> None:
    """Without an upper bound the number is null, and the note says how many runs give one."""
    document = window_document([made_up(n) for n in range(1, 11)], HEAD)
    assert document.window_s.high is None
    assert "72 give both ends" in document.notes[0]


def test_the_advice_follows_what_was_seen() -> None:
    """Wait for phones, not for a time; do not renew two at once; stuck phones do not come back."""
    runs = [made_up(n) for n in range(1, 101)]
    calm = window_document(runs, HEAD).advice
    assert "wait until all phones are registered again (1m 35s" in calm[0]
    assert "before the next certificate, 'regenerate TVS on pub'" in calm[0]
    assert "the work is over when" in calm[1]
    early = window_document([made_up(n, out=n % 2 * 7) for n in range(1, 101)], HEAD)
    assert "in 50 % of the runs" in early.advice[0]
    assert "up to 7 phones still out" in early.advice[0]
    assert early.steps[0].too_early.estimate == 0.5
    hasty = window_document([made_up(n, one_stage=True, stuck=n % 4) for n in range(1, 101)], HEAD)
    assert "follow each other without a wait" in hasty.advice[0]
    assert "Up to 3 phones are stuck" in hasty.advice[-1]
    assert (hasty.stuck.most, hasty.stuck.mean.estimate) == (3, 1.5)
    assert hasty.stuck.chance.estimate == 0.75


@pytest.mark.parametrize(
    ("confidence", "limit", "said"), [(1.0, None, "--confidence"), (0.9, "soon", "--limit")]
)
def test_a_question_that_makes_no_sense_is_refused(
    confidence: float, limit: str | None, said: str
) -> None:
    """Before anything is run."""
    with pytest.raises(InputError, match=said):
        check_window(confidence, limit)
    assert check_window(0.9, "4h") == 14_400


def test_the_lab_has_a_window(tmp_path: Path) -> None:
    """Five runs of the two-phone lab: the window is what the rows say, and files are left."""
    answer = twin.window(
        "callmanager-regeneration", replicates=5, workers=0, limit="2h", out=tmp_path
    )
    rows = answer.sweep.frame
    settled = [json.loads(steps)[0]["settled_at_ms"] / 1000 for steps in rows["steps"]]
    document = answer.document
    assert document.window_s.estimate == max(settled)
    assert document.steps[0].length_s == document.window_s
    assert document.steps[0].text.startswith("regenerate CallManager")
    assert [run.total_s for run in answer.runs] == settled
    assert (document.worst.phones.estimate, document.sites[0].phones) == (2, 2)
    assert document.limit is not None
    assert document.limit.overrun.estimate == 0
    assert (tmp_path / "window.svg").is_file()
    assert json.loads((tmp_path / "window.json").read_text())["replicates"] == 5
    again = twin.window(
        "callmanager-regeneration", replicates=5, workers=0, confidence=0.8, out=tmp_path
    )
    assert (again.sweep.ran, again.document.confidence) == (0, 0.8)


def test_runs_that_all_fail_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a row there is no window, but the first failure and what repeats it."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("twin.study.sweep_worker.run_loaded", broken)
    with pytest.raises(SimulationError, match=r"out of order\n.*twin run callmanager"):
        twin.window("callmanager-regeneration", replicates=2, workers=0)


def test_the_command_prints_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`twin window --json`: the document on stdout and nothing else, nothing written."""
    monkeypatch.chdir(tmp_path)
    words = [
        "window", "callmanager-regeneration", "--replicates", "2", "--workers", "0", "--json",
        "--limit", "1s", "--set", "timing.p_busy=0",
    ]  # fmt: skip
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stderr) == (0, "")
    document = WindowResult.model_validate_json(done.stdout)
    assert document.limit is not None
    assert document.limit.overrun.estimate == 1
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_a_table_and_leaves_a_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --out the answer is in results/, and no rows are."""
    monkeypatch.chdir(tmp_path)
    words = ["window", "callmanager-regeneration", "--replicates", "2", "--workers", "0"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert "What to wait for" in done.stdout
    left = tmp_path / "results" / "window-callmanager-regeneration"
    assert done.stderr == f"written to {left.relative_to(tmp_path)}\n"
    assert sorted(file.name for file in left.iterdir()) == [
        "window.json", "window.png", "window.svg",
    ]  # fmt: skip
