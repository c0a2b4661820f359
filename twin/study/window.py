"""A maintenance window with confidence: what the replicates of an experiment say together.

Knows: how replicates become intervals. Must not know how a run is read (`window_runs`), how words
are put (`window_advice`), or any figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twin.config.load import RunConfig
from twin.config.window_result import (
    Interval,
    Number,
    WindowLimit,
    WindowResult,
    WindowSite,
    WindowStep,
    WindowStuck,
    WindowWorst,
)
from twin.errors import Fault, InputError, SimulationError
from twin.simtime import duration_ms
from twin.study.statistics import (
    CONFIDENCE,
    NEVER,
    Estimate,
    mean,
    proportion,
    quantile,
    replicates_for_quantile,
    scipy_stats,
)
from twin.study.sweep_result import SweepResult
from twin.study.window_advice import advice, percent
from twin.study.window_runs import RunWindow, run_window

REPLICATES = 100
"""Replicates unless another number is asked for: enough for both ends of a 95 % quantile."""

COLUMNS = (
    "steps", "waves", "sites", "peak_unregistered", "worst_at_ms", "phones_stuck",
    "phones_unregistered_at_end", "reset_loop.detected", "passed",
)  # fmt: skip

METHODS = {
    "quantile": "order statistics, distribution-free (binomial); 'never' is the longest",
    "mean": "Student's t on the replicates",
    "chance": "Wilson's score interval",
}


@dataclass(frozen=True)
class Window:
    """The answer: its document, and what each replicate said (for figures)."""

    document: WindowResult
    runs: tuple[RunWindow, ...]
    sweep: SweepResult


def window_of(
    result: SweepResult,
    config: RunConfig,
    *,
    confidence: float = CONFIDENCE,
    limit_s: float | None = None,
) -> Window:
    """Read a sweep of one variant as a maintenance window.

    Args:
        result: the sweep.
        config: the documents it ran.
        confidence: share of the quantiles and confidence of the intervals, e.g. 0.95.
        limit_s: a window whose chance of being overrun is asked, seconds.

    Raises:
        InputError: A number out of range, wrong input in every run, or no step that does anything.
        SimulationError: A fault of the program in every run.
    """
    check_window(confidence)
    runs = tuple(run_window(row) for row in _rows(result))
    head = {
        "experiment": config.experiment.name,
        "model": config.model.name,
        "release": config.release.name,
        "phones": config.model.phone_count,
        "seed": int(result.manifest["seed"]),
    }
    failed = int(result.manifest["replicates"]) - len(runs)
    return Window(window_document(runs, head, failed, confidence, limit_s), runs, result)


def _rows(result: SweepResult) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = result.columns(COLUMNS).to_dict("records")
    except InputError:
        failures = result.iterate_failures(1)
        if not failures:
            raise
        first = failures[0]
        if first.is_ours:
            raise SimulationError(f"{first.message}\n  to repeat it: {first.command}") from None
        raise InputError(Fault(first.command, first.message)) from None
    return rows


def check_window(confidence: float, limit: str | int | None = None) -> float | None:
    """Refuse what makes no sense before anything is run; the limit in seconds.

    Raises:
        InputError: The confidence is not strictly between 0.5 and 1, the limit is no duration, or
            scipy is not there.
    """
    scipy_stats()
    if not 0.5 < confidence < 1:
        raise InputError(Fault("--confidence", f"{confidence:g}", "between 0.5 and 1, e.g. 0.95"))
    return None if limit is None else duration_ms(limit, "--limit") / 1000


def window_document(
    runs: Sequence[RunWindow],
    head: Mapping[str, Any],
    failed: int = 0,
    confidence: float = CONFIDENCE,
    limit_s: float | None = None,
) -> WindowResult:
    """The document of some replicates; `head` names experiment, model, release, phones, seed."""
    make = _Maker(confidence)
    totals = [run.total_s for run in runs]
    steps = tuple(_step(make, runs, place) for place in range(len(runs[0].steps)))
    stuck = WindowStuck(
        mean=make.mean(run.stuck for run in runs),
        chance=make.chance(run.stuck > 0 for run in runs),
        most=max(run.stuck for run in runs),
    )
    worst = WindowWorst(
        phones=make.quantile(run.peak for run in runs),
        phones_mean=make.mean(run.peak for run in runs),
        after_s=make.median(run.peak_after_s for run in runs),
    )
    limit = None
    if limit_s is not None:
        overrun = make.chance(total > limit_s for total in totals)
        limit = WindowLimit(limit_s=limit_s, overrun=overrun)
    return WindowResult(
        **head,
        replicates=len(runs),
        failed=failed,
        confidence=confidence,
        window_s=make.quantile(totals),
        window_median_s=make.median(totals),
        limit=limit,
        steps=steps,
        worst=worst,
        sites=_sites(make, runs),
        stuck=stuck,
        as_expected=make.chance(run.passed for run in runs),
        advice=advice(steps, stuck, confidence),
        notes=_notes(runs, failed, confidence),
        methods=METHODS,
    )


class _Maker:
    """Makes intervals at one confidence."""

    def __init__(self, confidence: float) -> None:
        self._confidence = confidence

    def quantile(self, values: Iterable[float]) -> Interval:
        """The quantile at the confidence."""
        return _interval(quantile(list(values), self._confidence, self._confidence))

    def median(self, values: Iterable[float]) -> Interval:
        """The median."""
        return _interval(quantile(list(values), 0.5, self._confidence))

    def mean(self, values: Iterable[float]) -> Interval:
        """The mean of counts, which is not below 0."""
        found = _interval(mean(list(values), self._confidence))
        low = max(found.low, 0.0) if isinstance(found.low, float) else found.low
        return found.model_copy(update={"low": low})

    def chance(self, outcomes: Iterable[bool]) -> Interval:
        """The share of outcomes that are true."""
        seen = list(outcomes)
        return _interval(proportion(sum(seen), len(seen), self._confidence))


def _step(make: _Maker, runs: Sequence[RunWindow], place: int) -> WindowStep:
    mine = [run.steps[place] for run in runs]
    return WindowStep(
        text=mine[0].text,
        stage=mine[0].stage + 1,
        length_s=make.quantile(step.length_s for step in mine),
        median_s=make.median(step.length_s for step in mine),
        most_back_s=make.quantile(step.most_back_s for step in mine),
        not_done=sum(step.outcome != "done" for step in mine),
        too_early=make.chance(step.out_at_next > 0 for step in mine),
        out_at_next_most=max(step.out_at_next for step in mine),
    )


def _sites(make: _Maker, runs: Sequence[RunWindow]) -> tuple[WindowSite, ...]:
    found = []
    for name in runs[0].sites:
        mine = [run.sites[name] for run in runs]
        found.append(
            WindowSite(
                site=name,
                phones=mine[0].phones,
                peak=make.quantile(site.peak for site in mine),
                peak_mean=make.mean(site.peak for site in mine),
                at_worst_mean=make.mean(site.at_worst for site in mine),
            )
        )
    return tuple(sorted(found, key=lambda site: (-_plain(site.peak.estimate), site.site)))


def _notes(runs: Sequence[RunWindow], failed: int, confidence: float) -> tuple[str, ...]:
    """What limits the answer."""
    notes = []
    needed = replicates_for_quantile(confidence, confidence)
    if len(runs) < needed:
        notes.append(
            f"{len(runs)} replicates bound the {percent(confidence)} quantile on one side at most; "
            f"{needed} give both ends."
        )
    never = sum(run.total_s == NEVER for run in runs)
    if never:
        notes.append(
            f"In {never} of {len(runs)} runs phones that are not stuck were still out at the end, "
            "or reset again and again: 'never' means not within the run_for of the experiment."
        )
    if failed:
        notes.append(f"{failed} runs have no result and are left out.")
    return tuple(notes)


def _interval(found: Estimate) -> Interval:
    ends = (found.estimate, found.low, found.high)
    estimate, low, high = (_number(end) for end in ends)
    return Interval(estimate=estimate, low=low, high=high)


def _number(value: float | None) -> Number:
    return "never" if value == NEVER else value


def _plain(value: Number) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
