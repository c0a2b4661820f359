"""A small hand-made world for the storm engine.

It has fake ports: its TVS servers answer from a dictionary, its file servers hold what the test
puts there. No node, no release and no cluster is involved; the files are really signed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from twin.config.load import load_timing
from twin.config.timing import TimingProfile
from twin.kernel.journal import Journal
from twin.kernel.network import Network, SiteLink
from twin.kernel.queues import FIFOQueue
from twin.kernel.simulation import Simulation
from twin.kernel.streams import Streams
from twin.phones.core import EngineCore
from twin.phones.engine import StormEngine
from twin.phones.https import HTTPSClients
from twin.phones.judgements import NOTHING, Judgements
from twin.phones.lifecycle import Event, FileKind, State
from twin.phones.population import PhoneGroup, PhoneRecord, Population
from twin.phones.ports import Answer, FileServer, Ports, Registrar, TVSServer
from twin.phones.stuck import StuckAnalysis
from twin.pki.certificates import Certificate
from twin.pki.list_record import Role

SIP_PLAN = (FileKind.CTL, FileKind.ITL, FileKind.CONFIG, FileKind.OTHER)
DAY_MS = 86_400_000


class Row(NamedTuple):
    """A journal row of a phone."""

    at_ms: int
    phone: int
    event: Event
    node: int
    detail: int


class World:
    """Two nodes, each with TFTP, TVS and CallManager, and phones of one or more groups.

    Args:
        phones: one group number per phone.
        groups: what differs from the usual group, per group.
        timing: timing parameters that differ from the bundled ones.
        links: round trip (ms) and rate (Mbit/s) of each site; nodes stand at site 0 unless
            `node_sites` says otherwise.
    """

    def __init__(
        self,
        forge: Any,
        base: TimingProfile,
        *,
        phones: Sequence[int] = (0,),
        groups: Sequence[dict] = ({},),
        timing: dict | None = None,
        links: Sequence[tuple[int, float]] = ((1, 1000.0), (40, 10.0)),
        node_sites: tuple[int, int] = (0, 0),
        capacity: int = 1000,
        tftp_queue: tuple[int, int | None] = (5, 3000),
        state: State = State.OFF,
        every_phone: bool = False,
    ) -> None:
        self.forge = forge
        self.simulation = Simulation()
        self.journal = Journal([])
        self.network = Network([SiteLink(f"site{n}", *link) for n, link in enumerate(links)])
        self.files = forge.book()
        self.knows: list[dict[tuple[str, bytes], tuple[Certificate, frozenset[int]]]] = [{}, {}]
        self.asked: list[tuple[int, tuple[str, bytes]]] = []
        self.is_on = [True, True]
        self.ttl_ms = DAY_MS
        self.srst = False
        self.itl = self.files.add(FileKind.ITL, self.usual_itl())
        self.config = self.files.add(FileKind.CONFIG, forge.config(forge.identity("cm0")))
        self.ports = Ports(
            reachable=self.network.reachable,
            node_is_on=lambda node: self.is_on[node],
            has_srst=lambda site: self.srst,
        )
        for node, site in enumerate(node_sites):
            self._add_node(node, site, capacity, tftp_queue)
        usual = {
            "population": "p", "model": "8841", "protocol": "SIP", "site": 0,
            "callmanager_group": "g", "callmanagers": (0, 1), "tftp": (0, 1), "has_sbd": True,
            "uses_http": True, "boot_s": 100.0, "boot_low_s": 70.0, "boot_high_s": 150.0,
            "reset_s": 85.0, "restart_s": 20.0, "files": SIP_PLAN, "config_bytes": 12_000,
            "other_bytes": 4_000,
        }  # fmt: skip
        self.population = Population(
            [PhoneGroup(number=n, **{**usual, **group}) for n, group in enumerate(groups)],
            [PhoneRecord(f"SEP{n:012X}", group, state) for n, group in enumerate(phones)],
        )
        self.judgements = Judgements(self.files, 65_535)
        for phone in range(self.population.size):
            self.population.holdings[phone] = self.judgements.holdings(NOTHING, NOTHING)
        self.core = EngineCore(
            self.population, self.ports, self.network, self.judgements, self.simulation,
            self.journal, Streams(1), base.with_values(timing or {}),
            lambda ms: forge.start + timedelta(milliseconds=ms),
        )  # fmt: skip
        self.engine = StormEngine(self.core, every_phone)
        self.https = HTTPSClients(self.core, self.engine.checking)
        self.stuck = StuckAnalysis(self.core, self.engine.checking, self.engine.securing)

    def usual_itl(self, *signers: str, tvs: Sequence[str] = ("tvs0", "tvs1")) -> bytes:
        """The list of a node: `signers` (cm0 by default), the first of which signs."""
        made = [self.forge.identity(name) for name in signers or ("cm0",)]
        return self.forge.list(made[0], made, made, [self.forge.identity(name) for name in tvs])

    def _add_node(
        self, node: int, site: int, capacity: int, tftp_queue: tuple[int, int | None]
    ) -> None:
        def query(device: str, subject: str, issuer: str, serial: bytes) -> Answer:
            self.asked.append((node, (issuer, serial)))
            certificate, roles = self.knows[node].get((issuer, serial), (None, frozenset()))
            return Answer(certificate, roles, self.ttl_ms if certificate else 0)

        def verify(device: str, certificate: Certificate) -> Answer:
            return query(device, "", certificate.issuer, certificate.serial_bytes)

        self.ports.files[node] = FileServer(
            node, site, FIFOQueue(*tftp_queue), lambda: 5_000, lambda group: self.config,
            lambda phone: self.forge.config(self.forge.identity("cm0"), stamp=f"p{phone}"),
            itl_file=self.itl,
        )  # fmt: skip
        presents = self.forge.identity(f"tvs{node}").certificate
        self.ports.tvs[node] = TVSServer(node, site, FIFOQueue(1), query, verify, presents)
        self.ports.registrars[node] = Registrar(
            node, site, FIFOQueue(1), FIFOQueue(1), {"SIP": 31_250, "SCCP": 10_000}, 100_000,
            capacity,
        )  # fmt: skip

    # -- doing ------------------------------------------------------------------------------

    def serve_itl(self, data: bytes, *nodes: int) -> int:
        """Nodes (both by default) serve another list from now on; its file number."""
        number = self.files.add(FileKind.ITL, data)
        for node in nodes or (0, 1):
            self.ports.files[node].itl_file = number
        return number

    def serve_config(self, data: bytes) -> int:
        """Every node serves another config from now on; its file number."""
        self.config = self.files.add(FileKind.CONFIG, data)
        return self.config

    def teach(self, node: int, identity: Any, *roles: Role) -> None:
        """A TVS learns of a certificate."""
        self.knows[node][identity.name] = (identity.certificate, frozenset(roles))

    def settle(self) -> None:
        """Every phone holds the files served now and is registered with the first node."""
        columns = self.population
        for phone in range(columns.size):
            columns.holdings[phone] = self.judgements.holdings(NOTHING, self.itl)
            columns.config[phone] = self.config
            if columns.state[phone] == State.REGISTERED:
                columns.node[phone] = 0
                self.ports.registrars[0].count += 1

    def power_on(self, *phones: int) -> None:
        """Phones (all by default) get power now."""
        self.engine.power(self.now_ms, phones or range(self.population.size), True)

    def run(self, duration_ms: int = 600_000) -> None:
        """Let time pass."""
        self.simulation.run_until(self.now_ms + duration_ms)

    def run_to(self, event: Event) -> Row:
        """Let time pass until the first event of a kind from now on; that event."""
        seen = len(self.rows())
        while not (found := [row for row in self.rows()[seen:] if row.event == event]):
            next_ms = self.simulation.calendar.next_instant()
            assert next_ms is not None, f"no {event.name} ever came"
            self.run(max(1, next_ms + 1 - self.now_ms))
        return found[0]

    # -- looking ----------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        """The simulated time."""
        return self.simulation.now_ms

    def rows(self, *events: Event, phone: int | None = None) -> list[Row]:
        """Journal rows so far, of these events and this phone if named."""
        rows = [Row(*cells) for cells in self.journal.pending().tolist()]
        return [
            row._replace(event=Event(row.event))
            for row in rows
            if (not events or row.event in events) and phone in (None, row.phone)
        ]

    def state(self, phone: int = 0) -> State:
        """The state of a phone now."""
        return State(self.population.state[phone])

    def counts(self) -> dict[State, int]:
        """How many phones are in each state that has any."""
        states = [State(state) for state in self.population.state]
        return {state: states.count(state) for state in sorted(set(states))}

    def held(self, phone: int = 0) -> tuple[int, int, int]:
        """File numbers of a phone's CTL, ITL and config."""
        lists = self.judgements.lists(self.population.holdings[phone])
        return (*lists, self.population.config[phone])


@pytest.fixture(scope="session")
def bundled_timing() -> TimingProfile:
    """The bundled timing profile."""
    return load_timing()


@pytest.fixture(scope="session")
def world_class() -> type[World]:
    """The class of worlds, for fixtures that outlive a test."""
    return World


@pytest.fixture
def make_world(forge: Any, bundled_timing: TimingProfile) -> Callable[..., World]:
    """A maker of worlds; arguments as `World`."""

    def make(**changes: object) -> World:
        return World(forge, bundled_timing, **changes)

    return make
