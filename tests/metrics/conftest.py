"""Journals written by hand, and a made-up storm, for tests of metrics and reports.

No simulation runs here. A `Script` takes rows in any order of time, keeps the order of rows of one
instant, and works the final states out by the slow, obvious replay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
import pytest

from twin.kernel.journal import Journal, MemorySink, NodeEvent, QueueSample
from twin.kernel.queues import FIFOQueue
from twin.metrics.tables import JournalTables, journal_tables
from twin.phones.lifecycle import TABLE, Event, FileKind, State, TVSAnswer
from twin.phones.outcomes import Outcome, Reason, pack

GOLDEN = 0.6180339887498949


@dataclass
class Script:
    """A run told row by row. `initial` has one state per phone."""

    initial: list[State]
    ended_at_ms: int = 60_000
    rows: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    nodes: list[NodeEvent] = field(default_factory=list)
    queues: list[QueueSample] = field(default_factory=list)

    def phone(self, at_ms: int, phone: int, event: Event, detail: int = 0) -> None:
        """One phone event."""
        self.rows.append((at_ms, phone, int(event), -1, detail))

    def chain(self, phone: int, *moments: tuple[int, Event]) -> None:
        """Several events of one phone."""
        for at_ms, event in moments:
            self.phone(at_ms, phone, event)

    def node(self, at_ms: int, service: str, event: str, severity: str = "info", **data) -> None:
        """One node event of the publisher."""
        self.nodes.append(NodeEvent(at_ms, "pub", service, event, severity, data))

    def step(self, at_ms: int, action: str, text: str, outcome: str = "done", lasts: int = 0):
        """One step of the operator; `at_ms` is its start."""
        data = {"step": len(self.nodes) + 1, "action": action, "text": text, "outcome": outcome}
        data |= {"message": "", "started_at_ms": at_ms}
        self.nodes.append(NodeEvent(at_ms + lasts, "", "operator", "step", "info", data))

    def group_reset(self, at_ms: int, wave: int, cause: str) -> None:
        """The publisher's CallManager starts to reset its phones."""
        self.node(at_ms, "CallManager", "group_reset", wave=wave, cause=cause)

    def cycle(self, phone: int, reset_ms: int, back_ms: int, wave: int = 1) -> None:
        """A reset, a boot without a look at any file, and the registration at `back_ms`."""
        self.phone(reset_ms, phone, Event.RESET_RECEIVED, wave)
        self.chain(
            phone,
            (reset_ms, Event.UNREGISTERED),
            (back_ms, Event.BOOTED),
            (back_ms, Event.REGISTER_REQUESTED),
            (back_ms, Event.REGISTERED),
        )

    def ordered(self) -> list[tuple[int, int, int, int, int]]:
        """The rows in order of time."""
        return sorted(self.rows, key=lambda row: row[0])

    def final(self) -> list[State]:
        """Each phone's last state."""
        states = list(self.initial)
        for _, phone, event, _, _ in self.ordered():
            states[phone] = TABLE[states[phone]][Event(event)]
        return states

    def phones(self, **columns: Iterable) -> dict:
        """The phones table; `columns` replaces what the rows do not say."""
        count = len(self.initial)
        filled = {
            "name": [f"SEP{i:012X}" for i in range(count)],
            **dict.fromkeys(("model", "site", "callmanager_group"), ["x"] * count),
            **dict.fromkeys(("protocol", "population", "node", "remedies"), [""] * count),
            "initial_state": [int(state) for state in self.initial],
            "state": [int(state) for state in self.final()],
            "boots": [0] * count,
            "resets": [0] * count,
            "itl_current": [True] * count,
            "ctl_current": [True] * count,
            "stuck": [False] * count,
            "stuck_reasons": [0] * count,
        }
        return filled | columns

    def sink(self) -> MemorySink:
        """All rows, as the kernel would have handed them over."""
        rows = np.array(self.ordered(), dtype=np.int64).reshape(-1, 5)
        return MemorySink([rows], sorted(self.nodes, key=lambda row: row.at_ms), self.queues)

    def tables(self, **columns: Iterable) -> JournalTables:
        """The tables of the run."""
        return journal_tables(self.sink(), self.phones(**columns), self.ended_at_ms)


