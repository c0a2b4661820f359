"""Outcomes and reasons as one number of a journal row, and as words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.phones.outcomes import Outcome, Reason, pack, unpack

EVERY_REASON = sum(Reason, Reason.NONE)
OUTCOMES = st.sampled_from(Outcome)
REASONS = st.sets(st.sampled_from(list(Reason))).map(lambda found: sum(found, Reason.NONE))


@given(outcome=OUTCOMES, reasons=REASONS)
def test_unpacking_gives_back_what_was_packed(outcome: Outcome, reasons: Reason) -> None:
    """Outcome and reasons go into one number and come back unchanged."""
    assert unpack(pack(outcome, reasons)) == (outcome, reasons)


@given(first=st.tuples(OUTCOMES, REASONS), second=st.tuples(OUTCOMES, REASONS))
def test_different_verdicts_are_different_numbers(first: tuple, second: tuple) -> None:
    """No two verdicts share a number."""
    assert (pack(*first) == pack(*second)) == (first == second)


def test_an_outcome_without_reasons_is_its_own_number() -> None:
    """The detail of an accepted file is the outcome itself."""
    assert [pack(outcome) for outcome in Outcome] == list(Outcome)


def test_a_packed_verdict_fits_a_journal_cell() -> None:
    """Every outcome with every reason fits the 32-bit cell of the journal and the 16-bit column."""
    assert 0 <= pack(max(Outcome), EVERY_REASON) < 1 << 31
    assert EVERY_REASON < 1 << 16


def test_reasons_are_told_in_lower_case_in_their_order() -> None:
    """Two reasons are told as two words, the smaller number first."""
    both = Reason.TVS_UNREACHABLE | Reason.SIGNER_NOT_IN_LISTS
    assert both.words() == ["signer_not_in_lists", "tvs_unreachable"]


def test_no_reason_has_no_words() -> None:
    """Nothing wrong is told in no words at all."""
    assert Reason.NONE.words() == []


@pytest.mark.parametrize("detail", [200, 6 | 1 << 8])
def test_an_unknown_outcome_is_refused(detail: int) -> None:
    """A number that no verdict has is an error, not some outcome."""
    with pytest.raises(ValueError, match="is not a valid Outcome"):
        unpack(detail)
