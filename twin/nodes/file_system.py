"""A node's certificate directories: own certificates with their keys, and trust stores.

Knows: units, files. Must not know how a file came there. Services read the file system; where it
and the database differ, the file system wins. Source: cucm-pki-behaviour 1.4 (210541).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey
from twin.pki.stores import AddOutcome, FileNaming, TrustStore


@dataclass(frozen=True, slots=True)
class Identity:
    """An own certificate and its key; `is_shared` if all nodes have the same one."""

    certificate: Certificate
    key: PrivateKey
    is_shared: bool = False


PLATFORM_UNITS = ("tomcat", "ipsec", "directory", "authz", "cup", "userlicensing")


def security_directory(unit: str) -> str:
    """Where a unit, or the unit of a trust store, has its directories.

    Source: the seed's CertMgmt logs for CallManager and tomcat. Assumption: what belongs to phones
    and CallManager is beside CallManager, everything else beside tomcat.
    """
    kind = unit.removesuffix("-trust")
    place = "platform" if kind.startswith(PLATFORM_UNITS) else "cm"
    return f"/usr/local/{place}/.security/{kind}"


class FileSystem:
    """/usr/local/cm/.security and /usr/local/platform/.security of one node.

    Args:
        naming: how files of trust certificates are named.
        with_namesakes: units whose store keeps certificates of one common name side by side.
    """

    def __init__(
        self,
        naming: FileNaming = FileNaming.COMMON_NAME,
        with_namesakes: tuple[str, ...] = (),
    ) -> None:
        self._naming = naming
        self._with_namesakes = with_namesakes
        self.own: dict[str, Identity] = {}
        self.trust: dict[str, TrustStore] = {}
        self.changed_at_ms: dict[str, int] = {}
        """When an own certificate was last written; absent: before the scenario."""
        self.cleared = 0
        """How often the trust stores were emptied."""
        self.ctl: bytes | None = None
        """CTLFile.tlv, if there is one."""
        self.on_ctl: list[Callable[[], None]] = []
        """Called when CTLFile.tlv was written or deleted."""
        self.on_change: list[Callable[[], None]] = []
        """Called when an own certificate or a trust store changed."""

    def blank(self) -> FileSystem:
        """An empty file system that names its files as this one does."""
        return FileSystem(self._naming, self._with_namesakes)

    def clear(self) -> None:
        """Empty every directory.

        Assumption: CTLFile.tlv is gone with the others, until a `utils ctl` command copies it here.
        """
        self.cleared += 1
        self.own.clear()
        self.trust.clear()
        self.changed_at_ms.clear()
        self._changed()
        if self.ctl is not None:
            self.put_ctl(None)

    def store(self, unit: str) -> TrustStore:
        """The trust store of a unit, made when first asked for."""
        if unit not in self.trust:
            keeps = unit in self._with_namesakes
            self.trust[unit] = TrustStore(unit, self._naming, keeps)
            self.trust[unit].on_change.append(self._changed)
        return self.trust[unit]

    def add_trust(
        self,
        unit: str,
        certificate: Certificate,
        description: str = "Trust Certificate",
        file_name: str | None = None,
        overwrite: bool = False,
    ) -> AddOutcome:
        """Put a certificate into a trust store by the store's own rules."""
        return self.store(unit).add(certificate, description, file_name, overwrite)

    def put_ctl(self, data: bytes | None) -> None:
        """Write CTLFile.tlv, or delete it (None)."""
        self.ctl = data
        for listener in self.on_ctl:
            listener()

    def put_own(self, unit: str, identity: Identity, at_ms: int | None = None) -> None:
        """Write an own certificate with its key; at an instant of the scenario, or before it."""
        self.own[unit] = identity
        if at_ms is not None:
            self.changed_at_ms[unit] = at_ms
        self._changed()

    def _changed(self) -> None:
        for listener in self.on_change:
            listener()
