"""Wiring what services present: each service's own identity, and the sessions of Cisco DRF."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twin.config.words import Service
from twin.nodes.drf import Backup, DRFLocal, IPsecTrust
from twin.nodes.node import Node
from twin.nodes.presented import PRESENTS, Presented
from twin.pki.certificates import Certificate


def presented_by(node: Node) -> dict[str, Presented]:
    """What each service of a node presents, by the service's name. TVS keeps its own."""
    units: dict[Service, str | None] = {**PRESENTS, Service.DRF_MASTER: None}
    return {
        str(service): Presented(node.services[service], node.files, unit)
        for service, unit in units.items()
        if service in node.services and (unit is None or unit in node.files.own)
    }


def wire_drf(
    publisher: Node,
    nodes: dict[str, Node],
    connected: Callable[[str, str], bool],
) -> Backup:
    """Give every node its DRF agent, with its session to the publisher's master.

    Args:
        connected: whether packets pass between two nodes now.
    """

    def master(name: str) -> Certificate | None:
        if not connected(publisher.name, name):
            return None
        return publisher.presented[Service.DRF_MASTER].certificate

    agents = []
    for node in nodes.values():
        agent = DRFLocal(
            node.host, node.services[Service.DRF_LOCAL], node.files, partial(master, node.name),
            publisher.host,
        )  # fmt: skip
        node.ipsec = IPsecTrust(node.host, node.files)
        agents.append(agent)
    service = publisher.services[Service.DRF_MASTER]
    service.on_stopped.extend(partial(_lose, agent) for agent in agents)
    backup = Backup(publisher.host, service, agents)
    service.on_started.append(backup.wake)
    for node in nodes.values():
        node.files.on_change.append(backup.wake)
    return backup


def _lose(agent: DRFLocal, _hangs: bool) -> None:
    agent.lose()
