"""What stands between a phone that has started and its network: 802.1X, a VPN, an Expressway.

Knows: which phone groups are guarded, that a guard decides once per boot, that a held phone tries
again when something has changed. Must not know certificates: it asks `judge`.

Source: Cisco 225746 (after a CAPF renewal that RADIUS was not told of: EAP failure, phone held);
seed and cucm-pki-behaviour 1.3 (Phone-VPN-trust). Assumption: a guard decides when the link comes
up, at a cold boot or a reset, not at a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twin.kernel.streams import Law
from twin.phones.core import EngineCore
from twin.phones.lifecycle import Event, State

PORT = Event.PORT_REFUSED
"""What a guard of switch ports says when it refuses a phone."""
TUNNEL = Event.VPN_REFUSED
"""What a phone says when it refuses its VPN concentrator."""

EXPRESSWAY = Event.MRA_REFUSED
"""What a phone says that could not sign in from outside."""

Judge = Callable[[str, int], bool]
"""Whether a guard lets a phone in: (name of the guard, phone)."""


class NetworkAccess:
    """Guards of one kind.

    Args:
        guards: the guard of each phone group by name, None where there is none.
        refused: `PORT`, `TUNNEL` or `EXPRESSWAY`; `shown` is its detail, e.g. what it presented.
        takes: how long a decision takes, ms; `queues`: what it has to wait for besides, ms, by
            phone and instant.
        waits: how long until a held phone tries again once something changed, ms.
        start: called when a phone may go on with its boot: (now, phone).
        proceed: called when a held phone is let in: (now, phone).
    """

    def __init__(
        self,
        core: EngineCore,
        guards: Sequence[str | None],
        judge: Judge,
        refused: Event,
        shown: Callable[[int], int],
        takes: Law,
        waits: Law,
        start: Callable[[int, int], None],
        proceed: Callable[[int, int], None],
        queues: Callable[[int, int], int] = lambda phone, now_ms: 0,
    ) -> None:
        self.core = core
        self._guards = guards
        self._judge = judge
        self._refused = refused
        self._shown = shown
        self._takes = takes
        self._waits = waits
        self._start = start
        self._proceed = proceed
        self._queues = queues
        self._decide = core.calendar.register(self._on_decide)
        self._retry = core.calendar.register(self._on_retry)

    def guards(self, now_ms: int, phone: int) -> bool:
        """A phone has started: whether it is guarded; what comes of it follows later."""
        columns = self.core.population
        if self._guards[columns.group(phone).origin] is None:
            return False
        purpose = f"{self._refused.name.lower()}_takes"
        takes_ms = self.core.rare(self._takes, purpose, phone, columns.boots[phone])
        wait_ms = self._queues(phone, now_ms)
        self.core.calendar.add(now_ms + round(takes_ms) + wait_ms, self._decide, phone)
        return True

    def changed(self, now_ms: int, guard: str) -> None:
        """A guard decides otherwise from now on: those it holds try again, each in its time."""
        columns = self.core.population
        purpose = f"{self._refused.name.lower()}_waits"
        for phone in range(columns.size):
            is_held = columns.state[phone] == State.HELD
            if is_held and self._guards[columns.group(phone).origin] == guard:
                at_ms = now_ms + round(self.core.rare(self._waits, purpose, phone, now_ms))
                at_ms += self._queues(phone, at_ms)
                self.core.calendar.add(at_ms, self._retry, phone)
                self.core.busy_until(at_ms)

    def _lets_in(self, phone: int) -> bool:
        guard = self._guards[self.core.population.group(phone).origin]
        return guard is None or self._judge(guard, phone)

    def _on_decide(self, phone: int, now_ms: int) -> None:
        if self._lets_in(phone):
            self._start(now_ms, phone)
        else:
            self._refuse(now_ms, phone)

    def _on_retry(self, phone: int, now_ms: int) -> None:
        if self.core.population.state[phone] != State.HELD:
            return
        if self._lets_in(phone):
            self.core.emit(now_ms, phone, Event.PORT_OPENED)
            self._proceed(now_ms, phone)
        else:
            self._refuse(now_ms, phone)

    def _refuse(self, now_ms: int, phone: int) -> None:
        self.core.emit(now_ms, phone, self._refused, -1, self._shown(phone))
