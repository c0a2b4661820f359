"""The heads of the bundled experiments, for lists: read, not checked against their models."""

from __future__ import annotations

from twin import library
from twin.config.document import read_document


def experiment_heads() -> list[dict[str, str]]:
    """name, row, model and title of every bundled experiment, by name."""
    heads = []
    for name in library.experiments():
        data = read_document(library.path("experiment", name)).data
        heads.append({key: str(data.get(key) or "") for key in ("name", "row", "model", "title")})
    return heads
