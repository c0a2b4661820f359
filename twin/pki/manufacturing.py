"""Cisco's manufacturing hierarchy, which signs the certificate every phone is born with (MIC).

The certificates are stand-ins: this project makes them, with the names, issuers, key sizes and
dates of the real ones and keys of its own. They are made when first asked for, and are the same
each time in a run. Must not know stores, phones or releases.

Source: seed, slides on MIC (names of the trust entries; CP-7970G issued by CAP-RTP-002, 2048-bit
RSA, 10 years); Security Guide for CUCM 15. Assumption: issuers, digests and dates by product
knowledge; a date decides when phones of an authority are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from twin.pki import profile
from twin.pki.certificates import Certificate
from twin.pki.device_profile import device_certificate, device_subject
from twin.pki.keys import PrivateKey
from twin.pki.names import DistinguishedName

MIC_BITS = 2048
MIC_DAYS = 3652
"""Ten years. Source: the seed."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certification authority of Cisco Manufacturing. `issuer` is None for a root."""

    name: str
    organization: str
    issuer: str | None
    hash_name: str
    begins: datetime
    ends: datetime

    @property
    def file_name(self) -> str:
        """Its file in a trust store, as `show cert list trust` prints it."""
        return self.name.replace(" ", "_") + ".pem"


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


_ROOT_2048 = "Cisco Root CA 2048"
_ROOT_M2 = "Cisco Root CA M2"
_SYSTEMS = "Cisco Systems"

AUTHORITIES = (
    Authority("CAP-RTP-001", _SYSTEMS, None, "sha1", _day(2003, 2, 6), _day(2023, 2, 6)),
    Authority("CAP-RTP-002", _SYSTEMS, None, "sha1", _day(2003, 10, 10), _day(2023, 10, 10)),
    Authority(_ROOT_2048, _SYSTEMS, None, "sha1", _day(2004, 5, 14), _day(2029, 5, 14)),
    Authority(
        "Cisco Manufacturing CA", _SYSTEMS, _ROOT_2048, "sha1", _day(2005, 6, 10), _day(2029, 5, 14)
    ),
    Authority("ACT2 SUDI CA", "Cisco", _ROOT_2048, "sha256", _day(2011, 6, 30), _day(2029, 5, 14)),
    Authority(_ROOT_M2, "Cisco", None, "sha256", _day(2012, 11, 12), _day(2037, 11, 12)),
    Authority(
        "Cisco Manufacturing CA SHA2", "Cisco", _ROOT_M2, "sha256", _day(2012, 11, 12),
        _day(2037, 11, 12),
    ),
)  # fmt: skip

AUTHORITY_OF = {authority.name: authority for authority in AUTHORITIES}


class Manufacturing:
    """The hierarchy in one run.

    Args:
        key: a key of a size (bits), another one at each call.
        octets: bytes that belong to a name, from the seed.
    """

    def __init__(self, key: Callable[[int], PrivateKey], octets: Callable[..., bytes]) -> None:
        self._octets = octets
        self._keys = {authority.name: key(MIC_BITS) for authority in AUTHORITIES}
        self._made: dict[str, Certificate] = {}

    def certificate(self, name: str) -> Certificate:
        """The certificate of an authority.

        Raises:
            KeyError: there is no such authority.
        """
        if name not in self._made:
            self._made[name] = self._make(AUTHORITY_OF[name])
        return self._made[name]

    def key(self, name: str) -> PrivateKey:
        """The key of an authority."""
        return self._keys[name]

    def chain(self, name: str) -> tuple[Certificate, ...]:
        """An authority and those above it, without the root."""
        found = []
        authority = AUTHORITY_OF[name]
        while authority.issuer is not None:
            found.append(self.certificate(authority.name))
            authority = AUTHORITY_OF[authority.issuer]
        return tuple(found)

    def mic(
        self, authority: str, model: str, device: str, product_serial: str, key: PrivateKey,
        made: datetime,
    ) -> Certificate:  # fmt: skip
        """The certificate a phone got in the factory."""
        return device_certificate(
            device_subject(model, device, product_serial, organization="Cisco Systems Inc."),
            key,
            positive_serial(self._octets(10, "mic-serial", device)),
            made,
            made + timedelta(days=MIC_DAYS),
            AUTHORITY_OF[authority].hash_name,
            self.certificate(authority),
            self._keys[authority],
            device,
        )

    def _make(self, authority: Authority) -> Certificate:
        subject = DistinguishedName.of(
            authority.name, organization=authority.organization, order=("O", "CN")
        )
        serial = positive_serial(self._octets(10, "manufacturing-serial", authority.name))
        days = (authority.ends - authority.begins).days
        key = self._keys[authority.name]
        if authority.issuer is None:
            return profile.self_signed(
                subject, key, serial, authority.begins, days, authority.hash_name, "authority"
            )
        return profile.issue(
            subject, key, serial, authority.begins, days, authority.hash_name, "authority",
            issuer=self.certificate(authority.issuer), issuer_key=self._keys[authority.issuer],
        )  # fmt: skip


def positive_serial(octets: bytes) -> bytes:
    """A serial number whose first bit is not set and whose first byte is not zero."""
    return bytes([octets[0] & 0x7F | 0x40]) + octets[1:]
