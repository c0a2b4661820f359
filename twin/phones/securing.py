"""Registering over TLS: whether a phone and a CallManager accept each other.

Knows: a phone's end of the session (its LSC or MIC, and the certificates it authenticates
CallManager by), the verdict of a real handshake, what follows from a refusal. Must not know how
certificates come to be, nor the registration that follows (`twin.phones.registration`).

Only phones whose stored config has a secure device security mode come here, so others pay nothing.

Source: cucm-pki-behaviour 2.5 (step 1: roles CCM, CCM+TFTP), 2.6, 3.1, 7 (LSC before MIC).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from twin.phones.checking import Checking
from twin.phones.core import EngineCore
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import Event
from twin.phones.ports import DeviceIdentity, Registrar
from twin.phones.trust import CALLMANAGER_ROLES, callmanager_certificates
from twin.phones.vouching import Vouching
from twin.pki.certificates import Certificate
from twin.pki.handshake import ANY_CIPHER, NULL_CIPHER, Endpoint, Handshakes, Verdict

AUTHENTICATED = 2
"""deviceSecurityMode with integrity but no secrecy. Source: wire-formats 5."""
LEGS = {"SIP": "SIP TLS 5061", "SCCP": "SCCP TLS 2443"}
"""What a phone's way to a node is called, by its protocol."""
_HANDSHAKE_RTT = 3
"""Round trips of TCP and a full TLS 1.2 handshake. Source: RFC 5246 7.3."""
_BY_LISTS_AND_ITL = 2
_BY_TVS = 3


