"""Cisco Certificate Authority Proxy Function, on the publisher: operations, sessions, LSCs.

Knows: each device's pending operation, how a phone proves who it is, who signs, what becomes of the
operation. Must not know how a phone decides, nor how many there are; what a phone says arrives as
method calls, what CAPF says goes back as `Reply`.

Source: cucm-pki-behaviour 7 (seed, SG15-CAPF, v15 guide); capacity-and-timing 7; wire-formats 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twin.config.words import Service as ServiceName
from twin.nodes.capf_sessions import Session, Sessions
from twin.nodes.certificate_status import (
    SUCCESS,
    CertificateStatus,
    Failure,
    Operation,
    failed,
)
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.host import Host
from twin.nodes.issuing import OfflineCA, OnlineCA, is_in_its_dates
from twin.nodes.service import Service
from twin.pki import chains
from twin.pki.capf_dialogue import Ask, Authentication, Presented, Reply
from twin.pki.capf_proof import Proof, holds
from twin.pki.certificates import Certificate
from twin.pki.device_profile import Issued

SERVICE = "CAPF"
LSC_DAYS = 1825
"""Source: service parameter Duration of Certificate Validity, default (SG15-CAPF, seed)."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A certificate operation set on a device's page."""

    operation: Operation
    authentication: Authentication
    bits: int
    string: str = ""
    completes_by_ms: int | None = None


Say = Callable[[Reply], None]


