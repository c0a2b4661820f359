"""The heads of the bundled experiments, for lists: read, not checked against their models."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from twin import library
from twin.config.document import parse_document
from twin.config.faults import nearest
from twin.errors import Fault, InputError

_HEAD = ("name", "row", "family", "procedure", "order", "model", "title")


def experiment_heads(words: Sequence[str] = ()) -> list[dict[str, str]]:
    """What lists need of every bundled experiment that fits all words, by name.

    Each has name, row, family, procedure, order, model and title, "" for what it does not say. A
    word fits a row it equals, or any other of these that contains it; case does not matter.

    Raises:
        InputError: a word fits no experiment, or all of them fit none together.
    """
    heads = [_head(name) for name in library.experiments()]
    found = [head for head in heads if all(_fits(word, head) for word in words)]
    if not found:
        alone = [word for word in words if not any(_fits(word, head) for head in heads)]
        known = [head[key] for key in _HEAD for head in heads]
        place, asked = "twin experiments", " ".join(alone or words)
        closest = nearest(alone[0], known) if alone else None
        raise InputError(Fault(place, f"no experiment has {asked!r}", "", closest, _NEXT_STEP))
    return found


_NEXT_STEP = "'twin experiments' lists all of them."


@cache
def _head(name: str) -> dict[str, str]:
    """What stands above the steps, which are most of a file and are not read."""
    file = library.path("experiment", name)
    above, _, _ = file.read_text(encoding="utf-8").partition("\nsteps:")
    data = parse_document(above, library.label(file), file.parent).data
    return {key: str(data.get(key) or "") for key in _HEAD}


def _fits(word: str, head: dict[str, str]) -> bool:
    asked = word.casefold()
    if asked == head["row"].casefold():
        return True
    return any(asked in head[key].casefold() for key in _HEAD if key != "row")
