"""Notebooks 6 to 9 run from clean kernels; see `test_first_lessons.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LATER = [
    "06-planning-a-window.ipynb",
    "07-mixed-mode-and-capf.ipynb",
    "08-mra-and-the-trust-graph.ipynb",
    "09-your-own-cluster.ipynb",
]


@pytest.mark.parametrize("name", LATER)
def test_a_later_lesson_runs_and_its_exercises_can_be_solved(
    name: str, executed: Callable[[str], Any]
) -> None:
    """Every cell runs without a word on stderr, and every check accepts its solution."""
    ran = executed(name)
    outputs = [output for cell in ran.cells for output in cell.get("outputs", [])]
    assert [o["text"] for o in outputs if o.get("name") == "stderr"] == []
    assert any("text/html" in output.get("data", {}) for output in outputs)
