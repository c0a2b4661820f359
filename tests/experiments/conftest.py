"""Running bundled experiments: as they are, once for all tests, and with something changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import pytest

import twin
from twin.api import RunResult
from twin.config.experiment import ExperimentConfig
from twin.config.load import load_experiment

Steps = Sequence[Mapping[str, Any]]


class Variant(Protocol):
    """Runs an experiment with other steps or other values."""

    def __call__(
        self,
        name: str,
        steps: Callable[[list[Any]], Steps] | None = None,
        **changes: Any,
    ) -> RunResult: ...


@cache
def _bundled(name: str) -> RunResult:
    return twin.run(name)


@pytest.fixture(scope="session")
def bundled() -> Callable[[str], RunResult]:
    """The run of a bundled experiment; the same experiment is run once for all tests."""
    return _bundled


@pytest.fixture(scope="session")
def variant() -> Variant:
    """Run a bundled experiment with something changed; its expectations are left out.

    `steps` gets the experiment's steps as written and returns those to carry out. Other keywords
    replace fields of the experiment (`release="12.5"`, `timing={}`).
    """

    def run(
        name: str, steps: Callable[[list[Any]], Steps] | None = None, **changes: Any
    ) -> RunResult:
        document = load_experiment(name).model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude_defaults=True
        )
        document["expect"] = []
        if steps is not None:
            document["steps"] = list(steps(document["steps"]))
        return twin.run(ExperimentConfig.model_validate(document | changes))

    return run


@pytest.fixture(scope="session")
def remedies_of() -> Callable[[RunResult], set[str]]:
    """What would help the stuck phones of a run, each distinct list of remedies once."""

    def remedies(result: RunResult) -> set[str]:
        return set(result.phones.loc[result.phones["stuck"], "remedies"])

    return remedies
