"""Reading a YAML file into plain data that remembers its lines. The only user of ruamel.yaml.

YAML 1.2, one document, no tags, keys always text, duplicate keys refused. A document holds
plain dicts, lists, texts, numbers, booleans and None; what they mean is for the classes that
validate them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from twin import library
from twin.config.faults import Location, Problem
from twin.errors import ConfigError, Fault, LibraryError

MAX_BYTES = 2 * 1024 * 1024
MAX_VALUES = 200_000
MAX_DEPTH = 40

_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class YamlDocument:
    """A document as read: plain data, and where each part of it stands in the file."""

    label: str
    data: dict[str, Any]
    lines: dict[Location, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    origins: dict[Location, str] = field(default_factory=dict)
    """Places that did not come from the file but from an override, with its wording."""
    folder: Path | None = None
    """The folder of the file; None for a document that is in no file."""

    def line(self, location: Location) -> int:
        """The line (from 1) of a location or of the closest thing above it that has one."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.lines:
                return self.lines[location[:end]]
        return 1

    def fault(self, problem: Problem) -> Fault:
        """A problem as a fault with file, line and field path."""
        shown = problem.location
        if problem.found.startswith("unknown field"):
            shown = shown[:-1]
        where = self.field_path(shown)
        for end in range(len(problem.location), 0, -1):
            if problem.location[:end] in self.origins:
                place = self.origins[problem.location[:end]]
                where = where if end < len(problem.location) else ""
                break
        else:
            place = self.label
            if self.lines:
                place += f":{problem.line or self.line(problem.location)}"
        place = f"{place}: {where}" if where else place
        return Fault(place, problem.found, problem.expected, problem.nearest, problem.next_step)

    def field_path(self, location: Location) -> str:
        """A location in words: `nodes[2] (sub-b).role`."""
        text = ""
        here: Any = self.data
        for part in location:
            here = _step(here, part)
            if isinstance(part, int):
                text += f"[{part}]"
                name = here.get("name") if isinstance(here, dict) else None
                text += f" ({name})" if isinstance(name, str | int) else ""
            else:
                text += f".{part}" if text else part
        return text

    def faults(self, problems: list[Problem]) -> list[Fault]:
        """Problems as faults in the order of the file; those of reading come with them."""
        every = [*self.problems, *problems]
        every.sort(key=lambda problem: problem.line or self.line(problem.location))
        return list(dict.fromkeys(self.fault(problem) for problem in every))


def _step(here: Any, part: str | int) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    if isinstance(here, list) and isinstance(part, int) and 0 <= part < len(here):
        return here[part]
    return None


def read_document(file: Path) -> YamlDocument:
    """Read a YAML file.

    Duplicate keys do not stop the reading; they are kept as `problems` so that they are
    reported together with what else is wrong.

    Raises:
        LibraryError: The file cannot be read.
        ConfigError: The file is too large, is not YAML, or its top is not a mapping.
    """
    label = library.label(file)
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise LibraryError(Fault(label, f"cannot be read ({error.strerror})")) from None
    if len(content) > MAX_BYTES:
        raise ConfigError(Fault(label, f"longer than {MAX_BYTES} bytes", "a smaller file"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(Fault(label, f"byte {error.start} is not UTF-8", "UTF-8 text")) from None
    return parse_document(text, label, file.parent)


def parse_document(text: str, label: str, folder: Path | None = None) -> YamlDocument:
    """Parse the text of a YAML document; `label` names it in messages.

    Raises:
        ConfigError: The text is not YAML, or its top is not a mapping.
    """
    document = YamlDocument(label, {}, folder=folder)
    top = _composed(text, label)
    if not isinstance(top, MappingNode):
        found = "an empty document" if top is None else "a list or a single value"
        raise ConfigError(Fault(f"{label}:1", found, "a mapping of field names to values"))
    document.data = _Reader(document).mapping(top, ())
    return document


def parse_value(text: str) -> Any:
    """Read one value as YAML reads it: `12.5`, `true`, `[a, b]`, or plain text.

    Raises:
        ConfigError: The text is not a YAML value.
    """
    document = YamlDocument(f"value {text!r}", {})
    node = _composed(text, document.label)
    value = None if node is None else _Reader(document).value(node, ())
    if document.problems:
        raise ConfigError(document.faults([]))
    return value


@lru_cache(maxsize=16)
def _composed(text: str, label: str) -> Node | None:
    """The node graph of a text, which nobody changes; a text read before is not parsed again."""
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{label}:{mark.line + 1}" if mark else label
        found = f"not valid YAML: {error.problem or error.context or 'unreadable'}"
        raise ConfigError(Fault(place, re.sub(r"\s+", " ", found))) from None
    except (YAMLError, RecursionError) as error:
        found = "nested too deeply" if isinstance(error, RecursionError) else "not valid YAML text"
        raise ConfigError(Fault(label, found)) from None
    return node


class _Reader:
    """Walks a node graph once, filling the document's lines and problems."""

    def __init__(self, document: YamlDocument) -> None:
        self.document = document
        self.values = 0

    def value(self, node: Node, location: Location) -> Any:
        self.values += 1
        line = node.start_mark.line + 1
        if self.values > MAX_VALUES or len(location) > MAX_DEPTH:
            limit = f"at most {MAX_VALUES} values and {MAX_DEPTH} levels"
            raise ConfigError(Fault(f"{self.document.label}:{line}", "too large", limit))
        self.document.lines.setdefault(location, line)
        if isinstance(node, MappingNode | SequenceNode) and not str(node.tag).startswith(_TAG):
            self.problem(location, f"the YAML tag {node.tag}", "plain YAML")
        if isinstance(node, MappingNode):
            return self.mapping(node, location)
        if isinstance(node, SequenceNode):
            items = enumerate(node.value)
            return [self.value(item, (*location, index)) for index, item in items]
        return self.scalar(node, location) if isinstance(node, ScalarNode) else None

    def mapping(self, node: MappingNode, location: Location) -> dict[str, Any]:
        self.document.lines.setdefault(location, node.start_mark.line + 1)
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self.problem(location, "a key that is a list or a mapping", "a field name")
                continue
            key = str(key_node.value)
            here = (*location, key)
            line = key_node.start_mark.line + 1
            if key in result:
                first = self.document.lines[here]
                found = f"field {key!r} is written a second time (first at line {first})"
                self.problem(location, found, line=line)
                continue
            self.document.lines[here] = line
            result[key] = self.value(value_node, here)
        return result

    def scalar(self, node: ScalarNode, location: Location) -> Any:
        text, tag = str(node.value), str(node.tag).removeprefix(_TAG)
        if tag in ("str", "timestamp"):
            return text
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        if tag == "int":
            return _integer(text)
        if tag == "float":
            number = text.replace("_", "").lower()
            return float(number.replace(".inf", "inf").replace(".nan", "nan"))
        self.problem(location, f"the YAML tag {node.tag}", "plain YAML")
        return None

    def problem(
        self, location: Location, found: str, expected: str = "", line: int | None = None
    ) -> None:
        self.document.problems.append(Problem(location, found, expected, line=line))


def _integer(text: str) -> int | str:
    plain = text.replace("_", "").lower()
    sign, digits = (-1, plain[1:]) if plain.startswith("-") else (1, plain.lstrip("+"))
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if digits.startswith(prefix):
            return sign * int(digits[2:], base)
    return sign * int(digits) if len(digits) <= 40 else text
