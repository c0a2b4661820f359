"""How a reference phone registers, and how it goes back to a better node."""

from __future__ import annotations

from reference_life import Living
from reference_queue import Process

from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event, RegisterRefusal, State
from twin.phones.lifecycle import UnregisterCause as Cause
from twin.phones.ports import Registrar


class Registering(Living):
    """The part of a phone that looks for a CallManager."""

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
        if self.tls_was_refused and not self.is_fresh:
            self.missed_return = True

    def _try(self, place: int, node: int) -> Process:
        """Whether a member takes the phone."""
        timing = self.core.timing
        registrar = self.registrar(node)
        rtt_ms = self.rtt_ms(registrar.site)
        if not registrar.is_up:
            self.emit(Event.REGISTER_UNREACHABLE, node, place)
            return False
        yield self.sleep(rtt_ms + rtt_ms // 2)
        if self.core.securing.mode(self.number) > 1:
            if not (yield from self._shake_hands(place, node, registrar)):
                return False
        else:
            self.tls_was_refused = False
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

    def _shake_hands(self, place: int, node: int, registrar: Registrar) -> Process:
        """Whether phone and node come to a TLS session."""
        if not registrar.is_up:
            self.emit(Event.REGISTER_UNREACHABLE, node, place)
            return False
        securing = self.core.securing
        if securing.verdict(self.now_ms, self.number, registrar) is None:
            self.tls_was_refused = True
            self.emit(Event.REGISTER_UNREACHABLE, node, place)
            return False
        self.node = node
        shift = registrar.queue.shift
        own_ms = self.core.timing.tls_handshake_s.ms
        yield self.sleep(own_ms + 3 * self.rtt_ms(registrar.site))
        verdict = securing.verdict(self.now_ms, self.number, registrar)
        if not registrar.is_up or registrar.queue.shift is not shift or verdict is None:
            self.emit(Event.REGISTER_UNREACHABLE, node, place)
            return False
        self.tls_was_refused = not verdict.succeeded
        if self.tls_was_refused:
            number = securing.number(self.number, registrar, verdict)
            self.emit(Event.TLS_REFUSED, node, number)
        return verdict.succeeded

    def _notice_loss(self) -> Process:
        yield self.sleep(self.draws.notice_ms(self.boots))
        self.emit(Event.LOSS_NOTICED, self.node)
        self.is_fresh = False
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
        has_config = self.columns.config[self.number] != NOTHING
        return not has_config or self.itl_was_rejected or self.tls_was_refused

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
            self.is_fresh = False
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
        securing = self.core.securing
        if securing.mode(self.number) > 1:
            verdict = securing.verdict(self.now_ms, self.number, best)
            if verdict is None or not verdict.succeeded:
                return
        self.registrar(self.node).count -= 1
        self.emit(Event.FELL_BACK, best.node, Cause.FALLBACK_INITIATED)
        self.is_fresh = False
        self.live(self._register(self._members().index(best.node)))

    def _come_up(self) -> Process:
        """Fetch, check, register."""
        raise NotImplementedError  # a phone is put together from several parts; another has this
