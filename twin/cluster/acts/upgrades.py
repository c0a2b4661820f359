"""New software and new names: upgrade, rename. Both restart nodes; both can make new keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from twin.cluster.acts.restarts import restart
from twin.cluster.acts.scene import DONE, Act, Deed, Outcome, Scene, is_down, refused
from twin.cluster.ports import queue_limits
from twin.cluster.presence_nodes import ImpCluster
from twin.cluster.realm import Realm
from twin.cluster.software import SilentITLRecovery, install
from twin.config import actions_recovery as actions
from twin.config.load import load_release
from twin.config.model import ModelConfig
from twin.config.release import ReleaseProfile
from twin.nodes.certificate_names import NodeNames
from twin.nodes.node import Node


def _upgrade(scene: Scene, action: actions.Upgrade) -> Act:
    """Install and switch versions, the publisher first, then the subscribers.

    A refresh upgrade takes a node out of service while it installs; any other is installed beside
    the running one and costs a reboot. Source: Upgrade Guide 15 (product knowledge).
    """
    realm = scene.named(action.cluster)
    release, old = load_release(action.to), realm.release
    if isinstance(realm, ImpCluster):
        release = realm.profile(release)
    down = [node for node in realm.nodes.values() if not node.is_on]
    problem = is_down(down[0]) if down else _refusal(scene, release, old)
    if problem is not None:
        return (yield from scene.no_time(problem))
    is_refresh = release.platform != old.platform
    silent = SilentITLRecovery(is_refresh and _has_defect(release, action.defects))
    subscribers = [node for node in realm.nodes.values() if node is not realm.publisher]
    turns = [[node] for node in subscribers]
    if action.subscribers == "together":
        turns = [subscribers] if subscribers else []
    if not is_refresh:
        roles = 2 if subscribers else 1
        yield scene.simulation.sleep(roles * scene.cluster.timing.upgrade_install_s.ms)
    for group in ([realm.publisher], *turns):
        yield from _switch(scene, realm, group, release, is_refresh, silent)
    return Outcome("done", "refresh upgrade" if is_refresh else "")


def _refusal(scene: Scene, release: ReleaseProfile, old: ReleaseProfile) -> Outcome | None:
    """Why a cluster cannot go from one release to another; None if it can.

    Assumption: IM and Presence runs no later release than its Unified CM, which is upgraded first
    (product knowledge).
    """
    if release.order <= old.order:
        return refused(f"release {release.name} is not later than {old.name}")
    of_cucm = scene.cluster.release
    if old is not of_cucm and release.order > of_cucm.order:
        return refused(f"Unified CM runs {of_cucm.name}: upgrade it first")
    return None


def _has_defect(release: ReleaseProfile, of_build: Sequence[str] | None) -> bool:
    """Whether the build installed makes a new ITLRecovery: its own list before the profile's."""
    if of_build is not None:
        return SilentITLRecovery.DEFECT in of_build
    return release.has_defect(SilentITLRecovery.DEFECT)


def _switch(
    scene: Scene,
    realm: Realm,
    nodes: Sequence[Node],
    release: ReleaseProfile,
    is_refresh: bool,
    silent: SilentITLRecovery,
) -> Act:
    for node in nodes:
        node.shut_down()
    if is_refresh:
        yield scene.simulation.sleep(scene.cluster.timing.upgrade_install_s.ms)
    for node in nodes:
        install(realm, node, release, silent)
        port = None if node.tftp is None else scene.cluster.ports.files.get(node.index)
        if port is not None:
            port.queue.resize(*queue_limits(release, realm.model.node(node.name)))
    yield from restart(scene, nodes)
    return DONE


def _rename(scene: Scene, action: actions.Rename) -> Act:
    """Each node concerned gets new self-signed certificates and restarts, the publisher first.

    Source: Cisco 118731: a change of host or domain name regenerates the self-signed certificates
    of that node. Assumptions: ITLRecovery is one of them, since its name holds the node's; phones
    find nodes by address, so that their configuration stays.
    """
    named = None if action.node is None else scene.node(action.node)
    realm = scene.cluster if named is None else scene.realm(named)
    nodes = list(realm.nodes.values()) if named is None else [named]
    down = [node for node in nodes if not node.is_on]
    if down:
        return (yield from scene.no_time(is_down(down[0])))
    for node in nodes:
        names = node.certificates.names
        host = action.to or names.host
        domain = action.domain or names.fqdn.partition(".")[2]
        fqdn = f"{host}.{domain}"
        for other in realm.nodes.values():
            known = other.certificates.names
            full = tuple(fqdn if name == names.fqdn else name for name in known.cluster)
            other.certificates.names = replace(known, cluster=full)
        own = node.certificates.names
        is_domain = action.domain is not None and own.domain
        new = replace(own, host=host, fqdn=fqdn, domain=domain if is_domain else own.domain)
        _give_names(node, new)
        yield from restart(scene, [node])
    return DONE


def _give_names(node: Node, names: NodeNames) -> None:
    old, node.certificates.names = node.certificates.names.fqdn, names
    units = [
        unit for unit, identity in node.files.own.items() if identity.certificate.is_self_issued
    ]
    for unit in units:
        node.certificates.replace(unit)
    node.host.record("node", "renamed", old=old, new=names.fqdn, units=units)


def _upgrade_words(action: actions.Upgrade, _model: ModelConfig) -> str:
    return f"upgrade {'' if action.cluster is None else f'{action.cluster} '}to {action.to}"


def _rename_words(action: actions.Rename, model: ModelConfig) -> str:
    if action.node is None:
        return f"domain {action.domain}"
    return f"rename {model.resolve_node(action.node)} to {action.to}"


DEEDS = {
    "upgrade": Deed(_upgrade, _upgrade_words),
    "rename": Deed(_rename, _rename_words),
}
