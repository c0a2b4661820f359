"""One Expressway peer: its certificate in use, its trusted CA list, and whether it runs.

Knows: what it presents to whom, and by what it judges others. Must not know who those are.

Source: edge-presence-video 1, 2.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.config.expressway import ExpresswayRelease
from twin.config.words import ExpresswayRole
from twin.errors import FormatError
from twin.nodes.expressway.ca_list import TrustedCAList
from twin.nodes.expressway.server_certificate import ServerCertificatePage
from twin.nodes.host import Host
from twin.pki.bundles import read
from twin.pki.handshake import Endpoint

SERVICE = "expressway"
_BOUNDARY = b"-----BEGIN CERTIFICATE-----"


class Peer:
    """A running box.

    Hooks: `on_stopped` when its services go, `on_started` when they are back, `on_change` when
    something was changed that may decide about a connection.
    """

    def __init__(
        self,
        host: Host,
        role: ExpresswayRole,
        release: ExpresswayRelease,
        site: int,
        fqdn: str,
        page: ServerCertificatePage,
        ca_list: TrustedCAList,
    ) -> None:
        self.host = host
        self.name = host.name
        self.role = role
        self.release = release
        self.site = site
        self.fqdn = fqdn
        self.certificates = page
        self.ca_list = ca_list
        self.is_up = True
        self.on_stopped: list[Callable[[], None]] = []
        self.on_started: list[Callable[[], None]] = []
        self.on_change: list[Callable[[], None]] = []
        ca_list.on_change.append(self._changed)

    def restart(self, done: Callable[[], None]) -> str | None:
        """Restart the applications; connections are lost, a stored certificate comes into use."""
        if not self.is_up:
            return f"{self.name} is restarting"
        self.is_up = False
        self.host.record(SERVICE, "restarting", severity="warning")
        for listener in self.on_stopped:
            listener()
        self.host.after(self.host.drawn_ms("expressway_restart_s"), self._started, done)
        return None

    def _started(self, done: Callable[[], None]) -> None:
        self.is_up = True
        self.certificates.activate()
        self.host.record(
            SERVICE, "started", serial=self.certificates.active.certificate.serial_bytes.hex()
        )
        for listener in self.on_started:
            listener()
        self._changed()
        done()

    def _changed(self) -> None:
        for listener in self.on_change:
            listener()

    def endpoint(self, *, verifies: bool = True, shows: bool = True) -> Endpoint | None:
        """One end of a session now; None while it restarts, or if its key is too long for TLS.

        Args:
            verifies: whether it wants a certificate of the other and judges it by its CA list.
            shows: whether it presents its own.
        """
        found = self.certificates.active
        if not self.is_up or (shows and found.key.bits > self.release.largest_key_bits):
            return None
        return Endpoint(
            found.chain if shows else (),
            found.key if shows else None,
            self.ca_list.anchors if verifies else (),
            authenticates=verifies,
            needs_root=True,
            revocation_lists=self.ca_list.revocation_lists if verifies else (),
        )

    @property
    def tunnel_fault(self) -> str:
        """What keeps the SSH tunnels from coming up with the certificate in use; empty: nothing.

        They are keyed from the certificate, and their program decodes its names and reads key and
        certificate from one file. Source: edge-presence-video 1.3 rows 10 and 11 (which name a
        missing final newline of the key file, and identifiers of the arc 1.3.6.1.4.1.6449).
        """
        found = self.certificates.active
        if not _is_readable(found.files):
            return "key and certificate cannot be read from their file"
        for name in (found.certificate.subject_name, found.certificate.issuer_name):
            unknown = [kind for kind, _ in name.attributes if "." in kind]
            if unknown:
                return f"unknown identifier {unknown[0]} in {name.record_string()!r}"
        return ""


def _is_readable(files: bytes) -> bool:
    """Whether a certificate is found behind the key: a PEM boundary begins a line (RFC 7468)."""
    _, boundary, rest = files.partition(b"\n" + _BOUNDARY)
    try:
        return bool(boundary) and bool(read(_BOUNDARY + rest).certificates)
    except FormatError:
        return False
