"""Sessions of Cisco DRF and the backup that needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from twin.nodes.database import CertificateRow, RowChange
from twin.nodes.drf import ALERT, MOST_ALIKE, Backup, DRFLocal, IPsecTrust
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.presented import Presented
from twin.nodes.service import Service

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost

RETRY_MS = 5_500
NODES = ("labserver1", "labserver2")


@dataclass
class Site:
    """A publisher with its master and an agent on each of two nodes."""

    hosts: dict[str, FakeHost]
    files: dict[str, FileSystem]
    master: Presented
    agents: dict[str, DRFLocal]
    backup: Backup
    cut: list[str] = field(default_factory=list)
    ended: list[str | None] = field(default_factory=list)

    def back_up(self) -> str | None:
        """Run a backup to its end; what went wrong."""
        self.backup.run(self.ended.append)
        self.hosts["labserver1"].clock.settle()
        return self.ended[-1]

    def refusals(self) -> list[int]:
        """When the master saw a session refused, ms."""
        return [row.at_ms for row in self.hosts["labserver1"].rows("tls_refused")]


@pytest.fixture
def site(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    identity: Callable[..., Identity],
) -> Site:
    """Both nodes trust the publisher's ipsec certificate; services take 10 s to start."""
    draws = {"drf_retry_s": RETRY_MS, "drf_backup_node_s": 60_000}
    hosts = {name: make_host(name, "11.5", draws) for name in NODES}
    files = {name: FileSystem() for name in NODES}
    for name in NODES:
        files[name].own["ipsec"] = identity("ipsec", name)
        files[name].add_trust("ipsec-trust", identity("ipsec", "labserver1").certificate)
    service = make_service(hosts["labserver1"], "DRFMaster")
    master = Presented(service, files["labserver1"], None)
    cut: list[str] = []
    agents = {
        name: DRFLocal(
            hosts[name],
            make_service(hosts[name], "DRFLocal"),
            files[name],
            lambda name=name: None if name in cut else master.certificate,
            hosts["labserver1"],
        )
        for name in NODES
    }
    for agent in agents.values():
        service.on_stopped.append(lambda _hangs, agent=agent: agent.lose())
    backup = Backup(hosts["labserver1"], service, list(agents.values()))
    return Site(hosts, files, master, agents, backup, cut)


def test_a_running_cluster_has_its_sessions(site: Site) -> None:
    """Nothing is recorded of sessions that are open from the start, and a backup works."""
    assert site.hosts["labserver2"].rows() == []
    assert site.back_up() is None
    rows = site.hosts["labserver1"].rows("backup_started", "backup_node", "backup_finished")
    assert [row.at_ms for row in rows] == [0, 60_000, 120_000, 120_000]


def test_a_deleted_entry_hurts_at_the_next_session(site: Site, clock: FakeClock) -> None:
    """The open session goes on; after a restart the agent refuses the master again and again."""
    site.files["labserver2"].store("ipsec-trust").remove("labserver1.vasank.com.pem")
    assert site.back_up() is None
    site.agents["labserver2"].service.restart()
    started_ms = clock.now_ms + 10_000
    clock.advance(10_000 + 3 * RETRY_MS)
    assert site.refusals() == [started_ms + n * RETRY_MS for n in range(4)]
    refused = site.hosts["labserver1"].rows("tls_refused")[0].data
    assert (refused["client"], refused["server"]) == ("labserver2", "labserver1")
    assert (refused["leg"], refused["alert"]) == ("DRF", ALERT)
    assert refused["reasons"] == ["the master's certificate is not in ipsec-trust"]
    assert site.back_up() == "Local agent is not responding: labserver2"


def test_an_entry_that_is_back_ends_it(
    site: Site, clock: FakeClock, identity: Callable[..., Identity]
) -> None:
    """The first try after the certificate is back in the store opens the session."""
    store = site.files["labserver2"].store("ipsec-trust")
    store.remove("labserver1.vasank.com.pem")
    site.agents["labserver2"].service.restart()
    clock.advance(60_000)
    store.add(identity("ipsec", "labserver1").certificate)
    clock.advance(RETRY_MS)
    assert site.back_up() is None
    assert len(site.hosts["labserver2"].rows("connected")) == 1


def test_the_master_presents_what_it_loaded(
    site: Site, clock: FakeClock, identity: Callable[..., Identity]
) -> None:
    """A new certificate that the nodes do not have hurts from the master's restart on."""
    site.files["labserver1"].own["ipsec"] = identity("ipsec", "labserver1", generation=1)
    site.agents["labserver2"].service.restart()
    clock.advance(60_000)
    assert site.refusals() == []
    site.master.service.restart()
    clock.advance(30_000)
    assert site.refusals() != []
    assert site.back_up() == "Local agent is not responding: labserver2"


