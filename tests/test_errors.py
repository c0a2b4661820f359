"""Exceptions: what they carry and how a fault reads."""

from __future__ import annotations

import pytest

from twin.errors import (
    ActionError,
    ConfigError,
    Fault,
    FormatError,
    InputError,
    LibraryError,
    SimulationError,
    TwinError,
)


def test_a_fault_with_a_nearest_word_reads_as_a_question() -> None:
    """Place, finding, nearest word and next step stand in one line in that order."""
    fault = Fault(
        place="models/two-site.yaml:12: nodes[2] (sub-b)",
        found="unknown field 'validty_days'",
        nearest="validity_days",
        next_step="'twin schema model' lists the fields.",
    )
    assert str(fault) == (
        "models/two-site.yaml:12: nodes[2] (sub-b): unknown field 'validty_days'; "
        "did you mean 'validity_days'? 'twin schema model' lists the fields."
    )


def test_a_fault_says_what_was_expected() -> None:
    """Without a nearest word the sentence ends after what was expected."""
    assert (
        str(Fault("a.yaml:3: count", "-1", "0 or more"))
        == "a.yaml:3: count: -1, expected 0 or more."
    )


def test_a_fault_without_a_place_begins_with_the_finding() -> None:
    """A fault of something that is in no file has no leading colon."""
    assert str(Fault("", "nothing")) == "nothing."


def test_an_input_error_prints_every_fault() -> None:
    """All faults are kept in order and printed one per line."""
    faults = [Fault("a", "one"), Fault("b", "two")]
    error = ConfigError(faults)
    assert error.faults == tuple(faults)
    assert str(error) == "a: one.\nb: two."


def test_an_input_error_takes_a_single_fault() -> None:
    """A single fault need not be wrapped in a list."""
    assert ActionError(Fault("a", "one")).faults == (Fault("a", "one"),)


def test_an_input_error_without_faults_is_a_mistake_of_the_caller() -> None:
    """An error that says nothing cannot be made."""
    with pytest.raises(ValueError, match="at least one fault"):
        InputError([])


def test_wrong_input_and_our_own_bugs_are_told_apart() -> None:
    """Input errors share a base that neither decoder errors nor our bugs have."""
    for wrong_input in (ConfigError, LibraryError, ActionError):
        assert issubclass(wrong_input, InputError)
    for other in (FormatError, SimulationError):
        assert issubclass(other, TwinError)
        assert not issubclass(other, InputError)
