"""Lists on the terminal: bundled models, experiments, assumptions.

Knows: validated documents. Must not know how they are used.
"""

from __future__ import annotations

from typing import Literal

from rich.console import Console
from rich.table import Table

from twin import library
from twin.config.load import load_model, load_phone_catalogue, load_release, load_timing
from twin.config.raw_experiments import experiment_heads


def list_models(console: Console) -> None:
    """Bundled models: name, release, nodes, phones, title."""
    table = Table(box=None, pad_edge=False)
    for column in ("model", "release", "nodes", "phones", "what it is"):
        justify: Literal["left", "right"] = "right" if column in ("nodes", "phones") else "left"
        table.add_column(column, justify=justify, no_wrap=column == "model")
    for name in library.models():
        model = load_model(name)
        table.add_row(
            name, model.release, str(len(model.nodes)), f"{model.phone_count:,}", model.title
        )
    console.print(table)


def list_experiments(console: Console) -> None:
    """Bundled experiments: name, row of the acceptance table, model, title."""
    table = Table(box=None, pad_edge=False)
    for column in ("experiment", "row", "model", "what it asks"):
        table.add_column(column, no_wrap=column == "experiment")
    for head in experiment_heads():
        table.add_row(head["name"], head["row"], head["model"], head["title"])
    console.print(table)


def list_assumptions(console: Console, release: str | None = None) -> None:
    """Everything the twin takes for granted: parameters, release facts, phone models."""
    table = Table(title="Timing parameters without a source", box=None, pad_edge=False)
    for column in ("parameter", "value", "unit", "range", "why"):
        justify: Literal["left", "right"] = "right" if column == "value" else "left"
        table.add_column(column, justify=justify, no_wrap=column == "parameter")
    for name, parameter in load_timing().assumed():
        table.add_row(
            name,
            f"{parameter.value:g}",
            parameter.unit,
            f"{parameter.low:g} to {parameter.high:g}",
            parameter.assumption,
        )
    console.print(table)
    names = library.releases() if release is None else [release]
    table = Table(title="\nRelease facts without a source", box=None, pad_edge=False)
    for column in ("release", "field", "why"):
        table.add_column(column)
    for name in names:
        for field, why in load_release(name).assumed():
            table.add_row(name, field, why)
    console.print(table)
    table = Table(title="\nPhone models with assumed values", box=None, pad_edge=False)
    for column in ("model", "why"):
        table.add_column(column)
    for key, why in load_phone_catalogue().assumed():
        table.add_row(key, why)
    console.print(table)
