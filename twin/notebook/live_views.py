"""Views of what one steps through by hand: a live Twin, one of its phones, how a step ended.

Knows: what a Twin lets one look at. Must not know HTML (`twin.notebook.view`).
"""

from __future__ import annotations

from collections import Counter

from twin.cluster.acts.scene import Outcome
from twin.cluster.phone_view import Offer, PhoneView
from twin.cluster.twin import Twin
from twin.notebook.pki_views import name_of, role_title
from twin.notebook.view import Cell, Text, View
from twin.pki.trust_list import TrustList
from twin.report.summary import reasons_in_words


def live_twin(shown: Twin) -> View:
    """A cluster now: the time, where the phones are, what the nodes run."""
    cluster = shown.cluster
    model = cluster.model
    view = View(
        model.title,
        f"{model.name}, release {cluster.release.name}, {cluster.population.size:,} phones; "
        f"it is {shown.now:%Y-%m-%d %H:%M:%S} UTC in there",
    )
    rows = [(state.replace("_", " "), count) for state, count in shown.counts().items() if count]
    view.table("Phones", ("state", "phones"), rows)
    nodes: list[tuple[Cell, ...]] = []
    for node in cluster.every_node:
        roles = (("CallManager", node.callmanager), ("TFTP", node.tftp))
        runs = ", ".join(name for name, service in roles if service is not None) or "TVS only"
        nodes.append((node.name, runs, "on" if node.is_on else Text("off", bad=True)))
    view.table("Nodes", ("node", "serves phones with", "power"), nodes)
    return view


def phone(shown: PhoneView) -> View:
    """A phone: where it is, what it trusts, what it would make of what is served to it."""
    stuck = Text("stuck", bad=True) if shown.is_stuck else "not stuck"
    where = f" with {shown.node}" if shown.node else ""
    view = View(
        f"{shown.name}, {shown.state.replace('_', ' ')}{where}, {stuck}",
        f"{shown.model} at {shown.site}, {shown.protocol}; booted {shown.boots:,} times, "
        f"reset {shown.resets:,} times",
    )
    view.table(
        "What it holds",
        ("list", "signed by", "trusts"),
        [_held("CTL", shown.ctl), _held("ITL", shown.itl)],
    )
    view.table(
        "What it would make of the files served to it now",
        ("file", "from", "verdict", "because"),
        [_offered(offer) for offer in shown.offers],
    )
    if shown.is_stuck:
        view.say(f"Stuck: {reasons_in_words('+'.join(shown.reasons))}.", bad=True)
        view.say("What would free it: " + ("; ".join(shown.remedies) or "nothing known"))
    return view


def outcome(shown: Outcome) -> View:
    """How a step ended, in the product's words if it refused."""
    view = View(shown.outcome.replace("_", " "))
    if shown.message:
        view.say(shown.message, bad=shown.outcome != "done")
    return view


def _held(kind: str, held: TrustList | None) -> tuple[Cell, ...]:
    if held is None:
        return kind, "none stored", ""
    roles = Counter(role_title(record.role) for record in held.records)
    trusts = ", ".join(f"{count} x {role}" for role, count in roles.items())
    return kind, name_of(held.signing_header.signer), trusts


def _offered(offer: Offer) -> tuple[Cell, ...]:
    verdict = Text(offer.verdict, bad=offer.verdict == "rejected")
    return offer.file, offer.node, verdict, reasons_in_words("; then ".join(offer.steps))
