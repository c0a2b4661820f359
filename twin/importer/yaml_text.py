"""YAML as text: block lists of flow mappings, one row a line, with a comment before a section.

Knows which scalars need quotes. Knows no document. The importer writes text of its own instead of
dumping, so that a person can read on: a row per node, certificate and population.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./=;-]*(?: [A-Za-z0-9_./=;-]+)*")
_NOT_TEXT = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def scalar(value: Any) -> str:
    """One value; a text that could be taken for anything else stands in quotes.

    Raises:
        TypeError: a value that is no text, number, truth value or moment.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no YAML scalar here")
    if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    if value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    escaped = value.encode("unicode_escape").decode().replace('"', '\\"')
    return f'"{escaped}"'


def flow(value: Any) -> str:
    """A value on one line: mappings in braces, lists in brackets."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def section(key: str, rows: Sequence[Mapping[str, Any]], comment: str = "") -> list[str]:
    """A list of rows below a key, one row a line; nothing for no rows."""
    if not rows:
        return []
    head = [f"# {line}" for line in comment.splitlines()]
    return [*head, f"{key}:", *(f"  - {flow(row)}" for row in rows)]


def block(key: str, rows: Sequence[Mapping[str, Any]], nested: Sequence[str]) -> list[str]:
    """As `section`, but the fields of each row have lines of their own.

    Args:
        nested: fields that hold mappings, whose items have lines of their own, too.
    """
    lines = [f"{key}:"] if rows else []
    for row in rows:
        start = "  - "
        for name, value in row.items():
            if name in nested and isinstance(value, Mapping):
                lines.append(f"{start}{name}:")
                lines += [f"      {scalar(k)}: {flow(v)}" for k, v in value.items()]
            else:
                lines.append(f"{start}{name}: {flow(value)}")
            start = "    "
    return lines
