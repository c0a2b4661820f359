"""Every value has a source or is called an assumption: the check that documents of facts share.

Knows: the words `source` and `assumption` beside one value, and `sources` and `assumptions` by
field name. Must not know any particular document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from twin.config.faults import Location, Problem, unknown
from twin.config.raw import mapping

PLACES = ("sources", "assumptions")


def origin_problems(location: Location, row: Mapping[str, Any]) -> Iterator[Problem]:
    """A value with both a source and an assumption beside it, or with neither."""
    if (row.get("source") is None) == (row.get("assumption") is None):
        found = "both source and assumption or neither"
        yield Problem(location, found, "one of source and assumption")


def field_origin_problems(fields: Iterable[str], data: Mapping[str, Any]) -> Iterator[Problem]:
    """Fields named under neither `sources` nor `assumptions`, under both, or that are none.

    Args:
        fields: those that need an origin.
    """
    needing = list(fields)
    origins = {place: mapping(data, place) for place in PLACES}
    for place, written in origins.items():
        for name in written:
            if name not in needing:
                yield unknown((place, name), "field", name, needing)
    for name in needing:
        if sum(name in written for written in origins.values()) != 1:
            found = f"{name!r} is in both of sources and assumptions, or in neither"
            yield Problem(("sources",), found, "each field in exactly one")
