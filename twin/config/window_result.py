"""The window document: how long maintenance takes, with confidence.

Written by `twin.study.window` from the replicates of an experiment. Every number is an interval
that says what the replicates can and cannot tell.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.fields import Document

Number = float | Literal["never"] | None
"""A number; "never"; or null where the replicates are too few to say."""


class Interval(Document):
    """An estimate and its confidence interval."""

    estimate: Number = Field(description="Best estimate")
    low: Number = Field(description="Lower end of the interval")
    high: Number = Field(description="Upper end of the interval")


class WindowStep(Document):
    """One step of the operator that does something to the cluster."""

    text: str = Field(description="The step in words")
    stage: int = Field(description="Steps without a wait between them are one stage; from 1")
    length_s: Interval = Field(
        description="Start of the step until every phone that will be back is back, s; quantile"
    )
    median_s: Interval = Field(description="The same, s; median")
    most_back_s: Interval = Field(
        description="Start of the step until 99 % of the phones reset are back, s; quantile"
    )
    not_done: int = Field(description="Runs in which the step was refused, failed or timed out")
    too_early: Interval = Field(
        description="Chance that the next stage began before phones were back that came back later"
    )
    out_at_next_most: int = Field(description="Most phones out when the next stage began too early")


class WindowSite(Document):
    """The phones of one site."""

    site: str = Field(description="Name")
    phones: int = Field(description="Phones of the site")
    peak: Interval = Field(description="Most phones out of service at once; quantile")
    peak_mean: Interval = Field(description="The same; mean")
    at_worst_mean: Interval = Field(
        description="Phones out of service at the worst moment of the whole cluster; mean"
    )


class WindowWorst(Document):
    """The moment at which most phones are out of service."""

    phones: Interval = Field(description="Phones out of service then; quantile")
    phones_mean: Interval = Field(description="The same; mean")
    after_s: Interval = Field(description="Start of the first step until then, s; median")


class WindowStuck(Document):
    """Phones that cannot follow by themselves."""

    mean: Interval = Field(description="Stuck phones at the end; mean")
    chance: Interval = Field(description="Chance that any phone is stuck")
    most: int = Field(description="Most stuck phones in one run")


class WindowLimit(Document):
    """A window that was asked about."""

    limit_s: float = Field(description="Its length, s")
    overrun: Interval = Field(description="Chance that the work takes longer")


class WindowResult(Document):
    """The answer of `twin window`."""

    experiment: str = Field(description="Name of the experiment")
    model: str = Field(description="Name of the model")
    release: str = Field(description="Release profile")
    phones: int = Field(description="Phones in the model")
    seed: int = Field(description="Root of the replicates' seeds")
    replicates: int = Field(description="Runs with a result")
    failed: int = Field(description="Runs without a result")
    confidence: float = Field(description="Share of all quantiles, confidence of all intervals")
    window_s: Interval = Field(
        description="Start of the first step until every phone that will be back is back, s"
    )
    window_median_s: Interval = Field(description="The same, s; median")
    limit: WindowLimit | None = Field(default=None, description="A window that was asked about")
    steps: tuple[WindowStep, ...] = Field(description="Steps in order of time")
    worst: WindowWorst = Field(description="The worst moment of the cluster")
    sites: tuple[WindowSite, ...] = Field(description="Sites, most phones out first")
    stuck: WindowStuck = Field(description="Phones that cannot follow by themselves")
    as_expected: Interval = Field(description="Chance that all expectations of the run hold")
    advice: tuple[str, ...] = Field(description="What to wait for between steps, in words")
    notes: tuple[str, ...] = Field(description="What limits the answer")
    methods: dict[str, str] = Field(description="How quantiles, means and chances are made")
