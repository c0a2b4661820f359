"""A progress bar for long runs: on stderr, and only when that is a terminal.

Knows: simulated time. Must not know what is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from twin.simtime import format_ms


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[int, int, str], None]]:
    """A callback (now_ms, end_ms, what is going on) that draws a bar on `console`."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[simulated]}"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=None, simulated="")

        def tell(now_ms: int, end_ms: int, what: str) -> None:
            shown = f"{format_ms(now_ms // 1000 * 1000)} of {format_ms(end_ms // 1000 * 1000)}"
            progress.update(task, completed=now_ms, total=end_ms, description=what, simulated=shown)

        yield tell
