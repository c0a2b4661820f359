"""Certificate rows: the tables a node's Informix replica holds, and the change it announces.

Knows: rows by pkid, which units and nodes a row maps to. Must not know how rows travel
(`twin.nodes.replication`) nor what services make of a change.

Source: cucm-pki-behaviour 1.4 (210541): the database is the transport between nodes; on
regeneration the row is updated in place, its pkid stays and the change carries new and old serial.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey

SERVICE_NUMBERS = {
    "Phone-trust": 1, "Phone-VPN-trust": 2, "CallManager": 3, "CallManager-trust": 4, "tomcat": 5,
    "tomcat-trust": 6, "ipsec": 7, "ipsec-trust": 8, "CAPF": 9, "CAPF-trust": 10, "TVS": 11,
    "TVS-trust": 12, "directory-trust": 13, "Phone-SAST-trust": 14, "Phone-CTL-trust": 15,
    "userlicensing-trust": 16, "ITLRecovery": 17, "tomcat-ECDSA": 18, "CallManager-ECDSA": 19,
    "authz": 20, "cup": 21, "cup-trust": 22, "cup-xmpp": 23, "cup-xmpp-trust": 24,
    "cup-xmpp-s2s": 25, "cup-ECDSA": 26, "cup-xmpp-ECDSA": 27, "cup-xmpp-s2s-ECDSA": 28,
}  # fmt: skip
"""typecertificateservice. Source: cucm-pki-behaviour 9 (210541, 9.1). Assumption: from 17 on."""


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A row of `certificate` with its maps.

    `units`: certificateservicecertificatemap; `node`: the server the certificate belongs to;
    `nodes`: certificateprocessnodemap, the servers that are to hold it. `key` goes with an own
    certificate that several nodes share.

    Assumption: the key of a shared certificate travels with the row; no source says how the product
    brings it to the other nodes.
    """

    pkid: str
    units: tuple[str, ...]
    node: str
    nodes: tuple[str, ...]
    certificate: Certificate
    description: str = "Trust Certificate"
    key: PrivateKey | None = None
    unmapped: tuple[tuple[str, str], ...] = ()
    """Pairs of unit and node whose mapping was taken out: a trust entry deleted on one node."""

    def maps(self, unit: str, node: str) -> bool:
        """Whether a node is to hold it as an entry of a unit."""
        return unit in self.units and node in self.nodes and (unit, node) not in self.unmapped

    def without(self, unit: str, node: str) -> CertificateRow | None:
        """The row after one mapping was taken out; None when that was the last."""
        gone = (*self.unmapped, (unit, node)) if self.maps(unit, node) else self.unmapped
        row = replace(self, unmapped=tuple(sorted(gone)))
        return row if any(row.maps(u, n) for u in row.units for n in row.nodes) else None

    def mapped_again(self, unit: str) -> CertificateRow:
        """The row with every mapping of a unit as it was first."""
        return replace(self, unmapped=tuple(pair for pair in self.unmapped if pair[0] != unit))

    @property
    def is_shared(self) -> bool:
        """Whether it is a multi-server certificate: the identity of several nodes."""
        return self.is_own and self.key is not None

    @property
    def is_own(self) -> bool:
        """Whether the row is an identity certificate, not a trust copy."""
        return any(not unit.endswith("-trust") for unit in self.units)


@dataclass(frozen=True, slots=True)
class Unmap:
    """Take one mapping out of a row; the row goes with its last one.

    It says what is to change instead of how the row is to be, so that two nodes that delete at
    the same time do not undo each other's work.
    """

    pkid: str
    unit: str
    node: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a row, whatever it is mapped to."""

    pkid: str


Write = CertificateRow | Unmap | Delete
"""What a node may write: a row as it is to be, or one of the two above."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A written row: its number in the cluster's write order, and what it was before (or None).

    Of a deleted row, `row` is what it was.
    """

    number: int
    row: CertificateRow
    old: CertificateRow | None
    is_deleted: bool = False
    is_silent: bool = False
    """Whether only a mapping of the row to a node went: nobody is notified of that table.
    Source: 210541: notices are for certificate and certificateservicecertificatemap."""

    @property
    def action(self) -> str:
        """I for a new row, U for an update, D for a deletion."""
        if self.is_deleted:
            return "D"
        return "I" if self.old is None else "U"

    @property
    def brings_certificate(self) -> bool:
        """Whether some node gets a certificate by it, rather than a row or a mapping less."""
        if self.is_deleted or self.old is None:
            return not self.is_deleted
        is_same = self.old.certificate == self.row.certificate
        return not (is_same and set(self.row.nodes) < set(self.old.nodes))

    @property
    def serials(self) -> str:
        """serialnumber(new/old) as change notifications print it: hex without a leading zero.

        Source: the seed's TVS trace prints an old serial of 31 digits.
        """
        old = "" if self.old is None else f"{self.old.certificate.serial:x}"
        return f"{self.row.certificate.serial:x}/{old}"


class Replica:
    """One node's copy of the certificate tables."""

    def __init__(self) -> None:
        self._rows: dict[str, CertificateRow] = {}
        self.version = 0
        """Counts changes of what is held."""

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[CertificateRow]:
        return iter(sorted(self._rows.values(), key=lambda row: row.pkid))

    def get(self, pkid: str) -> CertificateRow | None:
        """A row, or None."""
        return self._rows.get(pkid)

    def put(self, row: CertificateRow) -> None:
        """Write a row."""
        self.version += 1
        self._rows[row.pkid] = row

    def apply(self, change: RowChange) -> None:
        """Take over a change."""
        if change.is_deleted:
            self.version += 1
            self._rows.pop(change.row.pkid, None)
        else:
            self.put(change.row)

    def holding(self, certificate: Certificate, unit: str, node: str) -> list[CertificateRow]:
        """Rows by which a node holds a certificate as an entry of a trust unit."""
        return [row for row in self if row.certificate == certificate and row.maps(unit, node)]

    def replace(self, rows: Iterable[CertificateRow]) -> None:
        """Forget all rows and take these."""
        self.version += 1
        self._rows = {row.pkid: row for row in rows}

    def own(self, unit: str) -> list[CertificateRow]:
        """Identity rows of a unit, by node name."""
        rows = [row for row in self._rows.values() if row.is_own and unit in row.units]
        return sorted(rows, key=lambda row: row.node)
