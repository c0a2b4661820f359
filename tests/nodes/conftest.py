"""Surroundings for one service at a time: a host whose time, timers and draws the test holds.

No simulation runs here. A `FakeClock` holds the timers of all hosts of a test and fires them only
when told; a `FakeHost` writes down what a service records. Certificates and lists are real.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from twin.config.load import load_release, load_timing
from twin.config.release import ReleaseProfile
from twin.config.timing import TimingProfile
from twin.nodes.database import CertificateRow, Replica, RowChange
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.host import CallOff
from twin.nodes.service import Service
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank, default_directory
from twin.pki.names import DistinguishedName
from twin.pki.profile import self_signed

EPOCH = datetime(2016, 2, 7, 22, 0, tzinfo=UTC)
SUBJECT = {
    "organizational_unit": "TAC", "organization": "Cisco",
    "locality": "BGL", "state": "KA", "country": "IN",
}  # fmt: skip
"""Of the deck's lab: its traces print CN=labserver1.vasank.com,OU=TAC,O=Cisco,C=IN and so on."""


@dataclass
class Timer:
    """A call that is due."""

    at_ms: int
    number: int
    function: Callable[..., None]
    args: tuple[object, ...]
    counts: bool


@dataclass(frozen=True)
class Row:
    """What a service recorded."""

    at_ms: int
    node: str
    service: str
    event: str
    severity: str
    data: dict[str, Any]


class FakeClock:
    """One time and one list of timers for all hosts of a test."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.timers: list[Timer] = []
        self.rows: list[Row] = []
        self._numbers = 0

    def after(
        self, delay_ms: int, function: Callable[..., None], args: tuple[object, ...], counts: bool
    ) -> CallOff:
        """Enter a timer."""
        assert delay_ms >= 0, "time runs forward"
        self._numbers += 1
        timer = Timer(self.now_ms + delay_ms, self._numbers, function, args, counts)
        self.timers.append(timer)
        return lambda: self.timers.remove(timer) if timer in self.timers else None

    def fire(self) -> None:
        """Let the next timer go off, those of one instant in the order they were entered."""
        timer = min(self.timers, key=lambda timer: (timer.at_ms, timer.number))
        self.timers.remove(timer)
        self.now_ms = timer.at_ms
        timer.function(*timer.args)

    def advance(self, duration_ms: int) -> None:
        """Let time pass and everything due in it happen, what is due at its end too."""
        end_ms = self.now_ms + duration_ms
        while any(timer.at_ms <= end_ms for timer in self.timers):
            self.fire()
        self.now_ms = end_ms

    def settle(self) -> None:
        """Fire until nothing that counts as work is left."""
        while any(timer.counts for timer in self.timers):
            self.fire()


ADDRESSES = {"labserver1": "10.106.97.178", "labserver2": "10.106.97.179"}


class FakeHost:
    """A node's surroundings with fixed draws; implements `twin.nodes.host.Host`.

    Args:
        draws: values of timing parameters in ms, one for all draws or a list used up in order;
            a parameter not given draws its default.
    """

    def __init__(
        self,
        name: str,
        clock: FakeClock,
        release: ReleaseProfile,
        timing: TimingProfile,
        draws: dict[str, int | list[int]],
    ) -> None:
        self.name = name
        self.address = ADDRESSES.get(name, "")
        self.fqdn = f"{name}.vasank.com"
        self.clock = clock
        self.release = release
        self.timing = timing
        self.draws = draws

    @property
    def now_ms(self) -> int:
        return self.clock.now_ms

    def time(self) -> datetime:
        return EPOCH + timedelta(milliseconds=self.clock.now_ms)

    def after(
        self, delay_ms: int, function: Callable[..., None], *args: object, counts: bool = True
    ) -> CallOff:
        return self.clock.after(delay_ms, function, args, counts)

    def drawn_ms(self, parameter: str) -> int:
        value = self.draws.get(parameter)
        if isinstance(value, list):
            return value.pop(0)
        return self.timing.parameters()[parameter].ms if value is None else value

    def octets(self, size: int, *name: object) -> bytes:
        text = "/".join(str(part) for part in name)
        return hashlib.blake2b(text.encode(), digest_size=size).digest()

    def record(
        self, service: str, event: str, /, *, severity: str = "info", **data: object
    ) -> None:
        self.clock.rows.append(Row(self.now_ms, self.name, service, event, severity, data))

    def alarm(self, service: str, name: str, severity: str, /, **data: object) -> None:
        self.record(service, "alarm", severity=severity, name=name, **data)

    def rows(self, *events: str) -> list[Row]:
        """What was recorded on this node, of these events or all."""
        own = [row for row in self.clock.rows if row.node == self.name]
        return [row for row in own if not events or row.event in events]

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Everything recorded on this node as (event, data)."""
        return [(row.event, row.data) for row in self.rows()]

    def alarms(self) -> list[str]:
        """The names of the alarms raised on this node."""
        return [row.data["name"] for row in self.rows("alarm")]


