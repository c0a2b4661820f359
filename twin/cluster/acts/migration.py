"""Between two clusters: move_phones, bulk_certificates."""

from __future__ import annotations

from twin.cluster.acts.scene import Act, Deed, Outcome, Scene, is_down, refused
from twin.cluster.bulk import exported, import_row
from twin.cluster.cluster import Cluster
from twin.cluster.selectors import select
from twin.config import actions_migration as actions
from twin.config.words import Service
from twin.phones.population import PhoneGroup

TFTP_NODES_MAX = 2


def _clusters(scene: Scene) -> dict[str, Cluster]:
    first = scene.cluster
    both = [first] if first.other is None else [first, first.other]
    return {cluster.model.name: cluster for cluster in both}


def _move_phones(scene: Scene, action: actions.MovePhones) -> Act:
    """Nothing happens to a phone until it asks DHCP again; what it holds stays.

    Assumption: the phones are configured on the other cluster already, as any migration does
    first, with the same protocol and files.
    """
    engine = scene.cluster.engine
    target = _clusters(scene)[action.to]
    phones = select(scene.cluster, action.select, scene.step)
    model = target.model
    group = model.callmanager_groups[0].name
    members = model.group(action.callmanager_group or group).members
    tftp = action.tftp or [node.name for node in model.nodes_running(Service.TFTP)]
    there: dict[PhoneGroup, int] = {}
    for phone in phones:
        here = scene.cluster.population.group(phone)
        if here not in there:
            there[here] = scene.cluster.population.group_like(
                here,
                callmanager_group=action.callmanager_group or group,
                callmanagers=tuple(target.nodes[name].index for name in members),
                tftp=tuple(
                    target.nodes[model.resolve_node(name)].index for name in tftp[:TFTP_NODES_MAX]
                ),
            )
        engine.readdress(phone, there[here])
    return (yield from scene.no_time(Outcome("done", f"{len(phones)} phones")))


def _bulk_certificates(scene: Scene, action: actions.BulkCertificates) -> Act:
    """Source: cucm-pki-behaviour 2.7, 5.3 A29 (Cisco 213407, Security Guide 15)."""
    clusters = _clusters(scene)
    if len(clusters) == 1:
        return (yield from scene.no_time(refused("there is no other cluster to exchange with")))
    for cluster in clusters.values():
        publisher = cluster.nodes[cluster.model.publisher.name]
        if not publisher.is_on:
            return (yield from scene.no_time(is_down(publisher)))
    yield scene.simulation.sleep(scene.cluster.timing.bulk_provisioning_s.ms)
    count = 0
    for target in clusters.values():
        if action.into not in (None, target.model.name):
            continue
        for source in clusters.values():
            if source is not target:
                rows = exported(source, action.types)
                for entry in rows:
                    import_row(target, entry)
                count += len(rows)
    return Outcome("done", f"{count} certificates")


DEEDS = {
    "move_phones": Deed(_move_phones, lambda a, _model: f"option 150 to {a.to}"),
    "bulk_certificates": Deed(
        _bulk_certificates, lambda a, _model: f"bulk certificates of {', '.join(a.types)}"
    ),
}
