"""One phone as it is now: its lists, its state, and what it would make of what is served to it.

Knows: the rules phones go by in a run (`twin.phones.judgements`, `twin.phones.acceptance`), asked
one file at a time and told in words. Holds no rule of its own. Looking changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from twin.cluster.cluster import Cluster
from twin.config.faults import nearest
from twin.errors import ActionError, Fault
from twin.phones.judgements import ASK_TVS
from twin.phones.lifecycle import FileKind, State
from twin.phones.outcomes import Outcome, Reason, unpack
from twin.phones.ports import NO_FILE, FileServer
from twin.phones.stuck import Finding
from twin.pki.trust_list import TrustList

_NAMES = {FileKind.CTL: "CTL", FileKind.ITL: "ITL", FileKind.CONFIG: "configuration"}
_SETTLED = {
    Outcome.ACCEPTED_LOCAL: "its own lists settle it: the signer is there in the role it needs, "
    "and the signature verifies",
    Outcome.ACCEPTED_FIRST_USE: "the phone holds no list at all: it takes the first one unchecked",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One file that the phone's TFTP node serves now, and what the phone would make of it.

    `steps` tells how the phone gets there, `reasons` why it refuses (empty if it does not).
    """

    file: str
    node: str
    signer: str
    verdict: str
    steps: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A phone at one moment.

    `state` and `node` (registered with, or empty) are as in `result.phones`; `ctl` and `itl` are
    the lists it holds (None: none); `offers` what it would make of CTL, ITL and configuration if
    it fetched them now; `reasons` and `remedies` are not empty when it is stuck.
    """

    name: str
    model: str
    population: str
    site: str
    protocol: str
    state: str
    node: str
    boots: int
    resets: int
    ctl: TrustList | None
    itl: TrustList | None
    offers: tuple[Offer, ...]
    reasons: tuple[str, ...]
    remedies: tuple[str, ...]

    @property
    def is_stuck(self) -> bool:
        """Whether it cannot accept what is served now by any path now open to it."""
        return bool(self.reasons)


def phone_number(cluster: Cluster, name: str) -> int:
    """The number of a phone by its device name.

    Raises:
        ActionError: no such phone.
    """
    known = cluster.population.index
    if name not in known:
        close = nearest(name, known)
        raise ActionError(Fault("phone", f"no phone {name!r}", "a device of the model", close))
    return known[name]


def phone_view(cluster: Cluster, phone: int, finding: Finding) -> PhoneView:
    """A phone now; `finding` is what the search for stuck phones says of it."""
    columns = cluster.population
    group = columns.group(phone)
    node = columns.node[phone]
    names = {one.index: one.name for one in cluster.every_node}
    held = cluster.engine.core.judgements.decoded(columns.holdings[phone])
    return PhoneView(
        name=columns.names[phone],
        model=group.model,
        population=group.population,
        site=cluster.network.sites[group.site].name,
        protocol=group.protocol,
        state=State(columns.state[phone]).name.lower(),
        node=names.get(node, ""),
        boots=columns.boots[phone],
        resets=columns.resets[phone],
        ctl=held.ctl,
        itl=held.itl,
        offers=tuple(_Desk(cluster, phone, names).offers()),
        reasons=tuple(finding.reasons.words()),
        remedies=finding.remedies,
    )


class _Desk:
    """A phone in front of the files that its first serving TFTP node has for it."""

    def __init__(self, cluster: Cluster, phone: int, names: dict[int, str]) -> None:
        self.cluster = cluster
        self.phone = phone
        self.names = names
        self.now_ms = cluster.simulation.now_ms
        self.judgements = cluster.engine.core.judgements
        cluster.engine.checking.set_time(self.now_ms)

    def offers(self) -> Iterator[Offer]:
        """CTL, ITL and configuration in the order a phone fetches them, as far as there are any.

        An accepted list replaces the held one before the next file is looked at.
        """
        columns = self.cluster.population
        group = columns.group(self.phone)
        server = self._server(group.tftp)
        if server is None:
            return
        holdings = columns.holdings[self.phone]
        ctl, itl = self.judgements.lists(holdings)
        files = [(server.ctl_file, ctl)]
        if group.has_sbd:
            files.append((server.itl_file, itl))
        for number, held in files:
            if number == NO_FILE:
                continue
            offer = self._offer(server, holdings, number, held)
            yield offer
            if offer.verdict == "accepted":
                holdings = self.judgements.accept(holdings, number)
        config = server.config_file(columns.group_of[self.phone])
        yield self._offer(server, holdings, config, columns.config[self.phone])

    def _server(self, nodes: tuple[int, ...]) -> FileServer | None:
        """The first TFTP node of its option 150 that serves."""
        ports = self.cluster.ports
        serving = (ports.files[node] for node in nodes if ports.node_is_on(node))
        return next((server for server in serving if server.is_up), None)

    def _offer(self, server: FileServer, holdings: int, number: int, held: int) -> Offer:
        file = self.judgements.files[number]
        steps, refusal = self._course(holdings, number, held)
        is_same = number == held
        verdict = "unchanged" if is_same else "rejected" if refusal else "accepted"
        signer = file.signer_subject or "nobody"
        node = self.names[server.node]
        words = tuple(refusal.words())
        return Offer(_NAMES[file.kind], node, signer, verdict, tuple(steps), words)

    def _course(self, holdings: int, number: int, held: int) -> tuple[list[str], Reason]:
        """How the phone gets to its verdict, and why it refuses (NONE: it does not)."""
        if number == held:
            return ["the very bytes it holds already"], Reason.NONE
        verdict, reasons = self.judgements.verdict(holdings, number)
        if verdict != ASK_TVS:
            outcome, found = unpack(verdict)
            if outcome is Outcome.REJECTED:
                return [f"refused at once: {_told(found)}"], found
            return [_SETTLED[outcome]], Reason.NONE
        steps = [f"its own lists do not settle it: {_told(reasons)}"]
        return self._ask(holdings, number, steps, reasons)

    def _ask(
        self, holdings: int, number: int, steps: list[str], reasons: Reason
    ) -> tuple[list[str], Reason]:
        checking, acceptance = self.cluster.engine.checking, self.cluster.stuck.acceptance
        file = self.judgements.files[number]
        kept = checking.remembered(self.now_ms, self.phone, file.signer)
        if kept is not None and self.judgements.answered(file, kept)[0] != ASK_TVS:
            return [*steps, "a TVS vouched for this signer, and it remembers"], Reason.NONE
        servers = checking.tvs_list(self.phone)
        if not servers:
            return [*steps, "its stored configuration names no TVS"], reasons | Reason.NO_TVS_LISTED
        for node in servers:
            fault = acceptance.ask_tvs(self.now_ms, self.phone, holdings, file, node).reasons
            if fault == Reason.NONE:
                steps.append(f"TVS of {self.names[node]} vouches for the signer")
                return steps, Reason.NONE
            steps.append(f"TVS of {self.names[node]} does not help: {_told(fault)}")
            reasons |= fault
        return steps, reasons


def _told(reasons: Reason) -> str:
    return ", ".join(word.replace("_", " ") for word in reasons.words())
