"""What is in a CTL and who signs it, by release and cluster security mode.

Knows: the records of CTLFile.tlv, its keys. Must not know who asks for one, nor who gets a copy
(`twin.nodes.ctl_tool`), nor whether any phone believes it.

Source: cucm-pki-behaviour 2.1, 2.2 (SG15-MODE, 118893, CLI15); wire-formats 1.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.host import Host
from twin.pki import trust_list
from twin.pki.certificates import Certificate
from twin.pki.list_header import Digest
from twin.pki.list_record import Record, Role, full_record

WRONG_SHA1 = "CSCuu59477"
"""SHA-1 in a CTL made with eTokens is wrong if the DER certificate exceeds 2048 bytes."""
_HASHED_BYTES = 2048


@dataclass(frozen=True, slots=True)
class ListedServer:
    """A server of the cluster as the CTL lists it."""

    name: str
    address: str
    role: Role
    certificate: Certificate
    ecdsa: Certificate | None = None
    """Its CallManager-ECDSA, on a release that has the unit."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A node that gets a copy of the file."""

    name: str
    files: FileSystem
    is_reachable: Callable[[], bool]


def _with_wrong_hash(
    role: Role, certificate: Certificate, dns_name: str, ip_address: str | None
) -> Record:
    """A server's record as the defective CTL client writes it.

    Assumption: the SHA-1 stands beside the certificate, and only its first 2048 bytes are in it;
    the title of the defect says no more than that it is wrong above 2048 bytes.
    """
    record = full_record(role, certificate, dns_name, ip_address)
    if len(certificate.der) <= _HASHED_BYTES:
        return record
    wrong = hashlib.sha1(certificate.der[:_HASHED_BYTES], usedforsecurity=False).digest()
    return replace(record, certificate_hash=wrong, hash_algorithm=1)


class CTLCluster(Protocol):
    """What the tool looks up about the cluster, and the one thing it changes."""

    @property
    def is_mixed(self) -> bool:
        """Whether the cluster security mode is mixed."""

    def set_mixed(self, is_mixed: bool) -> None:
        """Change the cluster security mode in the database."""

    def servers(self) -> Sequence[ListedServer]:
        """Servers with CallManager or TFTP, the publisher first."""

    def has_provider(self) -> bool:
        """Whether Cisco CTL Provider is activated on the publisher."""

    def capf(self) -> Certificate | None:
        """The certificate of the active CAPF."""

    def own(self, unit: str) -> Identity | None:
        """An own certificate of the publisher."""

    def tokens(self) -> tuple[Identity, Identity]:
        """The two eTokens of the administrator."""

    def digest(self) -> Digest:
        """TFTP File Signature Algorithm."""

    def receivers(self) -> Sequence[Receiver]:
        """Every node, the publisher first."""


class CTLFiles:
    """The CTL files that could be made of the cluster as it is now."""

    def __init__(self, host: Host, cluster: CTLCluster) -> None:
        self.host = host
        self.cluster = cluster

    def tokenless(self, is_mixed: bool) -> bytes:
        """The CTL that the command line would make now.

        Raises:
            ValueError: the release has no tokenless CTL.
        """
        release = self.host.release
        return self._signed(is_mixed, release.ctl_signer, release.ctl_second_anchor)

    def with_tokens(self, is_mixed: bool) -> bytes:
        """The CTL that the CTL client would make now: token 1 signs, token 2 is the spare."""
        make = _with_wrong_hash if self.host.release.has_defect(WRONG_SHA1) else full_record
        tokens = self.cluster.tokens()
        return self._build(tokens[0], tokens, is_mixed, make)

    def reset(self, is_mixed: bool) -> bytes:
        """The CTL that `utils ctl reset localkey` would make now.

        Assumption: its records are those of today, not of the old file: the documented order for
        a new ITLRecovery (reset localkey, phones, update CTLFile, phones) has a purpose only so.
        """
        release = self.host.release
        anchors = (release.ctl_signer, release.ctl_second_anchor)
        signer = release.ctl_reset_key
        return self._signed(is_mixed, signer, anchors[anchors[0] == signer])

    def _signed(self, is_mixed: bool, signer: str, other: str) -> bytes:
        key, spare = self.cluster.own(signer), self.cluster.own(other)
        if key is None:
            raise ValueError(f"release {self.host.release.name} has no key {signer} for a CTL")
        anchors = [identity for identity in (key, spare) if identity is not None]
        if self.host.release.ctl_recovery_needs_provider and not self.cluster.has_provider():
            # Source: CSCwf85275. Assumption: who signs stays the same.
            recovery = self.cluster.own("ITLRecovery")
            anchors = [identity for identity in anchors if identity != recovery]
        return self._build(key, anchors, is_mixed)

    def _build(
        self,
        signer: Identity,
        anchors: Sequence[Identity],
        is_mixed: bool,
        make: Callable[..., Record] = full_record,
    ) -> bytes:
        """Records in the order of real files: first anchor, servers, CAPF, the other anchor.

        Source: wire-formats 1.4; in non-secure mode the servers' records keep their names only.
        Cisco 214231: CallManager-ECDSA is in the CTL, from 11.0 on. Assumption: after the RSA
        certificate of the same server and in the same role, as in the ITL.
        """
        sasts = [full_record(Role.SAST, anchor.certificate) for anchor in anchors]
        records = sasts[:1]
        for server in self.cluster.servers():
            if is_mixed:
                records += [
                    make(server.role, certificate, server.name, server.address)
                    for certificate in (server.certificate, server.ecdsa)
                    if certificate is not None
                ]
            else:
                records.append(Record(server.role, dns_name=server.name, ip_address=server.address))
        capf = self.cluster.capf()
        if capf is not None:
            records.append(full_record(Role.CAPF, capf))
        records += sasts[1:]
        return trust_list.build(
            records,
            signer.certificate,
            signer.key,
            trust_list.CTL_NAME,
            int(self.host.time().timestamp()),
            self.cluster.digest(),
        )
