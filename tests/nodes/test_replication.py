from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from twin.nodes.database import CertificateRow, Delete, Replica, RowChange, Unmap
from twin.nodes.file_system import Identity
from twin.nodes.replication import Member, Replication

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost

NODES = ("pub", "sub1", "sub2")
DELAY = "db_replication_delay_s"


@dataclass
class Reachability:
    """Which pairs of nodes have no path."""

    cut: set[frozenset[str]] = field(default_factory=set)

    def __call__(self, one: str, other: str) -> bool:
        return frozenset((one, other)) not in self.cut

    def set(self, one: str, other: str, up: bool) -> None:
        """Cut or mend a path."""
        (self.cut.discard if up else self.cut.add)(frozenset((one, other)))


@dataclass
class Cluster:
    """Three members and what each of them was told."""

    replication: Replication
    hosts: dict[str, FakeHost] = field(default_factory=dict)
    replicas: dict[str, Replica] = field(default_factory=dict)
    heard: dict[str, list[tuple[int, RowChange]]] = field(default_factory=dict)

    def serials(self, node: str) -> list[str]:
        """The new certificates a node heard of, in order."""
        return [change.row.certificate.serial_bytes.hex() for _, change in self.heard[node]]

    def instants(self, node: str) -> list[int]:
        """When a node heard, ms."""
        return [at_ms for at_ms, _ in self.heard[node]]


@pytest.fixture
def reachable() -> Reachability:
    """Every path open until the test cuts it."""
    return Reachability()


@pytest.fixture
def cluster(make_host: Callable[..., FakeHost], reachable: Reachability) -> Cluster:
    """A publisher and two subscribers, each 1 s from a write until the test says otherwise."""
    cluster = Cluster(Replication("pub", reachable))
    for name in NODES:
        host = cluster.hosts[name] = make_host(name, draws={DELAY: 1_000})
        replica = cluster.replicas[name] = Replica()
        heard = cluster.heard[name] = []

        def hear(change: RowChange, heard: list = heard, host: FakeHost = host) -> None:
            heard.append((host.now_ms, change))

        cluster.replication.join(name, Member(host, replica, hear))
    return cluster


@pytest.fixture
def row(
    identity: Callable[..., Identity], own: Callable[..., CertificateRow]
) -> Callable[[str, int], CertificateRow]:
    """A maker of the CallManager row of a node: serial 41, 42, ... by generation."""

    def make(node: str, generation: int = 0) -> CertificateRow:
        serial = f"{0x41 + generation:02x}"
        return own("CallManager", node, identity("CallManager", node, generation, serial), node)

    return make


Rows = Callable[..., CertificateRow]


def test_write_of_the_publisher(cluster: Cluster, clock: FakeClock, row: Rows) -> None:
    """The publisher hears of its own write at once, each subscriber after its own delay."""
    cluster.hosts["sub2"].draws[DELAY] = 2_500
    cluster.replication.write("pub", row("pub"))
    assert cluster.instants("pub") == [0]
    assert cluster.heard["sub1"] == []
    clock.settle()
    assert cluster.instants("sub1") == [1_000]
    assert cluster.instants("sub2") == [2_500]
    assert all(replica.get("pub") == row("pub") for replica in cluster.replicas.values())


def test_write_of_a_subscriber_goes_through_the_publisher(
    cluster: Cluster, clock: FakeClock, row: Rows
) -> None:
    """The publisher has the row first; its writer hears of it after a second delay, as all do."""
    cluster.replication.write("sub1", row("sub1"))
    assert cluster.heard["pub"] == []
    clock.settle()
    assert cluster.instants("pub") == [1_000]
    assert cluster.instants("sub1") == [2_000]
    assert cluster.instants("sub2") == [2_000]


def test_change_carries_what_was_there(cluster: Cluster, clock: FakeClock, row: Rows) -> None:
    """The first write of a pkid is new, the next an update of it, everywhere by one number."""
    cluster.replication.write("pub", row("pub", 0))
    cluster.replication.write("pub", row("pub", 1))
    clock.settle()
    for name in NODES:
        (_, first), (_, second) = cluster.heard[name]
        assert (first.number, first.action) == (1, "I")
        assert (second.number, second.action) == (2, "U")
        assert second.old == row("pub", 0)


