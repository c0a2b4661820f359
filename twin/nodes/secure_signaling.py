"""The TLS side of Cisco CallManager: what it presents to phones, and whose phones it accepts.

Knows: the certificate and the mode the service read when it started, and CallManager-trust on this
node. Must not know phones, nor how a handshake ends (`twin.pki.handshake`).

Source: cucm-pki-behaviour 1.3 (CAPF certificates in CallManager-trust verify LSCs), 1.4 (services
read the file system), 5.1 (a new certificate counts after a restart).
"""

from __future__ import annotations

from collections.abc import Callable

from twin.config.words import Service as ServiceName
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.host import Host
from twin.nodes.service import Service
from twin.pki.handshake import ANY_OR_NULL_CIPHER, UNSUITABLE_ISSUER_PURPOSE, Endpoint, Verdict
from twin.pki.stores import TrustStore

SERVICE = "CallManager"
TRUST = "CallManager-trust"


def endpoint_of(identity: Identity, store: TrustStore) -> Endpoint:
    """The server's end of a session of a CallManager with this certificate and CallManager-trust.

    It passes over the extended key usages of who issued a phone's certificate: a real CAPF
    certificate has serverAuth and ipsecEndSystem only, and its LSCs are accepted.
    Source: wire-formats 1.9.
    """
    return Endpoint(
        (identity.certificate,),
        identity.key,
        tuple(entry.certificate for entry in store.entries()),
        passes_over=(UNSUITABLE_ISSUER_PURPOSE,),
        ciphers=ANY_OR_NULL_CIPHER,
    )


class SecureSignaling:
    """Ports 5061 and 2443 of one node.

    Assumption: they are open to phones when the service started in a mixed cluster; the reminder
    of `utils ctl set-cluster` to restart CallManager means no less (Cisco 118893).
    """

    def __init__(
        self, host: Host, service: Service, files: FileSystem, is_mixed: Callable[[], bool]
    ) -> None:
        self.host = host
        self._files = files
        self._is_mixed = is_mixed
        self._made: tuple[TrustStore, int, Identity, Endpoint] | None = None
        self._load()
        service.on_started.append(self._load)

    def _load(self) -> None:
        self._loaded = self._files.own["CallManager"]
        self.is_open = self._is_mixed()
        self._made = None

    @property
    def identity(self) -> Identity:
        """What it presents: what it loaded, unless its release takes a new one without a restart.

        Source: cucm-pki-behaviour 5.1 (`restarts_itself`).
        """
        if ServiceName.CALLMANAGER in self.host.release.restarts_itself:
            return self._files.own["CallManager"]
        return self._loaded

    def endpoint(self) -> Endpoint | None:
        """The server's end of a session now; None while the ports are closed to phones."""
        if not self.is_open:
            return None
        store = self._files.store(TRUST)
        identity = self.identity
        if self._made is None or self._made[:3] != (store, store.version, identity):
            end = endpoint_of(identity, store)
            self._made = (store, store.version, identity, end)
        return self._made[3]

    def note_refusal(self, number: int, leg: str, client: str, verdict: Verdict) -> None:
        """Journal a kind of refusal; the phones' rows name it by its number."""
        self.host.record(
            SERVICE,
            "tls_refused",
            severity="error",
            number=number,
            leg=leg,
            client=client,
            refused_by=verdict.refused_by,
            alert=verdict.alert,
            reasons=list(verdict.reasons),
        )
