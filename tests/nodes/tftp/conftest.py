"""The TFTP service of a node of the lab, with the rows and keys an ITL is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from twin.nodes.database import CertificateRow, Replica
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.service import Service
from twin.nodes.tftp import TFTP
from twin.pki.list_header import Digest

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost

NODES = ("labserver1", "labserver2")


@dataclass
class LabSettings:
    """Cluster-wide settings a test sets; implements `twin.nodes.tftp.Settings`."""

    rollback: bool = False
    algorithm: Digest = Digest.SHA1
    capf: set[str] = field(default_factory=set)
    itl_recovery: Identity | None = None
    mixed: bool = False

    def is_rollback(self) -> bool:
        return self.rollback

    def digest(self) -> Digest:
        return self.algorithm

    def is_mixed(self) -> bool:
        return self.mixed

    def runs_active_capf(self, node: str) -> bool:
        return node in self.capf

    def recovery(self, node: str) -> Identity | None:
        return self.itl_recovery


@dataclass
class Bench:
    """A TFTP service and the hands that change what it reads."""

    tftp: TFTP
    clock: FakeClock
    settings: LabSettings
    identity: Callable[..., Identity]
    own: Callable[..., CertificateRow]
    change: Callable[..., Any]

    @property
    def builds(self) -> list[dict[str, Any]]:
        """What was recorded of each build, in order."""
        return [row.data for row in self.tftp.host.rows("itl_built")]

    def renew(self, unit: str, node: str, generation: int = 1) -> Identity:
        """A certificate of a node was regenerated: file, row, notice."""
        new = self.identity(unit, node, generation)
        if node == self.tftp.host.name:
            self.tftp.files.own[unit] = new
        row = self.own(unit, node, new)
        self.tftp.replica.put(row)
        self.tftp.on_change(self.change(row, self.identity(unit, node, generation - 1)))
        return new


@pytest.fixture
def settings() -> LabSettings:
    """The settings of the lab: CAPF not active."""
    return LabSettings()


@pytest.fixture
def recovery(identity: Callable[..., Identity]) -> Callable[..., Identity]:
    """A maker of the publisher's ITLRecovery, by generation."""
    name = "ITLRECOVERY_labserver1.vasank.com"
    return lambda generation=0: identity("ITLRecovery", "labserver1", generation, "", name)


@pytest.fixture
def make_bench(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    identity: Callable[..., Identity],
    own: Callable[..., CertificateRow],
    change: Callable[..., Any],
    settings: LabSettings,
    recovery: Callable[..., Identity],
    clock: FakeClock,
) -> Callable[..., Bench]:
    """A maker of TFTP services of a node under a release, rebuilding after 5 s."""

    def make(
        release: Any = "11.5", name: str = "labserver1", draws: dict[str, Any] | None = None
    ) -> Bench:
        host = make_host(name, release, draws or {"itl_rebuild_delay_s": 5_000})
        if host.release.itl_recovery != "none":
            settings.itl_recovery = settings.itl_recovery or recovery()
        files, replica = FileSystem(), Replica()
        files.own["CallManager"] = identity("CallManager", name)
        for node in NODES:
            for unit in ("CallManager", "TVS", "tomcat", "ipsec"):
                replica.put(own(unit, node, identity(unit, node)))
            replica.put(own("CAPF", node, identity("CAPF", node, common_name=f"CAPF-{node}")))
        service = make_service(host, "TFTP")
        tftp = TFTP(host, service, files, replica, settings)
        return Bench(tftp, clock, settings, identity, own, change)

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """The publisher's TFTP service on 11.5."""
    return make_bench()
