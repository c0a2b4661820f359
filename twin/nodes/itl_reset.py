"""`utils itl reset localkey | remotekey` on the publisher.

Knows: the tool's steps and times, the key by release, which nodes get the file. Must not know
whether any phone believes it.

Source: itlreset.log of the seed; cucm-pki-behaviour 2.2, 2.7; wire-formats 1.6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twin.nodes.file_system import Identity
from twin.nodes.host import Host
from twin.nodes.tftp import TFTP
from twin.pki import list_header, trust_list

SERVICE = "itlreset"
LOCATE_MS = 9_000
"""From the start to knowing the active TFTP nodes, ms. Source: itlreset.log, 00:16:30 to :39."""
ITL_FILE = "/usr/local/cm/tftp/ITLFile.tlv"
"""Source: itlreset.log."""
GENERATE_MS = 10_000
"""From there to the file and its transfer, ms. Source: itlreset.log, 00:16:39 to :49."""


class ITLReset:
    """The tool on the publisher.

    Args:
        servers: the TFTP services of the cluster, the publisher's own first if it has one.
    """

    def __init__(self, host: Host, servers: Callable[[], Sequence[TFTP]]) -> None:
        self.host = host
        self._servers = servers
        self.is_running = False

    def refusal(self, key: Identity | None, which: str) -> str | None:
        """Why the tool would fail; None if it would not."""
        if self.is_running:
            return "utils itl reset is already running"
        if key is None and which == "remotekey":
            return "no ITLRecovery.p12 was exported before: remotekey has nothing to sign with"
        if key is None:
            return f"release {self.host.release.name} has no key to reset the ITL with"
        servers = self._servers()
        if not servers:
            return "no active Tftp server in the cluster"
        recovery = servers[0].settings.recovery(self.host.name)
        if recovery is not None and recovery.key.bits < servers[0].signing()[0].key_bits:
            # Source: Cisco 214231.
            return f"the ITLRecovery key has {recovery.key.bits} bits, less than the other keys"
        return None

    def run(self, key: Identity | None, which: str, done: Callable[[], None]) -> str | None:
        """Make and hand out a reset ITL; the refusal, or None.

        Args:
            key: the key to sign with.
            which: localkey or remotekey.
        """
        refused = self.refusal(key, which)
        if refused is not None:
            self.host.record(SERVICE, "refused", severity="error", message=refused)
            return refused
        assert key is not None
        self.is_running = True
        self.host.record(SERVICE, "start", key=which)
        self.host.after(LOCATE_MS, self._located, key, done)
        return None

    def _located(self, key: Identity, done: Callable[[], None]) -> None:
        names = [server.host.name for server in self._servers()]
        self.host.record(SERVICE, "active_tftp_servers", count=len(names), nodes=names)
        for name in names:
            self.host.record(SERVICE, "tftp_started", on=name)
        self.host.after(GENERATE_MS, self._generated, key, done)

    def _generated(self, key: Identity, done: Callable[[], None]) -> None:
        self.is_running = False
        servers = list(self._servers())
        if not servers:
            self.host.record(SERVICE, "failed", severity="error", message="no active Tftp server")
            done()
            return
        old = servers[0].of_today()
        reset = trust_list.wrap_reset(old, key.certificate, key.key)
        before, after = list_header.read(old), list_header.read(reset)
        self.host.record(
            SERVICE,
            "generated",
            signer=key.certificate.subject,
            signer_name=key.certificate.subject_name.log_string(),
            issuer_name=key.certificate.issuer_name.log_string(),
            location=ITL_FILE,
            length_bytes=len(old),
            header_bytes=before.header_length,
            old_signer=before.header.signer,
            old_issuer=before.header.issuer,
            new_header_bytes=after.header_length,
            new_length_bytes=len(reset),
        )
        self.host.record(SERVICE, "transferring", nodes=[one.host.name for one in servers])
        for server in servers:
            server.install_reset(reset)
            if self.host.release.itl_signer == "CallManager":
                # Source: itlreset.log: the tool of 10.x restarts Cisco Tftp itself.
                self.host.record(SERVICE, "restarting_tftp", on=server.host.name)
                server.restart_keeping_reset()
        done()
