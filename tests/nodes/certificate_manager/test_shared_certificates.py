from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from twin.nodes.certificate_manager import CertificateManager
from twin.nodes.certificate_names import NodeNames
from twin.nodes.change_notification import ChangeNotification
from twin.nodes.database import CertificateRow, Replica, RowChange
from twin.nodes.file_system import FileSystem
from twin.nodes.service import Service
from twin.pki.keys import KeyRing
from twin.pki.usages import extensions_of

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost

NODES = ("labserver1", "labserver2")


@dataclass
class Lab:
    """Two nodes with one database, whose rows arrive at once."""

    clock: FakeClock
    managers: dict[str, CertificateManager]
    replica: Replica
    changes: list[RowChange]

    def regenerate(self, node: str, shared: bool, unit: str = "CallManager") -> None:
        """Regenerate to the end."""
        assert self.managers[node].regenerate(unit, lambda: None, shared) is None
        self.clock.settle()

    def own(self, node: str, unit: str = "CallManager") -> str:
        """The common name of the certificate in a node's files."""
        return self.managers[node].files.own[unit].certificate.common_name

    def rows(self, unit: str = "CallManager") -> list[tuple[str, tuple[str, ...]]]:
        """Common name and nodes of each row of the unit."""
        return [(row.certificate.common_name, row.nodes) for row in self.replica.own(unit)]


@pytest.fixture
def lab(
    clock: FakeClock,
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    keys: KeyRing,
    subject: dict[str, str],
) -> Lab:
    """The two nodes on 14."""
    lab = Lab(clock, {}, Replica(), [])
    listeners: list[ChangeNotification] = []

    def write(row: CertificateRow) -> None:
        change = RowChange(len(lab.changes) + 1, row, lab.replica.get(row.pkid))
        lab.replica.put(row)
        lab.changes.append(change)
        for listener in listeners:
            listener.on_change(change)

    def pkid(*parts: Any) -> str:
        return "/".join(map(str, parts))

    full_names = tuple(f"{node}.vasank.com" for node in NODES)
    for name in NODES:
        host = make_host(name, release="14")
        names = NodeNames(name, f"{name}.vasank.com", subject, "vasank.com", full_names)
        bits = {str(unit): size for unit, size in host.release.key_bits.items()}
        manager = CertificateManager(
            host, FileSystem(), names, keys, bits, NODES, name == NODES[0], pkid, write,
            lab.replica.own,
        )  # fmt: skip
        for row in manager.install_first(("CallManager", "TVS", "tomcat")):
            lab.replica.put(row)
        certcn = ChangeNotification(host, make_service(host, "certCN"), manager.files, lab.replica)
        listeners.append(certcn)
        lab.managers[name] = manager
    return lab


def test_one_certificate_takes_the_place_of_every_nodes_own(lab: Lab) -> None:
    """It is in both nodes' files with its key, in one row, and the nodes' own rows are gone."""
    lab.regenerate("labserver1", shared=True)
    assert lab.own("labserver1") == lab.own("labserver2") == "labserver1-ms.vasank.com"
    first, second = (lab.managers[node].files.own["CallManager"] for node in NODES)
    assert first == second
    assert second.key.public_key == second.certificate.public_key
    assert second.is_shared
    assert lab.rows() == [("labserver1-ms.vasank.com", NODES)]
    names = ("vasank.com", "labserver1.vasank.com", "labserver2.vasank.com")
    assert extensions_of(first.certificate).dns_names == names


def test_the_rows_that_end_are_told_as_such(lab: Lab) -> None:
    """One row comes (I), each node's own goes (D), and only the first brings a certificate."""
    lab.regenerate("labserver1", shared=True)
    own = [change for change in lab.changes if change.row.is_own]
    assert [change.action for change in own] == ["I", "D", "D"]
    assert [change.brings_certificate for change in own] == [True, False, False]


def test_renewing_the_shared_one_is_an_update(lab: Lab) -> None:
    """The second shared certificate updates the row of the first on all nodes."""
    lab.regenerate("labserver1", shared=True)
    first = lab.managers["labserver2"].files.own["CallManager"].certificate
    lab.changes.clear()
    lab.regenerate("labserver1", shared=True)
    own = [change for change in lab.changes if change.row.is_own]
    assert [change.action for change in own] == ["U"]
    assert lab.managers["labserver2"].files.own["CallManager"].certificate != first


@pytest.mark.parametrize(("one", "other"), [NODES, NODES[::-1]])
def test_a_node_may_leave_the_shared_one(lab: Lab, one: str, other: str) -> None:
    """A node that regenerates its own leaves the row; the other keeps file and mapping."""
    lab.regenerate("labserver1", shared=True)
    lab.regenerate(one, shared=False)
    assert lab.own(one) == f"{one}.vasank.com"
    assert lab.own(other) == "labserver1-ms.vasank.com"
    assert sorted(lab.rows()) == sorted(
        [("labserver1-ms.vasank.com", (other,)), (f"{one}.vasank.com", (one,))]
    )
    lab.regenerate(other, shared=False)
    assert sorted(lab.rows()) == [(f"{node}.vasank.com", (node,)) for node in NODES]


def test_trust_copies_end_with_their_rows(lab: Lab) -> None:
    """The database keeps one copy of each certificate in use, and none of those replaced."""

    def copies() -> list[str]:
        rows = [row for row in lab.replica if "CallManager-trust" in row.units]
        return sorted(row.certificate.common_name for row in rows)

    before = copies()
    assert before == ["labserver1.vasank.com", "labserver2.vasank.com"]
    lab.regenerate("labserver1", shared=True)
    assert copies() == ["labserver1-ms.vasank.com"]
    lab.regenerate("labserver2", shared=False)
    assert copies() == ["labserver1-ms.vasank.com", "labserver2.vasank.com"]
    lab.regenerate("labserver1", shared=False)
    assert copies() == before


def test_certcn_installs_units_outside_its_list_too(lab: Lab) -> None:
    """A shared TVS certificate reaches the other node, though certCN brings no TVS certificates."""
    lab.regenerate("labserver1", shared=True, unit="TVS")
    assert lab.own("labserver2", "TVS") == "labserver1-ms.vasank.com"


def test_a_resync_brings_what_was_missed(lab: Lab) -> None:
    """certCN that was stopped installs the shared certificate at its next full resync."""
    manager = lab.managers["labserver2"]
    lab.regenerate("labserver1", shared=True)
    shared = manager.files.own["CallManager"]
    manager.files.own["CallManager"] = manager.make("CallManager")
    lab.clock.advance(manager.host.timing.certcn_resync_s.ms)
    assert manager.files.own["CallManager"] == shared
    assert len(manager.host.rows("install")) == 2
