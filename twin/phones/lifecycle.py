"""A phone's life cycle as one table: {state: {event: next state}}.

Everything that changes a phone's state is an event of this table, and every event is a journal
row; so the journal alone says in which state each phone was at every instant. This module knows
neither time nor bytes.
"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """Where a phone is in its life. Each phone is in exactly one."""

    OFF = 0
    """Without power."""
    BOOTING = 1
    """Hardware start, voice VLAN, DHCP."""
    DOWNLOADING = 2
    """Fetching and checking CTL, ITL, config and the other files."""
    ASKING_TVS = 3
    """Waiting for a Trust Verification Service."""
    UPGRADING = 4
    """Fetching and writing a new load."""
    REGISTERING = 5
    """In the registration queue of a CallManager node, or trying the next one."""
    REGISTERED = 6
    RESET_PENDING = 7
    """Told to reset, still registered: on a call, or in its own short delay."""
    LOST = 8
    """Its CallManager is gone and the phone has not noticed yet."""
    UNREGISTERED = 9
    """Nobody would take it; it tries again later."""
    SRST = 10
    """Registered with its site's SRST gateway."""
    ENROLLING = 11
    """With CAPF before it registers: its profile is secure and an operation is pending."""
    HELD = 12
    """Without network: RADIUS refused its certificate (802.1X), or it refused its VPN's."""


class Event(IntEnum):
    """What can happen to a phone. `detail` of the journal row is given in brackets."""

    RESET_RECEIVED = 0
    """CallManager's reset or restart notice arrived [wave]."""
    UNREGISTERED = 1
    """Gave up its registration [cause, CISCO-CCM-MIB CcmDevUnregCauseCode]."""
    RESTARTED = 2
    """As UNREGISTERED, but goes straight to the download (restart, not reset) [cause]."""
    POWERED_OFF = 3
    POWERED_ON = 4
    BOOTED = 5
    FILE_REQUESTED = 6
    """A request reached a TFTP node [file kind]."""
    FILE_RECEIVED = 7
    """[file kind]"""
    FILE_NOT_FOUND = 8
    """HTTP 404, e.g. the CTL in a non-secure cluster [file kind]."""
    FILE_REFUSED = 9
    """HTTP 503: Maximum Serving Count reached [file kind]."""
    FILE_FAILED = 10
    """No answer in time, or nobody there [file kind]."""
    FILE_GIVEN_UP = 11
    """All tries on all TFTP nodes used up [file kind]."""
    TVS_ASKED = 12
    """Opened a session with a TVS [file kind]."""
    TVS_ANSWERED = 13
    """[TVSAnswer]"""
    CTL_CHECKED = 14
    """[outcome | reasons << 8]"""
    ITL_CHECKED = 15
    """[outcome | reasons << 8]"""
    CONFIG_CHECKED = 16
    """[outcome | reasons << 8]"""
    UPGRADE_STARTED = 17
    UPGRADED = 18
    REGISTER_REQUESTED = 19
    """Reached a node's registration queue [place in the phone's CallManager Group]."""
    REGISTER_REFUSED = 20
    """[cause, CcmDevRegFailCauseCode]"""
    REGISTER_UNREACHABLE = 21
    """The node did not answer [place in the CallManager Group]."""
    REGISTERED = 22
    """[place in the CallManager Group]"""
    REGISTER_GAVE_UP = 23
    """No node of the group took it."""
    SRST_REGISTERED = 24
    CONNECTION_LOST = 25
    """The connection to its CallManager is gone, whether or not it knows [cause]."""
    LOSS_NOTICED = 26
    FELL_BACK = 27
    """Left a lower-priority node for the one that came back [cause]."""
    REGISTER_RETRIED = 28
    LISTS_DELETED = 29
    """Somebody stood at the phone and erased lists [ErasedLists]."""
    LIST_UNUSABLE = 30
    """Cannot load its trust list and so does not register [reasons]."""
    HTTPS_CHECKED = 31
    """Opened an HTTPS service [HTTPSOutcome]."""
    FOUND_STUCK = 32
    """End-of-run finding: no path to the cluster's current lists is open [reasons]."""
    DOWNLOAD_RETRIED = 33
    """Starts over with the download: a TFTP node came back, or serves something new."""
    TLS_REFUSED = 34
    """The TLS session with a node came to nothing [number of a `tls_refused` row of that node]."""
    CERTIFICATE_STATUS = 35
    """Its row of the device table has another tkcertificatestatus [the status]."""
    CAPF_OPENED = 36
    """Opened a connection to CAPF [try, from 1]."""
    CAPF_FAILED = 37
    """That try came to nothing [CAPFTrouble]."""
    CAPF_GAVE_UP = 38
    """All tries used up; it asks again after its next boot [CAPFTrouble of the last]."""
    CAPF_ENDED = 39
    """CAPF ended the session, or the phone did [0 nothing to do, else tkcertificatestatus]."""
    LSC_CHANGED = 40
    """Stored another LSC or erased its own [class of the LSC, 0 none]."""
    PORT_REFUSED = 41
    """EAP failure: RADIUS does not trust what it presents [class of the certificate]."""
    PORT_OPENED = 42
    """A held phone is let into the network, by RADIUS, its VPN concentrator or an Expressway."""
    VPN_REFUSED = 43
    """The VPN concentrator's certificate has none of the hashes in the phone's config."""
    MRA_REFUSED = 44
    """Could not sign in through any Expressway [number of the leg it came to, 1 for L1]."""


