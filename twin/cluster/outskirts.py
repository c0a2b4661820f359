"""What stands around a cluster: Expressways, clients outside, IM and Presence.

Knows: the order in which they are made. Must not know what any of them does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.cluster.edge import Edge, assemble_edge
from twin.cluster.mra import MobileAccess, mobile_access
from twin.cluster.presence import Presence, assemble_presence
from twin.cluster.presence_nodes import Ground

if TYPE_CHECKING:
    from twin.cluster.cluster import Cluster


def assemble_outskirts(
    cluster: Cluster,
) -> tuple[Edge | None, MobileAccess | None, Presence | None]:
    """Each is None in a model that has nothing of it."""
    ground = Ground(
        cluster.model, cluster.nodes, cluster.network, cluster.authorities, cluster.keys,
        cluster.streams, cluster.host,
    )  # fmt: skip
    edge = assemble_edge(
        ground.model, ground.nodes, ground.network, ground.authorities, ground.keys,
        ground.host, ground.streams.octets, cluster.revocation,
    )  # fmt: skip
    access = mobile_access(
        ground.model,
        cluster.made_from.catalogue,
        edge,
        ground.authorities,
        cluster.engine,
        cluster.enrolment,
    )
    return edge, access, assemble_presence(ground, edge, cluster.release, cluster.timing)
