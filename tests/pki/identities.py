"""Self-signed certificates with their keys, as tests of several rooms want them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank, PrivateKey
from twin.pki.names import DistinguishedName
from twin.pki.profile import self_signed

Identity = tuple[Certificate, PrivateKey]


def maker(bank: KeyBank) -> Callable[..., Identity]:
    """A maker of (self-signed certificate, key) for a unit; key `index` of `bits`."""

    def make(
        common_name: str = "pub.example.com",
        *,
        bits: int = 1024,
        index: int = 0,
        unit: str = "CallManager",
        hash_name: str = "sha256",
        serial: bytes = bytes.fromhex("6deeff0e66e636936118c4056538c0cf"),
        start: datetime = datetime(2016, 2, 1, tzinfo=UTC),
        subject: DistinguishedName | None = None,
    ) -> Identity:
        name = subject or DistinguishedName.of(
            common_name,
            organizational_unit="TAC",
            organization="Cisco",
            locality="Bangalore",
            state="Karnataka",
            country="IN",
        )
        key = bank.key(bits, index)
        return self_signed(name, key, serial, start, 1825, hash_name, unit), key

    return make