def test_order_on_a_link_is_kept(cluster: Cluster, clock: FakeClock, row: Rows) -> None:
    """A later change with a shorter delay does not overtake the one before it."""
    cluster.hosts["sub1"].draws[DELAY] = [5_000, 300, 700]
    for generation in range(3):
        cluster.replication.write("pub", row("pub", generation))
    clock.settle()
    assert cluster.serials("sub1") == ["41", "42", "43"]
    assert cluster.instants("sub1") == [5_000, 5_000, 5_000]
    assert cluster.instants("sub2") == [1_000, 1_000, 1_000]
    assert cluster.replicas["sub1"].get("pub") == row("pub", 2)


def test_order_on_the_way_up_is_kept(cluster: Cluster, clock: FakeClock, row: Rows) -> None:
    """Two writes of one subscriber reach the publisher in the order they were made."""
    cluster.hosts["sub1"].draws[DELAY] = [9_000, 300, 1_000, 1_000]
    cluster.replication.write("sub1", row("sub1", 0))
    cluster.replication.write("sub1", row("sub1", 1))
    clock.settle()
    assert cluster.serials("pub") == ["41", "42"]
    assert cluster.replicas["pub"].get("sub1") == row("sub1", 1)


@pytest.mark.parametrize("first", [0, -1])
def test_order_does_not_hang_on_ties(
    cluster: Cluster, clock: FakeClock, row: Rows, first: int
) -> None:
    """Changes due in the same instant arrive in their order, whichever timer goes off first."""
    for generation in range(2):
        cluster.replication.write("pub", row("pub", generation))
    due = [timer for timer in clock.timers if timer.args == ("sub1",)]
    assert [timer.at_ms for timer in due] == [1_000, 1_000]
    due[first].number = 0  # the clock lets the lowest number of an instant go first
    clock.settle()
    assert cluster.serials("sub1") == ["41", "42"]


def test_unreachable_subscriber_waits(
    cluster: Cluster, clock: FakeClock, row: Rows, reachable: Reachability
) -> None:
    """A node that is cut off gets the changes it missed, in order, once the path is back."""
    reachable.set("pub", "sub1", up=False)
    for generation in range(2):
        cluster.replication.write("pub", row("pub", generation))
    clock.advance(3_600_000)
    assert cluster.heard["sub1"] == []
    assert len(cluster.heard["sub2"]) == 2
    reachable.set("pub", "sub1", up=True)
    cluster.replication.retry()
    clock.settle()
    assert cluster.serials("sub1") == ["41", "42"]
    assert cluster.instants("sub1") == [3_601_000, 3_601_000]
    assert len(cluster.heard["sub2"]) == 2


def test_changes_cut_off_under_way_keep_their_order(
    cluster: Cluster, clock: FakeClock, row: Rows, reachable: Reachability
) -> None:
    """Changes that find the path cut on arrival are delivered later, still the oldest first."""
    cluster.hosts["sub1"].draws[DELAY] = [1_000, 2_000, 3_000, 500, 500, 500]
    for generation in range(3):
        cluster.replication.write("pub", row("pub", generation))
    reachable.set("pub", "sub1", up=False)
    clock.advance(2_500)
    assert cluster.heard["sub1"] == []
    reachable.set("pub", "sub1", up=True)
    cluster.replication.retry()
    clock.settle()
    assert cluster.serials("sub1") == ["41", "42", "43"]
    assert cluster.replicas["sub1"].get("pub") == row("pub", 2)


def test_path_that_is_back_before_the_arrival(
    cluster: Cluster, clock: FakeClock, row: Rows, reachable: Reachability
) -> None:
    """A cut that is mended while a change is under way delivers it once, not twice."""
    cluster.replication.write("pub", row("pub"))
    reachable.set("pub", "sub1", up=False)
    clock.advance(500)
    reachable.set("pub", "sub1", up=True)
    cluster.replication.retry()
    clock.settle()
    assert cluster.instants("sub1") == [1_000]


