"""Fetching files: CTL, ITL, config and the rest, one by one, from the TFTP nodes of option 150.

Knows: requests, queues, refusals, retries, transfer times. Must not know trust rules (it hands each
list and config to `check`) nor registration.

Source: cucm-pki-behaviour 3.1, 3.2; capacity-and-timing 3.1, 3.4, 5.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.kernel.laws import law
from twin.phones.core import EngineCore
from twin.phones.lifecycle import Event, FileKind
from twin.phones.ports import NO_FILE, FileServer

HTTP_OVERHEAD = 1.04
"""Bytes on the wire per byte of file. Source: capacity-and-timing 5 (derived)."""
UDP_OVERHEAD = 1.12
NEVER_MS = 1 << 40
"""UDP TFTP answers block by block: a transfer under way does not run into its timeout."""
UDP_BLOCK_BYTES = 512
"""Source: RFC 1350."""
TCP_FIRST_WINDOW_BYTES = 14_600
"""Source: RFC 6928 by capacity-and-timing 5."""


class Downloads:
    """The download part of a phone's boot."""

    def __init__(self, core: EngineCore) -> None:
        self.core = core
        self.population = core.population
        self.check: Callable[[int, int, FileKind], None] = lambda now_ms, phone, kind: None
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
        self._hold_rtt = timing.tftp_hold_rtt.value
        self._paths: dict[tuple[int, int], int] = {}

    def begin(self, now_ms: int, phone: int, delay_ms: int = 0) -> None:
        """Start with the first file after a delay."""
        columns = self.population
        columns.step[phone] = 0
        columns.itl_rejected[phone] = 0
        self._to_first_server(phone)
        if delay_ms:
            self.core.calendar.add(now_ms + delay_ms, self._ask, phone)
        else:
            self._on_ask(phone, now_ms)

    def next_file(self, now_ms: int, phone: int) -> None:
        """Go on to the next file, or finish."""
        columns = self.population
        step = columns.step[phone] + 1
        columns.step[phone] = step
        columns.tries[phone] = 0
        if step >= len(columns.groups[columns.group_of[phone]].files):
            self.finished(now_ms, phone)
        else:
            self._on_ask(phone, now_ms)

    def _timeout_ms(self, phone: int) -> int:
        """How long the phone waits for the first answer. UDP doubles it from try to try."""
        columns = self.population
        if columns.groups[columns.group_of[phone]].uses_http:
            return self._http_timeout_ms
        return self._udp_timeout_ms << columns.tries[phone]

    def _to_first_server(self, phone: int) -> None:
        self.population.tries[phone] = 0
        self.population.server[phone] = 0

    # -- calendar actions -------------------------------------------------------------------

    def _on_ask(self, phone: int, now_ms: int) -> None:
        """Send the request for the current file to the current server."""
        columns = self.population
        group = columns.groups[columns.group_of[phone]]
        server = self.core.ports.files[group.tftp[columns.server[phone]]]
        if not self.core.ports.reachable(group.site, server.site) or not (
            self.core.ports.node_is_on(server.node)
        ):
            self.core.calendar.add(now_ms + self._timeout_ms(phone), self._fail, phone)
        else:
            rtt_ms = self.core.network.rtt_ms(group.site, server.site)
            # One round trip to connect, half of one for the request.
            arrive_ms = now_ms + rtt_ms + rtt_ms // 2 if group.uses_http else now_ms + rtt_ms // 2
            self.core.calendar.add(arrive_ms, self._arrive, phone)

    def _on_arrive(self, phone: int, now_ms: int) -> None:
        """The request is at the node: refused, not found, or served in its turn."""
        columns = self.population
        core = self.core
        group = columns.groups[columns.group_of[phone]]
        server = core.ports.files[group.tftp[columns.server[phone]]]
        if not server.is_up:
            core.calendar.add(now_ms + 1, self._fail, phone)  # connection refused
            return
        kind = group.files[columns.step[phone]]
        core.emit(now_ms, phone, Event.FILE_REQUESTED, server.node, kind)
        number, size = self._offer(server, phone, kind)
        rtt_ms = core.network.rtt_ms(group.site, server.site)
        service_us = server.service_us() + round(self._hold_rtt * rtt_ms * 1000)
        done_us = server.queue.offer(now_ms, service_us)
        if done_us < 0:
            core.emit(now_ms, phone, Event.FILE_REFUSED, server.node, kind)
            self._try_again(now_ms, phone)
            return
        columns.offered[phone] = number
        columns.done_us[phone] = done_us
        columns.epoch[phone] = server.queue.epoch
        received_ms = self._received_ms(done_us, size, rtt_ms, group.site, group.uses_http)
        timeout_ms = self._timeout_ms(phone) if group.uses_http else NEVER_MS
        if received_ms - now_ms > timeout_ms:
            core.calendar.add(now_ms + timeout_ms, self._fail, phone)
        else:
            core.calendar.add(received_ms, self._receive, phone)

    def _offer(self, server: FileServer, phone: int, kind: FileKind) -> tuple[int, int]:
        """What the node has under this name: file number and size in bytes."""
        group = self.population.groups[self.population.group_of[phone]]
        if kind == FileKind.OTHER:
            return 0, group.other_bytes
        if kind == FileKind.CONFIG:
            return server.config_file(group.number), group.config_bytes
        number = server.itl_file if kind == FileKind.ITL else server.ctl_file
        return number, 0 if number == NO_FILE else len(self.core.judgements.files[number].data)

    def _received_ms(self, done_us: int, size: int, rtt_ms: int, site: int, uses_http: bool) -> int:
        """When the whole file is at the phone. The site's link sends one file after another."""
        network = self.core.network
        overhead = HTTP_OVERHEAD if uses_http else UDP_OVERHEAD
        transmit_us = network.transmit_us(site, size, overhead)
        free_us = network.link_free_us
        start_us = max(done_us, free_us[site])
        free_us[site] = start_us + transmit_us
        if uses_http:
            window = TCP_FIRST_WINDOW_BYTES
            rounds = 0.5
            while window < size:
                window *= 2
                rounds += 1.0
        else:
            rounds = size // UDP_BLOCK_BYTES + 1.5
        return (start_us + transmit_us + round(rounds * rtt_ms * 1000) + 999) // 1000

    def _on_receive(self, phone: int, now_ms: int) -> None:
        """The file is here, unless the node or the path went away meanwhile."""
        columns = self.population
        core = self.core
        group = columns.groups[columns.group_of[phone]]
        server = core.ports.files[group.tftp[columns.server[phone]]]
        kind = group.files[columns.step[phone]]
        queue = server.queue
        was_cut = queue.epoch != columns.epoch[phone] and (
            columns.done_us[phone] > queue.stopped_at_ms * 1000
        )
        if was_cut or not core.ports.reachable(group.site, server.site):
            self._on_fail(phone, now_ms)
            return
        number = columns.offered[phone]
        if number == NO_FILE:
            core.emit(now_ms, phone, Event.FILE_NOT_FOUND, server.node, kind)
            self.next_file(now_ms, phone)
            return
        core.emit(now_ms, phone, Event.FILE_RECEIVED, server.node, kind)
        if kind == FileKind.OTHER:
            self.next_file(now_ms, phone)
            return
        purpose = ("verify_ctl", "verify_itl", "verify_config")[kind]
        delay_ms = core.drawn(purpose, columns.boots[phone])[phone]
        core.calendar.add(now_ms + delay_ms, self._check, phone)

    def _on_check(self, phone: int, now_ms: int) -> None:
        columns = self.population
        kind = columns.groups[columns.group_of[phone]].files[columns.step[phone]]
        self.check(now_ms, phone, kind)

    def _on_fail(self, phone: int, now_ms: int) -> None:
        """No answer: the phone goes to the next server, and round again while tries last."""
        columns = self.population
        group = columns.groups[columns.group_of[phone]]
        node = group.tftp[columns.server[phone]]
        kind = group.files[columns.step[phone]]
        self.core.emit(now_ms, phone, Event.FILE_FAILED, node, kind)
        self._try_again(now_ms, phone)

    def _try_again(self, now_ms: int, phone: int) -> None:
        """Wait and ask again; after the last try the next server; after the last one, give up."""
        columns = self.population
        group = columns.groups[columns.group_of[phone]]
        columns.tries[phone] += 1
        if columns.tries[phone] >= (self._http_tries if group.uses_http else self._udp_tries):
            columns.tries[phone] = 0
            columns.server[phone] += 1
            if columns.server[phone] >= len(group.tftp):
                self._give_up(now_ms, phone)
                return
            self._on_ask(phone, now_ms)
            return
        count = columns.boots[phone] * 64 + columns.step[phone] * 8
        count += columns.server[phone] * 4 + columns.tries[phone]
        wait_ms = round(self.core.rare(self._retry_wait, "tftp_retry", phone, count))
        self.core.calendar.add(now_ms + wait_ms, self._ask, phone)

    def _give_up(self, now_ms: int, phone: int) -> None:
        columns = self.population
        group = columns.groups[columns.group_of[phone]]
        kind = group.files[columns.step[phone]]
        self.core.emit(now_ms, phone, Event.FILE_GIVEN_UP, group.tftp[-1], kind)
        self._to_first_server(phone)
        if kind != FileKind.OTHER:
            self.missed(now_ms, phone, kind)
        self.next_file(now_ms, phone)
