"""IPT Platform CertMgr: making and replacing a node's own certificates.

Knows: names, key sizes and validity by unit and release, the 5-minute guard, the file system and
the rows a change writes. Must not know what other services do about it.

Source: cucm-pki-behaviour 1.1-1.4, 4.1, 4.2; CertMgmt.log and the refusal screen of the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from twin.config.words import Unit
from twin.nodes.database import CertificateRow, Delete, Write
from twin.nodes.file_system import FileSystem, Identity, SharedIdentities
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
"""Stores of every node that get a copy; of ipsec, only the publisher's goes to every node and a
subscriber keeps its own to itself. Source: cucm-pki-behaviour 1.3 (210541, 214231). Assumption:
the CAPF certificate of a subscriber, which signs nothing, goes to no other node."""

OWN_COPIES = {"CAPF": ("CAPF-trust",)}
"""Stores of the node itself that get another copy. Source: cucm-pki-behaviour 1.3 (210541)."""

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
        shared: multi-server certificates with their keys; the publisher makes them.
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
        write: Callable[[Write], None],
        shared: SharedIdentities | None = None,
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
        self._shared = shared or SharedIdentities()
        self._generations: dict[str, int] = {}
        self._working: set[str] = set()

    def common_name(self, unit: str, generation: int, for_all_nodes: bool = False) -> str:
        """The CN of a unit's certificate. Source: cucm-pki-behaviour 1.1."""
        if unit == "CAPF":
            return f"CAPF-{self.host.octets(4, 'capf-name', self.host.name, generation).hex()}"
        if unit == "ITLRecovery":
            return f"ITLRECOVERY_{self.names.fqdn}"
        if for_all_nodes:
            return f"{self.names.host}-ms{self.names.fqdn.removeprefix(self.names.host)}"
        return self.names.fqdn

    def make(self, unit: str, age_days: int = 0, for_all_nodes: bool = False) -> Identity:
        """A new self-signed certificate with a new key; nothing is stored yet."""
        release = self.host.release
        generation = self._generations.get(unit, 0)
        self._generations[unit] = generation + 1
        key = self._keys.take(self._key_bits[unit])
        certificate = profile.self_signed(
            DistinguishedName.of(
                self.common_name(unit, generation, for_all_nodes), **self.names.subject
            ),
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
            if unit in self._shared.units and not self._is_publisher:
                continue
            identity = self.make(unit, CERTIFICATE_AGE_DAYS, unit in self._shared.units)
            self.files.own[unit] = identity
            if unit in self._shared.units:
                self._shared.put(identity)
            rows.extend(self.rows(unit, identity))
        return rows

    def install_shared(self, rows: list[CertificateRow]) -> None:
        """Take the multi-server certificates among a scenario's first rows as own ones."""
        for row in rows:
            identity = self._shared.get(row.certificate)
            if row.is_shared and identity is not None:
                self.files.own[row.units[0]] = identity

    def rows(self, unit: str, identity: Identity) -> list[CertificateRow]:
        """The rows of an own certificate: itself and its trust copies, if it has any."""
        me = self.host.name
        description = "Self-signed certificate generated by system"
        own = CertificateRow(
            self._pkid(me, unit), (unit,), me, (me,), identity.certificate, description
        )
        if unit in self._shared.units:
            pkid = self._pkid("multi-server", unit)
            own = replace(own, pkid=pkid, nodes=self._all_nodes)
        rows = [own]
        if unit in TRUST_COPIES and (unit != "CAPF" or self._is_publisher):
            is_local = unit == "ipsec" and not self._is_publisher
            holders = (me,) if is_local else self._all_nodes
            rows.append(self._copy("trust", unit, TRUST_COPIES[unit], holders, identity))
        if unit in OWN_COPIES:
            rows.append(self._copy("own-trust", unit, OWN_COPIES[unit], (me,), identity))
        return rows

    def _copy(
        self, what: str, unit: str, stores: tuple[str, ...], holders: tuple[str, ...], of: Identity
    ) -> CertificateRow:
        owner = "multi-server" if unit in self._shared.units else self.host.name
        name: tuple[str, ...] = (owner, unit, what)
        if unit == "CAPF":  # another CN each time: a new row beside the old one
            name = (*name, of.certificate.common_name)
        return CertificateRow(self._pkid(*name), stores, self.host.name, holders, of.certificate)

    # -- regeneration -----------------------------------------------------------------------

    def refusal(self, unit: str, for_all_nodes: bool = False) -> str | None:
        """Why the unit cannot be regenerated now, in the product's words; None if it can."""
        if unit not in self.files.own:
            return f"{unit} certificate does not exist on {self.host.name}"
        if unit in self._working:
            return f"{unit} certificate is being generated on {self.host.name}"
        # Source: Security Guide 15. Assumption: the words of the refusal.
        if (for_all_nodes or unit in self._shared.units) and not self._is_publisher:
            return f"{unit} is a multi-server certificate, which the publisher generates"
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

    def regenerate(
        self, unit: str, done: Callable[[], None], for_all_nodes: bool = False
    ) -> str | None:
        """Replace an own certificate by a new self-signed one; the refusal, or None.

        Args:
            done: called when file system and database are written, some seconds later.
            for_all_nodes: make it a multi-server certificate; a unit that has one keeps having one.
        """
        refused = self.refusal(unit, for_all_nodes)
        if refused is not None:
            self.host.record(
                SERVICE, "regenerate_refused", severity="warning", unit=unit, message=refused
            )
            return refused
        self._working.add(unit)
        self.host.record(SERVICE, "regenerate", op="regenerate", unit=unit)
        self.host.after(
            self.host.drawn_ms("certificate_regen_s"), self._finish, unit, done, for_all_nodes
        )
        return None

    def _finish(self, unit: str, done: Callable[[], None], for_all_nodes: bool) -> None:
        for_all_nodes |= unit in self._shared.units
        install = self.install_for_all if for_all_nodes else self.install
        install(unit, self.make(unit, for_all_nodes=for_all_nodes))
        done()

    def install_for_all(self, unit: str, identity: Identity) -> None:
        """Make a certificate a unit's own on every node; it travels by its row.

        The first one takes the place of the nodes' own certificates, whose rows go; with
        CSCur97909 they stay. Source: Cisco 118731.
        """
        is_first = unit not in self._shared.units
        self._shared.units.add(unit)
        self._shared.put(identity)
        self.install(unit, identity)
        if is_first and not self.host.release.has_defect("CSCur97909"):
            for node in self._all_nodes:
                self._write(Delete(self._pkid(node, unit)))
                self._write(Delete(self._pkid(node, unit, "trust")))

    def install(self, unit: str, identity: Identity) -> None:
        """Make a certificate the unit's own: file, trust copies, database."""
        old = self.files.own[unit].certificate
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


def _serial(octets: bytes) -> bytes:
    """A positive 16-byte serial whose first byte is not zero."""
    return bytes([octets[0] & 0x7F | 0x40]) + octets[1:]


def _days(days: int) -> timedelta:
    return timedelta(days=days)
