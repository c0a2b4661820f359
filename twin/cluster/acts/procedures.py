"""What published procedures ask for around a certificate: check, restart_after.

Knows: what an administrator can see of a cluster, and the release's list of services to restart.
Must not know which procedure it is part of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from twin.cluster.acts.scene import DONE, Act, Deed, Outcome, Scene, is_down, refused
from twin.cluster.acts.services import until_ready
from twin.config.actions_procedures import Check, CheckWord, RestartAfter
from twin.config.model import ModelConfig
from twin.config.words import SERVICE_TITLES, Service
from twin.nodes.node import Node
from twin.phones.stuck import RecoveryKeys


def _check(scene: Scene, action: Check) -> Act:
    """Source: cucm-pki-behaviour 5.2, pre-flight (Cisco 214231, 118893, RENEW)."""
    yield from scene.no_time()
    problems = [problem for word in action.that for problem in _LOOKS[word](scene)]
    scene.cluster.journal.node(
        scene.simulation.now_ms,
        "",
        "operator",
        "check_failed" if problems else "checked",
        "warning" if problems else "info",
        {"that": list(action.that), "problems": problems},
    )
    return refused("; ".join(problems)) if problems else DONE


def _unregistered(scene: Scene) -> Iterator[str]:
    """Phones without power count: they are the ones a renewal leaves behind."""
    core = scene.cluster.engine.core
    missing = core.population.size - core.registered()
    if missing:
        yield f"{missing} of {core.population.size} phones not registered"


def _outdated(scene: Scene) -> Iterator[str]:
    """Assumption: the report of ITL file status knows of every phone, SCCP or SIP."""
    now_ms = scene.simulation.now_ms
    findings = scene.cluster.stuck.run(now_ms, RecoveryKeys(), journal=False)
    for name, current in (
        ("CTL", [finding.ctl_is_current for finding in findings]),
        ("ITL", [finding.itl_is_current for finding in findings]),
    ):
        if not all(current):
            old = current.count(False)
            yield f"{old} of {len(current)} phones with another {name} than is served"


def _replication(scene: Scene) -> Iterator[str]:
    for node in scene.cluster.nodes.values():
        if not node.is_on:
            yield f"{node.name} is down"
        elif node.name in scene.cluster.replication.broken:
            yield f"replication of {node.name} is broken"


def _services(scene: Scene) -> Iterator[str]:
    for node in scene.cluster.nodes.values():
        for name, service in node.services.items():
            if node.is_on and not service.is_started:
                yield f"{name} is not started on {node.name}"


def _rollback(scene: Scene) -> Iterator[str]:
    if scene.cluster.settings.is_rollback():
        yield "the rollback parameter is True"


def _groups(scene: Scene) -> Iterator[str]:
    for group in scene.cluster.model.callmanager_groups:
        if len(group.members) < 2:
            yield f"CallManager Group {group.name} has one node"


_LOOKS: dict[CheckWord, Callable[[Scene], Iterator[str]]] = {
    "phones_registered": _unregistered,
    "lists_current": _outdated,
    "replication": _replication,
    "services_started": _services,
    "rollback_off": _rollback,
    "two_nodes_in_every_group": _groups,
}


def _restart_after(scene: Scene, action: RestartAfter) -> Act:
    """Source: cucm-pki-behaviour 5.1; the list is a field of the release profile.

    Services of the list that are not modelled (Cisco CTIManager, Cisco HAProxy) are passed over.
    """
    nodes = _concerned(scene, action)
    for node in nodes:
        if not node.is_on:
            return (yield from scene.no_time(is_down(node)))
    yield from scene.no_time()
    restarted = []
    for title in nodes[0].host.release.restart_services[action.unit]:
        service = SERVICE_TITLES.get(title)
        for node in nodes:
            if service is not None and _runs(node, service, nodes[0]):
                delay_ms = node.restart_service(str(service))
                yield from until_ready(scene, node.services[str(service)], delay_ms)
                restarted.append(f"{service} on {node.name}")
    return Outcome("done", ", ".join(restarted) or "nothing to restart")


def _concerned(scene: Scene, action: RestartAfter) -> list[Node]:
    """The nodes of the product that has the unit, the publisher first; tomcat and ipsec: CUCM."""
    presence = scene.cluster.presence
    nodes = list(scene.cluster.nodes.values())
    if presence is None or action.unit in scene.publisher.host.release.restart_services:
        return nodes
    return list(next(iter(presence.clusters.values())).nodes.values())


def _runs(node: Node, service: Service, publisher: Node) -> bool:
    """Only where it is started; the DRF master of the cluster is the publisher's."""
    if service is Service.DRF_MASTER and node is not publisher:
        return False
    return str(service) in node.services and node.services[str(service)].is_started


def _check_words(action: Check, _model: ModelConfig) -> str:
    return f"check {', '.join(action.that).replace('_', ' ')}"


DEEDS = {
    "check": Deed(_check, _check_words),
    "restart_after": Deed(
        _restart_after, lambda a, _model: f"restart what {a.unit} asks for, publisher first"
    ),
}
