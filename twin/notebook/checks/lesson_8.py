"""Checks of notebook 8: MRA and the trust graph."""

from __future__ import annotations

from typing import Any

from twin.notebook.checks.bench import ran
from twin.notebook.checks.board import Exercise, members, one_of
from twin.trust_api import TrustAnswer, trust

MODEL = "mra-lab"
EVENING = [
    f"{node}:{unit}" for node in ("cucm-pub", "cucm-sub") for unit in ("CallManager", "tomcat")
]
STORE = "store:expc/trusted CA list"


def _breaking(answer: TrustAnswer) -> int:
    return sum(effect.breaks for effect in answer.effects)


def _surviving() -> set[Any]:
    answer = trust(MODEL, if_regenerated=EVENING)
    broken = {effect.leg.kind for effect in answer.effects if effect.breaks}
    return {one.leg.kind for one in answer.legs} - broken


def _needless() -> set[Any]:
    graph = trust(MODEL).graph()
    names = {graph.nodes[target]["name"] for _, target in graph.out_edges(STORE)}
    return {name for name in names if not _breaking(trust(MODEL, if_deleted=f"expc:{name}"))}


def _remedies() -> list[str]:
    phones = ran("does-mra-survive-a-new-callmanager").phones
    return sorted({one for text in phones["remedies"] for one in text.split(";") if one})


def _remedy_of_desk_phones() -> str:
    phones = ran("does-mra-survive-a-new-callmanager").phones
    desk = phones[phones["stuck"] & ~phones["population"].str.contains("jabber")]
    other = phones[phones["stuck"] & phones["population"].str.contains("jabber")]
    known = {one for text in other["remedies"] for one in text.split(";")}
    words = str(desk["remedies"].iloc[0])
    return next(one for one in words.split(";") if one not in known)


EXERCISES = {
    "8.1": Exercise(
        "a set of kinds of legs",
        (set,),
        members(
            _surviving,
            "There are more: legs on which no node of the cluster shows a certificate.",
            "One of these would fail: some effect of it breaks.",
        ),
        "Everything between the Expressways and beyond goes on; everything that ends at the "
        "cluster is down. Users at home sign in, and then reach nobody.",
    ),
    "8.2": Exercise(
        "a set of names",
        (set,),
        members(
            _needless,
            "There are more that no leg needs today.",
            "One of these is needed: delete it, and a leg fails.",
        ),
        "No leg needs them *today*. What was shipped with the product, or is there for tomorrow, "
        "is not in use either.",
    ),
    "8.3": Exercise(
        "one remedy",
        (str,),
        one_of(
            _remedy_of_desk_phones,
            "It is among the remedies, but does it help desk phones only, without a command?",
            _remedies,
        ),
        "Inside it reaches a TVS, which knows the new signer and is in its list.",
    ),
}
