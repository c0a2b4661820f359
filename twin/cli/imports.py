"""The commands about a cluster of the user's own: import, calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.program import app


@app.command("import")
def import_(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of captures; nothing in it is changed.")
    ],
    out: Annotated[Path, typer.Option(help="The model file to write.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the model; the file's name without .yaml.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="Release profile, instead of one by version or traces.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Write over a file that is there.")] = False,
) -> None:
    """Make a model of your cluster from captures, PEM files, SQL listings and phone exports."""
    from twin.errors import Fault, InputError
    from twin.files import write_whole
    from twin.importer.importing import import_folder
    from twin.report.consoles import stdout
    from twin.report.import_table import print_import

    if out.exists() and not force:
        raise InputError(Fault(str(out), "is there already", "another --out, or --force"))
    found = import_folder(folder, name or out.stem, release)
    write_whole(out, found.text)
    print_import(stdout(), found.decisions)
    typer.echo(f"written to {out}; next: twin check {out}", err=True)
