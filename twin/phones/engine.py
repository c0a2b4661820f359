"""The storm engine: what may be done to phones from outside, and how a boot begins.

Knows: resets, power, erased lists. Must not know why somebody resets phones. The boot itself is in
`download`, `checking` and `registration`.

Source: cucm-pki-behaviour 3.1, 3.3; capacity-and-timing 2.3, 2.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress

from twin.kernel.calendar import PHONE_BITS
from twin.kernel.laws import law
from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.download import Downloads
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import ErasedLists, Event, State, UnregisterCause
from twin.phones.losses import Losses
from twin.phones.ports import Registrar
from twin.phones.registration import Registration
from twin.phones.securing import Securing

_TAKES_NOTICE = (State.REGISTERED, State.RESET_PENDING)
# Plain numbers for the busiest events (see `twin.phones.checking`).
_RESET_RECEIVED = int(Event.RESET_RECEIVED)
_UNREGISTERED = int(Event.UNREGISTERED)
_BOOTED = int(Event.BOOTED)


class StormEngine:
    """The phones of a run, alive."""

    def __init__(self, core: EngineCore, every_phone: bool = False) -> None:
        self.core = core
        self.population = core.population
        self.downloads = Downloads(core)
        self.checking = Checking(core, self.downloads, every_phone)
        self.securing = Securing(core, self.checking)
        self.registration = Registration(core, self.downloads, self.securing)
        self.losses = Losses(core, self.registration.try_member)
        self.checking.unusable = self.registration.refuse
        self.guarded: Callable[[int, int], bool] | None = None
        """Whether a phone's port is guarded (802.1X); it then decides when, and if, to start up."""
        register = core.calendar.register
        self._notices: dict[int, int] = {}
        """Notices under way: wave * 2, plus 1 for a restart, by instant and phone in one number
        (a storm has a notice per phone under way, and a pair of tuples costs five times as much).
        """
        self._readdressed: dict[int, int] = {}
        """Groups that phones will be in when they next ask DHCP."""
        entering = core.calendar.entering
        self._enter_notice = entering(register(self._on_notice))
        self._enter_act = entering(register(self._on_act))
        self._enter_booted = entering(register(self._on_booted))
        self._upgraded = register(self._on_upgraded)
        self._p_load = law(core.timing.p_load_change)
        self._load_time = law(core.timing.load_time_s, 1000)
        self.checking.upgrade = self._upgrade
        if self._p_load.centre > 0:
            self.checking.wants_load = self._wants_load

    # -- resets -----------------------------------------------------------------------------

    def registered_with(self, node: int | None = None) -> list[int]:
        """Phones registered with a node (None: any), by number."""
        columns = self.population
        state = columns.state
        phones: Iterable[int] = range(columns.size)
        if node is not None:
            phones = compress(phones, map(node.__eq__, columns.node))
        return [phone for phone in phones if state[phone] in _TAKES_NOTICE]

    def related(self, callmanager: int) -> list[int]:
        """Phones whose CallManager Group contains a node: dbSelectAllRelatedDevices."""
        columns = self.population
        groups = [callmanager in group.callmanagers for group in columns.groups]
        return list(compress(range(columns.size), map(groups.__getitem__, columns.group_of)))

    def send_notices(
        self,
        now_ms: int,
        phones: Sequence[int],
        sender: Registrar,
        rate_per_s: float,
        wave: int,
        restart: bool = False,
    ) -> int:
        """Send reset (or restart) notices one after another; the instant of the last one (ms).

        Notices of one sender share its pace. A notice reaches the phone only if the phone is
        registered when it comes, and has been since it was sent: losing power, its lists or its
        connection in between drops it.
        """
        if not phones:
            return now_ms
        enter = self._enter_notice
        gap_us = round(1_000_000 / rate_per_s)
        notices, what = self._notices, wave << 1 | restart
        at_us = max(now_ms * 1000, sender.paced_until_us)
        for phone in phones:
            at_ms = at_us // 1000
            notices[at_ms << PHONE_BITS | phone] = what
            enter(at_ms, phone)
            at_us += gap_us
        sender.paced_until_us = at_us
        last_ms = max(now_ms, (at_us - gap_us) // 1000)
        self.core.busy_until(last_ms)
        return last_ms

    def _on_notice(self, phone: int, now_ms: int) -> None:
        columns = self.population
        what = self._notices.pop(now_ms << PHONE_BITS | phone, 0)
        state = columns.state[phone]
        if state not in _TAKES_NOTICE:
            return
        columns.resets[phone] += 1
        core = self.core
        core.emit(now_ms, phone, _RESET_RECEIVED, columns.node[phone], what >> 1)
        if state == State.REGISTERED:
            columns.restarts_only[phone] = what & 1
            delay_ms = core.drawn("reset_delay", columns.boots[phone])[phone]
            self._enter_act(now_ms + delay_ms, phone)

    def _on_act(self, phone: int, now_ms: int) -> None:
        """The phone acts on the notice: it gives up its registration and starts over."""
        columns = self.population
        core = self.core
        node = columns.node[phone]
        core.ports.registrars[node].count -= 1
        count = columns.boots[phone]
        columns.boots[phone] = count + 1
        cause = UnregisterCause.CALLMANAGER_RESET
        if columns.restarts_only[phone]:
            core.emit(now_ms, phone, Event.RESTARTED, node, cause)
            self.downloads.begin(now_ms, phone, core.drawn("restart", count)[phone])
        else:
            core.emit(now_ms, phone, _UNREGISTERED, node, cause)
            delay_ms = core.drawn("reset_boot", count)[phone]
            self._enter_booted(now_ms + delay_ms, phone)
        columns.node[phone] = -1

    def _on_booted(self, phone: int, now_ms: int) -> None:
        if self.guarded is None or not self.guarded(now_ms, phone):
            self.start_up(now_ms, phone)

    def start_up(self, now_ms: int, phone: int) -> None:
        """The phone has its network and begins to download."""
        self.core.emit(now_ms, phone, _BOOTED)
        if self._readdressed and phone in self._readdressed:
            self.population.group_of[phone] = self._readdressed.pop(phone)
            self.downloads.reroute(phone)
        self.downloads.begin(now_ms, phone)

    # -- new loads --------------------------------------------------------------------------

    def _wants_load(self, phone: int) -> bool:
        """Whether an accepted config brings another load; at most once in a phone's run."""
        if self.population.has_new_load[phone]:
            return False
        return self.core.rare(self._p_load, "load_change", phone, 0) > 0

    def _upgrade(self, now_ms: int, phone: int) -> None:
        self.population.has_new_load[phone] = 1
        self.core.emit(now_ms, phone, Event.UPGRADE_STARTED)
        delay_ms = self.core.rare(self._load_time, "load_time", phone, 0)
        self.core.calendar.add(now_ms + round(delay_ms), self._upgraded, phone)

    def _on_upgraded(self, phone: int, now_ms: int) -> None:
        self.core.emit(now_ms, phone, Event.UPGRADED)
        self._cold_boot(now_ms, phone)

    # -- power and hands --------------------------------------------------------------------

    def power(self, now_ms: int, phones: Sequence[int], on: bool) -> int:
        """Cut or give power; how many phones that changed."""
        changed = 0
        for phone in phones:
            is_on = self.population.state[phone] != State.OFF
            if is_on == on:
                continue
            changed += 1
            if on:
                self.core.emit(now_ms, phone, Event.POWERED_ON)
                self._cold_boot(now_ms, phone)
            else:
                self._leave(phone)
                self.core.emit(now_ms, phone, Event.POWERED_OFF)
        return changed

    def delete_lists(self, now_ms: int, phone: int, which: ErasedLists = ErasedLists.BOTH) -> None:
        """Somebody erases CTL, ITL or both on the phone, which then starts over."""
        columns = self.population
        self._leave(phone)
        self.core.emit(now_ms, phone, Event.LISTS_DELETED, -1, which)
        ctl, itl = self.core.judgements.lists(columns.holdings[phone])
        ctl = ctl if which == ErasedLists.ITL else NOTHING
        itl = itl if which == ErasedLists.CTL else NOTHING
        columns.holdings[phone] = self.core.judgements.holdings(ctl, itl)
        columns.tvs_cache.pop(phone, None)
        if columns.state[phone] != State.OFF:
            self._cold_boot(now_ms, phone)

    def readdress(self, phone: int, group: int) -> None:
        """Let DHCP answer the phone as it answers phones of another group, from its next boot."""
        self._readdressed[phone] = group

    def _leave(self, phone: int) -> None:
        """Drop whatever the phone was doing, and its registration."""
        columns = self.population
        if columns.state[phone] in _TAKES_NOTICE:
            self.core.ports.registrars[columns.node[phone]].count -= 1
        columns.node[phone] = -1
        columns.is_going_back[phone] = 0
        self.core.calendar.cancel(phone)

    def _cold_boot(self, now_ms: int, phone: int) -> None:
        columns = self.population
        count = columns.boots[phone]
        columns.boots[phone] = count + 1
        delay_ms = self.core.drawn("cold_boot", count)[phone]
        self._enter_booted(now_ms + delay_ms, phone)
