"""A trust certificate is deleted on a node: file, mapping, and the word to the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from twin.nodes.database import CertificateRow, Replica, Unmap, Write
from twin.nodes.file_system import FileSystem, Identity
from twin.nodes.trust_deletion import PLATFORM_EVENT, TrustDeletion

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost

UNIT = "tomcat-trust"
BOTH = ("labserver1", "labserver2")


@dataclass
class Desk:
    """A node's tool with one entry in one store, and what it wrote and said."""

    host: FakeHost
    tool: TrustDeletion
    files: FileSystem
    row: CertificateRow
    written: list[Write] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    def delete(self, name: str, unit: str = UNIT) -> str | None:
        """Ask for a deletion and let it end."""
        refused = self.tool.delete(unit, name, lambda: self.ended.append(self.host.now_ms))
        self.host.clock.settle()
        return refused


@pytest.fixture
def make_desk(
    make_host: Callable[..., FakeHost],
    files: FileSystem,
    replica: Replica,
    identity: Callable[..., Identity],
    trusted: Callable[..., CertificateRow],
) -> Callable[..., Desk]:
    """A maker of desks of labserver1, by release and unit."""

    def make(release: str = "10.5", unit: str = UNIT) -> Desk:
        draws = {"certificate_delete_s": 1_600, "platform_event_delay_s": 900}
        host = make_host("labserver1", release, draws)
        row = trusted((unit,), "labserver2", BOTH, identity("tomcat", "labserver2").certificate)
        replica.put(row)
        files.add_trust(unit, row.certificate)
        written: list[Write] = []
        told: list[tuple[str, str]] = []
        tool = TrustDeletion(
            host, files, replica, written.append, lambda unit, name: told.append((unit, name))
        )
        return Desk(host, tool, files, row, written, told)

    return make


@pytest.mark.parametrize("name", ["labserver2.vasank.com.pem", "labserver2.vasank.com"])
def test_file_and_mapping_go(make_desk: Callable[..., Desk], name: str) -> None:
    """After the tool's time the file is gone and this node's mapping is to be taken out."""
    desk = make_desk()
    assert desk.delete(name) is None
    assert desk.ended == [1_600]
    assert len(desk.files.store(UNIT)) == 0
    assert desk.written == [Unmap(desk.row.pkid, UNIT, "labserver1")]
    begun, row, ended = desk.host.rows()
    assert (begun.event, row.event, ended.event) == ("delete", "database_deleted", "trust_deleted")
    place = "/usr/local/platform/.security/tomcat"
    assert begun.data["key_dir"] == f"{place}/keys"
    assert begun.data["certificate_file"] == f"{place}/trust-certs/labserver2.vasank.com.pem"
    assert row.data == {"unit": UNIT, "pkid": desk.row.pkid}
    assert ended.data["alias"] == "labserver2.vasank.com"


def test_what_is_not_there_is_refused(make_desk: Callable[..., Desk]) -> None:
    """An unknown name is refused in words, and nothing is written."""
    desk = make_desk()
    message = desk.delete("nobody.pem")
    assert message == "Certificate nobody.pem does not exist in tomcat-trust on labserver1"
    assert desk.host.told() == [("delete_refused", {"unit": UNIT, "message": message})]
    assert desk.written == []


def test_a_common_name_is_enough(make_desk: Callable[..., Desk]) -> None:
    """An entry whose file is called otherwise is found by its common name."""
    desk = make_desk("15")
    (entry,) = desk.files.store(UNIT).entries()
    desk.files.store(UNIT).remove(entry.file_name)
    desk.files.add_trust(UNIT, entry.certificate, file_name="other.pem")
    assert desk.delete("labserver2.vasank.com") is None
    assert len(desk.files.store(UNIT)) == 0


@pytest.mark.parametrize(
    ("release", "unit", "others"),
    [
        ("10.5", "tomcat-trust", False),
        ("11.5", "tomcat-trust", True),
        ("11.5", "CAPF-trust", True),
        ("15", "CallManager-trust", True),
        ("15", "Phone-SAST-trust", True),
        ("15", "ipsec-trust", False),
        ("15", "Phone-VPN-trust", False),
    ],
)
def test_who_else_is_told(
    make_desk: Callable[..., Desk], release: str, unit: str, others: bool
) -> None:
    """From 11.0 four units are deleted everywhere; other units and releases on this node only."""
    desk = make_desk(release, unit)
    desk.delete("labserver2.vasank.com", unit)
    assert desk.told == ([(unit, "labserver2.vasank.com")] if others else [])


def test_a_platform_event_deletes_here_too(
    make_desk: Callable[..., Desk], clock: FakeClock
) -> None:
    """Told by another node, it writes the event down, deletes, and tells nobody further."""
    desk = make_desk("11.5")
    desk.tool.on_platform_event("labserver2", UNIT, "labserver2.vasank.com")
    clock.settle()
    event, row, deleted = desk.host.rows()
    assert row.event == "database_deleted"
    assert (event.service, event.at_ms, event.data["event_name"]) == ("syslog", 900, PLATFORM_EVENT)
    assert (event.data["hostname"], event.data["type"]) == ("labserver2", "trust-certs")
    assert (deleted.event, deleted.at_ms) == ("trust_deleted", 2_500)
    assert desk.told == []


def test_a_platform_event_about_nothing(make_desk: Callable[..., Desk], clock: FakeClock) -> None:
    """A node without the entry notes the event and has nothing to delete."""
    desk = make_desk("11.5")
    desk.tool.on_platform_event("labserver2", UNIT, "nobody")
    clock.settle()
    assert [row.event for row in desk.host.rows()] == ["platform_event"]
    assert desk.written == []


def test_two_at_once(make_desk: Callable[..., Desk]) -> None:
    """An entry deleted twice within the tool's time is gone once."""
    desk = make_desk()
    desk.tool.delete(UNIT, "labserver2.vasank.com", lambda: None)
    desk.delete("labserver2.vasank.com")
    assert [row.event for row in desk.host.rows("trust_deleted")] == ["trust_deleted"]
    assert len(desk.written) == 1


def test_patterns(
    make_desk: Callable[..., Desk],
    replica: Replica,
    own: Callable[..., CertificateRow],
    identity: Callable[..., Identity],
) -> None:
    """A star stands for any part of a name, and own certificates can be left out."""
    desk = make_desk()
    old = identity("CAPF", "labserver1", common_name="CAPF-1")
    new = identity("CAPF", "labserver1", common_name="CAPF-2")
    replica.put(own("CAPF", "labserver1", new))
    for capf in (old, new):
        desk.files.add_trust("CAPF-trust", capf.certificate)
    assert desk.tool.matching("CAPF-trust", "CAPF-*") == ["CAPF-1.pem", "CAPF-2.pem"]
    assert desk.tool.matching("CAPF-trust", "CAPF-*", old_only=True) == ["CAPF-1.pem"]
    assert desk.tool.matching("CAPF-trust", "LSC-*") == []
