"""Losing keys and getting them back: backup, restore, replace_node."""

from __future__ import annotations

from collections.abc import Sequence

from twin.cluster.acts.restarts import restart
from twin.cluster.acts.scene import DONE, Act, Deed, Outcome, Scene, is_down, refused
from twin.cluster.certificates import own_units
from twin.cluster.realm import Realm
from twin.config import actions_recovery as actions
from twin.config.model import ModelConfig
from twin.nodes.backup_set import BackupSet
from twin.nodes.node import Node
from twin.simtime import format_ms


def _backup(scene: Scene, action: actions.Backup) -> Act:
    """Every node's agent must have its session with DRF Master, or there is no backup."""
    realm = scene.named(action.cluster)
    if not realm.publisher.is_on:
        return (yield from scene.no_time(is_down(realm.publisher)))
    finished, done = scene.simulation.signal()
    problems: list[str] = []

    def ended(problem: str | None) -> None:
        problems.extend([problem] if problem is not None else [])
        done()

    realm.backup.run(ended)
    yield finished
    if problems:
        return refused(problems[0])
    backup = realm.recovery.take(action.name, list(realm.nodes.values()))
    return Outcome("done", f"{backup.name}: {', '.join(backup.nodes)}")


def _restore(scene: Scene, action: actions.Restore) -> Act:
    """The publisher alone first, then the others at the same time; each is restarted.

    Source: DRS of CUCM 15 asks for the publisher first and a restart of each restored node.
    """
    named = [scene.node(name) for name in action.nodes or ()]
    realm = scene.realm(named[0]) if named else scene.named(action.cluster)
    chosen = {node.name for node in named or realm.nodes.values()}
    nodes = [node for node in realm.nodes.values() if node.name in chosen]
    down = [node for node in (realm.publisher, *nodes) if not node.is_on]
    found = is_down(down[0]) if down else _fit(realm, action.backup, nodes)
    if isinstance(found, Outcome):
        return (yield from scene.no_time(found))
    first = [node for node in nodes if node is realm.publisher]
    for group in (first, [node for node in nodes if node is not realm.publisher]):
        if group:
            yield from _put_back(scene, realm, found, group)
    age = format_ms(scene.simulation.now_ms - found.taken_at_ms)
    return Outcome("done", f"{found.name}, {age} old")


def _fit(realm: Realm, name: str, nodes: Sequence[Node]) -> BackupSet | Outcome:
    found = realm.recovery.find(name)
    if isinstance(found, str):
        return refused(found)
    unfit = realm.recovery.unfit(found, nodes)
    return found if unfit is None else refused(unfit)


def _put_back(scene: Scene, realm: Realm, backup: BackupSet, nodes: Sequence[Node]) -> Act:
    yield scene.simulation.sleep(scene.cluster.timing.drs_restore_s.ms)
    for node in nodes:
        realm.recovery.put_back(backup, node)
    return (yield from restart(scene, nodes))


def _replace_node(scene: Scene, action: actions.ReplaceNode) -> Act:
    """The machine is gone; a new one of the same name and address is installed in its place.

    Source: cucm-pki-behaviour 5.3 A36. Assumption: what administration configured (phones,
    groups, parameters) is there again in any case, from a subscriber or by hand.
    """
    node = scene.node(action.node)
    realm = scene.realm(node)
    publisher, timing = realm.publisher, scene.cluster.timing
    backup = None
    if action.backup != actions.NO_BACKUP:
        found = _fit(realm, action.backup, [node])
        if isinstance(found, Outcome):
            return (yield from scene.no_time(found))
        backup = found
    if node is not publisher and not publisher.is_on:
        return (yield from scene.no_time(is_down(publisher)))
    if node.is_on:
        node.lose_power()
    yield scene.simulation.sleep(timing.node_install_s.ms)
    units = own_units(realm.model, realm.release, node.name)
    node.certificates.install_anew(units)
    node.requests.outstanding.clear()
    realm.recovery.fill(node)
    if backup is not None:
        yield scene.simulation.sleep(timing.drs_restore_s.ms)
        realm.recovery.put_back(backup, node)
    yield from restart(scene, [node])
    return DONE


def _restore_words(action: actions.Restore, model: ModelConfig) -> str:
    names = action.nodes and ", ".join(model.resolve_node(name) for name in action.nodes)
    nodes = names or f"all nodes{_of(action.cluster)}"
    return f"restore {nodes} from {action.backup}"


def _of(imp_cluster: str | None) -> str:
    return "" if imp_cluster is None else f" of {imp_cluster}"


def _replace_words(action: actions.ReplaceNode, model: ModelConfig) -> str:
    source = "without a backup" if action.backup == actions.NO_BACKUP else f"from {action.backup}"
    return f"rebuild {model.resolve_node(action.node)} {source}"


DEEDS = {
    "backup": Deed(_backup, lambda a, _model: f"DRS backup{_of(a.cluster)}"),
    "restore": Deed(_restore, _restore_words),
    "replace_node": Deed(_replace_node, _replace_words),
}
