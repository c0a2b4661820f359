"""One replicate of an experiment, read as a maintenance window.

Knows: the columns `steps`, `waves` and `sites` of a sweep's row. Must not know statistics.

A *stage* is a run of steps between which the operator does not wait: what they set off cannot be
told apart. A step's length runs from its start until its stage is at rest. A stage that the next
one cut short (phones were out then that were back later) is at rest when that one is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twin.errors import Fault, InputError
from twin.metrics.storm import PASSIVE_ACTIONS

PAUSE_MS = 60_000
"""A shorter pause between two steps is no waiting."""

MOST = "p99"
"""The share of reset phones that is "most" of them."""


@dataclass(frozen=True, slots=True)
class StepTime:
    """A step in one run. Times in seconds from the step's start, infinity: not in this run.

    `out_at_next` phones were out when the next stage began, and back later.
    """

    text: str
    action: str
    outcome: str
    stage: int
    length_s: float
    most_back_s: float
    out_at_next: int


@dataclass(frozen=True, slots=True)
class SiteTime:
    """A site in one run: its own worst moment, and the cluster's."""

    phones: int
    peak: int
    at_worst: int


@dataclass(frozen=True, slots=True)
class RunWindow:
    """One run: `total_s` from the first step until the cluster was at rest (infinity: never)."""

    steps: tuple[StepTime, ...]
    total_s: float
    peak: int
    peak_after_s: float
    stuck: int
    passed: bool
    sites: Mapping[str, SiteTime]


def run_window(row: Mapping[str, Any]) -> RunWindow:
    """Read a row.

    Raises:
        InputError: No step of the experiment does anything.
    """
    steps = json.loads(row["steps"])
    active = [step for step in steps if step["action"] not in PASSIVE_ACTIONS]
    if not active:
        found = "an experiment none of whose steps does anything to the cluster"
        raise InputError(Fault("window", found, "e.g. regenerate, restart_service, reset_phones"))
    stage_of = _stages(steps)
    stages = [
        [step for step, stage in zip(active, stage_of, strict=True) if stage == number]
        for number in range(stage_of[-1] + 1)
    ]
    finally_out = active[-1]["unregistered"]
    out = [max(stage[-1]["unregistered"] - finally_out, 0) for stage in stages[:-1]] + [0]
    rest_ms = _rests(stages, out, _is_open(row))
    most_ms = _most_back(stages, json.loads(row["waves"]))
    start_ms = active[0]["started_at_ms"]
    times = []
    for step, stage in zip(active, stage_of, strict=True):
        begun_ms = step["started_at_ms"]
        times.append(
            StepTime(
                step["text"], step["action"], step["outcome"], stage,
                (rest_ms[stage] - begun_ms) / 1000,
                (max(most_ms[stage], step["ended_at_ms"]) - begun_ms) / 1000,
                out[stage],
            )
        )  # fmt: skip
    return RunWindow(
        tuple(times),
        (rest_ms[-1] - start_ms) / 1000,
        int(row["peak_unregistered"]),
        max(float(row["worst_at_ms"]) - start_ms, 0.0) / 1000,
        int(row["phones_stuck"]),
        bool(row["passed"]),
        {
            site["site"]: SiteTime(site["phones"], site["peak"], site["at_worst"])
            for site in json.loads(row["sites"])
        },
    )


def _is_open(row: Mapping[str, Any]) -> bool:
    """Whether a run ended before the cluster was at rest.

    Phones that are stuck may stay out for ever; others that are out are still on their way.
    """
    is_looping = bool(row["reset_loop.detected"])
    return is_looping or int(row["phones_unregistered_at_end"]) > int(row["phones_stuck"])


def _stages(steps: Sequence[Mapping[str, Any]]) -> list[int]:
    """The stage of each step that does something, from 0."""
    found: list[int] = []
    stage, ended_ms, has_waited = -1, -math.inf, True
    for step in steps:
        if step["action"] in PASSIVE_ACTIONS:
            has_waited = has_waited or (step["action"] == "wait" and step["outcome"] == "done")
            continue
        if has_waited or step["started_at_ms"] - ended_ms >= PAUSE_MS:
            stage += 1
        found.append(stage)
        ended_ms, has_waited = step["ended_at_ms"], False
    return found


def _rests(
    stages: Sequence[Sequence[Mapping[str, Any]]], out: Sequence[int], is_open: bool
) -> list[float]:
    """When each stage was at rest, ms; a stage cut short is when the next one is."""
    rests: list[float] = []
    later = math.inf
    for place in reversed(range(len(stages))):
        is_last = place == len(stages) - 1
        own = max(max(s["settled_at_ms"], s["ended_at_ms"]) for s in stages[place])
        later = math.inf if is_last and is_open else later if out[place] else float(own)
        rests.append(later)
    return rests[::-1]


def _most_back(
    stages: Sequence[Sequence[Mapping[str, Any]]], waves: Sequence[Mapping[str, Any]]
) -> list[float]:
    """When most of the phones that each stage reset were back, ms; 0 if it reset none."""
    starts = [stage[0]["started_at_ms"] for stage in stages] + [math.inf]
    found = []
    for place in range(len(stages)):
        mine = [w for w in waves if starts[place] <= w["started_at_ms"] < starts[place + 1]]
        back = [w["recovery_s"][MOST] for w in mine]
        ends = [
            math.inf if s is None else w["started_at_ms"] + 1000 * s
            for w, s in zip(mine, back, strict=True)
        ]
        found.append(max(ends, default=0.0))
    return found
