"""The tables of a sweep's page, and its answer in one sentence.

Knows: rows of a sweep, how estimates are made and worded. Must not know HTML, or how rows came
about. A Sobol sample is one population: its points are taken together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from twin.report.page import count, lasting
from twin.report.page_table import Cell, Mark, PageTable, page_table
from twin.study.comparison import Comparison, compare
from twin.study.statistics import Estimate, proportion, quantile
from twin.study.sweep_result import SweepResult
from twin.study.window_advice import ends, percent

MOST = 0.95
"""The share of the runs that is "most" of them."""
TOGETHER = "all points together"
NOTHING = ("0", "0s")
SAME_WITHIN = 1.05
"""Variants whose medians differ by less than this factor cost the same."""
ROWS = "the folder of this sweep has them in rows/"

Words = Callable[[float], str]


def _hours(minutes: float) -> str:
    return count(minutes / 60)


METRICS: dict[str, tuple[str, Words]] = {
    "recovery_s.p50": ("Until half of the phones that were reset are back", lasting),
    "recovery_s.p95": ("Until 95 % of the phones that were reset are back", lasting),
    "recovery_s.p100": ("Until all phones that were reset are back", lasting),
    "peak_unregistered": ("Most phones out of service at once", count),
    "outage_phone_minutes": ("Outage, phone-hours", _hours),
    "phones_stuck": ("Phones stuck at the end", count),
    "phones_unregistered_at_end": ("Phones out of service at the end", count),
    "resets_per_phone_max": ("Most resets of one phone", count),
    "tftp.rejected_503": ("File requests refused (503)", count),
    "legs.longest_down_s": ("Longest time a connection of systems was down", lasting),
    "presence.dropped": ("Jabber sessions lost", count),
}
"""What the tables show, the words for it, and how its numbers are worded."""

COMPARED = ("recovery_s.p95", "recovery_s.p100", "outage_phone_minutes", "phones_stuck")


@dataclass(frozen=True)
class SweepTables:
    """The tables of one sweep."""

    result: SweepResult

    @cached_property
    def frame(self) -> Any:
        """The columns that are shown."""
        return self.result.columns([*METRICS, "passed", "phones"])

    @cached_property
    def is_sample(self) -> bool:
        """Whether the variants are points of one sample."""
        return bool(self.result.manifest["sample"])

    @cached_property
    def groups(self) -> list[tuple[str, Any]]:
        """(variant in words, its rows)."""
        if self.is_sample:
            return [(TOGETHER, self.frame)]
        rows = self.frame
        return [
            (variant_words(values), rows[rows["variant"] == number])
            for number, values in enumerate(self.result.variants)
        ]

    @cached_property
    def metrics(self) -> list[str]:
        """The metrics of which any run has another value than 0."""
        return [name for name in METRICS if (self.frame[name].fillna(math.inf) != 0).any()]

    @cached_property
    def constants(self) -> dict[str, str]:
        """Metrics that are the same in every run of every variant, with the value."""
        if len(self.groups) == 1:
            return {}
        return {
            name: _word(float(self.frame[name].fillna(math.inf).iloc[0]), METRICS[name][1])
            for name in self.metrics
            if self.frame[name].fillna(math.inf).nunique() == 1
        }

    def alike(self) -> str:
        """What is the same in every run, in a sentence."""
        said = [f"{_small(METRICS[name][0])}: {value}" for name, value in self.constants.items()]
        return f"The same in every run: {'; '.join(said)}." if said else ""

    def distributions(self) -> list[PageTable]:
        """Quantiles with intervals: a table of all metrics, or one per metric for variants."""
        head = ("Runs", "Half of the runs", "Interval", f"{percent(MOST)} of the runs", "Interval ",
                "Least", "Most")  # fmt: skip
        if len(self.groups) == 1:
            rows = [
                (METRICS[name][0], *self._numbers(name, self.groups[0][1])) for name in self.metrics
            ]
            caption = "Every number with what half and most of the runs do not exceed"
            return [page_table(caption, ("Number", *head), rows, numbers=head)]
        made = []
        for name in self.metrics:
            if name in self.constants:
                continue
            of_all = [(words, *self._numbers(name, found)) for words, found in self.groups]
            made.append(
                page_table(METRICS[name][0], ("Variant", *head), of_all, numbers=head, rest=ROWS)
            )
        return made

    def _numbers(self, name: str, rows: Any) -> Iterator[str]:
        word = METRICS[name][1]
        values = rows[name].to_numpy(dtype=float)
        yield count(len(values))
        for share in (0.5, MOST):
            found = quantile(values, share)
            yield _word(found.estimate, word)
            yield interval(found, word)
        known = np.where(np.isnan(values), math.inf, values)
        for end in (known.min(), known.max()) if len(known) else (None, None):
            yield _word(end, word)

    def chances(self) -> PageTable:
        """In what share of the runs phones were stuck, and the expectations held."""
        rows = []
        for words, found in self.groups:
            stuck = proportion(int((found["phones_stuck"] > 0).sum()), len(found))
            held = proportion(int(found["passed"].sum()), len(found))
            rows.append((words, count(len(found)), *_chance(stuck), *_chance(held)))
        numbers = ("Runs", "A phone is stuck", "Interval", "As expected", "Interval ")
        return page_table(
            "Share of the runs in which any phone is stuck, and in which every expectation holds",
            ("Variant", *numbers), rows, numbers=numbers, rest=ROWS,
        )  # fmt: skip

    @cached_property
    def comparisons(self) -> list[tuple[str, str, Comparison]]:
        """(variant, metric, what it has more than the first variant), run by run."""
        replicates = self.frame.groupby("variant").size()
        if self.is_sample or len(self.groups) < 2 or replicates.min() < 2:
            return []
        return [
            (words, name, compare((self.result, 0), (self.result, number), metric=name))
            for number, (words, _) in enumerate(self.groups)
            for name in COMPARED
            if number and name in self.metrics
        ]

    def comparison_table(self) -> PageTable:
        """Every variant against the first, with the same seeds."""
        rows = [
            (
                words, METRICS[name][0], _signed(found.median.estimate, METRICS[name][1]),
                _signed_interval(found.median, METRICS[name][1]),
                Cell("clear", Mark.GOOD) if found.is_clear else Cell("not told apart", Mark.QUIET),
            )
            for words, name, found in self.comparisons
        ]  # fmt: skip
        return page_table(
            f"Every variant against {self.groups[0][0]}: the middle difference of runs with the "
            "same seed",
            ("Variant", "Number", "Difference", "Interval", "Outcome"), rows,
            numbers=("Difference", "Interval"), most=60, rest=ROWS,
        )  # fmt: skip

    def answer(self) -> tuple[str, bool]:
        """The sweep in one sentence, and whether it is good news."""
        stuck = int((self.frame["phones_stuck"] > 0).sum())
        runs = len(self.frame)
        lost = (
            f"in {stuck:,} of {runs:,} runs phones were stuck"
            if stuck
            else f"in none of {runs:,} runs was a phone stuck"
        )
        back = quantile(self.frame["recovery_s.p100"].to_numpy(dtype=float), MOST)
        if len(self.groups) == 1:
            tail = _word(back.estimate, lasting)
            all_back = "phones never all came back" if tail == "never" else (
                f"all phones were back within {tail} of their first reset"
            )  # fmt: skip
            return f"{_capital(lost)}, and in {percent(MOST)} of them {all_back}.", not stuck
        return f"{_capital(lost)}; {self._ranking()}.", not stuck

    def _ranking(self) -> str:
        """The cheapest and the dearest variant, by what tells them apart most."""
        name, best, worst = self._extremes()
        if not name:
            return f"the {len(self.groups)} variants cost the same"
        what, word = METRICS[name]
        low, high = (_word(self._middle(name, number), word) for number in (best, worst))
        said = (
            f"of {len(self.groups)} variants {self.groups[best][0]} costs least "
            f"({_small(what)}: {low}) and {self.groups[worst][0]} most ({high})"
        )
        if min(len(found) for _, found in self.groups) < 2:
            return said
        is_clear = compare((self.result, best), (self.result, worst), metric=name).is_clear
        return said if is_clear else f"{said}, but the runs do not tell these two apart"

    def _extremes(self) -> tuple[str, int, int]:
        """(metric, least, most): stuck phones if variants differ in them, else the widest spread.

        The metric is empty if they differ in nothing that is worth it.
        """
        found = []
        for name in COMPARED:
            middles = [self._middle(name, number) for number in range(len(self.groups))]
            low, high = min(middles), max(middles)
            if high > low * SAME_WITHIN and name in self.metrics:
                is_stuck = name == "phones_stuck"
                ratio = math.inf if low == 0 or math.isinf(high) else high / low
                place = (middles.index(low), middles.index(high))
                found.append((is_stuck, ratio, name, *place))
        if not found:
            return "", 0, 0
        _, _, name, best, worst = max(found, key=lambda one: one[:2])
        return name, best, worst

    def _middle(self, name: str, number: int) -> float:
        """The middle run of a variant; of stuck phones the mean, which rare ones show in."""
        values = self.groups[number][1][name].to_numpy(dtype=float)
        if not len(values):
            return math.inf
        known = np.where(np.isnan(values), math.inf, values)
        if name == "phones_stuck":
            return float(known.mean())
        return float(np.quantile(known, 0.5, method="higher"))


def variant_words(values: dict[str, Any]) -> str:
    """A variant by its values; the only one is "as asked"."""
    said = [f"{path.removeprefix('timing.')}={_value(value)}" for path, value in values.items()]
    return ", ".join(said) or "as asked"


def interval(found: Estimate, word: Words) -> str:
    """The ends of an estimate's interval."""
    return ends(_word(found.low, word), _word(found.high, word))


def _chance(found: Estimate) -> tuple[str, str]:
    return _word(found.estimate, percent), interval(found, percent)


def _word(value: float | None, word: Words) -> str:
    if value is None:
        return "?"
    return "never" if math.isinf(value) else word(value)


def _signed(value: float | None, word: Words) -> str:
    if value is None or math.isinf(value):
        return _word(value, word)
    words = word(abs(value))
    sign = "" if words in NOTHING else "+" if value > 0 else "−"
    return sign + words


def _signed_interval(found: Estimate, word: Words) -> str:
    return ends(_signed(found.low, word), _signed(found.high, word))


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def _small(words: str) -> str:
    return words[0].lower() + words[1:]


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
