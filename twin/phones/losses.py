"""Losing the connection to a CallManager: who is cut off, and when a phone notices.

Knows: closed and silent connections, keepalives. Must not know what a phone does then: it begins
anew with the first member of its group.

Source: cucm-pki-behaviour 3.2; capacity-and-timing 2, 4.2.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.kernel.laws import law
from twin.kernel.streams import Law
from twin.phones.core import EngineCore
from twin.phones.lifecycle import Event, State, UnregisterCause
from twin.phones.ports import Registrar

_CUT = (State.REGISTERED, State.RESET_PENDING)


class Losses:
    """The losses of all phones.

    Args:
        start_over: called when a phone has noticed: (phone, now).
    """

    def __init__(self, core: EngineCore, start_over: Callable[[int, int], None]) -> None:
        self.core = core
        self.population = core.population
        self._start_over = start_over
        self._notice = core.calendar.register(self._on_notice)
        timing = core.timing
        self._tcp_fail = law(timing.tcp_fail_detect_s, 1000)
        self._interval_ms = {
            "SIP": timing.keepalive_sip_s.value * 1000,
            "SCCP": timing.keepalive_sccp_s.value * 1000,
        }
        sip_ms, sccp_ms = self._interval_ms["SIP"], self._interval_ms["SCCP"]
        missed = timing.keepalives_missed.value
        self._silence_ms = {
            "SIP": (0.0, sip_ms),
            "SCCP": ((missed - 1) * sccp_ms, missed * sccp_ms),
        }
        """How long a node may be silent before its phones give it up, least and most."""

    def node_stopped(self, now_ms: int, node: int, hangs: bool) -> None:
        """The CallManager of a node is gone.

        Args:
            hangs: nothing closes the connections (node or power loss): phones find out by missed
                keepalives. False: TCP sessions are closed and phones move at once.
        """
        cause = UnregisterCause.KEEPALIVE_TIMEOUT if hangs else UnregisterCause.CALLMANAGER_RESTART
        for phone in self._registered_with(node):
            self._lose(now_ms, phone, node, cause, hangs)
        registrar = self.core.ports.registrars[node]
        registrar.count = 0

    def site_cut(self, now_ms: int, site: int) -> None:
        """The WAN of a site is down: its phones lose nodes elsewhere, others lose its nodes."""

        def is_cut(phone: int, registrar: Registrar) -> bool:
            here = self.population.group(phone).site
            return site in (here, registrar.site) and here != registrar.site

        self.paths_cut(now_ms, is_cut)

    def paths_cut(self, now_ms: int, is_cut: Callable[[int, Registrar], bool]) -> None:
        """Paths between phones and nodes are gone without a word.

        Args:
            is_cut: whether that of a phone to the node it is registered with is among them.
        """
        cause = UnregisterCause.CONNECTIVITY_ERROR
        for node, registrar in self.core.ports.registrars.items():
            for phone in self._registered_with(node):
                if is_cut(phone, registrar):
                    self._lose(now_ms, phone, node, cause, hangs=True)
                    registrar.count -= 1

    def _registered_with(self, node: int) -> list[int]:
        columns = self.population
        nodes = columns.node
        state = columns.state
        return [
            phone for phone in range(columns.size) if nodes[phone] == node and state[phone] in _CUT
        ]

    def _lose(
        self, now_ms: int, phone: int, node: int, cause: UnregisterCause, hangs: bool
    ) -> None:
        columns = self.population
        core = self.core
        core.calendar.cancel(phone)
        columns.is_going_back[phone] = 0
        core.emit(now_ms, phone, Event.CONNECTION_LOST, node, cause)
        if hangs:
            protocol = columns.group(phone).protocol
            is_cut = cause == UnregisterCause.CONNECTIVITY_ERROR
            low, high = (0.0, self._interval_ms[protocol]) if is_cut else self._silence_ms[protocol]
            spread = Law("uniform", 0, low, high)
            delay_ms = core.rare(spread, "keepalive_phase", phone, now_ms)
            if is_cut:  # TCP gives up on the next keepalive before others can be missed
                delay_ms += core.rare(self._tcp_fail, "tcp_fail", phone, now_ms)
        else:
            delay_ms = core.drawn("notice", columns.boots[phone])[phone]
        core.calendar.add(now_ms + round(delay_ms), self._notice, phone)

    def _on_notice(self, phone: int, now_ms: int) -> None:
        columns = self.population
        self.core.emit(now_ms, phone, Event.LOSS_NOTICED, columns.node[phone])
        columns.is_fresh[phone] = 0
        columns.place[phone] = 0
        self._start_over(phone, now_ms)
