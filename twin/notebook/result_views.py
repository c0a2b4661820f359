"""Views of runs, sweeps, comparisons, windows, plans and verdicts of exercises.

Knows: the result objects. Must not know HTML (`twin.notebook.view`) or a journal.
"""

from __future__ import annotations

from typing import Any

from twin.api import RunResult, WindowAnswer
from twin.config.result import Recovery
from twin.config.window_result import Interval
from twin.metrics.counters import remedies_by_reason
from twin.notebook.checks.board import Verdict
from twin.notebook.planner import Plan
from twin.notebook.view import Cell, Text, View
from twin.report.figure_files import figure_bytes
from twin.report.summary import NO_REMEDY, reasons_in_words
from twin.report.sweep_table import COLUMNS, VARIANTS_MOST, middle, word
from twin.simtime import format_ms
from twin.study.comparison import Comparison
from twin.study.statistics import number_text
from twin.study.sweep_result import SweepResult
from twin.study.window_advice import lasting, percent, spanned


def run(result: RunResult) -> View:
    """A run: the question, the numbers that matter, what failed, the storm."""
    document, metrics = result.document, result.metrics
    view = View(
        result.config.experiment.question,
        f"{document.experiment}: model {document.model}, release {document.release}, "
        f"{document.phones:,} phones, seed {document.seed}",
        figure_bytes(result.plot(), "png"),
        "Phones by state and queue lengths over time, with the steps of the operator",
    )
    rows: list[tuple[Cell, ...]] = [
        ("Phones stuck at the end", _alarming(metrics.phones_stuck)),
        ("Phones unregistered at the end", _alarming(metrics.phones_unregistered_at_end)),
        ("Most phones out of service at once", metrics.peak_unregistered),
        ("Outage, phone-hours", round(metrics.outage_phone_minutes / 60, 1)),
        ("Resets (most of one phone)",
         f"{metrics.resets_total:,} ({metrics.resets_per_phone_max:,})"),
        ("Back after the first reset: 95 % / all", _recovered(metrics.recovery_s)),
    ]  # fmt: skip
    loop = metrics.reset_loop
    if loop.detected:
        rows.append(
            ("Reset loop", Text(f"every {loop.period_s:,.0f} s, {loop.cycles} times", True))
        )
    view.table("", (), rows)
    remedies = remedies_by_reason(result.tables) if metrics.phones_stuck else {}
    view.table(
        "Stuck phones",
        ("Phones", "Why", "What helps"),
        [
            (count, reasons_in_words(why), "; ".join(remedies.get(why, ())) or NO_REMEDY)
            for why, count in metrics.stuck_by_reason.items()
        ],
    )
    view.table(
        "Steps not done",
        ("At (UTC)", "Step", "Outcome"),
        [
            (step.at[:19].replace("T", " "), step.action, Text(step.outcome, True))
            for step in document.steps
            if step.outcome != "done"
        ],
    )
    _say_expectations(view, result)
    return view


def _say_expectations(view: View, result: RunResult) -> None:
    outcomes = result.document.expectations
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if outcomes and not failed:
        view.say(f"All {len(outcomes)} expectations of the experiment held.")
    view.table(
        f"{len(failed)} of {len(outcomes)} expectations failed",
        ("Expectation", "Observed"),
        [(Text(outcome.name, True), str(outcome.observed)) for outcome in failed],
    )


