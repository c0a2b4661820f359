"""Jabber's XMPP sessions in numbers: who was out, how many at once, how long.

Knows: the events of sessions. Must not know why a session was lost or a login turned away.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from twin.metrics.tables import JournalTables

SERVICES = ("im", "SRM")


def presence(tables: JournalTables) -> dict[str, Any]:
    """The fields of `twin.config.result.PresenceMetrics`."""
    sessions = dropped = out = peak = prompted = failovers = 0
    refused: dict[str, int] = {}
    times: list[int] = []
    for row in tables.node_events:
        if row.service not in SERVICES:
            continue
        count = int(cast("int", row.data.get("count", 1)))
        if row.event == "im_clients":
            sessions += count
        elif row.event == "im_dropped":
            dropped += count
            out += count
            peak = max(peak, out)
        elif row.event == "im_logged_in":
            out -= count
            times += cast("list[int]", row.data["out_ms"])
        elif row.event == "im_refused":
            leg = str(row.data["leg"])
            refused[leg] = refused.get(leg, 0) + count
        elif row.event == "im_prompted":
            prompted += count
        elif row.event == "failover":
            failovers += 1
    return {
        "sessions": sessions,
        "dropped": dropped,
        "disconnected": out,
        "peak_out": peak,
        "relogin_s": {f"p{share}": _percentile(times, share) for share in (50, 95, 100)},
        "refused": dict(sorted(refused.items())),
        "prompted": prompted,
        "failovers": failovers,
    }


def _percentile(times_ms: list[int], share: int) -> float | None:
    """The time within which a share (%) of them was over, s."""
    if not times_ms:
        return None
    return round(float(np.percentile(times_ms, share, method="inverted_cdf")) / 1000, 3)
