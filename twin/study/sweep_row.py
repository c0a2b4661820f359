"""One row of a sweep: all that a study may want to know of a finished run, in flat columns.

Knows: the result document, what a run left behind, the columns and their types. Must not know
how rows are stored, nor any figure.

What has a fixed number of values has a column for each, by dotted path (`recovery_s.p99`). What
has not is canonical JSON in one column: `stuck_by_reason`, `alarms` and `tls_failures` (counts by
name), `waves`, `steps`, `sites`. Nothing depends on wall time, or on where the run took place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from twin.config.fields import Document
from twin.config.result import Metrics
from twin.metrics.occupancy import OUT_OF_SERVICE_STATES, Occupancy
from twin.metrics.storm import PASSIVE_ACTIONS, operator_steps, started_at_ms, waves
from twin.metrics.tables import Integers, JournalTables
from twin.phones.lifecycle import State
from twin.study.run import Run
from twin.study.sweep_plan import Cell, Variant
from twin.study.sweep_question import json_text

_HEAD = {"variant": "int64"}
_CELL = {
    "replicate": "int64",
    "seed": "int64",
    "passed": "bool",
    "failed_expectations": "string",
    "fingerprint": "string",
    "phones": "int64",
    "ended_at_ms": "int64",
}
_COLUMN_TYPES: dict[Any, str] = {
    int: "int64",
    float: "double",
    float | None: "double",
    bool: "bool",
}
_TAIL = {"worst_at_ms": "int64", "waves": "string", "steps": "string", "sites": "string"}


def row_columns(variants: tuple[Variant, ...]) -> dict[str, str]:
    """Name and type of every column; those of the variants' paths from all their values."""
    paths = {path: _type_of([v[path] for v in variants]) for path in variants[0]}
    return {**_HEAD, **paths, **_CELL, **_metric_columns(Metrics, ""), **_TAIL}


def make_row(run: Run, cell: Cell) -> dict[str, Any]:
    """The row of a finished run, but for its variant's values."""
    tables, changes = run.tables, run.occupancy
    worst_at_ms, sites = unregistered_by_site(tables, changes)
    failed = [e.name for e in run.document.expectations if not e.passed]
    return {
        "variant": cell.variant,
        "replicate": cell.replicate,
        "seed": cell.seed,
        "passed": run.passed,
        "failed_expectations": json_text(failed),
        "fingerprint": run.fingerprint,
        "phones": tables.phone_count,
        "ended_at_ms": tables.ended_at_ms,
        **_flat(run.metrics, ""),
        "worst_at_ms": worst_at_ms,
        "waves": json_text(wave_rows(tables)),
        "steps": json_text(step_rows(tables, changes)),
        "sites": json_text(sites),
    }


def as_columns(variant: Variant, columns: Mapping[str, str]) -> dict[str, Any]:
    """A variant's values as the columns of their paths hold them: what is no plain one is JSON."""
    return {
        path: json_text(value) if columns[path] == "string" and type(value) is not str else value
        for path, value in variant.items()
    }


def wave_rows(tables: JournalTables) -> list[dict[str, Any]]:
    """Each wave: name, cause, started_at_ms, phones, recovery_s by quantile (None: never)."""
    return [
        {
            "name": wave.name,
            "cause": wave.cause,
            "started_at_ms": wave.started_at_ms,
            "phones": wave.phones,
            "recovery_s": wave.recovery_s,
        }
        for wave in waves(tables)
    ]


