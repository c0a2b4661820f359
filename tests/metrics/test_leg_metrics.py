"""Legs in numbers: what stands, what was lost, for how long."""

from __future__ import annotations

from typing import Any

import pytest

from twin.metrics.legs import legs

ZONE = {"leg": "L2", "client": "c", "server": "e", "port": 7001}
TRUNK = {"leg": "L7", "client": "c", "server": "cucm", "port": 5061}


@pytest.fixture
def measured(script: Any) -> Any:
    """The numbers of a journal told row by row: (second, event, leg)."""

    def measure(*rows: tuple[int, str, dict[str, Any]]) -> dict[str, Any]:
        told = script([], ended_at_ms=100_000)
        for second, event, leg in rows:
            told.node(second * 1000, "tls", event, **leg)
        return legs(told.tables())

    return measure


def test_without_legs_there_is_nothing(measured: Any) -> None:
    """A cluster alone has zeroes."""
    assert measured() == {
        "connections": 0, "up_at_end": 0, "lost": 0, "refused": 0, "down_at_end": {},
        "longest_down_s": 0,
    }  # fmt: skip


def test_a_connection_that_came_back(measured: Any) -> None:
    """Lost, refused, connected: down from the loss to the new session."""
    found = measured(
        (0, "tls_connected", ZONE), (10, "tls_lost", ZONE), (25, "tls_refused", ZONE),
        (40, "tls_connected", ZONE),
    )  # fmt: skip
    assert (found["lost"], found["refused"], found["longest_down_s"]) == (1, 1, 30)
    assert (found["connections"], found["up_at_end"], found["down_at_end"]) == (1, 1, {})


def test_what_is_down_at_the_end_counts_until_then(measured: Any) -> None:
    """By kind of leg; one that never stood is down from its first try on."""
    found = measured(
        (5, "tls_unreachable", TRUNK), (20, "tls_connected", ZONE), (60, "tls_lost", ZONE)
    )
    assert found["down_at_end"] == {"L2": 1, "L7": 1}
    assert found["longest_down_s"] == 95
    assert found["refused"] == 0


def test_ends_and_port_tell_connections_apart(measured: Any) -> None:
    """The same kind of leg to another server is another connection."""
    found = measured((1, "tls_connected", TRUNK), (2, "tls_refused", TRUNK | {"server": "sub"}))
    assert (found["connections"], found["up_at_end"], found["down_at_end"]) == (2, 1, {"L7": 1})
