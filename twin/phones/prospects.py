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
from twin.phones.ports import Answer
from twin.pki.certificates import Certificate


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a cluster would serve and answer, after a remedy of this name.

    `itl` and `config` by TFTP node (and phone group); None where the node would serve none. `tvs`:
    the certificate each TVS would present; `answer`: what all of them would say of (issuer,
    serial).
    """

    remedy: str
    itl: Callable[[int], bytes | None]
    config: Callable[[int, int], bytes | None]
    tvs: Mapping[int, Certificate]
    answer: Callable[[str, bytes], Answer]


class ProspectJudge:
    """Judges prospects with the rules phones use in a run."""

    def __init__(self, core: EngineCore, checking: Checking) -> None:
        self.core = core
        self.checking = checking

    def frees(self, phone: int, prospect: Prospect) -> bool:
        """Whether the phone would accept the list, and then the config, it would be offered."""
        columns = self.core.population
        judgements = self.core.judgements
        group = columns.group(phone)
        for node in group.tftp:
            itl, config = prospect.itl(node), prospect.config(node, group.number)
            if itl is None or config is None:
                continue
            holdings = columns.holdings[phone]
            if group.has_sbd:
                number = judgements.files.add(FileKind.ITL, itl)
                if not self._accepts(phone, holdings, judgements.files[number], prospect):
                    return False
                holdings = judgements.accept(holdings, number)
            file = judgements.files.read(FileKind.CONFIG, config)
            return self._accepts(phone, holdings, file, prospect)
        return False

    def _accepts(self, phone: int, holdings: int, file: StoredFile, prospect: Prospect) -> bool:
        judgements = self.core.judgements
        verdict, _ = judgements.judge_bytes(holdings, file)
        if verdict != ASK_TVS:
            return verdict & 0xFF != Outcome.REJECTED
        if file.signer is None:
            return False
        for node in self.checking.tvs_list(phone):
            presented = prospect.tvs.get(node)
            if presented is not None and judgements.tvs_usable(holdings, presented):
                answer = prospect.answer(*file.signer)
                return judgements.answered(file, answer)[0] != ASK_TVS
        return False