def test_write_waits_for_the_publisher(
    cluster: Cluster, clock: FakeClock, row: Rows, reachable: Reachability
) -> None:
    """A node that cannot reach the publisher keeps its row, says so, and writes it afterwards."""
    reachable.set("pub", "sub1", up=False)
    cluster.replication.write("sub1", row("sub1"))
    (wait,) = cluster.hosts["sub1"].rows()
    assert (wait.service, wait.event, wait.severity) == ("DB", "write_waits", "warning")
    assert wait.data == {"pkid": "sub1", "publisher": "pub"}
    clock.advance(60_000)
    assert all(heard == [] for heard in cluster.heard.values())
    reachable.set("pub", "sub1", up=True)
    cluster.replication.retry()
    clock.settle()
    assert cluster.instants("pub") == [61_000]
    assert cluster.instants("sub1") == [62_000]


def test_write_under_way_when_the_publisher_goes(
    cluster: Cluster, clock: FakeClock, row: Rows, reachable: Reachability
) -> None:
    """A row that does not find the publisher on arrival is not lost, and not written meanwhile."""
    cluster.replication.write("sub1", row("sub1"))
    reachable.set("pub", "sub1", up=False)
    clock.advance(5_000)
    assert cluster.replicas["pub"].get("sub1") is None
    assert [row.event for row in cluster.hosts["sub1"].rows()] == ["write_waits"]
    reachable.set("pub", "sub1", up=True)
    cluster.replication.retry()
    clock.settle()
    assert cluster.instants("pub") == [6_000]
    assert cluster.serials("sub2") == ["41"]


def test_retry_with_nothing_waiting(cluster: Cluster, clock: FakeClock, row: Rows) -> None:
    """A path that comes back while nothing waits delivers nothing a second time."""
    cluster.replication.write("pub", row("pub"))
    clock.settle()
    cluster.replication.retry()
    assert clock.timers == []
    assert [len(heard) for heard in cluster.heard.values()] == [1, 1, 1]


# -- mappings and deletions -----------------------------------------------------------------


@pytest.fixture
def copy(
    trusted: Callable[..., CertificateRow], identity: Callable[..., Identity]
) -> CertificateRow:
    """A trust copy with two units that all nodes are to hold."""
    units = ("CallManager-trust", "Phone-SAST-trust")
    return trusted(units, "pub", NODES, identity("CallManager", "pub").certificate)


def test_mappings_go_one_by_one(cluster: Cluster, clock: FakeClock, copy: CertificateRow) -> None:
    """A mapping is taken out in silence everywhere; the row goes with the last, with a notice."""
    cluster.replication.write("pub", copy)
    clock.settle()
    pairs = [(unit, node) for unit in copy.units for node in NODES]
    for number, (unit, node) in enumerate(pairs, start=1):
        cluster.replication.write(node, Unmap(copy.pkid, unit, node))
        clock.settle()
        left = cluster.replicas["sub2"].get(copy.pkid)
        assert (left is None) == (number == len(pairs))
        assert left is None or not left.maps(unit, node)
    for name in NODES:
        (_, first), (_, last) = cluster.heard[name]
        assert (first.action, last.action) == ("I", "D")
        assert last.row.pkid == copy.pkid


def test_deletions_of_two_nodes_do_not_undo_each_other(
    cluster: Cluster, clock: FakeClock, copy: CertificateRow
) -> None:
    """Two nodes that take out their mappings in the same instant are both taken out."""
    cluster.replication.write("pub", copy)
    clock.settle()
    for node in ("sub1", "sub2"):
        cluster.replication.write(node, Unmap(copy.pkid, "CallManager-trust", node))
    clock.settle()
    row = cluster.replicas["pub"].get(copy.pkid)
    assert row is not None
    assert [row.maps("CallManager-trust", node) for node in NODES] == [True, False, False]
    assert all(row.maps("Phone-SAST-trust", node) for node in NODES)
    assert row.mapped_again("CallManager-trust") == copy


