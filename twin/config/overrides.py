"""Setting single values of documents by path: `model.nodes[0].ova`, `timing.p_busy`.

A path begins with the document it is in. `[2]` is a position, `[pub]` the list item of that
name. The documents are changed before they are validated, so a wrong value is reported like a
wrong value in the file, with the override as its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from twin.config.document import YamlDocument, parse_value
from twin.config.faults import Location, listed, nearest
from twin.errors import ConfigError, Fault

ROOTS = ("model", "experiment", "timing", "release", "phones")
"""What a path may begin with."""

_PATH = re.compile(r"[A-Za-z0-9_]+(?:\[[^\[\]]+\])*(?:\.[A-Za-z0-9_-]+(?:\[[^\[\]]+\])*)*")
_PIECE = re.compile(r"[A-Za-z0-9_-]+|\[[^\[\]]+\]")
_FORM = "a path such as model.release, timing.p_busy or experiment.steps[0].regenerate.unit"


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split `PATH=VALUE` and read the value as YAML does.

    Raises:
        ConfigError: There is no `=`, or the value is not YAML.
    """
    path, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(Fault(f"--set {text}", "no '='", "PATH=VALUE"))
    return path.strip(), parse_value(value.strip())


def apply_overrides(
    documents: Mapping[str, YamlDocument],
    overrides: Mapping[str, Any],
    origin: str = "--set",
) -> dict[str, Any]:
    """Change documents in place and return the timing values.

    Args:
        documents: Document by the root of its paths (model, experiment, release, phones).
        overrides: Path to value, already typed.
        origin: How faults name an override's place, before its path.

    Returns:
        Parameter name to value of every path below `timing`; those are set on the profile
        with `TimingProfile.with_values`.

    Raises:
        ConfigError: A path is malformed, begins with no known document or leads nowhere.
    """
    timing, faults = try_overrides(documents, overrides, origin)
    if faults:
        raise ConfigError(faults)
    return timing


def try_overrides(
    documents: Mapping[str, YamlDocument],
    overrides: Mapping[str, Any],
    origin: str = "--set",
) -> tuple[dict[str, Any], list[Fault]]:
    """As `apply_overrides`, but return the faults beside the timing values."""
    timing: dict[str, Any] = {}
    faults: list[Fault] = []
    for path, value in overrides.items():
        place = f"{origin} {path}"
        root, _, rest = path.partition(".")
        if not _PATH.fullmatch(path) or not rest:
            faults.append(Fault(place, f"{path!r} is no path", _FORM))
        elif root == "timing":
            timing[rest] = value
        elif root not in documents:
            expected = f"one of {listed(ROOTS)} at its beginning"
            found = f"{root!r} names no document"
            faults.append(Fault(place, found, expected, nearest(root, ROOTS)))
        else:
            fault = _set(documents[root], rest, value, place)
            faults += [fault] if fault else []
    return timing, faults


def _set(document: YamlDocument, path: str, value: Any, place: str) -> Fault | None:
    here: Any = document.data
    location: Location = ()
    pieces = _PIECE.findall(path)
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        key, fault = _key(here, piece, place, document.field_path(location))
        if fault is not None:
            return fault
        location = (*location, key)
        if last:
            here[key] = value
        elif isinstance(here, dict):
            if here.get(key) is None:
                here[key] = {}
            here = here[key]
        else:
            here = here[key]
    document.origins[location] = place
    return None


def _key(here: Any, piece: str, place: str, where: str) -> tuple[str | int, Fault | None]:
    """The dict key or list position a piece of a path means."""
    if not piece.startswith("["):
        if isinstance(here, dict):
            return piece, None
        kind = "a list" if isinstance(here, list) else "a single value"
        found = f"{where or 'the document'} is {kind}"
        return piece, Fault(place, found, f"a position before .{piece}, e.g. [0]")
    word = piece[1:-1]
    if not isinstance(here, list):
        return word, Fault(place, f"{where or 'the document'} is no list", "no position in []")
    if word.isdigit():
        index = int(word)
        if index < len(here):
            return index, None
        found = f"{where} has {len(here)} items"
        return index, Fault(place, found, f"a position from 0 to {len(here) - 1}")
    names = [str(item.get("name")) for item in here if isinstance(item, dict)]
    if word in names:
        return names.index(word), None
    found = f"{where} has no item called {word!r}"
    return word, Fault(place, found, f"one of {listed(names)}", nearest(word, names))
