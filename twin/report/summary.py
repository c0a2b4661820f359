"""The result on a terminal: a few tables of plain words.

Knows: the result document, parameters, rich. Must not know the journal. Prints to the console it is
given, within its width; a console that is no terminal gets no colour codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from twin.config.result import Recovery, Result
from twin.simtime import format_ms

GOOD, BAD, QUIET = "green", "bold red", "dim"
NO_REMEDY = "none known"
ACRONYMS = ("ctl", "itl", "tvs", "tftp")


class AssumedParameter(Protocol):
    """What the summary needs of a parameter of the timing profile."""

    @property
    def value(self) -> float:
        """The value in force."""

    @property
    def unit(self) -> str:
        """Its unit; "1" for a share or a count."""

    @property
    def low(self) -> float:
        """Least allowed value."""

    @property
    def high(self) -> float:
        """Greatest allowed value."""


def print_summary(
    console: Console,
    document: Result,
    assumed: Iterable[tuple[str, AssumedParameter]] = (),
    remedies: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Print a run's assumptions, headline numbers, waves, expectations and stuck phones.

    The long table of assumptions comes first, so that the answer stands last, above the prompt.

    Args:
        assumed: (name, parameter) of each number that no source gives and that took part.
        remedies: What helps the stuck phones, by the keys of `stuck_by_reason`.
    """
    assumptions = _assumptions(list(assumed))
    if assumptions.row_count:
        console.print(assumptions)
    console.print(_title(document))
    console.print(_headline(document))
    for table in (
        _waves(document),
        _expectations(document),
        _stuck(document, remedies or {}),
        _refused_sessions(document),
        _steps_not_done(document),
    ):
        if table.row_count:
            console.print(table)


def _title(document: Result) -> Text:
    text = Text(document.experiment, style="bold")
    text.append(
        f"\nmodel {document.model}, release {document.release}, {document.phones:,} phones, "
        f"seed {document.seed}",
        style=QUIET,
    )
    return text


def _table(title: str, *columns: str, numbers: Sequence[str] = ()) -> Table:
    """A table without a frame; the columns named in `numbers` are set flush right."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table


def _row(table: Table, *cells: str | Text) -> None:
    """Add a row. Brackets in a name are brackets, not markup."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))


def _headline(document: Result) -> Table:
    metrics = document.metrics
    table = _table("", "Result", "Value", numbers=("Value",))
    _row(table, "Phones stuck", _bad_if(metrics.phones_stuck))
    _row(table, "Phones unregistered at the end", _bad_if(metrics.phones_unregistered_at_end))
    _row(table, "Phones with another list than is served", _bad_if(metrics.itl_mismatch))
    _row(table, "Most phones unregistered at once", f"{metrics.peak_unregistered:,}")
    _row(table, "Outage, phone-hours", f"{metrics.outage_phone_minutes / 60:,.1f}")
    _row(
        table,
        "Resets (most of one phone)",
        _pair(metrics.resets_total, metrics.resets_per_phone_max),
    )
    _row(table, "Back after the first reset: 95 % / all", _recovered(metrics.recovery_s))
    if metrics.ctl_updates.attempted:
        _row(table, "Phones with another CTL than is served", _bad_if(metrics.ctl_mismatch))
        ctls = metrics.ctl_updates
        _row(table, "CTL checks (rejected)", _pair(ctls.attempted, ctls.rejected))
    lists, configs = metrics.itl_updates, metrics.config_updates
    _row(table, "List checks (rejected)", _pair(lists.attempted, lists.rejected))
    _row(table, "Config checks (rejected)", _pair(configs.attempted, configs.rejected))
    _row(
        table,
        "TFTP requests (refused with 503)",
        _pair(metrics.tftp.requests, metrics.tftp.rejected_503),
    )
    _row(table, "TVS queries (unknown)", _pair(metrics.tvs.queries, metrics.tvs.unknown))
    _row(
        table,
        "Longest queue: TFTP / registration",
        f"{metrics.tftp.queue_peak:,} / {metrics.registration.queue_peak:,}",
    )
    if metrics.legs.connections:
        down = metrics.legs.connections - metrics.legs.up_at_end
        words = f"{metrics.legs.connections:,}"
        _row(table, "Connections of systems", words)
        _row(table, "Connections down at the end", _bad_if(down))
        _row(table, "Longest time one was down", _seconds(metrics.legs.longest_down_s))
    im = metrics.presence
    if im.sessions:
        _row(table, "Jabber sessions lost (out at once)", _pair(im.dropped, im.peak_out))
        _row(table, "Jabber clients out at the end", _bad_if(im.disconnected))
        back = im.relogin_s
        words = f"{_seconds(back.p50)} / {_seconds(back.p100)}"
        _row(table, "Jabber sessions back: half / all", words if im.dropped else "-")
    loop = metrics.reset_loop
    if loop.detected:
        words = f"every {loop.period_s:,.0f} s, {loop.cycles} times"
        _row(table, "Reset loop", Text(words, style=BAD))
    return table


