"""The port a client's side of a connection has.

Knows: ranges. A port belongs to who opens it and when, by the seed; nothing is drawn for it, and no
outcome depends on it.

Source: edge-presence-video 2.1 for an Expressway-C. Assumption: other systems take theirs from
Linux's default range, phones from IANA's.
"""

from __future__ import annotations

from twin.nodes.host import Host

CORE_PORTS = range(25_000, 30_000)
SYSTEM_PORTS = range(32_768, 61_000)
PHONE_PORTS = range(49_152, 65_536)


def source_port(host: Host, ports: range, *name: object) -> int:
    """The port of a connection that a host opens now."""
    number = int.from_bytes(host.octets(8, "source-port", *name, host.now_ms), "big")
    return ports[number % len(ports)]
