"""Which phones are stuck, why, and what would free them.

Knows: what each phone holds, what is served now, who would answer now. Must not know how it came
about. A phone is stuck when it cannot accept the current ITL or signed config by any path now open
to it: its own lists, a remembered TVS answer, or a TVS of its stored config that is up, that its
stored ITL vouches for, and that knows the signer. It asks the TFTP node it would ask: the first of
its option 150 that serves. Where that serves a CTL, the CTL is a list like the other; and a secure
phone is stuck, too, when no CallManager that is up and the phone would accept each other.

A cut WAN is a fault of the path, not of trust: it is taken as mended. A stopped service or node is
a closed path, and starting it again is then one of the remedies.

Source: cucm-pki-behaviour 2.5 (minimal condition, MIGR), 2.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.files import StoredFile
from twin.phones.judgements import ASK_TVS, NOTHING
from twin.phones.lifecycle import Event
from twin.phones.outcomes import Outcome, Reason
from twin.phones.ports import NO_FILE, Answer, FileServer
from twin.phones.prospects import Prospect, ProspectJudge
from twin.phones.securing import AUTHENTICATED, Securing
from twin.phones.trust import knows_in_role
from twin.pki.certificates import Certificate
from twin.pki.list_record import Role

Kept = tuple[tuple[tuple[str, bytes], Answer], ...]
"""What a phone remembers of TVS: ((issuer, serial), answer)."""

BY_HAND = "delete the ITL on the phone"
CTL_BY_HAND = "delete the CTL on the phone"
BOTH_BY_HAND = "delete CTL and ITL on the phone"
CTL_UPDATE = "utils ctl update CTLFile"
CTL_LOCALKEY = "utils ctl reset localkey"
CTL_CLIENT = "sign the CTL again with the tokens"
LOCALKEY = "utils itl reset localkey"
REMOTEKEY = "utils itl reset remotekey"
OTHER_TFTP = "serve it from another TFTP node"
START_TVS = "bring its TVS back"
INSIDE = "bring it inside once"
"""Of a phone beyond an Expressway, from where no TVS can be reached."""

_TLS_REASONS = {"client": Reason.CALLMANAGER_NOT_TRUSTED, "server": Reason.PHONE_NOT_TRUSTED}
_BEYOND_ITL_RESET = (
    Reason.LIST_TOO_LARGE
    | Reason.CTL_REFUSED
    | Reason.CALLMANAGER_NOT_TRUSTED
    | Reason.PHONE_NOT_TRUSTED
)
_BEYOND_PROSPECTS = _BEYOND_ITL_RESET ^ Reason.LIST_TOO_LARGE
"""A prospect is judged by ITL and config only: it says nothing of the CTL, nor of TLS."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a phone: reasons (NONE: not stuck) and remedies that would work."""

    reasons: Reason
    remedies: tuple[str, ...] = ()
    itl_is_current: bool = True
    ctl_is_current: bool = True

    @property
    def is_stuck(self) -> bool:
        """Whether any reason was found."""
        return self.reasons != Reason.NONE


@dataclass(frozen=True, slots=True)
class RecoveryKeys:
    """Certificates whose keys could sign a reset ITL now (None: no such key).

    `ctls` are the CTL files that an operator could make now: remedy and file number.
    """

    localkey: Certificate | None = None
    remotekey: Certificate | None = None
    nodes: frozenset[int] | None = None
    """Numbers of the nodes of the cluster they are for; None: of all there are."""
    prospects: Sequence[Prospect] = ()
    """What the cluster would serve after other remedies."""
    ctls: tuple[tuple[str, int], ...] = ()

    def are_of(self, node: int) -> bool:
        """Whether they are those of a node's cluster."""
        return self.nodes is None or node in self.nodes


