"""The reference engine: one SimPy process per phone, and nothing remembered for speed.

It stands where `twin.phones`' storm engine stands in a cluster (see `conftest.py`), so that both
can live through the same story. They share the rules of trust, the draws by name, the life-cycle
table, what the model says of phones, and the nodes with their services. All else is written anew:
boots, downloads, checks, TVS sessions, registration, failover and fallback, resets, power, erased
lists; waiting lines are `reference_queue`'s.

Left out: WAN cuts, SRST, nodes losing power (a path is always there), HTTPS clients, CAPF sessions
and guarded networks; LSCs and MICs are as at the start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import simpy
from reference_phone import ReferencePhone
from reference_queue import PHONES_FROM, Line, Link, Process, after
from reference_securing import ReferenceSecuring

from twin.errors import SimulationError
from twin.kernel.journal import Journal
from twin.kernel.network import Network
from twin.kernel.simulation import Simulation
from twin.kernel.streams import Streams
from twin.phones.judgements import Judgements
from twin.phones.lifecycle import TABLE, ErasedLists, Event, State, UnregisterCause
from twin.phones.population import Population
from twin.phones.ports import Answer, Ports, Registrar
from twin.phones.stuck import Finding, RecoveryKeys, StuckAnalysis

TAKES_NOTICE = (State.REGISTERED, State.RESET_PENDING)


@dataclass
class ReferenceCore:
    """What the cluster hands to an engine, the state of the phones, and the journal."""

    population: Population
    ports: Ports
    network: Network
    judgements: Judgements
    simulation: Simulation
    journal: Journal
    streams: Streams
    timing: Any
    time_at: Callable[[int], datetime]
    securing: Any = None
    pending: int = 0
    """Notices and next tries on their way to resting phones."""

    @property
    def env(self) -> simpy.Environment:
        """SimPy's own environment."""
        return self.simulation._env

    @property
    def counts(self) -> list[int]:
        """How many phones are in each state."""
        return [list(self.population.state).count(state) for state in State]

    def emit(self, phone: int, event: Event, node: int = -1, detail: int = 0) -> None:
        """Journal an event that happens now, by the life-cycle table."""
        state = State(self.population.state[phone])
        if event not in TABLE[state]:
            raise SimulationError(f"phone {phone} is {state.name} and cannot have {event.name}")
        self.population.state[phone] = int(TABLE[state][event])
        now_ms = self.simulation.now_ms
        self.journal.phone(now_ms, phone, int(event), node, int(detail))

    def registered(self) -> int:
        """Phones that the cluster counts as registered."""
        return sum(state in TAKES_NOTICE for state in self.population.state)

    def powered(self) -> int:
        """Phones with power."""
        return sum(state != State.OFF for state in self.population.state)

    def is_quiet(self, _now_ms: int) -> bool:
        """Every phone rests and nothing is on its way to one."""
        at_rest = (State.OFF, State.REGISTERED, State.UNREGISTERED, State.SRST)
        return self.pending == 0 and all(s in at_rest for s in self.population.state)


