"""Connections of several systems: found by their ends, touched by what touches those."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from twin.nodes.connections import Connections
from twin.nodes.legs import Connection


@dataclass(frozen=True)
class End:
    """One side, by name."""

    name: str


@dataclass
class Leg:
    """A way with an end at either side."""

    kind: str
    client: End
    server: End
    is_open: bool = True

    def is_path_open(self) -> bool:
        """Whether packets pass."""
        return self.is_open


@dataclass
class Stand:
    """Writes down what it is told."""

    leg: Leg
    is_up: bool = True
    told: list[str] = field(default_factory=list)

    def __getattr__(self, word: str) -> Any:
        if word not in ("open", "lose", "changed"):
            raise AttributeError(word)
        return lambda: self.told.append(word)


@pytest.fixture
def stands() -> list[Stand]:
    """Two connections of one client, and one between two others."""
    ways = [("zone", "c", "e"), ("uds", "c", "pub"), ("trunk", "pub", "imp")]
    return [Stand(Leg(kind, End(client), End(server))) for kind, client, server in ways]


@pytest.fixture
def connections(stands: list[Stand]) -> Connections:
    """All of them."""
    made = Connections()
    for stand in stands:
        made.add(cast("Connection", stand))
    return made


def test_what_happens_at_a_system_reaches_what_begins_or_ends_there(
    connections: Connections, stands: list[Stand]
) -> None:
    """Client or server, the name decides; the rest hears nothing."""
    connections.changed("pub")
    connections.lose("e")
    assert [stand.told for stand in stands] == [["lose"], ["changed"], ["changed"]]


def test_a_stopped_service_takes_what_it_carried(
    connections: Connections, stands: list[Stand]
) -> None:
    """Only connections that fit are lost."""
    connections.lose_where(lambda one: one.leg.kind == "uds")
    assert [stand.told for stand in stands] == [[], ["lose"], []]


def test_a_cut_path_takes_those_that_stand_on_it(
    connections: Connections, stands: list[Stand]
) -> None:
    """One that stands on a closed path is lost; every other one looks again."""
    stands[0].leg.is_open = False
    stands[1].leg.is_open = stands[1].is_up = False
    connections.look_at_paths()
    assert [stand.told for stand in stands] == [["lose"], ["changed"], ["changed"]]


def test_one_is_found_by_kind_and_ends(connections: Connections, stands: list[Stand]) -> None:
    """Both names and the kind have to be right."""
    assert connections.find("uds", "c", "pub") is stands[1]
    assert connections.find("uds", "pub", "c") is None
    assert len(connections) == 3
