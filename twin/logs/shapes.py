"""What a log consists of: shapes of records, one description for both directions.

Knows: how a record becomes lines and lines a record, given the shapes. Must not know any log.

A record is a journal row. Its shape says in which lines it stands; a record of several lines is
written as one block, and read although lines of others stand in between. What has no shape is
written in plain (`twin.logs.plain`); what is read and is neither is a `said`, the line's text.
A record that would not read back as it was written (a line break in a name, say) is written in
plain, too: what is written can always be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from twin.kernel.journal import NodeEvent
from twin.logs import plain
from twin.logs.moments import COMMA, Stamp
from twin.logs.templates import KINDS, Kind, Template
from twin.simtime import Epoch

AT, UTC, NODE, SEQUENCE, SEVERITY = "at", "utc", "node", "sequence", "severity"
TEXT, PLAIN = "text_said", "text_plain"
"""Fields that every template may have: moment, who writes, number of the line, how bad it is, and
free text."""
ROW_FIELDS = (AT, UTC, NODE, SEQUENCE, SEVERITY)
SAID = "said"
BETWEEN = 12
"""Lines of others that may stand between two lines of one record."""


SEVERITIES = (
    "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug",
)  # fmt: skip
"""Source: RFC 5424; the alarm catalogue's words for them."""


def _moment(values: Mapping[str, Any]) -> str:
    return str(values.get(AT) or values.get(UTC, ""))


def _severity(text: str) -> str:
    return SEVERITIES[int(text)]


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


