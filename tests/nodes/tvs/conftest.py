"""The Trust Verification Service of a node of the lab, spoken to in frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from twin.nodes.database import CertificateRow, Replica
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.service import Service
from twin.nodes.tvs import TVS
from twin.pki import tvs_messages
from twin.pki.certificates import Certificate
from twin.pki.tvs_messages import QueryRequest, QueryResponse, VerifyRequest, VerifyResponse

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost

DEVICE = "CP-8861-SEPB000B4BA0AEE"


@dataclass
class Phone:
    """A phone that asks a TVS, and the hands that change what the TVS knows."""

    tvs: TVS
    clock: FakeClock
    identity: Callable[..., Identity]
    own: Callable[..., CertificateRow]
    change: Callable[..., Any]
    session: int = 1000

    def query(self, certificate: Certificate) -> QueryResponse:
        """Ask for a certificate by its names and serial."""
        return self.query_by(certificate.subject, certificate.issuer, certificate.serial_bytes)

    def query_by(self, subject: str, issuer: str, serial: bytes) -> QueryResponse:
        """Ask for a certificate by names and serial."""
        answer = self._ask(QueryRequest(DEVICE, subject, issuer, serial))
        assert isinstance(answer, QueryResponse)
        return answer

    def verify(self, certificate: Certificate) -> VerifyResponse:
        """Show a certificate that a server presented."""
        answer = self._ask(VerifyRequest(DEVICE, certificate.der))
        assert isinstance(answer, VerifyResponse)
        return answer

    def _ask(self, request: tvs_messages.Message) -> tvs_messages.Message:
        self.session += 1
        frame = self.tvs.handle(tvs_messages.encode(request, self.session))
        session, answer = tvs_messages.decode(frame)
        assert session == self.session, "the phone's session number comes back"
        return answer

    def put(self, row: CertificateRow, before: Identity | None = None) -> None:
        """A row comes to the node's replica, and the TVS hears of it."""
        self.tvs.replica.put(row)
        self.tvs.on_change(self.change(row, before))

    def renew(self, unit: str, node: str, generation: int = 1) -> Identity:
        """A certificate of a node was regenerated: file, row, notice."""
        new = self.identity(unit, node, generation)
        if node == self.tvs.host.name:
            self.tvs.files.own[unit] = new
        self.put(self.own(unit, node, new), self.identity(unit, node, generation - 1))
        return new


@pytest.fixture
def make_phone(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    identity: Callable[..., Identity],
    own: Callable[..., CertificateRow],
    change: Callable[..., Any],
    clock: FakeClock,
) -> Callable[..., Phone]:
    """A maker of phones that ask labserver1's TVS, whose caches follow after 5 s."""

    def make(release: Any = "11.5", **timing: float) -> Phone:
        host = make_host("labserver1", release, {"tvs_refresh_delay_s": 5_000}, **timing)
        files, replica = FileSystem(), Replica()
        files.own["TVS"] = identity("TVS", "labserver1")
        for node in ("labserver1", "labserver2"):
            for unit in ("CallManager", "TVS", "tomcat", "ipsec", "ITLRecovery"):
                replica.put(own(unit, node, identity(unit, node)))
        tvs = TVS(host, make_service(host, "TVS"), files, replica)
        return Phone(tvs, clock, identity, own, change)

    return make


@pytest.fixture
def phone(make_phone: Callable[..., Phone]) -> Phone:
    """A phone and a TVS on 11.5."""
    return make_phone()
