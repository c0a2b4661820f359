"""The experiment document: a question, a timeline of actions on a model, and expectations.

It names nodes, phones and parameters but knows none of them; whether they exist is checked by
`experiment_checks.py` once the model is known.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from twin.config.families import Family, Order, Procedure
from twin.config.faults import Problem, refusal, refuse
from twin.config.fields import Document, Duration, Label, Moment, Name, Text, Word
from twin.config.steps import Step
from twin.simtime import Epoch


def _scalar(value: Any) -> Any:
    if value is not None and not isinstance(value, bool | int | float | str):
        raise refusal(f"{value!r}", "a number, a text, true or false")
    return value


Value = Annotated[
    Any, BeforeValidator(_scalar, json_schema_input_type=bool | int | float | str | None)
]


class Expectation(Document):
    """Something the run should show: a metric's value, or how often an event or alarm came."""

    name: Label | None = Field(default=None, description="Name in the result; made from the rest")
    metric: str | None = Field(default=None, description="Dotted path below metrics of the result")
    event: str | None = Field(default=None, description="Node event whose occurrences are counted")
    alarm: str | None = Field(default=None, description="Alarm whose occurrences are counted")
    node: str | None = Field(default=None, description="Count events and alarms of this node only")
    where: dict[str, Value] = Field(
        default_factory=dict,
        description="Count events and alarms with these fields only; in a list one of them counts",
    )
    equals: Value = Field(default=None, description="The very value")
    not_equal: Value = Field(default=None, description="Any other value")
    at_least: float | None = Field(default=None, description="This or more")
    at_most: float | None = Field(default=None, description="This or less")
    between: tuple[float, float] | None = Field(default=None, description="Least and greatest")
    is_null: bool | None = Field(default=None, description="Whether there is no value at all")

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        problems = []
        if len(self._given("metric", "event", "alarm")) != 1:
            problems.append(Problem((), "not one thing to look at", "one of metric, event, alarm"))
        if len(self._given(*COMPARISONS)) != 1:
            problems.append(Problem((), "not one comparison", f"one of {', '.join(COMPARISONS)}"))
        if self.between is not None and self.between[0] > self.between[1]:
            problems.append(Problem(("between",), f"{list(self.between)}", "the least first"))
        if self.node is not None and self.metric is not None:
            problems.append(Problem(("node",), "node with a metric", "node with event or alarm"))
        if self.where and self.metric is not None:
            problems.append(Problem(("where",), "where with a metric", "where with event or alarm"))
        return refuse(self, problems)

    def _given(self, *names: str) -> list[str]:
        return [name for name in names if getattr(self, name) is not None]

    @property
    def comparison(self) -> tuple[str, Any]:
        """The comparison's word and its right-hand side."""
        word = self._given(*COMPARISONS)[0]
        return word, getattr(self, word)

    @property
    def title(self) -> str:
        """The given name, or one made from the parts: "phones_stuck equals 0"."""
        if self.name is not None:
            return self.name
        word, value = self.comparison
        subject = self.metric or " ".join(self._counted())
        if isinstance(value, tuple):
            shown = " and ".join(f"{v:g}" for v in value)
        else:
            shown = f"{value:g}" if isinstance(value, float) else str(value)
        return f"{subject} {word.replace('_', ' ')} {shown}"

    def _counted(self) -> list[str]:
        subject = [self.event or self.alarm or ""]
        if self.node is not None:
            subject.append(self.node)
        return [*subject, *(f"{field}={value}" for field, value in self.where.items())]


COMPARISONS = ("equals", "not_equal", "at_least", "at_most", "between", "is_null")


class ExperimentConfig(Document):
    """A question to a model and how it is put."""

    name: Name = Field(description="Name of the experiment; the file's stem for a bundled one")
    title: Text = Field(description="One line for lists")
    question: Text = Field(description="The question the run answers")
    row: str | None = Field(
        default=None, description="Row of the acceptance table it covers, e.g. A1"
    )
    family: Family | None = Field(default=None, description="What it is about, for lists")
    procedure: Procedure | None = Field(
        default=None, description="Published procedure it carries out from end to end"
    )
    order: Order | None = Field(
        default=None, description="Whether in the published order or in a wrong one"
    )
    source: Text | None = Field(default=None, description="Where the expected outcome comes from")
    derived: bool = Field(
        default=False, description="Whether the outcome follows from rules, not from a source"
    )
    model: str = Field(description="Bundled model or path")
    release: Word | None = Field(default=None, description="Release, instead of the model's")
    seed: int = Field(default=1, ge=0, lt=2**63, description="Root of all random draws")
    start: Moment = Field(description="Moment at which the scenario starts, with time zone")
    timing: dict[str, Any] = Field(
        default_factory=dict,
        description="Timing parameter to a number in its unit, or [least, greatest] if uniform",
    )
    model_set: dict[str, Any] = Field(
        default_factory=dict, description="Path in the model to value, e.g. nodes[0].ova: 2500"
    )
    release_set: dict[str, Any] = Field(
        default_factory=dict,
        description="Field of the release profile to value, e.g. defects: [CSCup28852]",
    )
    steps: tuple[Step, ...] = Field(default=(), description="The timeline")
    run_for_ms: Duration = Field(
        alias="run_for", description="Length of the run from the start, e.g. 4h"
    )
    expect: tuple[Expectation, ...] = Field(default=(), description="What the run should show")
    finding: Text = Field(default="", description="What was found, for the reader")

    @property
    def epoch(self) -> Epoch:
        """The start as the origin of simulated time."""
        return Epoch(self.start)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Refuse steps set at a time before an earlier step or after the end; half a procedure."""
        problems, reached = [], 0
        if (self.procedure is None) != (self.order is None):
            given = "procedure" if self.order is None else "order"
            problems.append(Problem((given,), f"{given} alone", "both procedure and order"))
        for index, step in enumerate(self.steps):
            if step.at_ms is not None:
                if step.at_ms < reached:
                    found = "earlier than a step before it"
                    problems.append(Problem(("steps", index, "at"), found, "times in order"))
                reached = max(reached, step.at_ms)
            if step.advance is not None:
                reached += step.advance.for_ms
            if reached > self.run_for_ms:
                found = "the timeline is longer than run_for"
                problems.append(Problem(("steps", index), found, "a longer run_for"))
                break
        return refuse(self, problems)
