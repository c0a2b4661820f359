"""One phone of the reference engine: its life as a generator, step after step.

Knows: what a phone does and in which order. What comes from outside (a notice, power, a lost
connection, something that came back) ends what the phone is doing and gives it something else.
"""

from __future__ import annotations

from reference_fetching import NOT_HAD, Fetching
from reference_queue import Process
from reference_registering import Registering
from reference_trusting import Trusting

from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import ErasedLists, Event, FileKind, State
from twin.phones.lifecycle import UnregisterCause as Cause
from twin.phones.outcomes import Outcome, Reason, pack
from twin.phones.ports import NO_FILE

CHECKED = {
    FileKind.CTL: Event.CTL_CHECKED,
    FileKind.ITL: Event.ITL_CHECKED,
    FileKind.CONFIG: Event.CONFIG_CHECKED,
}
VERIFY = {
    FileKind.CTL: "verify_ctl", FileKind.ITL: "verify_itl", FileKind.CONFIG: "verify_config",
}  # fmt: skip
ACCEPTED = (Outcome.ACCEPTED_LOCAL, Outcome.ACCEPTED_TVS, Outcome.ACCEPTED_FIRST_USE)


class ReferencePhone(Fetching, Trusting, Registering):
    """A phone. What others look at stands in the population's columns."""

    # -- from outside -----------------------------------------------------------------------

    def take_notice(self, wave: int, restart: bool) -> None:
        """CallManager says: reset."""
        if self.state not in (State.REGISTERED, State.RESET_PENDING):
            return
        is_first = self.state == State.REGISTERED
        self.columns.resets[self.number] += 1
        self.emit(Event.RESET_RECEIVED, self.node, wave)
        if is_first:
            self.live(self._reset(restart))

    def power_on(self) -> None:
        """It gets power."""
        self.emit(Event.POWERED_ON)
        self.live(self._start())

    def power_off(self) -> None:
        """It loses power."""
        self._leave()
        self.emit(Event.POWERED_OFF)

    def lose_lists(self, which: ErasedLists) -> None:
        """Its CTL, ITL or both are erased; it starts over."""
        was_off = self.state == State.OFF
        self._leave()
        self.emit(Event.LISTS_DELETED, -1, which)
        ctl, itl = self._lists()
        self._hold(
            ctl if which == ErasedLists.ITL else NOTHING,
            itl if which == ErasedLists.CTL else NOTHING,
        )
        self.columns.tvs_cache.pop(self.number, None)
        if not was_off:
            self.live(self._start())

    def lose_connection(self, cause: Cause) -> None:
        """Its CallManager closed the connection."""
        self.next_try = None
        self.emit(Event.CONNECTION_LOST, self.node, cause)
        self.live(self._notice_loss())

    def something_came_back(self) -> None:
        """Go back if that is better, at once or when the phone comes to rest."""
        if self.state in (State.REGISTERED, State.UNREGISTERED, State.SRST):
            self.go_back()
        else:
            self.missed_return = self.state != State.OFF

    def _leave(self) -> None:
        if self.state in (State.REGISTERED, State.RESET_PENDING):
            self.registrar(self.node).count -= 1
        self.node = -1
        self.next_try = None
        self.die()

    def came_to_rest(self) -> None:
        """What came back while the phone was in motion concerns it now."""
        if self.missed_return:
            self.missed_return = False
            self.go_back()

    # -- starting ---------------------------------------------------------------------------

    def _reset(self, is_restart: bool) -> Process:
        yield self.sleep(self.draws.reset_delay_ms(self.boots))
        node = self.node
        self.registrar(node).count -= 1
        count = self._boots_now()
        self.node = -1
        if is_restart:
            self.emit(Event.RESTARTED, node, Cause.CALLMANAGER_RESET)
            yield self.sleep(self.draws.restart_ms(count))
        else:
            self.emit(Event.UNREGISTERED, node, Cause.CALLMANAGER_RESET)
            yield self.sleep(self.draws.boot_ms("reset", count))
            self.emit(Event.BOOTED)
        yield from self._come_up()

    def _start(self) -> Process:
        yield self.sleep(self.draws.boot_ms("cold", self._boots_now()))
        self.emit(Event.BOOTED)
        yield from self._come_up()

    def _upgrade(self) -> Process:
        self.has_new_load = True
        self.emit(Event.UPGRADE_STARTED)
        timing = self.core.timing
        yield self.sleep(round(self.draws.rare(timing.load_time_s, "load_time", 0, 1000)))
        self.emit(Event.UPGRADED)
        yield from self._start()

    def _come_up(self) -> Process:
        """Fetch and check one file after another, then register."""
        self.itl_was_rejected = False
        place = 0
        for step, kind in enumerate(self.group.files):
            number, place = yield from self._fetch(step, kind, place)
            if kind == FileKind.OTHER or number == NO_FILE:
                continue
            if number == NOT_HAD:
                self.emit(CHECKED[kind], -1, pack(Outcome.NOT_DOWNLOADED))
                continue
            yield self.sleep(self.draws.verify_ms(VERIFY[kind], self.boots))
            outcome, reasons = yield from self._check(kind, number)
            self.emit(CHECKED[kind], -1, pack(outcome, reasons))
            if outcome in ACCEPTED:
                self._put_in_place(kind, number)
                if kind == FileKind.CONFIG and self._wants_load():
                    yield from self._upgrade()
                    return
            elif outcome == Outcome.REJECTED and kind == FileKind.ITL:
                self.itl_was_rejected = True
                if Reason.LIST_TOO_LARGE in reasons:
                    self._refuse(reasons)
                    return
        if self.itl_was_rejected and self.draws.stays_away(self.boots):
            self._refuse(Reason.SIGNER_NOT_IN_LISTS)
            return
        self.is_fresh = True
        yield from self._register(0)

    def _refuse(self, reasons: Reason) -> None:
        self.node = -1
        self.emit(Event.LIST_UNUSABLE, -1, reasons)

    def _wants_load(self) -> bool:
        what = self.core.timing.p_load_change
        return not self.has_new_load and self.draws.rare(what, "load_change", 0) > 0
