"""What a log consists of: shapes of records, one description for both directions.

Knows: how a record becomes lines and lines a record, given the shapes. Must not know any log.

A record is a journal row. Its shape says in which lines it stands; a record of several lines is
written as one block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin.kernel.journal import NodeEvent
from twin.logs.templates import Kind, Template

AT, UTC, NODE, SEQUENCE, SEVERITY = "at", "utc", "node", "sequence", "severity"
TEXT, PLAIN = "text_said", "text_plain"
"""Fields that every template may have: moment, who writes, number of the line, how bad it is, and
free text."""
ROW_FIELDS = (AT, UTC, NODE, SEQUENCE, SEVERITY)
SAID = "said"


SEVERITIES = (
    "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug",
)  # fmt: skip
"""Source: RFC 5424; the alarm catalogue's words for them."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """What was read: the line it starts at, the moment as printed, and what a journal row has.

    `node` is who wrote it, `sequence` the number of the line and `severity` a journal row's, where
    the log says so.
    """

    line: int
    at: str
    service: str
    event: str
    data: Mapping[str, Any]
    node: str = ""
    sequence: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """The lines of one kind of record.

    Args:
        event: of the journal row.
        lines: templates (`twin.logs.templates`).
        service: of the journal row; empty: the first of its family.
        when: data that every such row has, and that no line shows.
        hidden: data of the row that this log does not show.
        writes: whether the twin writes it; otherwise it is only read.
        opens: in a numbered log: the number within its group that it starts a group with.
        node_from: the data that says who writes it; empty: the row's node.
    """

    event: str
    lines: tuple[str, ...]
    service: str = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    writes: bool = True
    opens: int | None = None
    node_from: str = ""


class Compiled:
    """A shape whose templates have been taken apart."""

    def __init__(self, shape: Shape, service: str, kinds: Mapping[str, Kind]) -> None:
        self.shape = shape
        self.service = shape.service or service
        self.templates = tuple(Template(line, kinds) for line in shape.lines)
        names = dict.fromkeys(name for one in self.templates for name in one.fields)
        self.fields = tuple(name for name in names if name not in ROW_FIELDS)

    def shown(self, row: NodeEvent) -> dict[str, Any] | None:
        """The part of a row that the lines show; None if the row is of another shape."""
        shape, data = self.shape, row.data
        if not shape.writes or (row.service, row.event) != (self.service, shape.event):
            return None
        if any(key not in data or data[key] != value for key, value in shape.when.items()):
            return None
        if set(data) - set(self.fields) - set(shape.when) - set(shape.hidden):
            return None
        if any(name not in data for name in self.fields):
            return None
        return {name: data[name] for name in self.fields} | dict(shape.when)

    def write(self, row: NodeEvent, heads: Sequence[Mapping[str, str]]) -> list[str] | None:
        """The lines of a row; None if it is of another shape, or would not read back.

        Args:
            heads: the values of `ROW_FIELDS` for each line.
        """
        shown = self.shown(row)
        if shown is None:
            return None
        lines = []
        for template, head in zip(self.templates, heads, strict=True):
            line = template.write(shown | dict(head))
            if line is None:
                return None
            back = template.read(line)
            if back is None or any(
                value != shown[key] for key, value in back.items() if key in shown
            ):
                return None
            lines.append(line)
        return lines


class Counter:
    """Numbers of lines in a numbered log: eight digits for the group, three within it.

    They count what the twin writes; a product's count more, as it writes more.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}

    def after(self, node: str, opens: int | None, lines: int) -> list[str]:
        """The numbers that come next on a node."""
        group, place = self._last.get(node, (0, 0))
        if opens is not None or not group:
            group, place = group + 1, (opens or 0) - 1
        return [f"{group:08}.{place + number:03}" for number in range(1, lines + 1)]

    def keep(self, node: str, numbers: Sequence[str]) -> None:
        """Those were written."""
        group, _, place = numbers[-1].partition(".")
        self._last[node] = (int(group), int(place))
