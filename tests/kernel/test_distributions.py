"""Laws in the large: what is drawn follows the distribution it is named for.

Each law is drawn in the three ways there are: a node's values one by one, a node's block, and one
value per phone. The Kolmogorov-Smirnov test compares all of them with scipy's distribution; the
seed is fixed, and a right generator would fail it for one seed in a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from twin.kernel.streams import Law, PhoneStreams, Streams

SEED = 20160207
P_LEAST = 0.001
SIZE = 20_000
NAMES = [f"SEP{n:012X}" for n in range(SIZE)]
STREAMS = Streams(SEED)
PHONES = PhoneStreams(STREAMS, NAMES)
WAYS: dict[str, Callable[[Law], NDArray[np.float64]]] = {
    "block": lambda law: np.array(STREAMS.block(law, "pub", "p", 3, SIZE)),
    "single": lambda law: np.array([STREAMS.draw(law, "pub", "q", n) for n in range(4_000)]),
    "phones": lambda law: PHONES.values(law, "p", 5),
}
NO_LIMIT = (0.0, 1e12)
CONTINUOUS = {
    "uniform": (Law("uniform", 0.0, 2.0, 6.0), stats.uniform(2.0, 4.0)),
    "exponential": (Law("exponential", 8.0, *NO_LIMIT), stats.expon(scale=8.0)),
    "lognormal": (
        Law("lognormal", 60.0, *NO_LIMIT, 0.4),
        stats.lognorm(0.4, scale=60.0),
    ),
    "triangular": (Law("triangular", 5.0, 3.0, 15.0), stats.triang(2 / 12, 3.0, 12.0)),
    "triangular, mode at the least": (
        Law("triangular", 3.0, 3.0, 15.0),
        stats.triang(0.0, 3.0, 12.0),
    ),
    "triangular, mode at the greatest": (
        Law("triangular", 15.0, 3.0, 15.0),
        stats.triang(1.0, 3.0, 12.0),
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", CONTINUOUS)
def test_a_law_has_the_shape_it_is_named_for(kind: str, way: str) -> None:
    """All quantiles together agree with the distribution (Kolmogorov-Smirnov, p > 0.001)."""
    law, expected = CONTINUOUS[kind]
    assert stats.kstest(WAYS[way](law), expected.cdf).pvalue > P_LEAST


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", CONTINUOUS)
def test_a_law_has_the_mean_it_documents(kind: str, way: str) -> None:
    """The mean of the draws is within four standard errors of the distribution's."""
    law, expected = CONTINUOUS[kind]
    values = WAYS[way](law)
    assert values.mean() == pytest.approx(
        expected.mean(), abs=4 * expected.std() / math.sqrt(len(values))
    )


@pytest.mark.parametrize("way", WAYS)
def test_the_centre_of_a_lognormal_is_its_median(way: str) -> None:
    """Half of the values lie below the centre, within four standard errors of a share."""
    values = WAYS[way](Law("lognormal", 60.0, *NO_LIMIT, 0.4))
    assert (values < 60.0).mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(len(values)))


@pytest.mark.parametrize("way", WAYS)
def test_a_lognormal_is_kept_within_its_range(way: str) -> None:
    """Draws beyond low or high become low or high; as many as the tails hold, and no others."""
    law = Law("lognormal", 10.0, 6.0, 30.0, 0.5)
    values = WAYS[way](law)
    assert (values.min(), values.max()) == (6.0, 30.0)
    tails = stats.lognorm(0.5, scale=10.0)
    for share, expected in (
        ((values == 6.0).mean(), tails.cdf(6.0)),
        ((values == 30.0).mean(), tails.sf(30.0)),
    ):
        error = math.sqrt(expected * (1 - expected) / len(values))
        assert share == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.95])
def test_a_bernoulli_law_is_one_as_often_as_its_centre_says(share: float, way: str) -> None:
    """Values are 0 or 1, and the share of ones is within four standard errors."""
    values = WAYS[way](Law("bernoulli", share, 0.0, 1.0))
    assert set(values.tolist()) == {0.0, 1.0}
    error = math.sqrt(share * (1 - share) / len(values))
    assert values.mean() == pytest.approx(share, abs=4 * error)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_what_is_certain_always_happens(certain: float, way: str) -> None:
    """A probability of 0 never gives 1, a probability of 1 always does."""
    assert set(WAYS[way](Law("bernoulli", certain, 0.0, 1.0)).tolist()) == {certain}


@pytest.mark.parametrize("kind", ["fixed", "deterministic"])
@pytest.mark.parametrize("way", WAYS)
def test_a_constant_is_no_chance(kind: str, way: str) -> None:
    """A fixed value is the centre for everyone, every time."""
    assert set(WAYS[way](Law(kind, 12.5, 0.0, 90.0)).tolist()) == {12.5}


def test_a_triangle_without_width_is_its_centre() -> None:
    """Where low and high coincide there is nothing to draw."""
    assert set(WAYS["phones"](Law("triangular", 4.0, 4.0, 4.0)).tolist()) == {4.0}


def test_an_unknown_law_is_refused() -> None:
    """A misspelt distribution does not pass for another."""
    with pytest.raises(ValueError, match="unknown distribution 'normal'"):
        Law("normal", 1.0, 0.0, 2.0).at(0.5, 0.5)


def test_draws_that_differ_in_one_thing_are_not_alike() -> None:
    """Another purpose, count, seed or the next phone: correlations stay within 4/sqrt(n)."""
    law = Law("uniform", 0.0, 0.0, 1.0)
    first = PHONES.values(law, "p", 5)
    others = {
        "purpose": PHONES.values(law, "q", 5),
        "count": PHONES.values(law, "p", 6),
        "seed": PhoneStreams(Streams(SEED + 1), NAMES).values(law, "p", 5),
        "phone": np.roll(first, 1),
        "node": np.array(STREAMS.block(law, "pub", "p", 5, SIZE)),
    }
    alike = {what: float(np.corrcoef(first, other)[0, 1]) for what, other in others.items()}
    assert {what: r for what, r in alike.items() if abs(r) > 4 / math.sqrt(SIZE)} == {}
