"""A phone and CAPF: when it connects, whether it believes the server, what it does as it is told.

Knows: tries, the server's certificate against the phone's lists and TVS, key generation, storing
and erasing an LSC. Must not know operations, statuses or who signs. Only phones whose stored config
asks for CAPF, or whose user types a string, come here. A session lives on timers of its own: it
does not end with the phone's registration, but with its boot.

Source: cucm-pki-behaviour 2.5 (role CAPF for 3804), 7 (three tries, 30 s apart; a non-secure
profile registers first, a secure one does not register until the session ends); wire-formats 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from twin.kernel.laws import law
from twin.kernel.streams import Law
from twin.phones.core import EngineCore
from twin.phones.device_certificates import DeviceCertificates
from twin.phones.files import ConfigPlaces
from twin.phones.https import HTTPSClients
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import CAPFTrouble, Event, HTTPSOutcome, State
from twin.phones.ports import CAPFServer, CAPFSession
from twin.pki.capf_dialogue import Ask, Authentication, Presented, Reply
from twin.pki.capf_proof import prove
from twin.pki.list_record import Role

BY_STRING = Authentication.STRING.mode
SECURE_MODES = (2, 3)
"""deviceSecurityMode of authenticated and encrypted profiles. Source: wire-formats 5."""
_HAS_HANDS = (State.REGISTERED, State.RESET_PENDING, State.UNREGISTERED, State.SRST)
"""States in which somebody can use the phone's menus to reach CAPF."""


@dataclass(slots=True, eq=False)
class Talk:
    """One phone's way through a CAPF session: the boot and the try it belongs to."""

    phone: int
    boot: int
    typed: str = ""
    tries: int = 0
    keys: int = 0
    session: CAPFSession | None = None
    then: Callable[[int, int], None] | None = None
    """What a phone with a secure profile goes on with: its registration."""
    watch: Callable[[], None] | None = None
    """Calls the phone's own look at the connection off."""


