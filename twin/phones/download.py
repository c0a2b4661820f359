"""Fetching files: CTL, ITL, config and the rest, one by one, from the TFTP nodes of option 150.

Knows: requests, queues, refusals, retries. Must not know trust rules (it hands each list and config
to `check`) nor registration. Two thirds of a storm's time is spent here: what is fixed between a
group and a server is in `twin.phones.routes`, and the life cycle's DOWNLOADING steps are journalled
without looking the state up (they lead to themselves).

Source: cucm-pki-behaviour 3.1, 3.2; capacity-and-timing 3.1, 3.4, 5.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.kernel.laws import law
from twin.phones.core import EngineCore
from twin.phones.lifecycle import Event, FileKind
from twin.phones.population import PhoneGroup
from twin.phones.ports import NO_FILE, variant_key
from twin.phones.routes import Route

_REFUSED = int(Event.FILE_REFUSED)
_FAILED = int(Event.FILE_FAILED)
_GIVEN_UP = int(Event.FILE_GIVEN_UP)
_ITL = int(FileKind.ITL)
_CONFIG = int(FileKind.CONFIG)
_OTHER = int(FileKind.OTHER)
_VERIFY = ("verify_ctl", "verify_itl", "verify_config")


class Downloads:
    """The download part of a phone's boot."""

    def __init__(self, core: EngineCore) -> None:
        self.core = core
        self.population = core.population
        self.check: Callable[[int, int, int], None] = lambda now_ms, phone, kind: None
        """Called when a list or config has arrived and was read: check(now, phone, kind)."""
        self.missed: Callable[[int, int, FileKind], None] = lambda now_ms, phone, kind: None
        """Called when a list or config could not be had."""
        self.finished: Callable[[int, int], None] = lambda now_ms, phone: None
        """Called when the last file is through."""
        register = core.calendar.register
        self._arrive = register(self._on_arrive)
        self._receive = register(self._on_receive)
        self._check = register(self._on_check)
        self._fail = register(self._on_fail)
        self._ask = register(self._on_ask)
        timing = core.timing
        self._http_tries = round(timing.tftp_tries.value)
        self._http_timeout_ms = timing.http_timeout_s.ms
        self._udp_tries = round(timing.udp_tries.value)
        self._udp_timeout_ms = timing.udp_timeout_s.ms
        self._retry_wait = law(timing.tftp_retry_wait_s, 1000)
        self._ports = core.ports
        self._routes = self._make_routes()
        self._variants: dict[tuple[int, int], list[Route]] = {}
        columns = self.population
        self._sizes = core.judgements.files.sizes
        self._route = [routes[0] for routes in self._routes]
        """Each phone's route to the server it asks now."""
        self._step = columns.step
        self._tries = columns.tries
        self._offered = columns.offered
        self._done_us = columns.done_us
        self._epoch = columns.epoch
        self._link_free_us = core.network.link_free_us
        self._enter = core.calendar.add
        self._enter_arrive = core.calendar.entering(self._arrive)
        self._enter_receive = core.calendar.entering(self._receive)
        self._enter_check = core.calendar.entering(self._check)
        self._drawn = core.drawn
        self._boots = columns.boots
        self._note = core.journal.phone
        # Rows of the busiest events go straight into the journal's buffer; `emit` sees to it that
        # the buffer is emptied in time.
        self._rows = core.journal.buffer

    def _make_routes(self) -> list[list[Route]]:
        """Each phone's routes in the order of its option 150; phones of a group share them."""
        self._of_group = {group.number: self._ways(group) for group in self.population.groups}
        return [self._of_group[number] for number in self.population.group_of]

    def _ways(self, group: PhoneGroup) -> list[Route]:
        hold_rtt = self.core.timing.tftp_hold_rtt.value
        servers = self.core.ports.files
        return [
            Route(group, place, servers[node], self.core.network, hold_rtt)
            for place, node in enumerate(group.tftp)
        ]

    def reroute(self, phone: int) -> None:
        """The phone has got the option 150 of its group, which is new to it.

        An operation pending with its old cluster's CAPF is not in the new one's configs.
        """
        group = self.population.group(phone)
        if group.number not in self._of_group:
            self._of_group[group.number] = self._ways(group)
        self._routes[phone] = self._of_group[group.number]
        self._ask_server(phone, 0)

    def set_variant(self, phone: int, capf_auth_mode: int) -> None:
        """From its next download the phone finds its config with this CAPF mode in it.

        Everything else about the way stays; 0 is the config of its group.
        """
        group = self.population.group_of[phone]
        if capf_auth_mode == 0:
            self._routes[phone] = self._of_group[group]
            return
        routes = self._variants.get((group, capf_auth_mode))
        if routes is None:
            key = variant_key(group, capf_auth_mode)
            routes = [route.with_config(key) for route in self._of_group[group]]
            self._variants[group, capf_auth_mode] = routes
        self._routes[phone] = routes

    def config_key(self, phone: int) -> int:
        """What the phone's config is asked for by: its group, or a variant of it."""
        return self._routes[phone][0].group

    def begin(self, now_ms: int, phone: int, delay_ms: int = 0) -> None:
        """Start with the first file after a delay."""
        columns = self.population
        columns.step[phone] = 0
        columns.itl_rejected[phone] = 0
        columns.tries[phone] = 0
        self._ask_server(phone, 0)
        if delay_ms:
            self._enter(now_ms + delay_ms, self._ask, phone)
        else:
            self._on_ask(phone, now_ms)

    def _ask_server(self, phone: int, place: int) -> None:
        """Turn to the server at a place of option 150."""
        self.population.server[phone] = place
        self._route[phone] = self._routes[phone][place]

    def next_file(self, now_ms: int, phone: int) -> None:
        """Go on to the next file, or finish."""
        step = self._step[phone] + 1
        self._step[phone] = step
        self._tries[phone] = 0
        route = self._route[phone]
        if step >= route.count:
            self.finished(now_ms, phone)
        elif self._ports.is_whole:
            self._enter_arrive(now_ms + route.arrive_ms, phone)
        else:
            self._on_ask(phone, now_ms)

    # -- calendar actions -------------------------------------------------------------------

    def _on_ask(self, phone: int, now_ms: int) -> None:
        """Send the request for the current file to the current server."""
        route = self._route[phone]
        if self._ports.is_whole or self._has_path(phone, route):
            self._enter_arrive(now_ms + route.arrive_ms, phone)
        else:
            self._enter(now_ms + self._timeout_ms(phone), self._fail, phone)

    def _on_arrive(self, phone: int, now_ms: int) -> None:
        """The request is at the node: refused, not found, or served in its turn."""
        route = self._route[phone]
        server = route.server
        if not server.is_up:
            self._enter(now_ms + 1, self._fail, phone)  # connection refused
            return
        kind, asked, link_us, rest_us = route.plan[self._step[phone]]
        rows = self._rows
        rows += (now_ms, phone, asked)
        queue = server.queue
        done_us = queue.offer(now_ms, server.service_us() + route.hold_us)
        if done_us < 0:
            self._note(now_ms, phone, _REFUSED, server.node, kind)
            self._try_again(now_ms, phone)
            return
        if kind != _OTHER:
            if kind == _CONFIG:
                number = server.config_file(route.group)
            else:
                number = server.itl_file if kind == _ITL else server.ctl_file
                if number != NO_FILE:
                    link_us, rest_us = route.journey(self._sizes[number])
            self._offered[phone] = number
        self._done_us[phone] = done_us
        self._epoch[phone] = queue.epoch
        # The site's link sends one file after another, in the order they were asked for.
        start_us = self._link_free_us[route.site]
        if done_us > start_us:
            start_us = done_us
        start_us += link_us
        self._link_free_us[route.site] = start_us
        received_ms = (start_us + rest_us) // 1000
        if received_ms - now_ms > self._http_timeout_ms and self._times_out(phone):
            self._enter(now_ms + self._http_timeout_ms, self._fail, phone)
        else:
            self._enter_receive(received_ms, phone)

    def _on_receive(self, phone: int, now_ms: int) -> None:
        """The file is here, unless the node or the path went away meanwhile."""
        route = self._route[phone]
        server = route.server
        if server.queue.epoch != self._epoch[phone] or not self._ports.is_whole:  # noqa: SIM102 - hot
            if self._was_cut(phone, route):
                self._on_fail(phone, now_ms)
                return
        step = self._step[phone]
        kind = route.files[step]
        rows = self._rows
        if kind == _OTHER:
            rows += (now_ms, phone, route.received[kind])
        elif self._offered[phone] == NO_FILE:
            rows += (now_ms, phone, route.not_found[kind])
        else:
            rows += (now_ms, phone, route.received[kind])
            delay_ms = self._drawn(_VERIFY[kind], self._boots[phone])[phone]
            self._enter_check(now_ms + delay_ms, phone)
            return
        step += 1
        if step >= route.count or not self._ports.is_whole:
            self.next_file(now_ms, phone)
            return
        # `next_file`, without the call.
        self._step[phone] = step
        self._tries[phone] = 0
        self._enter_arrive(now_ms + route.arrive_ms, phone)

    def _on_check(self, phone: int, now_ms: int) -> None:
        self.check(now_ms, phone, self._route[phone].files[self._step[phone]])

    # -- trouble ----------------------------------------------------------------------------

    def _has_path(self, phone: int, route: Route) -> bool:
        ports = self.core.ports
        site = self.population.group(phone).site
        server = route.server
        return ports.reachable(site, server.site) and ports.node_is_on(server.node)

    def _was_cut(self, phone: int, route: Route) -> bool:
        """Whether the service stopped before it was done with the phone, or the path is gone."""
        columns = self.population
        queue = route.server.queue
        if queue.epoch != columns.epoch[phone] and (
            columns.done_us[phone] > queue.stopped_at_ms * 1000
        ):
            return True
        return not self.core.ports.reachable(columns.group(phone).site, route.server.site)

    def _times_out(self, phone: int) -> bool:
        return self.population.group(phone).uses_http

    def _timeout_ms(self, phone: int) -> int:
        """How long the phone waits for the first answer. UDP doubles it from try to try."""
        if self.population.group(phone).uses_http:
            return self._http_timeout_ms
        return self._udp_timeout_ms << self.population.tries[phone]

    def _on_fail(self, phone: int, now_ms: int) -> None:
        """No answer: the phone tries again, then the next server."""
        route = self._route[phone]
        kind = route.files[self._step[phone]]
        self._note(now_ms, phone, _FAILED, route.server.node, kind)
        self._try_again(now_ms, phone)

    def _try_again(self, now_ms: int, phone: int) -> None:
        """Wait and ask again; after the last try the next server; after the last one, give up."""
        columns = self.population
        columns.tries[phone] += 1
        uses_http = columns.group(phone).uses_http
        if columns.tries[phone] >= (self._http_tries if uses_http else self._udp_tries):
            columns.tries[phone] = 0
            if self._route[phone].is_last:
                self._give_up(now_ms, phone)
            else:
                self._ask_server(phone, columns.server[phone] + 1)
                self._on_ask(phone, now_ms)
            return
        count = columns.boots[phone] * 64 + columns.step[phone] * 8
        count += columns.server[phone] * 4 + columns.tries[phone]
        wait_ms = round(self.core.rare(self._retry_wait, "tftp_retry", phone, count))
        self._enter(now_ms + wait_ms, self._ask, phone)

    def _give_up(self, now_ms: int, phone: int) -> None:
        route = self._route[phone]
        kind = route.files[self._step[phone]]
        self._note(now_ms, phone, _GIVEN_UP, route.server.node, kind)
        self.population.tries[phone] = 0
        self._ask_server(phone, 0)
        if kind != FileKind.OTHER:
            self.missed(now_ms, phone, FileKind(kind))
        self.next_file(now_ms, phone)
