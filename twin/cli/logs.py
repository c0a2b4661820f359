"""The command about log files: logs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.program import app
from twin.errors import Fault, InputError


@app.command()
def logs(
    run_dir: Annotated[
        Path | None, typer.Argument(metavar="[RUN_DIR]", help="Folder that 'twin run' wrote.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the files; else to stdout.")
    ] = None,
    node: Annotated[
        str | None, typer.Option(help="Only of this node, Expressway or phone.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(metavar="WORD", help="Only logs with this word, e.g. tvs.")
    ] = None,
    phone: Annotated[
        list[str] | None, typer.Option(metavar="SEP...", help="A phone whose console is wanted.")
    ] = None,
    parse: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read a log file instead.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Which log --parse reads, if it is not to be recognised.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Records as JSON, one a line.")] = False,
) -> None:
    """The log files that the nodes of a run would have written; or read such a file."""
    if (run_dir is None) == (parse is None):
        raise InputError(Fault("twin logs", "neither or both", "RUN_DIR or --parse FILE"))
    if parse is not None:
        _read(parse, kind, json)
        return
    from twin.logs_api import render_logs, write_logs

    assert run_dir is not None
    phones = phone or ()
    if out is not None:
        written = write_logs(run_dir, out, node=node, service=service, phones=phones)
        for path in written:
            typer.echo(path)
        typer.echo(f"{len(written)} files written to {out}", err=True)
        return
    found = render_logs(run_dir, node=node, service=service, phones=phones)
    for path, lines in found.items():
        typer.echo(f"==> {path} <==")
        for line in lines:
            typer.echo(line)
        typer.echo()


def _read(path: Path, kind: str | None, as_json: bool) -> None:
    from twin.logs_api import parse_log
    from twin.report.consoles import stdout
    from twin.report.log_table import json_lines, print_records

    records = parse_log(path, kind)
    if not as_json:
        print_records(stdout(), records)
        return
    for line in json_lines(records):
        typer.echo(line)
