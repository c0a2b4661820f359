"""The IM and Presence nodes of a model: clusters of their own, from the code of any node.

Knows: what such a node is installed with, and which certificates were exchanged before the
scenario. Must not know what connects to what.

Source: edge-presence-video 4.1, 4.2: each node has its own certificates; trust stores are
replicated within an IM&P cluster; CallManager certificates stand in cup-trust and cup certificates
in CallManager-trust. Assumption: of certificates that a CA signed, the CA stands there
(`trusted_in`) and they themselves do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from twin.cluster.authorities import Authorities
from twin.cluster.certificates import authority_trust
from twin.cluster.furnishing import install_certificates
from twin.cluster.presented import presented_by, wire_drf
from twin.cluster.recovery import NoParameters, Recovery
from twin.config.model import ModelConfig
from twin.config.model_presence import ImpNode
from twin.config.presence import PresenceFacts
from twin.config.release import ReleaseProfile
from twin.config.words import PLATFORM_SERVICES, PRESENCE_SERVICES, Role, Service
from twin.kernel.network import Network
from twin.kernel.streams import Streams
from twin.nodes.certificate_monitor import CertificateMonitor
from twin.nodes.change_notification import ChangeNotification
from twin.nodes.database import CertificateRow
from twin.nodes.drf import Backup
from twin.nodes.host import Host
from twin.nodes.node import Node
from twin.nodes.presence.intercluster import STORES
from twin.nodes.presence.node import PresenceNode
from twin.nodes.replication import Member, Replication
from twin.nodes.trust_deletion import TrustDeletion
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyRing


class HostMaker(Protocol):
    """Makes hosts."""

    def __call__(self, name: str, release: ReleaseProfile | None = None, /) -> Host: ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What the nodes stand on.

    Args:
        host: makes a host for a name, with a release profile of its own or the cluster's.
    """

    model: ModelConfig
    nodes: dict[str, Node]
    network: Network
    authorities: Authorities
    keys: KeyRing
    streams: Streams
    host: HostMaker


