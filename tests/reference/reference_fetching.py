"""How a reference phone gets one file: ask, wait, be refused, lose patience, try elsewhere."""

from __future__ import annotations

from reference_life import Living
from reference_queue import Process, Visit

from twin.phones.lifecycle import Event, FileKind
from twin.phones.ports import NO_FILE, FileServer

NOT_HAD = -2
"""No server delivered the file."""


class Fetching(Living):
    """The part of a phone that fetches files."""

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
