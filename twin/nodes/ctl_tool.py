"""The CTL: `utils ctl` on the publisher, and the CTL client with its tokens.

Knows: what goes into CTLFile.tlv and who signs it, by release and cluster security mode; the steps
and times of the commands; who gets a copy. Must not know whether any phone believes it.

Nothing builds the CTL but an operator: a regenerated certificate leaves it stale.

Source: cucm-pki-behaviour 2.1, 2.2, 2.4, 5.2 (FN70613, 118893, CLI15, SG15-MODE); wire-formats 1.4.
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

SERVICE = "CTL"
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


class CTLTool:
    """The commands, one at a time.

    Args:
        has_defect: whether the release has a product defect, by its number.
    """

    def __init__(
        self,
        host: Host,
        cluster: CTLCluster,
        has_defect: Callable[[str], bool] = lambda number: False,
    ) -> None:
        self.host = host
        self.cluster = cluster
        self._has_defect = has_defect
        self.is_running = False

    # -- building ---------------------------------------------------------------------------

    def tokenless(self, is_mixed: bool) -> bytes:
        """The CTL that the command line would make now.

        Raises:
            ValueError: the release has no tokenless CTL.
        """
        release = self.host.release
        return self._signed(is_mixed, release.ctl_signer, release.ctl_second_anchor)

    def with_tokens(self, is_mixed: bool) -> bytes:
        """The CTL that the CTL client would make now: token 1 signs, token 2 is the spare."""
        make = _with_wrong_hash if self._has_defect(WRONG_SHA1) else full_record
        return self._build(*self.cluster.tokens(), is_mixed, make)

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
        key = self.cluster.own(signer)
        if key is None:
            raise ValueError(f"release {self.host.release.name} has no key {signer} for a CTL")
        return self._build(key, self.cluster.own(other), is_mixed)

    def _build(
        self,
        signer: Identity,
        other: Identity | None,
        is_mixed: bool,
        make: Callable[..., Record] = full_record,
    ) -> bytes:
        """Records in the order of real files: signer, servers, CAPF, the other anchor.

        Source: wire-formats 1.4; in non-secure mode the servers' records keep their names only.
        """
        records = [full_record(Role.SAST, signer.certificate)]
        for server in self.cluster.servers():
            if is_mixed:
                record = make(server.role, server.certificate, server.name, server.address)
            else:
                record = Record(server.role, dns_name=server.name, ip_address=server.address)
            records.append(record)
        capf = self.cluster.capf()
        if capf is not None:
            records.append(full_record(Role.CAPF, capf))
        if other is not None:
            records.append(full_record(Role.SAST, other.certificate))
        return trust_list.build(
            records,
            signer.certificate,
            signer.key,
            trust_list.CTL_NAME,
            int(self.host.time().timestamp()),
            self.cluster.digest(),
        )

    def install_first(self, with_tokens: bool) -> None:
        """The file a mixed cluster has when the scenario starts."""
        data = self.with_tokens(True) if with_tokens else self.tokenless(True)
        for receiver in self.cluster.receivers():
            receiver.files.put_ctl(data)

    # -- commands ---------------------------------------------------------------------------

    def set_cluster(self, node: str, is_mixed: bool, done: Callable[[], None]) -> str | None:
        """`utils ctl set-cluster mixed-mode | non-secure-mode`; the refusal, or None."""
        word = "mixed-mode" if is_mixed else "non-secure-mode"
        refused = self._refusal(node) or self._no_tokenless()
        if refused is None and not is_mixed and not self.cluster.is_mixed:
            refused = "the cluster is in non-secure mode already"
        return self._run(f"set-cluster {word}", refused, is_mixed, self.tokenless, done)

    def update(self, node: str, done: Callable[[], None]) -> str | None:
        """`utils ctl update CTLFile`; the refusal, or None."""
        refused = self._refusal(node) or self._no_tokenless() or self._not_mixed()
        return self._run("update CTLFile", refused, True, self.tokenless, done)

    def reset_localkey(self, node: str, done: Callable[[], None]) -> str | None:
        """`utils ctl reset localkey`; the refusal, or None."""
        refused = self._refusal(node) or self._not_mixed()
        release = self.host.release
        if refused is None and release.ctl_reset_key == "none":
            refused = f"release {release.name} has no key to reset the CTL with"
        return self._run("reset localkey", refused, True, self.reset, done)

    def client(self, done: Callable[[], None]) -> str | None:
        """The CTL client signs with the tokens and sets the cluster to mixed; the refusal, or None.

        Source: cucm-pki-behaviour 2.2 (no tokens from 14SU3), 5.2 (118893: back to tokens only
        after the tokenless CTLFile.tlv is deleted).
        """
        release = self.host.release
        refused = self._busy()
        if refused is None and not release.has_ctl_tokens:
            refused = f"release {release.name} no longer supports tokens"
        if refused is None and self.has_tokenless_file():
            refused = "the CTL file is not signed by a token: delete CTLFile.tlv first"
        return self._run("CTL client", refused, True, self.with_tokens, done)

    def delete(self) -> None:
        """`file delete tftp CTLFile.tlv` on every node that can be reached."""
        for receiver in self.cluster.receivers():
            if receiver.is_reachable() and receiver.files.ctl is not None:
                receiver.files.put_ctl(None)
                self.host.record(SERVICE, "deleted", on=receiver.name)

    # -- steps ------------------------------------------------------------------------------

    def _refusal(self, node: str) -> str | None:
        if node != self.host.name:
            return "this command runs on the publisher only"
        return self._busy()

    def _busy(self) -> str | None:
        return "another utils ctl command is running" if self.is_running else None

    def _no_tokenless(self) -> str | None:
        release = self.host.release
        return None if release.ctl_signer != "none" else f"release {release.name} has no utils ctl"

    def _not_mixed(self) -> str | None:
        return None if self.cluster.is_mixed else "the cluster is not in mixed mode"

    def has_tokenless_file(self) -> bool:
        """Whether the publisher's CTLFile.tlv exists and is not signed by a token."""
        data = self.cluster.receivers()[0].files.ctl
        if data is None:
            return False
        signer = trust_list.decode(data).signing_header
        names = [(t.certificate.issuer, t.certificate.serial_bytes) for t in self.cluster.tokens()]
        return (signer.issuer, signer.serial) not in names

    def _run(
        self,
        command: str,
        refused: str | None,
        is_mixed: bool,
        make: Callable[[bool], bytes],
        done: Callable[[], None],
    ) -> str | None:
        if refused is not None:
            self.host.record(
                SERVICE, "refused", severity="warning", command=command, message=refused
            )
            return refused
        self.is_running = True
        self.host.record(SERVICE, "start", command=command)
        delay_ms = self.host.drawn_ms("ctl_build_s")
        self.host.after(delay_ms, self._built, command, is_mixed, make, done)
        return None

    def _built(
        self,
        command: str,
        is_mixed: bool,
        make: Callable[[bool], bytes],
        done: Callable[[], None],
    ) -> None:
        data = make(is_mixed)
        decoded = trust_list.decode(data)
        self.host.record(
            SERVICE,
            "built",
            command=command,
            mode="mixed" if is_mixed else "non_secure",
            signer=decoded.header.signer,
            signer_serial=decoded.header.serial.hex(),
            records=len(decoded.records),
            size_bytes=len(data),
        )
        if is_mixed != self.cluster.is_mixed:
            self.cluster.set_mixed(is_mixed)
        self._copy(data, list(self.cluster.receivers()), done)

    def _copy(self, data: bytes, left: list[Receiver], done: Callable[[], None]) -> None:
        """To the publisher's own folder at once, then to one node after another by SFTP."""
        receiver = left.pop(0)
        if receiver.is_reachable():
            receiver.files.put_ctl(data)
            self.host.record(SERVICE, "copied", on=receiver.name)
        else:
            self.host.record(SERVICE, "copy_failed", severity="error", on=receiver.name)
        if left:
            self.host.after(self.host.drawn_ms("ctl_copy_s"), self._copy, data, left, done)
            return
        self.is_running = False
        self.host.record(SERVICE, "done", text="restart Cisco Tftp and Cisco CallManager")
        done()
