"""A handshake of a run as a pcap file: replayed, spoken again for real, and put into packets.

Knows: which addresses, ports and round trips belong to two ends. The TLS bytes are OpenSSL's own
(`twin.pki.handshake.transcript`); their random parts are new each time, everything else is not.

Source: edge-presence-video 2.1 for an Expressway-C's source ports. Assumption: other systems take
theirs from Linux's default range, phones from IANA's; phones and clients, to whom a model gives no
addresses, have documentation ones (RFC 5737).
"""

from __future__ import annotations

from pathlib import Path

from twin.capture.pcap import pcap_bytes
from twin.capture.segments import Socket, segments, with_alert
from twin.cluster.cluster import Cluster
from twin.config.words import ExpresswayRole
from twin.kernel.streams import key64
from twin.nodes.sockets import CORE_PORTS, PHONE_PORTS, SYSTEM_PORTS
from twin.pki.alerts import ALERT_CODES
from twin.pki.handshake import transcript
from twin.pki.keys import KeyBank
from twin.study.replay import Caught, Handshake, catch, meet

INSIDE, OUTSIDE = "198.51.100.", "203.0.113."
"""Documentation networks: phones inside, clients beyond the Expressways. Source: RFC 5737."""
_HOSTS = 250


def capture(directory: Path, wanted: Handshake, bank: KeyBank | None = None) -> bytes:
    """The pcap of one handshake of a finished run.

    Raises:
        InputError: as `twin.study.replay.catch`.
    """
    return _written(wanted, catch(directory, wanted, bank))


def capture_at(
    directory: Path, wanted: str, at_ms: int, bank: KeyBank | None = None
) -> tuple[Handshake, bytes]:
    """The handshake that two ends of a leg would have at an instant of a run, and its pcap.

    Raises:
        InputError: as `twin.study.replay.meet`.
    """
    found, caught = meet(directory, wanted, at_ms, bank)
    return found, _written(found, caught)


def _written(wanted: Handshake, caught: Caught) -> bytes:
    cluster = caught.twin.cluster
    said = transcript(caught.client, caught.server, caught.at)
    if wanted.alert:
        code = ALERT_CODES[wanted.alert]
        said = with_alert(said, wanted.refused_by == "client", code)
    client = Socket(
        _address(cluster, wanted.client), _port(cluster, wanted), _number(wanted, "client")
    )
    server = Socket(_address(cluster, wanted.server), wanted.port, _number(wanted, "server"))
    rtt_us = 1000 * cluster.network.rtt_ms(
        _site(cluster, wanted.client), _site(cluster, wanted.server)
    )
    flow = segments(said, client, server, 1000 * wanted.row.at_ms, rtt_us, wanted.refused_by)
    return pcap_bytes(flow, client, server, cluster.epoch.start)


def _address(cluster: Cluster, name: str) -> str:
    model = cluster.model
    addresses = {node.name: node.address for node in model.nodes}
    addresses |= {peer.name: peer.address for peer in model.expressways}
    addresses |= {node.name: node.address for node in model.imp_nodes}
    if name in addresses:
        return addresses[name]
    parts = sorted({part.group for part in model.phones})
    place = parts.index(name) if name in parts else key64("capture", name) % _HOSTS
    outside = any(part.group == name and part.mra is not None for part in model.phones)
    return f"{OUTSIDE if outside else INSIDE}{1 + place % _HOSTS}"


def _site(cluster: Cluster, name: str) -> int:
    model, network = cluster.model, cluster.network
    if name in cluster.nodes:
        return cluster.nodes[name].site
    if cluster.edge is not None and name in cluster.edge.peers:
        return cluster.edge.peers[name].site
    for part in model.phones:
        if part.group == name:
            return network.index[part.site]
    return cluster.core_site()


def _port(cluster: Cluster, wanted: Handshake) -> int:
    told = wanted.row.data.get("source_port")
    if isinstance(told, int):
        return told
    name = wanted.client
    peers = {} if cluster.edge is None else cluster.edge.peers
    if name in peers and peers[name].role is ExpresswayRole.CORE:
        ports = CORE_PORTS
    else:
        ports = SYSTEM_PORTS if name in peers or name in cluster.nodes else PHONE_PORTS
    return ports[key64("capture-port", wanted.name, wanted.row.at_ms) % len(ports)]


def _number(wanted: Handshake, side: str) -> int:
    """An initial sequence number."""
    return key64("capture-number", side, wanted.name, wanted.row.at_ms) % (1 << 32)
