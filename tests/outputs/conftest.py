"""Certificates and the captures of published documents, for the tests of the outputs room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twin.outputs.capture import Capture, split
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank, PrivateKey, default_directory
from twin.pki.names import DistinguishedName
from twin.pki.profile import self_signed

Identity = tuple[Certificate, PrivateKey]
CAPTURES = Path(__file__).parent / "captures"


@pytest.fixture(scope="session")
def identity() -> Callable[..., Identity]:
    """A maker of (self-signed certificate, key) for a unit; key `index` of `bits`."""
    bank = KeyBank(default_directory())

    def make(
        common_name: str = "pub.example.com",
        *,
        bits: int = 1024,
        index: int = 0,
        unit: str = "CallManager",
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
        return self_signed(name, key, serial, start, 1825, "sha256", unit), key

    return make


@pytest.fixture
def captured() -> Callable[[str], Capture]:
    """A reader of one published capture: the part of the file that a command printed."""

    def read(file: str) -> Capture:
        found = [one for one in split((CAPTURES / file).read_text(), file) if one.filled]
        assert len(found) == 1
        return found[0]

    return read
