"""Services and nodes: start, stop, restart; power of a node."""

from __future__ import annotations

from collections.abc import Callable

from twin.cluster.acts.restarts import came_up
from twin.cluster.acts.scene import DONE, Act, Deed, Outcome, Scene, is_down, refused
from twin.config import actions
from twin.config.model import ModelConfig
from twin.nodes.node import Node
from twin.nodes.service import Service, ServiceState


def _service(scene: Scene, action: actions.ServiceAction) -> tuple[Node, str] | Outcome:
    node = scene.node(action.node)
    if str(action.service) not in node.services:
        return refused(f"{action.service} is not activated on {node.name}")
    if not node.is_on:
        return is_down(node)
    return node, str(action.service)


def until_ready(scene: Scene, service: Service, delay_ms: int) -> Act:
    """Sleep until a start is over, whichever of its instant's work comes first."""
    yield scene.simulation.sleep(delay_ms)
    while service.state is ServiceState.STARTING:
        yield scene.simulation.sleep(0)
    return DONE


def _bring_up(
    scene: Scene, action: actions.ServiceAction, start: Callable[[Node, str], int]
) -> Act:
    """Start or restart a service and wait until it is ready."""
    found = _service(scene, action)
    if isinstance(found, Outcome):
        return (yield from scene.no_time(found))
    node, name = found
    return (yield from until_ready(scene, node.services[name], start(node, name)))


def _start(scene: Scene, action: actions.ServiceAction) -> Act:
    return _bring_up(scene, action, Node.start_service)


def _stop(scene: Scene, action: actions.ServiceAction) -> Act:
    found = _service(scene, action)
    yield from scene.no_time()
    if isinstance(found, Outcome):
        return found
    found[0].stop_service(found[1])
    return DONE


def _restart(scene: Scene, action: actions.ServiceAction) -> Act:
    return _bring_up(scene, action, Node.restart_service)


def _node_power(scene: Scene, action: actions.NodePower) -> Act:
    node = scene.node(action.node)
    if node.is_on == action.up:
        return (yield from scene.no_time())
    if not action.up:
        node.lose_power()
        return (yield from scene.no_time())
    finished, done = scene.simulation.signal()
    node.boot(done)
    yield finished
    came_up(scene, [node])
    return DONE


def _words(verb: str) -> Deed:
    act = {"start": _start, "stop": _stop, "restart": _restart}[verb]

    def words(action: actions.ServiceAction, model: ModelConfig) -> str:
        return f"{verb} {action.service} on {model.resolve_node(action.node)}"

    return Deed(act, words)


DEEDS = {
    "start_service": _words("start"),
    "stop_service": _words("stop"),
    "restart_service": _words("restart"),
    "node": Deed(
        _node_power, lambda a, model: f"{model.resolve_node(a.node)} {'up' if a.up else 'down'}"
    ),
}
