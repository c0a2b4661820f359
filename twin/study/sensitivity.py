"""Which assumption matters: how an answer depends on the parameters nobody has a source for.

Knows: ranges of parameters, and a metric at many points within them. Must not know what a
parameter means.

Two looks. `screen` reads a quasi-random sweep over many parameters at once and ranks them by
partial rank correlation; it needs some hundred runs whatever the number of parameters. `indices`
takes the few that matter and computes Sobol's first-order and total indices from runs of its own.
All points share the seeds of their replicates, so that what differs is the parameters alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np

from twin.config.sensitivity_result import Influence, SobolIndex
from twin.config.timing import Parameter, TimingProfile
from twin.errors import Fault, InputError
from twin.kernel.streams import Law, Streams
from twin.pki.keys import KeyBank, default_directory
from twin.study.comparison import metric_values
from twin.study.statistics import CONFIDENCE, Floats, as_numbers, scipy_stats
from twin.study.sweep_documents import Documents
from twin.study.sweep_executors import Executor
from twin.study.sweep_plan import Plan, Variant, make_plan, sample_points
from twin.study.sweep_question import Question, Range
from twin.study.sweep_result import SweepResult
from twin.study.sweep_worker import Task

SCREENING_METHOD = (
    "partial rank correlation (PRCC) over a Sobol sequence, Fisher z interval; "
    "'matters' after Holm's correction for the number of parameters"
)
INDICES_METHOD = "Sobol indices, Saltelli design, estimator of Saltelli 2010, bootstrap interval"
RESAMPLES = 499


def assumed_ranges(timing: TimingProfile) -> dict[str, Range]:
    """The range of every timing parameter without a source, by path; empty ranges left out.

    Switches are left out too: 0 or 1 for the whole run, or a share that is 0 unless one plans
    otherwise. They are questions to ask one by one, not values one does not know exactly.
    """
    return {
        f"timing.{name}": (parameter.low, parameter.high)
        for name, parameter in timing.assumed()
        if parameter.low < parameter.high and not _is_switch(parameter)
    }


def _is_switch(parameter: Parameter) -> bool:
    return (parameter.value, parameter.low, parameter.high) == (0.0, 0.0, 1.0)


def screen(result: SweepResult, metric: str, confidence: float = CONFIDENCE) -> list[Influence]:
    """Rank the sampled parameters of a sweep (`--sample`, `--over`), the strongest first.

    A point counts with the mean of its replicates; "never" is later than any number.

    Raises:
        InputError: Nothing was sampled, an unknown metric, or too few points for the parameters.
    """
    paths = list(result.manifest["over"])
    if not paths:
        raise InputError(Fault("sensitivity", "a sweep without a sample", "--sample N --over PATH"))
    frame = metric_values(result, metric)
    numbers = as_numbers(frame[metric].tolist())
    variant = np.asarray(frame["variant"])
    present = np.unique(variant)
    answers = np.array([numbers[variant == v].mean() for v in present])
    points = np.array([[float(result.variants[v][p]) for p in paths] for v in present])
    return rank_correlations(paths, points, answers, confidence)


def rank_correlations(
    paths: Sequence[str], points: Floats, answers: Floats, confidence: float = CONFIDENCE
) -> list[Influence]:
    """PRCC of `answers` (n) with each column of `points` (n, k), the strongest first.

    Raises:
        InputError: Fewer than k + 8 points.
    """
    stats = scipy_stats()

    n, k = points.shape
    if n < k + 8:
        expected = f"at least {k + 8} for {k} parameters"
        raise InputError(Fault("sensitivity", f"{n} points", expected))
    ranked = stats.rankdata(points, axis=0)
    answer = stats.rankdata(answers)
    z = float(stats.norm.ppf((1 + confidence) / 2)) / math.sqrt(n - k - 2)
    found = []
    for column, path in enumerate(paths):
        others = np.column_stack((np.ones(n), np.delete(ranked, column, axis=1)))
        mine = _residuals(others, ranked[:, column])
        rest = _residuals(others, answer)
        correlation = _correlation(mine, rest)
        middle = math.atanh(min(max(correlation, -1 + 1e-12), 1 - 1e-12))
        p_value = 2 * float(stats.norm.sf(abs(middle) * math.sqrt(n - k - 2)))
        ends = points[:, column].min(), points[:, column].max()
        found.append(
            Influence(
                path=path,
                low_value=float(ends[0]),
                high_value=float(ends[1]),
                prcc=correlation,
                low=math.tanh(middle - z),
                high=math.tanh(middle + z),
                spearman=_correlation(ranked[:, column], answer),
                p_value=p_value,
                matters=False,
            )
        )
    found.sort(key=lambda influence: (-abs(influence.prcc), influence.path))
    return _holm(found, 1 - confidence)


def indices(
    question: Question,
    ranges: Mapping[str, Range],
    metric: str,
    executor: Executor,
    *,
    points: int = 64,
    confidence: float = CONFIDENCE,
) -> list[SobolIndex]:
    """Sobol's indices of a metric over a box, from `points` x (parameters + 2) x replicates runs.

    Args:
        question: experiment, overrides and replicates; its own variants are not used.
        ranges: path to (low, high); few, as the cost grows with each.
        executor: who runs the cells; it is not closed here.
        points: a power of 2, at least 16.

    Raises:
        InputError: A wrong document or number of points, a failed run, or a "never".
    """
    if points < 16 or points & (points - 1):
        raise InputError(Fault("sensitivity", f"{points} points", "a power of 2, at least 16"))
    plan = make_plan(replace(question, vary={}, over={}, sample=0))
    designs = saltelli_points(plan.root_seed, ranges, points)
    laid = Plan(plan.question, plan.root_seed, tuple(designs))
    answers = _answers(laid, metric, executor)
    return indices_of(list(ranges), answers, points, plan.root_seed, confidence)


def saltelli_points(seed: int, ranges: Mapping[str, Range], points: int) -> list[Variant]:
    """The points of A, of B, and of A with each one column of B, in this order."""
    both = {(side, path): ends for side in "AB" for path, ends in ranges.items()}
    named = {f"{side} {path}": ends for (side, path), ends in both.items()}
    rows = sample_points(seed, named, points)
    a = [{path: row[f"A {path}"] for path in ranges} for row in rows]
    b = [{path: row[f"B {path}"] for path in ranges} for row in rows]
    mixed = [
        {**mine, path: other[path]} for path in ranges for mine, other in zip(a, b, strict=True)
    ]
    return [*a, *b, *mixed]


def indices_of(
    paths: Sequence[str], answers: Floats, points: int, seed: int, confidence: float = CONFIDENCE
) -> list[SobolIndex]:
    """The indices from the answers at `saltelli_points`, the largest total first."""
    if not np.isfinite(answers).all():
        found = "runs in which the metric is 'never'"
        raise InputError(Fault("sensitivity", found, "another metric, e.g. outage_phone_minutes"))
    blocks = answers.reshape(len(paths) + 2, points)
    whole = np.arange(points)[np.newaxis]
    rows = _resampled(seed, points)
    first, total = (column[0] for column in _estimates(blocks, whole))
    ends = [np.quantile(c, _tails(confidence), axis=0) for c in _estimates(blocks, rows)]
    found_ones = [
        SobolIndex(
            path=path,
            first=float(first[k]),
            first_low=float(ends[0][0, k]),
            first_high=float(ends[0][1, k]),
            total=float(total[k]),
            total_low=float(ends[1][0, k]),
            total_high=float(ends[1][1, k]),
        )
        for k, path in enumerate(paths)
    ]
    return sorted(found_ones, key=lambda one: (-one.total, one.path))


def _estimates(blocks: Floats, rows: Any) -> tuple[Floats, Floats]:
    """First-order and total indices (resample, parameter) from the points each resample takes."""
    a, b, mixed = blocks[0][rows], blocks[1][rows], blocks[2:][:, rows]
    both = np.concatenate((a, b), axis=1)
    middle, variance = both.mean(axis=1, keepdims=True), both.var(axis=1)
    variance = np.where(variance > 0, variance, np.inf)
    first = ((b - middle) * (mixed - a)).mean(axis=2) / variance
    total = 0.5 * ((a - mixed) ** 2).mean(axis=2) / variance
    return first.T, total.T


def _resampled(seed: int, points: int) -> Any:
    """Which points each resample of the bootstrap takes, a function of the seed."""
    law = Law("uniform", 0.5, low=0.0, high=1.0)
    drawn = Streams(seed).block(law, "sensitivity", "bootstrap", 0, RESAMPLES * points)
    return (np.array(drawn) * points).astype(np.int64).reshape(RESAMPLES, points)


def _tails(confidence: float) -> tuple[float, float]:
    return ((1 - confidence) / 2, (1 + confidence) / 2)


def _answers(plan: Plan, metric: str, executor: Executor) -> Floats:
    """The mean of the metric over the replicates of each variant."""
    documents = Documents(plan)
    KeyBank(default_directory()).ensure(documents.keys_needed)
    here = version("cucm-twin")

    def tasks() -> Iterator[Task]:
        for cell in plan.cells():
            yield Task(cell, documents.packed(cell.variant), here)

    found = np.full((len(plan.variants), plan.replicates), np.nan)
    with closing(executor.outcomes(tasks())) as outcomes:
        for outcome in outcomes:
            cell = outcome.cell
            if outcome.row is None:
                why = outcome.trouble.message if outcome.trouble else "no row"
                raise InputError(Fault(plan.command(cell), why))
            if metric not in outcome.row or isinstance(outcome.row[metric], str):
                raise InputError(Fault("metric", f"{metric!r}", "e.g. recovery_s.p95"))
            value = outcome.row[metric]
            found[cell.variant, cell.replicate] = math.inf if value is None else value
    averages: Floats = found.mean(axis=1)
    return averages


def _holm(found: list[Influence], error: float) -> list[Influence]:
    """Mark what is too strong for chance among so many, in order of strength."""
    marked, going = [], True
    for place, influence in enumerate(found):
        going = going and influence.p_value <= error / (len(found) - place)
        marked.append(influence.model_copy(update={"matters": going}))
    return marked


def _residuals(others: Floats, column: Floats) -> Floats:
    weights = np.linalg.lstsq(others, column, rcond=None)[0]
    residuals: Floats = column - others @ weights
    return residuals


def _correlation(a: Floats, b: Floats) -> float:
    """Pearson's; 0 where one of them does not vary."""
    a, b = a - a.mean(), b - b.mean()
    norm = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / norm if norm > 1e-9 else 0.0
