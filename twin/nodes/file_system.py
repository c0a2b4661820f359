"""A node's certificate directories: own certificates with their keys, and trust stores.

Knows: units, files. Must not know how a file came there. Services read the file system; where it
and the database differ, the file system wins. Source: cucm-pki-behaviour 1.4 (210541).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey
from twin.pki.stores import AddOutcome, TrustStore


@dataclass(frozen=True, slots=True)
class Identity:
    """An own certificate and its key."""

    certificate: Certificate
    key: PrivateKey


class FileSystem:
    """/usr/local/cm/.security and /usr/local/platform/.security of one node."""

    def __init__(self) -> None:
        self.own: dict[str, Identity] = {}
        self.trust: dict[str, TrustStore] = {}
        self.changed_at_ms: dict[str, int] = {}
        """When an own certificate was last written; absent: before the scenario."""
        self.ctl: bytes | None = None
        """CTLFile.tlv, if there is one."""
        self.on_ctl: list[Callable[[], None]] = []
        """Called when CTLFile.tlv was written or deleted."""

    def store(self, unit: str) -> TrustStore:
        """The trust store of a unit, made when first asked for."""
        if unit not in self.trust:
            self.trust[unit] = TrustStore(unit)
        return self.trust[unit]

    def add_trust(
        self,
        unit: str,
        certificate: Certificate,
        description: str = "Trust Certificate",
        file_name: str | None = None,
    ) -> AddOutcome:
        """Put a certificate into a trust store by the store's own rules."""
        return self.store(unit).add(certificate, description, file_name)

    def put_ctl(self, data: bytes | None) -> None:
        """Write CTLFile.tlv, or delete it (None)."""
        self.ctl = data
        for listener in self.on_ctl:
            listener()
