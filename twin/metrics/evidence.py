"""What a run shows of the mechanisms in it: events of phones and nodes, steps, what the model has.

Knows: the journal's events and the model. Must not know which parameter a trace speaks of
(`twin.metrics.relevance`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.config.model import ModelConfig
from twin.config.words import Service
from twin.metrics.tables import JournalTables
from twin.phones.lifecycle import Event
from twin.phones.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run shows: `events` of nodes as "service event", `services` that started or stopped,
    `actions` of the operator."""

    tables: JournalTables
    model: ModelConfig
    events: frozenset[str]
    services: frozenset[str]
    actions: frozenset[str]

    def phones(self, *events: Event) -> bool:
        """Whether any of these happened to a phone."""
        return any(self.tables.count(event) for event in events)

    def nodes(self, *events: str) -> bool:
        """Whether any of these happened at a node ("service event")."""
        return not self.events.isdisjoint(events)

    def did(self, *actions: str) -> bool:
        """Whether the operator took a step of any of these words."""
        return not self.actions.isdisjoint(actions)

    def served(self, *services: Service) -> bool:
        """Whether any of these services was started, stopped or restarted, or its node was."""
        return self.nodes("node booting") or not self.services.isdisjoint(map(str, services))

    def speaks(self, protocol: str) -> bool:
        """Whether there are phones of this protocol, and phones fetched files or registered."""
        is_any = bool((self.tables.phones["protocol"] == protocol).any())
        return is_any and self.phones(Event.REGISTER_REQUESTED, Event.FILE_REQUESTED)

    def refused_lists(self) -> bool:
        """Whether a phone turned a list or a configuration down."""
        tally = self.tables.summary.tally
        checks = [Event.CTL_CHECKED, Event.ITL_CHECKED, Event.CONFIG_CHECKED]
        is_refused = bool(np.any(tally[checks, int(Outcome.REJECTED)]))
        return is_refused or self.phones(Event.LIST_UNUSABLE)


def evidence(tables: JournalTables, model: ModelConfig) -> Evidence:
    """What a run shows of its mechanisms."""
    rows = tables.node_events
    return Evidence(
        tables,
        model,
        frozenset(f"{row.service} {row.event}" for row in rows),
        frozenset(row.service for row in rows if row.event == "service"),
        frozenset(str(row.data.get("action", "")) for row in tables.happened("step")),
    )
