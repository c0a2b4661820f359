"""The trust graph itself: systems, certificates, stores and legs, joined by who does what.

Knows: networkx. Must not know what is asked of it, nor how it is drawn.

    system --owns--> certificate           its own, by unit
    system --holds--> store --trusts--> certificate
    certificate --issued_by--> certificate where both are known
    system --connects--> leg --reaches--> system
    system --presents--> certificate       over a leg, as client or server
    system --judges--> certificate         of the other end of a leg, with the verdict
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import networkx as nx

from twin.cluster.cluster import Cluster
from twin.files import write_whole
from twin.graph.changes import SERVER
from twin.graph.questions import Judged, Questions
from twin.pki.certificates import Certificate

CA_LIST = "trusted CA list"


def trust_graph(questions: Questions) -> nx.MultiDiGraph:
    """The graph of a cluster now; names of nodes and edges are stable, attributes are words."""
    graph = nx.MultiDiGraph()
    cluster = questions.cluster
    for name, kind in _systems(questions):
        graph.add_node(f"system:{name}", kind=kind, name=name)
    for name, unit, certificate in _own(cluster):
        graph.add_edge(
            f"system:{name}", _certificate(graph, certificate), f"owns {unit}",
            kind="owns", unit=unit,
        )  # fmt: skip
    for name, unit, trusted in _stores(cluster):
        store = f"store:{name}/{unit}"
        graph.add_node(store, kind="store", name=f"{name} {unit}")
        graph.add_edge(f"system:{name}", store, "holds", kind="holds")
        for certificate in trusted:
            graph.add_edge(store, _certificate(graph, certificate), "trusts", kind="trusts")
    for judged in questions.verdicts():
        _add_leg(graph, judged)
    _issuers(graph)
    return graph


def write_graphml(graph: nx.MultiDiGraph, path: Path) -> None:
    """Write the graph for other tools (Gephi, yEd, Cytoscape): equal graphs, equal bytes."""
    text = "\n".join(nx.generate_graphml(graph, named_key_ids=True)) + "\n"
    write_whole(path, text)


def layers(questions: Questions) -> dict[str, int]:
    """How many legs every system is away from the cluster's own nodes: 0 for those."""
    graph = nx.Graph()
    for name, _ in _systems(questions):
        graph.add_node(name)
    graph.add_edges_from((leg.client.name, leg.server.name) for leg in questions.legs)
    away = dict(nx.multi_source_dijkstra_path_length(graph, set(questions.cluster.nodes)))
    return {name: int(away.get(name, 0)) for name in graph}


def _systems(questions: Questions) -> Iterator[tuple[str, str]]:
    cluster = questions.cluster
    known = dict.fromkeys(cluster.nodes, "node")
    if cluster.edge is not None:
        known |= dict.fromkeys(cluster.edge.peers, "expressway")
    populations = {part.group for part in cluster.model.phones}
    for leg in questions.legs:
        for side in (leg.client, leg.server):
            known.setdefault(side.name, "phones" if side.name in populations else "system")
    yield from known.items()


def _own(cluster: Cluster) -> Iterator[tuple[str, str, Certificate]]:
    for name, node in cluster.nodes.items():
        for unit, identity in node.files.own.items():
            yield name, unit, identity.certificate
    for name, peer in ({} if cluster.edge is None else cluster.edge.peers).items():
        yield name, SERVER, peer.certificates.stored.certificate


def _stores(cluster: Cluster) -> Iterator[tuple[str, str, tuple[Certificate, ...]]]:
    for name, node in cluster.nodes.items():
        for unit, store in sorted(node.files.trust.items()):
            yield name, unit, tuple(entry.certificate for entry in store.entries())
    for name, peer in ({} if cluster.edge is None else cluster.edge.peers).items():
        yield name, CA_LIST, peer.ca_list.entries


def _add_leg(graph: nx.MultiDiGraph, judged: Judged) -> None:
    leg, verdict = judged.leg, judged.verdict
    name = f"leg:{leg.name}"
    graph.add_node(
        name, kind="leg", name=leg.kind, service=leg.service, port=leg.port,
        succeeds=verdict.succeeded, refused_by=verdict.refused_by, alert=verdict.alert,
        reasons=" ".join(verdict.reasons),
    )  # fmt: skip
    graph.add_edge(f"system:{leg.client.name}", name, "connects", kind="connects")
    graph.add_edge(name, f"system:{leg.server.name}", "reaches", kind="reaches")
    for side, me, other in (("client", leg.client, leg.server), ("server", leg.server, leg.client)):
        end, judge = me.end(), other.end()
        if end is None or not end.chain:
            continue
        shown = _certificate(graph, end.chain[0])
        graph.add_edge(
            f"system:{me.name}", shown, f"presents {name}", kind="presents", leg=leg.name, side=side
        )
        if judge is not None and judge.authenticates:
            refused = not verdict.succeeded and verdict.refused_by != side
            graph.add_edge(
                f"system:{other.name}", shown, f"judges {name}", kind="judges", leg=leg.name,
                verdict=(verdict.alert or "refused") if refused else "accepted",
            )  # fmt: skip


def _certificate(graph: nx.MultiDiGraph, certificate: Certificate) -> str:
    name = f"certificate:{certificate.sha1.hex()}"
    graph.add_node(
        name, kind="certificate", name=certificate.common_name, subject=certificate.subject,
        issuer=certificate.issuer, serial=certificate.serial_bytes.hex(),
        not_before=certificate.not_before.isoformat(),
        not_after=certificate.not_after.isoformat(), self_issued=certificate.is_self_issued,
    )  # fmt: skip
    return name


def _issuers(graph: nx.MultiDiGraph) -> None:
    certificates = [
        (one, data) for one, data in graph.nodes(data=True) if data["kind"] == "certificate"
    ]
    by_subject: dict[str, list[str]] = {}
    for name, data in certificates:
        by_subject.setdefault(data["subject"], []).append(name)
    for name, data in certificates:
        for issuer in () if data["self_issued"] else by_subject.get(data["issuer"], ()):
            graph.add_edge(name, issuer, "issued_by", kind="issued_by")
