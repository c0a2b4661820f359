"""Pages of the manual that are made from the program itself when the manual is built.

Knows: the schemas, the bundled profiles and the command line. A page that could differ from the
program is not written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import typer.main
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from twin import library
from twin.cli import app
from twin.config.load import load_release, load_timing
from twin.config.release import ReleaseProfile
from twin.config.schema import json_schema

Schema = Mapping[str, Any]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages; MkDocs calls this."""
    for name, page in PAGES.items():
        files.append(File.generated(config, f"reference/{name}.md", content=page()))
    return files


def model() -> str:
    """Fields of a model."""
    return _document("Models", "model", "A deployment: `twin check` says what is wrong with one.")


def experiment() -> str:
    """Fields of an experiment, without the words of its steps."""
    about = (
        "A question with a timeline. The words of `steps` are [a page of their own](actions.md)."
    )
    return _document("Experiments", "experiment", about)


def result() -> str:
    """Fields of a result document."""
    return _document("Results", "result", "What `twin run --json` prints, and `result.document`.")


def actions() -> str:
    """The words of a timeline."""
    schema = json_schema("experiment")
    words = _words(schema)
    lines = [
        "# Operator's words",
        "A step of an experiment is one of these words with its fields, and may have an `at`, the "
        "time since the start until which it waits. From Python: `lab.do({word: {...}})` of a live "
        "`twin.Twin`.",
    ]
    for word, definition in words.items():
        part = schema["$defs"][definition]
        lines += [f"## {word}", part.get("description", ""), *_table(part)]
    for definition in _below(schema, words.values()):
        if definition not in words.values():
            lines += _section(definition, schema["$defs"][definition])
    return _joined(lines)


def parameters() -> str:
    """Every delay, capacity and probability."""
    lines = [
        "# Parameters",
        "Every delay, capacity and probability, what may be set (`--set timing.NAME=VALUE`), and "
        "where it comes from. An assumption is a number that no source gives.",
    ]
    rows = [
        (
            f"`{name}`",
            f"{one.default:g} {one.unit if one.unit != '1' else ''} "
            f"({one.low:g} to {one.high:g}), {one.distribution}",
            f"{one.description}. {_origin(one.source, one.assumption)}",
        )
        for name, one in load_timing().parameters().items()
    ]
    head = ("Parameter", "Default and range", "What it is, and where from")
    return _joined([*lines, *_rows(head, rows)])


def releases() -> str:
    """What differs between releases."""
    profiles = sorted(map(load_release, library.releases()), key=lambda profile: profile.order)
    about = ("name", "title", "order", "sources", "assumptions")
    lines = [
        "# Releases",
        "What each release does, field by field. For one run: `--set release.FIELD=VALUE`.",
    ]
    for name, field in ReleaseProfile.model_fields.items():
        if name in about:
            continue
        said: dict[tuple[str, str], list[str]] = {}
        for profile in profiles:
            origin = _origin(profile.sources.get(name), profile.assumptions.get(name))
            said.setdefault((_value(getattr(profile, name)), origin), []).append(profile.name)
        rows = [(", ".join(names), *pair) for pair, names in said.items()]
        head = ("Releases", "Value", "Where it comes from")
        lines += [f"## {name}", f"{field.description}.", *_rows(head, rows)]
    return _joined(lines)


def commands() -> str:
    """The help of every command."""
    program = typer.main.get_command(app)
    assert isinstance(program, typer.core.TyperGroup)
    lines = [
        "# Commands",
        "Exit status: 0 all expectations hold, 1 an expectation failed, 2 wrong input, 3 a fault "
        "of the program. What a command answers goes to standard output, everything else to "
        "standard error.",
    ]
    for name, command in program.commands.items():
        if not command.hidden:
            context = typer.Context(command, info_name=f"twin {name}", max_content_width=90)
            lines += [f"## twin {name}", f"```text\n{command.get_help(context)}\n```"]
    return _joined(lines)


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "model": model,
    "experiment": experiment,
    "actions": actions,
    "result": result,
    "parameters": parameters,
    "releases": releases,
}


def _document(title: str, kind: str, about: str) -> str:
    schema = json_schema(kind)
    parts = schema["$defs"]
    top = schema if "properties" in schema else parts[schema["$ref"].rsplit("/", 1)[-1]]
    words = _words(schema)
    lines = [f"# {title}", about, *_table(top)]
    for name in _below(schema, _references(top)):
        if parts[name] is not top and name not in words.values():
            lines += _section(name, parts[name] if name != "Step" else _without(parts[name], words))
    return _joined(lines)


def _without(step: Schema, words: Iterable[str]) -> Schema:
    """A step's own fields: its words are another page."""
    own = {name: one for name, one in step["properties"].items() if name not in words}
    return {**step, "properties": own}


def _section(name: str, part: Schema) -> list[str]:
    return [f"## {name}", part.get("description", ""), *_table(part)]


def _below(schema: Schema, names: Iterable[str]) -> list[str]:
    """These definitions and what they refer to, but for a step's words; in the schema's order."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            if name != "Step":
                waiting += _references(schema["$defs"][name])
    return [name for name in schema["$defs"] if name in found]


def _words(schema: Schema) -> dict[str, str]:
    """Every word of a step and the class of its fields."""
    step = schema["$defs"].get("Step", {"properties": {}})
    return {
        word: definition
        for word, field in step["properties"].items()
        for definition in _references(field)
    }


def _references(part: object) -> Iterator[str]:
    """The definitions that a part of a schema names, anywhere in it."""
    match part:
        case {"$ref": str(reference)}:
            yield reference.rsplit("/", 1)[-1]
        case Mapping():
            for one in part.values():
                yield from _references(one)
        case list():
            for one in part:
                yield from _references(one)


def _table(part: Schema) -> list[str]:
    if "enum" in part:
        return ["One of " + ", ".join(f"`{word}`" for word in part["enum"]) + "."]
    required = part.get("required", ())
    rows = [
        (
            f"`{name}`",
            _kind(field),
            "needed" if name in required else _value(field.get("default")),
            field.get("description", ""),
        )
        for name, field in part.get("properties", {}).items()
    ]
    return _rows(("Field", "Kind", "Default", "What it is"), rows)


def _kind(field: Schema) -> str:
    match field:
        case {"$ref": _}:
            (name,) = _references(field)
            return f"[{name}](#{name.lower()})"
        case {"anyOf": choices}:
            return " or ".join(_kind(one) for one in choices if one.get("type") != "null")
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"enum": words}:
            return ", ".join(f"`{one}`" for one in words)
    return str(field.get("type", "any"))


def _value(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return ", ".join(f"{key}: {_value(one)}" for key, one in value.items()) or "none"
        case list() | tuple() | set() | frozenset():
            return ", ".join(_value(one) for one in value) or "none"
    return str(value)


def _origin(source: str | None, assumption: str | None) -> str:
    return f"Source: {source}" if source else f"Assumption: {assumption}"


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    written = [[_cell(one) for one in row] for row in rows]
    if not written:
        return []
    names = list(head)
    lines = [names, ["---"] * len(names), *written]
    return ["\n".join("| " + " | ".join(line) + " |" for line in lines)]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;") or " "


def _joined(lines: Iterable[str]) -> str:
    return "\n\n".join(line for line in lines if line) + "\n"
