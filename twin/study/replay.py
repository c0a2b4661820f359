"""A run played again from its folder: to the end, to the handshake of one row, to an instant.

Knows: that equal inputs give an equal journal, so that a row of the one run is the same row of the
other. Must not know what becomes of the twin, or of the two ends, that are found there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twin.cluster.legs import every_leg
from twin.cluster.twin import Twin
from twin.config.inputs import Inputs, read_inputs
from twin.errors import Fault, InputError
from twin.kernel.journal import Data, NodeEvent
from twin.metrics.storage import read_run
from twin.nodes.legs import Leg, judge
from twin.pki.handshake import Endpoint, Handshakes
from twin.pki.keys import KeyBank
from twin.simtime import format_ms
from twin.study.run import build, drive

HANDSHAKES = ("tls_connected", "tls_refused")
PHONE_SERVICE = "CallManager"
SSH = "SSH"
PHONE_PORTS = {"SIP TLS 5061": 5061, "SCCP TLS 2443": 2443}


@dataclass(frozen=True, slots=True)
class Handshake:
    """One handshake that a run's journal tells of, by its number there (from 1)."""

    number: int
    row: NodeEvent

    @property
    def leg(self) -> str:
        """Kind of the leg."""
        return str(self.row.data["leg"])

    @property
    def client(self) -> str:
        """Who opened it: a system, or a population of phones."""
        return str(self.row.data["client"])

    @property
    def server(self) -> str:
        """Who was asked; CallManager tells of phones in its own log."""
        return str(self.row.data.get("server", self.row.node))

    @property
    def port(self) -> int:
        """The server's."""
        return int(str(self.row.data.get("port") or PHONE_PORTS[self.leg]))

    @property
    def refused_by(self) -> str:
        """client, server, or empty."""
        return str(self.row.data.get("refused_by", ""))

    @property
    def alert(self) -> str:
        """What the refusing end sent, if anything."""
        return str(self.row.data.get("alert", ""))

    @property
    def reasons(self) -> tuple[str, ...]:
        """What it found wrong."""
        reasons = self.row.data.get("reasons", ())
        return tuple(map(str, reasons)) if isinstance(reasons, Sequence) else ()

    @property
    def name(self) -> str:
        """Kind, client, server and port."""
        return f"{self.leg} {self.client} > {self.server}:{self.port}"


@dataclass(frozen=True, slots=True)
class Caught:
    """The two ends of a handshake as they were, the moment, and the twin around them."""

    client: Endpoint
    server: Endpoint
    at: datetime
    twin: Twin


def handshakes(directory: Path) -> list[Handshake]:
    """Every handshake that the journal of a finished run tells of, in order.

    Raises:
        InputError: The folder holds no run.
    """
    rows = [row for row in read_run(directory).node_events if _is_handshake(row)]
    return [Handshake(number, row) for number, row in enumerate(rows, 1)]


def choose(found: Sequence[Handshake], wanted: str) -> Handshake:
    """The handshake that is meant: its number, or words of which the last that has them all.

    Raises:
        InputError: There is none.
    """
    if wanted.isdigit() and 1 <= int(wanted) <= len(found):
        return found[int(wanted) - 1]
    words = wanted.split()
    for one in reversed(found):
        names = (*one.leg.split(), one.leg, one.client, one.server, str(one.port))
        if words and all(word in names for word in words):
            return one
    raise InputError(
        Fault(
            "LEG", repr(wanted), "a number, or kind, client and server such as 'L7 expc cucm-sub'",
            None, "'twin capture RUN_DIR' lists what the run's journal tells of.",
        )
    )  # fmt: skip


def replay(directory: Path, bank: KeyBank | None = None) -> Twin:
    """The twin of a run as it was at the end.

    Raises:
        InputError: The folder does not hold what the run was made from.
    """
    inputs = read_inputs(directory)
    return _driven(_build(inputs, bank), inputs)


def catch(directory: Path, wanted: Handshake, bank: KeyBank | None = None) -> Caught:
    """Play a run again and stop where a handshake was judged.

    Raises:
        InputError: The run cannot be played again, or took another course; or there was no
            handshake, because a fault of one end kept it from speaking.
    """
    inputs = read_inputs(directory)
    twin = _build(inputs, bank)
    watcher = _Watcher(twin, wanted)
    try:
        twin.journal.watch(watcher.hear)
        _driven(twin, inputs)
    except _There:
        assert watcher.ends is not None
        return Caught(*watcher.ends, twin.cluster.epoch.at(wanted.row.at_ms), twin)
    raise _another_course(directory, inputs)


