"""The operator: each action of an experiment, carried out on a cluster, one after another.

Knows: that an action is a SimPy process and its outcome a journal record; refusals are outcomes,
not exceptions. What a word does is in `twin.cluster.acts`.
"""

from __future__ import annotations

from twin.cluster.acts import (
    capf,
    certificates,
    edge,
    edge_pages,
    migration,
    mixed_mode,
    monitoring,
    phones,
    presence,
    procedures,
    recovery,
    requests,
    revocation,
    services,
    surroundings,
    systems,
    trust,
    upgrades,
    waiting,
    web,
)
from twin.cluster.acts.scene import Act, Deed, Outcome, Scene
from twin.cluster.cluster import Cluster
from twin.config.model import ModelConfig
from twin.config.steps import Step

DEEDS: dict[str, Deed] = {
    **certificates.DEEDS,
    **revocation.DEEDS,
    **requests.DEEDS,
    **trust.DEEDS,
    **services.DEEDS,
    **surroundings.DEEDS,
    **phones.DEEDS,
    **capf.DEEDS,
    **monitoring.DEEDS,
    **mixed_mode.DEEDS,
    **procedures.DEEDS,
    **waiting.DEEDS,
    **recovery.DEEDS,
    **migration.DEEDS,
    **upgrades.DEEDS,
    **edge.DEEDS,
    **edge_pages.DEEDS,
    **systems.DEEDS,
    **web.DEEDS,
    **presence.DEEDS,
}
"""Every word that is built."""


class Operator:
    """Carries out steps on a cluster, one after another."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.simulation = cluster.simulation
        self._steps = 0

    def carry_out(self, step: Step) -> Act:
        """The process of one step: waits for its time, acts, journals the outcome."""
        self._steps += 1
        number = self._steps
        now_ms = self.simulation.now_ms
        if step.at_ms is not None and step.at_ms > now_ms:
            yield self.simulation.sleep(step.at_ms - now_ms)
        started_ms = self.simulation.now_ms
        scene = Scene(self.cluster, number)
        outcome: Outcome = yield from DEEDS[step.kind].act(scene, step.action)
        self.cluster.journal.node(
            self.simulation.now_ms,
            "",
            "operator",
            "step",
            "info" if outcome.outcome == "done" else "warning",
            {
                "step": number,
                "action": step.kind,
                "text": describe(step, self.cluster.model),
                "name": step.name,
                "outcome": outcome.outcome,
                "message": outcome.message,
                "started_at_ms": started_ms,
            },
        )
        return outcome


def describe(step: Step, model: ModelConfig) -> str:
    """A step in a few words, for reports; nodes by their own names."""
    return DEEDS[step.kind].words(step.action, model)
