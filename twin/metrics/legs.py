"""TLS legs between systems in numbers: what stands, what was lost, for how long.

Knows: the events of standing connections. Must not know what a leg is for.
"""

from __future__ import annotations

from typing import Any

from twin.kernel.journal import NodeEvent
from twin.metrics.tables import JournalTables

_KINDS = ("tls_connected", "tls_lost", "tls_refused", "tls_unreachable")
SERVICE = "tls"


def legs(tables: JournalTables) -> dict[str, Any]:
    """The fields of `twin.config.result.LegMetrics`."""
    rows = [row for row in tables.node_events if row.service == SERVICE and row.event in _KINDS]
    down_since: dict[tuple[str, ...], int | None] = {}
    longest_ms = lost = refused = 0
    for row in rows:
        leg = _leg(row)
        since = down_since.get(leg)
        if row.event == "tls_connected":
            if since is not None:
                longest_ms = max(longest_ms, row.at_ms - since)
            down_since[leg] = None
            continue
        lost += row.event == "tls_lost"
        refused += row.event == "tls_refused"
        if since is None:
            down_since[leg] = row.at_ms
    down = {leg: since for leg, since in down_since.items() if since is not None}
    for since in down.values():
        longest_ms = max(longest_ms, tables.ended_at_ms - since)
    by_kind: dict[str, int] = {}
    for leg in down:
        by_kind[leg[0]] = by_kind.get(leg[0], 0) + 1
    return {
        "connections": len(down_since),
        "up_at_end": len(down_since) - len(down),
        "lost": lost,
        "refused": refused,
        "down_at_end": dict(sorted(by_kind.items())),
        "longest_down_s": round(longest_ms / 1000, 3),
    }


def _leg(row: NodeEvent) -> tuple[str, ...]:
    return tuple(str(row.data[field]) for field in ("leg", "client", "server", "port"))
