"""A maintenance window on the terminal: the answer first, then steps, sites, what to wait for.

Knows: the window document, rich. Must not know rows or how an interval was made.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from twin.config.window_result import Interval, Number, WindowResult
from twin.study.window_advice import ends, lasting, percent, spanned

SITES_MOST = 12
"""So many sites have a line; the rest are counted."""

BAD, QUIET = "bold red", "dim"


def print_window(console: Console, document: WindowResult) -> None:
    """Print the answer within the console's width."""
    console.print(_title(document))
    for table in (_headline(document), _steps(document), _sites(document)):
        console.print(table)
    if document.advice:
        console.print(Text("What to wait for", style="bold"))
    for number, sentence in enumerate(document.advice, start=1):
        console.print(Text(f"{number}. {sentence}"))
    for note in document.notes:
        console.print(Text(f"\n{note}", style=QUIET))


def _title(document: WindowResult) -> Text:
    text = Text(f"Maintenance window for {document.experiment}", style="bold")
    text.append(
        f"\nmodel {document.model}, release {document.release}, {document.phones:,} phones, "
        f"{document.replicates:,} replicates of seed {document.seed}",
        style=QUIET,
    )
    return text


def _headline(document: WindowResult) -> Table:
    share = percent(document.confidence)
    table = _table(
        "", "Result", "Value", f"{share} interval", numbers=("Value", f"{share} interval")
    )
    window = document.window_s
    _row(table, f"Window that is long enough in {share} of the runs",
         _lasting(window.estimate), spanned(window))  # fmt: skip
    middle = document.window_median_s
    _row(table, "Window in half of the runs", lasting(middle.estimate), spanned(middle))
    if document.limit is not None:
        limit, overrun = lasting(document.limit.limit_s), document.limit.overrun
        _row(table, f"Chance that {limit} is too short", _chance(overrun.estimate),
             ends(_chance(overrun.low), _chance(overrun.high)))  # fmt: skip
    worst, after = document.worst.phones, document.worst.after_s
    _row(table, f"Phones out of service at the worst moment, {share}",
         count(worst.estimate), counted(worst))  # fmt: skip
    _row(table, "The worst moment, after the start", lasting(after.estimate), spanned(after))
    stuck = document.stuck
    style = BAD if stuck.most else ""
    _row(table, "Phones expected to be stuck", Text(_mean(stuck.mean.estimate), style=style),
         ends(_mean(stuck.mean.low), _mean(stuck.mean.high)))  # fmt: skip
    _row(table, "Chance that any phone is stuck", _chance(stuck.chance.estimate),
         ends(_chance(stuck.chance.low), _chance(stuck.chance.high)))  # fmt: skip
    held = document.as_expected
    _row(table, "Runs in which every expectation held", _chance(held.estimate),
         ends(_chance(held.low), _chance(held.high)))  # fmt: skip
    return table


def _steps(document: WindowResult) -> Table:
    share = percent(document.confidence)
    numbers = ("Stage", "Half", share, f"{share} interval", "Most back")
    table = _table("From the start of a step until the phones are back", "Step", *numbers,
                   numbers=numbers)  # fmt: skip
    for step in document.steps:
        _row(
            table, step.text, str(step.stage), lasting(step.median_s.estimate),
            _lasting(step.length_s.estimate), spanned(step.length_s),
            lasting(step.most_back_s.estimate),
        )  # fmt: skip
    table.caption = f"Most back: 99 % of the phones that were reset, in {share} of the runs"
    table.caption_justify = "left"
    return table


def _sites(document: WindowResult) -> Table:
    share = percent(document.confidence)
    numbers = ("Phones", f"Out at once, {share}", "Mean", "At the worst moment")
    table = _table("Phones out of service by site", "Site", *numbers, numbers=numbers)
    for site in document.sites[:SITES_MOST]:
        _row(
            table, site.site, f"{site.phones:,}", count(site.peak.estimate),
            _mean(site.peak_mean.estimate), _mean(site.at_worst_mean.estimate),
        )  # fmt: skip
    hidden = document.sites[SITES_MOST:]
    if hidden:
        phones = sum(site.phones for site in hidden)
        _row(table, f"and {len(hidden)} more sites", f"{phones:,}", "", "", "")
    return table


def count(value: Number) -> str:
    """A number of phones."""
    return f"{value:,.0f}" if isinstance(value, int | float) else value or "?"


def counted(interval: Interval) -> str:
    """The ends of an interval of phones."""
    return ends(count(interval.low), count(interval.high))


def _mean(value: Number) -> str:
    if not isinstance(value, int | float):
        return value or "?"
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.2g}"


def _chance(value: Number) -> str:
    return percent(value) if isinstance(value, int | float) else value or "?"


def _lasting(value: Number) -> Text:
    return Text(lasting(value), style=BAD if value == "never" else "bold")


def _table(title: str, *columns: str, numbers: Sequence[str]) -> Table:
    table = Table(
        title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD,
        pad_edge=False,
    )  # fmt: skip
    for column in columns:
        is_number = column in numbers
        table.add_column(
            column, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number
        )
    return table


def _row(table: Table, *cells: str | Text) -> None:
    """Add a row. Brackets in a name are brackets, not markup."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))
