"""Lists on the terminal: bundled models and experiments.

Knows: validated documents. Must not know how they are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from twin import library
from twin.config.families import FAMILY_TITLES
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


def list_experiments(console: Console, words: Sequence[str] = ()) -> None:
    """Bundled experiments that fit all words, family by family: row, name, model, title.

    Raises:
        InputError: as `experiment_heads`.
    """
    heads = experiment_heads(words)
    titles = {str(family): title for family, title in FAMILY_TITLES.items()} | {"": "Others"}
    for family, title in titles.items():
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True, min_width=3)
        table.add_column()
        for head in heads:
            if head["family"] == family:
                table.add_row(head["row"], _entry(head))
        if table.row_count:
            console.print(title, style="bold")
            console.print(table)
            console.print()


def _entry(head: Mapping[str, str]) -> Group:
    """The name, which is never cut; below it title, model and procedure, set in."""
    facts = ", ".join(filter(None, (head["model"], head["procedure"], head["order"])))
    about = Padding(Text(f"{head['title']} ({facts})"), (0, 0, 0, 2))
    return Group(Text(head["name"], style="bold", no_wrap=True), about)
