"""The command that opens a console."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.program import app, overrides_of


@app.command()
def console(
    what: Annotated[
        str, typer.Argument(metavar="MODEL|RUN_DIR", help="Bundled model, path, or a run's folder.")
    ],
    command: Annotated[
        list[str] | None,
        typer.Option("--command", "-c", help="Carry this out and leave. May be repeated."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Root of all chance, for a model.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one value of a model."),
    ] = None,
    folder: Annotated[Path, typer.Option(help="Folder for what 'file get' gets.")] = Path(
        "console-files"
    ),
    yes: Annotated[
        bool, typer.Option("--yes", help="Answer yes to the product's questions in a script.")
    ] = False,
) -> None:
    """The admin: shell over a live cluster. Lines come from -c, a pipe, or the terminal.

    In a script questions are answered no unless --yes is given, and the first wrong line ends it.
    Exit status: 0 all done, 1 the product refused something, 2 a line was wrong, 3 our bug.
    """
    from twin.console import open_shell
    from twin.console.terminal import interactive, is_terminal, script

    shell = open_shell(
        what, folder=folder, seed=seed, overrides=overrides_of(set_ or []), says_yes=yes
    )
    if command:
        status = script(shell, command, typer.echo)
    elif is_terminal(sys.stdin):
        status = interactive(shell, typer.echo)
    else:
        status = script(shell, sys.stdin, typer.echo)
    raise typer.Exit(int(status))
