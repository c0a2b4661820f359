"""Where the bundled documents are: reference models, profiles and experiments.

Two places are looked at in order: `twin/_library` inside an installed package, then the
`models` and `experiments` folders beside the package in a checkout. This module knows file
names only; what a document says is for `twin.config`.
"""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from twin.errors import Fault, LibraryError

Kind = Literal[
    "model",
    "experiment",
    "release",
    "phones",
    "timing",
    "expressway",
    "products",
    "presence",
    "runbook",
]

_PACKAGE = Path(__file__).resolve().parent
_ROOMS: dict[Kind, tuple[str, ...]] = {
    "model": ("models",),
    "experiment": ("experiments",),
    "release": ("models", "releases"),
    "phones": ("models",),
    "timing": ("models",),
    "expressway": ("models",),
    "products": ("models",),
    "presence": ("models",),
    "runbook": ("models",),
}
_PROFILES = ("phones", "timing", "expressway", "products", "presence", "runbook")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SUFFIXES = (".yaml", ".yml")


def root() -> Path:
    """The folder that holds `models` and `experiments`.

    Raises:
        LibraryError: Neither the installed package nor the checkout has them.
    """
    places = (_PACKAGE / "_library", _PACKAGE.parent)
    for place in places:
        if (place / "models" / "releases").is_dir():
            return place
    tried = " and ".join(str(place) for place in places)
    raise LibraryError(Fault("library", f"no bundled documents in {tried}", "a folder 'models'"))


def models() -> list[str]:
    """Names of the bundled reference models, sorted."""
    return [name for name in _names("model") if name not in _PROFILES]


def experiments() -> list[str]:
    """Names of the bundled experiments, sorted."""
    return _names("experiment")


def releases() -> list[str]:
    """Names of the release profiles, oldest first."""
    return sorted(_names("release"), key=lambda name: [int(part) for part in name.split(".")])


def path(kind: Kind, name_or_path: str | os.PathLike[str] = "") -> Path:
    """Find the file of a bundled name, or of a path the user gave.

    Text with a path separator or a YAML suffix is a path; anything else is a bundled name.
    For `phones`, `timing`, `expressway`, `products`, `presence` and `runbook` an empty text means
    the bundled profile.

    Raises:
        LibraryError: No such bundled name, or no such file.
    """
    text = os.fspath(name_or_path)
    if not text and kind in _PROFILES:
        text = kind
    if os.sep in text or "/" in text or "\0" in text or text.endswith(_SUFFIXES):
        return _file(kind, text)
    known = _known(kind)
    if text in known:
        return root().joinpath(*_ROOMS[kind], f"{text}.yaml")
    nearest = get_close_matches(text, known, n=1, cutoff=0.4)
    raise LibraryError(
        Fault(
            kind,
            f"no bundled {kind} is called {text!r}",
            f"a path or one of {', '.join(known)}" if known else "a path",
            nearest[0] if nearest else None,
        )
    )


def label(file: Path) -> str:
    """How a message names `file`: relative to the library or the working folder if inside."""
    for base in (root(), Path.cwd()):
        if file.is_absolute() and file.is_relative_to(base):
            return file.relative_to(base).as_posix()
    return str(file)


def _file(kind: Kind, text: str) -> Path:
    found = Path(text) if "\0" not in text else None
    if found is not None and found.is_file():
        return found
    next_step = "Bundled names are written without a folder and without '.yaml'."
    raise LibraryError(Fault(kind, f"no file {text!r}", "a readable file", next_step=next_step))


def _known(kind: Kind) -> list[str]:
    if kind in _PROFILES:
        return [kind]
    if kind == "model":
        return models()
    return releases() if kind == "release" else experiments()


def _names(kind: Kind) -> list[str]:
    folder = root().joinpath(*_ROOMS[kind])
    return sorted(file.stem for file in folder.glob("*.yaml") if _NAME.fullmatch(file.stem))
