"""A session as an experiment document that gives the same journal when it is run.

Knows: the fields of an experiment, and where a session's documents differ from those that its
names stand for. Must not know any command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twin.config.attachments import digest_input
from twin.config.experiment import ExperimentConfig
from twin.config.fields import Document
from twin.config.load import RunConfig, load_release, load_run, load_timing
from twin.config.writing import yaml_text
from twin.console.session import Session
from twin.errors import Fault, InputError
from twin.files import write_whole
from twin.simtime import format_ms

_NOT_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_SUFFIXES = (".yaml", ".yml")


def save(session: Session, path: Path) -> list[Path]:
    """Write a session as an experiment; the files written.

    A model that no bundled name and no path stands for (a run was made with `--set`, or its file
    has changed since) is written beside it, and the experiment names that.

    Raises:
        InputError: the file's name, or a session that no experiment can say.
    """
    if path.suffix not in _SUFFIXES:
        raise InputError(Fault(str(path), "no name of an experiment", "NAME.yaml"))
    if session.origin.perturb_ties is not None:
        found = "a run with shuffled ties, which no experiment says"
        raise InputError(Fault("save", found, "a run without --perturb-ties"))
    _files_are_there(session, path.parent)
    written = [path]
    data = _document(session, path)
    wanted = session.origin.config
    if not _says(data, "model", wanted, path.parent):
        beside = path.with_name(f"{path.stem}.model.yaml")
        model = _plain(wanted.model)
        write_whole(beside, yaml_text(model))
        written.append(beside)
        data = {**data, "model": beside.name}
        for field in ("release", "model_set"):
            data.pop(field, None)
    if not _says(data, "release", wanted, path.parent):
        data["release_set"] = _release_set(wanted)
    if not _says(data, "timing", wanted, path.parent):
        data["timing"] = _timing_set(wanted)
    write_whole(path, yaml_text(data))
    loaded = load_run(str(path))
    same = all(_is_same(what, loaded, wanted) for what in ("model", "release", "timing"))
    if not same:
        raise InputError(Fault(str(path), "a session whose documents no experiment can say"))
    return written


def _document(session: Session, path: Path) -> dict[str, Any]:
    """The experiment's fields, in the order they are read."""
    origin = session.origin
    base = origin.config.experiment
    steps = [dict(entry.written) for entry in session.record]
    data: dict[str, Any] = {
        "name": _NOT_A_NAME.sub("-", path.stem).strip("-._") or "session",
        "title": base.title,
        "question": base.question,
        "model": _model_name(base.model),
    }
    if base.release is not None:
        data["release"] = base.release
    data |= {"seed": base.seed, "start": base.start.isoformat().replace("+00:00", "Z")}
    for field in ("timing", "model_set", "release_set"):
        if getattr(base, field):
            data[field] = dict(getattr(base, field))
    earlier = [_plain(step) for step in base.steps] if origin.is_run else []
    end_ms = max(session.twin.now_ms, origin.end_ms)
    return {**data, "steps": [*earlier, *steps], "run_for": format_ms(end_ms)}


def _model_name(name: str) -> str:
    """A path to a model is written whole, since the experiment may lie elsewhere."""
    return str(Path(name).absolute()) if "/" in name or name.endswith(_SUFFIXES) else name


def _plain(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return found


def _files_are_there(session: Session, folder: Path) -> None:
    """Refuse where the experiment would not find a file that a step names."""
    attached = dict(session.origin.config.attachments)
    for entry in session.record:
        attached |= entry.attached
    for name, data in sorted(attached.items()):
        beside = folder / name
        if not beside.is_file() or digest_input({name: beside.read_bytes()}) != digest_input(
            {name: data}
        ):
            expected = f"the file that was uploaded, at {beside}"
            raise InputError(Fault("save", f"{name!r} is not there", expected))


def _says(data: Mapping[str, Any], what: str, wanted: RunConfig, folder: Path) -> bool:
    """Whether a document of these fields stands for the model, release or timing of a session."""
    bare = {key: value for key, value in data.items() if key != "steps"}
    named = folder / str(bare["model"])
    if named.is_file():
        bare["model"] = str(named)
    return _is_same(what, load_run(ExperimentConfig.model_validate(bare)), wanted)


def _is_same(what: str, found: RunConfig, wanted: RunConfig) -> bool:
    if what == "timing":
        return found.timing.values() == wanted.timing.values()
    return bool(getattr(found, f"{what}_sha256") == getattr(wanted, f"{what}_sha256"))


def _release_set(wanted: RunConfig) -> dict[str, Any]:
    """The fields in which a session's release profile is not the bundled one."""
    profile = wanted.release.model_dump(mode="json", by_alias=True)
    bundled = load_release(wanted.model.release).model_dump(mode="json", by_alias=True)
    return {field: value for field, value in profile.items() if bundled.get(field) != value}


def _timing_set(wanted: RunConfig) -> dict[str, Any]:
    """The parameters in which a session's timing is not the bundled one."""
    bundled = load_timing().values()
    return {name: v for name, v in wanted.timing.values().items() if bundled.get(name) != v}