class StuckAnalysis:
    """Looks at every phone at one instant."""

    def __init__(self, core: EngineCore, checking: Checking, securing: Securing) -> None:
        self.core = core
        self.checking = checking
        self.securing = securing
        self.others: Sequence[RecoveryKeys] = ()
        """Of further clusters, each for its own nodes."""
        self._judge = ProspectJudge(core, checking)
        self._seen: dict[
            tuple[int, int, int, int, tuple[tuple[tuple[str, bytes], Answer], ...]], Finding
        ] = {}

    def run(self, now_ms: int, keys: RecoveryKeys, journal: bool = True) -> list[Finding]:
        """One finding per phone, in population order; stuck ones are journalled if asked.

        Args:
            keys: of the first cluster.
        """
        self._seen.clear()
        self.checking.set_time(now_ms)
        findings = [self._of(now_ms, phone, keys) for phone in range(self.core.population.size)]
        if journal:
            for phone, finding in enumerate(findings):
                if finding.is_stuck:
                    self.core.emit(now_ms, phone, Event.FOUND_STUCK, -1, finding.reasons)
        return findings

    def _of(self, now_ms: int, phone: int, keys: RecoveryKeys) -> Finding:
        columns = self.core.population
        cached = tuple(entry[:2] for entry in columns.tvs_cache.get(phone, ()) if entry[2] > now_ms)
        shown = self.core.ports.identity_class(phone) if columns.group(phone).is_secure else 0
        key = (
            columns.group_of[phone], columns.holdings[phone], columns.config[phone], shown, cached,
        )  # fmt: skip
        finding = self._seen.get(key)
        if finding is None:
            finding = self._seen[key] = self._examine(now_ms, phone, keys)
        return finding

    def _examine(self, now_ms: int, phone: int, keys: RecoveryKeys) -> Finding:
        columns = self.core.population
        servers = [self.core.ports.files[node] for node in columns.group(phone).tftp]
        serving = [
            server for server in servers
            if server.is_up and self.core.ports.node_is_on(server.node)
        ]  # fmt: skip
        if not serving:
            return Finding(Reason.NONE)  # nothing to accept: a fault of service, not of trust
        holdings = columns.holdings[phone]
        stored_ctl, stored_itl = self.core.judgements.lists(holdings)
        has_ctl = serving[0].ctl_file in (NO_FILE, stored_ctl)
        is_current = not columns.group(phone).has_sbd or stored_itl == serving[0].itl_file
        reasons = self._cannot_accept(now_ms, phone, holdings, serving[0])
        if reasons == Reason.NONE:
            return Finding(Reason.NONE, (), is_current, has_ctl)
        own = next((other for other in self.others if other.are_of(serving[0].node)), keys)
        remedies = self._remedies(now_ms, phone, serving, own, reasons)
        return Finding(reasons, remedies, is_current, has_ctl)

    def _cannot_accept(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        server: FileServer,
        closed_too: bool = False,
        ctl: int | None = None,
    ) -> Reason:
        """Why the phone would refuse this server's lists or config, or TLS; NONE if it would not.

        Args:
            holdings: the lists it goes by.
            closed_too: count a TVS that is down now as if it were up.
            ctl: the CTL it is given, instead of the server's.
        """
        group = self.core.population.group(phone)
        judgements = self.core.judgements
        ctl = server.ctl_file if ctl is None else ctl
        if ctl not in (NO_FILE, judgements.lists(holdings)[0]):
            reasons = self._refuses(now_ms, phone, holdings, ctl, closed_too)
            if reasons != Reason.NONE:
                return reasons | Reason.CTL_REFUSED
            holdings = judgements.accept(holdings, ctl)
        if group.has_sbd and judgements.lists(holdings)[1] != server.itl_file:
            reasons = self._refuses(now_ms, phone, holdings, server.itl_file, closed_too)
            if reasons != Reason.NONE:
                return reasons
            holdings = judgements.accept(holdings, server.itl_file)
        reasons = self._refuses_config(now_ms, phone, holdings, server, closed_too)
        if reasons != Reason.NONE or not group.is_secure:
            return reasons
        return self._refuses_tls(now_ms, phone, holdings, server)

    def _refuses_tls(self, now_ms: int, phone: int, holdings: int, server: FileServer) -> Reason:
        """Why no CallManager of its group that is up comes to a session with a secure phone."""
        columns = self.core.population
        places = self.core.judgements.files[server.config_file(columns.group_of[phone])].places
        if places is None or places.security_mode < AUTHENTICATED:
            return Reason.NONE
        reasons = Reason.NONE
        for node in places.callmanagers:
            registrar = self.core.ports.registrars.get(node)
            if registrar is None or not registrar.is_up:
                continue
            verdict = self.securing.verdict(now_ms, phone, registrar, holdings, asking=True)
            if verdict is None:
                continue
            if verdict.succeeded:
                return Reason.NONE
            reasons |= _TLS_REASONS[verdict.refused_by]
        return reasons

    def _refuses_config(
        self, now_ms: int, phone: int, holdings: int, server: FileServer, closed_too: bool = False
    ) -> Reason:
        columns = self.core.population
        config = server.config_file(columns.group_of[phone])
        if columns.config[phone] == config:
            return Reason.NONE
        return self._refuses(now_ms, phone, holdings, config, closed_too)

    def _refuses(
        self, now_ms: int, phone: int, holdings: int, number: int, closed_too: bool
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
            more = self._tvs_fails(now_ms, phone, holdings, file, node, closed_too)
            if more == Reason.NONE:
                return Reason.NONE
            reasons |= more
        return reasons

    def _tvs_fails(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        file: StoredFile,
        node: int,
        closed_too: bool,
    ) -> Reason:
        server = self.core.ports.tvs.get(node)
        is_outside = self.core.population.group(phone).site in self.core.ports.outside
        if server is None or (is_outside and not closed_too):
            return Reason.TVS_UNREACHABLE
        if not closed_too and not (server.is_up and self.core.ports.node_is_on(node)):
            return Reason.TVS_UNREACHABLE
        if not self.core.judgements.tvs_usable(holdings, server.certificate):
            return Reason.TVS_CERTIFICATE_NOT_IN_ITL
        if self.checking.is_out_of_date(now_ms, server.certificate):
            return Reason.TVS_CERTIFICATE_EXPIRED
        assert file.signer is not None
        answer = server.query(self.checking.device_name(phone), file.signer_subject, *file.signer)
        verdict, reasons = self.core.judgements.answered(file, answer)
        return reasons if verdict == ASK_TVS else Reason.NONE

    def _remedies(
        self,
        now_ms: int,
        phone: int,
        serving: list[FileServer],
        keys: RecoveryKeys,
        reasons: Reason,
    ) -> tuple[str, ...]:
        """Source: cucm-pki-behaviour 2.7."""
        judgements = self.core.judgements
        holdings = self.core.population.holdings[phone]
        lists = judgements.decoded(holdings)
        found = []
        has_sbd = self.core.population.group(phone).has_sbd
        if (
            has_sbd
            and not reasons & _BEYOND_ITL_RESET
            and self._lives_with_a_reset(now_ms, phone, serving, keys)
        ):
            if keys.localkey is not None and knows_in_role(lists, keys.localkey, Role.SAST):
                found.append(LOCALKEY)
            if keys.remotekey is not None and knows_in_role(lists, keys.remotekey, Role.SAST):
                found.append(REMOTEKEY)
        if any(
            self._cannot_accept(now_ms, phone, holdings, server) == Reason.NONE
            for server in serving[1:]
        ):
            found.append(OTHER_TFTP)
        if self._cannot_accept(now_ms, phone, holdings, serving[0], closed_too=True) == Reason.NONE:
            site = self.core.population.group(phone).site
            found.append(INSIDE if site in self.core.ports.outside else START_TVS)
        if not reasons & _BEYOND_PROSPECTS:
            found += [entry.remedy for entry in keys.prospects if self._judge.frees(phone, entry)]
        for remedy, ctl in keys.ctls:
            if self._cannot_accept(now_ms, phone, holdings, serving[0], ctl=ctl) == Reason.NONE:
                found.append(remedy)
        found += self._by_hand(now_ms, phone, serving[0])
        return tuple(found)

    def _by_hand(self, now_ms: int, phone: int, server: FileServer) -> list[str]:
        """Which list to delete on the phone: the one is enough, or both."""
        judgements = self.core.judgements
        holdings = self.core.population.holdings[phone]
        ctl, itl = judgements.lists(holdings)
        tries = [(BOTH_BY_HAND, judgements.holdings(NOTHING, NOTHING))]
        if ctl == NOTHING:
            tries = [(BY_HAND, judgements.holdings(NOTHING, NOTHING))]
        else:
            tries.insert(0, (CTL_BY_HAND, judgements.holdings(NOTHING, itl)))
        for remedy, left in tries:
            if left != holdings and not self._cannot_accept(now_ms, phone, left, server):
                return [remedy]
        return []

    def _lives_with_a_reset(
        self, now_ms: int, phone: int, serving: list[FileServer], keys: RecoveryKeys
    ) -> bool:
        """Whether the phone, given a reset list, would take the config its server signs.

        The reset tool wraps one list for all servers: that of the first active one.
        """
        ports = self.core.ports
        active = [
            n for n in sorted(ports.files)
            if keys.are_of(n) and ports.files[n].is_up and ports.node_is_on(n)
        ]  # fmt: skip
        wrapped = ports.files[active[0]].itl_file
        holdings = self.core.population.holdings[phone]
        after = self.core.judgements.accept(holdings, wrapped)
        return self._refuses_config(now_ms, phone, after, serving[0]) == Reason.NONE
