"""The CTL and the cluster security mode.

Words: set_cluster_mode, ctl_update, ctl_reset, ctl_delete, upload_ctl_tokens.
"""

from __future__ import annotations

from functools import partial

from twin.cluster.acts.scene import DONE, Act, Deed, Scene, is_down
from twin.config import actions_mixed_mode as actions
from twin.config.words import ClusterMode


def _set_cluster_mode(scene: Scene, action: actions.SetClusterMode) -> Act:
    node = scene.node(action.node)
    if not node.is_on:
        return (yield from scene.no_time(is_down(node)))
    is_mixed = action.mode is ClusterMode.MIXED
    tool = scene.cluster.home(node).ctl_tool
    return (yield from scene.until_done(partial(tool.set_cluster, node.name, is_mixed)))


def _ctl_update(scene: Scene, action: actions.CtlUpdate) -> Act:
    node = scene.node(action.node)
    cluster = scene.cluster.home(node)
    tool = cluster.ctl_tool
    if action.signed_by == "tokens":
        node = cluster.publisher  # the CTL client talks to the publisher, whoever runs it
    if not node.is_on:
        return (yield from scene.no_time(is_down(node)))
    run = tool.client if action.signed_by == "tokens" else partial(tool.update, node.name)
    return (yield from scene.until_done(run))


def _ctl_reset(scene: Scene, action: actions.CtlReset) -> Act:
    node = scene.node(action.node)
    if not node.is_on:
        return (yield from scene.no_time(is_down(node)))
    run = partial(scene.cluster.home(node).ctl_tool.reset_localkey, node.name)
    return (yield from scene.until_done(run))


def _ctl_delete(scene: Scene, action: actions.CtlDelete) -> Act:
    cluster = scene.cluster.home(scene.node(action.node))
    yield from scene.no_time()
    if not cluster.publisher.is_on:
        return is_down(cluster.publisher)
    cluster.ctl_tool.delete()
    return DONE


def _upload_ctl_tokens(scene: Scene, action: actions.UploadCtlTokens) -> Act:
    cluster = scene.cluster.home(scene.node(action.node))
    yield from scene.no_time()
    publisher = cluster.publisher
    if not publisher.is_on:
        return is_down(publisher)
    for row in cluster.ctl_cluster.token_rows():
        publisher.files.add_trust(row.units[0], row.certificate, row.description)
        cluster.replication.write(publisher.name, row)
    return DONE


DEEDS = {
    "set_cluster_mode": Deed(
        _set_cluster_mode,
        lambda a, _model: f"utils ctl set-cluster {str(a.mode).replace('_', '-')}-mode",
    ),
    "ctl_update": Deed(
        _ctl_update,
        lambda a, _model: "CTL client" if a.signed_by == "tokens" else "utils ctl update CTLFile",
    ),
    "ctl_reset": Deed(_ctl_reset, lambda _a, _model: "utils ctl reset localkey"),
    "ctl_delete": Deed(_ctl_delete, lambda _a, _model: "file delete tftp CTLFile.tlv"),
    "upload_ctl_tokens": Deed(
        _upload_ctl_tokens, lambda _a, _model: "upload eToken certificates to Phone-SAST-trust"
    ),
}