@dataclass(frozen=True)
class Family:
    """A log: its name, its files, and the shapes of its lines.

    Args:
        name: as `--service` and `kind` take it.
        services: of the journal rows that it tells of; the first is that of its shapes.
        path: of the file on its node.
        stamp: how it prints moments.
        said: template of any of its lines, with `text_said` in it.
        plain: template of the line around a plain text, with `text_plain` in it; empty: it tells
            only of rows that have a shape.
        shapes: of its records, the more particular first.
        events: the only events it tells of; empty: all of its services.
        kinds: of fields, besides those that all logs know.
        loose: template of lines without a moment that may stand in it, with `text_said` in it.
        plain_needs: by service, data of which a row must have some to be told in plain.
    """

    name: str
    services: tuple[str, ...]
    path: str
    stamp: Stamp
    said: str
    plain: str
    shapes: tuple[Shape, ...] = ()
    events: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    loose: str = ""
    plain_needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        own: dict[str, Kind] = {
            "at": Kind(self.stamp.pattern, str, str),
            "utc": Kind(COMMA.pattern, str, str),
            "plain": Kind(plain.PATTERN, str, str),
            "sequence": Kind(r"[0-9]{8}\.[0-9]{3}", str, str),
            "severity": Kind("[0-7]", lambda word: str(SEVERITIES.index(word)), _severity),
        }
        return KINDS | own | dict(self.kinds)

    @cached_property
    def compiled(self) -> tuple[Compiled, ...]:
        """The shapes, taken apart."""
        return tuple(Compiled(one, self.services[0], self._kinds) for one in self.shapes)

    @cached_property
    def said_template(self) -> Template:
        """Reads any line of the log."""
        return Template(self.said, self._kinds)

    @cached_property
    def loose_template(self) -> Template | None:
        """Reads a line without a moment."""
        return Template(self.loose, self._kinds) if self.loose else None

    @cached_property
    def plain_template(self) -> Template | None:
        """Writes and reads plain texts."""
        return Template(self.plain, self._kinds) if self.plain else None

    def takes(self, row: NodeEvent) -> bool:
        """Whether the log tells of a row."""
        return row.service in self.services and (not self.events or row.event in self.events)

    # -- writing ----------------------------------------------------------------------------

    def write(self, row: NodeEvent, epoch: Epoch, counter: Counter) -> list[tuple[str, list[str]]]:
        """The lines of a row, and on which node; empty if this log does not tell of it."""
        found = []
        for one in self.compiled:
            if one.shown(row) is None:
                continue
            node = str(row.data[one.shape.node_from]) if one.shape.node_from else row.node
            numbers = counter.after(node, one.shape.opens, len(one.templates))
            lines = one.write(row, [self._head(row, epoch, node, number) for number in numbers])
            if lines is not None:
                counter.keep(node, numbers)
                found.append((node, lines))
                if not one.shape.node_from:
                    break
        return found or self._in_plain(row, epoch, counter)

    def _head(self, row: NodeEvent, epoch: Epoch, node: str, number: str) -> dict[str, str]:
        at = epoch.at(row.at_ms)
        return {
            AT: self.stamp.write(at), UTC: COMMA.write(at), NODE: node, SEQUENCE: number,
            SEVERITY: row.severity,
        }  # fmt: skip

    def _in_plain(
        self, row: NodeEvent, epoch: Epoch, counter: Counter
    ) -> list[tuple[str, list[str]]]:
        needs = self.plain_needs.get(row.service, ())
        if self.plain_template is None or (needs and not any(key in row.data for key in needs)):
            return []
        numbers = counter.after(row.node, None, 1)
        text = plain.write(row.service, row.event, row.data)
        head = self._head(row, epoch, row.node, numbers[0])
        line = self.plain_template.write(head | {PLAIN: text})
        if line is None:
            return []
        counter.keep(row.node, numbers)
        return [(row.node, [line])]

    # -- reading ----------------------------------------------------------------------------

    def read(self, lines: Sequence[str], start: int) -> tuple[list[LogRecord], int] | None:
        """The records that begin at a line, and where to go on; None if it is no line of this log.

        Lines of others inside a block are records of their own.
        """
        for one in self.compiled:
            found = one.templates[0].read(lines[start])
            if found is not None:
                block = self._block(one, found, lines, start)
                if block is not None:
                    return block
        record = self._single(lines[start], start)
        return None if record is None else ([record], start + 1)

    def _block(
        self, one: Compiled, found: dict[str, Any], lines: Sequence[str], start: int
    ) -> tuple[list[LogRecord], int] | None:
        """The rest of a record of several lines, with records of others between them."""
        values, position = dict(found), start + 1
        others: list[LogRecord] = []
        for template in one.templates[1:]:
            while True:
                if position >= len(lines) or len(others) > BETWEEN:
                    return None
                more = template.read(lines[position])
                if more is not None and all(
                    key in ROW_FIELDS or values.get(key, value) == value
                    for key, value in more.items()
                ):
                    break
                other = self._single(lines[position], position)
                if other is None:
                    return None
                others.append(other)
                position += 1
            values = more | values
            position += 1
        return [self._record(one, values, start), *others], position

    def _record(self, one: Compiled, values: Mapping[str, Any], start: int) -> LogRecord:
        data = {name: values[name] for name in one.fields} | dict(one.shape.when)
        return LogRecord(
            start + 1, _moment(values), one.service, one.shape.event, data,
            str(values.get(NODE, "")), str(values.get(SEQUENCE, "")),
            str(values.get(SEVERITY, "")),
        )  # fmt: skip

    def _single(self, line: str, start: int) -> LogRecord | None:
        """A plain record, or a line of which only its form is known."""
        found = None if self.plain_template is None else self.plain_template.read(line)
        told = None if found is None else plain.read(found[PLAIN])
        if found is not None and told is not None:
            service, event, data = told
        else:
            found = self.said_template.read(line)
            if found is None and self.loose_template is not None:
                found = self.loose_template.read(line)
            if found is None:
                return None
            service, event = self.services[0], SAID
            data = {"text": found.pop(TEXT)} | {
                key: value for key, value in found.items() if key not in ROW_FIELDS
            }
        return LogRecord(
            start + 1, _moment(found), service, event, data,
            str(found.get(NODE, "")), str(found.get(SEQUENCE, "")), str(found.get(SEVERITY, "")),
        )  # fmt: skip

    def knows(self, lines: Sequence[str]) -> int:
        """How many lines are its own beyond doubt (10 each) or might be (1 each)."""
        score, position = 0, 0
        while position < len(lines):
            found = self.read(lines, position)
            if found is None:
                return score if position else 0
            score += sum(1 if record.event == SAID else 10 for record in found[0])
            position = found[1]
        return score

    def records(self, lines: Sequence[str]) -> Iterator[LogRecord | int]:
        """Every record; instead of one the index of a line that is none of this log's."""
        position = 0
        while position < len(lines):
            if not lines[position].strip():
                position += 1
                continue
            found = self.read(lines, position)
            if found is None:
                yield position
                position += 1
                continue
            yield from found[0]
            position = found[1]


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
