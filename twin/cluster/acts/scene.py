"""What every deed is given, and how it says how it ended.

Knows: the cluster and the step's number. Must not know any word.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from twin.cluster.cluster import Cluster
from twin.cluster.edge import Edge
from twin.cluster.realm import Realm
from twin.config.model import ModelConfig
from twin.kernel.simulation import Signal, Simulation
from twin.nodes.node import Node


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action ended: done, refused, or timed_out, with a message."""

    outcome: str = "done"
    message: str = ""


DONE = Outcome()
Act = Generator[Signal, Any, Outcome]


def refused(message: str) -> Outcome:
    """The product would not do it, and says why."""
    return Outcome("refused", message)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a step takes place. `step` counts from 1 and is part of what selections draw from."""

    cluster: Cluster
    step: int

    @property
    def simulation(self) -> Simulation:
        """The run's clock."""
        return self.cluster.simulation

    @property
    def publisher(self) -> Node:
        """The publisher."""
        return self.cluster.nodes[self.cluster.model.publisher.name]

    def node(self, name: str) -> Node:
        """A node by its name or alias."""
        model, other, presence = self.cluster.model, self.cluster.other, self.cluster.presence
        if presence is not None and name in presence.nodes:
            return presence.nodes[name]
        if other is not None and name in other.nodes and name not in self.cluster.nodes:
            return other.nodes[name]
        return self.cluster.nodes[model.resolve_node(name)]

    def realm(self, node: Node) -> Realm:
        """The cluster a node belongs to, of either product."""
        presence = self.cluster.presence
        if presence is not None and node.name in presence.nodes:
            return presence.cluster_of(node.name)
        return self.cluster.home(node)

    def named(self, imp_cluster: str | None) -> Realm:
        """An IM&P cluster by name; None: the Unified CM cluster."""
        presence = self.cluster.presence
        if imp_cluster is None or presence is None:
            return self.cluster
        return presence.clusters[imp_cluster]

    @property
    def edge(self) -> Edge:
        """The Expressways; the checks of steps see to it that there are some."""
        edge = self.cluster.edge
        assert edge is not None
        return edge

    def no_time(self, outcome: Outcome = DONE) -> Act:
        """End at this instant, after the work that is due in it already."""
        yield self.simulation.sleep(0)
        return outcome

    def until_done(self, start: Callable[[Callable[[], None]], str | None]) -> Act:
        """Start an operation that calls back when it is over; its refusal, or done."""
        finished, done = self.simulation.signal()
        refusal = start(done)
        if refusal is not None:
            return refused(refusal)
        yield finished
        return DONE


@dataclass(frozen=True, slots=True)
class Deed:
    """A word's process, and the words a report says it in."""

    act: Callable[[Scene, Any], Act]
    words: Callable[[Any, ModelConfig], str]


def is_down(node: Node) -> Outcome:
    """The refusal of a node without power."""
    return refused(f"{node.name} is down")
