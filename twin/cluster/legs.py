"""Every TLS leg of a live cluster: between systems, from outside, and from secure phones.

Knows: where legs are kept. Must not know how one ends (`twin.nodes.legs`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from twin.cluster.cluster import Cluster
from twin.nodes.legs import Leg, Side
from twin.nodes.node import Node
from twin.nodes.secure_signaling import TRUST
from twin.phones.ports import Registrar
from twin.phones.securing import LEGS
from twin.pki.handshake import Endpoint

_PORTS = {protocol: int(name.rsplit(" ", 1)[1]) for protocol, name in LEGS.items()}


def every_leg(cluster: Cluster) -> list[Leg]:
    """The legs, those between systems first.

    Federation streams between the same servers, for several domains, are one leg: the last one's.
    """
    standing = [] if cluster.edge is None else [*cluster.edge.connections]
    if cluster.presence is not None:
        standing += cluster.presence.legs.connections
    if cluster.integrations is not None:
        standing += cluster.integrations.connections
    legs = [one.leg for one in standing]
    if cluster.mra is not None:
        legs += cluster.mra.first_legs()
    if cluster.presence is not None:
        legs += cluster.presence.client_legs()
        streams = (stream.standing for stream in cluster.presence.federations.streams)
        legs += {leg.name: leg for leg in streams if leg is not None}.values()
    return [*legs, *_secure_registrations(cluster)]


def _secure_registrations(cluster: Cluster) -> Iterator[Leg]:
    """One phone of each population with a secure mode to each CallManager of its group.

    Phones outside come through an Expressway-C and have no session with CallManager.
    """
    engine = cluster.engine
    columns, ports = cluster.population, engine.core.ports
    by_index = {node.index: node for node in cluster.nodes.values()}
    first: dict[int, int] = {}
    for phone, number in enumerate(columns.group_of):
        first.setdefault(number, phone)
    for phone in first.values():
        group = columns.group(phone)
        if group.origin in ports.proxies or not engine.securing.wants_tls(phone):
            continue
        for index in group.callmanagers:
            registrar = ports.registrars.get(index)
            if index in by_index and registrar is not None:
                yield _registration(cluster, phone, registrar, by_index[index])


def _registration(cluster: Cluster, phone: int, registrar: Registrar, node: Node) -> Leg:
    securing = cluster.engine.securing
    group = cluster.population.group(phone)

    def client() -> Endpoint | None:
        ends = securing.ends(cluster.simulation.now_ms, phone, registrar)
        return None if ends is None else ends[0]

    def server() -> Endpoint | None:
        return registrar.secure.endpoint() if registrar.is_up and registrar.secure else None

    return Leg(
        LEGS[group.protocol],
        Side(group.population, node.host, client),
        Side(node.name, node.host, server, stores=(TRUST,)),
        _PORTS[group.protocol], group.protocol,
        partial(cluster.network.reachable, group.site, registrar.site),
    )  # fmt: skip
