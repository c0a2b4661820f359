"""One line of a log, described once: the same template writes it and reads it.

Knows: the little language of the templates. Must not know any log.

A template is the line as printed, with

    {name:kind}      a field; its kind says how it is written and read (text when left out)
    {=text|pattern}  text that is always written so; anything that fits the pattern is read
    {?pattern}       read over where it stands, never written
    {{ and }}        braces

A kind is a pattern and two functions. Patterns are of the simple sort, so that reading a line
takes time in proportion to its length, or to its square where two fields of free text stand in it;
`MAX_LINE` bounds both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.errors import SimulationError

MAX_LINE = 8192
"""Characters. Longer lines are no lines of a log; the seed's longest has some 1200."""

Value = Any
"""A cell of a journal row, or a list of them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a field stands in a line.

    `write` may raise TypeError, ValueError or KeyError for what cannot stand there.
    """

    pattern: str
    write: Callable[[Value], str]
    read: Callable[[str], Value]


def _text(value: Value) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(value)
    return value


def _whole(value: Value) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return str(value)


def _quoted(value: Value) -> str:
    return _text(value).replace("\\", "\\\\").replace('"', '\\"')


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _escaped(value: Value) -> str:
    """Slashes as in a URL, as the certificate manager prints paths."""
    return _text(value).replace("%", "%25").replace("/", "%2F")


def _unescaped(text: str) -> str:
    return text.replace("%2F", "/").replace("%25", "%")


KINDS: dict[str, Kind] = {
    "text": Kind(r".*?", _text, str),
    "word": Kind(r"\S+?", _text, str),
    "int": Kind(r"-?[0-9]{1,18}", _whole, int),
    "pkid": Kind(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", _text, str),
    "hex": Kind(r"[0-9a-f]+", _text, str),
    "quoted": Kind(r'(?:[^"\\]|\\.)*', _quoted, _unquoted),
    "slashes": Kind(r"\S+?", _escaped, _unescaped),
}
"""Kinds that several logs use."""

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a line for a value."""

    name: str
    kind: Kind


class Template:
    """A line's description; `write` and `read` are each other's inverse.

    Args:
        text: in the language above.
        kinds: besides `KINDS`.
    """

    def __init__(self, text: str, kinds: Mapping[str, Kind] = KINDS) -> None:
        self.text = text
        self._parts: list[str | Field] = []
        pattern, position = "", 0
        for match in _PART.finditer(text):
            pattern += self._literal(text[position : match.start()])
            pattern += self._part(match, kinds)
            position = match.end()
        pattern += self._literal(text[position:])
        self._pattern = re.compile(pattern)

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields, in the order of the line; one that stands twice is named once."""
        return tuple(dict.fromkeys(p.name for p in self._parts if isinstance(p, Field)))

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each field."""
        return {part.name: part.kind for part in self._parts if isinstance(part, Field)}

    def write(self, values: Mapping[str, Value]) -> str | None:
        """The line; None where a value is missing or cannot stand in it."""
        try:
            return "".join(
                part if isinstance(part, str) else part.kind.write(values[part.name])
                for part in self._parts
            )
        except (KeyError, TypeError, ValueError):
            return None

    def read(self, line: str) -> dict[str, Value] | None:
        """The values of a line; None if it is another line."""
        match = self._pattern.fullmatch(line)
        if match is None:
            return None
        found: dict[str, Value] = {}
        texts = iter(match.groups())
        for part, text in zip(self._fields(), texts, strict=True):
            try:
                value = part.kind.read(text)
            except (KeyError, ValueError):
                return None
            if found.setdefault(part.name, value) != value:
                return None
        return found

    def _fields(self) -> list[Field]:
        return [part for part in self._parts if isinstance(part, Field)]

    def _literal(self, text: str) -> str:
        if text:
            self._parts.append(text)
        return re.escape(text)

    def _part(self, match: re.Match[str], kinds: Mapping[str, Kind]) -> str:
        inside = match.group(1)
        if inside is None:
            return self._literal(match.group()[0])
        if inside.startswith("?"):
            return f"(?:{inside[1:]})?"
        if inside.startswith("="):
            text, _, pattern = inside[1:].partition("|")
            self._parts.append(text)
            return f"(?:{pattern})"
        name, _, kind = inside.partition(":")
        if (kind or "text") not in kinds:
            raise SimulationError(f"template {self.text!r}: unknown kind {kind!r}")
        field = Field(name, kinds[kind or "text"])
        self._parts.append(field)
        return f"({field.kind.pattern})"
