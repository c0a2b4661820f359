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

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from twin.phones.acceptance import AS_IT_IS, Acceptance, Supposed
from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event
from twin.phones.looks import Look, Told, unheard
from twin.phones.outcomes import Reason
from twin.phones.ports import NO_FILE, Answer, DeviceIdentity, FileServer
from twin.phones.prospects import Prospect, ProspectJudge
from twin.phones.securing import Securing
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

DEVICE_TRUST = "upload the issuer of its LSC or MIC to CallManager-trust"
NEW_LSC = "let CAPF install an LSC"
DELETE_LSC = "let CAPF delete the LSC"

_BEYOND_ITL_RESET = (
    Reason.LIST_TOO_LARGE
    | Reason.CTL_REFUSED
    | Reason.CALLMANAGER_NOT_TRUSTED
    | Reason.PHONE_NOT_TRUSTED
)
_TOGETHER = ", then "
_Alike = tuple[int, int, int, int, Kept]
"""Of phones whose cases are the same: group, lists, config, certificate, remembered answers."""
_Trial = tuple[tuple[str, ...], Supposed, int]
"""Names of what is done, what is supposed by it, and the lists the phone then goes by."""


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
class DeviceRemedies:
    """What could be done about the certificates phones show CallManager.

    `issuers`: those above what phones of a class show. `installed` and `deleted`: what a phone
    would show after CAPF gave it an LSC, or took its own away; None where CAPF could not. `capf` is
    what CAPF presents to phones meanwhile.
    """

    issuers: Callable[[int], tuple[Certificate, ...]]
    installed: Callable[[int], DeviceIdentity | None] = lambda phone: None
    deleted: Callable[[int], DeviceIdentity | None] = lambda phone: None
    capf: Certificate | None = None


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
    devices: DeviceRemedies | None = None

    def are_of(self, node: int) -> bool:
        """Whether they are those of a node's cluster."""
        return self.nodes is None or node in self.nodes