class ReferenceEngine:
    """The phones of a run, each with a process of its own."""

    def __init__(self, core: ReferenceCore, every_phone: bool = False) -> None:
        self.core = core
        self.securing = core.securing = ReferenceSecuring(core)
        self.links = [Link(core.env) for _ in core.network.sites]
        for server in (*core.ports.files.values(), *core.ports.tvs.values()):
            server.queue = self._line(server.queue)
        for registrar in core.ports.registrars.values():
            registrar.queue = self._line(registrar.queue)
            registrar.fallback = self._line(registrar.fallback)
        self.phones = [ReferencePhone(core, self.links, n) for n in range(core.population.size)]
        self.checking = ReferenceChecking(core, self.phones)
        self.registration = self
        self.losses = self

    @property
    def start_up(self) -> Any:
        """What guards of the network hold back: there are none here."""
        raise NotImplementedError("802.1X and VPN are left out")

    @property
    def gate(self) -> None:
        """Nothing stands before the registration of a reference phone."""

    @gate.setter
    def gate(self, _gate: Any) -> None:
        raise NotImplementedError("CAPF sessions are left out")

    def _line(self, queue: Any) -> Line:
        return Line(self.core.env, len(queue._free_us), queue.limit)

    # -- what CallManager and the operator do -----------------------------------------------

    def registered_with(self, node: int | None = None) -> list[int]:
        """Phones registered with a node (None: any)."""
        return [
            phone.number
            for phone in self.phones
            if phone.state in TAKES_NOTICE and node in (None, phone.node)
        ]

    def related(self, callmanager: int) -> list[int]:
        """Phones whose CallManager Group contains a node."""
        return [p.number for p in self.phones if callmanager in p.group.callmanagers]

    def send_notices(
        self,
        now_ms: int,
        phones: Sequence[int],
        sender: Registrar,
        rate_per_s: float,
        wave: int,
        restart: bool = False,
    ) -> int:
        """Send notices one after another; the instant of the last one."""
        gap_us = round(1_000_000 / rate_per_s)
        at_us = max(now_ms * 1000, sender.paced_until_us)
        last_ms = now_ms
        for phone in phones:
            last_ms = max(now_ms, at_us // 1000)
            self.core.env.process(self._notice(phone, last_ms - now_ms, wave, restart))
            self.core.pending += 1
            at_us += gap_us
        sender.paced_until_us = at_us
        return last_ms

    def _notice(self, phone: int, delay_ms: int, wave: int, restart: bool) -> Process:
        yield after(self.core.env, delay_ms, PHONES_FROM + phone)
        self.core.pending -= 1
        self.phones[phone].take_notice(wave, restart)

    def power(self, _now_ms: int, phones: Sequence[int], on: bool) -> int:
        """Cut or give power; how many phones that changed."""
        changed = [p for p in phones if (self.phones[p].state != State.OFF) != on]
        for phone in changed:
            if on:
                self.phones[phone].power_on()
            else:
                self.phones[phone].power_off()
        return len(changed)

    def delete_lists(self, _now_ms: int, phone: int, which: ErasedLists) -> None:
        """Somebody erases CTL, ITL or both on a phone."""
        self.phones[phone].lose_lists(which)

    # -- what happens to CallManager ----------------------------------------------------------

    def node_stopped(self, _now_ms: int, node: int, hangs: bool) -> None:
        """The CallManager of a node stops; its phones' connections are closed."""
        if hangs:
            raise NotImplementedError("a node without power is left out")
        self.core.ports.registrars[node].count = 0
        for phone in self.phones:
            if phone.node == node and phone.state in TAKES_NOTICE:
                phone.lose_connection(UnregisterCause.CALLMANAGER_RESTART)

    def came_back(self, _now_ms: int) -> None:
        """A service came back: those who wait for one try again."""
        for phone in self.phones:
            phone.something_came_back()


class ReferenceChecking:
    """What the analysis of stuck phones asks of an engine."""

    def __init__(self, core: ReferenceCore, phones: list[ReferencePhone]) -> None:
        self._core = core
        self._phones = phones

    def set_time(self, now_ms: int) -> None:
        """Tell the judgements the day, if record expiry counts."""
        if self._core.timing.check_record_expiry.value > 0:
            self._core.judgements.expiry_at = self._core.time_at(now_ms)

    def is_out_of_date(self, now_ms: int, certificate: Any) -> bool:
        """Whether a TLS peer's certificate is out of its dates, if phones look at them."""
        looks = self._core.timing.check_tls_expiry.value > 0
        now = self._core.time_at(now_ms)
        return looks and not certificate.not_before <= now <= certificate.not_after

    def remembered(self, _now_ms: int, phone: int, signer: Any) -> Answer | None:
        """A TVS answer that a phone still keeps."""
        return self._phones[phone].remembered(signer)

    def tvs_list(self, phone: int) -> tuple[int, ...]:
        """The TVS servers of a phone's stored config."""
        return self._phones[phone].tvs_nodes()

    def device_name(self, phone: int) -> str:
        """How a phone names itself to a TVS."""
        return self._phones[phone].device_name


class ForgetfulJudgements(Judgements):
    """Judgements that are made every time anew."""

    def verdict(self, holdings: int, file: int) -> tuple[int, Any]:
        """Decide now."""
        return self.judge_bytes(holdings, self.files[file])

    def answered(self, file: Any, answer: Answer) -> tuple[int, Any]:
        """Decide now."""
        self._answers.clear()
        return super().answered(file, answer)

    def tvs_usable(self, holdings: int, presented: Any) -> bool:
        """Decide now."""
        self._usable.clear()
        return super().tvs_usable(holdings, presented)


class ForgetfulAnalysis(StuckAnalysis):
    """Looks at every phone for itself, not at one of a kind."""

    def _of(self, now_ms: int, phone: int, keys: RecoveryKeys) -> Finding:
        return self._examine(now_ms, phone, keys)

    def run(self, now_ms: int, keys: RecoveryKeys, journal: bool = True) -> list[Finding]:
        """As the fast one's, journalled by the reference core."""
        findings = super().run(now_ms, keys, journal=False)
        for phone, finding in enumerate(findings):
            if journal and finding.is_stuck:
                self.core.emit(phone, Event.FOUND_STUCK, -1, finding.reasons)
        return findings
