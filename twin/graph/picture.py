"""What a drawing of the trust graph needs: systems in layers, arrows between them, in words.

Knows: what is worth showing of a cluster of twenty systems. Must not know how it is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from twin.graph.network import layers
from twin.graph.owners import every_node, in_use, owned
from twin.graph.questions import Effect, Questions, anchors_of
from twin.phones.device_certificates import Kind
from twin.pki.certificates import Certificate
from twin.pki.handshake import Verdict


class Health(StrEnum):
    """Of the legs that an arrow stands for."""

    FINE = "fine"
    FAILS = "fails"
    WOULD_FAIL = "would fail"
    """After the change that was asked about."""


@dataclass(frozen=True, slots=True)
class Box:
    """A system: what it shows on its legs, and which of its anchors they need."""

    name: str
    layer: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """Legs of one health from a client to a server."""

    client: str
    server: str
    health: Health
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in layers, 0 the cluster's own nodes, and arrows."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture(questions: Questions, effects: Sequence[Effect] = ()) -> Picture:
    """The picture of a cluster now, with what a change would do to it."""
    away = layers(questions)
    boxes = tuple(Box(name, layer, _lines(questions, name)) for name, layer in away.items())
    return Picture(boxes, _arrows(questions, effects))


def ending(verdict: Verdict) -> str:
    """How a leg ends, in few words: who refuses, and the alert it sends or why it sends none."""
    if verdict.succeeded:
        return "agreed"
    why = verdict.alert or (verdict.reasons[0].replace("_", " ") if verdict.reasons else "refused")
    return why


def _arrows(questions: Questions, effects: Sequence[Effect]) -> tuple[Arrow, ...]:
    after = {effect.leg.name: effect.after for effect in effects if effect.breaks}
    grouped: dict[tuple[str, str, Health, str], list[str]] = {}
    for one in questions.verdicts():
        leg, verdict = one.leg, one.verdict
        health = Health.FINE
        if not verdict.succeeded:
            health = Health.FAILS
        elif leg.name in after:
            health, verdict = Health.WOULD_FAIL, after[leg.name]
        words = "" if health is Health.FINE else ending(verdict)
        grouped.setdefault((leg.client.name, leg.server.name, health, words), []).append(leg.kind)
    return tuple(
        Arrow(client, server, health, f"{' '.join(kinds)}{': ' if words else ''}{words}")
        for (client, server, health, words), kinds in grouped.items()
    )


def _lines(questions: Questions, system: str) -> tuple[str, ...]:
    """What it shows, each certificate once, and whom of those that sign for its peers it trusts."""
    shown: dict[Certificate, None] = {}
    needed: dict[Certificate, None] = {}
    trusted: dict[Certificate, None] = {}
    for leg in questions.legs:
        for me, other in ((leg.client, leg.server), (leg.server, leg.client)):
            if me.name != system:
                continue
            end, met = me.end(), other.end()
            if end is not None and end.chain:
                shown[end.chain[0]] = None
            anchors = dict.fromkeys(anchors_of(me))
            trusted |= anchors
            if met is not None and met.chain:
                names = {one.issuer for one in met.chain} | {met.chain[0].subject}
                needed |= {one: None for one in anchors if one.subject in names}
    lines = [f"shows {unit_of(questions, one)}: {_signer(one)}" for one in shown]
    signers = dict.fromkeys(one.common_name for one in needed if not _is_own(questions, one))
    own = sum(_is_own(questions, one) for one in needed)
    lines += [f"trusts {name}" for name in signers]
    if own:
        lines.append(f"trusts {own} of the nodes' own")
    unused = len(trusted) - len(needed)
    if unused:
        lines.append(f"and {unused} more")
    return tuple(lines)


def _signer(certificate: Certificate) -> str:
    return "self-signed" if certificate.is_self_issued else certificate.issuer_name.common_name


def unit_of(questions: Questions, certificate: Certificate) -> str:
    """The unit somebody has a certificate under; LSC or MIC for that of a phone."""
    cluster = questions.cluster
    for units in owned(cluster).values():
        for unit, one in units.items():
            if one == certificate:
                return unit
    for _, unit, one in in_use(cluster):
        if one == certificate:
            return unit
    kind = cluster.enrolment.certificates.kind_of(certificate)
    return "a certificate" if kind is Kind.NONE else str(kind)


def _is_own(questions: Questions, certificate: Certificate) -> bool:
    """Whether a node of CUCM or of IM and Presence has it under one of its units."""
    nodes = every_node(questions.cluster).values()
    own = (identity for node in nodes for identity in node.files.own.values())
    return any(identity.certificate == certificate for identity in own)
