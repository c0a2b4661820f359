"""Why a phone would refuse what is served to it: lists, config, or TLS with CallManager.

Knows: a phone's stored lists, what a TFTP node serves, who would answer now, and what is supposed
to be otherwise. Must not know remedies: whoever wonders what would help supposes it and asks again.

Source: cucm-pki-behaviour 2.5 (minimal condition, MIGR).
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.files import StoredFile
from twin.phones.judgements import ASK_TVS
from twin.phones.outcomes import Outcome, Reason
from twin.phones.ports import NO_FILE, DeviceIdentity, FileServer
from twin.phones.securing import AUTHENTICATED, Securing
from twin.phones.trust import knows_in_role
from twin.pki.certificates import Certificate
from twin.pki.list_record import Role

_TLS_REASONS = {"client": Reason.CALLMANAGER_NOT_TRUSTED, "server": Reason.PHONE_NOT_TRUSTED}


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is taken to be otherwise than it is; by default nothing."""

    closed_too: bool = False
    """A TVS that is down, or out of reach from outside, counts as if it answered."""
    ctl: int | None = None
    """Number of the CTL that is served instead."""
    shown: DeviceIdentity | None = None
    """What the phone shows CallManager instead, after a talk with CAPF."""
    capf: Certificate | None = None
    """What CAPF presents in that talk: the phone must know it by its lists."""
    accepts: tuple[Certificate, ...] = ()
    """What every CallManager accepts besides."""


AS_IT_IS = Supposed()


class Acceptance:
    """Judges what is served with the rules phones use in a run."""

    def __init__(self, core: EngineCore, checking: Checking, securing: Securing) -> None:
        self.core = core
        self.checking = checking
        self.securing = securing

    def cannot_accept(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        server: FileServer,
        supposed: Supposed = AS_IT_IS,
    ) -> Reason:
        """Why the phone would refuse this server's lists or config, or TLS; NONE if it would not.

        Args:
            holdings: the lists it goes by.
        """
        group = self.core.population.group(phone)
        judgements = self.core.judgements
        ctl = server.ctl_file if supposed.ctl is None else supposed.ctl
        if ctl not in (NO_FILE, judgements.lists(holdings)[0]):
            reasons = self._refuses(now_ms, phone, holdings, ctl, supposed)
            if reasons != Reason.NONE:
                return reasons | Reason.CTL_REFUSED
            holdings = judgements.accept(holdings, ctl)
        if group.has_sbd and judgements.lists(holdings)[1] != server.itl_file:
            reasons = self._refuses(now_ms, phone, holdings, server.itl_file, supposed)
            if reasons != Reason.NONE:
                return reasons
            holdings = judgements.accept(holdings, server.itl_file)
        reasons = self.refuses_config(now_ms, phone, holdings, server, supposed)
        if reasons != Reason.NONE or not group.is_secure:
            return reasons
        return self._refuses_tls(now_ms, phone, holdings, server, supposed)

    def refuses_config(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        server: FileServer,
        supposed: Supposed = AS_IT_IS,
    ) -> Reason:
        """Why the phone, holding these lists, would refuse the config this server signs."""
        columns = self.core.population
        config = server.config_file(columns.group_of[phone])
        if columns.config[phone] == config:
            return Reason.NONE
        return self._refuses(now_ms, phone, holdings, config, supposed)

    def _refuses_tls(
        self, now_ms: int, phone: int, holdings: int, server: FileServer, supposed: Supposed
    ) -> Reason:
        """Why no CallManager of its group that is up comes to a session with a secure phone."""
        columns = self.core.population
        places = self.core.judgements.files[server.config_file(columns.group_of[phone])].places
        if places is None or places.security_mode < AUTHENTICATED:
            return Reason.NONE
        if supposed.capf is not None and not self._knows_capf(holdings, supposed.capf):
            return Reason.PHONE_NOT_TRUSTED  # it would have nothing else to show
        reasons = Reason.NONE
        for node in places.callmanagers:
            registrar = self.core.ports.registrars.get(node)
            if registrar is None or not registrar.is_up or registrar.secure is None:
                continue
            end = registrar.secure.endpoint()
            if end is None:
                continue
            verdict = self.securing.judge(
                now_ms, phone, end, holdings, True, supposed.shown, supposed.accepts
            )
            if verdict.succeeded:
                return Reason.NONE
            reasons |= _TLS_REASONS[verdict.refused_by]
        return reasons

    def _knows_capf(self, holdings: int, presented: Certificate) -> bool:
        lists = self.core.judgements.decoded(holdings)
        return lists.is_blank or knows_in_role(lists, presented, Role.CAPF)

    def _refuses(
        self, now_ms: int, phone: int, holdings: int, number: int, supposed: Supposed
    ) -> Reason:
        judgements = self.core.judgements
        file = judgements.files[number]
        verdict, reasons = judgements.verdict(holdings, number)
        if verdict != ASK_TVS:
            is_rejected = verdict & 0xFF == Outcome.REJECTED
            return reasons if is_rejected else Reason.NONE
        kept = self.checking.remembered(now_ms, phone, file.signer)
        if kept is not None and judgements.answered(file, kept)[0] != ASK_TVS:
            return Reason.NONE
        tvs_nodes = self.checking.tvs_list(phone)
        if not tvs_nodes:
            return reasons | Reason.NO_TVS_LISTED
        for node in tvs_nodes:
            more = self.tvs_fails(now_ms, phone, holdings, file, node, supposed.closed_too)
            if more == Reason.NONE:
                return Reason.NONE
            reasons |= more
        return reasons

    def tvs_fails(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        file: StoredFile,
        node: int,
        closed_too: bool = False,
    ) -> Reason:
        """Why one TVS would not carry the phone over to this file; NONE if it would."""
        server = self.core.ports.tvs.get(node)
        ports = self.core.ports
        is_inside = self.core.population.group(phone).site not in ports.outside
        if server is None:
            return Reason.TVS_UNREACHABLE
        if not closed_too and not (is_inside and server.is_up and ports.node_is_on(node)):
            return Reason.TVS_UNREACHABLE
        if not self.core.judgements.tvs_usable(holdings, server.certificate):
            return Reason.TVS_CERTIFICATE_NOT_IN_ITL
        if self.checking.is_out_of_date(now_ms, server.certificate):
            return Reason.TVS_CERTIFICATE_EXPIRED
        assert file.signer is not None
        answer = server.query(self.checking.device_name(phone), file.signer_subject, *file.signer)
        verdict, reasons = self.core.judgements.answered(file, answer)
        return reasons if verdict == ASK_TVS else Reason.NONE
