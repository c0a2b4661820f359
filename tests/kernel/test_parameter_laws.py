"""From a parameter of the timing profile to the law it is drawn from."""

from __future__ import annotations

import math

import pytest

from twin.config.load import load_timing
from twin.config.timing import Parameter
from twin.kernel.laws import law
from twin.kernel.streams import Law, Streams


def parameter(**fields) -> Parameter:
    """A parameter between 1 and 20 s with default 5, with some fields changed."""
    base = {
        "description": "a delay",
        "unit": "s",
        "default": 5,
        "low": 1,
        "high": 20,
        "distribution": "fixed",
        "assumption": "for this test",
    }
    return Parameter(**{**base, **fields})


def test_a_law_is_scaled_to_the_unit_wanted() -> None:
    """Seconds become milliseconds in the centre and both bounds; a spread of logs stays."""
    found = law(parameter(distribution="lognormal", sigma=0.35), 1000.0)
    assert found == Law("lognormal", 5_000.0, 1_000.0, 20_000.0, 0.35)


def test_without_a_scale_the_unit_is_the_parameters_own() -> None:
    """The law is in the parameter's unit unless another is asked for."""
    assert law(parameter()) == Law("fixed", 5.0, 1.0, 20.0, 0.0)


@pytest.mark.parametrize("kind", ["uniform", "triangular"])
def test_a_spread_is_the_interval_drawn_from(kind: str) -> None:
    """Where the profile names an interval, it is drawn from, not the whole allowed range."""
    found = law(parameter(distribution=kind, spread=(4, 8)), 10.0)
    assert (found.kind, found.low, found.high) == (kind, 40.0, 80.0)


def test_the_value_an_experiment_sets_is_the_centre() -> None:
    """A law follows the value in force, not the default."""
    found = law(parameter(distribution="exponential").with_value(7), 1000.0)
    assert (found.kind, found.centre) == ("exponential", 7_000.0)


def test_every_parameter_of_the_bundled_profile_can_be_drawn() -> None:
    """Two hundred draws of each are finite and not negative, and keep to the allowed range.

    An exponential law has no greatest value; it is held to be positive only.
    """
    streams = Streams(3)
    outside = {}
    for name, entry in load_timing().parameters().items():
        values = streams.block(law(entry, 1000.0), "pub", name, 0, 200)
        high = math.inf if entry.distribution == "exponential" else entry.high * 1000
        low = 0.0 if entry.distribution == "exponential" else entry.low * 1000
        if entry.distribution == "bernoulli":
            low, high = 0.0, 1.0
        if not all(math.isfinite(value) and low <= value <= high for value in values):
            outside[name] = (min(values), max(values))
    assert outside == {}
