"""`utils ctl` on the publisher, and the CTL client with its tokens.

Knows: the steps and times of the commands, what they refuse, who gets a copy of the file. Must not
know what is in it (`twin.nodes.ctl_file`), nor whether any phone believes it.

Nothing builds the CTL but an operator: a regenerated certificate leaves it stale.

Source: cucm-pki-behaviour 2.4, 2.7, 5.2 (FN70613, 118893, CLI15).
"""

from __future__ import annotations

from collections.abc import Callable

from twin.nodes.ctl_file import CTLCluster, CTLFiles, Receiver
from twin.nodes.host import Host
from twin.pki import trust_list

SERVICE = "CTL"


class CTLTool:
    """The commands, one at a time. `ctl` makes the files."""

    def __init__(self, host: Host, cluster: CTLCluster, ctl: CTLFiles) -> None:
        self.host = host
        self.cluster = cluster
        self.ctl = ctl
        self.is_running = False

    def install_first(self, with_tokens: bool) -> None:
        """The file a mixed cluster has when the scenario starts."""
        data = self.ctl.with_tokens(True) if with_tokens else self.ctl.tokenless(True)
        for receiver in self.cluster.receivers():
            receiver.files.put_ctl(data)

    # -- commands ---------------------------------------------------------------------------

    def set_cluster(self, node: str, is_mixed: bool, done: Callable[[], None]) -> str | None:
        """`utils ctl set-cluster mixed-mode | non-secure-mode`; the refusal, or None.

        Assumption: in a cluster that is mixed already, mixed-mode makes the file anew.
        """
        word = "mixed-mode" if is_mixed else "non-secure-mode"
        refused = self._refusal(node) or self._no_tokenless()
        if refused is None and not is_mixed and not self.cluster.is_mixed:
            refused = "the cluster is in non-secure mode already"
        return self._run(f"set-cluster {word}", refused, is_mixed, self.ctl.tokenless, done)

    def update(self, node: str, done: Callable[[], None]) -> str | None:
        """`utils ctl update CTLFile`; the refusal, or None."""
        refused = self._refusal(node) or self._no_tokenless() or self._not_mixed()
        return self._run("update CTLFile", refused, True, self.ctl.tokenless, done)

    def reset_localkey(self, node: str, done: Callable[[], None]) -> str | None:
        """`utils ctl reset localkey`; the refusal, or None."""
        refused = self._refusal(node) or self._not_mixed()
        release = self.host.release
        if refused is None and release.ctl_reset_key == "none":
            refused = f"release {release.name} has no key to reset the CTL with"
        return self._run("reset localkey", refused, True, self.ctl.reset, done)

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
        return self._run("CTL client", refused, True, self.ctl.with_tokens, done)

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
        if not self.cluster.receivers()[0].is_reachable():
            self.is_running = False
            self.host.record(SERVICE, "failed", severity="error", command=command)
            done()
            return
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
