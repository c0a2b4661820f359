"""Asking a TVS about a certificate that a server has just presented.

Knows: TVS verification requests, remembered answers. Must not know what the server is for.

Source: cucm-pki-behaviour 2.5, 6; wire-formats 3.3 (verification request).
"""

from __future__ import annotations

from collections.abc import Set

from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.lifecycle import TVSAnswer
from twin.phones.ports import Answer
from twin.pki.certificates import Certificate


class Vouching:
    """The TVS questions of a phone that is a TLS client."""

    def __init__(self, core: EngineCore, checking: Checking) -> None:
        self.core = core
        self.checking = checking
        self.timeout_ms = core.timing.tvs_timeout_s.ms

    def ask(
        self, now_ms: int, phone: int, certificate: Certificate, roles: Set[int]
    ) -> tuple[TVSAnswer | None, int]:
        """Whether a TVS vouches for a certificate in one of some roles, and the time taken (ms).

        It asks the TVS servers of the phone's stored config in their order, unless the phone
        remembers an answer. KNOWN, UNKNOWN (one answered, none knows), or None: none was usable.
        """
        if self.is_remembered(now_ms, phone, certificate, roles):
            return TVSAnswer.KNOWN, 0
        delay_ms = 0
        any_answered = False
        for node in self.checking.tvs_list(phone):
            how, took_ms = self._ask_one(now_ms, phone, node, certificate, roles)
            delay_ms += took_ms
            if how == TVSAnswer.KNOWN:
                return TVSAnswer.KNOWN, delay_ms
            any_answered = any_answered or how == TVSAnswer.UNKNOWN
        return (TVSAnswer.UNKNOWN if any_answered else None), delay_ms

    def is_remembered(
        self, now_ms: int, phone: int, certificate: Certificate, roles: Set[int]
    ) -> bool:
        """Whether the phone remembers that a TVS vouched for it."""
        kept = self.checking.remembered(now_ms, phone, _name(certificate))
        return kept is not None and _vouches(kept, certificate, roles)

    def would_vouch(
        self, now_ms: int, phone: int, certificate: Certificate, roles: Set[int]
    ) -> bool:
        """Whether a TVS that is up would vouch for it, were the phone to ask."""
        ports = self.core.ports
        if self.core.population.group(phone).site in ports.outside:
            return False
        holdings = self.core.population.holdings[phone]
        servers = [ports.tvs.get(node) for node in self.checking.tvs_list(phone)]
        return any(
            server is not None
            and server.is_up
            and ports.node_is_on(server.node)
            and self.core.judgements.tvs_usable(holdings, server.certificate)
            and not self.checking.is_out_of_date(now_ms, server.certificate)
            and _vouches(
                server.verify(self.checking.device_name(phone), certificate), certificate, roles
            )
            for server in servers
        )

    def _ask_one(
        self, now_ms: int, phone: int, node: int, certificate: Certificate, roles: Set[int]
    ) -> tuple[TVSAnswer, int]:
        core = self.core
        columns = core.population
        site = columns.group(phone).site
        server = core.ports.tvs.get(node)
        if (
            server is None
            or not server.is_up
            or not core.ports.node_is_on(node)
            or site in core.ports.outside
            or not core.ports.reachable(site, server.site)
        ):
            return TVSAnswer.UNREACHABLE, self.timeout_ms
        session_ms = core.drawn("tvs_session", columns.boots[phone])[phone]
        session_ms += 3 * core.network.rtt_ms(site, server.site)
        if not core.judgements.tvs_usable(columns.holdings[phone], server.certificate):
            return TVSAnswer.UNTRUSTED, session_ms
        if self.checking.is_out_of_date(now_ms, server.certificate):
            return TVSAnswer.EXPIRED, session_ms
        answer = server.verify(self.checking.device_name(phone), certificate)
        if not _vouches(answer, certificate, roles):
            return TVSAnswer.UNKNOWN, session_ms
        self.checking.remember(now_ms, phone, _name(certificate), answer)
        return TVSAnswer.KNOWN, session_ms


def _name(certificate: Certificate) -> tuple[str, bytes]:
    return certificate.issuer, certificate.serial_bytes


def _vouches(answer: Answer, certificate: Certificate, roles: Set[int]) -> bool:
    return answer.certificate == certificate and bool(answer.roles & roles)
