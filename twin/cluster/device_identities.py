"""What secure phones show CallManager: LSCs that the publisher's CAPF has issued.

Knows: populations and the CAPF certificate of the start. Must not know handshakes. All phones of
populations with an LSC share a representative one: which phone's name is in it changes no verdict,
since CallManager looks at who issued it.
"""

from __future__ import annotations

from datetime import timedelta

from twin.config.model import ModelConfig
from twin.config.words import DeviceCertificate, SecurityMode
from twin.kernel.streams import Streams
from twin.nodes.file_system import Identity
from twin.phones.population import Population
from twin.phones.ports import DeviceIdentity
from twin.pki import profile
from twin.pki.keys import KeyRing
from twin.pki.names import DistinguishedName

NONE = 0
LSC = 1
LSC_BITS = 2048
LSC_DAYS = 1825
"""Source: cucm-pki-behaviour 7."""
_AGE = timedelta(days=30)
"""Assumption: issued a month before the scenario, well after its CAPF certificate."""


def lscs_needed(model: ModelConfig) -> int:
    """How many keys for LSCs a scenario starts with."""
    return int(any(_has_lsc(part.security_mode, part.device_certificate) for part in model.phones))


class DeviceIdentities:
    """Classes of phones that show the same.

    Args:
        capf: the publisher's CAPF at the start.
    """

    def __init__(
        self,
        model: ModelConfig,
        population: Population,
        capf: Identity | None,
        keys: KeyRing,
        streams: Streams,
    ) -> None:
        self._population = population
        with_lsc = {
            part.group
            for part in model.phones
            if _has_lsc(part.security_mode, part.device_certificate)
        }
        self._classes = [
            LSC if group.population in with_lsc else NONE for group in population.groups
        ]
        self._shown = {NONE: DeviceIdentity()}
        if with_lsc and capf is not None:
            self._shown[LSC] = self._issue(capf, keys, streams)

    def class_of(self, phone: int) -> int:
        """The class of a phone."""
        return self._classes[self._population.group_of[phone]]

    def identity_of_class(self, number: int) -> DeviceIdentity:
        """What phones of a class show; nothing where no CAPF could issue an LSC."""
        return self._shown.get(number, self._shown[NONE])

    def _issue(self, capf: Identity, keys: KeyRing, streams: Streams) -> DeviceIdentity:
        key = keys.take(LSC_BITS)
        octets = streams.octets(8, "lsc-serial")
        certificate = profile.issue(
            DistinguishedName.of("SEP000000000000", organization="Cisco Systems Inc."),
            key,
            bytes([octets[0] & 0x7F | 0x40]) + octets[1:],
            capf.certificate.not_before + _AGE,
            LSC_DAYS,
            "sha256",
            "LSC",
            issuer=capf.certificate,
            issuer_key=capf.key,
        )
        return DeviceIdentity((certificate,), key)


def _has_lsc(mode: SecurityMode, shown: DeviceCertificate) -> bool:
    return mode is not SecurityMode.NON_SECURE and shown is DeviceCertificate.LSC
