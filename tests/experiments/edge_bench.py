"""An Expressway deployment in a test: how it stands, what was refused, what is shut off.

A `Bench` is a twin of a bundled model with some of its fields replaced. It reads connections and
journal; it knows no row of any catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, cast

from twin.cluster.twin import DEFAULT_START, Twin
from twin.config.load import load_model
from twin.config.model import ModelConfig
from twin.kernel.journal import NodeEvent
from twin.nodes.legs import Connection

Refusal = tuple[str, str, str, str, str]
"""Leg, client, server, who refused, alert."""


@cache
def _written(name: str) -> str:
    return load_model(name).model_dump_json(by_alias=True, exclude_unset=True)


def model_with(name: str, changes: Mapping[str, Any]) -> ModelConfig:
    """A bundled model with values put in at paths such as expressways[0].trusts."""
    document = ModelConfig.model_validate_json(_written(name)).model_dump(
        by_alias=True, exclude_unset=True, mode="json"
    )
    document["phones"] = []
    for path, value in changes.items():
        *way, last = [int(p) if p.isdigit() else p for p in re.findall(r"[^.\[\]]+", path)]
        place: Any = document
        for part in way:
            place = place.setdefault(part, {}) if isinstance(place, dict) else place[part]
        if isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = value
    return ModelConfig.model_validate(document)


class Bench:
    """A twin of a model with something changed, no phones in it."""

    def __init__(
        self,
        changes: Mapping[str, Any] | None = None,
        *,
        model: str = "mra-lab",
        start: datetime = DEFAULT_START,
    ) -> None:
        self.twin = Twin(model_with(model, changes or {}), start=start)
        assert self.twin.cluster.edge is not None
        self.edge = self.twin.cluster.edge

    def do(self, *steps: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Carry out steps; the outcome and message of each."""
        outcomes = [self.twin.do(step) for step in steps]
        return [(found.outcome, found.message) for found in outcomes]

    def settle(self) -> None:
        """Let every retry that is due be made."""
        self.twin.advance("15m")

    @property
    def events(self) -> list[NodeEvent]:
        """Everything journalled by nodes up to now."""
        assert self.twin.memory is not None
        return [*self.twin.memory.nodes, *self.twin.journal._nodes]

    def told(self, *events: str) -> list[NodeEvent]:
        """What was journalled by these names."""
        return [row for row in self.events if row.event in events]

    def refusals(self) -> list[Refusal]:
        """What was refused until now, in order."""
        return [
            (
                str(row.data["leg"]), str(row.data["client"]), str(row.data["server"]),
                str(row.data["refused_by"]), str(row.data["alert"]),
            )
            for row in self.told("tls_refused")
        ]  # fmt: skip

    def reasons(self, leg: str) -> set[str]:
        """Why a kind of leg was refused."""
        rows = [row for row in self.told("tls_refused") if row.data["leg"] == leg]
        return {reason for row in rows for reason in cast("list[str]", row.data["reasons"])}

    def down(self) -> set[tuple[str, str, str]]:
        """Leg, client and server of every connection that does not stand."""
        return {_ends(one) for one in self.edge.connections if not one.is_up}

    def down_kinds(self) -> set[str]:
        """The legs of which one or more do not stand."""
        return {leg for leg, _, _ in self.down()}


def _ends(connection: Connection) -> tuple[str, str, str]:
    leg = connection.leg
    return leg.kind, leg.client.name, leg.server.name
