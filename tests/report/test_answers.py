"""The answer in one sentence: rules on numbers, the worst first."""

from __future__ import annotations

from typing import Any

import pytest

from twin.config.result import ExpectationOutcome, Metrics, Provenance, Result, StepOutcome
from twin.report.answers import answer


def result(
    steps: tuple[StepOutcome, ...] = (), expected: tuple[bool, ...] = (), **numbers: Any
) -> Result:
    """A result of 100 phones with some numbers."""
    return Result(
        experiment="e", model="m", release="11.5", seed=1, phones=100,
        started_at="2016-02-07T22:00:00Z", ended_at="2016-02-07T23:00:00Z",
        provenance=Provenance(
            version="1", model_sha256="", experiment_sha256="", parameters={}
        ),
        metrics=Metrics.model_validate(numbers), steps=steps,
        expectations=tuple(
            ExpectationOutcome(name="x", passed=one, observed=1, expected="1") for one in expected
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({}, "No phone is stuck and none is left out of service; no phone was reset"),
        ({"phones_stuck": 1, "stuck_by_reason": {"a": 1}}, "1 of 100 phones is stuck"),
        ({"phones_stuck": 100, "stuck_by_reason": {"a": 100}}, "All 100 phones are stuck"),
        ({"phones_unregistered_at_end": 7}, "7 of 100 phones are out of service at the end"),
        ({"reset_loop": {"detected": True, "period_s": 420, "cycles": 9}}, "every 7m"),
        ({"legs": {"connections": 6, "up_at_end": 5}}, "1 of 6 connections of systems is down"),
        ({"presence": {"disconnected": 2}}, "2 Jabber clients cannot sign in"),
        ({"lsc": {"failed": 3}}, "3 certificate operations of phones failed"),
    ],
)
def test_what_happened_is_said(numbers: dict[str, Any], said: str) -> None:
    """Each kind of trouble has its words, and no trouble has some, too."""
    found = answer(result(**numbers), {})
    assert said in found.sentence
    assert found.is_good is (not numbers)
    assert found.sentence.endswith(".")


def test_the_worst_comes_first() -> None:
    """Stuck phones before phones out, those before connections and refused steps."""
    step = StepOutcome(at="", action="regenerate TVS", outcome="too early")
    found = answer(
        result((step,), phones_stuck=2, stuck_by_reason={"a": 2}, phones_unregistered_at_end=3,
               legs={"connections": 2}),
        {"a": ["utils itl reset localkey"]},
    ).sentence  # fmt: skip
    places = [found.index(word) for word in ("stuck", "out of service", "connections", "TVS")]
    assert places == sorted(places)
    assert "(utils itl reset localkey helps)" in found


def test_the_cost_is_told_in_words() -> None:
    """How many were out, how often they were reset, how long until they were back, or never."""
    recovery = {"p50": 60, "p95": 150, "p100": None}
    found = answer(
        result(resets_total=200, resets_per_phone_max=2, peak_unregistered=99, recovery_s=recovery),
        {},
    ).sentence
    assert "reset up to 2 times each, 99 of 100 phones were out" in found
    assert "95 % were back within 2m 30s, the last never" in found


@pytest.mark.parametrize(
    ("expected", "held"),
    [
        ((), "nothing in particular"),
        ((True,), "the one expectation holds"),
        ((True, True), "all 2 expectations hold"),
        ((True, False), "1 of 2 expectations failed"),
    ],
)
def test_whether_it_was_expected_is_said_apart(expected: tuple[bool, ...], held: str) -> None:
    """Bad news can be what was expected; that is another sentence."""
    found = answer(result(expected=expected), {})
    assert held in found.held
    assert found.is_as_expected is all(expected)
