"""The detector of reset loops, on the journals of all bundled experiments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin import library
from twin.api import RunResult

LOOPS = (
    "why-do-phones-restart-every-seven-minutes",
    "does-stopping-certcn-end-the-reset-loop",
    "is-stopping-certcn-on-the-publisher-enough",
)
"""Experiments in which CSCup28852 is at work."""


@pytest.mark.parametrize("name", library.experiments())
def test_a_loop_is_found_where_there_is_one(name: str, bundled: Callable[[str], RunResult]) -> None:
    """The detector finds the loops of CSCup28852 and is silent on every other experiment."""
    loop = bundled(name).metrics.reset_loop
    assert loop.detected is (name in LOOPS)
    assert (loop.cycles >= 7) is (name in LOOPS)