_ANY_ON = (
    State.BOOTING, State.DOWNLOADING, State.ASKING_TVS, State.UPGRADING, State.REGISTERING,
    State.REGISTERED, State.RESET_PENDING, State.LOST, State.UNREGISTERED, State.SRST,
    State.ENROLLING, State.HELD,
)  # fmt: skip

_CAPF_STEPS = (
    Event.CAPF_OPENED, Event.CAPF_FAILED, Event.CAPF_GAVE_UP, Event.CAPF_ENDED, Event.LSC_CHANGED,
)  # fmt: skip

_DOWNLOAD_STEPS = (
    Event.FILE_REQUESTED, Event.FILE_RECEIVED, Event.FILE_NOT_FOUND, Event.FILE_REFUSED,
    Event.FILE_FAILED, Event.FILE_GIVEN_UP, Event.CTL_CHECKED, Event.ITL_CHECKED,
    Event.CONFIG_CHECKED,
)  # fmt: skip

TABLE: dict[State, dict[Event, State]] = {
    State.OFF: {
        Event.POWERED_ON: State.BOOTING,
        Event.LISTS_DELETED: State.OFF,
    },
    State.BOOTING: {
        Event.BOOTED: State.DOWNLOADING,
        Event.PORT_REFUSED: State.HELD,
        Event.VPN_REFUSED: State.HELD,
        Event.MRA_REFUSED: State.HELD,
    },
    State.DOWNLOADING: {
        **dict.fromkeys(_DOWNLOAD_STEPS, State.DOWNLOADING),
        Event.TVS_ASKED: State.ASKING_TVS,
        Event.UPGRADE_STARTED: State.UPGRADING,
        Event.REGISTER_REQUESTED: State.REGISTERING,
        Event.REGISTER_UNREACHABLE: State.REGISTERING,
        Event.REGISTER_REFUSED: State.REGISTERING,
        Event.TLS_REFUSED: State.REGISTERING,
        Event.REGISTER_GAVE_UP: State.UNREGISTERED,
        Event.SRST_REGISTERED: State.SRST,
        Event.LIST_UNUSABLE: State.UNREGISTERED,
        Event.CAPF_OPENED: State.ENROLLING,
    },
    State.ASKING_TVS: {
        Event.TVS_ASKED: State.ASKING_TVS,
        Event.TVS_ANSWERED: State.ASKING_TVS,
        Event.CTL_CHECKED: State.DOWNLOADING,
        Event.ITL_CHECKED: State.DOWNLOADING,
        Event.CONFIG_CHECKED: State.DOWNLOADING,
    },
    State.UPGRADING: {Event.UPGRADED: State.BOOTING},
    State.REGISTERING: {
        Event.REGISTER_REQUESTED: State.REGISTERING,
        Event.REGISTER_UNREACHABLE: State.REGISTERING,
        Event.REGISTER_REFUSED: State.REGISTERING,
        Event.TLS_REFUSED: State.REGISTERING,
        Event.REGISTERED: State.REGISTERED,
        Event.REGISTER_GAVE_UP: State.UNREGISTERED,
        Event.SRST_REGISTERED: State.SRST,
    },
    State.REGISTERED: {
        Event.RESET_RECEIVED: State.RESET_PENDING,
        Event.CONNECTION_LOST: State.LOST,
        Event.FELL_BACK: State.REGISTERING,
    },
    State.RESET_PENDING: {
        Event.RESET_RECEIVED: State.RESET_PENDING,
        Event.UNREGISTERED: State.BOOTING,
        Event.RESTARTED: State.DOWNLOADING,
        Event.CONNECTION_LOST: State.LOST,
    },
    State.LOST: {Event.LOSS_NOTICED: State.REGISTERING},
    State.UNREGISTERED: {
        Event.REGISTER_RETRIED: State.REGISTERING,
        Event.DOWNLOAD_RETRIED: State.DOWNLOADING,
    },
    State.SRST: {Event.REGISTER_RETRIED: State.REGISTERING},
    State.ENROLLING: {
        Event.CAPF_OPENED: State.ENROLLING,
        Event.CAPF_FAILED: State.ENROLLING,
        Event.LSC_CHANGED: State.ENROLLING,
        Event.CAPF_GAVE_UP: State.DOWNLOADING,
        Event.CAPF_ENDED: State.DOWNLOADING,
    },
    State.HELD: {
        Event.PORT_OPENED: State.DOWNLOADING,
        Event.PORT_REFUSED: State.HELD,
        Event.VPN_REFUSED: State.HELD,
        Event.MRA_REFUSED: State.HELD,
    },
}
# A phone that registers first talks with CAPF whatever becomes of its registration meanwhile.
for _state in (
    State.REGISTERED, State.RESET_PENDING, State.LOST, State.REGISTERING, State.UNREGISTERED,
    State.SRST,
):  # fmt: skip
    TABLE[_state].update(dict.fromkeys(_CAPF_STEPS, _state))
