"""Checks of notebook 4: the seven-minute loop."""

from __future__ import annotations

from itertools import combinations

from twin.api import RunResult, run
from twin.config.experiment import ExperimentConfig
from twin.config.load import load_experiment
from twin.notebook.checks.bench import ran
from twin.notebook.checks.board import Exercise, near, whole

LOOP = "why-do-phones-restart-every-seven-minutes"
NODES = ("pub", "sub1", "sub2")
SETTLED = "2016-02-07T23:20"
"""Well after the service was stopped: who is reset from here on is in the loop still."""


def _period_s() -> float:
    period = ran(LOOP).metrics.reset_loop.period_s
    assert period is not None
    return period


def _resets_in_a_day() -> int:
    return ran(LOOP, experiment__run_for="24h").metrics.resets_per_phone_max


def _evening(nodes: tuple[str, ...]) -> RunResult:
    """The loop with Certificate Change Notification stopped on some nodes after an hour."""
    document = load_experiment(LOOP).model_dump(mode="json", by_alias=True, exclude_unset=True)
    stops = [{"stop_service": {"node": node, "service": "certCN"}} for node in nodes]
    document["steps"] = [*document["steps"], {"advance": {"for": "55m"}}, *stops]
    document["expect"] = []
    return run(ExperimentConfig.model_validate(document))


def _nodes_to_stop() -> int:
    for count in range(len(NODES) + 1):
        ended = [
            all(wave.started_at < SETTLED for wave in _evening(nodes).document.waves)
            for nodes in combinations(NODES, count)
        ]
        if all(ended):
            return count
    return len(NODES) + 1


EXERCISES = {
    "4.1": Exercise(
        "a number of seconds",
        (float, int),
        near(
            _period_s,
            0.02,
            "Longer. Take the distance of waves, not of teeth that touch zero twice.",
            "Shorter. Leave out the first two waves, and take the median.",
        ),
        "About seven minutes: the rhythm in which the nodes look at the row.",
    ),
    "4.2": Exercise(
        "a number of resets",
        (int,),
        whole(
            _resets_in_a_day,
            "More. Is it the most resets of one phone, over 24 hours?",
            "Fewer. Resets of one phone, not of all together.",
        ),
        "The loop neither slows down nor stops by itself.",
    ),
    "4.3": Exercise(
        "a number of nodes",
        (int,),
        whole(
            _nodes_to_stop,
            "Not enough: with some choice of so many nodes there are waves after 23:20.",
            "That ends it, but fewer are enough.",
        ),
        "One node that still looks finds nobody who contradicts it. (The published advice is to "
        "stop all: how nodes disagree is our reading.)",
    ),
}
