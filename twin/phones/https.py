"""A phone opens a TLS service: who vouches for the server's certificate.

Knows: the role a service needs in the phone's lists, TVS verification requests. Must not know what
the service is for.

Source: cucm-pki-behaviour 2.5, 6; wire-formats 3.3 (verification request).
"""

from __future__ import annotations

from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.lifecycle import TABLE, Event, HTTPSOutcome, State, TVSAnswer
from twin.phones.ports import WebServer
from twin.phones.trust import knows_in_role
from twin.phones.vouching import Vouching
from twin.pki.list_record import Role

_OUTCOME = {
    TVSAnswer.KNOWN: HTTPSOutcome.TRUSTED,
    TVSAnswer.UNKNOWN: HTTPSOutcome.REFUSED_UNKNOWN,
}
_CAN_BROWSE = frozenset(state for state in State if Event.HTTPS_CHECKED in TABLE[state])


_BY_LISTS_AND_TVS = 2


class HTTPSClients:
    """The HTTPS part of a phone."""

    def __init__(self, core: EngineCore, checking: Checking) -> None:
        self.core = core
        self.checking = checking
        self.vouching = Vouching(core, checking)
        sources = round(core.timing.capf_trust_sources.value)
        self._asks_about_capf = sources >= _BY_LISTS_AND_TVS

    def open(self, now_ms: int, phone: int, server: WebServer) -> HTTPSOutcome:
        """The phone connects; the outcome is journalled when the phone knows it.

        It asks the TVS servers of its stored config in their order, unless it remembers an answer;
        a server that is down costs its connect timeout.
        Source: cucm-pki-behaviour 2.5 steps 2 and 3.
        """
        outcome, delay_ms = self.judge(now_ms, phone, server, Role.APP_SERVER)
        self.core.simulation.call_after(delay_ms, self._done, phone, outcome)
        return outcome

    def _done(self, phone: int, outcome: HTTPSOutcome) -> None:
        if self.core.population.state[phone] in _CAN_BROWSE:  # else the page went with the phone
            now_ms = self.core.simulation.now_ms
            self.core.emit(now_ms, phone, Event.HTTPS_CHECKED, -1, outcome)

    def judge(
        self, now_ms: int, phone: int, server: WebServer, role: Role
    ) -> tuple[HTTPSOutcome, int]:
        """Whether the phone believes a server's certificate in a role, and how long that takes, ms.

        CAPF is known by the phone's lists; whether TVS may vouch for it, `capf_trust_sources` says.
        A phone that holds no list believes any CAPF. Assumption: as it believes its first list.
        """
        core = self.core
        columns = core.population
        site = columns.group(phone).site
        certificate = server.certificate()
        if certificate is None or not core.ports.reachable(site, server.site):
            return HTTPSOutcome.UNREACHABLE, self.vouching.timeout_ms
        delay_ms = 3 * core.network.rtt_ms(site, server.site)
        if self.checking.is_out_of_date(now_ms, certificate):
            return HTTPSOutcome.REFUSED_EXPIRED, delay_ms
        lists = core.judgements.decoded(columns.holdings[phone])
        if knows_in_role(lists, certificate, role) or (role is Role.CAPF and lists.is_blank):
            return HTTPSOutcome.TRUSTED, delay_ms
        if role is Role.CAPF and not self._asks_about_capf:
            return HTTPSOutcome.REFUSED_UNKNOWN, delay_ms
        how, took_ms = self.vouching.ask(now_ms, phone, certificate, {role})
        outcome = HTTPSOutcome.REFUSED_NO_TVS if how is None else _OUTCOME[how]
        return outcome, delay_ms + took_ms
