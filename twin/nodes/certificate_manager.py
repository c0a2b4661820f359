"""IPT Platform CertMgr: making and replacing a node's own certificates.

Knows: names, key sizes and validity by unit and release, the 5-minute guard, the file system and
the rows a change writes. Must not know what other services do about it.

Source: cucm-pki-behaviour 1.1-1.4, 4.1, 4.2; CertMgmt.log and the refusal screen of the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from twin.config.words import Unit
from twin.nodes.database import CertificateRow
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.host import Host
from twin.pki import profile
from twin.pki.keys import KeyRing
from twin.pki.names import DistinguishedName

SERVICE = "CertMgr"

GUARDED = {"TVS": "CallManager", "CallManager": "TVS"}
"""Regenerating the first is refused soon after the second.
Source: the seed's screen shows TVS after CallManager. Assumption: the reverse is refused too."""

TRUST_COPIES = {
    "tomcat": ("tomcat-trust",),
    "CallManager": ("CallManager-trust", "Phone-SAST-trust"),
    "CAPF": ("CallManager-trust",),
    "ipsec": ("ipsec-trust",),
}
"""Stores on other nodes that get a copy. Source: cucm-pki-behaviour 1.3."""

CERTIFICATE_AGE_DAYS = 400
"""Age of the certificates a scenario starts with. Assumption: within any release's validity."""


@dataclass(frozen=True, slots=True)
class NodeNames:
    """What a node's certificates are called."""

    host: str
    fqdn: str
    subject: dict[str, str]
    """Keyword arguments of `DistinguishedName.of` beside the common name."""


