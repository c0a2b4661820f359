"""A node's host on the simulation: see `twin.nodes.host.Host`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from twin.config.release import ReleaseProfile
from twin.config.timing import TimingProfile
from twin.kernel.journal import Cell, Journal
from twin.kernel.laws import law
from twin.kernel.simulation import Simulation
from twin.kernel.streams import Law, Streams
from twin.nodes.host import CallOff
from twin.simtime import Epoch

_MS_PER_UNIT = {"s": 1000.0, "ms": 1.0, "min": 60_000.0}


class NodeHost:
    """Time, timers, chance and the journal for one node."""

    def __init__(
        self,
        name: str,
        simulation: Simulation,
        streams: Streams,
        journal: Journal,
        epoch: Epoch,
        release: ReleaseProfile,
        timing: TimingProfile,
        address: str = "",
        fqdn: str = "",
    ) -> None:
        self.name = name
        self.address = address
        self.fqdn = fqdn
        self.release = release
        self.timing = timing
        self._simulation = simulation
        self._streams = streams
        self._journal = journal
        self._epoch = epoch
        self._laws: dict[str, Law] = {}

    @property
    def now_ms(self) -> int:
        """Milliseconds since the scenario epoch."""
        return self._simulation.now_ms

    def time(self) -> datetime:
        """The simulated moment, aware UTC."""
        return self._epoch.at(self.now_ms)

    def after(
        self, delay_ms: int, function: Callable[..., None], *args: object, counts: bool = True
    ) -> CallOff:
        """Call later."""
        return self._simulation.call_after(delay_ms, function, *args, counts=counts)

    def drawn_ms(self, parameter: str) -> int:
        """The next draw of a timing parameter for this node, whole milliseconds."""
        what = self._laws.get(parameter)
        if what is None:
            entry = self.timing.parameters()[parameter]
            what = self._laws[parameter] = law(entry, _MS_PER_UNIT[entry.unit])
        return max(0, round(self._streams.draw(what, self.name, parameter)))

    def octets(self, size: int, *name: object) -> bytes:
        """Bytes that belong to a name, from the seed."""
        return self._streams.octets(size, *name)

    def record(
        self,
        service: str,
        event: str,
        /,
        *,
        severity: str = "info",
        **data: Cell | list[str] | list[int],
    ) -> None:
        """Journal what a service did."""
        self._journal.node(self.now_ms, self.name, service, event, severity, data)

    def alarm(self, service: str, name: str, severity: str, /, **data: Cell) -> None:
        """Journal an alarm."""
        self._journal.node(
            self.now_ms, self.name, service, "alarm", severity, {"name": name, **data}
        )
