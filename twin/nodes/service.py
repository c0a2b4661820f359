"""A service's life: started, stopped, and the time a start takes.

Knows: the table below. Must not know what the service does.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from twin.nodes.host import CallOff, Host


class ServiceState(StrEnum):
    """As `utils service list` words it."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    STARTED = "STARTED"


class ServiceEvent(StrEnum):
    """What can happen to a service."""

    START = "start"
    READY = "ready"
    STOP = "stop"


TABLE: dict[ServiceState, dict[ServiceEvent, ServiceState]] = {
    ServiceState.STOPPED: {
        ServiceEvent.START: ServiceState.STARTING,
        ServiceEvent.STOP: ServiceState.STOPPED,
    },
    ServiceState.STARTING: {
        ServiceEvent.READY: ServiceState.STARTED,
        ServiceEvent.START: ServiceState.STARTING,
        ServiceEvent.STOP: ServiceState.STOPPED,
    },
    ServiceState.STARTED: {
        ServiceEvent.START: ServiceState.STARTED,
        ServiceEvent.STOP: ServiceState.STOPPED,
    },
}


class Service:
    """One service of one node; starts out STARTED, as in a cluster that has been running.

    Hooks: `on_started` when it is ready (it loads its certificate there), `on_stopped` with
    whether it hangs (nobody closes its connections: the node lost power), also when it was still
    starting.
    """

    def __init__(self, host: Host, name: str, start_ms: Callable[[], int]) -> None:
        self.host = host
        self.name = name
        self.state = ServiceState.STARTED
        self.on_started: list[Callable[[], None]] = []
        self.on_stopped: list[Callable[[bool], None]] = []
        self._start_ms = start_ms
        self._starting: CallOff | None = None
        self._ready_at_ms = 0

    @property
    def is_started(self) -> bool:
        """Whether it answers."""
        return self.state is ServiceState.STARTED

    def start(self) -> int:
        """Start it; the time until it is ready, ms (0 if it runs, the rest if it is starting)."""
        if self.state is ServiceState.STARTING:
            return self._ready_at_ms - self.host.now_ms
        if self.state is ServiceState.STARTED:
            return 0
        self._move(ServiceEvent.START)
        delay_ms = self._start_ms()
        self._ready_at_ms = self.host.now_ms + delay_ms
        self._starting = self.host.after(delay_ms, self._ready)
        return delay_ms

    def stop(self, hangs: bool = False) -> None:
        """Stop it at once."""
        if self._starting is not None:
            self._starting()
            self._starting = None
        was_stopped = self.state is ServiceState.STOPPED
        self._move(ServiceEvent.STOP)
        if not was_stopped:
            for hook in self.on_stopped:
                hook(hangs)

    def restart(self) -> int:
        """Stop and start; the time until it is ready, ms."""
        self.stop()
        return self.start()

    def _ready(self) -> None:
        self._starting = None
        self._move(ServiceEvent.READY)
        for hook in self.on_started:
            hook()

    def _move(self, event: ServiceEvent) -> None:
        new = TABLE[self.state][event]
        if new is not self.state:
            self.state = new
            self.host.record(self.name, "service", state=str(new))
