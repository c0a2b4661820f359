"""The manifest of a sweep: what was asked, so that it can be gone on with and cannot be mixed up.

Knows: the question as JSON, and how two questions differ. Must not know how cells are run.
"""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twin.config.load import RunConfig, fingerprint
from twin.errors import Fault, InputError
from twin.metrics.sweep_storage import ROWS_FOLDER
from twin.study.sweep_plan import Plan
from twin.study.sweep_question import Question, json_text

MANIFEST_NAME = "manifest.json"
FAILURES_NAME = "failures.jsonl"
LOCK_NAME = "sweep.lock"
FORMAT = 1

Manifest = dict[str, Any]


def make_manifest(plan: Plan, base: RunConfig, columns: dict[str, str]) -> Manifest:
    """What a plan asks. `base` is its first variant; `columns` are those of the rows."""
    asked = plan.question
    return {
        "format": FORMAT,
        "version": version("cucm-twin"),
        "experiment": _name(asked.experiment),
        "model": None if asked.model is None else _name(asked.model),
        "seed": plan.root_seed,
        "set": asked.overrides,
        "vary": {path: list(values) for path, values in asked.vary.items()},
        "sample": asked.sample,
        "over": {path: None if ends is None else list(ends) for path, ends in asked.over.items()},
        "replicates": plan.replicates,
        "fingerprints": {
            "experiment": base.experiment_sha256,
            "model": base.model_sha256,
            "release": fingerprint(base.release),
            "phones": fingerprint(base.phones),
            "timing": fingerprint(base.timing),
        },
        "variants": list(plan.variants),
        "columns": columns,
    }


def enter(directory: Path, manifest: Manifest, resume: bool) -> None:
    """Make `directory` the sweep's own: write the manifest, or find the same question in it.

    A sweep that is gone on with may ask for more replicates, and for nothing else.

    Raises:
        InputError: The folder holds something else, or another question; every difference is told.
    """
    found = read_manifest(directory)
    if found is None:
        if directory.is_dir() and any(p.name != LOCK_NAME for p in directory.iterdir()):
            next_step = "Name an empty folder, or one that is not there yet."
            raise InputError(
                Fault(str(directory), "not empty, and no sweep is in it", "", None, next_step)
            )
    elif not resume:
        next_step = "Add --resume to go on with it, or name another folder."
        raise InputError(Fault(str(directory), "holds a sweep", "", None, next_step))
    elif faults := differences(found, json.loads(json.dumps(manifest)), directory):
        raise InputError(faults)
    write_manifest(directory, manifest)


def differences(found: Manifest, asked: Manifest, directory: Path) -> list[Fault]:
    """How the question asked now differs from the one in the folder."""
    there, now = dict(found), dict(asked)
    there.update(there.pop("fingerprints", {}) and _worded(there["fingerprints"]))
    now.update(now.pop("fingerprints", {}) and _worded(now["fingerprints"]))
    step = "Ask the same question, or name another folder."
    faults = []
    for name in now:
        before, after = there.get(name), now[name]
        if name == "replicates" and isinstance(before, int) and before > after:
            expected = f"{before} or more, as many as are there"
            faults.append(Fault(f"{directory}: replicates", f"{after}", expected))
        elif name not in ("replicates", "variants", "columns") and before != after:
            said, is_said = json_text(after), json_text(before)
            faults.append(Fault(f"{directory}: {name}", said, f"{is_said}, as asked before"))
    if not faults and any(there.get(name) != now[name] for name in ("variants", "columns")):
        faults.append(Fault(str(directory), "other variants or columns", "those of the manifest"))
    return [Fault(f.place, f.found, f.expected, None, step) for f in faults]


def read_manifest(directory: Path) -> Manifest | None:
    """The manifest of a folder; None if there is none.

    Raises:
        InputError: There is one that cannot be read.
    """
    file = directory / MANIFEST_NAME
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(Fault(str(file), f"cannot be read ({error})")) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise InputError(Fault(str(file), "not a sweep's manifest", f'"format": {FORMAT}'))
    return manifest


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write the manifest whole or not at all."""
    (directory / ROWS_FOLDER).mkdir(parents=True, exist_ok=True)
    temporary = directory / (MANIFEST_NAME + ".part")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(manifest, stream, indent=1)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(directory / MANIFEST_NAME)


def _name(source: Any) -> str:
    return source if isinstance(source, str) else str(source.name)


def _worded(fingerprints: dict[str, str]) -> dict[str, str]:
    return {f"fingerprint of the {name}": value for name, value in fingerprints.items()}


__all__ = [
    "FAILURES_NAME", "LOCK_NAME", "MANIFEST_NAME", "Manifest", "Question", "differences", "enter",
    "make_manifest", "read_manifest", "write_manifest",
]  # fmt: skip
