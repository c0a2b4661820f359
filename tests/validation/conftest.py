"""Clusters with one purpose each, run through the public API, and what their journals tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import twin
from twin.api import RunResult
from twin.config.experiment import ExperimentConfig
from twin.config.model import ModelConfig
from twin.phones.lifecycle import Event

Instants = NDArray[np.int64]


def _node(number: int, services: list[str]) -> dict[str, Any]:
    role = "publisher" if number == 0 else "subscriber"
    name = "pub" if number == 0 else f"node{number}"
    address = f"10.0.0.{number + 1}"
    return {
        "name": name, "role": role, "address": address, "services": services, "ova": 10_000
    }  # fmt: skip


def _document(services: Sequence[list[str]], fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": "validation",
        "title": "A cluster for one published number",
        "assumption": "Its shape is that of the case and nothing more.",
        "release": "11.5",
        "domain": "example.com",
        "subject": {
            "organization": "Example", "organizational_unit": "IT", "locality": "Bern",
            "state": "BE", "country": "CH",
        },
        "nodes": [_node(number, names) for number, names in enumerate(services)],
        "sites": [{"name": "core"}],
    } | dict(fields)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What the journal of a run tells of its phones."""

    result: RunResult

    def first(self, event: Event) -> dict[int, int]:
        """Per phone the instant (ms) of its first row of an event."""
        rows = self.result.tables.select(event)
        found: dict[int, int] = {}
        for phone, at_ms in zip(rows.phone.tolist(), rows.at_ms.tolist(), strict=True):
            found.setdefault(phone, at_ms)
        return found

    def instants(self, event: Event) -> Instants:
        """The instants (ms) of all rows of an event, in order."""
        return self.result.tables.select(event).at_ms

    def between_s(self, first: Event, then: Event) -> NDArray[np.float64]:
        """Per phone that had both: seconds from its first row of one to that of the other."""
        starts, ends = self.first(first), self.first(then)
        return np.array([(ends[p] - starts[p]) / 1000 for p in sorted(starts) if p in ends])

    def step_ms(self, number: int) -> int:
        """When the operator's step (the first is 0) was done."""
        at_ms: int = self.result.tables.happened("step")[number].at_ms
        return at_ms


@pytest.fixture(scope="session")
def case() -> Callable[..., Told]:
    """A maker of runs: services per node (the first is `pub`), steps, fields of the model."""

    def make(
        services: Sequence[list[str]],
        steps: Sequence[Mapping[str, Any]],
        timing: Mapping[str, Any] | None = None,
        run_for: str = "30m",
        seed: int = 1,
        **model: Any,
    ) -> Told:
        experiment = {
            "name": "validation",
            "title": "A published number",
            "question": "Does the twin agree?",
            "derived": True,
            "model": "seed-lab",
            "start": "2016-02-07T22:00:00Z",
            "timing": dict(timing or {}),
            "steps": list(steps),
            "run_for": run_for,
            "seed": seed,
            "finding": "See the test.",
        }
        return Told(
            twin.run(
                ExperimentConfig.model_validate(experiment),
                model=ModelConfig.model_validate(_document(services, model)),
            )
        )

    return make
