"""Did the run show what the experiment expects?

Knows: expectations, metrics by dotted path, counts of events and alarms. Must not know how a metric
came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.config.experiment import Expectation
from twin.config.result import COUNTED_BY_WORD, ExpectationOutcome, Metrics
from twin.metrics.tables import JournalTables


def expectation_outcomes(
    expect: Sequence[Expectation], metrics: Metrics, tables: JournalTables
) -> tuple[ExpectationOutcome, ...]:
    """Each expectation with what was found, in the experiment's order."""
    numbers = metrics.model_dump(mode="json")
    found = []
    for expectation in expect:
        value = observed(expectation, numbers, tables)
        word, limit = expectation.comparison
        found.append(
            ExpectationOutcome(
                name=expectation.title,
                passed=holds(word, value, limit),
                observed=value,
                expected=wording(word, limit),
            )
        )
    return tuple(found)


def observed(expectation: Expectation, numbers: Mapping[str, Any], tables: JournalTables) -> Any:
    """The metric's value, or how often the event or alarm came. What none was counted for: 0."""
    if expectation.metric is not None:
        value: Any = numbers
        for part in expectation.metric.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None and expectation.metric.startswith(COUNTED_BY_WORD):
            return 0
        return value
    rows = tables.happened(expectation.event or "alarm")
    if expectation.alarm is not None:
        rows = [row for row in rows if row.data.get("name") == expectation.alarm]
    if expectation.node is not None:
        rows = [row for row in rows if row.node == expectation.node]
    for field, value in expectation.where.items():
        rows = [row for row in rows if _has(row.data.get(field), value)]
    return len(rows)


def _has(found: object, value: object) -> bool:
    """Whether a field of an event is a value, or a list with it."""
    return value in found if isinstance(found, list) else found == value


def holds(word: str, value: Any, limit: Any) -> bool:
    """Whether a comparison holds. Nothing is more or less than "never" (None)."""
    if word == "is_null":
        return bool((value is None) == limit)
    if word in ("equals", "not_equal"):
        # In Python True equals 1; in a document it does not.
        equal = value == limit and isinstance(value, bool) == isinstance(limit, bool)
        return bool(equal == (word == "equals"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if word == "at_least":
        return bool(value >= limit)
    if word == "at_most":
        return bool(value <= limit)
    return bool(limit[0] <= value <= limit[1])


def wording(word: str, limit: Any) -> str:
    """What is expected, in words, e.g. "at most 900"."""
    if word == "is_null":
        return "null" if limit else "not null"
    if word == "between":
        return f"between {limit[0]:g} and {limit[1]:g}"
    shown = str(limit).lower() if isinstance(limit, bool) else f"{limit}"
    if isinstance(limit, float):
        shown = f"{limit:g}"
    return f"{word.replace('_', ' ')} {shown}"
