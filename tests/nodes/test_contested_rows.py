"""Rows nodes disagree about: multi-server certificates (CSCup28852), namesakes (CSCvn65359)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from twin.config.release import ReleaseProfile
from twin.nodes.change_notification import ChangeNotification
from twin.nodes.database import CertificateRow, Replica, RowChange, Write
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.service import Service

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost

RESYNC_MS = 1_800_000
LOOK_MS = 420_000
NODES = ("labserver1", "labserver2", "labserver3")


@dataclass
class Agent:
    """certCN of labserver2 in a cluster with a multi-server certificate."""

    host: FakeHost
    service: Service
    certcn: ChangeNotification
    files: FileSystem
    replica: Replica
    row: CertificateRow
    identity: Identity
    written: list[Write] = field(default_factory=list)

    def hear(self, row: CertificateRow) -> None:
        """A row is written somewhere."""
        old = self.replica.get(row.pkid)
        self.replica.put(row)
        self.certcn.on_change(RowChange(1, row, old))


@pytest.fixture
def make_agent(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    releases: Callable[[str], ReleaseProfile],
    files: FileSystem,
    replica: Replica,
    identity: Callable[..., Identity],
) -> Callable[..., Agent]:
    """A maker of agents, by defects and unit."""

    def make(defects: tuple[str, ...] = ("CSCup28852",), unit: str = "CallManager") -> Agent:
        profile = releases("10.5").model_copy(update={"defects": defects})
        host = make_host("labserver2", profile, {"multi_server_look_s": LOOK_MS})
        written = list[Write]()
        first = identity(unit, "labserver1", common_name="labserver1-ms.vasank.com")
        first = replace(first, is_shared=True)
        service = make_service(host, "certCN")
        certcn = ChangeNotification(host, service, files, replica, written.append)
        row = CertificateRow("ms", (unit,), "labserver1", NODES, first.certificate, key=first.key)
        return Agent(host, service, certcn, files, replica, row, first, written)

    return make


def test_a_multi_server_certificate_becomes_the_nodes_own(
    make_agent: Callable[..., Agent],
) -> None:
    """The certificate of a shared row is installed with its key, once."""
    agent = make_agent()
    agent.hear(agent.row)
    agent.hear(replace(agent.row, node="labserver3"))
    assert agent.files.own == {"CallManager": agent.identity}
    assert [row.data["unit"] for row in agent.host.rows("install")] == ["CallManager"]


def test_a_resync_installs_what_was_missed(
    make_agent: Callable[..., Agent], clock: FakeClock
) -> None:
    """A node whose service was stopped takes the certificate at the next resync."""
    agent = make_agent()
    agent.service.stop()
    agent.hear(agent.row)
    assert agent.files.own == {}
    agent.service.start()
    clock.advance(RESYNC_MS)
    assert agent.files.own == {"CallManager": agent.identity}


def test_a_node_that_is_not_mapped_stays_out(make_agent: Callable[..., Agent]) -> None:
    """A shared row of other nodes is nothing to this one."""
    agent = make_agent()
    agent.hear(replace(agent.row, nodes=("labserver1", "labserver3")))
    assert agent.files.own == {}


def test_the_row_is_written_over(make_agent: Callable[..., Agent], clock: FakeClock) -> None:
    """Seven minutes after the last notice the node puts its own name into the row, once."""
    agent = make_agent()
    agent.hear(agent.row)
    clock.advance(LOOK_MS - 1)
    assert agent.written == []
    clock.advance(1)
    assert agent.written == [replace(agent.row, node="labserver2")]
    agent.hear(replace(agent.row, node="labserver2"))
    clock.advance(10 * LOOK_MS)
    assert len(agent.written) == 1


def test_each_notice_starts_the_time_over(
    make_agent: Callable[..., Agent], clock: FakeClock
) -> None:
    """While others keep writing, this node waits; nobody is overtaken twice in seven minutes."""
    agent = make_agent()
    for node in ("labserver1", "labserver3", "labserver1"):
        agent.hear(replace(agent.row, node=node))
        clock.advance(LOOK_MS - 1)
    assert agent.written == []
    clock.advance(1)
    assert len(agent.written) == 1


def test_a_stopped_service_contests_nothing_until_it_is_started(
    make_agent: Callable[..., Agent], clock: FakeClock
) -> None:
    """A stop ends it, and a start takes it up again where another's name is in the row."""
    agent = make_agent()
    agent.hear(agent.row)
    agent.service.stop()
    clock.advance(10 * LOOK_MS)
    assert agent.written == []
    agent.service.start()
    clock.settle()
    clock.advance(LOOK_MS)
    assert len(agent.written) == 1


@pytest.mark.parametrize("what", ["fixed", "tomcat-trust", "own"])
def test_who_contests_nothing(
    make_agent: Callable[..., Agent], clock: FakeClock, what: str
) -> None:
    """No build without the defect, no trust copy, no certificate of a single node."""
    agent = make_agent(() if what == "fixed" else ("CSCup28852",))
    rows = {
        "fixed": agent.row,
        "tomcat-trust": replace(agent.row, units=("tomcat-trust",)),
        "own": replace(agent.row, nodes=("labserver1",)),
    }
    agent.hear(rows[what])
    clock.advance(10 * LOOK_MS)
    assert agent.written == []


def test_looking_is_no_work(make_agent: Callable[..., Agent], clock: FakeClock) -> None:
    """A loop without end does not keep a cluster from being called quiet."""
    agent = make_agent()
    agent.hear(agent.row)
    assert [timer.counts for timer in clock.timers] == [False, False]


@pytest.mark.parametrize(("defects", "imports"), [(("CSCvn65359",), 2), ((), 0)])
def test_namesakes_push_each_other_out(
    make_agent: Callable[..., Agent],
    trusted: Callable[..., CertificateRow],
    identity: Callable[..., Identity],
    clock: FakeClock,
    defects: tuple[str, ...],
    imports: int,
) -> None:
    """With the defect each row of a name has its turn at every resync; without, the later stays."""
    agent = make_agent(defects)
    older, newer = (
        replace(
            trusted(("tomcat-trust",), "labserver1", NODES, of.certificate), pkid=f"row-{number}"
        )
        for number, of in ((2, identity("authority")), (1, identity("authority", generation=1)))
    )
    for row in (older, newer):
        agent.replica.put(row)
        agent.files.add_trust("tomcat-trust", row.certificate)
    clock.advance(2 * RESYNC_MS)
    second = [row for row in agent.host.rows("import") if row.at_ms == 2 * RESYNC_MS]
    assert len(second) == imports
    (entry,) = agent.files.store("tomcat-trust").entries()
    assert entry.certificate == (older if defects else newer).certificate