class CAPF:
    """The service of one node."""

    def __init__(
        self,
        host: Host,
        service: Service,
        files: FileSystem,
    ) -> None:
        self.host = host
        self.service = service
        self.files = files
        self.online_ca: OnlineCA | None = None
        self.offline_ca: OfflineCA | None = None
        self.lsc_days = LSC_DAYS
        self.pending: dict[str, Pending] = {}
        self.told: Callable[[str, CertificateStatus], None] = lambda device, status: None
        """Hears of each change of a device's status."""
        self.sessions = Sessions(host, round(host.timing.capf_sessions.value), self._silent)
        self._proved: dict[tuple[bytes, Proof], bool] = {}
        self._verdicts: dict[tuple[object, ...], tuple[chains.Link, ...]] = {}
        self._presented: Identity = files.own["CAPF"]
        service.on_started.append(self._on_started)
        service.on_stopped.append(self.sessions.close_all)

    def _on_started(self) -> None:
        self._presented = self.files.own["CAPF"]

    @property
    def identity(self) -> Identity:
        """What it presents and signs with now.

        Source: CAPF restarts by itself after a regeneration from 14 (SG15, RN14). Before that it
        goes on with what it loaded at its last start.
        """
        if ServiceName.CAPF in self.host.release.restarts_itself:
            return self.files.own["CAPF"]
        return self._presented

    # -- administration ---------------------------------------------------------------------

    def schedule(self, device: str, pending: Pending) -> None:
        """An operation is set on a device's page."""
        self.pending[device] = pending
        self.told(device, CertificateStatus.SCHEDULE)

    # -- what a phone says ------------------------------------------------------------------

    def connect(
        self,
        device: str,
        is_alive: Callable[[], bool],
        turn: Callable[[Session], None],
        lost: Callable[[], None],
    ) -> Session | None:
        """A TLS session is up; `turn` is called when CAPF has a place for it. None: refused."""
        if not self.service.is_started:
            return None
        return self.sessions.enter(device, is_alive, turn, lost)

    def hang_up(self, session: Session) -> None:
        """The phone closed the connection."""
        self.sessions.close(session)

    def authenticate(
        self, session: Session, say: Say, typed: str, certificates: dict[str, Presented]
    ) -> None:
        """The phone answered the authentication request.

        Args:
            typed: the authentication string its user typed; empty: none.
            certificates: what it could present, "LSC" and "MIC".
        """
        if not self.sessions.answered(session):
            return
        pending = self.pending.get(session.device)
        if pending is None:
            self._end(session, say, Reply(Ask.END))
            return
        session.say = say
        deadline_ms = pending.completes_by_ms
        if deadline_ms is not None and self.host.now_ms > deadline_ms:
            self._fail(session, Failure.LATE_REQUEST)
            return
        failure = self._refused(pending, typed, certificates)
        if failure is not None:
            self._fail(session, failure)
        elif pending.operation is Operation.INSTALL_UPGRADE:
            self._install(session, pending)
        elif pending.operation is Operation.DELETE:
            self._ask(session, Reply(Ask.DELETE))
        else:
            self._ask(session, Reply(Ask.FETCH))

    def key_made(self, session: Session, is_made: bool) -> None:
        """The phone answered with its public key, or that it cannot make one."""
        pending = self._answered(session)
        if pending is None:
            return
        if not is_made:
            self._fail(session, Failure.OP_TIMED_OUT)
            return
        self.sessions.work(session, "capf_service_ms", self._sign, session, pending)

    def stored(self, session: Session, is_stored: bool) -> None:
        """The phone stored the LSC it was given, or would not."""
        pending = self._answered(session)
        if pending is not None:
            self._conclude(session, pending, is_stored)

    def deleted(self, session: Session, is_deleted: bool) -> None:
        """The phone erased its LSC, or had none."""
        pending = self._answered(session)
        if pending is None:
            return
        if is_deleted and self.online_ca is not None:
            self._ask_ca(session, pending, None)
        else:
            self._conclude(session, pending, is_deleted)

    def fetched(self, session: Session, is_there: bool) -> None:
        """The phone sent its LSC, or had none."""
        pending = self._answered(session)
        if pending is not None:
            self._conclude(session, pending, is_there)

    # -- judging ----------------------------------------------------------------------------

    def _refused(
        self, pending: Pending, typed: str, certificates: dict[str, Presented]
    ) -> Failure | None:
        how = pending.authentication
        if how is Authentication.NULL:
            return None
        if how is Authentication.STRING:
            return None if typed == pending.string else Failure.INVALID_AUTH_STR
        order = ("LSC", "MIC") if how is Authentication.LSC else ("MIC", "LSC")
        shown = next((certificates[kind] for kind in order if kind in certificates), None)
        if shown is None or not self._is_proved(shown):
            # Source: v15 guide: existing certificate without one fails. Assumption: so named.
            return Failure.INVALID_CREDENTIALS
        if not self.distrusts(shown.chain):
            return None
        return Failure.INVALID_LSC if shown.kind == "LSC" else Failure.INVALID_MIC

    def _is_proved(self, shown: Presented) -> bool:
        key = (shown.chain[0].der, shown.proof)
        if key not in self._proved:
            self._proved[key] = holds(shown.proof, shown.chain[0])
        return self._proved[key]

    def distrusts(self, chain: tuple[Certificate, ...]) -> tuple[chains.Link, ...]:
        """What is wrong with a phone's certificate by CAPF-trust, decided anew as dates pass."""
        anchors = tuple(entry.certificate for entry in self.files.store("CAPF-trust"))
        now = self.host.time()
        key = (chain[0].der, anchors, chains.date_phases((*chain, *anchors), now))
        if key not in self._verdicts:
            self._verdicts[key] = chains.faults(chain[0], anchors, now, chain[1:], any_ends=True)
        return self._verdicts[key]

    # -- issuing ----------------------------------------------------------------------------

    @property
    def signer(self) -> Identity:
        """Who signs LSCs now: CAPF itself, or the CA behind it."""
        authority = self.online_ca or self.offline_ca
        return self.identity if authority is None else authority.identity

    def _install(self, session: Session, pending: Pending) -> None:
        """A key is wanted, unless an offline CA has signed this phone's request meanwhile."""
        authority = self.offline_ca
        if authority is not None and session.device in authority.signed:
            bits = authority.signed.pop(session.device)
            issued = self._issued(authority.identity, bits)
            self._ask(session, Reply(Ask.STORE, issued=issued))
        else:
            self._ask(session, Reply(Ask.GENERATE_KEY, pending.bits))

    def _sign(self, session: Session, pending: Pending) -> None:
        if self.online_ca is not None:
            self._ask_ca(session, pending, pending.bits)
            return
        if self.offline_ca is not None:
            # Assumption: the phone is let go and keeps its key; the operation stays pending.
            self.offline_ca.requests[session.device] = pending.bits
            self._end(session, session.say, Reply(Ask.END, status=int(CertificateStatus.SCHEDULE)))
            return
        own = self.identity
        if not is_in_its_dates(own.certificate, self.host.time()):
            # Assumption: CAPF does not issue with a certificate out of its dates.
            self._fail(session, Failure.GENERIC)
            return
        self._ask(session, Reply(Ask.STORE, issued=self._issued(own, pending.bits)))

    def would_issue(self, bits: int) -> Issued | None:
        """How it would sign an LSC with a key of this size now; None if it would not by itself.

        An offline CA is asked by people, and not here.
        """
        authority, own = self.online_ca, self.identity
        if not self.service.is_started or self.offline_ca is not None:
            return None
        if authority is not None:
            is_asked = authority.is_up and authority.refuses(bits) is None
            return self._issued(authority.identity, bits) if is_asked else None
        is_good = is_in_its_dates(own.certificate, self.host.time())
        return self._issued(own, bits) if is_good else None

    def _issued(self, issuer: Identity, bits: int) -> Issued:
        return Issued(
            issuer.certificate, issuer.key, (issuer.certificate,), bits,
            self.host.release.lsc_hash, self.host.time(), self.lsc_days,
        )  # fmt: skip

    def _ask_ca(self, session: Session, pending: Pending, bits: int | None) -> None:
        authority = self.online_ca
        assert authority is not None
        if not authority.is_up:
            parameter, failure = "online_ca_timeout_s", Failure.CA_COMM_ERROR
            self.sessions.work(session, parameter, self._fail, session, failure)
            return
        self.sessions.work(session, "online_ca_s", self._ca_answers, session, pending, bits)

    def _ca_answers(self, session: Session, pending: Pending, bits: int | None) -> None:
        authority = self.online_ca
        assert authority is not None
        refusal = authority.refuses(bits)
        if refusal is not None:
            self.host.record(
                SERVICE, "ca_refused", severity="warning", device=session.device, message=refusal
            )
            self._fail(session, Failure.CA_REJECT)
        elif not is_in_its_dates(authority.identity.certificate, self.host.time()):
            # Assumption: CAPF hands out nothing under a CA certificate out of its dates.
            self._fail(session, Failure.GENERIC)
        elif bits is None:
            self._conclude(session, pending, True)
        else:
            issued = self._issued(authority.identity, bits)
            self._ask(session, Reply(Ask.STORE, issued=issued))

    # -- ending -----------------------------------------------------------------------------

    def _ask(self, session: Session, reply: Reply) -> None:
        self.sessions.expect_answer(session)
        session.asked = reply
        session.say(reply)

    def _answered(self, session: Session) -> Pending | None:
        if not self.sessions.answered(session):
            return None
        return self.pending.get(session.device)

    def _silent(self, session: Session, is_alive: bool) -> None:
        """The phone did not answer: gone, or too slow; a slow key may be asked for again."""
        if not is_alive:
            self._fail(session, Failure.PHONE_COMM_ERROR)
        elif session.asked.ask is Ask.GENERATE_KEY and session.attempts_left > 1:
            session.attempts_left -= 1
            self._ask(session, session.asked)
        else:
            self._fail(session, Failure.OP_TIMED_OUT)

    def _conclude(self, session: Session, pending: Pending, is_well: bool) -> None:
        if is_well:
            self._close(session, SUCCESS[pending.operation])
        else:
            self._fail(session, Failure.GENERIC)

    def _fail(self, session: Session, failure: Failure) -> None:
        pending = self.pending.get(session.device)
        if pending is not None:
            self._close(session, failed(pending.operation, failure))

    def _close(self, session: Session, status: CertificateStatus) -> None:
        self.pending.pop(session.device, None)
        self.host.record(
            SERVICE,
            "operation_ended",
            severity="info" if status.is_success else "warning",
            device=session.device,
            status=int(status),
            moniker=status.moniker,
        )
        self.told(session.device, status)
        self._end(session, session.say, Reply(Ask.END, status=int(status)))

    def _end(self, session: Session, say: Say, reply: Reply) -> None:
        self.sessions.close(session)
        say(reply)
