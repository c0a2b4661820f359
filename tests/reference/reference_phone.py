"""One phone of the reference engine: its life as a generator, step after step.

Knows: what a phone does and how long it takes. What comes from outside (a notice, power, a lost
connection, something that came back) ends what the phone is doing and gives it something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import simpy
from reference_draws import Draws
from reference_queue import PHONES_FROM, Link, Process, Visit, after

from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event, FileKind, RegisterRefusal, State, TVSAnswer
from twin.phones.lifecycle import UnregisterCause as Cause
from twin.phones.outcomes import Outcome, Reason, pack
from twin.phones.ports import NO_FILE, Answer, FileServer, Registrar, TVSServer
from twin.phones.trust import Decision, Holdings, judge, judge_answer, tvs_is_listed

CHECKED = {
    FileKind.CTL: Event.CTL_CHECKED,
    FileKind.ITL: Event.ITL_CHECKED,
    FileKind.CONFIG: Event.CONFIG_CHECKED,
}
VERIFY = {
    FileKind.CTL: "verify_ctl", FileKind.ITL: "verify_itl", FileKind.CONFIG: "verify_config",
}  # fmt: skip
ACCEPTED = (Outcome.ACCEPTED_LOCAL, Outcome.ACCEPTED_TVS, Outcome.ACCEPTED_FIRST_USE)
NOT_HAD = -2
"""No server delivered the file."""


class ReferencePhone:
    """A phone. What others look at stands in the population's columns."""

    def __init__(self, core: Any, links: list[Link], number: int) -> None:
        self.core = core
        self.env: simpy.Environment = core.env
        self.columns = core.population
        self.number = number
        self.group = core.population.group(number)
        self.link = links[self.group.site]
        self.draws = Draws(core.streams, core.timing, core.population.names[number], self.group)
        self.device_name = f"CP-{self.group.model}-{core.population.names[number]}"
        self.process: simpy.Process | None = None
        self.next_try: object | None = None
        """Stands for the next try that is under way, if one is."""
        self.missed_return = False
        self.has_new_load = False
        self.itl_was_rejected = False

    # -- little things ----------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where the phone is in its life."""
        return State(self.columns.state[self.number])

    @property
    def node(self) -> int:
        """The node it is registered with."""
        return int(self.columns.node[self.number])

    @node.setter
    def node(self, node: int) -> None:
        self.columns.node[self.number] = node

    @property
    def now_ms(self) -> int:
        """The time; phones act at whole milliseconds."""
        assert self.env.now == int(self.env.now)
        return int(self.env.now)

    @property
    def boots(self) -> int:
        """How often it has started over: the count of its next draws."""
        return int(self.columns.boots[self.number])

    def emit(self, event: Event, node: int = -1, detail: int = 0) -> None:
        """Journal what happens to it."""
        self.core.emit(self.number, event, node, detail)

    def sleep(self, delay_ms: int) -> simpy.Event:
        """Something to wait for: `delay_ms` from now, in this phone's turn."""
        return after(self.env, delay_ms, PHONES_FROM + self.number)

    def sleep_until(self, at_ms: int) -> simpy.Event:
        """Something to wait for: an instant, or now if it is over."""
        return after(self.env, max(0, at_ms - self.env.now), PHONES_FROM + self.number)

    def rtt_ms(self, site: int) -> int:
        """Round trip to a site."""
        return int(self.core.network.rtt_ms(self.group.site, site))

    def registrar(self, node: int) -> Registrar:
        """The CallManager of a node."""
        found: Registrar = self.core.ports.registrars[node]
        return found

    def live(self, what: Iterable[simpy.Event]) -> None:
        """Leave what it is doing and do this instead."""
        self.die()
        self.process = self.env.process(self._life(what))

    def die(self) -> None:
        """Leave what it is doing."""
        if self.process is not None and self.process.is_alive:
            if self.process is self.env.active_process:
                raise AssertionError("a phone cannot interrupt itself")
            self.process.interrupt()

    def _life(self, what: Iterable[simpy.Event]) -> Process:
        try:
            yield from what
        except simpy.Interrupt:
            return
        if self.missed_return:
            self.missed_return = False
            self.go_back()

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

    def lose_lists(self) -> None:
        """Its CTL and ITL are erased; it starts over."""
        was_off = self.state == State.OFF
        self._leave()
        self.emit(Event.LISTS_DELETED)
        self._hold(NOTHING, NOTHING)
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

    # -- starting ---------------------------------------------------------------------------

    def _boots_now(self) -> int:
        count = self.boots
        self.columns.boots[self.number] = count + 1
        return count

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
        yield from self._register(0)

    def _refuse(self, reasons: Reason) -> None:
        self.node = -1
        self.emit(Event.LIST_UNUSABLE, -1, reasons)

    def _wants_load(self) -> bool:
        what = self.core.timing.p_load_change
        return not self.has_new_load and self.draws.rare(what, "load_change", 0) > 0

    # -- files ------------------------------------------------------------------------------

    def _fetch(self, step: int, kind: FileKind, place: int) -> Process:
        """Get one file; its number, and the server to ask for the next one."""
        timing = self.core.timing
        most = round((timing.tftp_tries if self.group.uses_http else timing.udp_tries).value)
        tries = 0
        while True:
            server = self.core.ports.files[self.group.tftp[place]]
            number = yield from self._request(server, kind)
            if number != NOT_HAD:
                return number, place
            tries += 1
            if tries < most:
                count = self.boots * 64 + step * 8 + place * 4 + tries
                what = timing.tftp_retry_wait_s
                yield self.sleep(round(self.draws.rare(what, "tftp_retry", count, 1000)))
            elif place + 1 < len(self.group.tftp):
                tries = 0
                place += 1
            else:
                self.emit(Event.FILE_GIVEN_UP, server.node, kind)
                return NOT_HAD, 0

    def _request(self, server: FileServer, kind: FileKind) -> Process:
        """Ask one server once: a file number, `NO_FILE` or `NOT_HAD`."""
        rtt_ms = self.rtt_ms(server.site)
        timing = self.core.timing
        yield self.sleep(rtt_ms // 2 + (rtt_ms if self.group.uses_http else 0))
        if not server.is_up:
            yield self.sleep(1)
            self.emit(Event.FILE_FAILED, server.node, kind)
            return NOT_HAD
        self.emit(Event.FILE_REQUESTED, server.node, kind)
        work_us = server.service_us() + round(timing.tftp_hold_rtt.value * rtt_ms * 1000)
        visit = server.queue.enter(work_us)
        if visit is None:
            self.emit(Event.FILE_REFUSED, server.node, kind)
            return NOT_HAD
        number, size = self._offered(server, kind)
        arrived = self.env.process(self._delivery(visit, size, rtt_ms))
        if self.group.uses_http:
            patience = self.env.timeout(timing.http_timeout_s.ms)
            yield arrived | patience
            yield self.sleep(0)
        else:
            yield arrived
            yield self.sleep(0)
        if arrived.is_alive or visit.was_cut:
            self.emit(Event.FILE_FAILED, server.node, kind)
            return NOT_HAD
        is_missing = number == NO_FILE
        event = Event.FILE_NOT_FOUND if is_missing else Event.FILE_RECEIVED
        self.emit(event, server.node, kind)
        return number

    def _offered(self, server: FileServer, kind: FileKind) -> tuple[int, int]:
        """What the server has under this name now: number and bytes."""
        if kind == FileKind.OTHER:
            return 0, self.group.other_bytes
        if kind == FileKind.CONFIG:
            return server.config_file(self.group.number), self.group.config_bytes
        number = server.itl_file if kind == FileKind.ITL else server.ctl_file
        return number, 0 if number == NO_FILE else len(self.core.judgements.files[number].data)

    def _delivery(self, visit: Visit, size: int, rtt_ms: int) -> Process:
        """From the node over the link to the phone, which acts at whole milliseconds."""
        overhead = 1.04 if self.group.uses_http else 1.12
        transmit_us = self.core.network.transmit_us(self.group.site, size, overhead)
        yield self.link.carry(visit, transmit_us)
        if self.group.uses_http:
            halves, window = 1, 14_600
            while window < size:
                halves, window = halves + 2, window * 2
        else:
            halves = 2 * (size // 512) + 3
        whole_us = int(self.env.now * 1000) + halves * rtt_ms * 500
        yield self.env.timeout(-(-whole_us // 1000) - self.env.now)

    # -- trust ------------------------------------------------------------------------------

    def _lists(self) -> tuple[int, int]:
        """Numbers of the stored CTL and ITL."""
        found: tuple[int, int] = self.core.judgements.lists(self.columns.holdings[self.number])
        return found

    def _holdings(self) -> Holdings:
        files = self.core.judgements.files
        ctl, itl = self._lists()
        return Holdings(
            None if ctl == NOTHING else files[ctl].trust_list,
            None if itl == NOTHING else files[itl].trust_list,
        )

    def _hold(self, ctl: int, itl: int) -> None:
        self.columns.holdings[self.number] = self.core.judgements.holdings(ctl, itl)

    def _put_in_place(self, kind: FileKind, number: int) -> None:
        ctl, itl = self._lists()
        if kind == FileKind.CONFIG:
            self.columns.config[self.number] = number
        elif kind == FileKind.CTL:
            self._hold(number, itl)
        else:
            self._hold(ctl, number)

    def _check(self, kind: FileKind, number: int) -> Process:
        """Outcome and reasons for a file that has just been read."""
        ctl, itl = self._lists()
        stored = {FileKind.CTL: ctl, FileKind.ITL: itl}.get(kind, self.columns.config[self.number])
        files = self.core.judgements.files
        file = files[number]
        if stored != NOTHING and files[stored].data == file.data:
            return Outcome.UNCHANGED, Reason.NONE
        expires = self.core.timing.check_record_expiry.value > 0
        day = self.core.time_at(self.now_ms) if expires else None
        decision = judge(self._holdings(), file, self.core.judgements.size_limit, day)
        reasons = decision.reasons
        if decision.outcome is None:
            kept = self.remembered(file.signer)
            if kept is not None:
                decision = judge_answer(file, kept)
                reasons |= decision.reasons
        if decision.outcome is None and not self.tvs_nodes():
            reasons |= Reason.NO_TVS_LISTED
        for node in self.tvs_nodes() if decision.outcome is None else ():
            self.emit(Event.TVS_ASKED, node, kind)
            decision = yield from self._ask_tvs(node, file)
            reasons |= decision.reasons
            if decision.outcome is not None:
                break
        if decision.outcome is None:
            return Outcome.REJECTED, reasons
        return decision.outcome, decision.reasons

    def _ask_tvs(self, node: int, file: Any) -> Process:
        """One session with one TVS."""
        server: TVSServer = self.core.ports.tvs[node]
        timing = self.core.timing
        silent = Decision(None, Reason.TVS_UNREACHABLE)
        if not server.is_up:
            yield self.sleep(timing.tvs_timeout_s.ms)
            self.emit(Event.TVS_ANSWERED, node, TVSAnswer.UNREACHABLE)
            return silent
        half_way_ms = self.rtt_ms(server.site) + self.rtt_ms(server.site) // 2
        yield self.sleep(half_way_ms)
        if not server.is_up:
            self.emit(Event.TVS_ANSWERED, node, TVSAnswer.UNREACHABLE)
            return silent
        visit = server.queue.enter(round(1e6 / timing.tvs_rate_per_s.value))
        yield visit.left
        session_ms = self.draws.session_ms(self.boots)
        done_us = visit.left_us + round(timing.tvs_query_ms.value * 1000)
        yield self.sleep_until(done_us // 1000 + session_ms + half_way_ms)
        if not server.is_up or visit.shift is not server.queue.shift:
            self.emit(Event.TVS_ANSWERED, node, TVSAnswer.UNREACHABLE)
            return silent
        if not tvs_is_listed(self._holdings(), server.certificate):
            self.emit(Event.TVS_ANSWERED, node, TVSAnswer.UNTRUSTED)
            return Decision(None, Reason.TVS_CERTIFICATE_NOT_IN_ITL)
        server.known.clear()
        answer = server.query(self.device_name, file.signer_subject, *file.signer)
        if answer.certificate is None:
            self.emit(Event.TVS_ANSWERED, node, TVSAnswer.UNKNOWN)
        else:
            self.emit(Event.TVS_ANSWERED, node, TVSAnswer.KNOWN)
            self._remember(file.signer, answer)
        return judge_answer(file, answer)

    def tvs_nodes(self) -> tuple[int, ...]:
        """The TVS servers of the stored config, in its order."""
        number = self.columns.config[self.number]
        if number == NOTHING or not self.group.has_sbd:
            return ()
        places = self.core.judgements.files[number].places
        return () if places is None else tuple(places.tvs)

    def remembered(self, signer: Any) -> Answer | None:
        """A TVS answer that the phone still keeps."""
        for known, answer, until_ms in self.columns.tvs_cache.get(self.number, ()):
            if known == signer and self.now_ms < until_ms:
                kept: Answer = answer
                return kept
        return None

    def _remember(self, signer: Any, answer: Answer) -> None:
        kept = self.columns.tvs_cache.setdefault(self.number, [])
        kept[:] = [old for old in kept if old[0] != signer and old[2] > self.now_ms]
        kept.append((signer, answer, self.now_ms + answer.ttl_ms))

    # -- registration -----------------------------------------------------------------------

    def _members(self) -> tuple[int, ...]:
        number = self.columns.config[self.number]
        places = None if number == NOTHING else self.core.judgements.files[number].places
        return () if places is None else tuple(places.callmanagers)

    def _register(self, place: int) -> Process:
        """Try one member of the CallManager Group after another."""
        timing = self.core.timing
        members = self._members()
        while place < len(members):
            self.columns.place[self.number] = place
            if (yield from self._try(place, members[place])):
                return
            place += 1
            yield self.sleep(timing.failover_wait_s.ms)
        self.node = -1
        self.columns.place[self.number] = place
        self.emit(Event.REGISTER_GAVE_UP)

    def _try(self, place: int, node: int) -> Process:
        """Whether a member takes the phone."""
        timing = self.core.timing
        registrar = self.registrar(node)
        rtt_ms = self.rtt_ms(registrar.site)
        if not registrar.is_up:
            self.emit(Event.REGISTER_UNREACHABLE, node, place)
            return False
        yield self.sleep(rtt_ms + rtt_ms // 2)
        if not registrar.is_up:
            self.emit(Event.REGISTER_UNREACHABLE, node, place)
            return False
        self.emit(Event.REGISTER_REQUESTED, node, place)
        if registrar.count >= registrar.capacity:
            self.emit(Event.REGISTER_REFUSED, node, RegisterRefusal.MAX_DEV_REG_EXCEEDED)
            return False
        self.node = node
        visit = registrar.queue.enter(registrar.service_us[self.group.protocol])
        yield visit.left
        own_s = timing.register_sip_s if self.group.protocol == "SIP" else timing.register_sccp_s
        talk_ms = own_s.ms + round(timing.reg_roundtrips.value * rtt_ms)
        yield self.sleep_until(visit.left_us // 1000 + talk_ms)
        if visit.shift is not registrar.queue.shift:
            self.emit(Event.REGISTER_UNREACHABLE, node, place)
            return False
        if registrar.count >= registrar.capacity:
            self.emit(Event.REGISTER_REFUSED, node, RegisterRefusal.MAX_DEV_REG_EXCEEDED)
            return False
        registrar.count += 1
        self.emit(Event.REGISTERED, node, place)
        return True

    def _notice_loss(self) -> Process:
        yield self.sleep(self.draws.notice_ms(self.boots))
        self.emit(Event.LOSS_NOTICED, self.node)
        yield from self._register(0)

    # -- coming back ------------------------------------------------------------------------

    def go_back(self) -> None:
        """Plan the next try, if there is something better and none is planned."""
        if self.next_try is not None:
            return
        best = self._best()
        if self.state == State.UNREGISTERED:
            if best is not None or self._starts_over():
                self._plan(self._retry_later())
        elif best is not None and best.node != self.node:
            self._plan(self._fall_back_later(best))

    def _plan(self, waiting: Process) -> None:
        self.core.pending += 1
        self.next_try = object()
        self.env.process(waiting)

    def _best(self) -> Registrar | None:
        up = [self.registrar(node) for node in self._members() if self.registrar(node).is_up]
        return up[0] if up else None

    def _starts_over(self) -> bool:
        return self.columns.config[self.number] == NOTHING or self.itl_was_rejected

    def _retry_later(self) -> Process:
        plan = self.next_try
        yield self.sleep(self.draws.retry_ms(self.now_ms))
        self.core.pending -= 1
        if self.next_try is not plan:
            return
        self.next_try = None
        if self._starts_over():
            self._boots_now()
            self.emit(Event.DOWNLOAD_RETRIED)
            self.live(self._come_up())
        else:
            self.emit(Event.REGISTER_RETRIED)
            self.live(self._register(0))

    def _fall_back_later(self, registrar: Registrar) -> Process:
        plan = self.next_try
        yield self.sleep(self.core.timing.connection_monitor_s.ms)
        visit = registrar.fallback.enter(registrar.fallback_us)
        yield visit.left
        yield self.sleep_until(visit.left_us // 1000)
        self.core.pending -= 1
        if self.next_try is not plan:
            return
        self.next_try = None
        best = self._best()
        if self.state != State.REGISTERED or best is None or best.node == self.node:
            return
        self.registrar(self.node).count -= 1
        self.emit(Event.FELL_BACK, best.node, Cause.FALLBACK_INITIATED)
        self.live(self._register(self._members().index(best.node)))