@dataclass
class Storm:
    """A made-up cluster of two CallManager and TFTP nodes under a wave of resets."""

    script: Script
    journal: Journal

    def wave(self, at_ms: int, wave: int, cause: str, phones: range, rejecting: int = 0) -> None:
        """Reset `phones`; the first `rejecting` of them turn the new list down."""
        script = self.script
        script.group_reset(at_ms, wave, cause)
        boot = NormalDist(np.log(75.0), 0.25)
        asked: list[tuple[int, int]] = []
        for place, phone in enumerate(phones):
            reset_ms = at_ms + place * 10
            left_ms = reset_ms + int(5000 * (place * GOLDEN % 1))
            boot_s = np.exp(boot.inv_cdf((place + 0.5) * GOLDEN % 1))
            script.phone(reset_ms, phone, Event.RESET_RECEIVED, wave)
            script.phone(left_ms, phone, Event.UNREGISTERED, 8)
            script.phone(left_ms + int(boot_s * 1000), phone, Event.BOOTED)
            asked.append((left_ms + int(boot_s * 1000), phone))
        loaded = self._through("tftp", asked, 9_000, Event.FILE_REQUESTED)
        checked = [self._check(at, p, p - phones.start < rejecting) for at, p in loaded]
        for at, phone in self._through("registration", checked, 25_000, Event.REGISTER_REQUESTED):
            script.phone(at, phone, Event.REGISTERED)

    def _check(self, at_ms: int, phone: int, rejects: bool) -> tuple[int, int]:
        """The new list is fetched, its signer asked for, and it is taken or not."""
        script, itl = self.script, int(FileKind.ITL)
        script.phone(at_ms, phone, Event.FILE_RECEIVED, itl)
        script.phone(at_ms, phone, Event.TVS_ASKED, itl)
        answered = at_ms + 500 + int(6_000 * (phone * GOLDEN % 1))
        answer = TVSAnswer.UNTRUSTED if rejects else TVSAnswer.KNOWN
        script.phone(answered, phone, Event.TVS_ANSWERED, answer)
        refused = pack(Outcome.REJECTED, Reason.TVS_CERTIFICATE_NOT_IN_ITL)
        for event in (Event.ITL_CHECKED, Event.CONFIG_CHECKED):
            detail = refused if rejects else pack(Outcome.ACCEPTED_TVS)
            script.phone(answered, phone, event, detail)
        return answered, phone

    def _through(
        self, name: str, arrivals: list[tuple[int, int]], service_us: int, event: Event
    ) -> list[tuple[int, int]]:
        """Let phones through one queue per node: (done at ms, phone)."""
        queues = [
            FIFOQueue(1, None, self.journal, self.journal.name_queue(node, name))
            for node in ("pub", "sub1")
        ]
        done = []
        for at_ms, phone in sorted(arrivals):
            self.script.phone(at_ms, phone, event, int(FileKind.ITL) if name == "tftp" else 0)
            done.append((queues[phone % 2].offer(at_ms, service_us) // 1000, phone))
        for queue in queues:
            queue.finish()
        return sorted(done)


def made_up_storm(phones: int = 5_000) -> tuple[Script, dict]:
    """A window with two waves, in the second of which a twelfth of the phones gets stuck.

    The script, and the columns of the phones table that its rows do not say.
    """
    script = Script([State.REGISTERED] * phones, ended_at_ms=4 * 3_600_000)
    sink = MemorySink()
    journal = Journal([sink])
    storm = Storm(script, journal)
    rejecting = phones // 12
    script.node(0, "twin", "population", phones=phones)
    script.step(60_000, "regenerate", "regenerate CallManager on pub", lasts=5_000)
    storm.wave(71_000, 1, "CallManager of pub", range(phones))
    script.step(200_000, "regenerate", "regenerate TVS on pub", "refused")
    script.step(7_200_000, "regenerate", "regenerate TVS on pub", lasts=5_000)
    script.step(7_201_000, "restart_service", "restart TVS on pub", lasts=9_000)
    script.step(7_230_000, "restart_service", "restart TFTP on pub", lasts=30_000)
    storm.wave(7_261_000, 2, "TVS of pub", range(phones), rejecting)
    script.step(12_600_000, "https_request", "https request to tomcat of pub")
    journal.close()
    script.queues = sorted(sink.queues, key=lambda sample: sample.second)
    reasons = Reason.SIGNER_NOT_IN_LISTS | Reason.TVS_CERTIFICATE_NOT_IN_ITL
    stuck = [phone < rejecting for phone in range(phones)]
    columns = {
        "itl_current": [not value for value in stuck],
        "ctl_current": [True for _ in stuck],
        "stuck": stuck,
        "stuck_reasons": [int(reasons) if value else 0 for value in stuck],
        "remedies": ["delete the ITL by hand;utils itl reset localkey" if v else "" for v in stuck],
    }
    return script, columns


@pytest.fixture(scope="session")
def script() -> type[Script]:
    """The class that tells a run row by row."""
    return Script


@pytest.fixture(scope="session")
def storm_tables() -> JournalTables:
    """A window with two waves over 1,200 phones, 100 of them stuck in the second."""
    told, columns = made_up_storm(1_200)
    return told.tables(**columns)
