"""Replicates until a metric is known well enough."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from twin.cli import app
from twin.errors import InputError
from twin.study.statistics import Estimate, mean
from twin.study.stopping import Stopped, Target, parse_target, run_until
from twin.study.sweep_executors import InProcess
from twin.study.sweep_question import Question


def test_a_target_is_a_metric_and_a_share() -> None:
    """As a number or in percent."""
    assert parse_target("recovery_s.p99:0.05") == Target("recovery_s.p99", 0.05)
    assert parse_target(" tftp.requests : 5% ") == Target("tftp.requests", 0.05)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("recovery_s.p98:0.05", "did you mean 'recovery_s.p9"),
        ("recovery_s.p99", "METRIC:SHARE"),
        ("recovery_s.p99:5", "between 0 and 1"),
        ("recovery_s.p99:much", "between 0 and 1"),
        ("stuck_by_reason:0.1", "unknown metric"),
    ],
)
def test_a_wrong_target_is_refused(text: str, said: str) -> None:
    """One message, before anything is run."""
    with pytest.raises(InputError, match=said):
        parse_target(text)


def test_a_target_is_reached_by_a_narrow_interval() -> None:
    """Half the width against the mean; no interval is never narrow enough, a certain 0 is."""
    target = Target("phones_stuck", 0.1)
    assert target.reached(Estimate(100, 90, 110, 9, "", 0.95))
    assert not target.reached(Estimate(100, 89, 111, 9, "", 0.95))
    assert not target.reached(mean([100, None]))
    assert not target.reached(mean([100]))
    assert target.reached(mean([0, 0]))


def test_a_sweep_stops_when_it_knows_enough(question: Question, tmp_path: Path) -> None:
    """A wide target is met by the first batch; a narrower one goes on from there to its bound."""
    looks: list[Stopped] = []
    wide = run_until(
        question, tmp_path, InProcess(), Target("recovery_s.p99", 0.9), batch=3, told=looks.append
    )
    assert (wide.reached, wide.replicates, wide.result.ran) == (True, 3, 6)
    assert [look.replicates for look in looks] == [3]
    narrow = run_until(
        question, tmp_path, InProcess(), Target("recovery_s.p99", 1e-6), batch=2, most=5,
        resume=True, told=looks.append,
    )  # fmt: skip
    assert (narrow.reached, narrow.replicates) == (False, 5)
    assert [look.replicates for look in looks] == [3, 3, 5]
    assert [look.result.ran for look in looks] == [6, 0, 4]
    assert len(narrow.estimates) == 2
    assert "not reached with 5 replicates" in str(narrow)


def test_a_bound_below_two_is_refused(question: Question, tmp_path: Path) -> None:
    """One replicate has no interval."""
    with pytest.raises(InputError, match="2 or more"):
        run_until(question, tmp_path, InProcess(), Target("recovery_s.p99", 0.1), most=1)


def test_the_command_says_how_well_it_knows(tmp_path: Path) -> None:
    """`twin sweep --until`: the interval that was reached, on stderr, after the table."""
    words = [
        "sweep", "callmanager-regeneration", "--until", "recovery_s.p99:0.5", "--replicates", "4",
        "--workers", "0", "--out", str(tmp_path / "there"),
    ]  # fmt: skip
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert "recovery_s.p99 within 50.0%: reached with 4 replicates" in done.stderr
    assert "4 runs" in done.stderr
