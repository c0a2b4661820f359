from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
IMPORTED = ("tomcat-trust", "CallManager-trust", "Phone-SAST-trust", "directory-trust")
LEFT_ALONE = ("ipsec-trust", "CAPF-trust", "TVS-trust", "Phone-VPN-trust")


def ignored(_write: Write) -> None:
    """Where a write goes that the test has no interest in."""


@pytest.fixture
def host(make_host: Callable[..., FakeHost]) -> FakeHost:
    """The node that hears of changes elsewhere."""
    return make_host("labserver2")


@pytest.fixture
def service(host: FakeHost, make_service: Callable[..., Service]) -> Service:
    """Its Cisco Certificate Change Notification service."""
    return make_service(host, "certCN")


@pytest.fixture
def certcn(
    host: FakeHost, service: Service, files: FileSystem, replica: Replica
) -> ChangeNotification:
    """certCN of the node."""
    return ChangeNotification(host, service, files, replica, ignored)


@pytest.fixture
def copy(
    trusted: Callable[..., CertificateRow], identity: Callable[..., Identity]
) -> Callable[..., CertificateRow]:
    """A maker of trust copies of labserver1's CallManager certificate for both nodes."""

    def make(
        *units: str,
        node: str = "labserver1",
        holders: tuple[str, ...] = ("labserver1", "labserver2"),
        generation: int = 1,
    ) -> CertificateRow:
        certificate = identity("CallManager", "labserver1", generation).certificate
        return trusted(units or ("CallManager-trust",), node, holders, certificate)

    return make


@pytest.mark.parametrize("unit", IMPORTED)
def test_import_of_its_units(
    certcn: ChangeNotification,
    files: FileSystem,
    host: FakeHost,
    copy: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    unit: str,
) -> None:
    """A changed trust row of a unit it cares for becomes a file, and a record."""
    row = copy(unit)
    certcn.on_change(change(row, None))
    assert row.certificate in files.store(unit)
    (record,) = host.rows("import")
    assert record.service == "certCN"
    assert record.data == {
        "unit": unit,
        "name": "labserver1.vasank.com",
        "serial": row.certificate.serial_bytes.hex(),
        "outcome": "added",
    }


@pytest.mark.parametrize("unit", LEFT_ALONE)
def test_other_units_are_left_alone(
    certcn: ChangeNotification,
    files: FileSystem,
    host: FakeHost,
    copy: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    unit: str,
) -> None:
    """CAPF-trust, TVS-trust, ipsec-trust and others are not brought to other nodes."""
    certcn.on_change(change(copy(unit), None))
    assert len(files.store(unit)) == 0
    assert host.rows() == []


def test_units_are_the_releases(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    releases: Callable[[str], ReleaseProfile],
    files: FileSystem,
    replica: Replica,
    copy: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
) -> None:
    """Which units it imports is the release's word, not this service's."""
    narrow = releases("11.5").model_copy(update={"certcn_units": ("CAPF-trust",)})
    host = make_host("labserver2", narrow)
    certcn = ChangeNotification(host, make_service(host, "certCN"), files, replica, ignored)
    certcn.on_change(change(copy("CallManager-trust", "CAPF-trust"), None))
    assert len(files.store("CallManager-trust")) == 0
    assert len(files.store("CAPF-trust")) == 1


def test_one_row_with_two_units(
    certcn: ChangeNotification,
    files: FileSystem,
    copy: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
) -> None:
    """A CallManager copy goes into CallManager-trust and Phone-SAST-trust."""
    certcn.on_change(change(copy("CallManager-trust", "Phone-SAST-trust"), None))
    assert [len(files.store(unit)) for unit in ("CallManager-trust", "Phone-SAST-trust")] == [1, 1]


def test_origin_does_nothing(
    certcn: ChangeNotification,
    files: FileSystem,
    host: FakeHost,
    copy: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
) -> None:
    """On the node the certificate belongs to, the file is there already: no action."""
    certcn.on_change(change(copy(node="labserver2"), None))
    assert len(files.store("CallManager-trust")) == 0
    assert host.rows() == []