def meet(
    directory: Path, wanted: str, at_ms: int, bank: KeyBank | None = None
) -> tuple[Handshake, Caught]:
    """Play a run again up to an instant, and let the two ends of a leg meet there.

    For what a journal does not tell of: sessions of phones and sign-ins from outside that came
    about, and any leg at any moment.

    Args:
        wanted: kind, client and server of a leg; a client may be a population of phones.
        at_ms: milliseconds since the scenario's start.

    Raises:
        InputError: no such leg then, or no handshake on it; the run is over before, or cannot be
            stopped anywhere, since its ties were shuffled.
    """
    inputs = read_inputs(directory)
    if inputs.perturb_ties is not None:
        raise InputError(Fault(str(directory), "shuffled ties", "a run in its own order"))
    twin = _build(inputs, bank)
    twin.cluster.simulation.call_after(at_ms, _stop, counts=False)
    with contextlib.suppress(_There):
        _driven(twin, inputs)
    if twin.now_ms != at_ms:
        fault = Fault("--at", format_ms(at_ms), f"no later than {format_ms(twin.now_ms)}")
        raise InputError(fault)
    leg = _leg(every_leg(twin.cluster), wanted)
    client, server = _both_ends(leg, leg.name)
    verdict = judge(leg, Handshakes())
    data: Data = {
        "leg": leg.kind, "client": leg.client.name, "server": leg.server.name, "port": leg.port,
        "refused_by": verdict.refused_by, "alert": verdict.alert, "reasons": list(verdict.reasons),
    }  # fmt: skip
    event = "tls_refused" if verdict.refused_by else "tls_connected"
    row = NodeEvent(at_ms, leg.client.host.name, "tls", event, "info", data)
    return Handshake(0, row), Caught(client, server, twin.now, twin)


def _stop() -> None:
    raise _There


def _leg(legs: Sequence[Leg], wanted: str) -> Leg:
    words = wanted.split()
    for leg in legs:
        names = (*leg.kind.split(), leg.kind, leg.client.name, leg.server.name, str(leg.port))
        if words and all(word in names for word in words):
            return leg
    known = ", ".join(dict.fromkeys(leg.kind for leg in legs)) or "none"
    raise InputError(
        Fault(
            "LEG", repr(wanted), "kind, client and server such as 'L1 home-8851 expe1'",
            None, f"Kinds there are then: {known}.",
        )
    )  # fmt: skip


def _both_ends(leg: Leg, name: str) -> tuple[Endpoint, Endpoint]:
    """The ends of a leg now.

    Raises:
        InputError: no TLS is spoken between them.
    """
    if leg.service == SSH:
        raise InputError(Fault(name, "no TLS: SSH is spoken on it"))
    fault = leg.client.fault() or leg.server.fault()
    client, server = leg.client.end(), leg.server.end()
    if client is not None and server is not None and not fault:
        return client, server
    raise InputError(Fault(name, f"no handshake took place: {fault or 'one end was down'}"))


class _There(Exception):  # noqa: N818 - the end of a search, not an error
    """The row was written a moment ago."""


class _Watcher:
    """Counts handshakes, and takes the ends of one."""

    def __init__(self, twin: Twin, wanted: Handshake) -> None:
        self.ends: tuple[Endpoint, Endpoint] | None = None
        self._twin = twin
        self._wanted = wanted
        self._seen = 0

    def hear(self, row: NodeEvent) -> None:
        if not _is_handshake(row):
            return
        self._seen += 1
        if self._seen != self._wanted.number or row.line() != self._wanted.row.line():
            return
        self.ends = self._ends()
        raise _There

    def _ends(self) -> tuple[Endpoint, Endpoint]:
        wanted, cluster = self._wanted, self._twin.cluster
        if wanted.row.service == PHONE_SERVICE:
            judged = cluster.engine.securing.judged
            assert judged is not None
            return judged
        for leg in every_leg(cluster):
            names = (leg.kind, leg.client.name, leg.server.name, leg.port)
            if names != (wanted.leg, wanted.client, wanted.server, wanted.port):
                continue
            return _both_ends(leg, wanted.name)
        raise InputError(Fault(wanted.name, "not a leg of the cluster at that moment"))


def _is_handshake(row: NodeEvent) -> bool:
    return row.event in HANDSHAKES and "leg" in row.data and "client" in row.data


def _build(inputs: Inputs, bank: KeyBank | None) -> Twin:
    return build(inputs.config, [], bank, perturb_ties=inputs.perturb_ties)


def _driven(twin: Twin, inputs: Inputs) -> Twin:
    drive(twin, inputs.config, lambda _now_ms, _what: None)
    return twin


def _another_course(directory: Path, inputs: Inputs) -> InputError:
    what = f"a run of version {inputs.version} that takes another course now"
    return InputError(Fault(str(directory), what, "", None, "Run it again with this version."))
