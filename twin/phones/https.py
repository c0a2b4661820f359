"""A phone opens a TLS service: who vouches for the server's certificate.

Knows: the role a service needs in the phone's lists, TVS verification requests. Must not know what
the service is for.

Source: cucm-pki-behaviour 2.5, 6; wire-formats 3.3 (verification request).
"""

from __future__ import annotations

from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.lifecycle import TABLE, Event, HTTPSOutcome, State, TVSAnswer
from twin.phones.ports import Answer, WebServer
from twin.phones.trust import knows_in_role
from twin.pki.certificates import Certificate
from twin.pki.list_record import Role

_CAN_BROWSE = frozenset(state for state in State if Event.HTTPS_CHECKED in TABLE[state])


class HTTPSClients:
    """The HTTPS part of a phone."""

    def __init__(self, core: EngineCore, checking: Checking) -> None:
        self.core = core
        self.checking = checking
        self._timeout_ms = core.timing.tvs_timeout_s.ms

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

        A phone that holds no list believes any CAPF. Assumption: as it believes its first list.
        """
        core = self.core
        columns = core.population
        site = columns.group(phone).site
        certificate = server.certificate()
        if certificate is None or not core.ports.reachable(site, server.site):
            return HTTPSOutcome.UNREACHABLE, self._timeout_ms
        delay_ms = 3 * core.network.rtt_ms(site, server.site)
        if self.checking.is_out_of_date(now_ms, certificate):
            return HTTPSOutcome.REFUSED_EXPIRED, delay_ms
        lists = core.judgements.decoded(columns.holdings[phone])
        if knows_in_role(lists, certificate, role) or (role is Role.CAPF and lists.is_blank):
            return HTTPSOutcome.TRUSTED, delay_ms
        kept = self.checking.remembered(now_ms, phone, _name(certificate))
        if kept is not None and _vouches(kept, certificate, role):
            return HTTPSOutcome.TRUSTED, delay_ms
        any_answered = False
        for node in self.checking.tvs_list(phone):
            how, took_ms = self._ask(now_ms, phone, node, certificate, role)
            delay_ms += took_ms
            if how == TVSAnswer.KNOWN:
                return HTTPSOutcome.TRUSTED, delay_ms
            any_answered = any_answered or how == TVSAnswer.UNKNOWN
        if any_answered:
            return HTTPSOutcome.REFUSED_UNKNOWN, delay_ms
        return HTTPSOutcome.REFUSED_NO_TVS, delay_ms

    def _ask(
        self, now_ms: int, phone: int, node: int, certificate: Certificate, role: Role
    ) -> tuple[TVSAnswer, int]:
        core = self.core
        columns = core.population
        site = columns.group(phone).site
        server = core.ports.tvs.get(node)
        if (
            server is None
            or not server.is_up
            or not core.ports.node_is_on(node)
            or not core.ports.reachable(site, server.site)
        ):
            return TVSAnswer.UNREACHABLE, self._timeout_ms
        session_ms = core.drawn("tvs_session", columns.boots[phone])[phone]
        session_ms += 3 * core.network.rtt_ms(site, server.site)
        if not core.judgements.tvs_usable(columns.holdings[phone], server.certificate):
            return TVSAnswer.UNTRUSTED, session_ms
        if self.checking.is_out_of_date(now_ms, server.certificate):
            return TVSAnswer.EXPIRED, session_ms
        answer = server.verify(self.checking.device_name(phone), certificate)
        if not _vouches(answer, certificate, role):
            return TVSAnswer.UNKNOWN, session_ms
        self.checking.remember(now_ms, phone, _name(certificate), answer)
        return TVSAnswer.KNOWN, session_ms


def _name(certificate: Certificate) -> tuple[str, bytes]:
    return certificate.issuer, certificate.serial_bytes


def _vouches(answer: Answer, certificate: Certificate, role: Role) -> bool:
    return answer.certificate == certificate and role in answer.roles
