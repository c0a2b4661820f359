"""Jabber's sessions in numbers, from the events of a journal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from twin.kernel.journal import NodeEvent
from twin.metrics.presence import presence
from twin.metrics.tables import JournalTables


def _row(at_ms: int, event: str, service: str = "im", **data: Any) -> NodeEvent:
    return NodeEvent(at_ms, "clients", service, event, "info", data)


def _of(*rows: NodeEvent) -> dict[str, Any]:
    return presence(cast("JournalTables", SimpleNamespace(node_events=list(rows))))


def test_nothing_happened_counts_nothing() -> None:
    """Without Jabber every count is 0 and no time is told."""
    found = _of(_row(0, "im_dropped", service="other", count=5))
    assert found["sessions"] == found["dropped"] == found["peak_out"] == 0
    assert found["relogin_s"] == {"p50": None, "p95": None, "p100": None}


def test_peak_and_times_are_those_of_all_drops_together() -> None:
    """The peak is of one time, the times are of everybody who came back."""
    found = _of(
        _row(0, "im_clients", count=10),
        _row(1000, "im_dropped", count=4),
        _row(2000, "im_logged_in", count=2, out_ms=[900, 1000]),
        _row(3000, "im_dropped", count=3),
        _row(4000, "im_refused", count=2, leg="XMPP"),
        _row(5000, "im_refused", count=1, leg="XMPP"),
        _row(6000, "im_logged_in", count=2, out_ms=[5000, 3000]),
        _row(6000, "failover", service="SRM"),
        _row(7000, "im_prompted", count=10),
    )
    assert (found["sessions"], found["dropped"]) == (10, 7)
    assert (found["peak_out"], found["disconnected"]) == (5, 3)
    assert found["relogin_s"] == {"p50": 1.0, "p95": 5.0, "p100": 5.0}
    assert found["refused"] == {"XMPP": 3}
    assert (found["prompted"], found["failovers"]) == (10, 1)
