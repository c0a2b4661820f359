"""Certificate operations in numbers: how they ended, how long a campaign took, who was held.

Knows: the events of CAPF sessions and of 802.1X. Must not know why an operation ended as it did.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.metrics.counters import queue_peak
from twin.metrics.tables import JournalTables
from twin.nodes.certificate_status import CertificateStatus
from twin.phones.lifecycle import CAPFTrouble, Event, State


def lsc(tables: JournalTables) -> dict[str, Any]:
    """The fields of `twin.config.result.LscMetrics`."""
    counts = tables.summary.tally[Event.CERTIFICATE_STATUS].tolist()
    troubles = tables.summary.tally[Event.CAPF_FAILED].tolist()
    ended = [status for status in CertificateStatus if status > CertificateStatus.SCHEDULE]
    succeeded = sum(counts[status] for status in ended if status.is_success)
    by_status, campaign_s = _last_words(tables)
    return {
        "attempted": counts[CertificateStatus.SCHEDULE],
        "succeeded": succeeded,
        "failed": sum(counts[status] for status in ended) - succeeded,
        "pending": by_status.get(CertificateStatus.SCHEDULE.name.lower(), 0),
        "by_status": by_status,
        "campaign_s": campaign_s,
        "tries": tables.count(Event.CAPF_OPENED),
        "tries_failed": sum(troubles),
        "tries_untrusted": troubles[CAPFTrouble.UNTRUSTED],
        "gave_up": tables.count(Event.CAPF_GAVE_UP),
        "queue_peak": queue_peak(tables, "capf"),
        "ports_refused": tables.count(Event.PORT_REFUSED),
        "tunnels_refused": tables.count(Event.VPN_REFUSED),
        "held_at_end": int((tables.phones["state"] == State.HELD).sum()),
    }


def _last_words(tables: JournalTables) -> tuple[dict[str, int], float | None]:
    """Phones by their last status, in order of status; seconds from first order to last end."""
    if not tables.count(Event.CERTIFICATE_STATUS):
        return {}, None
    rows = tables.select(Event.CERTIFICATE_STATUS)
    last = dict(zip(rows.phone.tolist(), rows.detail.tolist(), strict=True))
    values, counts = np.unique(list(last.values()), return_counts=True)
    by_status = {
        CertificateStatus(value).name.lower(): count
        for value, count in zip(values.tolist(), counts.tolist(), strict=True)
    }
    ends = rows.at_ms[rows.detail != CertificateStatus.SCHEDULE]
    if not len(ends):
        return by_status, None
    return by_status, round(int(ends[-1] - rows.at_ms[0]) / 1000, 3)
