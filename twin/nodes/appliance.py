"""A system of another product: its certificate, its trust stores, whom it verifies.

Knows: what its product's row of the catalogue says, and follows it. Must not know who connects, nor
any product by name.

Source: edge-presence-video 5, 7, 8; the rows of models/products.yaml. Assumption: an upload is
judged by what every product can see of it: PEM, its key, its usage for servers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from twin.config.products import Product, VerificationWord
from twin.kernel.journal import Cell
from twin.nodes.host import Host
from twin.pki import expressway_rules
from twin.pki.certificates import Certificate
from twin.pki.expressway_rules import MESSAGES, ServerUpload
from twin.pki.handshake import Endpoint
from twin.pki.identity import Expectation, NameRule
from twin.pki.keys import FileKey, PrivateKey

SERVICE = "system"
NO_CSR = "this product makes no signing requests"
EMPTY_STORE = "verification cannot be switched on while the trust store is empty"


@dataclass(frozen=True, slots=True)
class Own:
    """A certificate with its key, and whether the service account may read the key."""

    chain: tuple[Certificate, ...]
    key: PrivateKey = field(repr=False)
    is_readable: bool = True

    @property
    def certificate(self) -> Certificate:
        """The system's own."""
        return self.chain[0]


class Appliance:
    """One system.

    Hooks: `on_stopped` when it goes, `on_started` when it is back, `on_change` when something was
    changed that may decide about a connection.

    Args:
        names: every name it is called by; the first one is its own.
    """

    def __init__(
        self,
        host: Host,
        product: Product,
        site: int,
        names: tuple[str, ...],
        own: Own,
        verification: VerificationWord | None = None,
    ) -> None:
        self.host = host
        self.name = host.name
        self.product = product
        self.site = site
        self.names = names
        self.stored = self.active = own
        self.stores: dict[str, tuple[Certificate, ...]] = dict.fromkeys(product.stores.value, ())
        self.verification: VerificationWord = verification or product.verification.value
        self.is_up = True
        self.on_stopped: list[Callable[[], None]] = []
        self.on_started: list[Callable[[], None]] = []
        self.on_change: list[Callable[[], None]] = []

    @property
    def fqdn(self) -> str:
        """Its own name."""
        return self.names[0]

    # -- certificates ------------------------------------------------------------------------

    def upload(
        self, certificate_file: bytes, key_file: bytes | None, pending: PrivateKey | None,
        *, is_readable: bool = True,
    ) -> str | None:  # fmt: skip
        """Take a new certificate with a key file, or for the key of a request; the refusal.

        Args:
            pending: the key the system made for its request.
            is_readable: whether the service account may read the key file.
        """
        if pending is not None and self.product.own.value != "csr":
            return self._refuse([NO_CSR])
        offered = ServerUpload(
            certificate_file, key_file, None if pending is None else pending.public_key
        )
        faults = expressway_rules.refusals(
            offered, for_unified_communications=False, needs_client_usage=False
        )
        if faults:
            return self._refuse([MESSAGES[fault] for fault in faults])
        key = pending if key_file is None else FileKey(key_file)
        assert key is not None
        readable = is_readable or not self.product.has_key_permission.value
        self.stored = Own(offered.certificates, key, readable)
        own = self.stored.certificate
        self._tell("uploaded", serial=own.serial_bytes.hex(), subject=own.subject,
            readable=readable,
        )  # fmt: skip
        if not self.product.needs_restart.value:
            self._activate()
            self._changed()
        return None

    def _tell(
        self, event: str, severity: str = "info", **data: Cell | list[str] | list[int]
    ) -> None:
        self.host.record(SERVICE, event, severity=severity, system=self.name, **data)

    def _refuse(self, reasons: list[str]) -> str:
        self._tell("upload_refused", severity="error", reasons=reasons)
        return "; ".join(reasons)

    def permit(self, is_readable: bool) -> str | None:
        """Give the service account read access to the key, or take it away; the refusal."""
        if not self.product.has_key_permission.value:
            return f"{self.product.title} has no such permission"
        self.stored = Own(self.stored.chain, self.stored.key, is_readable)
        self._tell("key_permission", readable=is_readable)
        return None

    def _activate(self) -> None:
        self.active = self.stored

    # -- trust -------------------------------------------------------------------------------

    def store(self, name: str | None) -> str:
        """The store meant: the one named if the product has it, else its first."""
        return name if name in self.stores else next(iter(self.stores))

    def trust(self, found: Sequence[Certificate], name: str | None = None) -> None:
        """Upload one file: beside what is in the store, or instead of it."""
        store = self.store(name)
        before = self.stores[store]
        replaces = self.product.trust.value == "replace"
        after = tuple(dict.fromkeys((*(() if replaces else before), *found)))
        self.stores[store] = after
        self._tell("trust_uploaded", store=store, entries=len(after),
            gone=sum(one not in after for one in before),
        )  # fmt: skip
        self._changed()

    def distrust(self, fits: Callable[[Certificate], bool], name: str | None = None) -> int:
        """Take entries out of a store; how many."""
        store = self.store(name)
        before = self.stores[store]
        self.stores[store] = tuple(one for one in before if not fits(one))
        gone = len(before) - len(self.stores[store])
        if gone:
            self._tell("trust_deleted", store=store, entries=gone)
            self._changed()
        return gone

    def verify(self, verification: VerificationWord) -> str | None:
        """Say whom to verify; the refusal."""
        is_empty = not any(self.stores.values())
        if verification != "none" and self.product.needs_store_to_verify.value and is_empty:
            self._tell("verification_refused", severity="error")
            return EMPTY_STORE
        self.verification = verification
        self._tell("verification", verification=verification)
        self._changed()
        return None

    # -- life --------------------------------------------------------------------------------

    def restart(self, done: Callable[[], None]) -> str | None:
        """Restart; connections are lost, what is stored comes into use."""
        if not self.is_up:
            return f"{self.name} is restarting"
        self.is_up = False
        self._tell("restarting", severity="warning")
        for listener in self.on_stopped:
            listener()
        self.host.after(self.host.drawn_ms("system_restart_s"), self._started, done)
        return None

    def _started(self, done: Callable[[], None]) -> None:
        self.is_up = True
        self._activate()
        serial = self.active.certificate.serial_bytes.hex()
        self._tell("started", serial=serial)
        for listener in self.on_started:
            listener()
        self._changed()
        done()

    def _changed(self) -> None:
        for listener in self.on_change:
            listener()

    # -- sessions ----------------------------------------------------------------------------

    def endpoint(
        self, *, calls: bool, is_mutual: bool, store: str | None = None
    ) -> Endpoint | None:
        """Its end of a session now; None while it restarts.

        Without read access to the key it has nothing to show. Source: edge-presence-video 5, F49.

        Args:
            calls: whether it is the client.
            is_mutual: whether clients show a certificate in such a session.
        """
        if not self.is_up:
            return None
        has_key = self.active.is_readable and (is_mutual or not calls)
        verifies = self.verification != "none" if calls else self._asks(is_mutual)
        return Endpoint(
            self.active.chain if has_key else (),
            self.active.key if has_key else None,
            self.stores[self.store(store)] if verifies else (),
            authenticates=verifies,
            needs_root=self.product.needs_root.value,
        )

    def _asks(self, is_mutual: bool) -> bool:
        return is_mutual and self.verification == "both"

    def expects(self, called: str) -> tuple[Expectation, ...]:
        """What it looks for in the certificate of a server that it called by this name."""
        rule = self.product.name_rule.value
        if rule == "none" or self.verification == "none":
            return ()
        return (Expectation((called,), NameRule(rule)),)
