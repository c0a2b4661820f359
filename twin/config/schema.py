"""JSON Schemas of the documents, for editors and for other tools.

They are generated from the classes; `python -m twin.config.schema` writes the published copies
beside the documents they describe.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel

from twin import library
from twin.config.experiment import ExperimentConfig
from twin.config.expressway import ExpresswayHistory
from twin.config.faults import listed, nearest
from twin.config.model import ModelConfig
from twin.config.phones import PhoneCatalogue
from twin.config.presence import PresenceFacts
from twin.config.products import ProductCatalogue
from twin.config.release import ReleaseProfile
from twin.config.result import Result
from twin.config.runbook import RunbookWords
from twin.config.sensitivity_result import SensitivityResult
from twin.config.timing import TimingProfile
from twin.config.window_result import WindowResult
from twin.errors import ConfigError, Fault

SchemaKind = Literal[
    "model",
    "experiment",
    "result",
    "release",
    "phones",
    "timing",
    "expressway",
    "products",
    "presence",
    "runbook",
    "window",
    "sensitivity",
]

_CLASSES: dict[SchemaKind, type[BaseModel]] = {
    "model": ModelConfig,
    "experiment": ExperimentConfig,
    "result": Result,
    "release": ReleaseProfile,
    "phones": PhoneCatalogue,
    "timing": TimingProfile,
    "expressway": ExpresswayHistory,
    "products": ProductCatalogue,
    "presence": PresenceFacts,
    "runbook": RunbookWords,
    "window": WindowResult,
    "sensitivity": SensitivityResult,
}
_IN_EXPERIMENTS = ("experiment", "result", "window", "sensitivity")
_WRITTEN = ("result", "window", "sensitivity")
"""Documents that the twin writes rather than reads."""


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a document kind, with a description of every field.

    Raises:
        ConfigError: There is no such kind.
    """
    for known in get_args(SchemaKind):
        if kind == known:
            mode: Literal["validation", "serialization"] = (
                "serialization" if known in _WRITTEN else "validation"
            )
            schema = _CLASSES[known].model_json_schema(mode=mode)
            return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    kinds = get_args(SchemaKind)
    found = f"no document is of kind {kind!r}"
    raise ConfigError(Fault("schema", found, f"one of {listed(kinds)}", nearest(kind, kinds)))


def schema_text(kind: str) -> str:
    """The schema as the text of its published file."""
    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"


def schema_file(root: Path, kind: SchemaKind) -> Path:
    """Where the published schema of a kind is below `root`."""
    room = "experiments" if kind in _IN_EXPERIMENTS else "models"
    return root / room / "schema" / f"{kind}.schema.json"


def write_schemas(root: Path) -> list[Path]:
    """Write every published schema below `root` and return the files."""
    files = []
    for kind in get_args(SchemaKind):
        file = schema_file(root, kind)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(schema_text(kind), encoding="utf-8")
        files.append(file)
    return files


if __name__ == "__main__":
    for written in write_schemas(library.root()):
        print(written)
