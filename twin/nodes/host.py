"""What a node's services get from outside: time, timers, chance, the journal.

Knows: signatures. Tests give services a host of their own and see every timer and record; a run
gives them one on the simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from twin.config.release import ReleaseProfile
from twin.config.timing import TimingProfile
from twin.kernel.journal import Cell

CallOff = Callable[[], None]


class Host(Protocol):
    """The surroundings of one node."""

    name: str
    address: str
    """IPv4 address; empty: the model gives it none."""
    fqdn: str
    """What the certificates call it; empty: the model gives it no name."""
    release: ReleaseProfile
    timing: TimingProfile

    @property
    def now_ms(self) -> int:
        """Milliseconds since the scenario epoch."""

    def time(self) -> datetime:
        """The simulated moment, aware UTC."""

    def after(
        self, delay_ms: int, function: Callable[..., None], *args: object, counts: bool = True
    ) -> CallOff:
        """Call later; `counts` False for periodic work that never ends."""

    def drawn_ms(self, parameter: str) -> int:
        """The next draw of a timing parameter for this node, whole milliseconds (>= 0)."""

    def octets(self, size: int, *name: object) -> bytes:
        """Bytes that belong to a name (serial numbers), from the seed."""

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

    def alarm(self, service: str, name: str, severity: str, /, **data: Cell) -> None:
        """Journal an alarm of the product's catalogue."""
