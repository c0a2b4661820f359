"""The configuration of each phone group, as administration has it.

Knows: the model and the population's groups. Must not know files or signatures: TFTP builds those.
"""

from __future__ import annotations

from collections.abc import Mapping

from twin.config.model import ModelConfig, NodeConfig
from twin.config.words import Service
from twin.kernel.streams import Streams
from twin.phones.population import Population
from twin.pki.phone_config import PhoneConfig


class PhoneConfigs:
    """Configurations by group number, made when first asked for.

    Args:
        by_index: node number to node.
    """

    def __init__(
        self,
        model: ModelConfig,
        population: Population,
        by_index: Mapping[int, NodeConfig],
        streams: Streams,
    ) -> None:
        self._model = model
        self._population = population
        self._by_index = by_index
        self._streams = streams
        self._made: dict[int, tuple[PhoneConfig, bool]] = {}

    def of(self, group: int) -> tuple[PhoneConfig, bool]:
        """The configuration of a phone group, and whether its phones get it signed."""
        if group not in self._made:
            self._made[group] = self._make(group)
        return self._made[group]

    def _make(self, group: int) -> tuple[PhoneConfig, bool]:
        columns = self._population.groups[group]
        members = [self._by_index[index] for index in columns.callmanagers]
        publisher = self._model.publisher
        stamp = self._streams.uuid("config", columns.protocol, columns.callmanager_group)
        config = PhoneConfig(
            protocol=columns.protocol,
            call_managers=tuple((member.name, member.address) for member in members),
            tvs_addresses=tuple(member.address for member in members),
            version_stamp=stamp,
            capf_address=publisher.address if publisher.runs(Service.CAPF) else None,
        )
        return config, columns.has_sbd
