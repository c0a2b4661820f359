"""Expressway releases as a history of changes, and the document it is read from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from twin.config.expressway import ExpresswayHistory, version
from twin.config.load import load_expressways

HISTORY = load_expressways()


@given(a=st.tuples(*[st.integers(0, 30)] * 3), b=st.tuples(*[st.integers(0, 30)] * 3))
def test_releases_are_compared_by_their_numbers(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """X8.10 comes after X8.9, whatever the letters say."""
    one, other = (version(f"X{x}.{y}.{z}") for x, y, z in (a, b))
    assert (one < other) is (a < b)


@pytest.mark.parametrize("name", ["8.7", "X8", "x8.7", "X8.7.", "X8.7.1.2", "X8.a"])
def test_what_is_no_release(name: str) -> None:
    """A release is written X8.7 or X14.0.2."""
    with pytest.raises(ValueError, match="is not an Expressway release"):
        version(name)


@pytest.mark.parametrize("name", ["X7.2", "X8.0.9", "X15.6", "X16.0"])
def test_releases_before_and_after_what_is_known(name: str) -> None:
    """The history ends where its sources end."""
    with pytest.raises(ValueError, match=r"known are X8\.1 to X15\.5"):
        HISTORY.at(name)


@pytest.mark.parametrize(
    ("release", "field", "value"),
    [
        ("X8.9", "san_characters", 999),
        ("X8.10", "san_characters", None),
        ("X8.9.9", "remarks_on_certificates", False),
        ("X14.0", "shows_certificate_to_cucm", False),
        ("X14.0.2", "shows_certificate_to_cucm", True),
        ("X14.1.5", "verifies_origin_servers", False),
        ("X14.2", "verifies_origin_servers", True),
        ("X12.4", "has_acme", False),
        ("X12.5.1", "has_acme", True),
        ("X15.4", "has_server_eku_switch", True),
        ("X15.5", "has_server_eku_switch", False),
        ("X15.4", "needs_client_usage", True),
        ("X15.5", "needs_client_usage", False),
        ("X15.5", "has_client_store", True),
    ],
)
def test_what_came_when(release: str, field: str, value: object) -> None:
    """Each change counts from its release on and not before."""
    assert getattr(HISTORY.at(release), field) == value


def test_every_change_changes_something() -> None:
    """No entry repeats what was so already; each has a source or an assumption."""
    values = HISTORY.rules.model_dump()
    for change in sorted(HISTORY.changes, key=lambda one: version(one.since)):
        after = getattr(HISTORY.at(change.since), change.field)
        assert after != values[change.field], (change.since, change.field)
        values[change.field] = after
        assert (change.source is None) != (change.assumption is None)
    assert HISTORY.known[0] == HISTORY.first
    assert HISTORY.known[-1] == HISTORY.last


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"field": "has_acne", "value": True, "source": "s"}, "has_acme"),
        ({"field": "has_acme", "value": True}, "one of source and assumption"),
        (
            {"field": "has_acme", "value": True, "source": "s", "assumption": "a"},
            "one of source and assumption",
        ),
        ({"field": "has_acme", "value": True, "source": "s", "since": "14"}, "X8.7 or X14.0.2"),
    ],
)
def test_a_wrong_change_is_told(change: dict[str, Any], words: str) -> None:
    """An unknown field names the nearest one; an origin is wanted, and only one."""
    document = HISTORY.model_dump(mode="json", exclude_none=True)
    document["changes"] = [{"since": "X9.1", **change}]
    with pytest.raises(ValidationError, match=words):
        ExpresswayHistory.model_validate(document)
