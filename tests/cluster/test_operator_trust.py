"""Acts on trust stores, replication and backups, on a small cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from twin.cluster.twin import Twin
from twin.errors import ActionError

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

Twins = Callable[..., Twin]
Tell = Callable[[Twin], "Story"]

SUB_TOMCAT = "sub.example.com"


def holds(twin: Twin, node: str, unit: str, owner: str, own: str) -> bool:
    """Whether a node has a node's own certificate of a unit in a trust store."""
    nodes = twin.cluster.nodes
    return nodes[owner].files.own[own].certificate in nodes[node].files.store(unit)


def test_a_deletion_on_one_node(make_twin: Twins, tell: Tell) -> None:
    """Before 11.0 the other node keeps its copy and the row its mapping there."""
    twin = make_twin(release="10.5")
    outcome = twin.do({"delete_trust": {"node": "pub", "unit": "tomcat-trust", "name": SUB_TOMCAT}})
    twin.advance("10s")
    assert outcome.outcome == "done"
    held = [holds(twin, node, "tomcat-trust", "sub", "tomcat") for node in ("pub", "sub")]
    assert held == [False, True]
    (row,) = [
        row
        for row in twin.cluster.nodes["sub"].replica
        if row.units == ("tomcat-trust",) and row.node == "sub"
    ]
    assert (row.maps("tomcat-trust", "pub"), row.maps("tomcat-trust", "sub")) == (False, True)
    assert tell(twin).told("platform_event") == []


def test_a_deletion_everywhere(make_twin: Twins) -> None:
    """From 11.0 both copies and the row are gone within seconds."""
    twin = make_twin(release="11.5")
    rows = len(twin.cluster.nodes["pub"].replica)
    twin.do({"delete_trust": {"node": "pub", "unit": "tomcat-trust", "name": SUB_TOMCAT}})
    twin.wait("quiet", "5m")
    assert not any(holds(twin, node, "tomcat-trust", "sub", "tomcat") for node in ("pub", "sub"))
    assert [len(node.replica) for node in twin.cluster.nodes.values()] == [rows - 1] * 2


def test_a_renewal_brings_a_deleted_copy_back(make_twin: Twins) -> None:
    """A regenerated certificate is written for every node, whoever deleted the old one."""
    twin = make_twin(release="11.5")
    twin.do({"delete_trust": {"node": "pub", "unit": "tomcat-trust", "name": SUB_TOMCAT}})
    twin.do({"regenerate": {"node": "sub", "unit": "tomcat"}})
    twin.wait("quiet", "5m")
    assert all(holds(twin, node, "tomcat-trust", "sub", "tomcat") for node in ("pub", "sub"))


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "tomcat-trusts"},
        {"unit": "tomcat"},
        {"node": "sbu"},
    ],
)
def test_a_malformed_deletion_is_an_error(make_twin: Twins, change: dict[str, str]) -> None:
    """Own certificates cannot be deleted, and stores and nodes must exist."""
    step = {"node": "pub", "unit": "tomcat-trust", "name": SUB_TOMCAT} | change
    with pytest.raises(ActionError):
        make_twin().do({"delete_trust": step})


def test_what_a_node_without_power_refuses(make_twin: Twins) -> None:
    """Nothing is deleted on a node that is down, and without the publisher nothing is backed up."""
    twin = make_twin()
    for node in ("sub", "pub"):
        twin.do({"node": {"node": node, "up": False}})
    delete = {"node": "sub", "unit": "tomcat-trust", "name": SUB_TOMCAT}
    assert twin.do({"delete_trust": delete}).message == "sub is down"
    assert twin.do({"backup": None}).message == "pub is down"


def test_a_pattern_deletes_all_it_fits(make_twin: Twins, tell: Tell) -> None:
    """Every entry that fits goes, one after the other; a second time there is nothing."""
    twin = make_twin(release="10.5")
    step = {"delete_trust": {"node": "pub", "unit": "tomcat-trust", "name": "*.example.com"}}
    assert twin.do(step).outcome == "done"
    assert twin.do(step).outcome == "refused"
    assert len(tell(twin).told("trust_deleted")) == 2


def test_only_old_certificates_can_be_meant(make_twin: Twins) -> None:
    """A certificate that is some node's own is not deleted with old_only, by whatever name."""
    twin = make_twin()
    step = {"node": "pub", "unit": "tomcat-trust", "name": SUB_TOMCAT, "old_only": True}
    assert twin.do({"delete_trust": step}).outcome == "refused"
    assert holds(twin, "pub", "tomcat-trust", "sub", "tomcat")


def test_replication_is_broken_and_repaired(make_twin: Twins, tell: Tell) -> None:
    """Changes wait until the repair; breaking or repairing twice is told once."""
    twin = make_twin()
    for up in (False, False):
        twin.do({"replication": {"node": "sub", "up": up}})
    twin.regenerate("pub", "tomcat")
    twin.advance("20m")
    assert not holds(twin, "sub", "tomcat-trust", "pub", "tomcat")
    for up in (True, True):
        twin.do({"replication": {"node": "sub", "up": up}})
    twin.wait("quiet", "5m")
    assert holds(twin, "sub", "tomcat-trust", "pub", "tomcat")
    assert [row.data["up"] for row in tell(twin).told("replication")] == [False, True]


def test_ipsec_of_the_publisher_follows_to_every_node(make_twin: Twins) -> None:
    """Each node has its own ipsec in ipsec-trust and the publisher's, the new one too."""
    twin = make_twin()
    twin.regenerate("pub", "ipsec")
    twin.regenerate("sub", "ipsec")
    twin.wait("quiet", "5m")
    pairs = [("pub", "pub"), ("sub", "pub"), ("sub", "sub"), ("pub", "sub")]
    held = [holds(twin, node, "ipsec-trust", owner, "ipsec") for node, owner in pairs]
    assert held == [True, True, True, False]


def test_a_multi_server_certificate_is_everybodys_own(make_twin: Twins) -> None:
    """Every node has the one certificate with its key, before and after a renewal."""
    twin = make_twin(release="10.5", multi_server=["CallManager"])
    nodes = twin.cluster.nodes

    def own() -> list[object]:
        return [node.files.own["CallManager"] for node in nodes.values()]

    first = own()
    assert first[0] == first[1]
    assert nodes["sub"].files.own["CallManager"].certificate.common_name == "pub-ms.example.com"
    assert twin.regenerate("sub", "CallManager").outcome == "refused"
    twin.regenerate("pub", "CallManager")
    twin.wait("quiet", "10m")
    assert own()[0] == own()[1] != first[0]
    presented = [node.presented["CallManager"].identity for node in nodes.values()]
    assert presented == first  # until CallManager is restarted


def test_a_release_that_follows_needs_no_restart(make_twin: Twins) -> None:
    """On 15 CallManager presents its new certificate at once."""
    twin = make_twin(release="15")
    twin.regenerate("pub", "CallManager")
    node = twin.cluster.nodes["pub"]
    assert node.presented["CallManager"].identity == node.files.own["CallManager"]
    assert node.presented["TFTP"].is_outdated is False
    twin.regenerate("pub", "tomcat")
    assert [node.presented[name].is_outdated for name in ("TFTP", "Tomcat")] == [True, True]


def test_a_backup_of_a_sound_cluster(make_twin: Twins, tell: Tell) -> None:
    """Every node's part is saved, publisher first."""
    twin = make_twin()
    assert twin.do({"backup": None}).outcome == "done"
    saved = [row.data["backed_up"] for row in tell(twin).told("backup_node")]
    assert saved == ["pub", "sub"]
