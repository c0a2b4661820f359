"""Expectations against what was found."""

from __future__ import annotations

import pytest

from twin.config.experiment import Expectation
from twin.config.result import Metrics, Recovery
from twin.metrics.expectations import expectation_outcomes, holds, wording
from twin.phones.lifecycle import State


@pytest.mark.parametrize(
    ("word", "value", "limit", "expected"),
    [
        ("equals", 3, 3, True),
        ("equals", 3.0, 3, True),
        ("equals", 1, True, False),
        ("equals", True, True, True),
        ("equals", None, 0, False),
        ("not_equal", 3, 4, True),
        ("not_equal", 3, 3, False),
        ("at_least", 3, 3.0, True),
        ("at_least", 2, 3.0, False),
        ("at_least", None, 0.0, False),
        ("at_least", True, 0.0, False),
        ("at_most", 3, 3.0, True),
        ("at_most", 4, 3.0, False),
        ("at_most", None, 900.0, False),
        ("between", 1, (1.0, 2.0), True),
        ("between", 2, (1.0, 2.0), True),
        ("between", 2.1, (1.0, 2.0), False),
        ("is_null", None, True, True),
        ("is_null", 0, True, False),
        ("is_null", 0, False, True),
        ("is_null", None, False, False),
    ],
)
def test_a_comparison_holds_or_does_not(word, value, limit, expected):
    """Bounds belong to the range, "never" is neither more nor less, and true is not 1."""
    assert holds(word, value, limit) is expected


@pytest.mark.parametrize(
    ("word", "limit", "expected"),
    [
        ("equals", 0, "equals 0"),
        ("equals", False, "equals false"),
        ("at_most", 900.0, "at most 900"),
        ("between", (0.5, 2.0), "between 0.5 and 2"),
        ("is_null", True, "null"),
        ("is_null", False, "not null"),
    ],
)
def test_an_expectation_in_words(word, limit, expected):
    """What is expected is worded for people."""
    assert wording(word, limit) == expected


def test_metrics_events_and_alarms_are_looked_up(script):
    """A metric is found by its path, a reason nobody is stuck for is 0, events are counted."""
    told = script([State.REGISTERED])
    told.node(1_000, "TFTP", "itl_built", changed=True)
    told.node(2_000, "TFTP", "itl_built", changed=False)
    told.node(3_000, "Tomcat", "alarm", "warning", name="TomcatCertRegen")
    metrics = Metrics(recovery_s=Recovery(p95=800.5), stuck_by_reason={"no_tftp": 4})
    expect = [
        ({"metric": "recovery_s.p95", "at_most": 900}, 800.5),
        ({"metric": "recovery_s.p100", "is_null": True}, None),
        ({"metric": "stuck_by_reason.no_tftp", "equals": 4}, 4),
        ({"metric": "stuck_by_reason.malformed", "equals": 0}, 0),
        ({"metric": "reset_loop.detected", "equals": False}, False),
        ({"event": "itl_built", "equals": 2}, 2),
        ({"event": "itl_built", "node": "sub1", "equals": 0}, 0),
        ({"alarm": "TomcatCertRegen", "node": "pub", "at_least": 1}, 1),
        ({"alarm": "CertExpired", "equals": 0}, 0),
    ]
    outcomes = expectation_outcomes(
        [Expectation.model_validate(line) for line, _ in expect], metrics, told.tables()
    )
    assert [outcome.observed for outcome in outcomes] == [value for _, value in expect]
    assert all(outcome.passed for outcome in outcomes)


def test_a_failed_expectation_says_what_was_found(script):
    """An expectation that does not hold carries the observed value and the wording."""
    line = {"name": "nobody is lost", "metric": "phones_stuck", "equals": 0}
    (outcome,) = expectation_outcomes(
        [Expectation.model_validate(line)], Metrics(phones_stuck=7), script([]).tables()
    )
    assert (outcome.name, outcome.passed) == ("nobody is lost", False)
    assert (outcome.observed, outcome.expected) == (7, "equals 0")
