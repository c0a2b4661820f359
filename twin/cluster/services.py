"""The services of a node as a scenario finds them: started, each with what it read at its start.

Knows: which service a node has by its activation, what each is handed. Must not know phones.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.cluster.devices import DeviceTable
from twin.cluster.presented import presented_by
from twin.cluster.settings import ClusterSettings
from twin.config.model import ModelConfig, NodeConfig
from twin.config.words import Service
from twin.nodes.callmanager import CallManager
from twin.nodes.capf import CAPF
from twin.nodes.certificate_monitor import CertificateMonitor
from twin.nodes.change_notification import ChangeNotification
from twin.nodes.database import Write
from twin.nodes.node import Node
from twin.nodes.secure_signaling import SecureSignaling
from twin.nodes.sso import SingleSignOn
from twin.nodes.tftp import TFTP
from twin.nodes.trust_deletion import TrustDeletion
from twin.nodes.tvs import TVS


def start_services(
    node: Node,
    config: NodeConfig,
    model: ModelConfig,
    settings: ClusterSettings,
    devices: DeviceTable,
    write: Callable[[Write], None],
    tell_deletion: Callable[[str, str], None],
) -> None:
    """Give a node its services; its files and its replica are there already.

    Args:
        write: puts a row into the database, from this node.
        tell_deletion: hands a deletion, by store and name, to every other node.
    """
    services, host, files = node.services, node.host, node.files
    node.certcn = ChangeNotification(host, services[Service.CERT_CN], files, node.replica, write)
    node.deletion = TrustDeletion(host, files, node.replica, write, tell_deletion)
    node.tvs = TVS(host, services[Service.TVS], files, node.replica)
    node.presented = presented_by(node)
    node.tomcat = node.presented[Service.TOMCAT]
    node.monitor = CertificateMonitor(
        host, services[Service.CERT_MONITOR], files, model.certificate_monitor
    )
    if Service.TFTP in config.services:
        node.tftp = TFTP(host, services[Service.TFTP], files, node.replica, settings)
        node.certcn.on_taken_late.append(node.tftp.on_taken_late)
    if Service.CAPF in config.services:
        node.capf = CAPF(host, services[Service.CAPF], files)
    if Service.CALLMANAGER in config.services:
        called = services[Service.CALLMANAGER]
        node.callmanager = CallManager(host, called, devices, settings, settings.streams.uuid)
        node.signaling = SecureSignaling(host, called, files, settings.is_mixed)


def single_sign_on(model: ModelConfig, nodes: dict[str, Node]) -> SingleSignOn | None:
    """The trust with the model's identity provider; None without one."""
    config = model.single_sign_on
    if config is None:
        return None
    return SingleSignOn(config.identity_provider, nodes, config.checks_signatures)
