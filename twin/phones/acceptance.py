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
from twin.phones.looks import (
    AnswerKept,
    FileOffered,
    ListsSearched,
    TLSTried,
    Told,
    TVSAsked,
    entries_of,
    unheard,
)
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
        told: Told = unheard,
    ) -> Reason:
        """Why the phone would refuse this server's lists or config, or TLS; NONE if it would not.

        Args:
            holdings: the lists it goes by.
            told: hears of every look that led to the answer, in order.
        """
        group = self.core.population.group(phone)
        judgements = self.core.judgements
        ctl = server.ctl_file if supposed.ctl is None else supposed.ctl
        if ctl not in (NO_FILE, judgements.lists(holdings)[0]):
            told(FileOffered(server.node, judgements.files[ctl]))
            reasons = self._refuses(now_ms, phone, holdings, ctl, supposed, told)
            if reasons != Reason.NONE:
                return reasons | Reason.CTL_REFUSED
            holdings = judgements.accept(holdings, ctl)
        elif ctl != NO_FILE:
            told(FileOffered(server.node, judgements.files[ctl], is_held=True))
        has_itl = judgements.lists(holdings)[1] == server.itl_file
        if group.has_sbd:
            told(FileOffered(server.node, judgements.files[server.itl_file], has_itl))
        if group.has_sbd and not has_itl:
            reasons = self._refuses(now_ms, phone, holdings, server.itl_file, supposed, told)
            if reasons != Reason.NONE:
                return reasons
            holdings = judgements.accept(holdings, server.itl_file)
        reasons = self.refuses_config(now_ms, phone, holdings, server, supposed, told)
        if reasons != Reason.NONE or not group.is_secure:
            return reasons
        return self._refuses_tls(now_ms, phone, holdings, server, supposed, told)

    def refuses_config(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        server: FileServer,
        supposed: Supposed = AS_IT_IS,
        told: Told = unheard,
    ) -> Reason:
        """Why the phone, holding these lists, would refuse the config this server signs."""
        columns = self.core.population
        config = server.config_file(columns.group_of[phone])
        is_held = columns.config[phone] == config
        told(FileOffered(server.node, self.core.judgements.files[config], is_held))
        if is_held:
            return Reason.NONE
        return self._refuses(now_ms, phone, holdings, config, supposed, told)

    def _refuses_tls(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        server: FileServer,
        supposed: Supposed,
        told: Told,
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
            told(TLSTried(node, end.chain[0], verdict))
            if verdict.succeeded:
                return Reason.NONE
            reasons |= _TLS_REASONS[verdict.refused_by]
        return reasons

    def _knows_capf(self, holdings: int, presented: Certificate) -> bool:
        lists = self.core.judgements.decoded(holdings)
        return lists.is_blank or knows_in_role(lists, presented, Role.CAPF)

    def _refuses(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        number: int,
        supposed: Supposed,
        told: Told,
    ) -> Reason:
        judgements = self.core.judgements
        file = judgements.files[number]
        verdict, reasons = judgements.verdict(holdings, number)
        is_known = verdict != ASK_TVS
        if told is not unheard:
            found = entries_of(judgements.decoded(holdings), file)
            told(ListsSearched(file, found, Outcome(verdict & 0xFF) if is_known else None, reasons))
        if is_known:
            is_rejected = verdict & 0xFF == Outcome.REJECTED
            return reasons if is_rejected else Reason.NONE
        kept = self.checking.remembered(now_ms, phone, file.signer)
        if kept is not None:
            helps = judgements.answered(file, kept)[0] != ASK_TVS
            told(AnswerKept(kept, helps))
            if helps:
                return Reason.NONE
        tvs_nodes = self.checking.tvs_list(phone)
        if not tvs_nodes:
            return reasons | Reason.NO_TVS_LISTED
        for node in tvs_nodes:
            look = self.ask_tvs(now_ms, phone, holdings, file, node, supposed.closed_too)
            told(look)
            if look.reasons == Reason.NONE:
                return Reason.NONE
            reasons |= look.reasons
        return reasons

    def ask_tvs(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        file: StoredFile,
        node: int,
        closed_too: bool = False,
    ) -> TVSAsked:
        """What comes of asking one TVS about the signer of a file."""
        server = self.core.ports.tvs.get(node)
        ports = self.core.ports
        is_inside = self.core.population.group(phone).site not in ports.outside
        if server is None:
            return TVSAsked(node, Reason.TVS_UNREACHABLE)
        if not closed_too and not (is_inside and server.is_up and ports.node_is_on(node)):
            return TVSAsked(node, Reason.TVS_UNREACHABLE)
        if not self.core.judgements.tvs_usable(holdings, server.certificate):
            return TVSAsked(node, Reason.TVS_CERTIFICATE_NOT_IN_ITL, server.certificate)
        if self.checking.is_out_of_date(now_ms, server.certificate):
            return TVSAsked(node, Reason.TVS_CERTIFICATE_EXPIRED, server.certificate)
        assert file.signer is not None
        answer = server.query(self.checking.device_name(phone), file.signer_subject, *file.signer)
        verdict, reasons = self.core.judgements.answered(file, answer)
        left = reasons if verdict == ASK_TVS else Reason.NONE
        return TVSAsked(node, left, server.certificate, answer)
