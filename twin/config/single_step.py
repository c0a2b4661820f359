"""One step, or one selector, checked by itself, for twins that are stepped through by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from twin.config.actions import Selector
from twin.config.experiment_checks import Surroundings, experiment_problems
from twin.config.faults import problems_of
from twin.config.steps import Step
from twin.errors import ActionError, Fault

_BEFORE = ("steps", 0)


def check_step(step: Mapping[str, Any], around: Surroundings) -> Step:
    """Validate a step as an experiment would write it, with its references.

    Args:
        step: one action word with its arguments, e.g. {"regenerate": {"node": "pub", ...}}.

    Raises:
        ActionError: all that is wrong with it.
    """
    problems = []
    checked: Step | None = None
    try:
        checked = Step.model_validate(dict(step))
    except ValidationError as error:
        problems += problems_of(error, Step, "experiment")
    problems += experiment_problems({"steps": [dict(step)]}, around)
    if checked is None or problems:
        faults = []
        for problem in problems:
            location = problem.location
            if location[:2] == _BEFORE:
                location = location[2:]
            place = "step" + "".join(f".{part}" for part in location)
            faults.append(
                Fault(place, problem.found, problem.expected, problem.nearest, problem.next_step)
            )
        raise ActionError(faults)
    return checked


def check_selector(data: object, place: str) -> Selector:
    """Validate a selector of phones as an experiment would write it.

    Args:
        place: how faults name it.

    Raises:
        ActionError: all that is wrong with it.
    """
    try:
        return Selector.model_validate(data)
    except ValidationError as error:
        raise ActionError(
            Fault(
                ": ".join((place, *map(str, problem.location))), problem.found,
                problem.expected, problem.nearest,
            )
            for problem in problems_of(error, Selector, "experiment")
        ) from None  # fmt: skip
