"""Legs on the terminal: what a run's journal tells of them, how they stand, what a change would do.

Knows: rich. Must not know how a leg is judged or replayed.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from twin.graph.phones import PhoneEffect
from twin.graph.picture import ending
from twin.graph.questions import Effect, Explanation, Judged
from twin.nodes.legs import Leg
from twin.pki.handshake import Verdict
from twin.simtime import Epoch
from twin.study.replay import Handshake


def print_handshakes(console: Console, found: Sequence[Handshake], epoch: Epoch) -> None:
    """The handshakes of a run, with the numbers to ask for them by."""
    table = _table("#", "at (UTC)", "leg", "client", "server", "ended")
    for one in found:
        how = f"{one.refused_by} refuses: {one.alert or ', '.join(one.reasons)}"
        table.add_row(
            str(one.number), f"{epoch.at(one.row.at_ms):%Y-%m-%d %H:%M:%S}", one.leg, one.client,
            f"{one.server}:{one.port}", how if one.refused_by else "agreed",
            style="red" if one.refused_by else None,
        )  # fmt: skip
    console.print(table)


def print_legs(console: Console, judged: Sequence[Judged]) -> None:
    """How a new connection over every leg would end."""
    table = _table("leg", "client", "server", "a new connection", "reasons")
    for one in judged:
        table.add_row(*_leg(one.leg), *_words(one.verdict), style=_style(one.verdict))
    console.print(table)


def print_effects(console: Console, question: str, effects: Sequence[Effect]) -> None:
    """What a change would break and mend."""
    broken = [one for one in effects if one.breaks]
    mended = [one for one in effects if one.before.succeeded < one.after.succeeded]
    console.print()
    if not effects:
        console.print(f"{question}: no leg changes")
        return
    counts = f"{len(broken)} would fail, {len(mended)} would come up"
    console.print(f"{question}: {counts}", style="bold", soft_wrap=True)
    table = _table("leg", "client", "server", "then", "reasons")
    for one in effects:
        table.add_row(*_leg(one.leg), *_words(one.after), style=_style(one.after))
    console.print(table)


def print_phones(console: Console, effects: Sequence[PhoneEffect]) -> None:
    """Which phones a change would harm, by population."""
    if not effects:
        return
    console.print()
    table = _table("phones", "of", "then")
    for one in effects:
        table.add_row(str(len(one.phones)), one.population, str(one.fate), style="red")
    console.print(table)


def print_explanations(console: Console, found: Sequence[Explanation]) -> None:
    """What is missing where."""
    if not found:
        return
    console.print()
    table = _table("missing certificate", "of", "at", "would mend")
    for one in found:
        issuer = one.certificate.issuer_name.common_name
        kind = "itself" if one.certificate.is_self_issued else issuer
        legs = "all that fail" if one.explains_all else f"{len(one.legs)} of those that fail"
        table.add_row(one.certificate.subject, kind, ", ".join(one.systems), legs)
    console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column in ("leg", "at (UTC)"))
    return table


def _leg(leg: Leg) -> tuple[str, str, str]:
    return leg.kind, leg.client.name, f"{leg.server.name}:{leg.port}"


def _words(verdict: Verdict) -> tuple[str, str]:
    if verdict.succeeded:
        return ending(verdict), ""
    return f"{verdict.refused_by} refuses: {ending(verdict)}", ", ".join(verdict.reasons)


def _style(verdict: Verdict) -> str | None:
    return None if verdict.succeeded else "red"
