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
from twin.nodes.certificate_manager import serial_of
from twin.nodes.expressway.peer import Peer
from twin.nodes.legs import Leg, Side
from twin.pki.certificates import Certificate
from twin.pki.handshake import Endpoint
from twin.pki.keys import PrivateKey

SERVER = "server"
"""The unit of an Expressway's only certificate."""
EVERYWHERE = "*"

Change = Callable[[str, Endpoint], Endpoint]
"""What becomes of an end, by the name of its system."""


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
    peers = {} if cluster.edge is None else cluster.edge.peers
    if place.system in peers:
        _known(place, place.unit, [SERVER])
        return peers[place.system].certificates.stored.certificate
    _known(place, place.system, [*cluster.nodes, *peers])
    own = cluster.nodes[place.system].files.own
    _known(place, place.unit, list(own))
    return own[place.unit].certificate


def regenerated(cluster: Cluster, place: Place) -> Change:
    """A unit is regenerated, its services restarted, and its trust copies are on every node.

    An Expressway's certificate is signed anew by the CA of the model that has signed it. What is
    elsewhere (lists of phones, an Expressway's CA list) stays as it is.

    Raises:
        ActionError: there is no such system or unit, or nobody here could sign it.
    """
    old = present(cluster, place)
    if cluster.edge is not None and place.system in cluster.edge.peers:
        peer = cluster.edge.peers[place.system]
        chain, key = _renewed(cluster, peer)
        shown = {old, peer.certificates.active.certificate}
        return _substituted((place.system,), shown, chain, key, ())
    node = cluster.nodes[place.system]
    made = node.certificates.preview(place.unit)
    systems = tuple(cluster.nodes) if made.is_shared else (place.system,)
    shown = {old}
    for service in node.presented.values():
        if service.unit == place.unit and service.certificate is not None:
            shown.add(service.certificate)
    if place.unit == "CallManager":
        registrar = cluster.ports.registrars.get(node.index)
        end = None if registrar is None or registrar.secure is None else registrar.secure.endpoint()
        shown |= set() if end is None else {end.chain[0]}
    return _substituted(systems, shown, (made.certificate,), made.key, tuple(cluster.nodes))


def deleted(certificate: Certificate, system: str = EVERYWHERE) -> Change:
    """A certificate is taken out of the trust stores of a system, or of all."""

    def change(name: str, end: Endpoint) -> Endpoint:
        if system not in (EVERYWHERE, name):
            return end
        return replace(end, anchors=tuple(one for one in end.anchors if one != certificate))

    return change


def added(certificate: Certificate, system: str) -> Change:
    """A certificate is put into the trust store of a system."""

    def change(name: str, end: Endpoint) -> Endpoint:
        if name != system or certificate in end.anchors:
            return end
        return replace(end, anchors=(*end.anchors, certificate))

    return change


def changed(leg: Leg, change: Change) -> Leg:
    """A leg as it would be."""

    def other(side: Side) -> Side:
        def end() -> Endpoint | None:
            now = side.end()
            return None if now is None else change(side.name, now)

        return replace(side, end=end)

    return replace(leg, client=other(leg.client), server=other(leg.server))


def _substituted(
    systems: tuple[str, ...],
    shown: set[Certificate],
    chain: tuple[Certificate, ...],
    key: PrivateKey,
    followers: tuple[str, ...],
) -> Change:
    def change(name: str, end: Endpoint) -> Endpoint:
        if name in systems and end.chain and end.chain[0] in shown:
            end = replace(end, chain=chain, key=key)
        if name in followers and any(one in shown for one in end.anchors):
            anchors = (chain[0] if one in shown else one for one in end.anchors)
            end = replace(end, anchors=tuple(dict.fromkeys(anchors)))
        return end

    return change


def _renewed(cluster: Cluster, peer: Peer) -> tuple[tuple[Certificate, ...], PrivateKey]:
    stored = peer.certificates.stored
    for config in cluster.model.certificate_authorities:
        authority = cluster.authorities.get(config.name)
        if authority.certificate.subject_name == stored.certificate.issuer_name:
            asked, key = peer.certificates.ask_outside(cluster.keys.peek(stored.key.bits))
            serial = serial_of(cluster.streams.octets(16, "what-if", peer.name))
            certificate = authority.sign(asked, serial, peer.host.time())
            return (certificate, *stored.chain[1:]), key
    found = f"signed by {stored.certificate.issuer_name.common_name!r}"
    raise ActionError(Fault(f"{peer.name}:{SERVER}", found, "a certificate authority of the model"))


def _known(place: Place, word: str, words: list[str]) -> None:
    if word not in words:
        expected = f"one of {', '.join(words)}"
        raise ActionError(Fault(str(place), repr(word), expected, nearest(word, words)))
