"""What may be asked of a sweep, and what is refused before a document is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from twin.config.load import load_timing
from twin.errors import InputError
from twin.study.sweep_question import make_question, parse_over, parse_vary

EXPERIMENT = "callmanager-regeneration"


def test_values_are_read_as_yaml_reads_a_list() -> None:
    """`--vary PATH=A,B,C` splits at commas outside brackets and types each value."""
    found = parse_vary(["model.release=10.5, 12.5", "timing.tftp_retry_wait_s=[0,5],[1,9],30"])
    assert found == {
        "model.release": (10.5, 12.5),
        "timing.tftp_retry_wait_s": ([0, 5], [1, 9], 30),
    }


def test_ranges_may_be_left_to_the_profile() -> None:
    """`--over PATH` means the timing profile's range; whole numbers stay whole."""
    found = parse_over(["timing.p_busy", "model.phones[0].count=1:50", "timing.dhcp_s=0.5:2"])
    assert found == {
        "timing.p_busy": None,
        "model.phones[0].count": (1, 50),
        "timing.dhcp_s": (0.5, 2),
    }
    question = make_question(EXPERIMENT, sample=2, over=found)
    profile = load_timing()
    assert question.ranges(profile)["timing.p_busy"] == (profile.p_busy.low, profile.p_busy.high)


@pytest.mark.parametrize("text", ["timing.p_busy", "=1,2"])
def test_malformed_variants_are_refused(text: str) -> None:
    """A `--vary` without a path or without values is wrong input."""
    with pytest.raises(InputError, match="PATH=A,B,C"):
        parse_vary([text])


@pytest.mark.parametrize("text", ["timing.p_busy=1", "timing.p_busy=a:b", "timing.p_busy=1:2:3"])
def test_malformed_ranges_are_refused(text: str) -> None:
    """An `--over` that has no two numbers is wrong input."""
    with pytest.raises(InputError, match="PATH=LOW:HIGH"):
        parse_over([text])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"replicates": 0}, "--replicates: 0"),
        ({"sample": 4}, "nothing to sample over"),
        ({"over": {"timing.p_busy": None}}, "--sample: 0 points"),
        ({"sample": 2, "over": {"timing.p_busy": (0.2, 0.1)}}, "the least first"),
        ({"sample": 2, "over": {"timing.p_busy": (0.1,)}}, "the least first"),
        ({"vary": {"timing.p_busy": []}}, "no values"),
        ({"vary": {"timing.p_busy": [0.1, 0.2, 0.1]}}, "0.1 twice"),
        ({"vary": {"timing.p_busy": [0.1]}, "overrides": {"timing.p_busy": 0}}, "given twice"),
        ({"vary": {"experiment.seed": [1, 2]}}, "--seed sets the root seed"),
        ({"replicates": 10**6, "vary": {"timing.p_busy": [0, 1]}}, "2,000,000 runs"),
        ({"vary": {"timing.p_busy": [object()]}}, "a number, a text, a list"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(asked: dict[str, Any], said: str) -> None:
    """Every contradiction is told with what would be right."""
    with pytest.raises(InputError) as refused:
        make_question(EXPERIMENT, **asked)
    assert said in str(refused.value)


def test_every_contradiction_is_told_at_once() -> None:
    """Faults are collected, not told one by one."""
    with pytest.raises(InputError) as refused:
        make_question(EXPERIMENT, replicates=0, sample=3, vary={"timing.p_busy": []})
    assert len(refused.value.faults) == 3


def test_values_of_numpy_are_plain_numbers() -> None:
    """What a notebook hands over is what a document would hold."""
    question = make_question(EXPERIMENT, vary={"timing.p_busy": np.linspace(0, 0.2, 3)})
    assert question.vary == {"timing.p_busy": (0.0, 0.1, 0.2)}
    assert {type(value) for value in question.vary["timing.p_busy"]} == {float}


def test_a_path_outside_the_profile_needs_a_range() -> None:
    """Only timing parameters have a range of their own; a wrong name gets the nearest."""
    over = {"model.phones[0].count": None, "timing.p_bsy": None}
    with pytest.raises(InputError) as refused:
        make_question(EXPERIMENT, sample=2, over=over).ranges(load_timing())
    assert "model.phones[0].count=LOW:HIGH" in str(refused.value)
    assert "did you mean 'p_busy'?" in str(refused.value)
