"""Bulk Certificate Management: what a cluster exports, and into which stores it is imported.

Knows: types and stores. Must not know what the other cluster's phones make of it.

Source: cucm-pki-behaviour 1.3, 2.7 (Cisco 213407): TFTP certificates go into CallManager-trust and
Phone-SAST-trust, ITLRecovery into Phone-SAST-trust. Assumption: Tomcat and CAPF into the stores of
their own names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twin.cluster.cluster import Cluster
from twin.config.words import Service
from twin.nodes.database import CertificateRow
from twin.pki.certificates import Certificate

SERVICE = "BulkCertificate"

STORES = {
    "TFTP": ("CallManager", ("CallManager-trust", "Phone-SAST-trust")),
    "ITLRecovery": ("ITLRecovery", ("Phone-SAST-trust",)),
    "Tomcat": ("tomcat", ("tomcat-trust",)),
    "CAPF": ("CAPF", ("CAPF-trust", "CallManager-trust")),
}
"""Type to the own certificate it stands for and the stores it is imported into."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One certificate of the consolidated file, and where it goes."""

    certificate: Certificate
    stores: tuple[str, ...]


def exported(cluster: Cluster, types: Sequence[str]) -> list[Exported]:
    """What a cluster puts into the file: its nodes' certificates of these types, as in use now."""
    found = []
    for kind in types:
        unit, stores = STORES[kind]
        for node in cluster.nodes.values():
            is_wanted = kind != "TFTP" or cluster.model.node(node.name).runs(Service.TFTP)
            identity = node.files.own.get(unit)
            if identity is not None and is_wanted:
                found.append(Exported(identity.certificate, stores))
    return found


def import_row(cluster: Cluster, entry: Exported) -> None:
    """Put a certificate into a cluster's stores, by way of the publisher's database."""
    publisher = cluster.nodes[cluster.model.publisher.name]
    for store in entry.stores:
        publisher.files.add_trust(store, entry.certificate)
    name = entry.certificate.common_name
    publisher.host.record(
        SERVICE,
        "import",
        subject=entry.certificate.subject,
        serial=entry.certificate.serial_bytes.hex(),
        stores=list(entry.stores),
    )
    cluster.replication.write(
        publisher.name,
        CertificateRow(
            cluster.streams.uuid("bulk", cluster.model.name, *entry.stores, name),
            entry.stores,
            publisher.name,
            tuple(sorted(cluster.nodes)),
            entry.certificate,
        ),
    )
