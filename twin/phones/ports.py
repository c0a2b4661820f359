"""What a phone may ask of the cluster: file servers, TVS servers, registrars.

Knows: which node and site a service is on, whether it answers, and the queue in front of it. Must
not know how a node builds a list, looks a certificate up or reacts to a change: `twin.cluster`
fills these from the nodes and keeps them true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from twin.kernel.queues import FIFOQueue
from twin.pki.capf_dialogue import Presented, Reply
from twin.pki.certificates import Certificate
from twin.pki.handshake import Endpoint, Verdict
from twin.pki.keys import PrivateKey

NO_FILE = -1
"""File number meaning: not found."""
_MODE_SHIFT = 32


def variant_key(group: int, capf_auth_mode: int) -> int:
    """What the config of a group with a CAPF mode in it is asked for by; mode 0: the group."""
    return group | capf_auth_mode << _MODE_SHIFT


def of_variant(key: int) -> tuple[int, int]:
    """Group number and CAPF mode of a `variant_key`."""
    return key & (1 << _MODE_SHIFT) - 1, key >> _MODE_SHIFT


@dataclass(slots=True, eq=False)
class FileServer:
    """The TFTP service of one node.

    `service_us` draws the next service time (microseconds); `config_file` gives the file number of
    the signed configuration of a phone group (or of a `variant_key`), building it when asked first;
    `signed_config` really signs one phone's own configuration file.
    """

    node: int
    site: int
    queue: FIFOQueue
    service_us: Callable[[], int]
    config_file: Callable[[int], int]
    signed_config: Callable[[int], bytes]
    is_up: bool = True
    itl_file: int = NO_FILE
    ctl_file: int = NO_FILE


@dataclass(frozen=True, slots=True)
class Answer:
    """What a TVS says of a certificate: itself (None: unknown), its roles, how long to keep it."""

    certificate: Certificate | None
    roles: frozenset[int]
    ttl_ms: int


@dataclass(slots=True, eq=False)
class TVSServer:
    """The Trust Verification Service of one node.

    `certificate` is what it presents in its TLS handshake: what it loaded when it started.
    `query` asks for a certificate by (device name, subject, issuer, serial magnitude); `verify` has
    one looked at.
    """

    node: int
    site: int
    queue: FIFOQueue
    query: Callable[[str, str, str, bytes], Answer]
    verify: Callable[[str, Certificate], Answer]
    certificate: Certificate
    known: dict[tuple[str, bytes], Answer] = field(default_factory=dict)
    """Answers to queries by (issuer, serial), as long as the server's knowledge stays the same."""
    is_up: bool = True


@dataclass(slots=True, eq=False)
class SecureServer:
    """The TLS side of a CallManager.

    `endpoint` is its end of a session now, None while it takes no secure phones; `note_refusal`
    journals (number, leg, client, verdict) once for each kind of refusal.
    """

    endpoint: Callable[[], Endpoint | None]
    note_refusal: Callable[[int, str, str, Verdict], None]


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """What a phone shows for itself: its LSC or MIC, issuers it sends along, and the key."""

    chain: tuple[Certificate, ...] = ()
    key: PrivateKey | None = None


@dataclass(slots=True, eq=False)
class Registrar:
    """The registration queue of one CallManager node.

    `service_us` is the time one registration takes, by protocol (microseconds); `fallback` is the
    queue that lets phones back onto a returning node.
    """

    node: int
    site: int
    queue: FIFOQueue
    fallback: FIFOQueue
    service_us: dict[str, int]
    fallback_us: int
    capacity: int
    is_up: bool = True
    count: int = 0
    paced_until_us: int = 0
    """When the next reset notice may leave this node, microseconds."""
    secure: SecureServer | None = None


@dataclass(slots=True, eq=False)
class WebServer:
    """An HTTPS server a phone may be sent to, and the certificate it presents now."""

    name: str
    site: int
    certificate: Callable[[], Certificate | None]


class Proxy(Protocol):
    """The way phones beyond an Expressway take to the nodes."""

    def is_open(self, phone: int, node: int) -> bool:
        """Whether a phone reaches a node to register there."""

    def wait_ms(self, phone: int, now_ms: int) -> int:
        """How long the Expressway lets the next message of a phone wait."""


class CAPFSession(Protocol):
    """A phone's place at CAPF."""

    is_open: bool
    is_served: bool


class CAPFPort(Protocol):
    """What a phone may say to CAPF; `twin.nodes.capf.CAPF` is one."""

    def connect(
        self,
        device: str,
        is_alive: Callable[[], bool],
        turn: Callable[[Any], None],
        lost: Callable[[], None],
    ) -> Any:
        """Open a session (None: refused); `turn` and `lost` are called when it comes to that."""

    def hang_up(self, session: Any) -> None:
        """Close it."""

    def authenticate(
        self,
        session: Any,
        say: Callable[[Reply], None],
        typed: str,
        certificates: dict[str, Presented],
    ) -> None:
        """Say who the phone is; CAPF's words come through `say`."""

    def key_made(self, session: Any, is_made: bool) -> None:
        """A key is there, or cannot be."""

    def stored(self, session: Any, is_stored: bool) -> None:
        """The LSC is stored, or not."""

    def deleted(self, session: Any, is_deleted: bool) -> None:
        """The LSC is erased, or there was none."""

    def fetched(self, session: Any, is_there: bool) -> None:
        """The LSC was sent, or there is none."""


@dataclass(slots=True, eq=False)
class CAPFServer(WebServer):
    """CAPF as phones meet it: a TLS server with a certificate, and a conversation behind it."""

    node: int
    is_up: Callable[[], bool]
    port: CAPFPort


@dataclass(slots=True)
class Ports:
    """All services of the cluster, by node number where there is one per node."""

    files: dict[int, FileServer] = field(default_factory=dict)
    tvs: dict[int, TVSServer] = field(default_factory=dict)
    registrars: dict[int, Registrar] = field(default_factory=dict)
    reachable: Callable[[int, int], bool] = lambda a, b: True
    """Whether packets pass between two sites."""
    node_is_on: Callable[[int], bool] = lambda node: True
    is_whole: bool = False
    """No site is cut off and every node is on: nobody need ask the two above."""
    proxies: dict[int, Proxy] = field(default_factory=dict)
    """By phone group: the way through Expressways; groups without one need none."""
    outside: frozenset[int] = frozenset()
    """Sites beyond an Expressway, from where neither TVS nor CAPF can be reached."""
    has_srst: Callable[[int], bool] = lambda site: False
    srst_admits: Callable[[int], bool] = lambda phone: True
    """Whether a phone and the gateway of its site come to terms."""
    identity_class: Callable[[int], int] = lambda phone: 0
    """A small number for what the phone shows for itself; phones with the same one are alike."""
    identity_of_class: Callable[[int], DeviceIdentity] = lambda number: DeviceIdentity()
