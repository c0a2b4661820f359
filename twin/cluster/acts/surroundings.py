"""Links and enterprise parameters: wan, set_enterprise_parameter."""

from __future__ import annotations

from twin.cluster.acts.scene import DONE, Act, Deed, Scene, is_down, refused
from twin.cluster.selectors import sites_named
from twin.config import actions


def _wan(scene: Scene, action: actions.Wan) -> Act:
    cluster = scene.cluster
    now_ms = scene.simulation.now_ms
    for name in sites_named(cluster, action.site):
        site = cluster.network.index[name]
        if cluster.network.up[site] == action.up:
            continue
        cluster.network.up[site] = action.up
        cluster.look_at_paths()
        cluster.journal.node(
            now_ms, "", "network", "wan", "warning", {"site": name, "up": action.up}
        )
        if not action.up:
            cluster.engine.losses.site_cut(now_ms, site)
    if action.up:
        cluster.replication.retry()
        cluster.engine.registration.came_back(now_ms)
    return (yield from scene.no_time())


def _set_enterprise_parameter(scene: Scene, action: actions.SetEnterpriseParameter) -> Act:
    settings = scene.cluster.settings
    yield from scene.no_time()
    if not scene.publisher.is_on:  # nothing is written to the database without it
        return is_down(scene.publisher)
    release = scene.cluster.release
    exists = {
        "rollback_to_pre_8": release.has_rollback_parameter,
        "phone_interaction_on_certificate_update": release.has_phone_interaction_parameter,
        "tftp_file_signature_algorithm": release.has_file_signature_parameter,
    }
    if not exists[action.name]:
        return refused(f"release {release.name} has no parameter {action.name}")
    if action.name == "rollback_to_pre_8":
        settings.rollback = bool(action.value)
    elif action.name == "phone_interaction_on_certificate_update":
        settings.set_interaction(str(action.value))
    else:
        settings.algorithm = str(action.value)
    if action.name != "phone_interaction_on_certificate_update":
        for node in scene.cluster.nodes.values():
            if node.tftp is not None:
                node.tftp.schedule(f"{action.name} = {action.value}")
    return DONE


DEEDS = {
    "wan": Deed(_wan, lambda a, _model: f"WAN of {a.site} {'up' if a.up else 'down'}"),
    "set_enterprise_parameter": Deed(
        _set_enterprise_parameter, lambda a, _model: f"{a.name} = {a.value}"
    ),
}
