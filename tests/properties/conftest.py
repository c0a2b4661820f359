"""A player of random clusters, for properties of whole runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pytest

from tests.properties.clusters import SUBJECT, Document, Step, documents, steps, stories
from twin.cluster.acts.scene import Outcome
from twin.cluster.twin import Finished, Twin
from twin.config import load
from twin.config.model import ModelConfig
from twin.kernel.journal import NodeEvent
from twin.phones.lifecycle import Event, State
from twin.pki.keys import KeyBank, default_directory

START = datetime(2016, 2, 7, 22, 0, tzinfo=UTC)


@dataclass
class Played:
    """A run that is over."""

    twin: Twin
    outcomes: list[Outcome]
    finished: Finished

    @property
    def rows(self) -> list[tuple[int, int, Event, int, int]]:
        """Phone events in the order of the journal."""
        assert self.twin.memory is not None
        return [
            (at_ms, phone, Event(event), node, detail)
            for at_ms, phone, event, node, detail in self.twin.memory.phones().tolist()
        ]

    @property
    def node_rows(self) -> list[NodeEvent]:
        """Node events in the order of the journal."""
        assert self.twin.memory is not None
        return self.twin.memory.nodes

    @property
    def names(self) -> list[str]:
        """The phones in population order."""
        return self.twin.cluster.population.names

    @property
    def states(self) -> dict[str, State]:
        """Where each phone ended."""
        columns = self.twin.cluster.population
        return {name: State(columns.state[n]) for n, name in enumerate(columns.names)}

    @property
    def stuck(self) -> dict[str, tuple[list[str], tuple[str, ...]]]:
        """Stuck phones at the end, with reasons and remedies."""
        return {
            name: (finding.reasons.words(), finding.remedies)
            for name, finding in zip(self.names, self.finished.findings, strict=True)
            if finding.is_stuck
        }


class Player:
    """Builds clusters from documents and carries steps out on them."""

    subject = SUBJECT
    documents = staticmethod(documents)
    steps = staticmethod(steps)
    stories = staticmethod(stories)

    def __init__(self, bank: KeyBank) -> None:
        self._bank = bank

    def twin(self, document: Document, **settings: Any) -> Twin:
        """A live cluster; settings as those of `Twin`."""
        model = ModelConfig.model_validate(document)
        return Twin(model, bank=self._bank, start=START, **settings)

    def play(
        self,
        document: Document,
        script: Sequence[Step],
        after_each: Callable[[Twin], None] = lambda twin: None,
        **settings: Any,
    ) -> Played:
        """Carry out the steps, let the cluster come to rest, end the run."""
        twin = self.twin(document, **settings)
        outcomes = []
        for step in (*script, {"wait": {"until": "quiet", "at_most": "2h"}}):
            outcomes.append(twin.do(step))
            after_each(twin)
        return Played(twin, outcomes, twin.finish())


@pytest.fixture(scope="session")
def player() -> Iterator[Player]:
    """The player of the session; the library's documents are read once, not once per cluster."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_release", "load_phone_catalogue", "load_timing"):
            patch.setattr(load, name, lru_cache(getattr(load, name)))
        yield Player(KeyBank(default_directory()))
