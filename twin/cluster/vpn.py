"""VPN concentrators, and the certificates phones are told to accept of them.

Knows: what a concentrator presents, what administration has put into Phone-VPN-trust for it. Must
not know phones. A concentrator is outside the cluster: nothing CUCM does changes its certificate.

Source: cucm-pki-behaviour 1.3, 4.3 (CSCuh19734: an upload of the same CN overwrites the older
certificate, which is the store's own rule); seed (Phone-VPN-trust holds the concentrator's
certificate).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import datetime

from twin.config.model_capf import VpnConcentrator
from twin.nodes.file_system import FileSystem
from twin.pki import profile
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyRing
from twin.pki.manufacturing import positive_serial
from twin.pki.names import DistinguishedName
from twin.pki.stores import AddOutcome

STORE = "Phone-VPN-trust"
BITS = 2048
DAYS = 1825
"""Assumption: a self-signed certificate of a usual size and age."""


class Concentrators:
    """The concentrators of a model.

    Args:
        files: the publisher's, whose Phone-VPN-trust administration assigns certificates from.
        begun: when the certificates of the start were made.
    """

    def __init__(
        self,
        configs: Iterable[VpnConcentrator],
        files: FileSystem,
        keys: KeyRing,
        octets: Callable[..., bytes],
        begun: datetime,
    ) -> None:
        self._files = files
        self._keys = keys
        self._octets = octets
        self._made: dict[str, list[Certificate]] = {}
        self._presented: dict[str, Certificate] = {}
        for config in configs:
            self.generate(config.name, config.common_name, begun)
            self.activate(config.name)
            self.upload(config.name)

    def generate(self, name: str, common_name: str | None, at: datetime) -> Certificate:
        """A new certificate, not presented yet; by default under the name of the last one."""
        made = self._made.setdefault(name, [])
        subject = DistinguishedName.of(common_name or made[-1].common_name)
        serial = positive_serial(self._octets(16, "vpn", name, len(made)))
        key = self._keys.take(BITS)
        made.append(profile.self_signed(subject, key, serial, at, DAYS, "sha256", "web-server"))
        return made[-1]

    def activate(self, name: str) -> None:
        """The concentrator presents its newest certificate from now on."""
        self._presented[name] = self._made[name][-1]

    def upload(self, name: str) -> AddOutcome:
        """The newest certificate is put into Phone-VPN-trust and assigned to the gateway."""
        return self._files.add_trust(STORE, self._made[name][-1], "Signed Certificate")

    def hashes(self, name: str) -> tuple[str, ...]:
        """What phones are told to accept: its certificates in Phone-VPN-trust, in order."""
        entries = self._files.store(STORE).entries()
        return tuple(
            _hash(entry.certificate) for entry in entries if entry.certificate in self._made[name]
        )

    def is_accepted(self, name: str, hashes: tuple[str, ...]) -> bool:
        """Whether a phone with these hashes accepts what the concentrator presents."""
        return _hash(self._presented[name]) in hashes


def _hash(certificate: Certificate) -> str:
    return base64.b64encode(certificate.sha1).decode()
