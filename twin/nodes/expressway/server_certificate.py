"""The server certificate page of an Expressway peer: request, upload, what is stored and active.

Knows: the one request in progress with its key, the certificate on disk, the one in use since the
last restart. Must not know who connects.

Source: edge-presence-video 1.1, 1.3 (Expressway Administrator Guide; TAC deck of March 2016).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from twin.config.expressway import ExpresswayRelease
from twin.nodes.expressway.names import ExpresswayNames, within
from twin.nodes.host import Host
from twin.pki import expressway_rules
from twin.pki.certificates import Certificate
from twin.pki.csr import SigningRequest, Wanted, request
from twin.pki.expressway_rules import MESSAGES, ServerUpload
from twin.pki.keys import FileKey, PrivateKey
from twin.pki.names import DistinguishedName

SERVICE = "certificates"
USES = Wanted(("digital_signature", "key_encipherment"), ("server_auth", "client_auth"))
"""What a request asks for. Source: edge-presence-video 1.1. Assumption: the key usages."""
NO_REQUEST = "no CSR is in progress"


@dataclass(frozen=True, slots=True)
class Installed:
    """A server certificate with its key and the files they lie in.

    Args:
        chain: the certificates of the file, the server's own first.
        files: key file and certificate file as they were written, one after the other.
    """

    chain: tuple[Certificate, ...]
    key: PrivateKey
    files: bytes = field(repr=False)

    @property
    def certificate(self) -> Certificate:
        """The server's own."""
        return self.chain[0]


def installed(chain: tuple[Certificate, ...], key: PrivateKey) -> Installed:
    """As the box itself writes it."""
    return Installed(chain, key, key.pem() + b"".join(one.pem for one in chain))


