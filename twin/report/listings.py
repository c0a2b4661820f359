"""Lists on the terminal: bundled models and experiments.

Knows: validated documents. Must not know how they are used.
"""

from __future__ import annotations

from typing import Literal

from rich.console import Console
from rich.table import Table

from twin import library
from twin.config.load import load_model
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
