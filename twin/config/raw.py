"""Looking into a document that may be wrong: every accessor tolerates a missing or bad part.

Reference checks use these so that a wrong field elsewhere does not hide a wrong reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from twin.config.faults import Location, Problem

Row = Mapping[str, Any]


def plain(value: Any) -> Any:
    """Documents built in Python hold objects; look at them as the mappings they would be."""
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_unset=True)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def rows(data: Row, key: str) -> list[tuple[Location, Row]]:
    """The mappings in the list `key`, each with its location."""
    value = data.get(key)
    if not isinstance(value, list | tuple):
        return []
    return [((key, index), row) for index, row in enumerate(value) if isinstance(row, Mapping)]


def text(row: Row, key: str) -> str | None:
    """The text under `key`, or None if there is none."""
    value = row.get(key)
    return value if isinstance(value, str) else None


def word(row: Row, key: str) -> str | None:
    """As `text`, reading a number as its text (a release, a phone model)."""
    value = row.get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else text(row, key)


def texts(row: Row, key: str) -> list[tuple[int, str]]:
    """The texts in the list `key`, each with its position."""
    value = row.get(key)
    if not isinstance(value, list | tuple):
        return []
    return [(index, item) for index, item in enumerate(value) if isinstance(item, str)]


def whole(row: Row, key: str, default: int) -> int:
    """The whole number under `key`, or `default`."""
    value = row.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def mapping(row: Row, key: str) -> Row:
    """The mapping under `key`, or an empty one."""
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}


def names(entries: Iterable[tuple[Location, Row]]) -> list[str]:
    """The `name` of each row that has one."""
    return [name for _, row in entries if (name := text(row, "name")) is not None]


def repeated(entries: Sequence[tuple[Location, Row]], key: str, noun: str) -> Iterator[Problem]:
    """A problem for each row whose text under `key` an earlier row already has."""
    seen: dict[str, Location] = {}
    for location, row in entries:
        value = text(row, key)
        if value is None:
            continue
        if value in seen:
            first = seen[value]
            found = f"{noun} {value!r} is taken by {first[0]}[{first[1]}]"
            yield Problem((*location, key), found, f"another {key}")
        seen.setdefault(value, location)
