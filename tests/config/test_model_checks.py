"""Whether a model hangs together: every wrong reference and every size limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Faults = Callable[[Callable[[dict[str, Any]], object]], list[str]]


def _subscribers(count: int, services: list[str]) -> list[dict[str, Any]]:
    return [
        {"name": f"s{n:02}", "role": "subscriber", "address": f"10.1.0.{n}", "services": services}
        for n in range(1, count + 1)
    ]


def test_the_small_model_is_right(model_faults: Faults) -> None:
    """The document the other tests change has no fault itself."""
    assert model_faults(lambda m: None) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda m: m["nodes"][0].update(role="subscriber", services=["CallManager", "TFTP"]),
            "nodes: no node has role publisher, expected exactly one publisher.",
        ),
        (
            lambda m: m["nodes"][1].update(role="publisher"),
            "nodes[1] (two).role: a second publisher beside 'one', expected subscriber.",
        ),
        (
            lambda m: m["nodes"][1].update(address="10.0.0.1"),
            "nodes[1] (two).address: address '10.0.0.1' is taken by nodes[0], "
            "expected another address.",
        ),
        (
            lambda m: m["nodes"][1].update(site="hr"),
            "nodes[1] (two).site: unknown site 'hr', expected one of hq, branch-001, branch-002, "
            "branch-003; did you mean 'hq'?",
        ),
        (
            lambda m: m["nodes"][1]["services"].append("CAPF"),
            "nodes[1] (two).services[1]: CAPF on a subscriber, "
            "expected CAPF on the publisher only.",
        ),
        (
            lambda m: m["nodes"][1]["services"].append("CallManager"),
            "nodes[1] (two).services[1]: CallManager a second time.",
        ),
        (
            lambda m: m["callmanager_groups"][0].update(members=["tow"]),
            "callmanager_groups[0] (default).members[0]: unknown node 'tow', "
            "expected one of one, two; did you mean 'two'?",
        ),
        (
            lambda m: m["callmanager_groups"][0].update(members=["one", "one"]),
            "callmanager_groups[0] (default).members[1]: 'one' a second time, "
            "expected each node once.",
        ),
        (
            lambda m: m["phones"][0].update(callmanager_group="defaults"),
            "phones[0] (desk).callmanager_group: unknown CallManager Group 'defaults', "
            "expected one of default; did you mean 'default'?",
        ),
        (
            lambda m: m["phones"][0].update(site="metro-*"),
            "phones[0] (desk).site: no site begins with 'metro-', "
            "expected one of hq, branch-001, branch-002, branch-003.",
        ),
        (
            lambda m: m["phones"][0].update(tftp=["two"]),
            "phones[0] (desk).tftp[0]: 'two' does not run TFTP, expected a node that does.",
        ),
        (
            lambda m: m["phones"][0].pop("count"),
            "phones[0] (desk): both count and names or neither, expected one of count and names.",
        ),
        (
            lambda m: m["phones"].append(m["phones"][0]),
            "phones[1] (desk).name: population 'desk' is taken by phones[0], "
            "expected another name.",
        ),
        (
            lambda m: m["phones"].append(
                {"name": "b", "model": "8841", "names": ["SEP001122334455"] * 2}
            ),
            "phones[1] (b).names[1]: SEP001122334455 is already in 'b', "
            "expected each phone once.",
        ),
        (
            lambda m: m["sites"].append({"name": "branch-002"}),
            "sites[1] (branch).name: the name 'branch-002' of one of the equal sites is taken, "
            "expected another name.",
        ),
        (
            lambda m: m.update(
                device_templates=[{"name": "t", "tkmodel": 645, "callmanager_group": "x"}]
            ),
            "device_templates[0] (t).callmanager_group: unknown CallManager Group 'x', "
            "expected one of default.",
        ),
        (
            lambda m: m.update(
                trust_certificates=[
                    {
                        "unit": "tomcat-trust",
                        "node": "three",
                        "common_name": "x",
                        "file_name": "x.pem",
                    }
                ]
            ),
            "trust_certificates[0].node: unknown node 'three', expected one of one, two.",
        ),
    ],
)  # fmt: skip
def test_a_wrong_reference_is_named(
    model_faults: Faults, change: Callable[[dict[str, Any]], object], fault: str
) -> None:
    """One wrong thing gives one fault, with the right words."""
    assert model_faults(change) == [fault]


def test_a_group_member_must_process_calls(model_faults: Faults) -> None:
    """A node without CallManager cannot take registrations."""

    def change(document: dict[str, Any]) -> None:
        document["nodes"] += _subscribers(1, ["TFTP"])
        document["callmanager_groups"][0]["members"].append("s01")

    (fault,) = model_faults(change)
    assert "members[2]: 's01' does not run CallManager" in fault


def test_phones_need_a_group_to_be_named_when_there_are_several(model_faults: Faults) -> None:
    """With two groups the default is not clear."""

    def change(document: dict[str, Any]) -> None:
        document["callmanager_groups"].append({"name": "other", "members": ["one"]})

    (fault,) = model_faults(change)
    assert "no callmanager_group, and the model has 2 groups" in fault


def test_phones_need_nodes_to_serve_them(model_faults: Faults) -> None:
    """Phones without a file server or without a CallManager make no sense."""

    def change(document: dict[str, Any]) -> None:
        for node in document["nodes"]:
            node["services"] = []
        document["callmanager_groups"] = []

    faults = model_faults(change)
    assert any("no node runs CallManager" in fault for fault in faults)
    assert any("no node runs TFTP" in fault for fault in faults)


def test_a_cluster_without_phones_needs_no_services(model_faults: Faults) -> None:
    """A bare publisher is a model."""

    def change(document: dict[str, Any]) -> None:
        document["nodes"] = [{"name": "one", "role": "publisher", "address": "10.0.0.1"}]
        del document["callmanager_groups"], document["phones"]

    assert model_faults(change) == []


@pytest.mark.parametrize(
    ("count", "services", "words"),
    [
        (20, [], "22 nodes, expected at most 21"),
        (15, ["CallManager"], "17 nodes running CallManager, expected at most 16"),
    ],
)
def test_product_limits_on_nodes_hold(
    model_faults: Faults, count: int, services: list[str], words: str
) -> None:
    """21 servers and 16 call-processing nodes are the most."""

    def change(document: dict[str, Any]) -> None:
        document["nodes"] += _subscribers(count, services)

    (fault,) = model_faults(change)
    assert words in fault
    assert "unsupported_size: true" in fault


def test_product_limits_can_be_lifted(model_faults: Faults) -> None:
    """What is not supported can still be simulated."""

    def change(document: dict[str, Any]) -> None:
        document["nodes"] += _subscribers(30, ["CallManager"])
        document["phones"][0]["count"] = 5000
        document["unsupported_size"] = True

    assert model_faults(change) == []


def test_a_node_is_not_first_for_more_phones_than_it_holds(model_faults: Faults) -> None:
    """The size class of the virtual machine bounds a node's phones, over all populations."""

    def change(document: dict[str, Any]) -> None:
        document["phones"][0]["count"] = 991
        document["phones"].append({"name": "more", "model": "7841", "count": 10})

    (fault,) = model_faults(change)
    assert "nodes[1] (two): 1001 phones have it first" in fault
    assert "at most 1000 (its ova)" in fault


