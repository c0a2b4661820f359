"""Changes that have not been made: both ends of a leg as they would be after one.

Knows: how endpoints would differ. Must not know how a leg ends. A certificate that would be made is
really made (key, serial, signature), from what the node would use for it; nothing is used up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from twin.cluster.cluster import Cluster
from twin.config.faults import nearest
from twin.errors import ActionError, Fault
from twin.graph.owners import SERVER, every_node, in_use, owned
from twin.nodes.certificate_names import TRUST_COPIES
from twin.nodes.expressway.peer import Peer
from twin.nodes.legs import Leg, Side
from twin.nodes.node import Node
from twin.nodes.trust_deletion import CLUSTER_WIDE_UNITS
from twin.pki.certificates import Certificate
from twin.pki.handshake import Endpoint
from twin.pki.keys import PrivateKey
from twin.pki.serials import serial_of

EVERYWHERE = "*"

Change = Callable[[Side, Endpoint], Endpoint]
"""What becomes of an end, by the side it is of."""


@dataclass(frozen=True, slots=True)
class Place:
    """A system and one of its certificates, written NODE:UNIT."""

    system: str
    unit: str

    @staticmethod
    def parse(text: str) -> Place:
        """Read NODE:UNIT.

        Raises:
            ActionError: there is no colon in it.
        """
        system, colon, unit = text.partition(":")
        if not colon or not system or not unit:
            raise ActionError(Fault("", repr(text), "NODE:UNIT such as cucm-pub:tomcat"))
        return Place(system, unit)

    def __str__(self) -> str:
        return f"{self.system}:{self.unit}"


def present(cluster: Cluster, place: Place) -> Certificate:
    """The own certificate of a place as it is now on disk.

    Raises:
        ActionError: there is no such system or unit.
    """
    known = owned(cluster)
    _known(place, place.system, list(known))
    _known(place, place.unit, list(known[place.system]))
    return known[place.system][place.unit]


def regenerated(cluster: Cluster, place: Place) -> Change:
    """A unit is regenerated, its services restarted, and its trust copies are where they go.

    Copies go to the nodes of the same cluster, as its trust stores take them. A certificate of
    another system is made anew by the CA of the model that has signed it, or by itself. What is
    elsewhere (lists of phones, CA lists, stores of another cluster) stays as it is.

    Raises:
        ActionError: there is no such system or unit, or nobody here could sign it.
    """
    old = present(cluster, place)
    shown = {old} | {
        certificate
        for system, unit, certificate in in_use(cluster)
        if (system, unit) == (place.system, place.unit)
    }
    node = every_node(cluster).get(place.system)
    if node is None:
        chain, key = _renewed(cluster, place, old)
        return _replaced((place.system,), shown, chain, key)
    made = node.certificates.preview(place.unit)
    around = cluster_of(cluster, node)
    systems = tuple(around) if made.is_shared else (place.system,)
    shows = _replaced(systems, shown, (made.certificate,), made.key)
    trusts = _followed(around, node, place.unit, made.certificate)
    return lambda side, end: trusts(side, shows(side, end))


def deleted(cluster: Cluster, certificate: Certificate, system: str = EVERYWHERE) -> Change:
    """A certificate is taken out of the trust stores of a system, or of all.

    Where the release deletes on all nodes at once, it is gone there too, from the stores of which
    that is true. Where it does not, this is the answer until a resync may bring it back.
    """
    gone = entries_gone(cluster, certificate, system)
    nodes = every_node(cluster)

    def change(side: Side, end: Endpoint) -> Endpoint:
        if side.name in nodes:
            is_hit = any((side.name, store) in gone for store in side.stores)
        else:
            is_hit = system in (EVERYWHERE, side.name)
        if not is_hit:
            return end
        return replace(end, anchors=tuple(one for one in end.anchors if one != certificate))

    return change


def entries_gone(cluster: Cluster, certificate: Certificate, system: str) -> set[tuple[str, str]]:
    """Nodes and stores that lose an entry when it is deleted from every store of a system."""
    found = set()
    for name, node in every_node(cluster).items():
        asked = every_node(cluster).get(system)
        around = {} if asked is None else cluster_of(cluster, asked)
        is_wide = name in around and node.host.release.cluster_wide_delete
        for unit, store in node.files.trust.items():
            is_told = is_wide and unit in CLUSTER_WIDE_UNITS
            if certificate in store and (is_told or system in (EVERYWHERE, name)):
                found.add((name, unit))
    return found


def added(certificate: Certificate, system: str) -> Change:
    """A certificate is put into the trust store of a system."""

    def change(side: Side, end: Endpoint) -> Endpoint:
        if side.name != system or certificate in end.anchors:
            return end
        return replace(end, anchors=(*end.anchors, certificate))

    return change


def changed(leg: Leg, change: Change) -> Leg:
    """A leg as it would be."""

    def other(side: Side) -> Side:
        def end() -> Endpoint | None:
            now = side.end()
            return None if now is None else change(side, now)

        return replace(side, end=end)

    return replace(leg, client=other(leg.client), server=other(leg.server))


def cluster_of(cluster: Cluster, node: Node) -> dict[str, Node]:
    """The nodes of the CUCM or IM&P cluster that a node belongs to, by name."""
    if node.name in cluster.nodes or cluster.presence is None:
        return cluster.nodes
    return dict(cluster.presence.cluster_of(node.name).nodes)


def _replaced(
    systems: tuple[str, ...], shown: set[Certificate], chain: tuple[Certificate, ...],
    key: PrivateKey,
) -> Change:  # fmt: skip
    """These systems show another certificate where they show one of those now."""

    def change(side: Side, end: Endpoint) -> Endpoint:
        if side.name in systems and end.chain and end.chain[0] in shown:
            return replace(end, chain=chain, key=key)
        return end

    return change


def _followed(
    around: dict[str, Node], origin: Node, unit: str, certificate: Certificate
) -> Change:  # fmt: skip
    """Trust copies of a unit go where they go, and take the place of a namesake.

    On other nodes they are put by certCN, in the stores that are its business. Source: Security
    Guide 15 (one certificate of a name in a store).
    """
    copies = TRUST_COPIES.get(unit, ())

    def change(side: Side, end: Endpoint) -> Endpoint:
        node = around.get(side.name)
        if node is None or not side.stores or any(store not in copies for store in side.stores):
            return end
        replicated = {str(one) for one in node.host.release.certcn_units}
        if node is not origin and any(store not in replicated for store in side.stores):
            return end
        kept = (one for one in end.anchors if one.common_name != certificate.common_name)
        return replace(end, anchors=(*kept, certificate))

    return change


def _renewed(
    cluster: Cluster, place: Place, old: Certificate
) -> tuple[tuple[Certificate, ...], PrivateKey]:
    """A certificate of another system made anew, and its key."""
    found: tuple[tuple[Certificate, ...], PrivateKey] | None = None
    if cluster.edge is not None and place.system in cluster.edge.peers:
        found = _signed_anew(cluster, cluster.edge.peers[place.system], place.unit, old)
    elif cluster.integrations is not None:
        made = cluster.integrations.maker.preview(place.system)
        found = None if made is None else ((made[0],), made[1])
    if found is None:
        who = f"signed by {old.issuer_name.common_name!r}"
        raise ActionError(Fault(str(place), who, "a certificate authority of the model"))
    return found


def _signed_anew(
    cluster: Cluster, peer: Peer, unit: str, old: Certificate
) -> tuple[tuple[Certificate, ...], PrivateKey] | None:
    page = peer.certificates
    stored = page.stored if unit == SERVER or page.stored_client is None else page.stored_client
    for config in cluster.model.certificate_authorities:
        authority = cluster.authorities.get(config.name)
        if authority.certificate.subject_name == old.issuer_name:
            asked, key = page.ask_outside(cluster.keys.peek(stored.key.bits))
            serial = serial_of(cluster.streams.octets(16, "what-if", peer.name, unit))
            certificate = authority.sign(asked, serial, peer.host.time())
            return (certificate, *stored.chain[1:]), key
    return None


def _known(place: Place, word: str, words: list[str]) -> None:
    if word not in words:
        expected = f"one of {', '.join(words)}"
        raise ActionError(Fault(str(place), repr(word), expected, nearest(word, words)))