class Securing:
    """The TLS part of registering."""

    def __init__(self, core: EngineCore, checking: Checking) -> None:
        self.core = core
        self.population = core.population
        self.checking = checking
        self.vouching = Vouching(core, checking)
        self.handshakes = Handshakes()
        sources = round(core.timing.ccm_trust_sources.value)
        self._with_itl = sources >= _BY_LISTS_AND_ITL
        self._with_tvs = sources >= _BY_TVS
        self._own_ms = core.timing.tls_handshake_s.ms
        self._known: dict[int, tuple[Certificate, ...]] = {}
        self._refusals: dict[tuple[int, str, Verdict], int] = {}
        self.arrived: Callable[[int, int], None] = lambda phone, now_ms: None
        """Goes on with the REGISTER: arrived(phone, now)."""
        self.unreachable: Callable[[int, int, int], None] = lambda now_ms, phone, node: None
        """The node does not answer: unreachable(now, phone, node)."""
        self.next_member: Callable[[int, int], None] = lambda now_ms, phone: None
        """Goes on to the next member of the group: next_member(now, phone)."""
        self.judged: tuple[Endpoint, Endpoint] | None = None
        """The two ends of the latest handshake: phone, CallManager."""
        self._shaken = core.calendar.register(self._on_shaken)

    def wants_tls(self, phone: int) -> bool:
        """Whether the stored config has a secure mode."""
        return self.mode(phone) >= AUTHENTICATED

    def mode(self, phone: int) -> int:
        """deviceSecurityMode of the stored config, 1 without one."""
        number = self.population.config[phone]
        places = None if number == NOTHING else self.core.judgements.files[number].places
        return 1 if places is None else places.security_mode

    def begin(self, now_ms: int, phone: int, node: int) -> None:
        """The phone's first segment is at the node."""
        registrar = self.core.ports.registrars[node]
        columns = self.population
        if not registrar.is_up:
            self.unreachable(now_ms, phone, node)
            return
        if registrar.secure is None or registrar.secure.endpoint() is None:
            columns.tls_refused[phone] = 1
            self.unreachable(now_ms, phone, node)
            return
        columns.node[phone] = node
        columns.epoch[phone] = registrar.queue.epoch
        rtt_ms = self.core.network.rtt_ms(columns.group(phone).site, registrar.site)
        delay_ms = self._own_ms + _HANDSHAKE_RTT * rtt_ms
        if self._with_tvs:
            delay_ms += self._ask_tvs(now_ms, phone, registrar)
        self.core.calendar.add(now_ms + delay_ms, self._shaken, phone)

    def _on_shaken(self, phone: int, now_ms: int) -> None:
        columns = self.population
        node = columns.node[phone]
        registrar = self.core.ports.registrars[node]
        was_cut = not registrar.is_up or registrar.queue.epoch != columns.epoch[phone]
        verdict = None if was_cut else self.verdict(now_ms, phone, registrar)
        if verdict is None:
            self.unreachable(now_ms, phone, node)
        elif verdict.succeeded:
            columns.tls_refused[phone] = 0
            self.arrived(phone, now_ms)
        else:
            columns.tls_refused[phone] = 1
            number = self._number(phone, registrar, verdict)
            self.core.emit(now_ms, phone, Event.TLS_REFUSED, node, number)
            self.next_member(now_ms, phone)

    def agrees(self, now_ms: int, phone: int, registrar: Registrar) -> bool:
        """Whether a session with a node would come about now."""
        verdict = self.verdict(now_ms, phone, registrar, asking=True)
        return verdict is not None and verdict.succeeded

    def verdict(
        self,
        now_ms: int,
        phone: int,
        registrar: Registrar,
        holdings: int | None = None,
        asking: bool = False,
    ) -> Verdict | None:
        """How a handshake with a node ends now; None: its secure ports are closed.

        Args:
            holdings: the lists the phone goes by, instead of those it holds.
            asking: count what a TVS would answer now, beside what the phone remembers.
        """
        server = None if registrar.secure is None else registrar.secure.endpoint()
        if server is None:
            return None
        if holdings is None:
            holdings = self.population.holdings[phone]
        return self.judge(now_ms, phone, server, holdings, asking)

    def ends(
        self, now_ms: int, phone: int, registrar: Registrar
    ) -> tuple[Endpoint, Endpoint] | None:
        """Both ends of a session with a node, were it begun now; None: its ports are closed."""
        server = None if registrar.secure is None else registrar.secure.endpoint()
        if server is None:
            return None
        ports = self.core.ports
        shown = ports.identity_of_class(ports.identity_class(phone))
        holdings = self.population.holdings[phone]
        return self._endpoint(now_ms, phone, server.chain[0], holdings, False, shown), server

    def judge(
        self,
        now_ms: int,
        phone: int,
        server: Endpoint,
        holdings: int,
        asking: bool,
        shown: DeviceIdentity | None = None,
        accepts: tuple[Certificate, ...] = (),
    ) -> Verdict:
        """How a handshake with this end of CallManager would go now.

        Args:
            shown: what the phone shows, instead of what it has.
            accepts: what CallManager accepts besides.
        """
        if accepts:
            server = replace(server, anchors=(*server.anchors, *accepts))
        if shown is None:
            ports = self.core.ports
            shown = ports.identity_of_class(ports.identity_class(phone))
        client = self._endpoint(now_ms, phone, server.chain[0], holdings, asking, shown)
        self.judged = client, server
        return self.handshakes.judge(client, server, self.core.time_at(now_ms))

    def _endpoint(
        self,
        now_ms: int,
        phone: int,
        presented: Certificate,
        holdings: int,
        asking: bool,
        shown: DeviceIdentity,
    ) -> Endpoint:
        anchors = self._known.get(holdings)
        if anchors is None:
            lists = self.core.judgements.decoded(holdings)
            anchors = self._known[holdings] = callmanager_certificates(lists, self._with_itl)
        if self._with_tvs and presented not in anchors:
            vouching = self.vouching
            if vouching.is_remembered(now_ms, phone, presented, CALLMANAGER_ROLES) or (
                asking and vouching.would_vouch(now_ms, phone, presented, CALLMANAGER_ROLES)
            ):
                anchors = (*anchors, presented)
        ciphers = NULL_CIPHER if self.mode(phone) == AUTHENTICATED else ANY_CIPHER
        return Endpoint(shown.chain, shown.key, anchors, ciphers=ciphers)

    def _ask_tvs(self, now_ms: int, phone: int, registrar: Registrar) -> int:
        """Under `ccm_trust_sources` 3: have a TVS look at what the node presents; time taken, ms.

        What it says is remembered by the phone, and so known when the handshake is judged.
        """
        assert registrar.secure is not None
        server = registrar.secure.endpoint()
        assert server is not None
        lists = self.core.judgements.decoded(self.population.holdings[phone])
        if server.chain[0] in callmanager_certificates(lists, with_itl=True):
            return 0
        _, took_ms = self.vouching.ask(now_ms, phone, server.chain[0], CALLMANAGER_ROLES)
        return took_ms

    def _number(self, phone: int, registrar: Registrar, verdict: Verdict) -> int:
        """The number of this kind of refusal; the node tells of it when it is first seen."""
        group = self.population.group(phone)
        key = (registrar.node, group.population, verdict)
        number = self._refusals.get(key)
        if number is None:
            number = self._refusals[key] = len(self._refusals) + 1
            assert registrar.secure is not None
            leg = LEGS[group.protocol]
            registrar.secure.note_refusal(number, leg, group.population, verdict)
        return number
