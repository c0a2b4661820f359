"""The tables of a run's page.

Knows: the result document, the journal's tables, how numbers are worded. Must not know HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from twin.config.result import Result
from twin.metrics.breakdown import Part
from twin.metrics.counters import reason_words
from twin.metrics.storm import PASSIVE_ACTIONS, operator_steps, started_at_ms
from twin.metrics.tables import REMEDY_SEPARATOR, JournalTables
from twin.report.page import clock, count, lasting, plain
from twin.report.page_table import Cell, Mark, PageTable, bad_if, code, page_table
from twin.report.summary import ACRONYMS, NO_REMEDY
from twin.simtime import Epoch, format_ms

STUCK_NAMED = 20
"""So many stuck phones are named."""
JOURNAL = "the folder of this run has them in journal/node_events.parquet"
PHONES = "the folder of this run has them in phones.parquet"
RESULT = "the folder of this run has them in result.json"


def headline(document: Result) -> list[tuple[str, str, bool]]:
    """The key numbers: (what, value, whether it is bad news)."""
    metrics = document.metrics
    rows: list[tuple[str, str, bool]] = []
    if document.phones:
        rows += [
            ("Phones stuck at the end", count(metrics.phones_stuck), metrics.phones_stuck > 0),
            (
                "Phones out of service at the end",
                count(metrics.phones_unregistered_at_end),
                metrics.phones_unregistered_at_end > 0,
            ),
            ("Most phones out at once", count(metrics.peak_unregistered), False),
            ("Outage, phone-hours", count(round(metrics.outage_phone_minutes / 60, 1)), False),
            ("Resets, most of one phone", count(metrics.resets_per_phone_max), False),
        ]
        if metrics.resets_total:
            recovery = metrics.recovery_s
            rows += [
                ("95 % back after a reset", lasting(recovery.p95), recovery.p95 is None),
                ("All back after a reset", lasting(recovery.p100), recovery.p100 is None),
            ]
        if metrics.tftp.requests:
            rows.append(("File requests refused (503)", count(metrics.tftp.rejected_503), False))
    if metrics.legs.connections:
        down = metrics.legs.connections - metrics.legs.up_at_end
        longest = lasting(metrics.legs.longest_down_s)
        rows.append(
            (f"Of {metrics.legs.connections} connections down at the end", count(down), down > 0)
        )
        rows.append(("Longest time one was down", longest, False))
    if metrics.presence.sessions:
        out = metrics.presence.disconnected
        rows.append(("Jabber sessions lost", count(metrics.presence.dropped), False))
        rows.append(("Jabber clients out at the end", count(out), out > 0))
    return rows


def steps_table(tables: JournalTables, document: Result, epoch: Epoch) -> PageTable:
    """The operator's steps; those that do something have the number of the figure."""
    rows: list[tuple[str | Cell, ...]] = []
    number = 0
    steps = operator_steps(tables, with_passive=True)
    for step, told in zip(steps, document.steps, strict=True):
        is_passive = step.data.get("action") in PASSIVE_ACTIONS
        number += not is_passive
        took = format_ms((step.at_ms - started_at_ms(step)) // 1000 * 1000)
        rows.append(
            (
                Cell("–" if is_passive else str(number), Mark.QUIET if is_passive else Mark.PLAIN),
                clock(epoch.iso(started_at_ms(step))),
                told.action if told.name is None else f"{told.name}: {told.action}",
                took,
                Cell(told.outcome, Mark.PLAIN if told.outcome == "done" else Mark.BAD),
            )
        )
    return page_table(
        "What the operator did; the numbers are those above the figure",
        ("Step", "Begun, UTC", "What", "Took", "Outcome"), rows, numbers=("Took",), most=60,
        rest=RESULT,
    )  # fmt: skip


def waves_table(document: Result) -> PageTable:
    """The waves of resets."""
    rows: list[tuple[str | Cell, ...]] = [
        (
            wave.cause or wave.name, clock(wave.started_at), count(wave.phones),
            _back(wave.recovery_s.p50), _back(wave.recovery_s.p95), _back(wave.recovery_s.p100),
        )
        for wave in document.waves
    ]  # fmt: skip
    numbers = ("Phones", "Half back", "95 % back", "All back")
    return page_table(
        "Waves of resets: what set them off, and how long until phones were back",
        ("Cause", "First reset, UTC", *numbers), rows, numbers=numbers, rest=RESULT,
    )  # fmt: skip


def parts_table(caption: str, name: str, found: Sequence[Part]) -> PageTable:
    """Phones by site or by model."""
    rows = [
        (
            part.name, count(part.phones), count(part.reset), count(part.peak_out),
            count(round(part.outage_minutes / 60, 1)), lasting(part.median_out_s),
            lasting(part.longest_out_s), bad_if(part.stuck), bad_if(part.out_at_end),
        )
        for part in found
    ]  # fmt: skip
    numbers = (
        "Phones", "Reset", "Out at once", "Phone-hours out", "Out, half of the phones up to",
        "Out, longest", "Stuck", "Out at the end",
    )  # fmt: skip
    return page_table(caption, (name, *numbers), rows, numbers=numbers, rest=PHONES)


def stuck_table(document: Result, remedies: Mapping[str, Sequence[str]]) -> PageTable:
    """Stuck phones by reason, and what helps."""
    rows = [
        (
            reason_text(reasons), bad_if(phones),
            "; ".join(remedies.get(reasons, ())) or NO_REMEDY,
        )
        for reasons, phones in document.metrics.stuck_by_reason.items()
    ]  # fmt: skip
    return page_table(
        "Why phones are stuck, and what would free them (each remedy was tried on the twin)",
        ("Why", "Phones", "What helps"), rows, numbers=("Phones",), rest=RESULT,
    )  # fmt: skip


def stuck_phones_table(tables: JournalTables) -> PageTable:
    """The first stuck phones by name; why, too, where they are not all stuck for one reason."""
    phones = tables.phones
    stuck = np.flatnonzero(phones["stuck"]).tolist()
    rows: list[tuple[str | Cell, ...]] = [
        (
            code(str(phones["name"][place])),
            str(phones["model"][place]),
            str(phones["site"][place]),
            str(phones["callmanager_group"][place]),
            reason_text(reason_words(int(phones["stuck_reasons"][place]))),
            str(phones["remedies"][place]).replace(REMEDY_SEPARATOR, "; ") or NO_REMEDY,
        )
        for place in stuck
    ]
    columns: tuple[str, ...] = ("Phone", "Model", "Site", "CallManager Group", "Why", "What helps")
    if len({row[-2:] for row in rows}) < 2:
        rows, columns = [row[:-2] for row in rows], columns[:-2]
    return page_table("Stuck phones by name", columns, rows, most=STUCK_NAMED, rest=PHONES)


def expectations_table(document: Result) -> PageTable:
    """What was expected and what was found, failures first."""
    outcomes = sorted(document.expectations, key=lambda one: one.passed)
    rows = [
        (
            one.name, one.expected, plain(one.observed),
            Cell("holds", Mark.GOOD) if one.passed else Cell("failed", Mark.BAD),
        )
        for one in outcomes
    ]  # fmt: skip
    return page_table(
        "What the experiment expected, and what was found",
        ("Expectation", "Expected", "Found", "Outcome"), rows, numbers=("Found",), most=60,
        rest=RESULT,
    )  # fmt: skip


def alarms_table(document: Result) -> PageTable:
    """Alarms, alike ones together."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for alarm in document.metrics.alarms:
        found.setdefault((alarm.name, alarm.severity, alarm.node), []).append(alarm.at)
    rows = [
        (name, severity, node, count(len(instants)), clock(instants[0]), clock(instants[-1]))
        for (name, severity, node), instants in found.items()
    ]
    return page_table(
        "Alarms by name and node",
        ("Alarm", "Severity", "Node", "Times", "First, UTC", "Last, UTC"),
        rows,
        numbers=("Times",),
        rest=RESULT,
    )  # fmt: skip


def sessions_table(document: Result) -> PageTable:
    """Refused TLS sessions, the most frequent first."""
    failures = sorted(document.metrics.tls_failures, key=lambda one: -one.count)
    rows = [
        (
            one.leg, one.client, one.server, one.alert,
            ", ".join(reason.replace("_", " ") for reason in one.reasons), count(one.count),
        )
        for one in failures
    ]  # fmt: skip
    return page_table(
        "TLS sessions that were refused",
        ("Session", "Client", "Server", "Alert", "Reasons", "Times"), rows, numbers=("Times",),
        rest=RESULT,
    )  # fmt: skip


def reason_text(reasons: str) -> str:
    """The reasons of a stuck phone in words."""
    words = reasons.replace("_", " ").replace("+", ", ")
    for acronym in ACRONYMS:
        words = re.sub(rf"\b{acronym}\b", acronym.upper(), words)
    return words


def _back(seconds: float | None) -> Cell:
    return Cell(lasting(seconds), Mark.BAD if seconds is None else Mark.PLAIN)
