"""What can be counted: updates, requests, queries, resets, alarms, stuck phones.

Knows: the life cycle's events and the words of a trust decision. Must not know time series or
figures.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import cast

import numpy as np

from twin.config.result import TlsFailure
from twin.metrics.occupancy import OUT_OF_SERVICE_STATES
from twin.metrics.tables import REMEDY_SEPARATOR, JournalTables
from twin.phones.lifecycle import Event, HTTPSOutcome, TVSAnswer
from twin.phones.outcomes import Outcome, Reason

REASON_SEPARATOR = "+"
"""Between the reasons for which one phone is stuck, in a key of `stuck_by_reason`."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that a node raised; `severity` in the product's word."""

    name: str
    severity: str
    node: str
    at_ms: int


def updates(tables: JournalTables, event: Event) -> dict[str, int]:
    """How `ITL_CHECKED` or `CONFIG_CHECKED` ended: attempted, and one count per outcome."""
    counts = tables.summary.tally[event].tolist()
    return {"attempted": sum(counts), **{o.name.lower(): counts[o] for o in Outcome}}


def resets(tables: JournalTables) -> tuple[int, int]:
    """Reset and restart notices that reached a phone: (in all, most for one phone)."""
    phones = tables.summary.resets.phone
    return len(phones), int(np.bincount(phones).max()) if len(phones) else 0


def queue_peak(tables: JournalTables, queue: str) -> int:
    """The longest that one node's queue of this name ever was (waiting, not in service)."""
    return max((sample.depth for sample in tables.queues if sample.queue == queue), default=0)


def tftp(tables: JournalTables) -> dict[str, int]:
    """Requests that reached a TFTP node, those it refused (HTTP 503), its longest queue."""
    return {
        "requests": tables.count(Event.FILE_REQUESTED),
        "rejected_503": tables.count(Event.FILE_REFUSED),
        "queue_peak": queue_peak(tables, "tftp"),
    }


def https(tables: JournalTables) -> dict[str, int]:
    """HTTPS services phones opened: in all, and one count per outcome."""
    counts = tables.summary.tally[Event.HTTPS_CHECKED].tolist()
    return {"requests": sum(counts), **{o.name.lower(): counts[o] for o in HTTPSOutcome}}


def tvs(tables: JournalTables) -> dict[str, int]:
    """Answers of Trust Verification Services: in all, and one count per `TVSAnswer`.

    A phone that tries three services makes three queries.
    """
    counts = tables.summary.tally[Event.TVS_ANSWERED].tolist()
    return {"queries": sum(counts), **{a.name.lower(): counts[a] for a in TVSAnswer}}


def registration(tables: JournalTables) -> dict[str, int]:
    """The longest registration queue of a node."""
    return {"queue_peak": queue_peak(tables, "registration")}


def alarms(tables: JournalTables) -> list[Alarm]:
    """Every alarm in order of time."""
    return [
        Alarm(str(row.data.get("name", "")), row.severity, row.node, row.at_ms)
        for row in tables.happened("alarm")
    ]


def phones_stuck(tables: JournalTables) -> int:
    """Phones that can take neither the cluster's list nor its config by any path now open."""
    return int(tables.phones["stuck"].sum())


def stuck_by_reason(tables: JournalTables) -> dict[str, int]:
    """Stuck phones by why: reasons joined by "+", most frequent first, then by the alphabet."""
    reasons = tables.phones["stuck_reasons"][tables.phones["stuck"]]
    values, counts = np.unique(reasons, return_counts=True)
    named = zip((reason_words(value) for value in values.tolist()), counts.tolist(), strict=True)
    return dict(sorted(named, key=lambda item: (-item[1], item[0])))


def remedies_by_reason(tables: JournalTables) -> dict[str, list[str]]:
    """What helps the stuck phones, by the keys of `stuck_by_reason`, in order of the phones.

    Where it does not help every phone with the reason, it is said how many.
    """
    stuck = np.flatnonzero(tables.phones["stuck"])
    reasons = tables.phones["stuck_reasons"][stuck].tolist()
    remedies = tables.phones["remedies"][stuck].tolist()
    totals = stuck_by_reason(tables)
    found: dict[str, dict[str, int]] = {key: {} for key in totals}
    for (reason, text), phones in Counter(zip(reasons, remedies, strict=True)).items():
        helps = found[reason_words(reason)]
        for word in (part.strip() for part in text.split(REMEDY_SEPARATOR)):
            if word:
                helps[word] = helps.get(word, 0) + phones
    return {
        key: [
            word if phones == totals[key] else f"{word} ({phones:,} of them)"
            for word, phones in helps.items()
        ]
        for key, helps in found.items()
    }


def reason_words(reasons: int) -> str:
    """Reasons as one word, e.g. "signer_not_in_lists+no_tvs_listed"; "unknown" for none."""
    return REASON_SEPARATOR.join(Reason(reasons).words()) or "unknown"


def phones_unregistered_at_end(tables: JournalTables) -> int:
    """Phones that have power and are not registered with the cluster when the run ends."""
    return int(np.isin(tables.phones["state"], OUT_OF_SERVICE_STATES).sum())


def ctl_mismatch(tables: JournalTables) -> int:
    """Phones, with power or without, whose CTL is not the one their TFTP node serves now."""
    return int((~tables.phones["ctl_current"]).sum())


def tls_failures(tables: JournalTables) -> list[TlsFailure]:
    """Every kind of refused TLS session in order of first appearance, with how often it came.

    Sessions of phones count one by one, standing connections of systems once per beginning.
    """
    numbers = tables.select(Event.TLS_REFUSED).detail
    of_phones = np.bincount(numbers) if len(numbers) else np.zeros(1, dtype=np.int64)
    counts: dict[TlsFailure, int] = {}
    for row in tables.happened("tls_refused"):
        if row.service not in ("CallManager", "tls"):  # agents of Cisco DRF refuse each other, too
            continue
        kind = TlsFailure(
            leg=str(row.data["leg"]),
            client=str(row.data["client"]),
            server=str(row.data.get("server", row.node)),
            alert=str(row.data["alert"]),
            reasons=tuple(str(reason) for reason in cast("list[str]", row.data["reasons"])),
        )
        number = row.data.get("number")
        counts[kind] = counts.get(kind, 0) + (
            1 if number is None else int(of_phones[cast("int", number)])
        )
    return [kind.model_copy(update={"count": count}) for kind, count in counts.items()]


def itl_mismatch(tables: JournalTables) -> int:
    """Phones, with power or without, that do not hold the list their TFTP node serves now."""
    return int((~tables.phones["itl_current"]).sum())
