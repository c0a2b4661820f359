"""The Expressways of a model: who connects to whom, and which loss touches which connection."""

from __future__ import annotations

from typing import Any

import pytest

from tests.experiments.edge_bench import Bench

CORES, EDGES, NODES = ("expc1", "expc2"), ("expe1", "expe2"), ("cucm-pub", "cucm-sub")


def ends(bench: Bench) -> list[tuple[str, str, str, int]]:
    """Leg, client, server and port of every connection."""
    return [
        (one.leg.kind, one.leg.client.name, one.leg.server.name, one.leg.port)
        for one in bench.edge.connections
    ]


def lost(bench: Bench) -> set[tuple[str, str, str]]:
    """What was lost until now."""
    return {
        (str(row.data["leg"]), str(row.data["client"]), str(row.data["server"]))
        for row in bench.told("tls_lost")
    }


def test_every_client_peer_connects_to_every_server_peer() -> None:
    """Two by two: four zones and tunnels; each core to each node; one neighbor."""
    bench = Bench(model="mra-cluster")
    assert sorted(ends(bench)) == sorted(
        [("L2", c, e, 7001) for c in CORES for e in EDGES]
        + [("L3", c, e, 2222) for c in CORES for e in EDGES]
        + [("L4", c, n, 8443) for c in CORES for n in NODES]
        + [("L7", c, n, 5061) for c in CORES for n in NODES]
        + [("neighbor", "expe1", "partner", 5061)]
    )
    assert len(bench.edge.zones("uc")) == 4
    assert bench.down() == set()


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"cluster_mode": "non_secure"}, {"L2", "L3", "L4"}),
        ({"expressways[0].release": "X14.0.2"}, {"L2", "L3", "L4", "L5", "L7"}),
        ({"traversal_zones": []}, set()),
    ],
)
def test_which_legs_there_are(changes: dict[str, Any], kinds: set[str]) -> None:
    """Mode of the cluster, release of the core and zones decide."""
    assert {leg for leg, *_ in ends(Bench(changes))} == kinds


def test_a_restart_loses_what_ends_there_and_nothing_else() -> None:
    """Of four zones those of the peer are lost, and come back with it."""
    bench = Bench(model="mra-cluster")
    bench.do({"restart_expressway": {"peer": "expe2"}})
    assert lost(bench) == {(leg, c, "expe2") for leg in ("L2", "L3") for c in CORES}
    bench.settle()
    assert bench.down() == set()


@pytest.mark.parametrize(
    ("service", "leg"), [("Cisco Tomcat", "L4"), ("Cisco CallManager", "L7"), ("Cisco Tftp", "L5")]
)
def test_a_service_of_a_node_carries_its_leg(service: str, leg: str) -> None:
    """Restarted, its connections are lost and no others."""
    bench = Bench({"expressways[0].release": "X14.0.2"})
    bench.do({"restart_service": {"node": "cucm-sub", "service": service}})
    assert lost(bench) == {(leg, "expc", "cucm-sub")}
    bench.settle()
    assert bench.down() == set()


def test_a_path_that_is_cut_takes_what_goes_over_it() -> None:
    """Without the DMZ the zones are down, and those inside stand."""
    bench = Bench()
    bench.do({"wan": {"site": "dmz", "up": False}})
    assert bench.down_kinds() == {"L2", "L3"}
    bench.settle()
    assert {row.data["leg"] for row in bench.told("tls_unreachable")} == {"L2", "L3"}
    bench.do({"wan": {"site": "dmz", "up": True}})
    bench.settle()
    assert bench.down() == set()


def test_an_upgrade_connects_to_what_the_new_release_asks_for() -> None:
    """From X14.0.2 there is a leg to the file servers that was not there before."""
    bench = Bench()
    before, told = ends(bench), []
    bench.edge.on_connection.append(lambda one: told.append(one.leg.server.name))
    bench.do({"upgrade_expressway": {"peer": "expc", "release": "X14.0.2"}})
    bench.settle()
    assert told == list(NODES)
    assert all(bench.edge.connections.find("L5", "expc", node) is not None for node in NODES)
    assert set(ends(bench)) - set(before) == {("L5", "expc", node, 6972) for node in NODES}
    assert len(ends(bench)) == len(before) + 2
    late = bench.do({"upgrade_expressway": {"peer": "expc", "release": "X99.1"}})
    assert late == [("refused", "X99.1: known are X8.1 to X15.5")]


def test_a_ca_revokes_what_it_has_signed_and_nothing_else() -> None:
    """A certificate of another CA, or of nobody, is not its to revoke."""
    bench = Bench(model="mra-cluster")
    assert bench.do(
        {"revoke_certificate": {"authority": "public-ca", "owner": "expc1"}},
        {"revoke_certificate": {"authority": "public-ca", "owner": "partner"}},
    ) == [("refused", "public-ca has signed nothing for expc1"), ("done", "")]
    lists = {"expressway_revocation": {"peer": "expe1", "upload": ["public-ca"], "check_sip": True}}
    bench.do(lists, {"restart_expressway": {"peer": "expe1"}})
    bench.settle()
    assert bench.down() == {("neighbor", "expe1", "partner")}


def test_ca_lists_are_not_shared_within_a_cluster() -> None:
    """What is appended on one peer is not on the other."""
    bench = Bench(model="mra-cluster")
    one, other = (bench.edge.peers[name].ca_list for name in CORES)
    before = other.entries
    bench.do({"upload_expressway_trust": {"peer": "expc1", "units": ["tomcat"]}})
    assert len(one.entries) == len(before) + 2
    assert other.entries == before


def test_the_same_seed_makes_the_same_edge() -> None:
    """Two runs have the same certificates and the same journal."""
    first, second = Bench(model="mra-cluster"), Bench(model="mra-cluster")
    for bench in (first, second):
        bench.do({"restart_expressway": {"peer": "expe1"}})
        bench.settle()
    assert [row.line() for row in first.events] == [row.line() for row in second.events]
    own = [[bench.edge.peers[name].certificates.active.certificate for name in EDGES]
           for bench in (first, second)]  # fmt: skip
    assert own[0] == own[1]
