"""The same story told by two engines: the storm engine of `twin.phones`, and the reference engine.

The tests are no package, so the reference modules are loaded by their paths.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from twin.cluster import cluster as cluster_module
from twin.cluster.phones_table import phones_table
from twin.cluster.twin import Twin
from twin.config import load
from twin.config.model import ModelConfig
from twin.metrics.document import run_metrics
from twin.metrics.occupancy import occupancy
from twin.metrics.storm import waves
from twin.metrics.tables import journal_tables
from twin.phones.lifecycle import Event
from twin.pki.keys import KeyBank, default_directory

START = datetime(2016, 2, 7, 22, 0, tzinfo=UTC)
MODULES = (
    "reference_queue", "reference_draws", "reference_securing", "reference_life",
    "reference_fetching", "reference_trusting", "reference_registering", "reference_phone",
    "reference_engine", "stories",
)  # fmt: skip


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


queue_module, *_, engine_module, stories_module = [_load(name) for name in MODULES]

Row = tuple[int, Event, int, int]


@dataclass
class Told:
    """A story that is over, as one engine told it."""

    twin: Twin
    outcomes: list[tuple[str, str]]
    phones: dict[str, list[Any]]
    """The phones table with what was found at the end."""
    rows: list[tuple[int, int, Event, int, int]]

    @property
    def of_phone(self) -> dict[str, list[Row]]:
        """Each phone's own rows in their order."""
        names = self.twin.cluster.population.names
        found: dict[str, list[Row]] = {name: [] for name in names}
        for at_ms, phone, event, node, detail in self.rows:
            found[names[phone]].append((at_ms, event, node, detail))
        return found

    @property
    def of_instant(self) -> dict[int, list[tuple[int, Event, int, int]]]:
        """The rows of each instant, sorted by phone; those of one phone in their order."""
        found = defaultdict(list)
        for at_ms, *rest in self.rows:
            found[at_ms].append(tuple(rest))
        return {at_ms: sorted(rows, key=lambda row: row[0]) for at_ms, rows in found.items()}

    @property
    def of_nodes(self) -> list[str]:
        """What nodes and the operator did, a line each.

        Not what TVS logs of a question: the fast engine asks each one once while the TVS knows the
        same, the reference engine for every phone.
        """
        assert self.twin.memory is not None
        return [
            row.line()
            for row in self.twin.memory.nodes
            if row.service != "TVS" or row.event in ("alarm", "cache_refreshed")
        ]

    @property
    def queues(self) -> dict[tuple[str, int], tuple[int, int, int]]:
        """Arrivals, refusals and the longest wait of each queue."""
        ports = self.twin.cluster.ports
        kinds = {"files": ports.files, "tvs": ports.tvs, "registrars": ports.registrars}
        return {
            (kind, node): (port.queue.arrivals, port.queue.refused, port.queue.peak)
            for kind, found in kinds.items()
            for node, port in found.items()
        }

    @property
    def metrics(self) -> Any:
        """The numbers of the run."""
        assert self.twin.memory is not None
        tables = journal_tables(self.twin.memory, self.phones, self.twin.now_ms)
        return run_metrics(tables, occupancy(tables), self.twin.cluster.epoch, waves(tables))

    def count(self, event: Event) -> int:
        """How often something happened to phones."""
        return sum(row[2] == event for row in self.rows)


class Teller:
    """Tells stories."""

    stories = stories_module

    def __init__(self, bank: KeyBank) -> None:
        self._bank = bank

    def twin(self, story: Any, reference: bool, **settings: Any) -> Twin:
        """A cluster in which phones are moved by one engine or the other."""
        release = story.release()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(load, "load_release", lambda name: release)
            patch.setattr(cluster_module, "Simulation", queue_module.TidySimulation)
            if reference:
                patch.setattr(cluster_module, "EngineCore", engine_module.ReferenceCore)
                patch.setattr(cluster_module, "StormEngine", engine_module.ReferenceEngine)
                patch.setattr(cluster_module, "Judgements", engine_module.ForgetfulJudgements)
                patch.setattr(cluster_module, "StuckAnalysis", engine_module.ForgetfulAnalysis)
            twin = Twin(
                ModelConfig.model_validate(story.document), bank=self._bank, start=START,
                timing=load.load_timing().with_values(story.timing), seed=story.seed, **settings,
            )  # fmt: skip
        if story.capacity is not None:
            for registrar in twin.cluster.ports.registrars.values():
                registrar.capacity = story.capacity
        return twin

    def tell(self, story: Any, reference: bool = False, **settings: Any) -> Told:
        """Carry out a story's steps, let the cluster come to rest, end the run."""
        twin = self.twin(story, reference, **settings)
        rest = {"wait": {"until": "quiet", "at_most": "1h"}}
        outcomes = [twin.do(step) for step in (*story.steps, rest)]
        finished = twin.finish()
        assert twin.memory is not None
        rows = [
            (at_ms, phone, Event(event), node, detail)
            for at_ms, phone, event, node, detail in twin.memory.phones().tolist()
        ]
        table = phones_table(twin.cluster, finished.findings)
        return Told(twin, [(o.outcome, o.message) for o in outcomes], table, rows)

    def tell_twice(self, story: Any) -> tuple[Told, Told]:
        """The fast engine's story, and the reference engine's."""
        return self.tell(story), self.tell(story, reference=True)


def _first_difference(one: Sequence[Any], other: Sequence[Any]) -> tuple[int, Any, Any] | None:
    for number in range(max(len(one), len(other))):
        pair = [rows[number] if number < len(rows) else None for rows in (one, other)]
        if pair[0] != pair[1]:
            return number, pair[0], pair[1]
    return None


def same(fast: Told, reference: Told) -> None:
    """Assert that two tellings agree in everything: phones, nodes, steps, findings, queues."""
    slow = reference.of_phone
    for name, rows in fast.of_phone.items():
        assert _first_difference(rows, slow[name]) is None, f"{name}: fast, reference"
    assert fast.of_instant == reference.of_instant
    assert fast.outcomes == reference.outcomes
    assert fast.of_nodes == reference.of_nodes
    assert fast.phones == reference.phones
    assert fast.queues == reference.queues


@pytest.fixture(scope="session")
def both_agree() -> Any:
    """The comparison of two tellings."""
    return same


@pytest.fixture(scope="session")
def teller() -> Iterator[Teller]:
    """The teller of the session; the library's documents are read once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_release", "load_phone_catalogue", "load_timing"):
            patch.setattr(load, name, lru_cache(getattr(load, name)))
        yield Teller(KeyBank(default_directory()))
