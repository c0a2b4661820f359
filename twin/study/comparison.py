"""Two variants compared replicate by replicate, under common random numbers.

Knows: rows of sweeps, and that replicate r has the same seed in every variant. Must not know how
rows came about.

A pair shares its seed, so the luck that both had falls out of the difference: far fewer replicates
tell two variants apart than if each had seeds of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.config.faults import nearest
from twin.errors import Fault, InputError
from twin.study.statistics import (
    CONFIDENCE,
    Estimate,
    Floats,
    as_numbers,
    mean,
    number_text,
    quantile,
    scipy_stats,
)
from twin.study.sweep_result import SweepResult

Side = SweepResult | tuple[SweepResult, int]
"""A sweep with one variant, or a sweep and a variant's number."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `b` has more than `a` of a metric, in the metric's unit.

    `difference` is the mean of b - a with Student's t interval on the pairs (no number if a side
    was ever "never"); `median` the median difference with an order-statistic interval, which holds
    for any distribution and counts "never" as later than any number; `p_value` is Wilcoxon's
    signed-rank test of no difference. `variance_ratio` is the variance of the paired difference
    over that of an unpaired one: what common random numbers save (None: nothing varies).
    """

    metric: str
    a: Estimate
    b: Estimate
    difference: Estimate
    median: Estimate
    p_value: float
    variance_ratio: float | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the mean (of the median, if there is none) leaves out zero."""
        shown = self.difference if self.difference.low is not None else self.median
        return shown.low is not None and (
            shown.low > 0 or (shown.high is not None and shown.high < 0)
        )

    def __str__(self) -> str:
        lines = [
            f"{self.metric}: {number_text(self.a.estimate)} against "
            f"{number_text(self.b.estimate)} ({self.a.n} pairs, same seeds)",
            f"  mean difference    {self.difference}, paired t",
            f"  median difference  {self.median}, order statistics",
            f"  Wilcoxon signed rank, two-sided: p = {self.p_value:.3g}",
        ]
        if self.a.never or self.b.never:
            lines.append(f"  never: {self.a.never} against {self.b.never} runs")
        return "\n".join(lines)


def compare(a: Side, b: Side, *, metric: str, confidence: float = CONFIDENCE) -> Comparison:
    """Compare a metric of two variants over the replicates both have.

    Args:
        a: a sweep of one variant, or (sweep, number of the variant).
        b: the same; the difference is b - a.
        metric: a numeric column of the rows, e.g. "recovery_s.p95".
        confidence: of every interval.

    Raises:
        InputError: Unknown metric or variant, fewer than two common replicates, or replicates
            that have not the same seeds.
    """
    left, right = _column(a, metric, "a"), _column(b, metric, "b")
    common = sorted(left.keys() & right.keys())
    if any(left[r][0] != right[r][0] for r in common):
        next_step = "Run both sweeps with the same --seed."
        found = "replicates with different seeds"
        raise InputError(Fault("compare", found, "the same seeds", None, next_step))
    if len(common) < 2:
        raise InputError(Fault("compare", f"{len(common)} common replicates", "2 or more"))
    return paired(
        metric,
        as_numbers([left[r][1] for r in common]),
        as_numbers([right[r][1] for r in common]),
        confidence,
    )


def paired(metric: str, a: Floats, b: Floats, confidence: float = CONFIDENCE) -> Comparison:
    """Compare paired values; infinity is "never", and two of them do not differ."""
    both_never = np.isinf(a) & np.isinf(b)
    difference = np.where(both_never, 0.0, b) - np.where(both_never, 0.0, a)
    is_plain = bool(np.isfinite(difference).all()) and not both_never.any()
    means = mean(difference if is_plain else [None] * len(a), confidence)
    spread = float(a.var(ddof=1) + b.var(ddof=1)) if is_plain else 0.0
    ratio = float(difference.var(ddof=1)) / spread if spread > 0 else None
    return Comparison(
        metric, mean(a, confidence), mean(b, confidence), means,
        quantile(difference, 0.5, confidence), _signed_rank(difference), ratio,
    )  # fmt: skip


def _signed_rank(difference: Floats) -> float:
    stats = scipy_stats()

    if not difference.any():
        return 1.0
    finite = difference[np.isfinite(difference)]
    # Any number beyond all others has the rank that "never" is to have.
    beyond = 2 * float(np.abs(finite).max(initial=0.0)) + 1
    ranked = np.clip(difference, -beyond, beyond)
    ranked = ranked[ranked != 0]
    return float(stats.wilcoxon(ranked).pvalue)


def metric_values(result: SweepResult, metric: str, *also: str) -> Any:
    """The rows of a sweep with one numeric column, and others as they are.

    Raises:
        InputError: There is no such column, or it holds no numbers.
    """
    columns: Mapping[str, str] = result.manifest["columns"]
    numeric = [name for name, kind in columns.items() if kind != "string"]
    if metric not in numeric:
        found = f"unknown metric {metric!r}" if metric not in columns else f"{metric} is no number"
        raise InputError(Fault("metric", found, "e.g. recovery_s.p95", nearest(metric, numeric)))
    return result.columns(list(dict.fromkeys((metric, *also))))


def _column(side: Side, metric: str, name: str) -> dict[int, tuple[int, float]]:
    """(seed, value) of each replicate of one side."""
    result, variant = side if isinstance(side, tuple) else (side, 0)
    count = len(result.variants)
    if not isinstance(side, tuple) and count > 1:
        next_step = f"Name one: ({name}, 0) to ({name}, {count - 1})."
        raise InputError(Fault(f"compare {name}", f"{count} variants", "one", None, next_step))
    if not 0 <= variant < count:
        raise InputError(Fault(f"compare {name}", f"variant {variant}", f"0 to {count - 1}"))
    frame = metric_values(result, metric, "seed")
    rows = frame[frame["variant"] == variant]
    pairs = zip(rows["seed"].tolist(), rows[metric].tolist(), strict=True)
    return dict(zip(rows["replicate"].tolist(), pairs, strict=True))
