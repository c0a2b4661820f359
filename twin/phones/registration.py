"""Registering, failing over, falling back, and SRST.

Knows: the CallManager Group of the stored config, registration queues, what a phone does when
nobody takes it. Must not know trust. A phone that nobody takes waits without events until a node, a
path or a file server comes back (`came_back`).

Source: cucm-pki-behaviour 3.1, 3.2; capacity-and-timing 2, 4.2.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.kernel.streams import Law
from twin.phones.core import EngineCore
from twin.phones.download import Downloads
from twin.phones.judgements import NOTHING
from twin.phones.key_limits import KeyLimits
from twin.phones.lifecycle import Event, RegisterRefusal, State, UnregisterCause
from twin.phones.outcomes import Reason
from twin.phones.ports import Registrar
from twin.phones.securing import Securing

# Plain numbers for the busiest events (see `twin.phones.checking`).
_EVENT_REGISTER_REQUESTED = int(Event.REGISTER_REQUESTED)
_EVENT_REGISTERED = int(Event.REGISTERED)
_WAIT = (State.REGISTERED, State.UNREGISTERED, State.SRST)

Link = tuple[Registrar | None, int, int, int, Callable[[int, int], None]]


class Registration:
    """The registration part of a phone's life."""

    def __init__(self, core: EngineCore, downloads: Downloads, securing: Securing) -> None:
        self.core = core
        self.securing = securing
        securing.arrived = self._on_arrive
        securing.unreachable = self._unreachable
        securing.next_member = self._next_member
        self.population = core.population
        self.downloads = downloads
        downloads.finished = self.begin
        self.gate: Callable[[int, int, Callable[[int, int], None]], bool] | None = None
        """Whether a phone has something else to do first; it calls the third when that is over."""
        self.arrived: Callable[[int, int], None] | None = None
        """Hears of phones that came to be registered."""
        self._members: dict[int, tuple[int, ...]] = {}
        self._links: dict[tuple[int, int], Link] = {}
        register = core.calendar.register
        self._try = register(self.try_member)
        self._enter_arrive = core.calendar.entering(register(self._on_arrive))
        self._enter_arrive_secure = core.calendar.entering(register(self._on_arrive_secure))
        self._enter_registered = core.calendar.entering(register(self._on_registered))
        self._fall_back = register(self._on_fall_back)
        self._retry = register(self._on_retry)
        timing = core.timing
        self._failover_ms = timing.failover_wait_s.ms
        self._monitor_ms = timing.connection_monitor_s.ms
        self._retry_spread = Law("uniform", 0, 0, timing.registration_retry_s.value * 1000)
        self._own_ms = {"SIP": timing.register_sip_s.ms, "SCCP": timing.register_sccp_s.ms}
        self._roundtrips = timing.reg_roundtrips.value
        self._p_unregistered = timing.p_unreg_on_bad_itl.value
        self._key_limits = KeyLimits(core)

    # -- registering ------------------------------------------------------------------------

    def begin(self, now_ms: int, phone: int) -> None:
        """The download is through: go to the first member of the CallManager Group."""
        columns = self.population
        if columns.itl_rejected[phone] and self._p_unregistered > 0:
            # cucm-pki-behaviour 12 row 5: sources disagree; the parameter decides.
            law_ = Law("bernoulli", self._p_unregistered, 0, 1)
            if self.core.rare(law_, "unregistered_on_bad_itl", phone, columns.boots[phone]):
                self.refuse(now_ms, phone, Reason.SIGNER_NOT_IN_LISTS)
                return
        if self._key_limits.any and self._key_limits.is_exceeded(phone):
            self.refuse(now_ms, phone, Reason.KEY_TOO_LONG)
            return
        if self.gate is not None and self.gate(now_ms, phone, self._enter):
            return
        self._enter(now_ms, phone)

    def _enter(self, now_ms: int, phone: int) -> None:
        self.population.is_fresh[phone] = 1
        self.population.place[phone] = 0
        self.try_member(phone, now_ms)

    def refuse(self, now_ms: int, phone: int, reasons: Reason) -> None:
        """The phone cannot use its lists and does not register."""
        self.population.node[phone] = -1
        self.core.emit(now_ms, phone, Event.LIST_UNUSABLE, -1, reasons)
        self._came_to_rest(now_ms, phone)

    def members(self, phone: int) -> tuple[int, ...]:
        """Node numbers of the stored config's CallManager Group."""
        number = self.population.config[phone]
        known = self._members.get(number)
        if known is None:
            file = self.core.judgements.files[number] if number != NOTHING else None
            places = file.places if file is not None else None
            known = self._members[number] = places.callmanagers if places is not None else ()
        return known

    def _link(self, phone: int, node: int) -> Link:
        """What lies between a phone's group and a node.

        The registrar, the time until the REGISTER is there (ms), the talk until it is done (ms),
        the node's own work (us), and the calendar action of the arrival.
        """
        group = self.population.group(phone)
        link = self._links.get((group.number, node))
        if link is None:
            registrar = self.core.ports.registrars.get(node)
            if registrar is None:
                link = (None, 0, 0, 0, self._enter_arrive)
            else:
                rtt_ms = self.core.network.rtt_ms(group.site, registrar.site)
                talk_ms = self._own_ms[group.protocol] + round(self._roundtrips * rtt_ms)
                own_us = registrar.service_us[group.protocol]
                arrive = self._enter_arrive_secure if group.is_secure else self._enter_arrive
                link = (registrar, rtt_ms + rtt_ms // 2, talk_ms, own_us, arrive)
            self._links[group.number, node] = link
        return link

    def _is_reachable(self, phone: int, registrar: Registrar) -> bool:
        ports = self.core.ports
        if ports.is_whole:
            return True
        group = self.population.group(phone)
        proxy = ports.proxies.get(group.origin)
        return ports.reachable(group.site, registrar.site) and (
            proxy is None or proxy.is_open(phone, registrar.node)
        )

    def try_member(self, phone: int, now_ms: int) -> None:
        """Open a connection to the current member, or find that nobody is left."""
        columns = self.population
        ports = self.core.ports
        members = self.members(phone)
        place = columns.place[phone]
        if place >= len(members):
            self._nobody(now_ms, phone)
            return
        node = members[place]
        registrar, arrive_ms, _, _, arrive = self._link(phone, node)
        if registrar is None or not registrar.is_up or not self._is_reachable(phone, registrar):
            self._unreachable(now_ms, phone, node)
            return
        if not ports.is_whole:
            proxy = ports.proxies.get(self.population.group(phone).origin)
            arrive_ms += proxy.wait_ms(phone, now_ms) if proxy is not None else 0
        arrive(now_ms + arrive_ms, phone)

    def _on_arrive_secure(self, phone: int, now_ms: int) -> None:
        """A phone of a secure profile: TLS first, if its config says so."""
        if self.securing.wants_tls(phone):
            node = self.members(phone)[self.population.place[phone]]
            self.securing.begin(now_ms, phone, node)
        else:
            self.population.tls_refused[phone] = 0
            self._on_arrive(phone, now_ms)

    def _unreachable(self, now_ms: int, phone: int, node: int) -> None:
        place = self.population.place[phone]
        self.core.emit(now_ms, phone, Event.REGISTER_UNREACHABLE, node, place)
        self._next_member(now_ms, phone)

    def _next_member(self, now_ms: int, phone: int) -> None:
        self.population.place[phone] += 1
        self.core.calendar.add(now_ms + self._failover_ms, self._try, phone)

    def _nobody(self, now_ms: int, phone: int) -> None:
        columns = self.population
        columns.node[phone] = -1
        site = columns.group(phone).site
        ports = self.core.ports
        is_cut_off = ports.has_srst(site) and not any(
            ports.reachable(site, registrar.site) for registrar in ports.registrars.values()
        )
        if is_cut_off and ports.srst_admits(phone):
            self.core.emit(now_ms, phone, Event.SRST_REGISTERED)
        else:
            self.core.emit(now_ms, phone, Event.REGISTER_GAVE_UP)
        if columns.tls_refused[phone] and not columns.is_fresh[phone]:
            # Refused by files it fetched a while ago: it looks for newer ones. Source: phone guide
            # of the 7931G (cucm-pki-behaviour 3.1): keeps asking for a CTL.
            columns.missed_return[phone] = 1
        self._came_to_rest(now_ms, phone)

    def _on_arrive(self, phone: int, now_ms: int) -> None:
        """The REGISTER is at the node: full, or in its turn."""
        columns = self.population
        core = self.core
        place = columns.place[phone]
        node = self.members(phone)[place]
        registrar, _, talk_ms, own_us, _ = self._link(phone, node)
        if registrar is None or not registrar.is_up:
            self._unreachable(now_ms, phone, node)
            return
        core.emit(now_ms, phone, _EVENT_REGISTER_REQUESTED, node, place)
        if registrar.count >= registrar.capacity:
            self._full(now_ms, phone, node)
            return
        done_us = registrar.queue.offer(now_ms, own_us)
        columns.node[phone] = node
        columns.epoch[phone] = registrar.queue.epoch
        self._enter_registered(done_us // 1000 + talk_ms, phone)

    def _full(self, now_ms: int, phone: int, node: int) -> None:
        refusal = RegisterRefusal.MAX_DEV_REG_EXCEEDED
        self.core.emit(now_ms, phone, Event.REGISTER_REFUSED, node, refusal)
        self._next_member(now_ms, phone)

    def _on_registered(self, phone: int, now_ms: int) -> None:
        columns = self.population
        node = columns.node[phone]
        registrar = self.core.ports.registrars[node]
        was_cut = registrar.queue.epoch != columns.epoch[phone]
        if was_cut or not self._is_reachable(phone, registrar):
            self._unreachable(now_ms, phone, node)
            return
        if registrar.count >= registrar.capacity:  # those before it in the queue filled the node
            self._full(now_ms, phone, node)
            return
        registrar.count += 1
        self.core.emit(now_ms, phone, _EVENT_REGISTERED, node, columns.place[phone])
        if columns.missed_return[phone]:
            self._came_to_rest(now_ms, phone)
        if self.arrived is not None:
            self.arrived(now_ms, phone)

    # -- coming back ------------------------------------------------------------------------

    def came_back(self, now_ms: int) -> None:
        """A node, a path or a file server came back: those who wait try again.

        SRST phones and phones on a lower-priority node first watch the link for the Connection
        Monitor Duration. Phones in motion hear of it when they come to rest.
        """
        columns = self.population
        for phone in range(columns.size):
            state = columns.state[phone]
            if state not in _WAIT:
                columns.missed_return[phone] = state != State.OFF
            elif state != State.REGISTERED or columns.place[phone] > 0:
                self._go_back(now_ms, phone)

    def try_again(self, now_ms: int, phone: int) -> None:
        """The phone may have another certificate now: if it was refused, it need not wait."""
        columns = self.population
        if columns.tls_refused[phone] and columns.state[phone] == State.UNREGISTERED:
            self._go_back(now_ms, phone)

    def _came_to_rest(self, now_ms: int, phone: int) -> None:
        """What came back while the phone was in motion concerns it now."""
        if self.population.missed_return[phone]:
            self.population.missed_return[phone] = 0
            self._go_back(now_ms, phone)

    def _go_back(self, now_ms: int, phone: int) -> None:
        """Enter the phone's next try, if it has a better place to go and none is entered yet."""
        columns = self.population
        if columns.is_going_back[phone]:
            return
        state = columns.state[phone]
        best = self._best(phone)
        action = self._retry
        if state == State.UNREGISTERED and (best is not None or self._starts_over(phone)):
            spread = self.core.rare(self._retry_spread, "retry", phone, now_ms)
            at_ms = now_ms + round(spread)
        elif state == State.UNREGISTERED or best is None or best.node == columns.node[phone]:
            return
        else:
            at_ms = self._after_monitor(now_ms, best)
            action = self._retry if state == State.SRST else self._fall_back
        self.core.calendar.add(at_ms, action, phone)
        self.core.busy_until(at_ms)
        columns.is_going_back[phone] = 1

    def _after_monitor(self, now_ms: int, registrar: Registrar) -> int:
        """When the returning node's throttle lets the next phone back (MaxPhonesFallBackQueue)."""
        at_ms = now_ms + self._monitor_ms
        return registrar.fallback.offer(at_ms, registrar.fallback_us) // 1000

    def _best(self, phone: int) -> Registrar | None:
        """The highest-priority member that answers now."""
        site = self.population.group(phone).site
        for node in self.members(phone):
            registrar = self.core.ports.registrars.get(node)
            if registrar is None or not registrar.is_up:
                continue
            if self.core.ports.reachable(site, registrar.site):
                return registrar
        return None

    def _starts_over(self, phone: int) -> bool:
        """Whether the phone needs other files before it can register."""
        columns = self.population
        return (
            columns.config[phone] == NOTHING
            or bool(columns.itl_rejected[phone])
            or self._key_limits.is_exceeded(phone)
            or bool(columns.tls_refused[phone])
        )

    def _on_retry(self, phone: int, now_ms: int) -> None:
        columns = self.population
        columns.is_going_back[phone] = 0
        if columns.state[phone] == State.UNREGISTERED and self._starts_over(phone):
            columns.boots[phone] += 1
            self.core.emit(now_ms, phone, Event.DOWNLOAD_RETRIED)
            self.downloads.begin(now_ms, phone)
            return
        self.core.emit(now_ms, phone, Event.REGISTER_RETRIED)
        columns.is_fresh[phone] = 0
        columns.place[phone] = 0
        self.try_member(phone, now_ms)

    def _on_fall_back(self, phone: int, now_ms: int) -> None:
        """Leave the lower-priority node, if there still is a better one."""
        columns = self.population
        columns.is_going_back[phone] = 0
        if columns.state[phone] != State.REGISTERED:
            return
        best = self._best(phone)
        if best is None or best.node == columns.node[phone]:
            return
        if self.securing.wants_tls(phone) and not self.securing.agrees(now_ms, phone, best):
            return  # it keeps the session it has while the better node offers none
        self.core.ports.registrars[columns.node[phone]].count -= 1
        cause = UnregisterCause.FALLBACK_INITIATED
        self.core.emit(now_ms, phone, Event.FELL_BACK, best.node, cause)
        columns.is_fresh[phone] = 0
        columns.place[phone] = self.members(phone).index(best.node)
        self.try_member(phone, now_ms)
