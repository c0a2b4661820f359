"""802.1X at a phone's switch port: no certificate that RADIUS trusts, no network.

Knows: which phones' ports are guarded and by whom; that the phone presents its LSC, else its MIC,
when its port comes up. Must not know what a RADIUS server trusts: it asks `judge`. Only phones of
guarded groups come here, once a boot.

Source: Cisco 225746 (after a CAPF renewal that RADIUS was not told of: EAP failure, phone held).
Assumption: a port authenticates when it comes up, at a cold boot or a reset, not at a restart; a
closed port tries again when RADIUS trusts something else than before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twin.kernel.laws import law
from twin.phones.core import EngineCore
from twin.phones.device_certificates import DeviceCertificates
from twin.phones.lifecycle import Event, State

Judge = Callable[[str, int, int], bool]
"""Whether a RADIUS server trusts a class of certificates: (server, class, phone)."""


class PortAccess:
    """The guarded ports of a population.

    Args:
        guards: the RADIUS server of each phone group, None where ports are open.
        start: called when a phone may go on with its boot: (now, phone).
        proceed: called when a held phone's port opens: (now, phone).
    """

    def __init__(
        self,
        core: EngineCore,
        certificates: DeviceCertificates,
        guards: Sequence[str | None],
        judge: Judge,
        start: Callable[[int, int], None],
        proceed: Callable[[int, int], None],
    ) -> None:
        self.core = core
        self._certificates = certificates
        self._guards = guards
        self._judge = judge
        self._start = start
        self._proceed = proceed
        self._decide = core.calendar.register(self._on_decide)
        self._retry = core.calendar.register(self._on_retry)
        self._takes = law(core.timing.port_access_s, 1000)
        self._waits = law(core.timing.port_retry_s, 1000)

    def guards(self, now_ms: int, phone: int) -> bool:
        """A phone has started: whether its port is guarded; what comes of it follows later."""
        columns = self.core.population
        if self._guards[columns.group_of[phone]] is None:
            return False
        takes_ms = self.core.rare(self._takes, "port_access", phone, columns.boots[phone])
        self.core.calendar.add(now_ms + round(takes_ms), self._decide, phone)
        return True

    def trust_changed(self, now_ms: int, server: str) -> None:
        """A RADIUS server trusts something else: its closed ports try again, each in its time."""
        columns = self.core.population
        for phone in range(columns.size):
            is_held = columns.state[phone] == State.HELD
            if is_held and self._guards[columns.group_of[phone]] == server:
                at_ms = now_ms + round(self.core.rare(self._waits, "port_retry", phone, now_ms))
                self.core.calendar.add(at_ms, self._retry, phone)
                self.core.busy_until(at_ms)

    def _is_trusted(self, phone: int) -> bool:
        server = self._guards[self.core.population.group_of[phone]]
        presented = self._certificates.presented(phone)
        return server is None or (presented != 0 and self._judge(server, presented, phone))

    def _on_decide(self, phone: int, now_ms: int) -> None:
        if self._is_trusted(phone):
            self._start(now_ms, phone)
        else:
            self._refuse(now_ms, phone)

    def _on_retry(self, phone: int, now_ms: int) -> None:
        if self.core.population.state[phone] != State.HELD:
            return
        if self._is_trusted(phone):
            self.core.emit(now_ms, phone, Event.PORT_OPENED)
            self._proceed(now_ms, phone)
        else:
            self._refuse(now_ms, phone)

    def _refuse(self, now_ms: int, phone: int) -> None:
        presented = self._certificates.presented(phone)
        self.core.emit(now_ms, phone, Event.PORT_REFUSED, -1, presented)