def step_rows(tables: JournalTables, changes: Occupancy) -> list[dict[str, Any]]:
    """Each step of the timeline, and how the cluster came to rest after it.

    `started_at_ms` and `ended_at_ms` are the operator's. `settled_at_ms` is the last instant,
    before the next step that does something, at which the number of phones out of service
    changed (the step's end if it did not), and `unregistered` that number from then on.
    """
    steps = operator_steps(tables, with_passive=True)
    at_ms, phones = changes.in_states(OUT_OF_SERVICE_STATES)
    found = []
    for number, step in enumerate(steps):
        later = (s for s in steps[number + 1 :] if s.data.get("action") not in PASSIVE_ACTIONS)
        until_ms = next(map(started_at_ms, later), tables.ended_at_ms + 1)
        last = max(int(np.searchsorted(at_ms, until_ms)) - 1, 0)
        found.append(
            {
                "action": str(step.data.get("action", "")),
                "text": str(step.data.get("text", "")),
                "name": step.data.get("name"),
                "outcome": str(step.data.get("outcome", "done")),
                "started_at_ms": started_at_ms(step),
                "ended_at_ms": step.at_ms,
                "settled_at_ms": max(int(at_ms[last]), step.at_ms),
                "unregistered": int(phones[last]),
            }
        )
    return found


def unregistered_by_site(
    tables: JournalTables, changes: Occupancy
) -> tuple[int, list[dict[str, Any]]]:
    """When most phones were out of service (the first such instant, ms), and each site's share.

    Of a site: `site`, `phones` in the model, `peak` and `peak_at_ms` (its own worst moment, the
    first), `at_worst` (its phones out of service at the cluster's worst moment). Out of service is
    what counts for `peak_unregistered`: power and no registration with the cluster.
    """
    at_ms, counts = changes.in_states(OUT_OF_SERVICE_STATES)
    worst_at_ms = int(at_ms[int(counts.argmax())])
    names, site_of = np.unique(tables.phones["site"].astype(str), return_inverse=True)
    member = np.zeros(len(State), dtype=np.int64)
    member[list(OUT_OF_SERVICE_STATES)] = 1
    steps = member[changes.after] - member[changes.before]
    moved = np.flatnonzero(steps)
    order = moved[np.argsort(site_of[changes.phone[moved]], kind="stable")]
    bounds = np.searchsorted(site_of[changes.phone[order]], np.arange(len(names) + 1))
    out_first = member[tables.phones["initial_state"]]
    found = []
    for number, name in enumerate(names.tolist()):
        mine = order[bounds[number] : bounds[number + 1]]
        phones = site_of == number
        when, many = _curve(changes.at_ms[mine], steps[mine], int(out_first[phones].sum()))
        peak = int(many.argmax())
        found.append(
            {
                "site": name,
                "phones": int(phones.sum()),
                "peak": int(many[peak]),
                "peak_at_ms": int(when[peak]),
                "at_worst": int(many[np.searchsorted(when, worst_at_ms, side="right") - 1]),
            }
        )
    return worst_at_ms, found


def _curve(at_ms: Integers, steps: Integers, first: int) -> tuple[Integers, Integers]:
    """(instants, phones from then on), the first at 0; one entry per instant."""
    when = np.concatenate(([0], at_ms))
    many = first + np.concatenate(([0], np.cumsum(steps)))
    last_of_instant = np.append(when[1:] != when[:-1], True)
    return when[last_of_instant], many[last_of_instant]


def _metric_columns(document: type[Document], prefix: str) -> dict[str, str]:
    columns: dict[str, str] = {}
    for name, info in document.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, Document):
            columns |= _metric_columns(kind, f"{prefix}{name}.")
        else:
            columns[prefix + name] = _COLUMN_TYPES.get(kind, "string")
    return columns


def _flat(document: Document, prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name in type(document).model_fields:
        value = getattr(document, name)
        if isinstance(value, Document):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, tuple):
            flat[prefix + name] = json_text(_counted(value))
        else:
            flat[prefix + name] = json_text(value) if isinstance(value, dict) else value
    return flat


def _counted(items: tuple[Any, ...]) -> dict[str, int]:
    """How many of a list's items have each name; the name is an item's first field."""
    counts: dict[str, int] = {}
    for item in items:
        name = str(getattr(item, next(iter(type(item).model_fields))))
        counts[name] = counts.get(name, 0) + 1
    return counts


def _type_of(values: list[Any]) -> str:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "bool"
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values):
        return "int64"
    return "double" if kinds <= {int, float} and float in kinds else "string"