def test_own_certificates_do_not_travel(
    certcn: ChangeNotification,
    files: FileSystem,
    host: FakeHost,
    own: Callable[..., CertificateRow],
    identity: Callable[..., Identity],
    change: Callable[..., RowChange],
) -> None:
    """The identity row of another node makes no file, though its unit is in the list."""
    row = own("CallManager", "labserver1", identity())
    certcn.on_change(change(row, None))
    certcn.on_change(change(replace(row, nodes=("labserver1", "labserver2")), None))
    assert files.own == {}
    assert files.trust == {}
    assert host.rows() == []


def test_row_mapped_to_other_nodes(
    certcn: ChangeNotification,
    files: FileSystem,
    copy: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
) -> None:
    """A row that the node is not mapped to is nothing to it."""
    certcn.on_change(change(copy(holders=("labserver1",)), None))
    assert len(files.store("CallManager-trust")) == 0


def test_newer_certificate_replaces_the_copy(
    certcn: ChangeNotification,
    files: FileSystem,
    host: FakeHost,
    copy: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
) -> None:
    """A regenerated certificate takes the place of its predecessor's copy, the store's way."""
    certcn.on_change(change(copy(generation=1), None))
    certcn.on_change(change(copy(generation=2), None))
    certcn.on_change(change(copy(generation=2), None))
    assert [row.data["outcome"] for row in host.rows("import")] == ["added", "replaced"]
    (entry,) = files.store("CallManager-trust").entries()
    assert entry.certificate == copy(generation=2).certificate


def test_stopped_service_imports_nothing(
    certcn: ChangeNotification,
    service: Service,
    clock: FakeClock,
    files: FileSystem,
    replica: Replica,
    copy: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
) -> None:
    """While it is stopped neither a notice nor the resync brings anything in."""
    service.stop()
    replica.put(copy())
    certcn.on_change(change(copy(), None))
    clock.advance(3 * RESYNC_MS)
    assert len(files.store("CallManager-trust")) == 0


def test_resync_adds_again_what_was_deleted(
    certcn: ChangeNotification,
    clock: FakeClock,
    host: FakeHost,
    files: FileSystem,
    replica: Replica,
    copy: Callable[..., CertificateRow],
) -> None:
    """A file deleted by hand returns from the database every 1800 s, again and again."""
    row = copy()
    replica.put(row)
    files.store("CallManager-trust").add(row.certificate)
    for turn in (1, 2):
        files.store("CallManager-trust").remove("labserver1.vasank.com.pem")
        clock.advance(RESYNC_MS - 1)
        assert len(files.store("CallManager-trust")) == 0
        clock.advance(1)
        assert row.certificate in files.store("CallManager-trust")
        assert [record.at_ms for record in host.rows("resync")] == [
            number * RESYNC_MS for number in range(1, turn + 1)
        ]
    assert [record.data for record in host.rows("resync")] == [{"imported": 1, "written": 0}] * 2


def test_resync_with_nothing_to_do(
    certcn: ChangeNotification,
    clock: FakeClock,
    host: FakeHost,
    files: FileSystem,
    replica: Replica,
    copy: Callable[..., CertificateRow],
) -> None:
    """A resync that finds file system and database equal records nothing."""
    replica.put(copy())
    files.store("CallManager-trust").add(copy().certificate)
    clock.advance(RESYNC_MS)
    assert host.rows() == []


def test_resync_after_a_stop(
    certcn: ChangeNotification,
    service: Service,
    clock: FakeClock,
    files: FileSystem,
    replica: Replica,
    copy: Callable[..., CertificateRow],
) -> None:
    """A service that is started again resyncs at the next turn."""
    service.stop()
    replica.put(copy())
    clock.advance(RESYNC_MS)
    service.start()
    clock.advance(RESYNC_MS)
    assert len(files.store("CallManager-trust")) == 1


