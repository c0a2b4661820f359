"""Notebooks 1 to 5 run from clean kernels. (6 to 9 have a file of their own: two processes share
the work by files.)"""

from __future__ import annotations

from collections.abc import Callable

import pytest

FIRST = [
    "01-certificates-and-trust-lists.ipynb",
    "02-how-a-phone-decides.ipynb",
    "03-anatomy-of-a-reset-storm.ipynb",
    "04-the-seven-minute-loop.ipynb",
    "05-stuck-phones.ipynb",
]


@pytest.mark.parametrize("name", FIRST)
def test_a_lesson_runs_and_its_exercises_can_be_solved(
    name: str, teaches: Callable[[str], None]
) -> None:
    """Every cell runs without a word on stderr, and every check accepts its solution."""
    teaches(name)
