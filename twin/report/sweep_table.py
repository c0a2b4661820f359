"""A sweep on the terminal: a line per variant, and what failed.

Knows: the columns of a sweep's rows. Must not know how they came about, nor any statistics beyond
the middle of what was found and its ends.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from twin.study.sweep_result import Failure, SweepResult

COLUMNS = {
    "recovery_s.p50": "half back, s",
    "recovery_s.p99": "99 % back, s",
    "peak_unregistered": "most unregistered",
    "phones_stuck": "stuck",
}
"""What the table shows, and the words above it."""

VARIANTS_MOST = 30
FAILURES_MOST = 5


def print_sweep(console: Console, result: SweepResult) -> None:
    """The table of a sweep: per variant the middle of each number and what 90 % lie between."""
    frame = result.columns([*COLUMNS, "passed"])
    paths = list(result.variants[0])
    table = Table(box=None, pad_edge=False)
    for path in paths:
        table.add_column(path.removeprefix("timing."), overflow="fold")
    for name in ("runs", *COLUMNS.values(), "as expected"):
        table.add_column(name, justify="right")
    for variant, values in list(enumerate(result.variants))[:VARIANTS_MOST]:
        rows = frame[frame["variant"] == variant]
        cells = [word(values[path]) for path in paths]
        cells += [f"{len(rows):,}", *(middle(rows[name].to_numpy()) for name in COLUMNS)]
        cells.append(f"{rows['passed'].mean():.0%}" if len(rows) else "")
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
    hidden = len(result.variants) - VARIANTS_MOST
    if hidden > 0:
        console.print(f"and {hidden:,} more variants")
    console.print("median (5 % to 95 % of the runs); 'never' where phones did not come back")


def print_failures(console: Console, result: SweepResult) -> None:
    """The first failures, each with its seed and the command that repeats it."""
    if not result.failed:
        return
    for failure in result.iterate_failures(FAILURES_MOST):
        console.print(Text(_told(failure)), soft_wrap=True)
    whose = f"{result.failed_ours} by a fault of the program" if result.failed_ours else ""
    more = f"{result.failed} of {result.ran} runs failed{', ' + whose if whose else ''}"
    console.print(Text(f"{more}; all of them are in {result.directory / 'failures.jsonl'}"))


def _told(failure: Failure) -> str:
    values = ", ".join(f"{path}={word(value)}" for path, value in failure.values.items())
    whose = "a fault of the program, please report it: " if failure.is_ours else ""
    where = f"{values}, " if values else ""
    return (
        f"{where}replicate {failure.replicate}, seed {failure.seed}: {whose}{failure.message}\n"
        f"  to repeat it: {failure.command}"
    )


def middle(numbers: Any) -> str:
    """Median with the ends of what 90 % lie between; a missing number is later than any."""
    if not len(numbers):
        return ""
    known = np.where(np.isnan(numbers.astype(float)), np.inf, numbers.astype(float))
    low = float(np.quantile(known, 0.05, method="lower"))
    centre, high = np.quantile(known, (0.5, 0.95), method="higher").tolist()
    if low == high:
        return _number(centre)
    return f"{_number(centre)} ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    return "never" if value == np.inf else f"{value:,.0f}"


def word(value: Any) -> str:
    """A value of a variant as it is written in a document."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)
