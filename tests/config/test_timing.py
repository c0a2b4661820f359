"""The timing profile: well-formed parameters, values in force, and the bundled defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from twin import library
from twin.config.load import load_timing
from twin.config.timing import Parameter, TimingProfile
from twin.errors import ConfigError

FIXED: dict[str, Any] = {
    "description": "a time",
    "unit": "s",
    "default": 5,
    "low": 1,
    "high": 30,
    "distribution": "fixed",
    "assumption": "chosen",
}
UNIFORM: dict[str, Any] = {**FIXED, "distribution": "uniform", "spread": [2, 8]}


@pytest.fixture(scope="module")
def timing() -> TimingProfile:
    """The bundled profile."""
    return load_timing()


def test_every_parameter_has_one_origin_and_a_range(timing: TimingProfile) -> None:
    """Each number says where it comes from or that it is assumed, and how far it may go."""
    for name, parameter in timing.parameters().items():
        assert (parameter.source is None) != (parameter.assumption is None), name
        assert parameter.low <= parameter.default <= parameter.high, name
        assert parameter.description, name


@pytest.mark.parametrize(
    ("name", "default", "low", "high", "distribution"),
    [
        ("reg_rate_sccp_per_s", 125, 60, 200, "deterministic"),
        ("reg_rate_sip_per_s", 40, 20, 80, "deterministic"),
        ("fallback_rate_per_s", 10, 1, 500, "deterministic"),
        ("reset_pace_per_ccm_per_s", 50, 5, 200, "deterministic"),
        ("db_replication_delay_s", 1, 0.3, 10, "lognormal"),
        ("certificate_regen_s", 5, 3, 15, "triangular"),
        ("tftp_service_ms", 5, 2, 20, "exponential"),
        ("tvs_ttl_s", 86_400, 0, 604_800, "fixed"),
        ("certcn_resync_s", 1800, 60, 86_400, "fixed"),
        ("connection_monitor_s", 120, 0, 3600, "fixed"),
        ("p_busy", 0.01, 0, 0.2, "bernoulli"),
    ],
)
def test_the_bundled_defaults(
    timing: TimingProfile, name: str, default: float, low: float, high: float, distribution: str
) -> None:
    """The figures the storm depends on most, as published or assumed."""
    parameter = timing.parameters()[name]
    assert (parameter.default, parameter.low, parameter.high) == (default, low, high)
    assert parameter.distribution == distribution


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"source": "a book"}, "both source and assumption, or neither"),
        ({"assumption": None}, "both source and assumption, or neither"),
        ({"default": 31}, "31 outside 1 to 30"),
        ({"distribution": "lognormal"}, "distribution lognormal with sigma None"),
        ({"sigma": 0.5}, "distribution fixed with sigma 0.5"),
        ({"distribution": "uniform"}, "uniform without spread"),
        ({"spread": [2, 8]}, "spread with distribution fixed"),
        ({"distribution": "uniform", "spread": [6, 8]}, "[6, 8] with default 5"),
        ({"distribution": "bernoulli"}, "range 1 to 30"),
        ({"distribution": "normal"}, "Input should be"),
    ],
)
def test_a_malformed_parameter_is_refused(change: dict[str, Any], fault: str) -> None:
    """Origin, range and distribution must agree."""
    with pytest.raises(ValidationError) as caught:
        Parameter.model_validate({**FIXED, **change})
    assert fault in str(caught.value)


def test_the_value_in_force_is_the_default_until_set() -> None:
    """Setting a value makes a copy; the parameter keeps its default."""
    parameter = Parameter.model_validate(FIXED)
    changed = parameter.with_value(7)
    assert parameter.value == 5
    assert (changed.value, changed.default) == (7, 5)


def test_an_interval_is_scaled_with_its_mean() -> None:
    """One number for a uniform parameter moves its mean and keeps the shape."""
    parameter = Parameter.model_validate(UNIFORM)
    assert parameter.interval == (2, 8)
    assert parameter.with_value(10).interval == (4, 16)
    assert parameter.with_value(25).interval == (10, 30), "cut at the allowed range"


def test_an_interval_may_be_set_directly() -> None:
    """Two numbers for a uniform parameter are its new interval."""
    changed = Parameter.model_validate(UNIFORM).with_value((3.0, 5.0))
    assert (changed.interval, changed.value) == ((3.0, 5.0), 4.0)


def test_other_distributions_draw_within_the_range() -> None:
    """A triangular parameter without a spread is drawn from its whole range."""
    assert Parameter.model_validate({**FIXED, "distribution": "triangular"}).interval == (1, 30)


@pytest.mark.parametrize(("unit", "expected"), [("s", 5000), ("ms", 5), ("min", 300_000)])
def test_a_time_is_given_in_milliseconds(unit: str, expected: int) -> None:
    """The simulation counts milliseconds, whatever unit the profile uses."""
    assert Parameter.model_validate({**FIXED, "unit": unit}).ms == expected


def test_a_rate_is_no_time() -> None:
    """Asking a rate for milliseconds is a mistake of the program."""
    with pytest.raises(ValueError, match="is no time"):
        _ = Parameter.model_validate({**FIXED, "unit": "1/s"}).ms


def test_values_are_set_by_name(timing: TimingProfile) -> None:
    """A profile with other values is a copy that reports them for provenance."""
    changed = timing.with_values({"p_busy": 0.1, "reset_phone_jitter_s": [0, 10]})
    assert changed.p_busy.value == 0.1
    assert changed.reset_phone_jitter_s.interval == (0, 10)
    assert changed.values()["reset_phone_jitter_s"] == 5
    assert timing.p_busy.value == 0.01


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("p_busy", 0.5, "timing.p_busy: 0.5 is out of range, expected 0 to 0.2."),
        ("p_busy", "often", "timing.p_busy: 'often', expected a number from 0 to 0.2."),
        ("p_busy", True, "timing.p_busy: True, expected a number from 0 to 0.2."),
        ("p_busy", [0, 0.1], "timing.p_busy: [0, 0.1], expected one number from 0 to 0.2."),
        (
            "tftp_retry_wait_s",
            [9, 2],
            "timing.tftp_retry_wait_s: [9, 2], expected two numbers, the least first.",
        ),
        (
            "tftp_retry_wait",
            5,
            "timing.tftp_retry_wait: unknown timing parameter 'tftp_retry_wait'; did you mean "
            "'tftp_retry_wait_s'? 'twin schema timing' lists the parameters.",
        ),
    ],
)
def test_a_wrong_value_is_refused(
    timing: TimingProfile, name: str, value: object, fault: str
) -> None:
    """The message has the allowed range or the nearest parameter."""
    with pytest.raises(ConfigError) as caught:
        timing.with_values({name: value})
    assert str(caught.value) == fault


def test_all_wrong_values_are_reported_together(timing: TimingProfile) -> None:
    """One error names every value that cannot be set."""
    with pytest.raises(ConfigError) as caught:
        timing.with_values({"p_busy": 3, "p_bussy": 3, "tvs_ttl_s": -1})
    assert len(caught.value.faults) == 3


def test_the_name_decides_the_unit(tmp_path: Path) -> None:
    """A parameter whose name ends in _s is in seconds; a file that says otherwise is refused."""
    text = library.path("timing").read_text()
    file = tmp_path / "timing.yaml"
    file.write_text(text.replace("unit: ms", "unit: s", 1).replace("p_busy:", "p_bussy:"))
    with pytest.raises(ConfigError) as caught:
        load_timing(file)
    message = str(caught.value)
    assert "tftp_service_ms.unit: 's', expected 'ms'." in message
    assert "unknown field 'p_bussy'; did you mean 'p_busy'?" in message


def test_assumptions_come_with_their_parameter(timing: TimingProfile) -> None:
    """`twin assumptions` shows every default without a source."""
    assumed = dict(timing.assumed())
    assert "reset_pace_per_ccm_per_s" in assumed
    assert "reg_rate_sip_per_s" not in assumed
