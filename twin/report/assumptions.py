"""What the twin takes for granted, on the terminal, and how much hangs on it.

Knows: validated documents. Must not know how they are used.
"""

from __future__ import annotations

from typing import Literal

from rich.console import Console
from rich.table import Table

from twin import library
from twin.config.load import load_phone_catalogue, load_release, load_timing
from twin.config.sensitivity_result import SensitivityResult
from twin.config.timing import Parameter


def list_assumptions(
    console: Console, release: str | None = None, known: SensitivityResult | None = None
) -> None:
    """Every parameter, first those without a source; then release facts and phone models.

    Args:
        release: only this release's facts.
        known: what is known of the parameters' influence.
    """
    parameters = load_timing().parameters()
    assumed = {name: p for name, p in parameters.items() if p.assumption is not None}
    sourced = {name: p for name, p in parameters.items() if p.assumption is None}
    console.print(_timing("Timing parameters without a source", "why", assumed, known))
    if known is not None:
        console.print(
            f"\nrank: partial rank correlation with {known.metric} of {known.experiment} on "
            f"{known.model}, release {known.release}, {known.points} points over all ranges "
            "together; in brackets: no more than chance would do. Empty: not varied.",
            highlight=False,
        )
    console.print(_timing("\nTiming parameters with a source", "source", sourced, known))
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


def _timing(
    title: str, origin: str, parameters: dict[str, Parameter], known: SensitivityResult | None
) -> Table:
    table = Table(title=title, box=None, pad_edge=False)
    ranks = ("rank",) if known is not None else ()
    for column in ("parameter", "value", "unit", "range", *ranks, origin):
        justify: Literal["left", "right"] = "right" if column in ("value", "rank") else "left"
        table.add_column(column, justify=justify, no_wrap=column in ("parameter", "rank"))
    for name, parameter in parameters.items():
        rank = (_rank(known, name),) if known is not None else ()
        table.add_row(
            name,
            f"{parameter.value:g}",
            parameter.unit,
            f"{parameter.low:g} to {parameter.high:g}",
            *rank,
            parameter.assumption or parameter.source,
        )
    return table


def _rank(known: SensitivityResult, name: str) -> str:
    found = known.influence(f"timing.{name}")
    if found is None:
        return ""
    return f"{found.prcc:+.2f}" if found.matters else f"({found.prcc:+.2f})"
