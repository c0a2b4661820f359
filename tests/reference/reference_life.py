"""What every part of a reference phone needs: its numbers, its sleep, its journal rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import simpy
from reference_draws import Draws
from reference_queue import PHONES_FROM, Link, Process, after

from twin.phones.lifecycle import Event, State
from twin.phones.ports import Registrar


class Living:
    """A phone. What others look at stands in the population's columns."""

    def __init__(self, core: Any, links: list[Link], number: int) -> None:
        self.core = core
        self.env: simpy.Environment = core.env
        self.columns = core.population
        self.number = number
        self.group = core.population.group(number)
        self.link = links[self.group.site]
        self.draws = Draws(core.streams, core.timing, core.population.names[number], self.group)
        self.device_name = f"CP-{self.group.model}-{core.population.names[number]}"
        self.process: simpy.Process | None = None
        self.next_try: object | None = None
        """Stands for the next try that is under way, if one is."""
        self.missed_return = False
        self.has_new_load = False
        self.itl_was_rejected = False
        self.tls_was_refused = False
        """A session was refused or found the ports closed, and none was made since."""
        self.is_fresh = False
        """It goes by files it has just fetched."""

    # -- little things ----------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where the phone is in its life."""
        return State(self.columns.state[self.number])

    @property
    def node(self) -> int:
        """The node it is registered with."""
        return int(self.columns.node[self.number])

    @node.setter
    def node(self, node: int) -> None:
        self.columns.node[self.number] = node

    @property
    def now_ms(self) -> int:
        """The time; phones act at whole milliseconds."""
        assert self.env.now == int(self.env.now)
        return int(self.env.now)

    @property
    def boots(self) -> int:
        """How often it has started over: the count of its next draws."""
        return int(self.columns.boots[self.number])

    def emit(self, event: Event, node: int = -1, detail: int = 0) -> None:
        """Journal what happens to it."""
        self.core.emit(self.number, event, node, detail)

    def sleep(self, delay_ms: int) -> simpy.Event:
        """Something to wait for: `delay_ms` from now, in this phone's turn."""
        return after(self.env, delay_ms, PHONES_FROM + self.number)

    def sleep_until(self, at_ms: int) -> simpy.Event:
        """Something to wait for: an instant, or now if it is over."""
        return after(self.env, max(0, at_ms - self.env.now), PHONES_FROM + self.number)

    def rtt_ms(self, site: int) -> int:
        """Round trip to a site."""
        return int(self.core.network.rtt_ms(self.group.site, site))

    def registrar(self, node: int) -> Registrar:
        """The CallManager of a node."""
        found: Registrar = self.core.ports.registrars[node]
        return found

    def live(self, what: Iterable[simpy.Event]) -> None:
        """Leave what it is doing and do this instead."""
        self.die()
        self.process = self.env.process(self._life(what))

    def die(self) -> None:
        """Leave what it is doing."""
        if self.process is not None and self.process.is_alive:
            if self.process is self.env.active_process:
                raise AssertionError("a phone cannot interrupt itself")
            self.process.interrupt()

    def _life(self, what: Iterable[simpy.Event]) -> Process:
        try:
            yield from what
        except simpy.Interrupt:
            return
        self.came_to_rest()

    def came_to_rest(self) -> None:
        """It has done what it had to do."""
        raise NotImplementedError  # a phone is put together from several parts; another has this

    def _boots_now(self) -> int:
        count = self.boots
        self.columns.boots[self.number] = count + 1
        return count
