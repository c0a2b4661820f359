"""Notebooks 6 to 9 run from clean kernels; see `test_first_lessons.py`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

LATER = [
    "06-planning-a-window.ipynb",
    "07-mixed-mode-and-capf.ipynb",
    "08-mra-and-the-trust-graph.ipynb",
    "09-your-own-cluster.ipynb",
]


@pytest.mark.parametrize("name", LATER)
def test_a_later_lesson_runs_and_its_exercises_can_be_solved(
    name: str, teaches: Callable[[str], None]
) -> None:
    """Every cell runs without a word on stderr, and every check accepts its solution."""
    teaches(name)
