"""A sweep on the terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from twin.metrics.sweep_storage import SweepStore
from twin.report.sweep_progress import sweep_progress_bar
from twin.report.sweep_table import FAILURES_MOST, VARIANTS_MOST, print_failures, print_sweep
from twin.study.sweep_result import FAILURES_NAME, SweepResult

COLUMNS = {
    "variant": "int64", "replicate": "int64", "recovery_s.p50": "double",
    "recovery_s.p99": "double", "peak_unregistered": "int64", "phones_stuck": "int64",
    "passed": "bool",
}  # fmt: skip


def sweep(directory: Path, variants: list[dict[str, Any]], replicates: int) -> SweepResult:
    """A made-up sweep: in variant 1 the last phones never come back."""
    store = SweepStore(directory, COLUMNS)
    for variant in range(len(variants)):
        for replicate in range(replicates):
            never = variant == 1
            row = dict(
                zip(COLUMNS, (variant, replicate, 100.0 + replicate, None if never else 1500.0,
                              1000 * variant, 3, replicate > 0), strict=True)
            )  # fmt: skip
            store.add(row)
    store.merge()
    return SweepResult(directory, {"variants": variants}, len(variants) * replicates, 0, 0)


def shown(result: SweepResult) -> str:
    """What `print_sweep` prints."""
    console = Console(file=io.StringIO(), width=120)
    print_sweep(console, result)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_each_variant_has_a_line(tmp_path: Path) -> None:
    """Values of the variant, runs, the middle of each number with its ends, expectations."""
    variants = [{"timing.p_busy": 0.25, "model.release": "10.5"},
                {"timing.p_busy": 1 / 3, "model.release": "[odd]"}]  # fmt: skip
    lines = shown(sweep(tmp_path, variants, 4)).splitlines()
    assert lines[0].split()[:2] == ["p_busy", "model.release"]
    first, second = lines[1:3]
    assert first.split()[:3] == ["0.25", "10.5", "4"]
    assert "102 (100 to 103)" in first
    assert "1,500" in first
    assert "75%" in first
    assert second.split()[:2] == ["0.3333", "[odd]"]
    assert "never" in second


def test_many_variants_are_cut_short(tmp_path: Path) -> None:
    """A sample of hundreds of points does not fill the screen."""
    variants = [{"timing.p_busy": n / 1000} for n in range(VARIANTS_MOST + 5)]
    assert "and 5 more variants" in shown(sweep(tmp_path, variants, 1))


def test_failures_are_told_with_seed_and_command(tmp_path: Path) -> None:
    """The first few on the terminal, all of them in the file; whose fault it was is said."""
    failure = {
        "variant": 0, "values": {"timing.p_busy": 0.1}, "replicate": 2, "seed": 99,
        "message": "RuntimeError: [a] wheel", "is_ours": True, "command": "twin run x --seed 99",
        "details": "",
    }  # fmt: skip
    lines = "".join(json.dumps(failure) + "\n" for _ in range(8))
    (tmp_path / FAILURES_NAME).write_text(lines)
    console = Console(file=io.StringIO(), width=80)
    result = SweepResult(tmp_path, {"variants": [{}]}, 20, 6, 2)
    print_failures(console, result)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert text.count("to repeat it: twin run x --seed 99") == FAILURES_MOST
    assert "timing.p_busy=0.1, replicate 2, seed 99: a fault of the program" in text
    assert "RuntimeError: [a] wheel" in text
    assert "8 of 20 runs failed, 6 by a fault of the program" in text
    assert len(result.failures) == 8


def test_progress_shows_on_a_terminal_only() -> None:
    """A terminal sees count, rate and failures; a file sees nothing."""
    for is_terminal in (True, False):
        console = Console(file=io.StringIO(), width=100, force_terminal=is_terminal)
        with sweep_progress_bar(console) as tell:
            tell(0, 0, 0, "checking the variants")
            for finished in range(4):
                tell(finished, 10, finished // 3, "running")
        assert isinstance(console.file, io.StringIO)
        text = console.file.getvalue()
        assert ("3/10" in text) is is_terminal
        assert ("1 failed" in text) is is_terminal
        assert bool(text) is is_terminal