class CAPFClients:
    """The CAPF part of the phones.

    Args:
        server: CAPF by node number, None where it does not run.
    """

    def __init__(
        self,
        core: EngineCore,
        https: HTTPSClients,
        certificates: DeviceCertificates,
        server: Callable[[int], CAPFServer | None],
    ) -> None:
        self.core = core
        self.population = core.population
        self.certificates = certificates
        self._https = https
        self._server = server
        self.afterwards: Callable[[int, int], None] = lambda now_ms, phone: None
        """Hears of phones whose session is over while nothing waits for it."""
        self._talks: dict[int, Talk] = {}
        self._began: dict[int, int] = {}
        """In which boot each phone last saw CAPF."""
        self._shown: dict[int, Presented] = {}
        timing = core.timing
        self._tries = round(timing.capf_tries.value)
        self._wait_ms = timing.capf_retry_wait_s.ms
        self._timeout_ms = timing.tvs_timeout_s.ms
        self._patience_ms = timing.capf_patience_min.ms
        self._keepalive_ms = timing.capf_keepalive_min.ms
        self._shares = {
            512: timing.lsc_keygen_share_512.value,
            1024: timing.lsc_keygen_share_1024.value,
            2048: 1.0,
            3072: timing.lsc_keygen_share_3072.value,
            4096: timing.lsc_keygen_share_4096.value,
        }
        self._handshake = law(timing.capf_handshake_s, 1000)
        self._work = law(timing.capf_phone_work_s, 1000)
        self._generate = [_keygen(core, group.lsc_keygen_s) for group in core.population.groups]
        self._generate_1024 = [
            _keygen(core, group.lsc_keygen_1024_s) for group in core.population.groups
        ]

    # -- when -------------------------------------------------------------------------------

    def wants(self, phone: int) -> ConfigPlaces | None:
        """The stored config of a phone that it tells to see CAPF by itself; else None."""
        number = self.population.config[phone]
        places = self.core.judgements.files[number].places if number != NOTHING else None
        if places is None or places.capf_auth_mode in (0, BY_STRING) or places.capf is None:
            return None
        return places

    def registered(self, now_ms: int, phone: int) -> None:
        """A phone came to be registered: with a non-secure profile it sees CAPF, once in a boot."""
        places = self.wants(phone)
        if places is None or places.security_mode in SECURE_MODES:
            return
        if self._began.get(phone) != self.population.boots[phone]:
            self._begin(now_ms, Talk(phone, self.population.boots[phone]))

    def before_registering(
        self, now_ms: int, phone: int, register: Callable[[int, int], None]
    ) -> bool:
        """Whether a phone sees CAPF first; it then calls `register` when that is over."""
        places = self.wants(phone)
        if places is None or places.security_mode not in SECURE_MODES:
            return False
        talk = Talk(phone, self.population.boots[phone])
        talk.then = register
        self._begin(now_ms, talk)
        return True

    def type_string(self, now_ms: int, phone: int, string: str) -> bool:
        """A user types the authentication string; whether the phone knows of a CAPF."""
        number = self.population.config[phone]
        places = self.core.judgements.files[number].places if number != NOTHING else None
        if places is None or places.capf is None:
            return False
        if self.population.state[phone] not in _HAS_HANDS:
            return False
        self._begin(now_ms, Talk(phone, self.population.boots[phone], typed=string))
        return True

    # -- connecting -------------------------------------------------------------------------

    def _begin(self, now_ms: int, talk: Talk) -> None:
        old = self._talks.get(talk.phone)
        if old is not None:
            self._hang_up(old)
        self._talks[talk.phone] = talk
        self._began[talk.phone] = talk.boot
        self._try(talk, now_ms)

    def is_alive(self, talk: Talk) -> bool:
        """Whether the phone is still at this talk, with power and a path to CAPF."""
        columns = self.population
        phone = talk.phone
        if self._talks.get(phone) is not talk or talk.session is None:
            return False
        if columns.boots[phone] != talk.boot:
            return False
        if columns.state[phone] in (State.OFF, State.HELD):
            return False
        return self._reaches(phone, self._of(phone))

    def _of(self, phone: int) -> CAPFServer | None:
        places = self.core.judgements.files[self.population.config[phone]].places
        return None if places is None or places.capf is None else self._server(places.capf)

    def _reaches(self, phone: int, server: CAPFServer | None) -> bool:
        if server is None:
            return False
        ports = self.core.ports
        site = self.population.group(phone).site
        is_inside = site not in ports.outside
        return is_inside and ports.node_is_on(server.node) and ports.reachable(site, server.site)

    def _later(self, talk: Talk, delay_ms: int, function: Callable[[Talk, int], None]) -> None:
        self.core.simulation.call_after(delay_ms, self._still, talk, function)

    def _still(self, talk: Talk, function: Callable[[Talk, int], None]) -> None:
        """Go on, unless the phone has booted, lost power or begun anew."""
        columns = self.population
        is_same = self._talks.get(talk.phone) is talk and columns.boots[talk.phone] == talk.boot
        if is_same and columns.state[talk.phone] not in (State.OFF, State.HELD):
            function(talk, self.core.simulation.now_ms)

    def _try(self, talk: Talk, now_ms: int) -> None:
        talk.tries += 1
        server = self._of(talk.phone)
        self._emit(now_ms, talk, Event.CAPF_OPENED, talk.tries)
        if server is None or not self._reaches(talk.phone, server):
            self._later(talk, self._timeout_ms, partial(self._failed, why=CAPFTrouble.UNREACHABLE))
            return
        if not server.is_up():
            self._later(talk, 1, partial(self._failed, why=CAPFTrouble.UNREACHABLE))
            return
        outcome, delay_ms = self._https.judge(now_ms, talk.phone, server, Role.CAPF)
        delay_ms += self._drawn(self._handshake, talk, "capf_handshake")
        if outcome is HTTPSOutcome.TRUSTED:
            self._later(talk, delay_ms, self._connect)
        else:
            self._later(talk, delay_ms, partial(self._failed, why=CAPFTrouble.UNTRUSTED))

    def _connect(self, talk: Talk, now_ms: int) -> None:
        server = self._of(talk.phone)
        session = None
        if server is not None and self._reaches(talk.phone, server):
            name = self.population.names[talk.phone]
            session = server.port.connect(
                name, partial(self.is_alive, talk), partial(self._turn, talk),
                partial(self._cut, talk),
            )  # fmt: skip
        if session is None:
            self._failed(talk, now_ms, CAPFTrouble.UNREACHABLE)
            return
        talk.session = session
        if not session.is_served:
            self._watch(talk, self._patience_ms)

    def _watch(self, talk: Talk, delay_ms: int) -> None:
        """Look at the connection after a while."""
        self._stop_watch(talk)
        talk.watch = self.core.simulation.call_after(delay_ms, self._still, talk, self._look)

    def _stop_watch(self, talk: Talk) -> None:
        if talk.watch is not None:
            talk.watch()
            talk.watch = None

    def _look(self, talk: Talk, now_ms: int) -> None:
        talk.watch = None
        session = talk.session
        if session is None:
            return
        if not session.is_open or not self._reaches(talk.phone, self._of(talk.phone)):
            self._hang_up(talk)
            self._failed(talk, now_ms, CAPFTrouble.LOST)
        elif not session.is_served:
            self._hang_up(talk)
            self._failed(talk, now_ms, CAPFTrouble.TOO_LONG)
        else:
            self._watch(talk, self._keepalive_ms)

    def _cut(self, talk: Talk) -> None:
        """CAPF closed the connection without a word: its service stopped."""
        self._later(talk, self._rtt_ms(talk) // 2, self._was_cut)

    def _was_cut(self, talk: Talk, now_ms: int) -> None:
        if talk.session is not None:
            self._hang_up(talk)
            self._failed(talk, now_ms, CAPFTrouble.LOST)

    def _hang_up(self, talk: Talk) -> None:
        self._stop_watch(talk)
        server = self._reached(talk)
        if talk.session is not None and server is not None:
            server.port.hang_up(talk.session)
        talk.session = None

    def _failed(self, talk: Talk, now_ms: int, why: CAPFTrouble) -> None:
        """A try came to nothing: again in a while, or never mind."""
        self._emit(now_ms, talk, Event.CAPF_FAILED, why)
        if talk.tries < self._tries:
            self._later(talk, self._wait_ms, self._try)
            return
        self._emit(now_ms, talk, Event.CAPF_GAVE_UP, why)
        self._over(talk, now_ms)

    # -- the session ------------------------------------------------------------------------

    def _turn(self, talk: Talk, session: CAPFSession) -> None:
        """CAPF speaks first: it asks who the phone is."""
        talk.session = session
        self._watch(talk, self._keepalive_ms)
        self._later(talk, self._rtt_ms(talk), self._introduce)

    def _introduce(self, talk: Talk, _now_ms: int) -> None:
        session = talk.session
        server = self._reached(talk)
        if session is not None and server is not None:
            say = partial(self._heard, talk, session)
            server.port.authenticate(session, say, talk.typed, self._presentable(talk.phone))

    def _presentable(self, phone: int) -> dict[str, Presented]:
        found = {}
        held = self.certificates
        for number in (held.lsc[phone], held.mic[phone]):
            if number:
                found[str(held.classes[number].kind)] = self._of_class(number)
        return found

    def _of_class(self, number: int) -> Presented:
        """What phones of a class show: the representative's certificate, really proved."""
        if number not in self._shown:
            held = self.certificates
            chain, key = held.identity_of_class(number)
            first = held.classes[number]
            proof = prove(key, self.population.names[first.first], chain[0])
            self._shown[number] = Presented(str(first.kind), chain, proof)
        return self._shown[number]

    def _reached(self, talk: Talk) -> CAPFServer | None:
        """CAPF, if the phone's words get there; a cut path swallows them."""
        server = self._of(talk.phone)
        return server if self._reaches(talk.phone, server) else None

    def _heard(self, talk: Talk, session: CAPFSession, reply: Reply) -> None:
        """CAPF's next word, on its way to a phone that may be gone."""
        if not self.is_alive(talk) or talk.session is not session:
            return
        delay_ms = self._rtt_ms(talk) // 2
        if reply.ask is Ask.END:
            self._later(talk, delay_ms, partial(self._ended, status=reply.status))
        elif reply.ask is Ask.GENERATE_KEY:
            talk.keys += 1
            made_ms = self._keygen_ms(talk, reply.bits)
            is_made = made_ms is not None
            done = partial(self._key_made, count=talk.keys, is_made=is_made)
            self._later(talk, delay_ms + (made_ms or 0), done)
        else:
            delay_ms += self._drawn(self._work, talk, f"capf_{reply.ask}")
            self._later(talk, delay_ms, partial(self._obey, reply=reply))

    def _key_made(self, talk: Talk, _now_ms: int, count: int, is_made: bool) -> None:
        server = self._reached(talk)
        if count == talk.keys and talk.session is not None and server is not None:
            server.port.key_made(talk.session, is_made)

    def _obey(self, talk: Talk, now_ms: int, reply: Reply) -> None:
        held = self.certificates
        phone = talk.phone
        server = self._reached(talk)
        session = talk.session
        if server is None or session is None:
            return
        if reply.ask is Ask.STORE:
            assert reply.issued is not None
            number = held.store_lsc(phone, reply.issued)
            self._emit(now_ms, talk, Event.LSC_CHANGED, number)
            server.port.stored(session, True)
        elif reply.ask is Ask.DELETE:
            had = held.erase_lsc(phone)
            if had:
                self._emit(now_ms, talk, Event.LSC_CHANGED, 0)
            server.port.deleted(session, had)
        else:
            server.port.fetched(session, held.lsc[phone] != 0)

    def _ended(self, talk: Talk, now_ms: int, status: int) -> None:
        self._emit(now_ms, talk, Event.CAPF_ENDED, status)
        self._over(talk, now_ms)

    def _over(self, talk: Talk, now_ms: int) -> None:
        self._stop_watch(talk)
        del self._talks[talk.phone]
        then = talk.then or self.afterwards
        then(now_ms, talk.phone)

    # -- the database -----------------------------------------------------------------------

    def status_changed(self, now_ms: int, phone: int, node: int, status: int) -> None:
        """The phone's row of the device table has another status."""
        self.core.emit(now_ms, phone, Event.CERTIFICATE_STATUS, node, status)

    # -- little things ----------------------------------------------------------------------

    def _emit(self, now_ms: int, talk: Talk, event: Event, detail: int) -> None:
        server = self._of(talk.phone)
        node = -1 if server is None else server.node
        self.core.emit(now_ms, talk.phone, event, node, detail)

    def _rtt_ms(self, talk: Talk) -> int:
        server = self._of(talk.phone)
        site = self.population.group(talk.phone).site
        return 0 if server is None else self.core.network.rtt_ms(site, server.site)

    def _drawn(self, what: Law, talk: Talk, purpose: str) -> int:
        count = talk.boot * 64 + talk.tries * 8 + talk.keys
        return round(self.core.rare(what, purpose, talk.phone, count))

    def _keygen_ms(self, talk: Talk, bits: int) -> int | None:
        """How long this phone takes to make a key; None: it cannot."""
        group = self.population.group_of[talk.phone]
        what, share = self._generate[group], self._shares[bits]
        short = self._generate_1024[group]
        if what is None and short is not None and bits <= 1024:
            what, share = short, share / self._shares[1024]
        return None if what is None else round(share * self._drawn(what, talk, "lsc_keygen"))


def _keygen(core: EngineCore, seconds: tuple[float, float, float] | None) -> Law | None:
    if seconds is None:
        return None
    median, low, high = (1000 * value for value in seconds)
    return Law("lognormal", median, low, high, core.timing.lsc_keygen_sigma.value)