for _state in _ANY_ON:
    TABLE[_state][Event.POWERED_OFF] = State.OFF
    TABLE[_state][Event.LISTS_DELETED] = State.BOOTING
for _state in (State.REGISTERED, State.RESET_PENDING, State.SRST):
    TABLE[_state][Event.HTTPS_CHECKED] = _state
for _state in State:
    TABLE[_state][Event.FOUND_STUCK] = _state
    TABLE[_state][Event.CERTIFICATE_STATUS] = _state

ILLEGAL = -1


def compiled() -> list[list[int]]:
    """The table as next[state][event], `ILLEGAL` where the event cannot happen."""
    return [[int(TABLE[s].get(e, ILLEGAL)) for e in Event] for s in State]


REGISTERED_STATES = (State.REGISTERED, State.RESET_PENDING)
"""States in which the cluster counts a phone as registered."""
RESTING_STATES = (State.OFF, State.REGISTERED, State.UNREGISTERED, State.SRST, State.HELD)
"""States a phone stays in until something happens to it."""


class FileKind(IntEnum):
    """What a phone downloads, in this order."""

    CTL = 0
    ITL = 1
    CONFIG = 2
    OTHER = 3
    """Dial rules, soft keys, ring lists, locale."""


class UnregisterCause(IntEnum):
    """Source: CISCO-CCM-MIB CcmDevUnregCauseCode (capacity-and-timing 10.3)."""

    NO_ERROR = 0
    UNKNOWN = 1
    CONNECTIVITY_ERROR = 6
    DEVICE_INITIATED_RESET = 8
    CALLMANAGER_RESET = 9
    KEEPALIVE_TIMEOUT = 13
    CALLMANAGER_RESTART = 15
    FALLBACK_INITIATED = 28


class RegisterRefusal(IntEnum):
    """Source: CISCO-CCM-MIB CcmDevRegFailCauseCode (capacity-and-timing 10.3)."""

    MAX_DEV_REG_EXCEEDED = 5


class TVSAnswer(IntEnum):
    """How asking one TVS ended."""

    KNOWN = 0
    UNKNOWN = 1
    """No associated roles: the certificate is in neither of its caches."""
    UNREACHABLE = 2
    """Node, service or path down; the phone waited for its connect timeout."""
    UNTRUSTED = 3
    """Its TLS certificate matches no TVS record of the phone's stored ITL."""
    EXPIRED = 4
    """Its TLS certificate is not within its dates."""


class ErasedLists(IntEnum):
    """What somebody erased on a phone."""

    BOTH = 0
    CTL = 1
    ITL = 2


class HTTPSOutcome(IntEnum):
    """How opening an HTTPS service ended."""

    TRUSTED = 0
    REFUSED_UNKNOWN = 1
    """No TVS knows the web server's certificate: "Host Not Found" on the phone."""
    REFUSED_NO_TVS = 2
    """No usable TVS: all unreachable, untrusted, or none listed."""
    UNREACHABLE = 3
    """The web server did not answer."""
    REFUSED_EXPIRED = 4
    """The web server's certificate is not within its dates."""


class CAPFTrouble(IntEnum):
    """Why a try to reach CAPF came to nothing."""

    UNREACHABLE = 1
    """Node, service or path down."""
    UNTRUSTED = 2
    """Its TLS certificate is no CAPF record of the phone's lists; under `capf_trust_sources` 2, no
    TVS vouches for it either."""
    TOO_LONG = 3
    """CAPF was busy with others for longer than the phone waits."""
    LOST = 4
    """The connection broke before CAPF was done."""
