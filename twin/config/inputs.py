"""What a run was made from, as a document in its folder: enough to run it again.

Knows: the fields of inputs.json. Must not know how a run is run. No private key is written: a file
of the user's own that holds one has to be at hand again.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twin.config.experiment import ExperimentConfig
from twin.config.load import RunConfig, load_phone_catalogue, load_timing
from twin.config.model import ModelConfig
from twin.config.release import ReleaseProfile
from twin.config.timing import TimingProfile
from twin.errors import Fault, InputError

INPUTS_NAME = "inputs.json"
_SECRET = b"PRIVATE KEY"


@dataclass(frozen=True, slots=True)
class Inputs:
    """A run's documents as run, and how same-instant work was shuffled (None: not)."""

    config: RunConfig
    perturb_ties: int | None
    version: str
    """Of the program that ran it."""


def inputs_text(config: RunConfig, perturb_ties: int | None) -> str:
    """The documents as run, overrides included."""
    attachments = {
        name: base64.b64encode(data).decode()
        for name, data in sorted(config.attachments.items())
        if _SECRET not in data
    }
    return json.dumps(
        {
            "experiment": config.experiment.model_dump(
                mode="json", by_alias=True, exclude_unset=True
            ),
            "model": config.model.model_dump(mode="json", by_alias=True, exclude_unset=True),
            "release": config.release.model_dump(mode="json", by_alias=True),
            "timing": config.timing.values(),
            "attachments": attachments,
            "perturb_ties": perturb_ties,
            "version": version("cucm-twin"),
        },
        indent=2,
        sort_keys=True,
    )


def read_inputs(directory: Path) -> Inputs:
    """What the run in a folder was made from.

    Raises:
        InputError: There is no inputs.json, or it is not of this version's form.
    """
    path = directory / INPUTS_NAME
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        config = RunConfig(
            ExperimentConfig.model_validate_json(json.dumps(found["experiment"])),
            ModelConfig.model_validate_json(json.dumps(found["model"])),
            ReleaseProfile.model_validate_json(json.dumps(found["release"])),
            load_phone_catalogue(),
            _timing(found["timing"]),
            {name: base64.b64decode(data) for name, data in found["attachments"].items()},
        )
        return Inputs(config, found["perturb_ties"], found["version"])
    except OSError as error:
        what = error.strerror or "unreadable"
        raise InputError(Fault(str(path), what, "a folder that 'twin run' wrote")) from error
    except (ValidationError, ValueError, KeyError, AttributeError, TypeError) as error:
        what = f"not readable as inputs of a run ({type(error).__name__})"
        raise InputError(
            Fault(str(path), what, "one written by this version", None, "Run it again.")
        ) from error


def _timing(values: dict[str, Any]) -> TimingProfile:
    """The bundled profile with those values that are others."""
    bundled = load_timing()
    known = json.loads(json.dumps(bundled.values()))
    return bundled.with_values({k: v for k, v in values.items() if known.get(k) != v})