def sweep(result: SweepResult) -> View:
    """A sweep: a row per variant, the middle of each number and what 90 % lie between."""
    manifest = result.manifest
    view = View(
        f"Sweep of {manifest['experiment']}",
        f"{len(result.variants):,} variants, {manifest['replicates']:,} replicates each, "
        f"seed {manifest['seed']}; median (5 % to 95 % of the runs)",
    )
    frame = result.columns([*COLUMNS, "passed"])
    paths = list(result.variants[0])
    rows: list[list[Cell]] = []
    for number, values in enumerate(result.variants):
        mine = frame[frame["variant"] == number]
        cells: list[Cell] = [word(values[path]) for path in paths]
        cells += [len(mine), *(middle(mine[name].to_numpy()) for name in COLUMNS)]
        cells.append(f"{mine['passed'].mean():.0%}" if len(mine) else "")
        rows.append(cells)
    heads = [path.removeprefix("timing.") for path in paths]
    view.table("", (*heads, "runs", *COLUMNS.values(), "as expected"), rows[:VARIANTS_MOST])
    if len(rows) > VARIANTS_MOST:
        view.say(f"and {len(rows) - VARIANTS_MOST:,} more variants")
    if result.failed:
        view.say(f"{result.failed} of {result.ran} runs failed: see .failures", bad=True)
    return view


def comparison(found: Comparison) -> View:
    """Two variants: both means, the difference, and whether it is more than luck."""
    clear = "a clear difference" if found.is_clear else "no clear difference"
    view = View(f"{found.metric}: {clear}", f"b - a over {found.a.n} pairs with the same seeds")
    rows = [
        (name, number_text(one.estimate), f"{number_text(one.low)} to {number_text(one.high)}")
        for name, one in (
            ("mean of a", found.a),
            ("mean of b", found.b),
            ("mean difference", found.difference),
            ("median difference", found.median),
        )
    ]
    view.table("", ("", "estimate", f"{found.a.confidence:.0%} interval"), rows)
    view.say(f"Wilcoxon signed rank, two-sided: p = {found.p_value:.3g}")
    return view


def window(answer: WindowAnswer) -> View:
    """A maintenance window: how long, step by step, and what to wait for."""
    document = answer.document
    share = percent(document.confidence)
    view = View(
        f"Book {lasting(document.window_s.estimate)} for {document.experiment}",
        f"model {document.model}, release {document.release}, {document.phones:,} phones, "
        f"{document.replicates:,} replicates of seed {document.seed}",
        figure_bytes(answer.plot(), "png"),
        "Distribution of the length of each step and of the whole window",
    )
    rows: list[tuple[Cell, ...]] = [
        (f"Long enough in {share} of the runs", *_interval(document.window_s)),
        ("Long enough in half of the runs", *_interval(document.window_median_s)),
    ]
    if document.limit is not None:
        overrun = document.limit.overrun
        chance = [_chance(value) for value in (overrun.estimate, overrun.low, overrun.high)]
        limit = f"Chance that {lasting(document.limit.limit_s)} is too short"
        rows.append((limit, chance[0], f"{chance[1]} to {chance[2]}"))
    view.table("", ("", "", f"{share} interval"), rows)
    view.table(
        "From the start of a step until the phones are back",
        ("Step", "Half", share),
        [
            (step.text, lasting(step.median_s.estimate), lasting(step.length_s.estimate))
            for step in document.steps
        ],
    )
    for sentence in document.advice:
        view.say(sentence)
    return view


def plan(made: Plan) -> View:
    """A planned evening: its numbers and its storm curve."""
    view = View(made.title, made.subtitle, figure_bytes(made.plot(), "png"), made.alt)
    view.table("", (), made.numbers())
    return view


def verdict(given: Verdict) -> View:
    """What a check says of an answer."""
    view = View(f"{given.number}: {given.word}")
    view.say(given.hint)
    return view


def _alarming(count: int) -> Cell:
    return Text(f"{count:,}", bad=True) if count else 0


def _recovered(recovery: Recovery) -> str:
    return " / ".join(
        "never" if value is None else format_ms(round(value) * 1000)
        for value in (recovery.p95, recovery.p100)
    )


def _interval(interval: Interval) -> tuple[str, str]:
    return lasting(interval.estimate), spanned(interval)


def _chance(value: Any) -> str:
    return percent(value) if isinstance(value, int | float) else value or "?"