def test_a_name_must_leave_room_for_the_recovery_certificate(model_faults: Faults) -> None:
    """ITLRECOVERY_ and the node's full name together are one common name of 64 characters."""
    (fault, *_) = model_faults(lambda m: m.update(domain="a" * 60))
    assert "at most 52 with the domain" in fault


def test_faults_of_fields_and_of_references_come_together(model_faults: Faults) -> None:
    """One reading of the messages is enough to mend a document."""

    def change(document: dict[str, Any]) -> None:
        document["release"] = "11"
        document["nodes"][0]["ovaa"] = 7500
        document["nodes"][1]["ova"] = 3000
        document["callmanager_groups"][0]["members"] = ["two", "three"]
        document["phones"][0]["model"] = "8842"

    faults = model_faults(change)
    for words in (
        "unknown release '11'",
        "unknown field 'ovaa'; did you mean 'ova'?",
        "3000, expected one of 1000, 2500, 7500, 10000",
        "unknown node 'three'",
        "unknown phone model '8842'",
    ):
        assert any(words in fault for fault in faults), words


def _other(model: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A second cluster like the small model, on other nodes."""
    nodes = [
        {**node, "name": f"far-{node['name']}", "address": f"10.9.0.{place}"}
        for place, node in enumerate(model["nodes"], 1)
    ]
    kept = {key: model[key] for key in ("title", "release", "domain", "subject")}
    return {"name": "far", **kept, "nodes": nodes, **fields}


def test_a_second_cluster_may_stand_beside(model_faults: Faults) -> None:
    """Other nodes, another name, no phones: nothing is wrong with it."""
    assert model_faults(lambda m: m.update(other_cluster=_other(m))) == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"name": "small"}, "other_cluster.name: 'small' again, expected another name."),
        ({"release": "12.6"}, "other_cluster.release: unknown release '12.6'"),
        (
            {"phones": [{"name": "desk", "model": "8841", "count": 1}]},
            "other_cluster.phones: phones, expected none: they are moved there.",
        ),
        (
            {"cluster_mode": "mixed", "release": "8.6"},
            "other_cluster.ctl_signing: a tokenless CTL, which release 8.6 has not",
        ),
        ({"capf": {"key_bits": 1024}}, "other_cluster.capf: capf of a second cluster"),
        (
            {"radius_servers": [{"name": "ise", "trusts": ["CAPF"]}]},
            "other_cluster.radius_servers: radius_servers of a second cluster",
        ),
    ],
)
def test_what_a_second_cluster_may_not_be(
    model_faults: Faults, fields: dict[str, Any], fault: str
) -> None:
    """It has a name and a release of its own, and no phones at the start."""
    found = model_faults(lambda m: m.update(other_cluster=_other(m, **fields)))
    assert any(fault in entry for entry in found)


def test_two_clusters_share_no_node(model_faults: Faults) -> None:
    """Names and addresses are those of one network."""
    found = model_faults(lambda m: m.update(other_cluster=_other(m, nodes=m["nodes"])))
    assert any("node name 'one', which the first cluster has" in entry for entry in found)
    assert any("address '10.0.0.2', which the first cluster has" in entry for entry in found)