def test_resync_is_no_work(certcn: ChangeNotification, clock: FakeClock) -> None:
    """The timer of the resync never keeps a cluster from being quiet, and its time is set."""
    (timer,) = clock.timers
    assert (timer.at_ms, timer.counts) == (RESYNC_MS, False)


def test_resync_time_is_a_parameter(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    clock: FakeClock,
    files: FileSystem,
    replica: Replica,
) -> None:
    """The timing profile sets the time between two resyncs."""
    host = make_host("labserver2", certcn_resync_s=600)
    ChangeNotification(host, make_service(host, "certCN"), files, replica, ignored)
    assert [timer.at_ms for timer in clock.timers] == [600_000]


# -- deleted certificates come back ---------------------------------------------------------


@pytest.fixture
def written() -> list[Write]:
    """What the service wrote to the database."""
    return []


@pytest.fixture
def writing(
    host: FakeHost,
    service: Service,
    files: FileSystem,
    replica: Replica,
    written: list[Write],
) -> ChangeNotification:
    """certCN of the node, with its writes caught."""
    return ChangeNotification(host, service, files, replica, written.append)


@pytest.mark.usefixtures("writing")
def test_what_this_node_has_is_mapped_again(
    clock: FakeClock,
    host: FakeHost,
    files: FileSystem,
    replica: Replica,
    copy: Callable[..., CertificateRow],
    written: list[Write],
) -> None:
    """A resync writes a row again for the node whose mapping was taken out."""
    row = copy("CallManager-trust", "Phone-SAST-trust")
    for unit in row.units:
        files.add_trust(unit, row.certificate)
    deleted = row.without("CallManager-trust", "labserver1")
    assert deleted is not None
    replica.put(deleted)
    clock.advance(RESYNC_MS)
    assert written == [row]
    assert host.rows("mapped_again")[0].data["nodes"] == ["labserver1"]
    assert host.rows("resync")[0].data == {"imported": 0, "written": 1}


@pytest.mark.parametrize("has_file", [True, False])
def test_what_was_deleted_here_is_left_to_others(
    writing: ChangeNotification,
    clock: FakeClock,
    files: FileSystem,
    replica: Replica,
    copy: Callable[..., CertificateRow],
    written: list[Write],
    has_file: bool,
) -> None:
    """A node whose own mapping is out neither imports the certificate nor writes its row."""
    row = copy()
    deleted = row.without("CallManager-trust", "labserver2")
    assert deleted is not None
    if has_file:
        files.add_trust("CallManager-trust", row.certificate)
    replica.put(deleted)
    clock.advance(RESYNC_MS)
    assert written == []
    assert len(files.store("CallManager-trust")) == has_file


def test_a_node_gets_back_its_own_copy(
    certcn: ChangeNotification,
    files: FileSystem,
    copy: Callable[..., CertificateRow],
) -> None:
    """The copy of a node's own certificate, deleted there and mapped again, is imported there."""
    row = copy(node="labserver2")
    certcn.on_change(RowChange(2, row, row.without("CallManager-trust", "labserver2")))
    assert row.certificate in files.store("CallManager-trust")


def test_a_row_that_goes_takes_its_file(
    certcn: ChangeNotification,
    files: FileSystem,
    host: FakeHost,
    copy: Callable[..., CertificateRow],
) -> None:
    """With a deleted row its certificate leaves the stores, and a namesake stays."""
    row, newer = copy("CallManager-trust", "tomcat-trust"), copy(generation=2)
    files.add_trust("CallManager-trust", newer.certificate)
    files.add_trust("tomcat-trust", row.certificate)
    certcn.on_change(RowChange(2, row, row, is_deleted=True))
    assert newer.certificate in files.store("CallManager-trust")
    assert len(files.store("tomcat-trust")) == 0
    assert [record.data["unit"] for record in host.rows("removed")] == ["tomcat-trust"]