class StuckAnalysis:
    """Looks at every phone at one instant."""

    def __init__(self, core: EngineCore, checking: Checking, securing: Securing) -> None:
        self.core = core
        self.checking = checking
        self.others: Sequence[RecoveryKeys] = ()
        """Of further clusters, each for its own nodes."""
        self.acceptance = Acceptance(core, checking, securing)
        self._judge = ProspectJudge(core, checking, securing)
        self._seen: dict[_Alike, Finding] = {}

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

    def would_follow(self, now_ms: int, prospect: Prospect) -> list[bool]:
        """Whether each phone would follow if this were served, in population order."""
        self.checking.set_time(now_ms)
        known: dict[object, bool] = {}
        found = []
        for phone in range(self.core.population.size):
            key = self._alike(now_ms, phone)
            if key not in known:
                known[key] = self._judge.frees(now_ms, phone, prospect)
            found.append(known[key])
        return found

    def _of(self, now_ms: int, phone: int, keys: RecoveryKeys) -> Finding:
        key = self._alike(now_ms, phone)
        finding = self._seen.get(key)
        if finding is None:
            finding = self._seen[key] = self._examine(now_ms, phone, keys)
        return finding

    def _alike(self, now_ms: int, phone: int) -> _Alike:
        columns = self.core.population
        cached = tuple(entry[:2] for entry in columns.tvs_cache.get(phone, ()) if entry[2] > now_ms)
        shown = self.core.ports.identity_class(phone) if columns.group(phone).is_secure else 0
        return (
            columns.group_of[phone], columns.holdings[phone], columns.config[phone], shown, cached,
        )  # fmt: skip

    def explain(
        self, now_ms: int, phone: int, keys: RecoveryKeys
    ) -> tuple[Finding, tuple[Look, ...]]:
        """A phone's finding, and every look that led to it, in order."""
        self.checking.set_time(now_ms)
        looks: list[Look] = []
        return self._examine(now_ms, phone, keys, looks.append), tuple(looks)

    def _examine(
        self, now_ms: int, phone: int, keys: RecoveryKeys, told: Told = unheard
    ) -> Finding:
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
        reasons = self.acceptance.cannot_accept(now_ms, phone, holdings, serving[0], told=told)
        if reasons == Reason.NONE:
            return Finding(Reason.NONE, (), is_current, has_ctl)
        own = next((other for other in self.others if other.are_of(serving[0].node)), keys)
        remedies = self._remedies(now_ms, phone, serving, own, reasons)
        return Finding(reasons, remedies, is_current, has_ctl)

    def _remedies(
        self,
        now_ms: int,
        phone: int,
        serving: list[FileServer],
        keys: RecoveryKeys,
        reasons: Reason,
    ) -> tuple[str, ...]:
        """What would free the phone, each found by trying; steps together where none does alone.

        Source: cucm-pki-behaviour 2.7.
        """
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
        if any(self._accepts(now_ms, phone, holdings, server) for server in serving[1:]):
            found.append(OTHER_TFTP)
        if self._accepts(now_ms, phone, holdings, serving[0], Supposed(closed_too=True)):
            site = self.core.population.group(phone).site
            found.append(INSIDE if site in self.core.ports.outside else START_TVS)
        found += [
            entry.remedy for entry in keys.prospects if self._judge.frees(now_ms, phone, entry)
        ]
        trials = list(self._trials(phone, keys))
        for size in (1, 2, 3):
            found += self._tried(now_ms, phone, serving[0], trials, size)
            if found:
                break
        return tuple(found)

    def _tried(
        self, now_ms: int, phone: int, server: FileServer, trials: Sequence[_Trial], size: int
    ) -> list[str]:
        """Of the trials that take so many steps, those that free the phone.

        Of two that differ in the visit only, the one that leaves more on the phone is enough.
        """
        found: dict[tuple[str, ...], str] = {}
        for names, supposed, left in trials:
            is_visit = left != self.core.population.holdings[phone]
            others = names[:-1] if is_visit else names
            if len(names) != size or (is_visit and ("visit", *others) in found):
                continue
            if self._accepts(now_ms, phone, left, server, supposed):
                key = ("visit", *others) if is_visit else names
                found[key] = _TOGETHER.join(names)
        return list(found.values())

    def _trials(self, phone: int, keys: RecoveryKeys) -> Iterator[_Trial]:
        """What could be done, alone and together: another CTL, a certificate, a visit."""
        visits = self._visits(phone)
        served: list[tuple[str, Supposed]] = [("", AS_IT_IS)]
        served += [(remedy, Supposed(ctl=number)) for remedy, number in keys.ctls]
        shown = [("", AS_IT_IS), *self._about_devices(phone, keys.devices)]
        for (three, left), (one, ctl), (two, device) in product(visits, served, shown):
            names = tuple(name for name in (one, two, three) if name)
            yield names, replace(device, ctl=ctl.ctl), left

    def _about_devices(
        self, phone: int, devices: DeviceRemedies | None
    ) -> Iterator[tuple[str, Supposed]]:
        """What could be done about what a secure phone shows CallManager."""
        if devices is None or not self.core.population.group(phone).is_secure:
            return
        issuers = devices.issuers(self.core.ports.identity_class(phone))
        if issuers:
            yield DEVICE_TRUST, Supposed(accepts=issuers)
        for remedy, identity in (
            (NEW_LSC, devices.installed(phone)),
            (DELETE_LSC, devices.deleted(phone)),
        ):
            if identity is not None and devices.capf is not None:
                yield remedy, Supposed(shown=identity, capf=devices.capf)

    def _visits(self, phone: int) -> list[tuple[str, int]]:
        """None, or which list to delete on the phone: the lists it would have left."""
        judgements = self.core.judgements
        holdings = self.core.population.holdings[phone]
        ctl, itl = judgements.lists(holdings)
        blank = judgements.holdings(NOTHING, NOTHING)
        visits = [("", holdings)]
        if ctl != NOTHING:
            visits.append((CTL_BY_HAND, judgements.holdings(NOTHING, itl)))
        if itl != NOTHING:
            visits.append((BY_HAND if ctl == NOTHING else BOTH_BY_HAND, blank))
        return visits

    def _accepts(
        self,
        now_ms: int,
        phone: int,
        holdings: int,
        server: FileServer,
        supposed: Supposed = AS_IT_IS,
    ) -> bool:
        reasons = self.acceptance.cannot_accept(now_ms, phone, holdings, server, supposed)
        return reasons == Reason.NONE

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
        return self.acceptance.refuses_config(now_ms, phone, after, serving[0]) == Reason.NONE
