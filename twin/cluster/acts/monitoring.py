"""The Certificate Monitor: run_monitor."""

from __future__ import annotations

from twin.cluster.acts.scene import Act, Deed, Outcome, Scene, is_down, refused
from twin.config.actions_monitoring import RunMonitor
from twin.config.model import ModelConfig


def _run_monitor(scene: Scene, action: RunMonitor) -> Act:
    nodes = list(scene.cluster.nodes.values())
    if action.node is not None:
        nodes = [scene.node(action.node)]
    yield from scene.no_time()
    notices = 0
    for node in nodes:
        if not node.is_on:
            return is_down(node)
        if not node.monitor.service.is_started:
            return refused(f"the Certificate Expiry Monitor of {node.name} is not running")
        notices += node.monitor.run()
    return Outcome("done", f"{notices} notices")


def _words(action: RunMonitor, model: ModelConfig) -> str:
    where = "every node" if action.node is None else model.resolve_node(action.node)
    return f"run the certificate monitor of {where}"


DEEDS = {"run_monitor": Deed(_run_monitor, _words)}
