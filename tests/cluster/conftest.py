"""Small deployments, twins of them, and a way to read what their journals tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from twin.cluster.twin import Twin
from twin.config.load import load_timing
from twin.config.model import ModelConfig
from twin.config.timing import TimingProfile
from twin.kernel.journal import MemorySink, NodeEvent
from twin.phones.lifecycle import Event
from twin.pki.keys import KeyBank, default_directory

NODES: list[dict[str, Any]] = [
    {
        "name": "pub",
        "role": "publisher",
        "address": "10.0.0.1",
        "services": ["CallManager", "TFTP", "CAPF"],
        "ova": 1000,
    },
    {
        "name": "sub",
        "role": "subscriber",
        "address": "10.0.0.2",
        "services": ["CallManager", "TFTP"],
        "ova": 1000,
    },
]
PHONES: list[dict[str, Any]] = [
    {"name": "desk", "model": "7841", "count": 6, "callmanager_group": "pub-sub"},
    {"name": "wall", "model": "8841", "count": 4, "callmanager_group": "sub-pub"},
]
DOCUMENT: dict[str, Any] = {
    "name": "small",
    "title": "Two nodes, ten phones",
    "release": "11.5",
    "domain": "example.com",
    "subject": {
        "organization": "Example",
        "organizational_unit": "IT",
        "locality": "Bern",
        "state": "BE",
        "country": "CH",
    },
    "nodes": NODES,
    "callmanager_groups": [
        {"name": "pub-sub", "members": ["pub", "sub"]},
        {"name": "sub-pub", "members": ["sub", "pub"]},
    ],
    "phones": PHONES,
}


@dataclass
class Story:
    """What the journal of a finished run tells."""

    nodes: list[NodeEvent]
    rows: list[tuple[int, int, int, int, int]]
    names: list[str]

    def told(self, *events: str, node: str | None = None) -> list[NodeEvent]:
        """Node events by name, of one node or all, in order."""
        return [
            row for row in self.nodes if row.event in events and (node is None or row.node == node)
        ]

    def steps(self) -> list[tuple[str, str]]:
        """Outcome and message of each step of the operator."""
        return [(row.data["outcome"], row.data["message"]) for row in self.told("step")]

    def phone(self, name: str) -> list[tuple[int, Event, int, int]]:
        """Instant, event, node and detail of each row of a phone."""
        number = self.names.index(name)
        return [(at, Event(event), node, d) for at, n, event, node, d in self.rows if n == number]

    def happened(self, event: Event) -> list[tuple[int, str, int]]:
        """Instant, phone and detail of each row of an event."""
        return [(at, self.names[n], d) for at, n, what, _, d in self.rows if what == event]


@pytest.fixture(scope="session")
def bank() -> KeyBank:
    """The user's own key bank: filled once per machine."""
    return KeyBank(default_directory())


@pytest.fixture(scope="session")
def timing() -> TimingProfile:
    """The bundled timing profile."""
    return load_timing()


@pytest.fixture(scope="session")
def model() -> Callable[..., ModelConfig]:
    """A maker of the small deployment: fields of the document may be replaced."""
    return lambda **fields: ModelConfig.model_validate(DOCUMENT | fields)


@pytest.fixture
def make_twin(
    bank: KeyBank, timing: TimingProfile, model: Callable[..., ModelConfig]
) -> Callable[..., Twin]:
    """A maker of twins: of a bundled name or of the small deployment with fields replaced.

    `timing` sets parameters; `seed`, `release`, `perturb_ties` go to the twin.
    """

    def make(
        name: str | None = None,
        timing_values: dict[str, Any] | None = None,
        seed: int = 1,
        release: str | None = None,
        perturb_ties: int | None = None,
        **fields: Any,
    ) -> Twin:
        return Twin(
            name or model(**fields),
            seed=seed,
            release=release,
            timing=timing.with_values(timing_values or {}),
            perturb_ties=perturb_ties,
            bank=bank,
        )

    return make


@pytest.fixture
def tell() -> Callable[[Twin], Story]:
    """Finish a run and read its journal."""

    def read(twin: Twin) -> Story:
        twin.finish()
        assert isinstance(twin.memory, MemorySink)
        rows = [tuple(row) for row in twin.memory.phones().tolist()]
        return Story(twin.memory.nodes, rows, twin.cluster.population.names)

    return read