def _waves(document: Result) -> Table:
    numbers = ("Phones", "Half", "95 %", "All back")
    table = _table("Waves of resets", "First reset", "Cause", *numbers, numbers=numbers)
    for wave in document.waves:
        back = wave.recovery_s
        _row(
            table,
            wave.started_at[:19].replace("T", " "),
            wave.cause or wave.name,
            f"{wave.phones:,}",
            *(_seconds(value) for value in (back.p50, back.p95, back.p100)),
        )
    return table


def _stuck(document: Result, remedies: Mapping[str, Sequence[str]]) -> Table:
    table = _table("Stuck phones", "Phones", "Why", "What helps", numbers=("Phones",))
    for reasons, count in document.metrics.stuck_by_reason.items():
        why = reasons_in_words(reasons)
        _row(table, f"{count:,}", why, "; ".join(remedies.get(reasons, ())) or NO_REMEDY)
    return table


def reasons_in_words(joined: str) -> str:
    """Reasons as `stuck_by_reason` joins them, for people."""
    words = joined.replace("_", " ").replace("+", ", ")
    for acronym in ACRONYMS:
        words = re.sub(rf"\b{acronym}\b", acronym.upper(), words)
    return words


def _refused_sessions(document: Result) -> Table:
    table = _table("Refused TLS sessions", "Times", "Leg", "Between", "Alert", numbers=("Times",))
    for kind in document.metrics.tls_failures:
        reasons = ", ".join(reason.replace("_", " ") for reason in kind.reasons)
        between = f"{kind.client} and {kind.server}"
        _row(table, f"{kind.count:,}", kind.leg, between, f"{kind.alert} ({reasons})")
    return table


def _steps_not_done(document: Result) -> Table:
    table = _table("Steps not done", "At", "Step", "Outcome")
    for step in document.steps:
        if step.outcome != "done":
            _row(table, step.at[:19].replace("T", " "), step.action, Text(step.outcome, style=BAD))
    return table


def _assumptions(assumed: list[tuple[str, AssumedParameter]]) -> Table:
    table = _table(
        "Assumed: no source gives these, and this run used them", "Parameter", "Value", "Unit",
        "Range", numbers=("Value",),
    )  # fmt: skip
    for name, parameter in assumed:
        spread = f"{parameter.low:g} to {parameter.high:g}"
        unit = "" if parameter.unit == "1" else parameter.unit
        _row(table, name, f"{parameter.value:g}", unit, spread)
    return table


def _expectations(document: Result) -> Table:
    table = _table("Expectations", "", "Expectation", "Observed", numbers=("Observed",))
    for outcome in document.expectations:
        mark = Text("ok", style=GOOD) if outcome.passed else Text("FAILED", style=BAD)
        wording = outcome.name
        if not wording.endswith(outcome.expected):  # a name of its own
            wording += f" ({outcome.expected})"
        _row(table, mark, wording, _observed(outcome.observed))
    return table


def _bad_if(count: int) -> Text:
    return Text(f"{count:,}", style=BAD if count else GOOD)


def _pair(count: int, part: int) -> str:
    return f"{count:,} ({part:,})"


def _recovered(recovery: Recovery) -> str:
    return f"{_seconds(recovery.p95)} / {_seconds(recovery.p100)}"


def _seconds(value: float | None) -> str:
    return "never" if value is None else format_ms(round(value) * 1000)


def _observed(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}" if isinstance(value, int | float) else str(value)
