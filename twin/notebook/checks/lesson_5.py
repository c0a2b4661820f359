"""Checks of notebook 5: stuck phones and ITL recovery."""

from __future__ import annotations

from typing import Any

from twin.cluster.twin import Twin
from twin.notebook.checks.bench import ran
from twin.notebook.checks.board import Exercise, members, tried, whole
from twin.notebook.checks.lesson_2 import unguarded

UNITS = ("ITLRecovery", "CallManager", "TVS")
VISITS_PER_HOUR, HOURS_A_DAY, DAYS = 12, 8, 2


def _remedies_of_8_6() -> set[Any]:
    phones = ran("what-if-both-change-on-a-single-server-of-8-6").phones
    return {remedy for text in phones["remedies"] for remedy in text.split(";") if remedy}


def _phones_in_a_weekend() -> int:
    """How many phones are free when the technician goes home on Sunday: the twin walks it."""
    lab = Twin("single-node-250", release="8.6", timing=unguarded())
    for unit in ("CallManager", "TVS"):
        lab.regenerate("pub", unit)
    lab.wait("quiet")
    waiting = list(lab.stuck())
    for hour in range(DAYS * HOURS_A_DAY):
        batch = waiting[hour * VISITS_PER_HOUR : (hour + 1) * VISITS_PER_HOUR]
        visits = {"select": {"phones": batch}, "lists": "itl", "visits_per_hour": VISITS_PER_HOUR}
        lab.do({"delete_phone_lists": visits})
    lab.wait("quiet")
    return len(waiting) - len(lab.stuck())


def _carry_out(steps: list[Any]) -> str:
    lab = Twin("single-node-250", release="12.5", timing=unguarded())
    before = {unit: lab.certificate("pub", unit).serial for unit in UNITS}
    for place, step in enumerate(steps, start=1):
        ended = lab.do(step)
        if ended.outcome != "done":
            return f"Step {place} is {ended.outcome}: {ended.message}"
    lab.wait("quiet")
    for unit, old in before.items():
        if lab.certificate("pub", unit).serial == old:
            return f"{unit} has not been renewed."
    stuck = lab.stuck()
    if stuck:
        why = next(iter(stuck.values())).reasons.words()
        return f"{len(stuck):,} phones are stuck: {', '.join(why).replace('_', ' ')}."
    signer = lab.phone(lab.cluster.population.names[0]).itl
    recovery = lab.certificate("pub", "ITLRecovery")
    if signer is None or signer.signing_header.serial != recovery.serial_bytes:
        return (
            "No phone is stuck, but the phones hold no list that the new ITLRecovery has signed: "
            "the work is half done."
        )
    return ""


EXERCISES = {
    "5.1": Exercise(
        "a set of remedies",
        (set,),
        members(
            _remedies_of_8_6,
            "There is a remedy. The column joins several by a semicolon.",
            "One of these is not named for 8.6. Split the text, and drop what is empty.",
        ),
        "8.6 has no ITLRecovery and no utils itl reset: what is left is the walk.",
    ),
    "5.2": Exercise(
        "a number of phones",
        (int, float),
        whole(
            _phones_in_a_weekend,
            "He manages more.",
            "He does not manage so many. The nights are his own.",
        ),
        "A small office. For a campus the walk is no remedy.",
    ),
    "5.3": Exercise(
        "a list of steps",
        (list,),
        tried(_carry_out),
        "At every moment the phones knew a key that signed what was served. This is what the "
        "Security Guide does for ITLRecovery, and then the usual order.",
    ),
}
