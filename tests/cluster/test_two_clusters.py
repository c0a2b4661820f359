"""Two clusters in one model: what they share, what each has for itself, how phones change over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.cluster.twin import Twin

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

Make = Callable[..., Twin]

OTHER: dict[str, Any] = {
    "name": "there",
    "title": "The other cluster",
    "release": "12.5",
    "domain": "example.org",
    "subject": {
        "organization": "Example", "organizational_unit": "IT",
        "locality": "Bern", "state": "BE", "country": "CH",
    },
    "nodes": [
        {"name": "far-pub", "role": "publisher", "address": "10.1.0.1", "ova": 1000,
         "services": ["CallManager", "TFTP", "CAPF"]},
        {"name": "far-sub", "role": "subscriber", "address": "10.1.0.2", "ova": 1000,
         "services": ["CallManager", "TFTP"]},
    ],
    "callmanager_groups": [{"name": "far", "members": ["far-sub", "far-pub"]}],
}  # fmt: skip


@pytest.fixture
def both(make_twin: Make) -> Make:
    """A maker of the small deployment with another cluster beside it."""
    return lambda **fields: make_twin(**{"other_cluster": OTHER, **fields})


def registered_with(twin: Twin) -> set[str]:
    """The nodes that phones are registered with now."""
    names = {node.index: node.name for node in twin.cluster.every_node}
    return {names[index] for index in twin.cluster.population.node}


def exchange(twin: Twin, **arguments: Any) -> None:
    """Bulk certificates, and time for them to be known."""
    twin.do({"bulk_certificates": arguments})
    twin.wait("quiet")


def test_each_has_its_own_keys_and_database(both: Make) -> None:
    """No row of one cluster is in the other, and its release is its own."""
    twin = both()
    first, other = twin.cluster, twin.cluster.other
    assert other is not None
    assert (first.release.name, other.release.name) == ("11.5", "12.5")
    assert {row.node for row in first.nodes["pub"].replica} == {"pub", "sub"}
    assert {row.node for row in other.nodes["far-pub"].replica} == {"far-pub", "far-sub"}
    assert [node.index for node in first.every_node] == [0, 1, 2, 3]


def test_the_first_clusters_story_is_the_same_beside_another(make_twin: Make, both: Make) -> None:
    """A second cluster that nobody touches changes nothing about the first one's phones."""
    told = []
    for make in (make_twin, both):
        twin = make()
        twin.regenerate("pub", "CallManager")
        twin.wait()
        twin.finish()
        assert twin.memory is not None
        told.append(twin.memory.phones().tolist())
    assert told[0] == told[1]


def test_steps_name_the_other_clusters_nodes(both: Make) -> None:
    """Certificates, services and power of its nodes are reached by their names."""
    twin = both()
    other = twin.cluster.other
    assert other is not None
    old = other.nodes["far-sub"].files.own["TVS"]
    assert twin.regenerate("far-sub", "TVS").outcome == "done"
    twin.wait("quiet")
    new = other.nodes["far-sub"].files.own["TVS"].certificate
    assert new != old.certificate
    assert new in [row.certificate for row in other.nodes["far-pub"].replica.own("TVS")]
    twin.do({"node": {"node": "far-sub", "up": False}})
    assert not twin.cluster.ports.is_whole
    twin.do({"node": {"node": "far-sub", "up": True}})
    twin.wait("quiet")
    assert twin.cluster.ports.is_whole


def test_a_change_there_resets_nobody_here(both: Make) -> None:
    """CallManager of one cluster knows nothing of the other's phones."""
    twin = both()
    twin.regenerate("far-pub", "CallManager")
    twin.wait()
    assert sum(twin.cluster.population.resets) == 0


def test_a_phone_follows_dhcp_at_a_reset_and_not_at_a_restart(both: Make) -> None:
    """Option 150 is read again with the address; a restart keeps it."""
    twin = both()
    exchange(twin)
    twin.do({"move_phones": {"to": "there"}})
    twin.do({"reset_phones": {"kind": "restart"}})
    twin.wait()
    assert registered_with(twin) == {"pub", "sub"}
    twin.do({"reset_phones": {}})
    twin.wait()
    assert registered_with(twin) == {"far-sub"}
    assert twin.stuck() == {}


