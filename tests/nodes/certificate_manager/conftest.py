"""Certificate managers on hosts of the test, and what they write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.nodes.certificate_manager import CertificateManager
from twin.nodes.certificate_names import NodeNames
from twin.nodes.database import CertificateRow
from twin.nodes.file_system import FileSystem
from twin.pki.keys import KeyBank, KeyRing

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeHost


@pytest.fixture
def keys(bank: KeyBank) -> KeyRing:
    """Keys in order, from the first on."""
    return KeyRing(bank)


@pytest.fixture
def written() -> list[CertificateRow]:
    """The rows certificate managers wrote into the database in this test, in order."""
    return []


@pytest.fixture
def make_manager(
    make_host: Callable[..., FakeHost],
    keys: KeyRing,
    subject: dict[str, str],
    written: list[CertificateRow],
) -> Callable[..., CertificateManager]:
    """A maker of certificate managers, each with a file system of its own, that share keys.

    `surroundings` are what `make_host` takes beside the name.
    """

    def make(
        name: str = "labserver1",
        is_publisher: bool = True,
        key_bits: dict[str, int] | None = None,
        **surroundings: Any,
    ) -> CertificateManager:
        host = make_host(name, **surroundings)
        return CertificateManager(
            host,
            FileSystem(),
            NodeNames(host.name, f"{host.name}.vasank.com", subject),
            keys,
            key_bits or {str(unit): bits for unit, bits in host.release.key_bits.items()},
            ("labserver1", "labserver2"),
            is_publisher,
            lambda *parts: "/".join(map(str, parts)),
            written.append,
        )

    return make
