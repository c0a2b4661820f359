"""The progress of a sweep: on stderr, and only when that is a terminal.

Knows: how many runs are finished of how many. Must not know what is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

SPEED_WINDOW_S = 120.0
"""Rate and time left are estimated over this long, so that slow variants show."""


class _Rate(ProgressColumn):
    """Runs per second, or per minute when they are slow."""

    def render(self, task: Task) -> Text:
        per_s = task.finished_speed or task.speed
        if not per_s:
            return Text("")
        return Text(f"{per_s:.1f}/s" if per_s >= 1 else f"{per_s * 60:.1f}/min")


@contextmanager
def sweep_progress_bar(console: Console) -> Iterator[Callable[[int, int, int, str], None]]:
    """A callback (finished, to run, failed, what is going on) that draws a bar on `console`."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TextColumn("{task.fields[failed]}", style="red"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        speed_estimate_period=SPEED_WINDOW_S,
    ) as progress:
        task = progress.add_task("", total=None, failed="")

        def tell(finished: int, total: int, failed: int, what: str) -> None:
            said = f"{failed} failed" if failed else ""
            if what != progress.tasks[0].description:
                progress.reset(task, description=what)
            progress.update(task, completed=finished, total=total or None, failed=said)

        yield tell