def test_moved_phones_are_the_other_clusters(both: Make) -> None:
    """Its certificate changes reset them, the first one's do not, and its nodes count them."""
    twin = both()
    exchange(twin)
    twin.do({"move_phones": {"to": "there", "select": {"population": "desk"}}})
    twin.do({"reset_phones": {}})
    twin.wait()
    resets = list(twin.cluster.population.resets)
    twin.regenerate("far-sub", "CallManager")
    twin.wait()
    more = [b - a for a, b in zip(resets, twin.cluster.population.resets, strict=True)]
    desk = [twin.cluster.population.group(p).population == "desk" for p in range(10)]
    assert more == [int(moved) for moved in desk]
    counts = {i: r.count for i, r in twin.cluster.ports.registrars.items()}
    assert sum(counts.values()) == 10
    assert counts[2] + counts[3] == 6


def test_group_and_files_there_can_be_chosen(both: Make) -> None:
    """The CallManager Group and option 150 of the other cluster are those the step names."""
    groups = [*OTHER["callmanager_groups"], {"name": "near", "members": ["far-pub"]}]
    twin = both(other_cluster={**OTHER, "callmanager_groups": groups})
    exchange(twin)
    move = {"to": "there", "callmanager_group": "near", "tftp": ["far-pub"]}
    twin.do({"move_phones": move})
    twin.do({"reset_phones": {}})
    twin.wait()
    assert registered_with(twin) == {"far-pub"}
    group = twin.cluster.population.group(0)
    assert (group.callmanager_group, group.tftp) == ("near", (2,))


def test_back_again_is_the_same_group(both: Make) -> None:
    """A phone that returns with the settings it had is in the group it was in."""
    twin = both(callmanager_groups=[{"name": "pub-sub", "members": ["pub", "sub"]}],
                phones=[{"name": "desk", "model": "7841", "count": 3}])  # fmt: skip
    before = list(twin.cluster.population.group_of)
    exchange(twin)
    for cluster in ("there", "small"):
        twin.do({"move_phones": {"to": cluster}})
        twin.do({"reset_phones": {}})
        twin.wait()
    assert twin.cluster.population.group_of == before
    assert twin.stuck() == {}


def test_imports_reach_every_node(both: Make, tell: Callable[[Twin], Story]) -> None:
    """The TFTP and ITLRecovery certificates of each cluster are in the other's trust stores."""
    twin = both()
    exchange(twin)
    other = twin.cluster.other
    assert other is not None
    foreign = other.nodes["far-sub"].files.own["CallManager"].certificate
    for node in twin.cluster.nodes.values():
        for store in ("CallManager-trust", "Phone-SAST-trust"):
            assert foreign in node.files.store(store)
    recovery = other.nodes["far-pub"].files.own["ITLRecovery"].certificate
    assert recovery in twin.cluster.nodes["sub"].files.store("Phone-SAST-trust")
    assert recovery not in twin.cluster.nodes["sub"].files.store("CallManager-trust")
    imports = [row for row in tell(twin).told("import") if row.service == "BulkCertificate"]
    # two CallManager certificates each way, one ITLRecovery from 12.5, two from 11.5
    assert len(imports) == 2 + 1 + 2 + 2


def test_bulk_needs_both_publishers(both: Make) -> None:
    """Each cluster exports on its publisher."""
    twin = both()
    twin.do({"node": {"node": "far-pub", "up": False}})
    outcome = twin.do({"bulk_certificates": {}})
    assert (outcome.outcome, outcome.message) == ("refused", "far-pub is down")


def test_a_second_import_replaces_the_first(both: Make) -> None:
    """After a regeneration there, the same row carries the new certificate."""
    twin = both()
    exchange(twin)
    rows = len(twin.cluster.nodes["pub"].replica)
    twin.regenerate("far-sub", "CallManager")
    exchange(twin)
    assert len(twin.cluster.nodes["pub"].replica) == rows


def test_remedies_are_those_of_the_cluster_the_phone_asks(both: Make) -> None:
    """A reset of the first cluster's ITL is no remedy for a phone that asks the other one."""
    twin = both()
    twin.do({"move_phones": {"to": "there"}})
    twin.do({"reset_phones": {}})
    twin.wait()
    assert {finding.remedies for finding in twin.stuck().values()} == {
        ("delete the ITL on the phone",)
    }