def test_nothing_to_take_out(cluster: Cluster, clock: FakeClock, copy: CertificateRow) -> None:
    """A mapping or a row that is not there changes nothing and is told to nobody."""
    cluster.replication.write("pub", Unmap(copy.pkid, "CallManager-trust", "pub"))
    cluster.replication.write("pub", Delete(copy.pkid))
    cluster.replication.write("pub", copy)
    cluster.replication.write("pub", Unmap(copy.pkid, "CallManager-trust", "stranger"))
    clock.settle()
    assert [[change.action for _, change in cluster.heard[name]] for name in NODES] == [["I"]] * 3


def test_a_row_is_deleted_whole(cluster: Cluster, clock: FakeClock, copy: CertificateRow) -> None:
    """A deleted row is gone from every replica, and a later write of it is new."""
    cluster.replication.write("pub", copy)
    cluster.replication.write("sub1", Delete(copy.pkid))
    clock.settle()
    assert all(replica.get(copy.pkid) is None for replica in cluster.replicas.values())
    cluster.replication.write("pub", copy)
    clock.settle()
    actions = [change.action for _, change in cluster.heard["sub2"]]
    assert actions == ["I", "D", "I"]


# -- broken replication ---------------------------------------------------------------------


def test_a_broken_node_neither_sends_nor_receives(
    cluster: Cluster, clock: FakeClock, row: Rows
) -> None:
    """What it writes and what others write waits until replication is repaired."""
    cluster.replication.broken.add("sub1")
    cluster.replication.write("pub", row("pub"))
    cluster.replication.write("sub1", row("sub1"))
    clock.settle()
    assert (cluster.serials("pub"), cluster.serials("sub1")) == (["41"], [])
    cluster.replication.broken.discard("sub1")
    cluster.replication.retry()
    clock.settle()
    assert [len(cluster.heard[name]) for name in NODES] == [2, 2, 2]


def test_a_broken_publisher_is_alone(cluster: Cluster, clock: FakeClock, row: Rows) -> None:
    """Without the publisher's replication nobody hears of anything but the publisher itself."""
    cluster.replication.broken.add("pub")
    for name in NODES:
        cluster.replication.write(name, row(name))
    clock.settle()
    assert [len(cluster.heard[name]) for name in NODES] == [1, 0, 0]


# -- a database as a whole ------------------------------------------------------------------


def test_a_restored_database_is_there_without_a_notice(
    cluster: Cluster, clock: FakeClock, row: Rows
) -> None:
    """Every replica becomes the backup's; what was under way or waited is lost."""
    cluster.replication.write("pub", row("pub", 1))
    cluster.replication.write("sub1", row("sub1", 1))
    heard = len(cluster.heard["pub"])
    cluster.replication.replace([row("pub"), row("sub2")])
    clock.settle()
    for replica in cluster.replicas.values():
        assert [entry.certificate for entry in replica] == [
            row("pub").certificate, row("sub2").certificate,
        ]  # fmt: skip
    assert len(cluster.heard["pub"]) == heard
    assert cluster.heard["sub1"] == cluster.heard["sub2"] == []


def test_writes_go_on_after_a_restore(cluster: Cluster, clock: FakeClock, row: Rows) -> None:
    """A write that comes while old arrivals are due reaches everybody once."""
    cluster.replication.write("pub", row("pub", 1))
    cluster.replication.replace([row("pub")])
    cluster.replication.write("sub2", row("sub2", 1))
    clock.settle()
    assert cluster.serials("sub1") == ["42"]
    assert cluster.replicas["sub1"].get("sub2") == row("sub2", 1)


def test_a_node_gets_a_copy(cluster: Cluster, row: Rows) -> None:
    """A new machine's replica becomes that of another node, and of no other."""
    cluster.replicas["pub"].put(row("pub"))
    cluster.replication.copy("pub", "sub1")
    assert [len(replica) for replica in cluster.replicas.values()] == [1, 1, 0]
