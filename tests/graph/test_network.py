"""The trust graph as networkx and GraphML have it, and its layers."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from twin.cluster.twin import Twin
from twin.graph.network import layers, trust_graph, write_graphml
from twin.graph.picture import picture
from twin.graph.questions import Questions


@pytest.fixture(scope="module")
def questions() -> Questions:
    """Of the lab with an Expressway pair, after a CallManager certificate nobody outside knows."""
    twin = Twin("mra-lab")
    twin.regenerate("cucm-sub", "CallManager")
    twin.do({"restart_service": {"node": "cucm-sub", "service": "Cisco CallManager"}})
    twin.advance("5m")
    return Questions(twin.cluster)


def test_a_leg_joins_two_systems_and_carries_its_verdict(questions: Questions) -> None:
    """The failing leg has its alert; its certificate is judged by the refusing end."""
    graph = trust_graph(questions)
    leg = "leg:L7 expc > cucm-sub:5061"
    assert graph.nodes[leg]["succeeds"] is False
    assert graph.nodes[leg]["alert"] == "unknown ca"
    assert list(graph.predecessors(leg)) == ["system:expc"]
    assert list(graph.successors(leg)) == ["system:cucm-sub"]
    judged = graph.get_edge_data("system:expc", _shown(graph, "system:cucm-sub", leg))
    assert judged[f"judges {leg}"]["verdict"] == "unknown ca"


def test_trust_can_be_followed_from_a_store_to_the_certificate_shown(questions: Questions) -> None:
    """From the judging system over its store to what signed the certificate it accepts."""
    graph = trust_graph(questions)
    leg = "leg:L4 expc > cucm-pub:8443"
    shown = _shown(graph, "system:cucm-pub", leg)
    (signer,) = [
        to for _, to, data in graph.out_edges(shown, data=True) if "issued_by" in data["kind"]
    ]
    assert graph.has_edge("store:expc/trusted CA list", signer, "trusts")
    assert graph.has_edge("system:expc", "store:expc/trusted CA list", "holds")


def test_graphml_is_read_back_as_it_was(questions: Questions, tmp_path: Path) -> None:
    """Other tools get every node, edge and attribute; equal graphs give equal bytes."""
    graph = trust_graph(questions)
    one, other = tmp_path / "a" / "one.graphml", tmp_path / "other.graphml"
    write_graphml(graph, one)
    write_graphml(trust_graph(questions), other)
    assert one.read_bytes() == other.read_bytes()
    read = nx.read_graphml(one, force_multigraph=True)
    assert dict(read.nodes(data=True)) == dict(graph.nodes(data=True))
    assert read.number_of_edges() == graph.number_of_edges()


def test_layers_count_legs_from_the_nodes(questions: Questions) -> None:
    """Nodes, Expressway-C, Expressway-E, clients outside."""
    away = layers(questions)
    assert [away[name] for name in ("cucm-pub", "expc", "expe", "home-8851")] == [0, 1, 2, 3]


def test_a_model_without_legs_has_a_graph_all_the_same() -> None:
    """Nodes, stores and certificates are there."""
    graph = trust_graph(Questions(Twin("seed-lab").cluster))
    kinds = {data["kind"] for _, data in graph.nodes(data=True)}
    assert kinds == {"node", "certificate", "store"}


def _shown(graph: nx.MultiDiGraph, system: str, leg: str) -> str:
    (found,) = [to for _, to, key in graph.out_edges(system, keys=True) if key == f"presents {leg}"]
    return str(found)


def test_what_a_phone_shows_is_called_by_its_kind() -> None:
    """An LSC is an LSC in the picture, whoever signed it."""
    boxes = picture(Questions(Twin("collab-edge").cluster)).boxes
    (box,) = [one for one in boxes if one.name == "secure-8841"]
    assert [line for line in box.lines if line.startswith("shows LSC: CAPF-")]