class ServerCertificatePage:
    """Maintenance > Security certificates > Server certificate.

    Args:
        names: what the certificate has to be called now.
        take_key: a new RSA key of a size, from the box.
        make_default: a certificate of the box's own temporary CA.
        in_use: whether Unified Communications is on.
        anchors: the trusted CA list now.
    """

    def __init__(
        self,
        host: Host,
        release: ExpresswayRelease,
        subject: dict[str, str],
        names: Callable[[], ExpresswayNames],
        take_key: Callable[[int], PrivateKey],
        make_default: Callable[[], Installed],
        in_use: Callable[[], bool],
        anchors: Callable[[], tuple[Certificate, ...]],
    ) -> None:
        self.host = host
        self.release = release
        self._subject = subject
        self._names = names
        self._take_key = take_key
        self._make_default = make_default
        self._in_use = in_use
        self._anchors = anchors
        self.stored = make_default()
        """On disk: what a restart takes into use."""
        self.active = self.stored
        """What the running services present."""
        self.stored_client: Installed | None = None
        """The client certificate on disk, where the release keeps one of its own."""
        self._active_client: Installed | None = None
        self.takes_server_only = False
        """EnableServerEkuUpload, which counts where the release has the switch."""
        self.request: SigningRequest | None = None
        self._pending_key: PrivateKey | None = None

    @property
    def active_client(self) -> Installed:
        """What the running services present where they are the client.

        Assumption: the server certificate as long as there is no client certificate.
        """
        return self._active_client or self.active

    def start_with(self, found: Installed) -> None:
        """Have this certificate in use already when the scenario begins."""
        self.stored = self.active = found

    def generate(self, digest: str, key_bits: int, more_names: tuple[str, ...] = ()) -> str | None:
        """Make a request and its key; the refusal, if it is one."""
        problem = self._unfit(digest, key_bits)
        if problem is not None:
            return problem
        names = self._names()
        wanted = tuple(dict.fromkeys((*names.required, *more_names)))
        kept = within(wanted, self.release.san_characters)
        self._pending_key = self._take_key(key_bits)
        self.request = request(
            DistinguishedName.of(names.common_name, **self._subject), self._pending_key, digest,
            USES, kept,
        )  # fmt: skip
        self.host.record(
            SERVICE, "csr_generated", key_bits=key_bits, digest=digest, names=list(kept),
            lost_names=list(wanted[len(kept) :]),
        )  # fmt: skip
        return None

    def ask_outside(
        self,
        key: PrivateKey,
        more_subject: tuple[tuple[str, str], ...] = (),
        common_name: str | None = None,
    ) -> tuple[SigningRequest, PrivateKey]:
        """A request for this box made elsewhere, with a key made there.

        Args:
            more_subject: (type, value) pairs behind the subject; a type may be a dotted identifier.
            common_name: instead of the peer's own.
        """
        names = self._names()
        subject = DistinguishedName.of(common_name or names.common_name, **self._subject)
        subject = DistinguishedName((*subject.attributes, *more_subject))
        return request(subject, key, "sha256", USES, names.required), key

    def _unfit(self, digest: str, key_bits: int) -> str | None:
        if self.request is not None:
            return "a CSR is in progress: discard it first"
        if digest not in self.release.csr_digests:
            return f"digest {digest}: the page offers {', '.join(self.release.csr_digests)}"
        if key_bits not in self.release.csr_key_bits:
            offered = ", ".join(str(bits) for bits in self.release.csr_key_bits)
            return f"a key of {key_bits} bits: the page offers {offered}"
        return None

    def discard(self) -> str | None:
        """Throw the request and its key away; the refusal, if it is one."""
        if self.request is None:
            return NO_REQUEST
        self.request = self._pending_key = None
        self.host.record(SERVICE, "csr_discarded")
        return None

    @property
    def _needs_client_usage(self) -> bool:
        switched = self.release.has_server_eku_switch and self.takes_server_only
        return self.release.needs_client_usage and not switched

    def upload(
        self, certificate_file: bytes, key_file: bytes | None = None, *, is_client: bool = False
    ) -> str | None:
        """Upload a certificate, with its key unless a request is in progress; the refusal.

        A refused upload leaves everything as it was. A good one counts from the next restart.

        Args:
            is_client: into the store of the client certificate (X15.5).
        """
        if is_client and not self.release.has_client_store:
            return "this release has no store for a client certificate"
        pending = self._pending_key
        offered = ServerUpload(
            certificate_file, key_file, None if pending is None else pending.public_key, is_client
        )
        faults = expressway_rules.refusals(
            offered,
            for_unified_communications=self._in_use(),
            needs_client_usage=self._needs_client_usage,
            takes_curves=self.release.takes_curves,
        )
        if faults:
            self.host.record(
                SERVICE, "upload_refused", severity="error",
                reasons=[str(fault) for fault in faults],
            )  # fmt: skip
            return "; ".join(MESSAGES[fault] for fault in faults)
        key_bytes = key_file
        key: PrivateKey | None = pending
        if key_bytes is not None:
            key = FileKey(key_bytes)
        assert key is not None
        chain = offered.certificates
        new = Installed(chain, key, (key_bytes or key.pem()) + certificate_file)
        if is_client:
            self.stored_client = new
        else:
            self.stored = new
        self.request = self._pending_key = None
        remarks = expressway_rules.warnings(
            chain[0], self._anchors(), self.host.time(), judges=self.release.remarks_on_certificates
        )
        self.host.record(
            SERVICE, "uploaded", serial=chain[0].serial_bytes.hex(), subject=chain[0].subject,
            warnings=[str(remark) for remark in remarks],
        )  # fmt: skip
        return None

    def reset(self) -> None:
        """Back to a certificate of the box's own temporary CA, from the next restart on."""
        self.stored = self._make_default()
        self.host.record(SERVICE, "reset_to_default", subject=self.stored.certificate.subject)

    def activate(self) -> None:
        """The services start, and read what is stored."""
        self.active = self.stored
        self._active_client = self.stored_client
