"""Estimates with confidence intervals, each saying by which method it was made.

Knows: numbers, and that some of them are "never". Must not know what they measure.

A value of None or NaN is a replicate in which the thing never happened. It counts as later than
any number (infinity), so a quantile can be "never", and so can a bound of one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.study.sweep_plan import missing_extra

CONFIDENCE = 0.95
NEVER = math.inf

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval.

    `estimate`, `low` and `high` are in the unit of what was measured; infinity is "never", None is
    "these data cannot say". `n` values went in, `never` of them without a number.
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    method: str
    confidence: float
    never: int = 0

    def __str__(self) -> str:
        ends = f"{number_text(self.low)} to {number_text(self.high)}"
        return f"{number_text(self.estimate)} ({self.confidence:.0%} interval {ends}, n={self.n})"


def number_text(value: float | None) -> str:
    """A number of an estimate in words: "never", or "?" for what the data cannot say."""
    if value is None:
        return "?"
    return "never" if value == NEVER else f"{value:,.4g}"


def as_numbers(values: Any) -> Floats:
    """Values as an array of floats, None and NaN as infinity."""
    numbers = np.array([math.nan if v is None else float(v) for v in values], dtype=np.float64)
    numbers[np.isnan(numbers)] = NEVER
    return numbers


def mean(values: Sequence[float | None] | Any, confidence: float = CONFIDENCE) -> Estimate:
    """The mean with Student's t interval: exact for normal values, good for many of any kind.

    With a "never" among the values there is no mean, and no interval.
    """
    distributions = scipy_stats()
    _check(confidence)
    numbers = as_numbers(values)
    n, never = len(numbers), int(np.isinf(numbers).sum())
    method = "mean, Student t"
    if never or not n:
        return Estimate(NEVER if never else None, None, None, n, method, confidence, never)
    middle = float(numbers.mean())
    if n < 2:
        return Estimate(middle, None, None, n, method, confidence)
    error = float(numbers.std(ddof=1)) / math.sqrt(n)
    half = float(distributions.t.ppf((1 + confidence) / 2, n - 1)) * error
    return Estimate(middle, middle - half, middle + half, n, method, confidence)


def quantile(
    values: Sequence[float | None] | Any, share: float, confidence: float = CONFIDENCE
) -> Estimate:
    """The value that `share` of the replicates do not exceed, with an order-statistic interval.

    The estimate is the ceil(n * share)-th smallest value. The interval needs no assumption about
    the distribution: how many of n values lie below a quantile is binomial, so two order statistics
    enclose it with at least the confidence asked. Where there are too few values for an upper or
    lower order statistic that bound is None.

    Raises:
        ValueError: `share` or `confidence` is not strictly between 0 and 1.
    """
    distributions = scipy_stats()
    _check(confidence)
    _check(share)
    ordered = np.sort(as_numbers(values))
    n, never = len(ordered), int(np.isinf(ordered).sum())
    method = f"quantile {share:g}, order statistics (binomial)"
    if not n:
        return Estimate(None, None, None, 0, method, confidence)
    outside = (1 - confidence) / 2
    lower = int(distributions.binom.ppf(outside, n, share))
    upper = int(distributions.binom.ppf(1 - outside, n, share)) + 1
    rank = max(math.ceil(n * share - 1e-9), 1)
    return Estimate(
        float(ordered[rank - 1]),
        float(ordered[lower - 1]) if lower >= 1 else None,
        float(ordered[upper - 1]) if upper <= n else None,
        n, method, confidence, never,
    )  # fmt: skip


def replicates_for_quantile(share: float, confidence: float = CONFIDENCE) -> int:
    """The fewest replicates with which `quantile` has both bounds."""
    _check(share)
    _check(confidence)
    rarest = max(share, 1 - share)
    return math.ceil(math.log((1 - confidence) / 2) / math.log(rarest) - 1e-9)


def proportion(count: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """A share of replicates with Wilson's score interval, which stays sound near 0 and 1."""
    distributions = scipy_stats()
    _check(confidence)
    method = "proportion, Wilson score"
    if not n:
        return Estimate(None, None, None, 0, method, confidence)
    found = distributions.binomtest(count, n).proportion_ci(confidence, method="wilson")
    low, high = max(float(found.low), 0.0), min(float(found.high), 1.0)
    return Estimate(count / n, low, high, n, method, confidence)


def _check(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"{share!r} is not strictly between 0 and 1")


def scipy_stats() -> Any:
    """scipy's distributions.

    Raises:
        InputError: scipy is not there.
    """
    try:
        from scipy import stats
    except ImportError:
        raise missing_extra("statistics", "scipy") from None
    return stats
