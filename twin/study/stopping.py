"""Replicates until an answer is known well enough: a sweep that goes on batch by batch.

Knows: the interval of a metric, and that a sweep can be gone on with. Must not know how cells run.

The rule: after each batch, stop when in every variant half the width of the interval of the mean
is at most the wanted share of the mean. Looking again and again makes the interval of a stopped
sweep hold a little less often than it says; the first look is therefore not before
`BATCH` replicates, and each batch is half as large as all before it, so that looks are few.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from twin.config.faults import nearest
from twin.config.result import metric_paths
from twin.errors import Fault, InputError
from twin.study.comparison import metric_values
from twin.study.statistics import CONFIDENCE, NEVER, Estimate, mean, scipy_stats
from twin.study.sweep import SweepProgress, run_sweep
from twin.study.sweep_executors import Executor
from twin.study.sweep_manifest import read_manifest
from twin.study.sweep_question import Question
from twin.study.sweep_result import SweepResult

BATCH = 16
"""Replicates before the first look, and the smallest batch after it."""

MOST = 1000
"""Replicates at which the rule gives up, unless another bound is asked for."""


@dataclass(frozen=True, slots=True)
class Target:
    """`metric` is to be known to within `relative` of its mean, e.g. 0.05."""

    metric: str
    relative: float

    def reached(self, found: Estimate) -> bool:
        """Whether an interval is narrow enough; one that is not there is not."""
        if found.estimate is None or found.low is None or found.high is None:
            return False
        return (found.high - found.low) / 2 <= self.relative * abs(found.estimate)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A sweep that was stopped: by its target in every variant, or short of it by the bound."""

    result: SweepResult
    target: Target
    estimates: tuple[Estimate, ...]
    replicates: int
    reached: bool

    def __str__(self) -> str:
        how = "reached" if self.reached else "not reached"
        wanted = f"{self.target.metric} within {self.target.relative:.1%}"
        lines = [f"{wanted}: {how} with {self.replicates} replicates"]
        lines += [f"  variant {v}: {e}" for v, e in enumerate(self.estimates)]
        return "\n".join(lines)


def parse_target(text: str) -> Target:
    """Read `METRIC:RELATIVE`, e.g. recovery_s.p99:0.05 or recovery_s.p99:5%.

    Raises:
        InputError: It is malformed, or there is no such metric.
    """
    metric, colon, share = (part.strip() for part in text.partition(":"))
    place = f"--until {text}"
    try:
        relative = float(share[:-1]) / 100 if share.endswith("%") else float(share)
    except ValueError:
        relative = 0.0
    if not colon or not 0 < relative < 1:
        expected = "METRIC:SHARE, e.g. recovery_s.p99:0.05"
        raise InputError(Fault(place, "no share between 0 and 1", expected))
    known = [path for path in metric_paths() if path != "stuck_by_reason"]
    if metric not in known:
        found = f"unknown metric {metric!r}"
        raise InputError(Fault(place, found, "", nearest(metric, known)))
    return Target(metric, relative)


def run_until(
    question: Question,
    directory: Path,
    executor: Executor,
    target: Target,
    *,
    confidence: float = CONFIDENCE,
    batch: int = BATCH,
    most: int = MOST,
    resume: bool = False,
    progress: SweepProgress | None = None,
    told: Callable[[Stopped], None] | None = None,
) -> Stopped:
    """Run replicates of every variant until the target is reached, or there are `most`.

    The question's own number of replicates is not used. What is in `directory` is gone on with,
    so that a sweep stopped short can be run again with a narrower target or a higher bound.

    Args:
        batch: replicates before the first look.
        most: replicates at which to give up.
        resume: the folder may hold this sweep already.
        told: hears what was found after each batch.

    Raises:
        InputError: as `twin.study.sweep.run_sweep`; or a bound below 2.
    """
    if batch < 2 or most < 2:
        raise InputError(Fault("--until", f"at most {min(batch, most)} replicates", "2 or more"))
    scipy_stats()  # here, and not after the first batch
    replicates = min(batch, most)
    if resume and (found := read_manifest(directory)) is not None:
        replicates = max(replicates, int(found["replicates"]))
    while True:
        asked = replace(question, replicates=replicates)
        result = run_sweep(asked, directory, executor, resume=resume, progress=progress)
        stopped = look(result, target, confidence)
        if told is not None:
            told(stopped)
        # Where runs fail or never get there, more of them will not help.
        hopeless = result.failed or any(e.estimate == NEVER for e in stopped.estimates)
        if stopped.reached or hopeless or replicates >= most:
            return stopped
        replicates = min(most, replicates + max(batch, replicates // 2))
        resume = True


def look(result: SweepResult, target: Target, confidence: float = CONFIDENCE) -> Stopped:
    """What a sweep knows of the target's metric by now."""
    frame = metric_values(result, target.metric)
    estimates = tuple(
        mean(frame[frame["variant"] == variant][target.metric].tolist(), confidence)
        for variant in range(len(result.variants))
    )
    reached = all(target.reached(found) for found in estimates)
    return Stopped(result, target, estimates, int(result.manifest["replicates"]), reached)
