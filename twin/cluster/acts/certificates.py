"""Own certificates and the ITL's reset: regenerate, itl_reset, export_itl_recovery."""

from __future__ import annotations

from functools import partial

from twin.cluster.acts.scene import DONE, Act, Deed, Scene, is_down, refused
from twin.config import actions


def _regenerate(scene: Scene, action: actions.Regenerate) -> Act:
    node = scene.node(action.node)
    if not node.is_on:
        return (yield from scene.no_time(is_down(node)))
    shared = action.distribution == "multi_server"
    run = partial(node.certificates.regenerate, str(action.unit), shared=shared)
    return (yield from scene.until_done(run))


def _itl_reset(scene: Scene, action: actions.ItlReset) -> Act:
    settings = scene.cluster.settings
    key = settings.localkey() if action.key == "local" else settings.exported_recovery
    if not scene.publisher.is_on:
        return (yield from scene.no_time(is_down(scene.publisher)))
    run = partial(scene.cluster.itl_reset.run, key, f"{action.key}key")
    return (yield from scene.until_done(run))


def _export_itl_recovery(scene: Scene, _action: actions.ExportItlRecovery) -> Act:
    cluster = scene.cluster
    identity = cluster.settings.recovery(cluster.model.publisher.name)
    yield from scene.no_time()
    if not scene.publisher.is_on:
        return is_down(scene.publisher)
    if identity is None:
        return refused(f"release {cluster.release.name} has no ITLRecovery certificate")
    cluster.settings.exported_recovery = identity
    return DONE


DEEDS = {
    "regenerate": Deed(
        _regenerate, lambda a, model: f"regenerate {a.unit} on {model.resolve_node(a.node)}"
    ),
    "itl_reset": Deed(_itl_reset, lambda a, _model: f"utils itl reset {a.key}key"),
    "export_itl_recovery": Deed(_export_itl_recovery, lambda _a, _model: "export itl recovery"),
}
