"""View of an answer about trust: legs, what a change would do, what is missing.

Knows: the answer. Must not know HTML (`twin.notebook.view`) nor how a leg is judged.
"""

from __future__ import annotations

from twin.graph.picture import ending
from twin.nodes.legs import Leg
from twin.notebook.view import Cell, Text, View
from twin.pki.handshake import Verdict
from twin.report.figure_files import figure_bytes
from twin.trust_api import TrustAnswer

_COLUMNS = ("leg", "client", "server", "a new connection", "reasons")


def trust(shown: TrustAnswer) -> View:
    """What was asked and what would change; else how every leg stands; and the graph."""
    model = shown.twin.cluster.model
    failing = [one for one in shown.legs if not one.verdict.succeeded]
    view = View(
        f"Who trusts whom: {model.title}",
        f"{len(shown.legs)} legs at {shown.twin.now:%Y-%m-%d %H:%M} UTC, {len(failing)} of them "
        "would not come about",
        figure_bytes(shown.plot(), "png"),
        "Systems, legs between them, and which would not come about",
    )
    if shown.question:
        breaking = sum(one.breaks for one in shown.effects)
        mended = sum(one.before.succeeded < one.after.succeeded for one in shown.effects)
        view.say(f"{shown.question}: {breaking} would fail, {mended} would come up.")
        rows = [_row(one.leg, one.after) for one in shown.effects]
        view.table("", ("leg", "client", "server", "then", "reasons"), rows)
        view.table("Failing already", _COLUMNS, [_row(one.leg, one.verdict) for one in failing])
    else:
        view.table("", _COLUMNS, [_row(one.leg, one.verdict) for one in shown.legs])
    view.table(
        "Missing",
        ("certificate", "at", "would mend"),
        [
            (
                one.certificate.subject,
                ", ".join(one.systems),
                "all that fail" if one.explains_all else f"{len(one.legs)} of those that fail",
            )
            for one in shown.explanations
        ],
    )
    return view


def _row(leg: Leg, verdict: Verdict) -> tuple[Cell, ...]:
    head = leg.kind, leg.client.name, f"{leg.server.name}:{leg.port}"
    if verdict.succeeded:
        return *head, ending(verdict), ""
    words = Text(f"{verdict.refused_by} refuses: {ending(verdict)}", bad=True)
    return *head, words, ", ".join(verdict.reasons)
