"""Restarting whole nodes, as the end of an operation that needs it."""

from __future__ import annotations

from collections.abc import Sequence

from twin.cluster.acts.scene import DONE, Act, Scene
from twin.nodes.node import Node


def restart(scene: Scene, nodes: Sequence[Node]) -> Act:
    """Shut these nodes down if they are up, boot them all, and wait until each is up.

    Their services are still starting then. Rows that do not say what a node's files say are
    written when it is up.
    """
    left = len(nodes)
    finished, done = scene.simulation.signal()

    def ready() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done()

    for node in nodes:
        if node.is_on:
            node.shut_down()
        node.boot(ready)
    yield finished
    came_up(scene, nodes)
    return DONE


def came_up(scene: Scene, nodes: Sequence[Node]) -> None:
    """What the cluster does when nodes are up again: deliver what waited, compare rows to files."""
    for realm in {id(home): home for home in map(scene.realm, nodes)}.values():
        realm.replication.retry()
    for node in nodes:
        node.certificates.republish()
