"""Records that were read from a log, as text: a table for people, JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from twin.logs import LogRecord


def print_records(console: Console, records: Sequence[LogRecord]) -> None:
    """One row for each record."""
    table = Table(box=None, pad_edge=False)
    for heading in ("Line", "At", "Node", "Service", "Event", "Data"):
        table.add_column(heading, overflow="fold")
    for one in records:
        data = ", ".join(f"{key}={value}" for key, value in one.data.items())
        cells = (str(one.line), one.at, one.node, one.service, one.event, data)
        table.add_row(*map(_flat, cells))
    console.print(table)


def _flat(text: str) -> str:
    """Without markup of rich, and without what would move a terminal's cursor."""
    shown = "".join(one if one.isprintable() else "?" for one in text)
    return shown.replace("[", "\\[")


def json_lines(records: Sequence[LogRecord]) -> Iterator[str]:
    """One JSON object for each record."""
    for one in records:
        yield json.dumps(asdict(one), sort_keys=True)
