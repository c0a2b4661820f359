"""Whose certificates there are around a cluster: every system with certificates of its own.

Knows: where each kind of system keeps them. Must not know what becomes of one.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.cluster.cluster import Cluster
from twin.nodes.node import Node
from twin.pki.certificates import Certificate

SERVER = "server"
"""The unit of a system that has one certificate for all: an Expressway, another product."""
CLIENT = "client"
"""The unit of an Expressway's client certificate, where its release has a store for it."""
CA_LIST = "trusted CA list"


def owned(cluster: Cluster) -> dict[str, dict[str, Certificate]]:
    """By system and unit, every own certificate as it is on disk now."""
    found = {name: _of_node(node) for name, node in every_node(cluster).items()}
    if cluster.edge is not None:
        for name, peer in cluster.edge.peers.items():
            page = peer.certificates
            found[name] = {SERVER: page.stored.certificate}
            if page.stored_client is not None:
                found[name][CLIENT] = page.stored_client.certificate
    if cluster.integrations is not None:
        for name, system in cluster.integrations.systems.items():
            found[name] = {SERVER: system.stored.certificate}
    return found


def in_use(cluster: Cluster) -> Iterator[tuple[str, str, Certificate]]:
    """System, unit and certificate of what running services present, stored as that or not."""
    for name, node in every_node(cluster).items():
        for unit, certificate in presented(node):
            yield name, unit, certificate
    if cluster.edge is not None:
        for name, peer in cluster.edge.peers.items():
            yield name, SERVER, peer.certificates.active.certificate
            if peer.certificates.active_client != peer.certificates.active:
                yield name, CLIENT, peer.certificates.active_client.certificate
    if cluster.integrations is not None:
        for name, system in cluster.integrations.systems.items():
            yield name, SERVER, system.active.certificate


def stores(cluster: Cluster) -> Iterator[tuple[str, str, tuple[Certificate, ...]]]:
    """System, name of the store and what is in it, of every trust store there is."""
    for name, node in every_node(cluster).items():
        for unit, store in sorted(node.files.trust.items()):
            yield name, unit, tuple(entry.certificate for entry in store.entries())
    if cluster.edge is not None:
        for name, peer in cluster.edge.peers.items():
            yield name, CA_LIST, peer.ca_list.entries
    if cluster.integrations is not None:
        for name, system in cluster.integrations.systems.items():
            for store_name, trusted in system.stores.items():
                yield name, store_name, trusted


def every_node(cluster: Cluster) -> dict[str, Node]:
    """The nodes of Unified CM, then those of IM and Presence."""
    presence = {} if cluster.presence is None else cluster.presence.nodes
    return {**cluster.nodes, **presence}


def presented(node: Node) -> Iterator[tuple[str, Certificate]]:
    """Unit and certificate of what a node's services present now."""
    for service in node.every_presented():
        if service.certificate is not None:
            yield service.unit, service.certificate
    if node.signaling is not None:
        yield "CallManager", node.signaling.identity.certificate


def _of_node(node: Node) -> dict[str, Certificate]:
    return {unit: identity.certificate for unit, identity in node.files.own.items()}
