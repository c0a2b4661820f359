"""The commands that write what a cluster holds: export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.program import app, overrides_of


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="Bundled model or path to one.")],
    out: Annotated[Path, typer.Option(help="A new folder for the files.")],
    after: Annotated[
        str | None,
        typer.Option(metavar="EXPERIMENT", help="As the cluster is when this experiment is over."),
    ] = None,
    keys: Annotated[
        bool, typer.Option("--keys", help="Private keys, too (files of mode 0600).")
    ] = False,
    phone: Annotated[
        list[str] | None,
        typer.Option(metavar="SEP...", help="A phone whose signed configuration is wanted."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Root of all chance.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one value of model or release."),
    ] = None,
) -> None:
    """Write every certificate, trust store, ITL and CTL of a cluster as files."""
    from twin.api import export as export_files
    from twin.report.consoles import stderr
    from twin.report.progress import progress_bar

    with progress_bar(stderr()) as progress:
        items = export_files(
            model, out, after=after, keys=keys, phones=phone or (), seed=seed,
            set=overrides_of(set_ or []), progress=progress,
        )  # fmt: skip
    typer.echo(f"{len(items)} files written to {out}; {out / 'manifest.json'} lists them", err=True)
