"""Intervals against tables, closed forms, and their own promise."""

from __future__ import annotations

import math

import pytest

from twin.kernel.streams import Law, Streams
from twin.study.statistics import (
    NEVER,
    mean,
    number_text,
    proportion,
    quantile,
    replicates_for_quantile,
)


def test_the_mean_has_students_interval() -> None:
    """1 to 5: mean 3, standard error sqrt(2.5/5), t of 4 degrees 2.776."""
    found = mean([1, 2, 3, 4, 5])
    half = 2.7764451 * math.sqrt(0.5)
    assert found.estimate == 3
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half))
    assert (found.n, found.never, found.confidence) == (5, 0, 0.95)
    assert "Student t" in found.method


def test_a_mean_with_a_never_is_never() -> None:
    """What never happened has no time, so there is no mean time and no interval."""
    found = mean([1.0, None, 3.0])
    assert (found.estimate, found.low, found.high, found.never) == (NEVER, None, None, 1)
    assert str(found) == "never (95% interval ? to ?, n=3)"


def test_too_few_values_have_no_interval() -> None:
    """One value is its own mean and says nothing of its spread; none says nothing."""
    assert (mean([7]).estimate, mean([7]).low, mean([7]).high) == (7, None, None)
    for nothing in (mean([]), quantile([], 0.5), proportion(0, 0)):
        assert (nothing.estimate, nothing.low, nothing.high, nothing.n) == (None, None, None, 0)


def test_the_median_of_ten_lies_between_the_second_and_the_ninth() -> None:
    """The textbook's ranks: P(2nd <= median <= 9th) = 1 - 22/1024 = 97.9 %."""
    found = quantile(range(10, 110, 10), 0.5)
    assert (found.estimate, found.low, found.high) == (50, 20, 90)


def test_a_high_quantile_of_few_values_has_no_upper_bound() -> None:
    """Of 71 values the largest may lie below the 95 % quantile too often; 72 are enough."""
    assert replicates_for_quantile(0.95) == 72
    assert quantile(range(71), 0.95).high is None
    assert quantile(range(72), 0.95).high == 71
    assert quantile(range(20), 0.95).estimate == 18


def test_a_quantile_may_be_never() -> None:
    """Two of ten never came: the 80 % quantile is a number, the 90 % quantile is never."""
    values = [1, 2, 3, 4, 5, 6, 7, 8, None, math.nan]
    assert quantile(values, 0.8).estimate == 8
    found = quantile(values, 0.9)
    assert (found.estimate, found.never, number_text(found.estimate)) == (NEVER, 2, "never")


def test_a_quantiles_interval_holds_as_often_as_it_says() -> None:
    """Of 400 samples of 80 exponential values, the median's interval misses some 5 % or fewer."""
    law, streams, held = Law("exponential", 1.0, 0.0, 1e9), Streams(11), 0
    for sample in range(400):
        found = quantile(streams.block(law, "test", "coverage", sample, 80), 0.5)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= math.log(2) <= found.high
    assert held >= 400 * 0.93


def test_a_proportion_has_wilsons_interval() -> None:
    """Closed form (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n); sound at none."""
    z, n, p = 1.959963985, 10, 0.5
    middle, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    found = proportion(5, 10)
    expected = ((middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n))
    assert (found.low, found.high) == pytest.approx(expected)
    none = proportion(0, 10)
    assert (none.estimate, none.low) == (0, 0)
    assert none.high == pytest.approx(z * z / (n + z * z))


@pytest.mark.parametrize("share", [0, 1, -0.5, math.nan])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    """A quantile or a confidence is strictly between 0 and 1."""
    with pytest.raises(ValueError, match="strictly between"):
        quantile([1, 2], share)
    with pytest.raises(ValueError, match="strictly between"):
        mean([1, 2], share)
