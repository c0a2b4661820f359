"""Checks of notebook 6: planning a window."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from twin.api import window
from twin.notebook.checks.board import Exercise, near, tried, whole
from twin.notebook.planner import evening, plan

PHONES = 100
REPLICATES = 40
"""As in the notebook, so that both have the same runs."""
GRANTED_S = 1_200
MOST_OUT = 800
MANY = 1_000
SLOW_MBPS = 1


def _stuck_behind_a_slow_link() -> int:
    return plan(phones=MANY, wan_mbps=SLOW_MBPS).result.metrics.phones_stuck


@lru_cache(maxsize=1)
def _too_short() -> float:
    question, model = evening(phones=PHONES)
    limit = f"{GRANTED_S}s"
    found = window(question, model=model, replicates=REPLICATES, workers=0, limit=limit)
    assert found.document.limit is not None
    chance = found.document.limit.overrun.estimate
    assert isinstance(chance, float)
    return chance


def _try_plan(given: dict[str, Any]) -> str:
    unknown = set(given) - {"phones", "reset_pace", "wan_mbps", "order"}
    if unknown:
        return f"A plan has no {', '.join(sorted(map(str, unknown)))}."
    if given.get("phones", MANY) != MANY:
        return f"The cluster has {MANY:,} phones."
    metrics = plan(**given).result.metrics
    if metrics.phones_stuck:
        return f"{metrics.phones_stuck:,} phones are stuck."
    peak = metrics.peak_unregistered
    return f"{peak:,} phones are out at once." if peak > MOST_OUT else ""


EXERCISES = {
    "6.1": Exercise(
        "a number of phones",
        (int,),
        whole(
            _stuck_behind_a_slow_link,
            "More. Is it 1 Mbit/s and 1,000 phones, and the order of plan()?",
            "Fewer. Is it 1 Mbit/s and 1,000 phones, and the order of plan()?",
        ),
        "Downloads that time out leave phones with the list of before, while the next certificate "
        "is renewed already: registered is not the same as up to date.",
    ),
    "6.2": Exercise(
        "a number between 0 and 1",
        (float, int),
        near(
            _too_short,
            0.001,
            "More often. In how many of the runs is total_s above 1,200?",
            "Less often. In how many of the runs is total_s above 1,200?",
        ),
        "And window(..., limit='20m') gives its interval, too.",
    ),
    "6.3": Exercise(
        "a dict of the arguments of plan",
        (dict,),
        tried(_try_plan),
        "A slower pace keeps the promise, and costs a little time.",
    ),
}
