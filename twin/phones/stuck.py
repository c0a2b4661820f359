"""Which phones are stuck, why, and what would free them.

Knows: what each phone holds, what is served now, who would answer now. Must not know how it came
about. A phone is stuck when it cannot accept the current ITL or signed config by any path now open
to it: its own lists, a remembered TVS answer, or a TVS of its stored config that is up, that its
stored ITL vouches for, and that knows the signer. It asks the TFTP node it would ask: the first of
its option 150 that serves.

A cut WAN is a fault of the path, not of trust: it is taken as mended. A stopped service or node is
a closed path, and starting it again is then one of the remedies.

Source: cucm-pki-behaviour 2.5 (minimal condition, MIGR), 2.7.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.files import StoredFile
from twin.phones.judgements import ASK_TVS, NOTHING
from twin.phones.lifecycle import Event
from twin.phones.outcomes import Outcome, Reason
from twin.phones.ports import Answer, FileServer
from twin.phones.trust import knows_in_role
from twin.pki.certificates import Certificate
from twin.pki.list_record import Role

Kept = tuple[tuple[tuple[str, bytes], Answer], ...]
"""What a phone remembers of TVS: ((issuer, serial), answer)."""

BY_HAND = "delete the ITL on the phone"
LOCALKEY = "utils itl reset localkey"
REMOTEKEY = "utils itl reset remotekey"
OTHER_TFTP = "serve it from another TFTP node"
START_TVS = "bring its TVS back"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a phone: reasons (NONE: not stuck) and remedies that would work."""

    reasons: Reason
    remedies: tuple[str, ...] = ()
    itl_is_current: bool = True

    @property
    def is_stuck(self) -> bool:
        """Whether any reason was found."""
        return self.reasons != Reason.NONE


@dataclass(frozen=True, slots=True)
class RecoveryKeys:
    """Certificates whose keys could sign a reset ITL now (None: no such key)."""

    localkey: Certificate | None = None
    remotekey: Certificate | None = None


class StuckAnalysis:
    """Looks at every phone at one instant."""

    def __init__(self, core: EngineCore, checking: Checking) -> None:
        self.core = core
        self.checking = checking
        self._seen: dict[
            tuple[int, int, int, tuple[tuple[tuple[str, bytes], Answer], ...]], Finding
        ] = {}

    def run(self, now_ms: int, keys: RecoveryKeys, journal: bool = True) -> list[Finding]:
        """One finding per phone, in population order; stuck ones are journalled if asked."""
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
        key = (columns.group_of[phone], columns.holdings[phone], columns.config[phone], cached)
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
        stored_itl = self.core.judgements.lists(holdings)[1]
        is_current = not columns.group(phone).has_sbd or stored_itl == serving[0].itl_file
        reasons = self._cannot_accept(now_ms, phone, holdings, serving[0])
        if reasons == Reason.NONE:
            return Finding(Reason.NONE, (), is_current)
        remedies = self._remedies(now_ms, phone, serving, keys, reasons)
        return Finding(reasons, remedies, is_current)

    def _cannot_accept(
        self, now_ms: int, phone: int, holdings: int, server: FileServer, closed_too: bool = False
    ) -> Reason:
        """Why the phone would refuse this server's ITL or config; NONE if it would not.

        Args:
            holdings: the lists it goes by.
            closed_too: count a TVS that is down now as if it were up.
        """
        group = self.core.population.group(phone)
        judgements = self.core.judgements
        if group.has_sbd and judgements.lists(holdings)[1] != server.itl_file:
            reasons = self._refuses(now_ms, phone, holdings, server.itl_file, closed_too)
            if reasons != Reason.NONE:
                return reasons
            holdings = judgements.accept(holdings, server.itl_file)
        return self._refuses_config(now_ms, phone, holdings, server, closed_too)

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
        if server is None:
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
        if Reason.LIST_TOO_LARGE not in reasons and self._lives_with_a_reset(
            now_ms, phone, serving
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
            found.append(START_TVS)
        blank = judgements.holdings(NOTHING, NOTHING)
        if holdings != blank and not self._cannot_accept(now_ms, phone, blank, serving[0]):
            found.append(BY_HAND)
        return tuple(found)

    def _lives_with_a_reset(self, now_ms: int, phone: int, serving: list[FileServer]) -> bool:
        """Whether the phone, given a reset list, would take the config its server signs.

        The reset tool wraps one list for all servers: that of the first active one.
        """
        ports = self.core.ports
        active = [n for n in sorted(ports.files) if ports.files[n].is_up and ports.node_is_on(n)]
        wrapped = ports.files[active[0]].itl_file
        holdings = self.core.population.holdings[phone]
        after = self.core.judgements.accept(holdings, wrapped)
        return self._refuses_config(now_ms, phone, after, serving[0]) == Reason.NONE
