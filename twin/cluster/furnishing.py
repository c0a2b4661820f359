"""What the nodes of a cluster find on their disks and in their database when a scenario begins.

Knows: the order in which certificates are made, and that every row stands in every replica. Must
not know services, which read all this when they start.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from twin.cluster.authorities import Authorities
from twin.cluster.certificates import (
    StandIns,
    authority_trust,
    extra_trust,
    key_bits,
    node_names,
    own_units,
    shipped_trust,
    web_certificates,
)
from twin.config.model import ModelConfig, NodeConfig
from twin.config.release import ReleaseProfile
from twin.config.words import Role
from twin.kernel.streams import Streams
from twin.nodes.certificate_manager import CertificateManager
from twin.nodes.certificate_requests import CertificateRequests
from twin.nodes.database import CertificateRow
from twin.nodes.node import Node
from twin.nodes.replication import Replication
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyRing
from twin.pki.manufacturing import Manufacturing


def install_certificates(
    model: ModelConfig,
    release: ReleaseProfile,
    configs: Sequence[NodeConfig],
    nodes: dict[str, Node],
    replication: Replication,
    authorities: Authorities,
    keys: KeyRing,
    streams: Streams,
) -> list[CertificateRow]:
    """Give every node its certificate manager and its own certificates; their rows."""
    names = tuple(sorted(nodes))
    rows: list[CertificateRow] = []
    for config in configs:
        node = nodes[config.name]
        node.certificates = CertificateManager(
            node.host, node.files, node_names(model, config), keys,
            key_bits(model, release, config.name), names, config.role is Role.PUBLISHER,
            streams.uuid, partial(replication.write, config.name), node.replica.own,
            tuple(str(unit) for unit in model.multi_server),
        )  # fmt: skip
        node.requests = CertificateRequests(
            node.host, node.files, node.certificates, names, streams.uuid,
            partial(replication.write, config.name),
        )  # fmt: skip
        rows += node.certificates.install_first(
            own_units(model, release, config.name),
            authorities.signers(config.name, model.signed_units, config.certificates),
            config.certificates,
        )
    return rows


def fill_trust_stores(
    model: ModelConfig,
    release: ReleaseProfile,
    nodes: dict[str, Node],
    rows: list[CertificateRow],
    authorities: Authorities,
    keys: KeyRing,
    streams: Streams,
    manufacturing: Manufacturing,
    start: datetime,
) -> dict[str, Certificate]:
    """Put everything that is trusted into stores and replicas.

    Args:
        rows: of the nodes' own certificates.

    Returns:
        What each outside web server presents, by its name.
    """
    stand_ins = StandIns(streams, keys, start)
    rows = [*rows, *authority_trust(model, nodes, authorities, streams)]
    rows += extra_trust(model, nodes, stand_ins, streams, manufacturing)
    rows += shipped_trust(
        release.mic_authorities, model.publisher.name, nodes, streams, manufacturing
    )
    presented = web_certificates(model, stand_ins)
    for node in nodes.values():
        node.certificates.install_shared(rows)
        for row in rows:
            node.replica.put(row)
            for unit in row.units:
                if unit.endswith("-trust") and node.name in row.nodes:
                    node.files.add_trust(unit, row.certificate, row.description)
    return presented
