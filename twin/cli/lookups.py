"""The commands that look things up: models, experiments, check, schema, assumptions."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.program import app
from twin.errors import ConfigError, Fault, InputError


class SchemaKind(StrEnum):
    """Documents with a JSON Schema."""

    MODEL = "model"
    EXPERIMENT = "experiment"
    RESULT = "result"
    RELEASE = "release"
    PHONES = "phones"
    TIMING = "timing"
    WINDOW = "window"
    SENSITIVITY = "sensitivity"


@app.command()
def models() -> None:
    """List the bundled models."""
    from twin.report.consoles import stdout
    from twin.report.listings import list_models

    list_models(stdout())


@app.command()
def experiments(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORD...", help="Only those with a row (A21), procedure, text."),
    ] = None,
) -> None:
    """List the bundled experiments, family by family."""
    from twin.report.consoles import stdout
    from twin.report.listings import list_experiments

    list_experiments(stdout(), words or ())


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Documents to check.")],
) -> None:
    """Check documents and report every mistake in them."""
    from twin.config.load import load_any

    faults: list[Fault] = []
    for file in files:
        try:
            load_any(file)
        except InputError as error:
            faults += error.faults
        else:
            typer.echo(f"{file}: in order")
    if faults:
        raise ConfigError(faults)


@app.command()
def schema(
    kind: Annotated[SchemaKind, typer.Argument(help="Which document.")],
) -> None:
    """Print the JSON Schema of a document."""
    from twin.config.schema import json_schema

    typer.echo(json.dumps(json_schema(str(kind)), indent=2))


@app.command()
def assumptions(
    release: Annotated[str | None, typer.Option(help="Only this release's.")] = None,
    sensitivity: Annotated[
        Path | None,
        typer.Option(help="What 'twin sensitivity --out' wrote; by default the bundled one."),
    ] = None,
) -> None:
    """List every parameter: value, range, source or assumption, and whether it matters."""
    from twin.config.load import load_sensitivity
    from twin.report.assumptions import list_assumptions
    from twin.report.consoles import stdout

    list_assumptions(stdout(), release, load_sensitivity(sensitivity))
