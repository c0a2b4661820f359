"""The manifest of a sweep: what was asked, so that it can be gone on with and cannot be mixed up.

Knows: the question as JSON, and how two questions differ. Must not know how cells are run.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twin.errors import Fault, InputError
from twin.files import TEMPORARY_SUFFIX, write_whole
from twin.study.sweep_plan import Plan
from twin.study.sweep_question import SEED_PATH, json_text

MANIFEST_NAME = "manifest.json"
LOCK_NAME = "sweep.lock"
FORMAT = 1

Manifest = dict[str, Any]


def make_manifest(plan: Plan, fingerprints: dict[str, str], columns: dict[str, str]) -> Manifest:
    """What a plan asks; fingerprints of its first variant's documents, columns of the rows."""
    asked = plan.question
    return {
        "format": FORMAT,
        "version": version("cucm-twin"),
        "experiment": _name(asked.experiment),
        "model": None if asked.model is None else _name(asked.model),
        "seed": plan.root_seed,
        "set": {path: value for path, value in asked.overrides.items() if path != SEED_PATH},
        "vary": {path: list(values) for path, values in asked.vary.items()},
        "sample": asked.sample,
        "over": {path: None if ends is None else list(ends) for path, ends in asked.over.items()},
        "replicates": plan.replicates,
        "fingerprints": fingerprints,
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
        if any(p.name != LOCK_NAME and p.suffix != TEMPORARY_SUFFIX for p in directory.iterdir()):
            next_step = "Name an empty folder, or one that is not there yet."
            found_there = "not empty, and no sweep is in it"
            raise InputError(Fault(str(directory), found_there, "", None, next_step))
    elif not resume:
        next_step = "Add --resume to go on with it, or name another folder."
        raise InputError(Fault(str(directory), "holds a sweep", "", None, next_step))
    elif faults := differences(found, manifest, directory):
        raise InputError(faults)
    write_manifest(directory, manifest)


def differences(found: Manifest, asked: Manifest, directory: Path) -> list[Fault]:
    """How the question asked now differs from the one in the folder."""
    there, now = _flat(found), _flat(asked)
    next_step = "Ask the same question, or name another folder."
    faults = []
    for name, value in now.items():
        before = there.get(name)
        place = f"{directory}: {name}"
        if name == "replicates":
            if isinstance(before, int) and before > value:
                faults.append(Fault(place, f"{value}", f"{before}, as are there, or more"))
        elif name not in ("variants", "columns") and before != value:
            expected = f"{json_text(before)} as before"
            faults.append(Fault(place, json_text(value), expected, None, next_step))
    if not faults and any(there.get(name) != now[name] for name in ("variants", "columns")):
        found_there = "other variants or columns than the manifest's"
        faults.append(Fault(str(directory), found_there, "", None, next_step))
    return faults


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
    write_whole(directory / MANIFEST_NAME, json.dumps(manifest, indent=1) + "\n")


def _flat(manifest: Manifest) -> Manifest:
    """A manifest as JSON holds it, each fingerprint under a name of its own."""
    plain: Manifest = json.loads(json.dumps(manifest))
    prints = plain.pop("fingerprints", {})
    return plain | {f"fingerprint of the {name}": value for name, value in prints.items()}


def _name(source: Any) -> str:
    return source if isinstance(source, str) else str(source.name)
