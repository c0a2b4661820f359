"""Trust stores and replication: delete_trust, replication."""

from __future__ import annotations

from functools import partial

from twin.cluster.acts.scene import DONE, Act, Deed, Scene, is_down, refused
from twin.config import actions_trust as actions


def _delete_trust(scene: Scene, action: actions.DeleteTrust) -> Act:
    node = scene.node(action.node)
    if not node.is_on:
        return (yield from scene.no_time(is_down(node)))
    unit, deletion = str(action.unit), node.deletion
    names = [action.name]
    if "*" in action.name or action.old_only:
        names = deletion.matching(unit, action.name, action.old_only)
    if not names:
        return (yield from scene.no_time(refused(deletion.refuse(unit, action.name))))
    for name in names:
        outcome = yield from scene.until_done(partial(deletion.delete, unit, name))
        if outcome is not DONE:
            return outcome
    return DONE


def _replication(scene: Scene, action: actions.ReplicationAction) -> Act:
    node = scene.node(action.node)
    replication = scene.realm(node).replication
    yield from scene.no_time()
    if action.up == (node.name not in replication.broken):
        return DONE
    node.host.record("DB", "replication", severity="warning", up=action.up)
    if action.up:
        replication.broken.discard(node.name)
        replication.retry()
    else:
        replication.broken.add(node.name)
    return DONE


DEEDS = {
    "delete_trust": Deed(
        _delete_trust,
        lambda a, model: f"delete {a.unit}/{a.name} on {model.resolve_node(a.node)}",
    ),
    "replication": Deed(
        _replication,
        lambda a, model: (
            f"{'repair' if a.up else 'break'} replication of {model.resolve_node(a.node)}"
        ),
    ),
}
