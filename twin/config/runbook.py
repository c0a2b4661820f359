"""The words of a runbook: how an administrator does what an action says, and where to look then.

The words stand in `models/runbook.yaml` alone. This module says what makes them well formed: each
action is an administrator's or is not, each brace names a field of its action, each check is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from twin import library
from twin.config.document import read_document
from twin.config.faults import Problem, nearest, problems_of, refuse
from twin.config.fields import Document, Text
from twin.config.steps import ACTIONS, Step
from twin.errors import ConfigError

DERIVED = (
    "publisher", "tftp_nodes", "services", "service_title", "service_button", "service_word",
    "parameter_title",
)  # fmt: skip
"""Names a line may use that are no field of the action: they come from the model."""


class Origin(Document):
    """Where words come from: a source, or an assumption."""

    source: Text | None = Field(default=None, description="Document that says so")
    assumption: Text | None = Field(default=None, description="Why it is taken, without a source")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.source is None) == (self.assumption is None):
            found = "both source and assumption, or neither"
            return refuse(self, [Problem((), found, "exactly one of them")])
        return self


class HowTo(Origin):
    """How one kind of step is done."""

    when: dict[str, Text | tuple[Text, ...]] = Field(
        default_factory=dict, description="Field of the action to its value, or values"
    )
    do: tuple[Text, ...] = Field(default=(), description="Menu paths, or what to do where")
    cli: tuple[Text, ...] = Field(default=(), description="Commands of the command line")
    note: Text | None = Field(default=None, description="What to mind")
    checks: tuple[Text, ...] = Field(default=(), description="What to check before going on")

    def fits(self, said: Mapping[str, str]) -> bool:
        """Whether an action with these fields in words is meant."""
        return all(
            said.get(name, "") in [one.replace("_", " ") for one in _several(value)]
            for name, value in self.when.items()
        )


def _several(value: Text | tuple[Text, ...]) -> tuple[Text, ...]:
    return (value,) if isinstance(value, str) else value


class RunbookCheck(Origin):
    """Something to look at before going on, and what to do if it is not so."""

    look: Text = Field(description="What should be so")
    do: tuple[Text, ...] = Field(default=(), description="Where to look")
    cli: tuple[Text, ...] = Field(default=(), description="Commands that show it")
    if_not: tuple[Text, ...] = Field(min_length=1, description="What to do otherwise, in order")


class RunbookWords(Document):
    """The words of every runbook."""

    title: Text = Field(description="One line for lists")
    actions: dict[str, tuple[HowTo, ...]] = Field(
        description="Action word to its ways; the first that fits counts"
    )
    what_if: dict[str, Text] = Field(
        description="Words that are no step of an administrator, and what they are"
    )
    checks: dict[str, RunbookCheck] = Field(description="Checks by the name entries use")
    remedies: dict[str, Text] = Field(description="The twin's remedies, and how each is done")

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        return refuse(self, list(self._problems()))

    def _problems(self) -> Iterator[Problem]:
        for word in ACTIONS:
            if (word in self.actions) == (word in self.what_if):
                found = f"action {word!r} in both actions and what_if, or in neither"
                yield Problem((), found, "one of them")
        for word in (*self.actions, *self.what_if):
            if word not in ACTIONS:
                yield Problem((), f"unknown action {word!r}", "", nearest(word, ACTIONS))
        for name, check in self.checks.items():
            if any(braces(line) for line in check.if_not):
                found = "a brace in if_not, which stands once for all steps"
                yield Problem(("checks", name), found, "words without braces")
        for word, ways in self.actions.items():
            if word in ACTIONS:
                yield from self._problems_of(word, ways)

    def _problems_of(self, word: str, ways: tuple[HowTo, ...]) -> Iterator[Problem]:
        if not ways or ways[-1].when:
            found = "no way for every such step"
            yield Problem(("actions", word), found, "a last one without when")
        known = (*fields_of(word), *DERIVED)
        for number, way in enumerate(ways):
            place = ("actions", word, number)
            lines = [*way.do, *way.cli, *([way.note] if way.note else ())]
            for name in [*way.when, *(name for line in lines for name in braces(line))]:
                if name not in known:
                    yield Problem(place, f"no field {name!r}", "", nearest(name, known))
            for name in way.checks:
                if name not in self.checks:
                    yield Problem(place, f"no check {name!r}", "", nearest(name, self.checks))


def braces(line: str) -> list[str]:
    """The names in the braces of a line."""
    return [name for _, name, _, _ in Formatter().parse(line) if name]


def filled(line: str, said: Mapping[str, str]) -> str | None:
    """A line with its braces filled; None if all of them are empty."""
    names = braces(line)
    if names and not any(said.get(name) for name in names):
        return None
    return " ".join(line.format_map({name: said.get(name, "") for name in names}).split())


def fields_of(word: str) -> tuple[str, ...]:
    """The fields of an action by its word."""
    annotation: Any = Step.model_fields[word].annotation
    action = next(kind for kind in annotation.__args__ if kind is not type(None))
    return tuple(action.model_fields)


def load_runbook(name: str = "") -> RunbookWords:
    """Load the words of runbooks, by default the bundled ones.

    Raises:
        LibraryError: There are none. ConfigError: They are wrong.
    """
    document = read_document(library.path("runbook", name))
    try:
        return RunbookWords.model_validate(document.data)
    except ValidationError as error:
        faults = document.faults(problems_of(error, RunbookWords, "runbook"))
        raise ConfigError(faults) from None
