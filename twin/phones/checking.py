"""Checking a downloaded list or config, with the TVS sessions that takes.

Knows: the order of questions (same bytes, own lists, remembered TVS answers, TVS servers of the
stored config one at a time) and what acceptance does to what the phone holds. The rules themselves
are in `twin.phones.trust`.

Source: cucm-pki-behaviour 2.5, 2.6, 3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from twin.phones.core import EngineCore
from twin.phones.download import Downloads
from twin.phones.files import StoredFile
from twin.phones.judgements import ASK_TVS, NOTHING, rejected
from twin.phones.lifecycle import Event, FileKind, State, TVSAnswer
from twin.phones.outcomes import Outcome, Reason, pack
from twin.phones.ports import Answer
from twin.pki.certificates import Certificate

# Plain numbers: an enumeration's member is slow to look up, to index with and to store.
_CHECKED = (int(Event.CTL_CHECKED), int(Event.ITL_CHECKED), int(Event.CONFIG_CHECKED))
_ACCEPTED = (
    int(Outcome.ACCEPTED_LOCAL),
    int(Outcome.ACCEPTED_TVS),
    int(Outcome.ACCEPTED_FIRST_USE),
)
_REJECTED = int(Outcome.REJECTED)
_UNCHANGED = pack(Outcome.UNCHANGED)
_ITL = int(FileKind.ITL)
_CONFIG = int(FileKind.CONFIG)
_ASKED = int(Event.TVS_ASKED)
_ANSWERED = int(Event.TVS_ANSWERED)
_KNOWN = int(TVSAnswer.KNOWN)
_UNKNOWN = int(TVSAnswer.UNKNOWN)
_TVS_ERROR = {
    TVSAnswer.UNREACHABLE: Reason.TVS_UNREACHABLE,
    TVSAnswer.UNTRUSTED: Reason.TVS_CERTIFICATE_NOT_IN_ITL,
    TVSAnswer.EXPIRED: Reason.TVS_CERTIFICATE_EXPIRED,
}


class Checking:
    """The trust part of a phone's boot.

    Args:
        every_phone: sign and verify each phone's own config for real instead of one per class.
    """

    def __init__(self, core: EngineCore, downloads: Downloads, every_phone: bool = False) -> None:
        self.core = core
        self.population = core.population
        self.judgements = core.judgements
        self.downloads = downloads
        self.every_phone = every_phone
        self.unusable: Callable[[int, int, Reason], None] = lambda now_ms, phone, reasons: None
        """Called when a phone cannot load its trust list and so will not register."""
        self.wants_load: Callable[[int], bool] | None = None
        """Whether the new config names another load than the phone runs; None: it never does."""
        self.upgrade: Callable[[int, int], None] = lambda now_ms, phone: None
        """Called when it does."""
        downloads.check = self.check
        downloads.missed = self.missed
        register = core.calendar.register
        self._tvs_arrive = register(self._on_tvs_arrive)
        self._tvs_answered = register(self._on_tvs_answered)
        self._tvs_silent = register(self._on_tvs_silent)
        self._respects_expiry = core.timing.check_record_expiry.value > 0
        self._looks_at_dates = core.timing.check_tls_expiry.value > 0
        self._dates_ms: dict[bytes, tuple[int, int]] = {}
        self._tvs_timeout_ms = core.timing.tvs_timeout_s.ms
        self._query_us = round(core.timing.tvs_query_ms.value * 1000)
        self._service_us = round(1e6 / core.timing.tvs_rate_per_s.value)
        self._tvs_of: dict[int, tuple[int, ...]] = {}
        self._own: dict[int, StoredFile] = {}

    def check(self, now_ms: int, phone: int, kind: int) -> None:
        """Decide on the file the phone has just read."""
        columns = self.population
        number = columns.offered[phone]
        if self._respects_expiry:
            self.set_time(now_ms)
        if number == self._stored(phone, kind):
            self._conclude(now_ms, phone, kind, _UNCHANGED)
            return
        if self.every_phone:
            self._own.pop(phone, None)  # of a boot that was cut off
            verdict, reasons = self._judge_own(phone, kind, number)
        else:
            verdict, reasons = self.judgements.verdict(columns.holdings[phone], number)
        if verdict == ASK_TVS:
            self._ask_tvs(now_ms, phone, kind, reasons)
        else:
            self._conclude(now_ms, phone, kind, verdict)

    def _judge_own(self, phone: int, kind: int, number: int) -> tuple[int, Reason]:
        """Under `every_phone`: the config of this very phone, signed and verified for real."""
        holdings = self.population.holdings[phone]
        if kind != FileKind.CONFIG:
            return self.judgements.verdict(holdings, number)
        own = self._own[phone] = self._really_signed(phone)
        return self.judgements.judge_bytes(holdings, own)

    def set_time(self, now_ms: int) -> None:
        """Tell the judgements the day, if phones respect the expiry of records (2.5 step 9)."""
        if self._respects_expiry:
            self.judgements.expiry_at = self.core.time_at(now_ms)

    def missed(self, now_ms: int, phone: int, kind: int) -> None:
        """The file could not be had: the old one stays."""
        self.core.emit(now_ms, phone, _CHECKED[kind], -1, pack(Outcome.NOT_DOWNLOADED))

    def _stored(self, phone: int, kind: int) -> int:
        columns = self.population
        if kind == _CONFIG:
            return columns.config[phone]
        return self.judgements.lists(columns.holdings[phone])[kind]

    def _file(self, phone: int) -> StoredFile:
        """The file under judgement: the class's, or under `every_phone` the phone's own."""
        if self.every_phone and phone in self._own:
            return self._own[phone]
        return self.judgements.files[self.population.offered[phone]]

    def _really_signed(self, phone: int) -> StoredFile:
        columns = self.population
        group = columns.group(phone)
        server = self.core.ports.files[group.tftp[columns.server[phone]]]
        return self.judgements.files.read(FileKind.CONFIG, server.signed_config(phone))

    def _conclude(self, now_ms: int, phone: int, kind: int, verdict: int) -> None:
        """Journal the outcome, put an accepted file in place, go on."""
        columns = self.population
        if self.every_phone:
            self._own.pop(phone, None)
        self.core.emit(now_ms, phone, _CHECKED[kind], -1, verdict)
        outcome = verdict & 0xFF
        if outcome in _ACCEPTED:
            number = columns.offered[phone]
            if kind == _CONFIG:
                columns.config[phone] = number
                if self.wants_load is not None and self.wants_load(phone):
                    self.upgrade(now_ms, phone)
                    return
            else:
                columns.holdings[phone] = self.judgements.accept(columns.holdings[phone], number)
        elif outcome == _REJECTED and kind == _ITL:
            columns.itl_rejected[phone] = 1
            reasons = Reason(verdict >> 8)
            if Reason.LIST_TOO_LARGE in reasons:
                # Source: SG15-DEF (cucm-pki-behaviour 2.1): cannot load it, registration fails.
                self.unusable(now_ms, phone, reasons)
                return
        self.downloads.next_file(now_ms, phone)

    # -- TVS --------------------------------------------------------------------------------

    def tvs_list(self, phone: int) -> tuple[int, ...]:
        """Node numbers of the TVS servers in the phone's *stored* config (none without SBD)."""
        columns = self.population
        number = columns.config[phone]
        if number == NOTHING or not columns.group(phone).has_sbd:
            return ()
        known = self._tvs_of.get(number)
        if known is None:
            places = self.judgements.files[number].places
            known = self._tvs_of[number] = places.tvs if places is not None else ()
        return known

    def remembered(
        self, now_ms: int, phone: int, signer: tuple[str, bytes] | None
    ) -> Answer | None:
        """A TVS answer about (issuer, serial) that the phone still keeps (step 2)."""
        for known, answer, until_ms in self.population.tvs_cache.get(phone, ()):
            if known == signer and now_ms < until_ms:
                return answer
        return None

    def remember(self, now_ms: int, phone: int, signer: tuple[str, bytes], answer: Answer) -> None:
        """Keep a TVS answer for as long as it says."""
        entry = (signer, answer, now_ms + answer.ttl_ms)
        kept = self.population.tvs_cache.get(phone)
        if kept is None:
            self.population.tvs_cache[phone] = [entry]
        else:
            kept[:] = [old for old in kept if old[2] > now_ms and old[0] != signer]
            kept.append(entry)

    def is_out_of_date(self, now_ms: int, certificate: Certificate) -> bool:
        """Whether a phone refuses a TLS certificate for its dates.

        Source: Cisco 214231: with an expired tomcat certificate phones' HTTPS services fail.
        Assumption: a TVS certificate is looked at in the same way (cucm-pki-behaviour 8).
        """
        if not self._looks_at_dates:
            return False
        dates = self._dates_ms.get(certificate.sha1)
        if dates is None:
            start, step = self.core.time_at(0), timedelta(milliseconds=1)
            dates = (
                (certificate.not_before - start) // step,
                (certificate.not_after - start) // step,
            )
            self._dates_ms[certificate.sha1] = dates
        return not dates[0] <= now_ms <= dates[1]

    def _ask_tvs(self, now_ms: int, phone: int, kind: int, reasons: Reason) -> None:
        columns = self.population
        file = self._file(phone)
        kept = self.remembered(now_ms, phone, file.signer)
        if kept is not None:
            verdict, more = self.judgements.answered(file, kept)
            if verdict != ASK_TVS:
                self._conclude(now_ms, phone, kind, verdict)
                return
            reasons |= more
        columns.reasons[phone] = int(reasons)
        columns.asked_tvs[phone] = -1
        if not self.tvs_list(phone):
            self._conclude(now_ms, phone, kind, rejected(reasons | Reason.NO_TVS_LISTED))
            return
        self._next_tvs(now_ms, phone)

    def _next_tvs(self, now_ms: int, phone: int) -> None:
        """Step 3: the TVS servers of the stored config, one at a time, in its order."""
        columns = self.population
        core = self.core
        servers = self.tvs_list(phone)
        place = columns.asked_tvs[phone] + 1
        if place >= len(servers):
            group = columns.group(phone)
            kind = group.files[columns.step[phone]]
            self._conclude(now_ms, phone, kind, rejected(Reason(columns.reasons[phone])))
            return
        columns.asked_tvs[phone] = place
        node = servers[place]
        group = columns.group(phone)
        core.emit(now_ms, phone, _ASKED, node, int(group.files[columns.step[phone]]))
        server = core.ports.tvs.get(node)
        if server is None or not server.is_up or not self._path(group.site, server.site, node):
            core.calendar.add(now_ms + self._tvs_timeout_ms, self._tvs_silent, phone)
            return
        rtt_ms = core.network.rtt_ms(group.site, server.site)
        core.calendar.add(now_ms + rtt_ms + rtt_ms // 2, self._tvs_arrive, phone)

    def _path(self, site: int, other: int, node: int) -> bool:
        ports = self.core.ports
        if ports.is_whole:
            return True
        is_inside = site not in ports.outside
        return is_inside and ports.reachable(site, other) and ports.node_is_on(node)

    def _on_tvs_arrive(self, phone: int, now_ms: int) -> None:
        """The TLS session is at the server: its turn, the handshake, the question."""
        columns = self.population
        core = self.core
        node = self.tvs_list(phone)[columns.asked_tvs[phone]]
        server = core.ports.tvs[node]
        if not server.is_up:
            self._on_tvs_silent(phone, now_ms)
            return
        done_us = server.queue.offer(now_ms, self._service_us) + self._query_us
        rtt_ms = core.network.rtt_ms(columns.group(phone).site, server.site)
        session_ms = core.drawn("tvs_session", columns.boots[phone])[phone]
        columns.epoch[phone] = server.queue.epoch
        core.calendar.add(
            done_us // 1000 + session_ms + rtt_ms + rtt_ms // 2, self._tvs_answered, phone
        )

    def _on_tvs_answered(self, phone: int, now_ms: int) -> None:
        columns = self.population
        core = self.core
        node = self.tvs_list(phone)[columns.asked_tvs[phone]]
        server = core.ports.tvs[node]
        group = columns.group(phone)
        was_cut = not server.is_up or server.queue.epoch != columns.epoch[phone]
        if was_cut or not self._path(group.site, server.site, node):
            self._on_tvs_silent(phone, now_ms)
            return
        if not self.judgements.tvs_usable(columns.holdings[phone], server.certificate):
            self._tvs_failed(now_ms, phone, node, TVSAnswer.UNTRUSTED)
            return
        if self.is_out_of_date(now_ms, server.certificate):
            self._tvs_failed(now_ms, phone, node, TVSAnswer.EXPIRED)
            return
        file = self._file(phone)
        assert file.signer is not None
        answer = server.known.get(file.signer)
        if answer is None:
            answer = server.query(self.device_name(phone), file.signer_subject, *file.signer)
        known = _UNKNOWN if answer.certificate is None else _KNOWN
        core.emit(now_ms, phone, _ANSWERED, node, known)
        if answer.certificate is not None:
            self.remember(now_ms, phone, file.signer, answer)
        verdict, reasons = self.judgements.answered(file, answer)
        if verdict == ASK_TVS:
            columns.reasons[phone] |= reasons
            self._next_tvs(now_ms, phone)
        else:
            self._conclude(now_ms, phone, group.files[columns.step[phone]], verdict)

    def device_name(self, phone: int) -> str:
        """How the phone names itself to a TVS. Source: wire-formats 3.2."""
        return f"CP-{self.population.group(phone).model}-{self.population.names[phone]}"

    def _on_tvs_silent(self, phone: int, now_ms: int) -> None:
        node = self.tvs_list(phone)[self.population.asked_tvs[phone]]
        self._tvs_failed(now_ms, phone, node, TVSAnswer.UNREACHABLE)

    def _tvs_failed(self, now_ms: int, phone: int, node: int, how: TVSAnswer) -> None:
        self.core.emit(now_ms, phone, Event.TVS_ANSWERED, node, how)
        self.population.reasons[phone] |= _TVS_ERROR[how]
        assert self.population.state[phone] == State.ASKING_TVS
        self._next_tvs(now_ms, phone)
