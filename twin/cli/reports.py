"""The commands that write documents for people: report, runbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.program import app


@app.command()
def report(
    directory: Annotated[
        Path, typer.Argument(metavar="RUN_DIR|SWEEP_DIR", help="Folder of a run or of a sweep.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="File to write; report.html in the folder by default.")
    ] = None,
    sensitivity: Annotated[
        Path | None,
        typer.Option(help="What 'twin sensitivity --out' wrote; by default the bundled one."),
    ] = None,
) -> None:
    """Write a run or a sweep as one HTML file that needs nothing else: for managers, for print."""
    from twin.report.reports import report_of
    from twin.study.run import write_whole

    text = report_of(directory, sensitivity)
    target = directory / "report.html" if out is None else out
    write_whole(target, text)
    typer.echo(f"written to {target}", err=True)
