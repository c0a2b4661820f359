"""The sensitivity document on the terminal.

Knows: the document. Must not know how it was found.
"""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from twin.config.sensitivity_result import SensitivityResult


def print_sensitivity(console: Console, answer: SensitivityResult) -> None:
    """What matters, the strongest first; the rest in one line; shares of variance if known."""
    console.print(f"What {answer.metric} of {answer.experiment} depends on", highlight=False)
    console.print(
        f"model {answer.model}, release {answer.release}, {answer.points} points", highlight=False
    )
    strong = [one for one in answer.screening if one.matters]
    level = f"{answer.confidence:.0%} interval"
    table = Table(title="\nWhat matters", box=None, pad_edge=False)
    table.add_column("parameter", no_wrap=True)
    for column in ("tried from", "to", "rank correlation", level):
        table.add_column(column, justify="right")
    for one in strong:
        table.add_row(
            one.path, f"{one.low_value:.3g}", f"{one.high_value:.3g}", f"{one.prcc:+.2f}",
            f"{one.low:+.2f} to {one.high:+.2f}",
        )  # fmt: skip
    console.print(table if strong else "\nNothing that was varied matters.")
    weak = [one.path.removeprefix("timing.") for one in answer.screening if not one.matters]
    if weak:
        console.print(f"\nNo more than chance: {', '.join(weak)}", highlight=False)
    if answer.indices:
        table = Table(title="\nShare of the variance", box=None, pad_edge=False)
        table.add_column("parameter", no_wrap=True)
        for column in ("by itself", level, "with interactions", level):
            table.add_column(column, justify="right")
        for index in answer.indices:
            table.add_row(
                index.path,
                f"{index.first:.2f}", f"{index.first_low:.2f} to {index.first_high:.2f}",
                f"{index.total:.2f}", f"{index.total_low:.2f} to {index.total_high:.2f}",
            )  # fmt: skip
        console.print(table)
    console.print(f"\n{answer.screening_method}", highlight=False)