def test_an_expired_certificate_is_refused(site: Site, clock: FakeClock) -> None:
    """Once the master's or a node's own certificate has expired, no new session opens there."""
    clock.now_ms = round(timedelta(days=1825).total_seconds() * 1000)
    site.agents["labserver2"].service.restart()
    clock.advance(10_000)
    (refused,) = site.hosts["labserver1"].rows("tls_refused")
    assert [reason.split(" has ")[1] for reason in refused.data["reasons"]] == ["expired"] * 2


def test_the_publishers_own_agent_looks_at_no_certificate(site: Site, clock: FakeClock) -> None:
    """Master and agent of one server come together whatever has expired."""
    clock.now_ms = round(timedelta(days=1825).total_seconds() * 1000)
    site.agents["labserver1"].service.restart()
    clock.advance(60_000)
    assert site.refusals() == []
    assert site.agents["labserver1"].answers


def test_a_master_that_is_down(site: Site, clock: FakeClock) -> None:
    """Agents look for the master without a word until it is back."""
    site.master.service.stop()
    assert site.back_up() == "Cisco DRF Master is not running"
    clock.advance(60_000)
    assert site.refusals() == []
    site.master.service.start()
    clock.advance(10_000 + RETRY_MS)
    assert all(agent.answers for agent in site.agents.values())


def test_a_cut_path_is_no_answer(site: Site) -> None:
    """A node that cannot be reached has no part in a backup, session or not."""
    site.cut.append("labserver2")
    assert site.back_up() == "Local agent is not responding: labserver2"


def test_an_agent_that_stops_while_it_is_its_turn(site: Site, clock: FakeClock) -> None:
    """A node lost in the middle makes the backup fail at its end."""
    site.backup.run(site.ended.append)
    clock.advance(70_000)
    site.agents["labserver2"].service.stop()
    clock.settle()
    assert site.ended == ["Local agent is not responding: labserver2"]


def test_the_master_stops_in_between(site: Site, clock: FakeClock) -> None:
    """Without its master a backup ends as failed."""
    site.backup.run(site.ended.append)
    site.master.service.stop()
    clock.settle()
    assert site.ended == ["Cisco DRF Master stopped"]


def test_one_backup_at_a_time(site: Site) -> None:
    """A second backup is refused while the first is running, and the first goes on."""
    site.backup.run(site.ended.append)
    site.backup.run(site.ended.append)
    assert site.ended == ["A backup is in progress"]
    site.hosts["labserver1"].clock.settle()
    assert site.ended == ["A backup is in progress", None]


@pytest.fixture
def copy(
    trusted: Callable[..., CertificateRow], identity: Callable[..., Identity]
) -> CertificateRow:
    """The row that brings the publisher's ipsec certificate to both nodes."""
    certificate = identity("ipsec", "labserver1").certificate
    return trusted(("ipsec-trust",), "labserver1", NODES, certificate)


def test_ipsec_trust_follows_the_publishers_row(
    make_host: Callable[..., FakeHost], files: FileSystem, copy: CertificateRow
) -> None:
    """A written row is taken over; a deleted one, another unit and another node's are not."""
    ipsec = IPsecTrust(make_host("labserver2"), files)
    ipsec.on_change(RowChange(1, copy, copy, is_deleted=True))
    ipsec.on_change(RowChange(2, replace(copy, nodes=("labserver1",)), None))
    ipsec.on_change(RowChange(3, replace(copy, units=("CAPF-trust",)), None))
    ipsec.on_change(RowChange(4, replace(copy, node="labserver2"), None))
    assert len(files.store("ipsec-trust")) == 0
    ipsec.on_change(RowChange(5, copy, None))
    assert copy.certificate in files.store("ipsec-trust")


def test_an_agent_refused_for_hours_waits_for_a_change(
    site: Site, clock: FakeClock, identity: Callable[..., Identity]
) -> None:
    """Tries that end alike cease, and begin again when something that may help has changed."""
    store = site.files["labserver2"].store("ipsec-trust")
    store.remove("labserver1.vasank.com.pem")
    site.agents["labserver2"].service.restart()
    clock.advance(30 * 86_400_000)
    assert len(site.refusals()) == MOST_ALIKE
    store.add(identity("ipsec", "labserver1").certificate)
    site.backup.wake()
    clock.advance(RETRY_MS)
    assert site.back_up() is None
