"""Checks of notebook 2: how a phone decides."""

from __future__ import annotations

from typing import Any

from twin.cluster.twin import Twin
from twin.config.load import load_timing
from twin.config.timing import TimingProfile
from twin.notebook.checks.bench import itl
from twin.notebook.checks.board import Exercise, function, one_of, tried
from twin.pki import trust_list
from twin.pki.list_record import Role
from twin.pki.trust_list import TrustList

HIDDEN = (("single-node-250", None), ("single-node-250", "15"), ("two-node-1000", None))
CALLMANAGER = {"regenerate": {"node": "pub", "unit": "CallManager"}}
TVS = {"regenerate": {"node": "pub", "unit": "TVS"}}
POPULATION = "desk-7841"


def unguarded() -> TimingProfile:
    """Timings without the five-minute guard."""
    return load_timing().with_values({"regeneration_guard_min": 0})


def _verdict_of_the_other_tvs() -> str:
    lab = Twin("two-node-1000", timing=unguarded())
    for step in (CALLMANAGER, TVS):
        lab.do(step)
    lab.advance("8s")
    phones = lab.cluster.population
    number = next(n for n in range(phones.size) if phones.group(n).population == POPULATION)
    return next(o.verdict for o in lab.phone(phones.names[number]).offers if o.file == "ITL")


def _pairs() -> list[tuple[tuple[Any, ...], Any]]:
    """Lists before and after a renewal, on clusters of several releases, and strangers' lists."""
    lists = [itl(model, release) for model, release in HIDDEN]
    for model, release in HIDDEN:
        lab = Twin(model, release=release)
        lab.regenerate("pub", "CallManager")
        lab.advance("8s")
        lists.append(trust_list.decode(lab.file("pub", trust_list.ITL_NAME)))
    return [((held, offered), _settles(held, offered)) for held in lists for offered in lists]


def _settles(held: TrustList, offered: TrustList) -> bool:
    header = offered.header
    return bool(held.find(header.issuer, header.serial, (Role.SAST,)))


def _carry_out(steps: list[Any]) -> str:
    if len(steps) != 3:
        return f"Three steps: the two renewals, and one between them; there are {len(steps)}."
    lab = Twin("single-node-250", timing=unguarded())
    before = [lab.certificate("pub", unit).serial for unit in ("CallManager", "TVS")]
    for step in steps:
        lab.do(step)
    lab.wait()
    after = [lab.certificate("pub", unit).serial for unit in ("CallManager", "TVS")]
    if any(old == new for old, new in zip(before, after, strict=True)):
        return "Both certificates have to be renewed."
    stuck = len(lab.stuck())
    return f"{stuck:,} phones are stuck: what has to be true of them before TVS changes?" * (
        stuck > 0
    )


EXERCISES = {
    "2.1": Exercise(
        'the word "accepted" or "rejected"',
        (str,),
        one_of(
            _verdict_of_the_other_tvs,
            "Which TVS servers does the phone's configuration name? Are they all in its list?",
            lambda: ["accepted", "rejected"],
        ),
        "The other node's TVS was not touched: its certificate is in the old list, it knows the "
        "new signer from the database, and one TVS that vouches is enough.",
    ),
    "2.2": Exercise(
        "a function of two trust lists",
        (type(lambda: None),),
        function(_pairs, "The role counts, and a serial number alone names no certificate."),
        "Your function decides as the phones of the twin do in step 1.",
    ),
    "2.3": Exercise(
        "a list of three steps",
        (list,),
        tried(_carry_out),
        "Every phone held the new list before what vouches for it changed.",
    ),
}
