"""The phones of a run as columns: one entry per phone in each array, phones sorted by name.

Knows: what is fixed about a phone (its group) and what it holds now. Must not know what happens to
it (`twin.phones.core` and the rooms above).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import FileKind, State
from twin.phones.ports import Answer


@dataclass(frozen=True, slots=True)
class PhoneGroup:
    """Phones alike in everything but their name.

    Times are medians in seconds, sizes in bytes. `tftp` are node numbers in the order of option
    150, `callmanagers` in the order of the CallManager Group.
    """

    number: int
    population: str
    model: str
    protocol: str
    site: int
    callmanager_group: str
    callmanagers: tuple[int, ...]
    tftp: tuple[int, ...]
    has_sbd: bool
    """Security By Default: asks for an ITL and can ask TVS."""
    uses_http: bool
    boot_s: float
    boot_low_s: float
    boot_high_s: float
    reset_s: float
    restart_s: float
    files: tuple[FileKind, ...]
    config_bytes: int
    other_bytes: int
    largest_rsa_bits: int | None = None
    """Longest RSA key of a CallManager certificate the model takes; None: any."""
    is_secure: bool = False
    """Its phone security profile asks for TLS; whether that counts, the stored config says."""
    lsc_keygen_s: tuple[float, float, float] | None = None
    """Making a 2048-bit key: median, least and greatest; None: it cannot."""
    lsc_keygen_1024_s: tuple[float, float, float] | None = None
    """Making a 1024-bit key, for models that make none of 2048 bits."""
    moved_from: int | None = None
    """Number of the group it was made from for phones that moved to other nodes."""

    @property
    def origin(self) -> int:
        """Number of the group as the model describes its phones."""
        return self.number if self.moved_from is None else self.moved_from


@dataclass(frozen=True, slots=True)
class PhoneRecord:
    """One phone as the model describes it."""

    name: str
    group: int
    initial_state: State


class Population:
    """Struct of arrays over all phones, in order of name.

    The columns are lists: reading a small number from a list takes a third of the time an `array`
    takes, and costs eight bytes a phone.
    """

    def __init__(self, groups: Sequence[PhoneGroup], phones: Sequence[PhoneRecord]) -> None:
        phones = sorted(phones, key=lambda phone: phone.name)
        n = len(phones)
        self.groups = tuple(groups)
        self.names = [phone.name for phone in phones]
        self.size = n
        self.group_of = [phone.group for phone in phones]
        self.state = [int(phone.initial_state) for phone in phones]
        self.initial_state = bytes(self.state)
        self.holdings = [0] * n
        """Number of the stored CTL and ITL (see `Judgements.holdings`)."""
        self.config = [NOTHING] * n
        """File number of the stored config."""
        self.node = [-1] * n
        """Node the phone is registered with, or trying."""
        self.place = [0] * n
        """Place of that node in the stored config's CallManager Group."""
        self.boots = [0] * n
        self.resets = [0] * n
        self.restarts_only = [0] * n
        """The notice the phone will act on is a restart, not a reset."""
        self.step = [0] * n
        """Place in the group's list of files."""
        self.tries = [0] * n
        self.server = [0] * n
        """Place in the group's list of TFTP nodes."""
        self.offered = [NOTHING] * n
        """File number under way or being checked."""
        self.done_us = [0] * n
        self.epoch = [0] * n
        self.asked_tvs = [0] * n
        """Place in the stored config's TVS list."""
        self.reasons = [0] * n
        """Reasons gathered while a file is being judged."""
        self.itl_rejected = [0] * n
        """The last ITL check of this boot ended in a rejection."""
        self.tls_refused = [0] * n
        """A TLS session was refused, or found the ports closed, and none was made since."""
        self.is_fresh = [0] * n
        """It goes by files it has just fetched."""
        self.has_new_load = [0] * n
        self.missed_return = [0] * n
        """Something came back while the phone was in motion."""
        self.is_going_back = [0] * n
        """The calendar has the phone's next try after a return."""
        self.tvs_cache: dict[int, list[tuple[tuple[str, bytes], Answer, int]]] = {}
        """Per phone that asked a TVS: ((issuer, serial), answer, kept until ms)."""

    @cached_property
    def index(self) -> dict[str, int]:
        """Phone number by name; made when somebody first asks by name."""
        return {name: number for number, name in enumerate(self.names)}

    def group_like(
        self,
        group: PhoneGroup,
        callmanager_group: str,
        callmanagers: tuple[int, ...],
        tftp: tuple[int, ...],
    ) -> int:
        """The number of a group like this one on other nodes; made when there is none yet."""
        for known in self.groups:
            wanted = replace(
                group, number=known.number, callmanager_group=callmanager_group,
                callmanagers=callmanagers, tftp=tftp,
                moved_from=None if known.number == group.origin else group.origin,
            )  # fmt: skip
            if known == wanted:
                return known.number
        made = replace(wanted, number=len(self.groups), moved_from=group.origin)
        self.groups = (*self.groups, made)
        return made.number

    def group(self, phone: int) -> PhoneGroup:
        """The group of a phone."""
        return self.groups[self.group_of[phone]]
