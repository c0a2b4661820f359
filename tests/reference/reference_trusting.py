"""How a reference phone decides on a file: its own lists, then one TVS after another.

Every decision is made by `twin.phones.trust` on the spot, for this phone.
"""

from __future__ import annotations

from typing import Any

from reference_life import Living
from reference_queue import Process

from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event, FileKind, TVSAnswer
from twin.phones.outcomes import Outcome, Reason
from twin.phones.ports import Answer, TVSServer
from twin.phones.trust import Decision, Holdings, judge, judge_answer, tvs_is_listed


class Trusting(Living):
    """The part of a phone that trusts, or does not."""

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
        at = self.core.time_at(self.now_ms)
        if not server.certificate.not_before <= at <= server.certificate.not_after:
            self.emit(Event.TVS_ANSWERED, node, TVSAnswer.EXPIRED)
            return Decision(None, Reason.TVS_CERTIFICATE_EXPIRED)
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