@pytest.fixture
def clock() -> FakeClock:
    """The time of the test, standing at 0."""
    return FakeClock()


@pytest.fixture(scope="session")
def releases() -> Callable[[str], ReleaseProfile]:
    """The bundled release profiles, each read once."""
    return functools.cache(load_release)


@pytest.fixture(scope="session")
def timing() -> TimingProfile:
    """The bundled timing profile."""
    return load_timing()


@pytest.fixture
def make_host(
    clock: FakeClock, releases: Callable[[str], ReleaseProfile], timing: TimingProfile
) -> Callable[..., FakeHost]:
    """A maker of hosts on the test's clock; `timing` values override the profile's."""

    def make(
        name: str = "labserver1",
        release: str | ReleaseProfile = "11.5",
        draws: dict[str, int | list[int]] | None = None,
        **values: float,
    ) -> FakeHost:
        profile = releases(release) if isinstance(release, str) else release
        return FakeHost(name, clock, profile, timing.with_values(values), draws or {})

    return make


@pytest.fixture
def make_service() -> Callable[..., Service]:
    """A maker of services that take a fixed time to start, ms."""

    def make(host: FakeHost, name: str, start_ms: int = 10_000) -> Service:
        return Service(host, name, lambda: start_ms)

    return make


@pytest.fixture(scope="session")
def subject() -> dict[str, str]:
    """What every subject of the lab has beside the common name."""
    return dict(SUBJECT)


@pytest.fixture(scope="session")
def bank() -> KeyBank:
    """The user's own key bank: filled once per machine."""
    return KeyBank(default_directory())


@pytest.fixture(scope="session")
def identity(bank: KeyBank) -> Callable[..., Identity]:
    """A maker of own certificates with keys of 1024 bits; the same arguments, the same one."""
    known: dict[tuple[object, ...], Identity] = {}

    def make(
        unit: str = "CallManager",
        node: str = "labserver1",
        generation: int = 0,
        serial: str = "",
        common_name: str = "",
    ) -> Identity:
        wanted = (unit, node, generation, serial, common_name)
        if wanted not in known:
            digest = hashlib.blake2b("/".join(map(str, wanted)).encode(), digest_size=16)
            key = bank.key(1024, len(known))
            certificate = self_signed(
                DistinguishedName.of(common_name or f"{node}.vasank.com", **SUBJECT),
                key,
                bytes.fromhex(serial) if serial else b"\x41" + digest.digest()[1:],
                EPOCH + timedelta(days=generation - 400),
                1825,
                "sha256",
                unit,
                country_first=True,
            )
            known[wanted] = Identity(certificate, key)
        return known[wanted]

    return make


@pytest.fixture
def files() -> FileSystem:
    """A node's file system, empty."""
    return FileSystem()


@pytest.fixture
def replica() -> Replica:
    """A node's replica of the database, empty."""
    return Replica()


@pytest.fixture
def own() -> Callable[..., CertificateRow]:
    """A maker of rows of own certificates."""

    def make(unit: str, node: str, identity: Identity, pkid: str = "") -> CertificateRow:
        names = (pkid or f"{node}-{unit}", (unit,), node, (node,))
        return CertificateRow(*names, identity.certificate, "own")

    return make


@pytest.fixture
def trusted() -> Callable[..., CertificateRow]:
    """A maker of rows of trust copies."""

    def make(units: Any, node: str, holders: Any, certificate: Certificate) -> CertificateRow:
        pkid = f"{node}-{certificate.common_name}-trust"
        return CertificateRow(pkid, tuple(units), node, tuple(holders), certificate)

    return make


@pytest.fixture
def change() -> Callable[..., RowChange]:
    """A maker of change notices: the new row, and the certificate there was before (None: new)."""

    def make(row: CertificateRow, before: Identity | None, number: int = 1) -> RowChange:
        old = None
        if before is not None:
            old = CertificateRow(row.pkid, row.units, row.node, row.nodes, before.certificate)
        return RowChange(number, row, old)

    return make
