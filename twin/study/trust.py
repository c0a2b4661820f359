"""Questions about trust, asked of a model at its start or of a run at its end.

Knows: where a live cluster to ask comes from. Must not know how an answer is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from twin.cluster.twin import Twin
from twin.config.inputs import INPUTS_NAME
from twin.errors import Fault, InputError
from twin.graph.changes import Place
from twin.graph.phones import PhoneEffect
from twin.graph.questions import Effect, Explanation, Judged, Questions
from twin.pki.keys import KeyBank
from twin.study.replay import replay


@dataclass(frozen=True)
class TrustAnswer:
    """How every leg stands, what is missing, and what the change asked about would do.

    `question` is empty when none was asked; then `effects` is, too.
    """

    twin: Twin
    questions: Questions
    legs: list[Judged]
    explanations: list[Explanation]
    question: str
    effects: list[Effect]
    phones: list[PhoneEffect] = field(default_factory=list)
    """Who could not follow, and who outside would find no way in; not asked of an expiry."""


def ask(
    source: str,
    *,
    if_regenerated: Sequence[str] = (),
    if_expired: str | None = None,
    if_deleted: str | None = None,
    bank: KeyBank | None = None,
) -> TrustAnswer:
    """Judge every leg, and answer one what-if.

    Args:
        source: a bundled model or a path to one, taken at its start; or the folder of a run.
        if_regenerated: NODE:UNIT of certificates that are regenerated together.
        if_expired: NODE:UNIT, or NODE:NAME of a trusted certificate.
        if_deleted: NODE:NAME, or *:NAME for every store.

    Raises:
        InputError: no such model, run or certificate; more than one question.
    """
    asked = [bool(if_regenerated), if_expired is not None, if_deleted is not None]
    if sum(asked) > 1:
        raise InputError(Fault("--if-...", "more than one question", "one at a time"))
    is_run = (Path(source) / INPUTS_NAME).is_file()
    twin = replay(Path(source), bank) if is_run else Twin(source, bank=bank)
    questions = Questions(twin.cluster)
    question = ""
    effects: list[Effect] = []
    phones: list[PhoneEffect] = []
    if if_regenerated:
        question = f"If {' and '.join(if_regenerated)} regenerated, services restarted"
        places = [Place.parse(text) for text in if_regenerated]
        effects = questions.if_regenerated(places)
        phones = questions.phones_if_regenerated(places)
    elif if_expired is not None:
        question = f"When {if_expired} expires"
        effects = questions.if_expired(Place.parse(if_expired))
    elif if_deleted is not None:
        question = f"Without {if_deleted}"
        effects = questions.if_deleted(Place.parse(if_deleted))
        phones = questions.phones_if_deleted(Place.parse(if_deleted))
    return TrustAnswer(
        twin, questions, questions.verdicts(), questions.explanations(), question, effects, phones
    )