class ImpCluster:
    """One IM&P cluster: nodes, their database, what each was installed with."""

    def __init__(
        self, name: str, ground: Ground, facts: PresenceFacts, release: ReleaseProfile
    ) -> None:
        self.name = name
        self._ground = ground
        self._facts = facts
        self.model = ground.model.imp_cluster(name)
        self.release = facts.profile(release)
        configs = [node for node in ground.model.imp_nodes if node.cluster == name]
        configs.sort(key=lambda node: (node.role is not Role.PUBLISHER, node.name))
        self.nodes: dict[str, PresenceNode] = {}
        self.backup: Backup
        self.replication = Replication(configs[0].name, self._connected)
        for config in configs:
            self._make(config)
        self.publisher = self.nodes[configs[0].name]
        self.recovery = Recovery(self.publisher, self.nodes, self.replication, NoParameters())
        self._install()

    def profile(self, release: ReleaseProfile) -> ReleaseProfile:
        """A release as nodes of this product have it."""
        return self._facts.profile(release)

    def _make(self, config: ImpNode) -> None:
        ground = self._ground
        own = [
            name for name in PRESENCE_SERVICES
            if config.federates or name is not Service.XCP_FEDERATION
        ]  # fmt: skip
        node = PresenceNode(
            len(ground.nodes) + len(self.nodes),
            ground.network.index[config.site or ground.model.sites[0].name],
            ground.host(config.name, self.release), (*own, *PLATFORM_SERVICES),
            self.name,
        )  # fmt: skip
        self.nodes[config.name] = node
        self.replication.join(config.name, Member(node.host, node.replica, node.on_change))
        node.on_power.append(self.replication.retry)

    def _install(self) -> None:
        ground = self._ground
        rows = install_certificates(
            self.model, self.release, self.model.nodes, dict(self.nodes), self.replication,
            ground.authorities, ground.keys, ground.streams,
        )  # fmt: skip
        rows += authority_trust(
            self.model, dict(self.nodes), ground.authorities, ground.streams,
            tuple(self._facts.replicated),
        )  # fmt: skip
        for node in self.nodes.values():
            node.certificates.install_shared(rows)
            for row in rows:
                self._give(node, row)

    def _give(self, node: PresenceNode, row: CertificateRow) -> None:
        node.replica.put(row)
        for unit in row.units:
            if unit.endswith("-trust") and node.name in row.nodes:
                node.files.add_trust(unit, row.certificate, row.description)

    def trust(self, unit: str, certificates: Iterable[Certificate]) -> None:
        """Certificates that came into a store of every node before the scenario."""
        everybody = tuple(sorted(self.nodes))
        for certificate in certificates:
            pkid = self._ground.streams.uuid("trust", unit, self.name, certificate.common_name)
            row = CertificateRow(pkid, (unit,), self.publisher.name, everybody, certificate)
            for node in self.nodes.values():
                self._give(node, row)

    def start(self) -> None:
        """Services, with what they read at their start; every file is there."""
        for node in self.nodes.values():
            host, services, files = node.host, node.services, node.files
            write = partial(self.replication.write, node.name)
            certcn = services[Service.CERT_CN]
            node.certcn = ChangeNotification(host, certcn, files, node.replica, write)
            node.deletion = TrustDeletion(
                host, files, node.replica, write, partial(self._tell_deletion, node.name)
            )
            node.monitor = CertificateMonitor(
                host, services[Service.CERT_MONITOR], files, self.model.certificate_monitor
            )
            node.wire(presented_by(node), self._facts.xmpp_presented_by)
        self.backup = wire_drf(self.publisher, dict(self.nodes), self._connected)

    def _tell_deletion(self, origin: str, unit: str, name: str) -> None:
        for node in self.nodes.values():
            if node.name != origin and self._connected(origin, node.name):
                node.deletion.on_platform_event(origin, unit, name)

    def _connected(self, a: str, b: str) -> bool:
        one, other = self.nodes[a], self.nodes[b]
        return one.is_on and other.is_on and self._ground.network.reachable(one.site, other.site)


def make_clusters(
    ground: Ground, facts: PresenceFacts, release: ReleaseProfile
) -> dict[str, ImpCluster]:
    """Every IM&P cluster of a model, the first one beside the model's own CUCM cluster."""
    named = dict.fromkeys(node.cluster for node in ground.model.imp_nodes)
    clusters = {name: ImpCluster(name, ground, facts, release) for name in named}
    if not clusters:
        return clusters
    _exchange(ground, next(iter(clusters.values())))
    held = {
        (name, unit): cluster.publisher.trusted(unit)
        for name, cluster in clusters.items()
        for unit in STORES
    }
    for cluster in clusters.values():
        for (name, unit), certificates in held.items():
            if name != cluster.name:  # Intercluster Sync Agents have exchanged them long ago
                cluster.trust(unit, certificates)
    for cluster in clusters.values():
        cluster.start()
    return clusters


def _exchange(ground: Ground, cluster: ImpCluster) -> None:
    """Unified CM and its IM&P cluster know each other's certificates."""
    calling = [node for node in ground.nodes.values() if node.callmanager is not None]
    cluster.trust("tomcat-trust", _own("tomcat", ground.nodes.values()))
    cluster.trust("cup-trust", _own("CallManager", calling))
    everybody = tuple(sorted(ground.nodes))
    for certificate in _own("cup", cluster.nodes.values()):
        pkid = ground.streams.uuid("trust", "CallManager-trust", certificate.common_name)
        origin = ground.model.publisher.name
        row = CertificateRow(pkid, ("CallManager-trust",), origin, everybody, certificate)
        for node in ground.nodes.values():
            node.replica.put(row)
            node.files.add_trust("CallManager-trust", certificate)


def _own(unit: str, nodes: Iterable[Node]) -> list[Certificate]:
    """Own certificates of nodes that nobody else has signed, each once."""
    found = dict.fromkeys(node.files.own[unit].certificate for node in nodes)
    return [certificate for certificate in found if certificate.is_self_issued]
