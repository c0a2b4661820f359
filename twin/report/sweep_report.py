"""The page of a sweep: what was asked, the answer, distributions, comparisons, the window.

Knows: which part stands where. Must not know how an estimate is made, nor any HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from twin.config.experiment import ExperimentConfig
from twin.config.load import load_experiment
from twin.config.window_result import WindowResult
from twin.errors import InputError
from twin.report.page import count, page
from twin.report.page_figures import page_figure
from twin.report.page_table import PageTable, bad_if, page_table
from twin.report.sweep_figure import sweep_figure
from twin.report.sweep_tables import METRICS, SweepTables
from twin.report.window_figure import window_figure
from twin.study.statistics import CONFIDENCE
from twin.study.sweep_result import SweepResult
from twin.study.window import Window
from twin.study.window_advice import lasting, percent, spanned

DRAWN = "recovery_s.p95"


@dataclass(frozen=True, slots=True)
class WindowSection:
    """The section on the maintenance window."""

    document: WindowResult
    sentence: str
    figure: Markup
    steps: PageTable
    sites: PageTable


def sweep_report(result: SweepResult, window: Window | None = None) -> str:
    """The page of a sweep as HTML.

    Args:
        window: the maintenance window found in its folder.
    """
    tables = SweepTables(result)
    sentence, is_good = tables.answer()
    manifest = result.manifest
    failed = page_table(
        "Runs without a result",
        ("Variant", "Replicate", "Seed", "Why"),
        [
            (count(one.variant), count(one.replicate), str(one.seed), one.message)
            for one in result.iterate_failures()
        ]
        if result.failed
        else [],
        rest="failures.jsonl in the folder of this sweep has them",
    )
    return page(
        "sweep.html",
        manifest=manifest,
        experiment=_experiment(manifest["experiment"]),
        sentence=sentence,
        is_good=is_good,
        confidence=percent(CONFIDENCE),
        runs=len(tables.frame),
        phones=int(tables.frame["phones"].max()),
        variants=len(result.variants),
        is_sample=tables.is_sample,
        figure=_figure(tables),
        distributions=tables.distributions(),
        alike=tables.alike(),
        chances=tables.chances(),
        comparisons=tables.comparison_table(),
        window=None if window is None else _window(window),
        failed=failed,
        fingerprints=manifest["fingerprints"],
    )


def _experiment(name: str) -> ExperimentConfig | None:
    """The experiment's own words, if it is still where it was."""
    try:
        return load_experiment(name)
    except InputError:
        return None


def _figure(tables: SweepTables) -> Markup | None:
    if DRAWN not in tables.metrics:
        return None
    words = METRICS[DRAWN][0]
    finding = f"{words}, run by run. The tables below have the numbers."
    return page_figure(sweep_figure(tables.groups, DRAWN), "spread", words, finding)


def _window(window: Window) -> WindowSection:
    document = window.document
    share = percent(document.confidence)
    found = document.window_s
    sentence = (
        f"A window of {lasting(found.estimate)} is long enough in {share} of the runs "
        f"({share} interval {spanned(found)}); half of them are over after "
        f"{lasting(document.window_median_s.estimate)}."
    )
    if document.limit is not None and isinstance(document.limit.overrun.estimate, float):
        chance = percent(document.limit.overrun.estimate)
        sentence += f" {lasting(document.limit.limit_s)} is too short in {chance} of them."
    steps = page_table(
        "From the start of a step until the phones are back",
        ("Step", "Stage", "Half of the runs", f"{share} of the runs", "Interval", "Not done"),
        [
            (
                step.text, str(step.stage), lasting(step.median_s.estimate),
                lasting(step.length_s.estimate), spanned(step.length_s), bad_if(step.not_done),
            )
            for step in document.steps
        ],
        numbers=("Stage", "Half of the runs", f"{share} of the runs", "Interval", "Not done"),
        most=60, rest="window.json has them",
    )  # fmt: skip
    numbers = ("Phones", f"Out at once, {share} of the runs", "Out at once, mean")
    sites = page_table(
        "Phones out of service by site",
        ("Site", *numbers),
        [
            (
                site.site, count(site.phones), _phones(site.peak.estimate),
                _phones(site.peak_mean.estimate),
            )
            for site in document.sites
        ],
        numbers=numbers, rest="window.json has them",
    )  # fmt: skip
    figure = page_figure(window_figure(window), "window", "How long the work takes", sentence)
    return WindowSection(document, sentence, figure, steps, sites)


def _phones(value: object) -> str:
    return count(round(value)) if isinstance(value, float | int) else str(value or "?")
