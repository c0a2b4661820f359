"""The commands that write documents for people: report, runbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.program import app, overrides_of


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
    from twin.files import write_whole
    from twin.report.reports import report_of

    text = report_of(directory, sensitivity)
    target = directory / "report.html" if out is None else out
    write_whole(target, text)
    typer.echo(f"written to {target}", err=True)


@app.command()
def runbook(
    source: Annotated[
        str, typer.Argument(metavar="EXPERIMENT|RUN_DIR", help="What to make a procedure of.")
    ],
    model: Annotated[
        str | None, typer.Option(help="Bundled model or path, instead of the experiment's own.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Root of all chance.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one value in every run."),
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(help="Runs of an experiment, for the durations: 20.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes on this machine; one per processor by default.")
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="HTML instead of Markdown.")] = False,
    out: Annotated[Path | None, typer.Option(help="File to write; the terminal.")] = None,
) -> None:
    """Write the procedure of an experiment for the night: steps, checks, durations, ways back."""
    from twin.files import write_whole
    from twin.report.consoles import stderr
    from twin.report.reports import runbook_of
    from twin.report.sweep_progress import sweep_progress_bar

    with sweep_progress_bar(stderr()) as progress:
        text = runbook_of(
            source, html=html, model=model, seed=seed, overrides=overrides_of(set_ or []),
            replicates=replicates, workers=workers, progress=progress,
        )  # fmt: skip
    if out is None:
        typer.echo(text, nl=False)
        return
    write_whole(out, text)
    typer.echo(f"written to {out}", err=True)
