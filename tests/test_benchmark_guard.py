"""The regression guard on speed: ratios against the textbook in the same process, never seconds.

At a small size the twin's fixed costs (certificates, tables, metrics) weigh more than at 40,000
phones, so the bound is looser than the figures in benchmarks/README.md. It is there to catch a
change that makes a phone cost half as much again, not to measure; the two cores may be busy.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PHONES = 4_000
MOST = 1.2
"""Twin (storm, trust, journal, metrics) over textbook SimPy (none of these), median of 3."""


@pytest.mark.slow
def test_a_storm_costs_no_more_than_it_did(repository: Path, tmp_path: Path) -> None:
    """The full storm at 4,000 phones keeps its ratio to a textbook model without any PKI."""
    import json

    out = tmp_path / "bench.json"
    subprocess.run(
        [
            sys.executable, str(repository / "benchmarks" / "bench.py"), "--sizes", str(PHONES),
            "--repetitions", "3", "--no-memory", "--out", str(out),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    (row,) = json.loads(out.read_text())["sizes"]
    assert row["ratio_to_textbook"] < MOST


def test_the_yardsticks_run_the_same_storm(repository: Path) -> None:
    """Textbook and bare heap end within a tenth of each other: they model one storm."""
    sys.path.insert(0, str(repository / "benchmarks"))
    try:
        from textbook import StormShape, bare_heap, textbook
    finally:
        sys.path.pop(0)
    shape = StormShape(2_000, 4, 2, 50, 5, 75, 0.25, 6, 5, 0.003, 1 / 32, 0.2)
    slow, _ = textbook(shape)
    fast, _ = bare_heap(shape)
    assert abs(slow - fast) < 0.1 * slow
