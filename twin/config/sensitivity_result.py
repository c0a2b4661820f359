"""The sensitivity document: which parameter an answer depends on.

Written by `twin sensitivity`; `twin assumptions` reads one to say of each assumption whether it
matters. A bundled one is in `models/sensitivity.json`.
"""

from __future__ import annotations

from pydantic import Field

from twin.config.fields import Document


class Influence(Document):
    """How a metric goes with one parameter, the others held fixed in rank."""

    path: str = Field(description="Parameter, e.g. timing.p_busy")
    low_value: float = Field(description="Least value tried, in the parameter's unit")
    high_value: float = Field(description="Greatest value tried, in the parameter's unit")
    prcc: float = Field(description="Partial rank correlation with the metric, -1 to 1")
    low: float = Field(description="Lower end of its interval")
    high: float = Field(description="Upper end of its interval")
    spearman: float = Field(description="Plain rank correlation, -1 to 1")
    p_value: float = Field(description="Chance of as strong a correlation if there were none")
    matters: bool = Field(description="Too strong for chance among so many parameters")


class SobolIndex(Document):
    """The share of a metric's variance that is due to one parameter.

    Estimates of small indices can be a little below 0.
    """

    path: str = Field(description="Parameter, e.g. timing.p_busy")
    first: float = Field(description="Share by itself")
    first_low: float = Field(description="Lower end of its interval")
    first_high: float = Field(description="Upper end of its interval")
    total: float = Field(description="Share with all its interactions")
    total_low: float = Field(description="Lower end of its interval")
    total_high: float = Field(description="Upper end of its interval")


class SensitivityResult(Document):
    """Which parameters an experiment's answer depends on."""

    experiment: str = Field(description="Name of the experiment")
    model: str = Field(description="Name of the model")
    release: str = Field(description="Release of the model")
    version: str = Field(description="Version of the twin")
    metric: str = Field(description="The answer, e.g. recovery_s.p95")
    confidence: float = Field(description="Level of all intervals, 0 to 1")
    points: int = Field(description="Points of the parameter space that were tried")
    screening_method: str = Field(description="How the parameters were ranked")
    screening: tuple[Influence, ...] = Field(description="All parameters, the strongest first")
    indices_method: str = Field(description="How the shares of variance were estimated")
    indices: tuple[SobolIndex, ...] = Field(
        description="Shares of variance of the strongest, if they were asked for"
    )

    def influence(self, path: str) -> Influence | None:
        """What was found of one parameter; None if it was not tried."""
        return next((one for one in self.screening if one.path == path), None)