class CertificateManager:
    """The certificates of one node.

    Args:
        write: puts a row into the cluster's database.
        row_of: the pkid and the mapped nodes of this node's row for (unit, is trust copy).
        is_publisher: CAPF and ITLRecovery are in use on the publisher only.
    """

    def __init__(
        self,
        host: Host,
        files: FileSystem,
        names: NodeNames,
        keys: KeyRing,
        key_bits: dict[str, int],
        all_nodes: tuple[str, ...],
        is_publisher: bool,
        pkid: Callable[..., str],
        write: Callable[[CertificateRow], None],
    ) -> None:
        self.host = host
        self.files = files
        self.names = names
        self._keys = keys
        self._key_bits = key_bits
        self._all_nodes = all_nodes
        self._is_publisher = is_publisher
        self._pkid = pkid
        self._write = write
        self._generations: dict[str, int] = {}
        self._working: set[str] = set()

    def common_name(self, unit: str, generation: int) -> str:
        """The CN of a unit's certificate. Source: cucm-pki-behaviour 1.1."""
        if unit == "CAPF":
            return f"CAPF-{self.host.octets(4, 'capf-name', self.host.name, generation).hex()}"
        if unit == "ITLRecovery":
            return f"ITLRECOVERY_{self.names.fqdn}"
        return self.names.fqdn

    def make(self, unit: str, age_days: int = 0) -> Identity:
        """A new self-signed certificate with a new key; nothing is stored yet."""
        release = self.host.release
        generation = self._generations.get(unit, 0)
        self._generations[unit] = generation + 1
        key = self._keys.take(self._key_bits[unit])
        certificate = profile.self_signed(
            DistinguishedName.of(self.common_name(unit, generation), **self.names.subject),
            key,
            _serial(self.host.octets(16, "serial", self.host.name, unit, generation)),
            self.host.time() - _days(age_days),
            release.validity_days[Unit(unit)],
            release.certificate_hash,
            unit,
            country_first=release.certificate_name_order == "C_first",
        )
        return Identity(certificate, key)

    def install_first(self, units: tuple[str, ...]) -> list[CertificateRow]:
        """The certificates the scenario starts with; their rows, for every replica."""
        rows: list[CertificateRow] = []
        for unit in units:
            identity = self.make(unit, CERTIFICATE_AGE_DAYS)
            self.files.own[unit] = identity
            rows.extend(self.rows(unit, identity))
        return rows

    def replace(self, unit: str) -> Identity:
        """A new certificate in place of whatever is there; no row is written yet."""
        identity = self.files.own[unit] = self.make(unit)
        self.files.changed_at_ms[unit] = self.host.now_ms
        return identity

    def resize_keys(self, key_bits: dict[str, int]) -> None:
        """Sizes of the keys that are made from now on."""
        self._key_bits = key_bits

    def install_anew(self, units: tuple[str, ...]) -> None:
        """An installation from nothing: new certificates, no trust; no row is written yet."""
        self._working.clear()
        self.files.clear()
        for unit in units:
            self.files.own[unit] = self.make(unit)

    def rows(self, unit: str, identity: Identity) -> list[CertificateRow]:
        """The rows of an own certificate: itself and its trust copy, if it has one."""
        me = self.host.name
        description = "Self-signed certificate generated by system"
        own = CertificateRow(
            self._pkid(me, unit), (unit,), me, (me,), identity.certificate, description
        )
        if unit not in TRUST_COPIES or (unit in ("CAPF", "ipsec") and not self._is_publisher):
            return [own]
        name: tuple[str, ...] = (me, unit, "trust")
        if unit == "CAPF":  # another CN each time: a new row beside the old one
            name = (*name, identity.certificate.common_name)
        trust = CertificateRow(
            self._pkid(*name), TRUST_COPIES[unit], me, self._all_nodes, identity.certificate
        )
        return [own, trust]

    # -- regeneration -----------------------------------------------------------------------

    def refusal(self, unit: str) -> str | None:
        """Why the unit cannot be regenerated now, in the product's words; None if it can."""
        if unit not in self.files.own:
            return f"{unit} certificate does not exist on {self.host.name}"
        if unit in self._working:
            return f"{unit} certificate is being generated on {self.host.name}"
        guard_ms = self.host.timing.regeneration_guard_min.ms
        other = GUARDED.get(unit)
        if not self.host.release.regeneration_guard or other is None or guard_ms == 0:
            return None
        changed_at_ms = self.files.changed_at_ms.get(other)
        if changed_at_ms is None or self.host.now_ms - changed_at_ms >= guard_ms:
            return None
        minutes = f"{guard_ms / 60_000:g}"
        return (
            f"{other} certificate was modified in the last {minutes} minutes. "
            f"Please re-try regenerating {unit} certificate at a later time"
        )

    def regenerate(self, unit: str, done: Callable[[], None]) -> str | None:
        """Replace an own certificate by a new self-signed one; the refusal, or None.

        `done` is called when file system and database are written, some seconds later.
        """
        refused = self.refusal(unit)
        if refused is not None:
            self.host.record(
                SERVICE, "regenerate_refused", severity="warning", unit=unit, message=refused
            )
            return refused
        self._working.add(unit)
        self.host.record(SERVICE, "regenerate", op="regenerate", unit=unit)
        self.host.after(self.host.drawn_ms("certificate_regen_s"), self._finish, unit, done)
        return None

    def _finish(self, unit: str, done: Callable[[], None]) -> None:
        old = self.files.own[unit].certificate
        identity = self.make(unit)
        self.files.own[unit] = identity
        self.files.changed_at_ms[unit] = self.host.now_ms
        self._working.discard(unit)
        self.host.record(
            SERVICE,
            "regenerated",
            unit=unit,
            subject=identity.certificate.subject,
            serial=identity.certificate.serial_bytes.hex(),
            old_serial=old.serial_bytes.hex(),
        )
        if unit == "tomcat":
            self.host.alarm(SERVICE, "TomcatCertRegen", "critical", unit=unit)
        for row in self.rows(unit, identity):
            for store in row.units:
                if store.endswith("-trust"):
                    self.files.add_trust(store, row.certificate, row.description)
            self._write(row)
        done()


def _serial(octets: bytes) -> bytes:
    """A positive 16-byte serial whose first byte is not zero."""
    return bytes([octets[0] & 0x7F | 0x40]) + octets[1:]


def _days(days: int) -> timedelta:
    return timedelta(days=days)
