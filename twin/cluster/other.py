"""The second cluster of a model: nodes of its own beside the first one's phones.

Knows: what both clusters share (time, chance, journal, network, phones) and what each has for
itself (nodes, database, parameters, security mode, CTL, keys). Everything a node does is the first
cluster's code.
"""

from __future__ import annotations

from twin.cluster.cluster import Cluster
from twin.cluster.devices import DeviceTable
from twin.cluster.phone_configs import PhoneConfigs
from twin.cluster.settings import ClusterSettings
from twin.config.model import ModelConfig, NodeConfig
from twin.config.release import ReleaseProfile
from twin.config.words import Role
from twin.nodes.node import Node
from twin.nodes.replication import Replication


class OtherCluster(Cluster):
    """A cluster that phones of the first may be moved to; it starts with no phone.

    Args:
        first: complete; its ports get this cluster's nodes too.
    """

    def __init__(self, first: Cluster, model: ModelConfig, release: ReleaseProfile) -> None:
        self.__dict__.update(vars(first))  # share all that is not made here
        self._first = first
        first.other = self
        self.model = model
        self.release = release
        self._first_index = len(first.nodes)
        self._token_owner = (model.name,)
        self.settings = ClusterSettings(model, self.streams)
        self.nodes: dict[str, Node] = {}
        self._node_configs = sorted(
            model.nodes, key=lambda node: (node.role is not Role.PUBLISHER, node.name)
        )
        self.replication = Replication(model.publisher.name, self._nodes_connected)
        self._make_nodes()
        self.devices = DeviceTable(model, self.settings)
        self.devices.attach(self.engine)
        self._make_services()
        self.phone_configs = PhoneConfigs(
            model,
            self.population,
            {self.nodes[config.name].index: config for config in self._node_configs},
            self.streams,
            first.vpn.hashes,
            first.model.phones,
        )
        self.files.know(self._names_of_nodes())
        ports = self._make_ports()
        first.ports.files.update(ports.files)
        first.ports.tvs.update(ports.tvs)
        first.ports.registrars.update(ports.registrars)
        first_is_on = first.ports.node_is_on
        first.ports.node_is_on = lambda index: (
            first_is_on(index) if index < self._first_index else ports.node_is_on(index)
        )
        for node in self.nodes.values():
            node.on_power.append(first.look_at_paths)
        first.look_at_paths()

    def _site(self, config: NodeConfig) -> int:
        """A site of the first cluster's network, by name; else where its publisher stands."""
        name = self.model.site_of(config)
        return self.network.index.get(name, self._first.core_site())
