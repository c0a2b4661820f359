"""The configuration of each phone group, as administration has it.

Knows: the model and the population's groups. Must not know files or signatures: TFTP builds those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from twin.config.expansion import PhonePopulation
from twin.config.model import ModelConfig, NodeConfig
from twin.config.words import SecurityMode, Service
from twin.kernel.streams import Streams
from twin.phones.population import Population
from twin.phones.ports import of_variant
from twin.pki.phone_config import PhoneConfig

_MODE_NUMBERS = {
    SecurityMode.NON_SECURE: 1,
    SecurityMode.AUTHENTICATED: 2,
    SecurityMode.ENCRYPTED: 3,
}
_TLS = 3
_ANY_TRANSPORT = 4
"""transportLayerProtocol. Source: wire-formats 5."""


class PhoneConfigs:
    """Configurations by group number, made when first asked for.

    Args:
        by_index: node number to node.
        vpn_hashes: what phones are told to accept of a VPN concentrator.
        phones: the phones of the population, if they are another model's.
    """

    def __init__(
        self,
        model: ModelConfig,
        population: Population,
        by_index: Mapping[int, NodeConfig],
        streams: Streams,
        vpn_hashes: Callable[[str], tuple[str, ...]],
        phones: Sequence[PhonePopulation] | None = None,
    ) -> None:
        self._model = model
        self._population = population
        self._by_index = by_index
        self._streams = streams
        self._vpn_hashes = vpn_hashes
        phones = model.phones if phones is None else phones
        self._parts = sorted(phones, key=lambda part: part.name)
        self.srst_certificate: Callable[[int], str] = lambda site: ""
        """What a site's phones are told to accept of their secure SRST gateway."""
        self._made: dict[tuple[int, bool], tuple[PhoneConfig, bool]] = {}

    def forget(self) -> None:
        """Administration has changed something: make each anew when asked."""
        self._made.clear()

    def of(self, key: int, is_mixed: bool) -> tuple[PhoneConfig, bool]:
        """The configuration of a phone group, and whether its phones get it signed.

        A phone without Security by Default asks for a signed file once it has a CTL, which a mixed
        cluster serves. The profile's security counts in a mixed cluster only.

        Args:
            key: the group's number, or a variant of it (`twin.phones.ports.variant_key`).
            is_mixed: Cluster Security Mode, as TFTP read it.
        """
        if (key, is_mixed) not in self._made:
            group, capf_auth_mode = of_variant(key)
            self._made[key, is_mixed] = self._make(group, is_mixed, capf_auth_mode)
        return self._made[key, is_mixed]

    def _make(self, group: int, is_mixed: bool, capf_auth_mode: int) -> tuple[PhoneConfig, bool]:
        columns = self._population.groups[group]
        members = [self._by_index[index] for index in columns.callmanagers]
        publisher = self._model.publisher
        part = self._parts[columns.origin]
        vpn = part.vpn
        stamp = self._streams.uuid("config", columns.protocol, columns.callmanager_group)
        mode = part.security_mode if is_mixed else SecurityMode.NON_SECURE
        config = PhoneConfig(
            protocol=columns.protocol,
            call_managers=tuple((member.name, member.address) for member in members),
            tvs_addresses=tuple(member.address for member in members),
            version_stamp=stamp,
            device_security_mode=_MODE_NUMBERS[mode],
            transport=_ANY_TRANSPORT if mode is SecurityMode.NON_SECURE else _TLS,
            vpn_url=None if vpn is None else f"https://{vpn}.{self._model.domain}/phonevpn",
            vpn_hashes=() if vpn is None else self._vpn_hashes(vpn),
            srst_certificate=self.srst_certificate(columns.site),
            capf_auth_mode=capf_auth_mode,
            capf_address=publisher.address if publisher.runs(Service.CAPF) else None,
        )
        return config, columns.has_sbd or is_mixed
