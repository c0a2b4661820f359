"""The ACME service of an Expressway-E: certificates that renew themselves.

Knows: sign, deploy, schedule, and that the CA has to reach port 80. Must not know the CA.

Source: edge-presence-video 1.7 (Certificate Creation and Use guide X15.0, using ACME): on the
Expressway-E only; a request is signed into a pending certificate, deployed by hand the first time,
then by schedule; the CA comes in over TCP 80. Assumption: a deployed certificate is in use at once,
since a schedule could not renew unattended otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from twin.config.words import ExpresswayRole
from twin.nodes.expressway.peer import Peer
from twin.nodes.host import CallOff
from twin.pki.certificates import Certificate
from twin.pki.csr import SigningRequest
from twin.pki.keys import PrivateKey

SERVICE = "acme"
KEY_BITS = 2048
"""Assumption: keys the service makes have 2048 bits."""
DAY_MS = 86_400_000
NO_ACME = "ACME is a service of Expressway-E from X12.5"
BLOCKED = "the certificate authority cannot reach TCP port 80"
NOTHING_PENDING = "no certificate is pending"

Answer = Callable[[SigningRequest, datetime], Certificate]


class Acme:
    """Of one peer."""

    def __init__(self, peer: Peer, take_key: Callable[[int], PrivateKey]) -> None:
        self._peer = peer
        self._take_key = take_key
        self._pending: tuple[Certificate, PrivateKey] | None = None
        self._answer: Answer | None = None
        self._next: CallOff | None = None
        self._every_ms = 0
        self.is_reachable = True
        """Whether port 80 is open to the CA."""

    @property
    def refusal(self) -> str:
        """Why this peer has no such service; empty if it has."""
        is_edge = self._peer.role is ExpresswayRole.EDGE
        return "" if is_edge and self._peer.release.has_acme else NO_ACME

    def sign(self, answer: Answer) -> str | None:
        """Ask the CA for a certificate, which is then pending; the refusal."""
        self._answer = answer
        if not self.is_reachable:
            self._peer.host.record(SERVICE, "acme_failed", severity="error", message=BLOCKED)
            return BLOCKED
        asked, key = self._peer.certificates.ask_outside(self._take_key(KEY_BITS))
        certificate = answer(asked, self._peer.host.time())
        self._pending = certificate, key
        self._peer.host.record(
            SERVICE, "acme_signed", serial=certificate.serial_bytes.hex(),
            until=certificate.not_after.isoformat(),
        )  # fmt: skip
        return None

    def deploy(self) -> str | None:
        """Take the pending certificate into use; the refusal."""
        if self._pending is None:
            return NOTHING_PENDING
        certificate, key = self._pending
        problem = self._peer.certificates.upload(certificate.pem, key.pem())
        if problem is None:
            self._pending = None
            self._peer.take_into_use()
        return problem

    def schedule(self, every_days: int) -> None:
        """Sign and deploy by itself, so often from now on."""
        if self._next is not None:
            self._next()
        self._every_ms = every_days * DAY_MS
        self._wait()

    def _wait(self) -> None:
        self._next = self._peer.host.after(self._every_ms, self._renew, counts=False)

    def _renew(self) -> None:
        if self._answer is not None and self.sign(self._answer) is None:
            self.deploy()
        self._wait()
