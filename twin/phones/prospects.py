"""Would a phone follow the cluster again if something were done to the cluster?

Knows: a prospect (which list, config and TVS there would be) and the phone's own rules. Must not
know what would have to be done, nor how likely anybody is to do it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.files import StoredFile
from twin.phones.judgements import ASK_TVS
from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome
from twin.phones.ports import NO_FILE, Answer
from twin.phones.securing import AUTHENTICATED, Securing
from twin.pki.certificates import Certificate
from twin.pki.handshake import Endpoint


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a cluster would serve and answer, after a remedy of this name.

    `itl` and `config` by TFTP node (and phone group); None where the node would serve none. The CTL
    is taken to stay what it is. `tvs`: the certificate each TVS would present; `answer`: what all
    of them would say of (issuer, serial). `callmanager`: each CallManager's end of a TLS session,
    None while its secure ports would be closed.
    """

    remedy: str
    itl: Callable[[int], bytes | None]
    config: Callable[[int, int], bytes | None]
    tvs: Mapping[int, Certificate]
    answer: Callable[[str, bytes], Answer]
    callmanager: Callable[[int], Endpoint | None] = lambda node: None


class ProspectJudge:
    """Judges prospects with the rules phones use in a run."""

    def __init__(self, core: EngineCore, checking: Checking, securing: Securing) -> None:
        self.core = core
        self.checking = checking
        self.securing = securing

    def frees(self, now_ms: int, phone: int, prospect: Prospect) -> bool:
        """Whether the phone would accept the lists, then the config, it would be offered, and TLS.

        A secure phone must come to a session with a CallManager of that config.
        """
        columns = self.core.population
        judgements = self.core.judgements
        group = columns.group(phone)
        for node in group.tftp:
            itl, config = prospect.itl(node), prospect.config(node, group.number)
            if itl is None or config is None:
                continue
            holdings = columns.holdings[phone]
            lists = []
            ctl = self.core.ports.files[node].ctl_file
            if ctl not in (NO_FILE, judgements.lists(holdings)[0]):
                lists.append(ctl)
            if group.has_sbd:
                lists.append(judgements.files.add(FileKind.ITL, itl))
            for number in lists:
                if not self._accepts(now_ms, phone, holdings, judgements.files[number], prospect):
                    return False
                holdings = judgements.accept(holdings, number)
            file = judgements.files.read(FileKind.CONFIG, config)
            return self._accepts(now_ms, phone, holdings, file, prospect) and (
                not group.is_secure or self._agrees(now_ms, phone, holdings, file, prospect)
            )
        return False

    def _agrees(
        self, now_ms: int, phone: int, holdings: int, file: StoredFile, prospect: Prospect
    ) -> bool:
        """Whether a CallManager of a config and the phone accept each other, if they have to."""
        places = file.places
        if places is None or places.security_mode < AUTHENTICATED:
            return True
        ends = [prospect.callmanager(node) for node in places.callmanagers]
        return any(
            self.securing.judge(now_ms, phone, end, holdings, asking=False).succeeded
            for end in ends
            if end is not None
        )

    def _accepts(
        self, now_ms: int, phone: int, holdings: int, file: StoredFile, prospect: Prospect
    ) -> bool:
        judgements = self.core.judgements
        verdict, _ = judgements.judge_bytes(holdings, file)
        if verdict != ASK_TVS:
            return verdict & 0xFF != Outcome.REJECTED
        if file.signer is None:
            return False
        kept = self.checking.remembered(now_ms, phone, file.signer)
        if kept is not None and judgements.answered(file, kept)[0] != ASK_TVS:
            return True
        if self.core.population.group(phone).site in self.core.ports.outside:
            return False  # no TVS answers there
        for node in self.checking.tvs_list(phone):
            presented = prospect.tvs.get(node)
            if presented is not None and judgements.tvs_usable(holdings, presented):
                answer = prospect.answer(*file.signer)
                return judgements.answered(file, answer)[0] != ASK_TVS
        return False
