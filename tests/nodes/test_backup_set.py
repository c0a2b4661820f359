"""What a DRS backup holds, and what putting it back does to a node's files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.config.words import FEATURE_SERVICES, NETWORK_SERVICES
from twin.nodes import backup_set
from twin.nodes.file_system import Identity
from twin.nodes.node import Node

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeHost

UNITS = ("CallManager", "TVS", "tomcat")


@pytest.fixture
def make_node(
    make_host: Callable[..., FakeHost], identity: Callable[..., Identity]
) -> Callable[..., Node]:
    """A maker of the lab's publisher with three certificates, on a release."""

    def make(release: str = "11.5") -> Node:
        host: Any = make_host("labserver1", release)
        node = Node(0, 0, host, (*FEATURE_SERVICES, *NETWORK_SERVICES), lambda _name: 0)
        for unit in UNITS:
            node.files.own[unit] = identity(unit, "labserver1")
        node.files.add_trust("tomcat-trust", identity("tomcat", "labserver2").certificate)
        return node

    return make


@pytest.mark.parametrize(
    ("release", "units"), [("8.6", set()), ("9.1", set()), ("10.5", set(UNITS)), ("15", set(UNITS))]
)
def test_keys_are_backed_up_since_10(
    make_node: Callable[..., Node], release: str, units: set[str]
) -> None:
    """Before 10.0 a backup holds no certificate of a node, from then on every one."""
    node = make_node(release)
    backup = backup_set.take("one", node, [node], False, "sha1")
    assert set(backup.nodes["labserver1"].own) == units
    assert backup.release == release


def test_a_backup_is_a_picture(
    make_node: Callable[..., Node], identity: Callable[..., Identity]
) -> None:
    """What changes on the node afterwards is not in the backup, and is gone when it is put back."""
    node = make_node()
    old = dict(node.files.own)
    backup = backup_set.take("one", node, [node], False, "sha1")
    node.files.own["TVS"] = identity("TVS", "labserver1", 1)
    node.files.add_trust("tomcat-trust", identity("tomcat", "elsewhere").certificate)
    changed = backup_set.put_back(backup.nodes["labserver1"], node.files)
    assert changed == ["TVS"]
    assert node.files.own == old
    assert len(node.files.store("tomcat-trust")) == 1


def test_an_older_certificate_comes_back_into_a_trust_store(
    make_node: Callable[..., Node], identity: Callable[..., Identity]
) -> None:
    """A restore is no upload: the later certificate of the same name gives way."""
    node = make_node()
    backup = backup_set.take("one", node, [node], False, "sha1")
    old = identity("tomcat", "labserver2").certificate
    node.files.trust.clear()
    node.files.add_trust("tomcat-trust", identity("tomcat", "labserver2", 1).certificate)
    backup_set.put_back(backup.nodes["labserver1"], node.files)
    assert old in node.files.store("tomcat-trust")


def test_what_a_backup_lacks_stays(
    make_node: Callable[..., Node], identity: Callable[..., Identity]
) -> None:
    """On 9.1 a restore leaves the keys of the node alone."""
    node = make_node("9.1")
    backup = backup_set.take("one", node, [node], False, "sha1")
    new = node.files.own["CallManager"] = identity("CallManager", "labserver1", 1)
    assert backup_set.put_back(backup.nodes["labserver1"], node.files) == []
    assert node.files.own["CallManager"] is new
