"""One replicate as a window: rows made up, lengths by hand."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from twin.errors import InputError
from twin.study.window_runs import run_window


def step(action: str, begin_s: float, end_s: float, rest_s: float, out: int = 0) -> dict[str, Any]:
    """A step as `step_rows` has it; times in seconds."""
    return {
        "action": action, "text": f"{action} it", "name": None, "outcome": "done",
        "started_at_ms": int(begin_s * 1000), "ended_at_ms": int(end_s * 1000),
        "settled_at_ms": int(rest_s * 1000), "unregistered": out,
    }  # fmt: skip


def wave(begin_s: float, p99_s: float | None) -> dict[str, Any]:
    """A wave as `wave_rows` has it, as far as it is read."""
    return {"started_at_ms": int(begin_s * 1000), "recovery_s": {"p99": p99_s}}


def row(*steps: dict[str, Any], waves: tuple[dict[str, Any], ...] = (), **more: Any) -> Any:
    """A sweep's row, as far as it is read."""
    site = {"site": "hq", "phones": 40, "peak": 30, "peak_at_ms": 5, "at_worst": 29}
    return {
        "steps": json.dumps(steps), "waves": json.dumps(waves), "sites": json.dumps([site]),
        "peak_unregistered": 30, "worst_at_ms": 90_000, "phones_stuck": 0, "passed": True,
        "phones_unregistered_at_end": 0, "reset_loop.detected": False,
    } | more  # fmt: skip


def test_a_step_lasts_until_the_cluster_is_at_rest() -> None:
    """From its start; the waiting after it is not the operator's, and adds nothing."""
    run = run_window(
        row(step("regenerate", 60, 68, 500), step("wait", 68, 505, 505), waves=(wave(70, 200),))
    )
    (only,) = run.steps
    assert (only.length_s, only.most_back_s, only.stage) == (440, 210, 0)
    assert (run.total_s, run.peak, run.peak_after_s) == (440, 30, 30)
    assert (run.sites["hq"].peak, run.sites["hq"].at_worst) == (30, 29)


def test_waiting_divides_stages() -> None:
    """Each stage has its own rest, and its own waves."""
    run = run_window(
        row(
            step("regenerate", 0, 8, 300), step("wait", 8, 310, 310),
            step("regenerate", 310, 318, 900), step("wait", 318, 905, 905),
            waves=(wave(20, 100), wave(330, 400)),
        )
    )  # fmt: skip
    assert [(s.stage, s.length_s, s.most_back_s) for s in run.steps] == [
        (0, 300, 120), (1, 590, 420),
    ]  # fmt: skip
    assert run.total_s == 900


def test_steps_without_a_wait_are_one_stage() -> None:
    """The first shows nobody out, because its storm is yet to come: it lasts as long as all."""
    run = run_window(
        row(step("regenerate", 0, 8, 8), step("regenerate", 8, 16, 16),
            step("advance", 16, 46, 46), step("restart_service", 46, 60, 700))
    )  # fmt: skip
    assert [s.stage for s in run.steps] == [0, 0, 0]
    assert [s.length_s for s in run.steps] == [700, 692, 654]


def test_a_pause_of_a_minute_divides_stages() -> None:
    """So does a step at a time of its own."""
    run = run_window(row(step("power", 0, 0, 50), step("power", 60, 60, 100)))
    assert [s.stage for s in run.steps] == [0, 1]
    run = run_window(row(step("power", 0, 0, 50), step("power", 59, 59, 100)))
    assert [s.stage for s in run.steps] == [0, 0]


def test_a_stage_cut_short_ends_with_the_next() -> None:
    """7 phones were out when the operator went on; 2 of 9 never came back and do not count."""
    run = run_window(
        row(step("regenerate", 0, 8, 119, out=9), step("advance", 8, 120, 120, out=9),
            step("regenerate", 120, 128, 600, out=2), phones_stuck=2,
            phones_unregistered_at_end=2)
    )  # fmt: skip
    assert [(s.length_s, s.out_at_next) for s in run.steps] == [(600, 7), (480, 0)]
    assert run.total_s == 600


def test_phones_still_on_their_way_make_a_window_never() -> None:
    """Out at the end and not stuck, or reset in a loop: the cluster was not at rest."""
    early, late = step("regenerate", 0, 8, 100), step("regenerate", 200, 208, 900, out=3)
    run = run_window(row(early, late, phones_unregistered_at_end=3))
    assert [s.length_s for s in run.steps] == [100, math.inf]
    assert run.total_s == math.inf
    assert run_window(row(early, **{"reset_loop.detected": True})).total_s == math.inf
    stuck = run_window(row(early, late, phones_unregistered_at_end=3, phones_stuck=3))
    assert stuck.total_s == 900


def test_a_wave_that_never_recovers_is_never_mostly_back() -> None:
    """Whatever other waves did."""
    run = run_window(row(step("regenerate", 0, 8, 90), waves=(wave(10, 30), wave(20, None))))
    assert run.steps[0].most_back_s == math.inf


def test_an_experiment_that_does_nothing_has_no_window() -> None:
    """Waiting is no work."""
    with pytest.raises(InputError, match="none of whose steps"):
        run_window(row(step("wait", 0, 10, 10), step("advance", 10, 20, 20)))
