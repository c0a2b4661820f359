"""What every part of the storm engine shares: the columns, the calendar, draws, and `emit`.

Knows: how a phone's state changes (only here, and only by the life-cycle table) and how its
delays are drawn. Must not know downloads, trust or registration.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from datetime import datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from twin.config.timing import TimingProfile
from twin.errors import SimulationError
from twin.kernel.journal import DETAIL_SHIFT, NODE_SHIFT, Journal
from twin.kernel.laws import law
from twin.kernel.network import Network
from twin.kernel.simulation import Simulation
from twin.kernel.streams import GAMMA, Law, PhoneStreams, Streams, key64, mix64
from twin.phones.judgements import Judgements
from twin.phones.lifecycle import REGISTERED_STATES, RESTING_STATES, Event, State, compiled
from twin.phones.population import Population
from twin.phones.ports import Ports

_TO_UNIT = 1.0 / (1 << 53)


class EngineCore:
    """Columns, time, chance and the journal, in one place for speed."""

    def __init__(
        self,
        population: Population,
        ports: Ports,
        network: Network,
        judgements: Judgements,
        simulation: Simulation,
        journal: Journal,
        streams: Streams,
        timing: TimingProfile,
        time_at: Callable[[int], datetime],
    ) -> None:
        self.population = population
        self.ports = ports
        self.network = network
        self.judgements = judgements
        self.simulation = simulation
        self.calendar = simulation.calendar
        self.journal = journal
        self.streams = streams
        self.timing = timing
        self.time_at = time_at
        self.calendar.resize(population.size)
        self.counts = [0] * len(State)
        for state in population.state:
            self.counts[state] += 1
        self._busy_until_ms = -1
        self._next_state = compiled()
        self._states = population.state
        self._rows = journal.buffer
        self.calendar.on_block = journal.flush_when_full
        self._phone_streams = PhoneStreams(streams, population.names)
        self._tables: dict[str, list[array[int]]] = {}
        self._makers: dict[str, Callable[[int], array[int]]] = {}
        self._group_of = np.array(population.group_of, dtype=np.int64)
        self._make_tables()

    # -- state ------------------------------------------------------------------------------

    def emit(self, now_ms: int, phone: int, event: int, node: int = -1, detail: int = 0) -> None:
        """Journal an event of a phone and move its state on.

        Raises:
            SimulationError: the event cannot happen in the phone's state: a fault of ours.
        """
        states = self._states
        old = states[phone]
        new = self._next_state[old][event]
        if new != old:
            if new < 0:
                raise SimulationError(
                    f"at {now_ms} ms: {self.population.names[phone]} is "
                    f"{State(old).name} and cannot have {Event(event).name}"
                )
            states[phone] = new
            counts = self.counts
            counts[old] -= 1
            counts[new] += 1
        # `Journal.phone`, without the call; the buffer is looked at once in a block of time.
        rows = self._rows
        rows += (now_ms, phone, event | node + 1 << NODE_SHIFT | detail << DETAIL_SHIFT)

    def registered(self) -> int:
        """Phones registered with the cluster now."""
        return sum(self.counts[state] for state in REGISTERED_STATES)

    def powered(self) -> int:
        """Phones with power now."""
        return self.population.size - self.counts[State.OFF]

    def busy_until(self, at_ms: int) -> None:
        """Something is on its way to resting phones until this instant."""
        self._busy_until_ms = max(self._busy_until_ms, at_ms)

    def is_quiet(self, now_ms: int) -> bool:
        """No phone is in a state it will leave by itself, and nothing is on its way to one."""
        resting = sum(self.counts[state] for state in RESTING_STATES)
        return resting == self.population.size and now_ms > self._busy_until_ms

    # -- chance -----------------------------------------------------------------------------

    def drawn(self, purpose: str, count: int) -> array[int]:
        """One delay (ms) or number per phone: the population's `count`-th draw for a purpose."""
        tables = self._tables[purpose]
        while len(tables) <= count:
            tables.append(self._makers[purpose](len(tables)))
        return tables[count]

    def rare(self, what: Law, purpose: str, phone: int, count: int) -> float:
        """One value for one phone, for draws that few phones need."""
        key = key64(self.streams.seed, "phone", self.population.names[phone], purpose)
        first = mix64(key + 2 * count * GAMMA)
        second = mix64(key + (2 * count + 1) * GAMMA)
        return what.at(((first >> 11) + 0.5) * _TO_UNIT, ((second >> 11) + 0.5) * _TO_UNIT)

    def _make_tables(self) -> None:
        timing = self.timing
        draw = self._phone_streams.integers
        verify = law(timing.trust_verify_s, 1000)
        session = law(timing.tvs_session_s, 1000)
        for purpose in ("verify_ctl", "verify_itl", "verify_config"):
            self._add(purpose, partial(draw, verify, purpose))
        self._add("tvs_session", lambda n: draw(session, "tvs_session", n))
        self._add("reset_delay", self._reset_delay)
        self._add("reset_boot", lambda n: self._boot("reset", n))
        self._add("cold_boot", lambda n: self._boot("cold", n))
        self._add("restart", self._restart)
        spread = law(timing.loss_notice_s, 1000)
        self._add("notice", lambda n: draw(spread, "notice", n))

    def _add(self, purpose: str, maker: Callable[[int], array[int]]) -> None:
        self._tables[purpose] = []
        self._makers[purpose] = maker

    def _per_group(self, values: list[float]) -> NDArray[np.float64]:
        return np.array(values or [0.0], dtype=np.float64)[self._group_of]

    def _factor(self, kind: str, count: int) -> NDArray[np.float64]:
        sigma = self.timing.boot_sigma.value
        spread = Law("lognormal", 1.0, 0.0, float("inf"), sigma)
        return self._phone_streams.values(spread, f"{kind}_factor", count)

    def _boot(self, kind: str, count: int) -> array[int]:
        """Hardware start, voice VLAN and DHCP, ms.

        The catalogue's times run to the first file request, so they contain an ordinary voice VLAN
        and DHCP wait: the hardware start is what is left of them, kept in the model's range.
        """
        groups = self.population.groups
        if self.population.size == 0:
            return array("i")
        cold = self._per_group([group.boot_s for group in groups])
        median = cold if kind == "cold" else self._per_group([group.reset_s for group in groups])
        low = self._per_group([group.boot_low_s for group in groups]) / cold * median
        high = self._per_group([group.boot_high_s for group in groups]) / cold * median
        timing = self.timing
        waits = timing.voice_vlan_s.default + timing.dhcp_s.default
        hardware = np.clip(median * self._factor(kind, count), low, high) - waits
        hardware = np.maximum(hardware, 0.0)
        values = self._phone_streams.values
        vlan = values(law(self.timing.voice_vlan_s), f"{kind}_vlan", count)
        dhcp = values(law(self.timing.dhcp_s), f"{kind}_dhcp", count)
        return _whole(1000.0 * (hardware + vlan + dhcp))

    def _restart(self, count: int) -> array[int]:
        if self.population.size == 0:
            return array("i")
        median = self._per_group([group.restart_s for group in self.population.groups])
        return _whole(1000.0 * median * self._factor("restart", count))

    def _reset_delay(self, count: int) -> array[int]:
        """From the notice to acting on it, ms: the phone's own delay, or the end of its call."""
        values = self._phone_streams.values
        jitter = values(law(self.timing.reset_phone_jitter_s), "reset_jitter", count)
        busy = values(law(self.timing.p_busy), "busy", count)
        hold = values(law(self.timing.call_hold_s), "hold", count)
        return _whole(1000.0 * np.where(busy > 0, hold, jitter))


def _whole(values: NDArray[np.float64]) -> array[int]:
    return array("i", np.rint(values).astype(np.int32).tobytes())
