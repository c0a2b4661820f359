"""The published JSON Schemas: fresh, described, and where editors look for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from twin import library
from twin.config.schema import SchemaKind, json_schema, schema_file, schema_text, write_schemas
from twin.errors import ConfigError

KINDS = get_args(SchemaKind)


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for value in schema.values():
            yield from _objects(value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_schema_is_fresh(kind: SchemaKind) -> None:
    """`python -m twin.config.schema` has been run since the classes changed."""
    published = schema_file(library.root(), kind)
    assert published.read_text(encoding="utf-8") == schema_text(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_and_none_may_be_added(kind: str) -> None:
    """The schema is the reference of the document."""
    objects = list(_objects(json_schema(kind)))
    assert objects
    for described in objects:
        assert described.get("additionalProperties") is False
        for name, field in described["properties"].items():
            assert field.get("description"), f"{described.get('title')}.{name}"


def test_an_unknown_kind_suggests_the_nearest() -> None:
    """`twin schema models` is answered with the right word."""
    with pytest.raises(ConfigError, match="did you mean 'model'"):
        json_schema("models")


def test_schemas_are_written_beside_their_documents(tmp_path: Path) -> None:
    """Models and profiles have theirs in one folder, experiments and results in another."""
    files = {file.relative_to(tmp_path).as_posix() for file in write_schemas(tmp_path)}
    assert files == {
        "models/schema/model.schema.json",
        "models/schema/release.schema.json",
        "models/schema/phones.schema.json",
        "models/schema/timing.schema.json",
        "models/schema/expressway.schema.json",
        "models/schema/products.schema.json",
        "models/schema/presence.schema.json",
        "models/schema/runbook.schema.json",
        "experiments/schema/experiment.schema.json",
        "experiments/schema/result.schema.json",
        "experiments/schema/window.schema.json",
        "experiments/schema/sensitivity.schema.json",
    }


@pytest.mark.parametrize("file", sorted((library.root() / "models").rglob("*.yaml")), ids=str)
def test_a_bundled_document_tells_editors_its_schema(file: Path) -> None:
    """The first line names an existing schema, for completion and checks while typing."""
    first = file.read_text(encoding="utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (file.parent / first.removeprefix(prefix)).is_file()
