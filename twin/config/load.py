"""From files to validated documents: the door of this room.

Every function reports all that is wrong with a document in one `ConfigError`: syntax, fields
and references, each with file, line and the nearest right word.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from twin import library
from twin.config.attachments import digest_input, read_attachments
from twin.config.document import YamlDocument, read_document
from twin.config.experiment import ExperimentConfig
from twin.config.experiment_checks import Surroundings, experiment_problems, metric_problems
from twin.config.expressway import ExpresswayHistory
from twin.config.faults import Problem, problems_of
from twin.config.fields import Document
from twin.config.library_checks import (
    catalogue_problems,
    device_problems,
    expressway_problems,
    product_problems,
    release_problem,
    release_problems,
)
from twin.config.model import ModelConfig
from twin.config.overrides import apply_overrides, try_overrides
from twin.config.phones import PhoneCatalogue
from twin.config.presence import PresenceFacts
from twin.config.products import ProductCatalogue
from twin.config.raw import plain, text, word
from twin.config.release import ReleaseProfile
from twin.config.sensitivity_result import SensitivityResult
from twin.config.timing import TimingProfile
from twin.errors import ConfigError, Fault, LibraryError

DocumentT = TypeVar("DocumentT", bound=Document)
NameOrPath = str | os.PathLike[str]

_SCHEMA_WORDS: dict[type[Document], str] = {
    ModelConfig: "model",
    ExperimentConfig: "experiment",
    ReleaseProfile: "release",
    PhoneCatalogue: "phones",
    TimingProfile: "timing",
    ExpresswayHistory: "expressway",
    ProductCatalogue: "products",
    PresenceFacts: "presence",
    SensitivityResult: "sensitivity",
}


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything a run is made from, validated and in agreement."""

    experiment: ExperimentConfig
    model: ModelConfig
    release: ReleaseProfile
    phones: PhoneCatalogue
    timing: TimingProfile
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    """Files of the user's own that steps name, by the name as written."""

    @property
    def model_sha256(self) -> str:
        """Fingerprint of the model as run, overrides included."""
        return fingerprint(self.model)

    @property
    def experiment_sha256(self) -> str:
        """Fingerprint of the experiment as run, overrides and files it names included."""
        return fingerprint(self.experiment, digest_input(self.attachments))

    @property
    def release_sha256(self) -> str:
        """Fingerprint of the release profile as run, overrides included."""
        return fingerprint(self.release)


def fingerprint(config: Document, attached: bytes = b"") -> str:
    """SHA-256 of a document's content; layout and comments of the file do not matter."""
    content = config.model_dump(mode="json", by_alias=True)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode() + attached).hexdigest()


def load_release(name: NameOrPath) -> ReleaseProfile:
    """Load a release profile by name ("11.5") or path.

    Raises:
        LibraryError: There is none. ConfigError: It is wrong.
    """
    return _load("release", name, ReleaseProfile)


def load_phone_catalogue(name: NameOrPath = "") -> PhoneCatalogue:
    """Load the phone catalogue, by default the bundled one.

    Raises:
        LibraryError: There is none. ConfigError: It is wrong.
    """
    return _load("phones", name, PhoneCatalogue)


def load_timing(name: NameOrPath = "") -> TimingProfile:
    """Load the timing profile, by default the bundled one.

    Raises:
        LibraryError: There is none. ConfigError: It is wrong.
    """
    return _load("timing", name, TimingProfile)


def load_expressways(name: NameOrPath = "") -> ExpresswayHistory:
    """Load what Expressway releases do, by default the bundled history.

    Raises:
        LibraryError: There is none. ConfigError: It is wrong.
    """
    return _load("expressway", name, ExpresswayHistory)


def load_products(name: NameOrPath = "") -> ProductCatalogue:
    """Load what systems around a cluster do, by default the bundled catalogue.

    Raises:
        LibraryError: There is none. ConfigError: It is wrong.
    """
    return _load("products", name, ProductCatalogue)


def load_presence(name: NameOrPath = "") -> PresenceFacts:
    """Load what IM and Presence nodes have and do, by default the bundled facts.

    Raises:
        LibraryError: There is none. ConfigError: It is wrong.
    """
    return _load("presence", name, PresenceFacts)


def load_sensitivity(file: NameOrPath | None = None) -> SensitivityResult | None:
    """Load a sensitivity document; by default the bundled one, None if there is none.

    Raises:
        LibraryError: There is no such file. ConfigError: It is not such a document.
    """
    bundled = library.root() / "models" / "sensitivity.json"
    if file is None and not bundled.is_file():
        return None
    document = read_document(bundled if file is None else Path(file))
    found, problems = _validated(document, SensitivityResult)
    if found is None:
        raise ConfigError(document.faults(problems))
    return found


def load_model(name: NameOrPath, overrides: Mapping[str, Any] | None = None) -> ModelConfig:
    """Load a model by bundled name or path.

    Args:
        name: E.g. "two-node-1000" or "./my-cluster.yaml".
        overrides: Path to value, e.g. {"model.release": "12.5"}.

    Raises:
        LibraryError: There is none. ConfigError: It, or an override, is wrong.
    """
    document = read_document(library.path("model", name))
    apply_overrides({"model": document}, overrides or {})
    model, faults = _model(document)
    if model is None or faults:
        raise ConfigError(faults)
    return model


def load_experiment(name: NameOrPath) -> ExperimentConfig:
    """Load an experiment by bundled name or path and check it against the model it names.

    Raises:
        LibraryError: There is none. ConfigError: It, or its model, is wrong.
    """
    return load_run(name).experiment


def load_run(
    experiment: NameOrPath | ExperimentConfig,
    *,
    model: NameOrPath | ModelConfig | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> RunConfig:
    """Load an experiment with all it is run with.

    The model is `model` or the one the experiment names. On it the experiment's `release` and
    `model_set` are applied, then the overrides; likewise the experiment's `timing`. On another
    model than its own it begins at that model's `start`, if that has one.

    Args:
        experiment: Bundled name, path, or an experiment built in Python.
        model: The same for a model to use instead of the experiment's.
        overrides: Path to value; paths begin with model, experiment, release or timing.

    Raises:
        LibraryError: A document does not exist. ConfigError: One is wrong; faults of the
            experiment and of the model come together.
    """
    asked = _document("experiment", experiment)
    ours: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for path, value in (overrides or {}).items():
        (ours if path.startswith("experiment.") else rest)[path] = value
    _, faults = try_overrides({"experiment": asked}, ours)
    config, problems = _validated(asked, ExperimentConfig)
    problems += metric_problems(asked.data)
    described, missing = _described_model(asked, model)
    if described is None:
        raise ConfigError([*asked.faults([*problems, *missing]), *faults])

    faults += _apply_experiment(asked, described)
    about_release = {path: rest.pop(path) for path in list(rest) if path.startswith("release.")}
    timing_values, wrong_paths = try_overrides({"model": described}, rest)
    model_config, model_faults = _model(described)
    timing, timing_faults = _timing(asked, timing_values)
    faults += [*wrong_paths, *model_faults, *timing_faults]
    if model_config is None or model_config.release not in library.releases():
        raise ConfigError([*asked.faults(problems), *faults])
    release, release_faults = _release(asked, model_config.release, about_release)
    faults += release_faults
    catalogue = load_phone_catalogue()
    around = Surroundings(model_config, release, catalogue, timing, load_release, load_presence)
    problems += experiment_problems(asked.data, around)
    attachments: dict[str, bytes] = {}
    if config is not None:
        attachments, missing = read_attachments(config.steps, asked.folder or Path.cwd())
        problems += missing
    faults = [*asked.faults(problems), *faults]
    if config is None or faults:
        raise ConfigError(faults)
    if model is not None and model_config.start is not None and "experiment.start" not in ours:
        config = config.model_copy(update={"start": model_config.start})
    return RunConfig(config, model_config, release, catalogue, timing, attachments)


def load_any(path: NameOrPath) -> Document:
    """Load a file of any kind; the kind is told from its fields. For `twin check`.

    Raises:
        LibraryError: There is no such file. ConfigError: It is wrong or of no known kind.
    """
    file = library.path("model", path if os.sep in os.fspath(path) else f"./{os.fspath(path)}")
    data = read_document(file).data
    if "steps" in data or "question" in data:
        return load_experiment(file)
    if "itl_signer" in data:
        return load_release(file)
    if "models" in data:
        return load_phone_catalogue(file)
    if "reset_debounce_s" in data:
        return load_timing(file)
    if "products" in data and "kinds" in data:
        return load_products(file)
    if "nodes" in data:
        return load_model(file)
    expected = "a model (nodes), an experiment (steps), a release, phones or timing profile"
    raise ConfigError(Fault(library.label(file), "a document of no known kind", expected))


def _load(kind: library.Kind, name: NameOrPath, cls: type[DocumentT]) -> DocumentT:
    document = read_document(library.path(kind, name))
    config, problems = _validated(document, cls)
    faults = document.faults(problems)
    if config is None or faults:
        raise ConfigError(faults)
    return config


def _validated(
    document: YamlDocument, cls: type[DocumentT]
) -> tuple[DocumentT | None, list[Problem]]:
    try:
        return cls.model_validate(document.data), []
    except ValidationError as error:
        return None, problems_of(error, cls, _SCHEMA_WORDS[cls])


def _document(kind: library.Kind, source: NameOrPath | Document) -> YamlDocument:
    """The document behind a name or path, or one made from a config built in Python."""
    if isinstance(source, Document):
        return YamlDocument(kind, plain(source))
    return read_document(library.path(kind, source))


def _model(document: YamlDocument) -> tuple[ModelConfig | None, list[Fault]]:
    """A model checked inside and against release and catalogue, with every fault."""
    config, problems = _validated(document, ModelConfig)
    problems += _release_problems(document.data)
    problems += expressway_problems(document.data, load_expressways())
    other = document.data.get("other_cluster")
    if isinstance(other, dict):
        problems += [problem.below("other_cluster") for problem in _release_problems(other)]
    problems += catalogue_problems(document.data, load_phone_catalogue())
    return config, document.faults(problems)


def _release_problems(data: Mapping[str, Any]) -> list[Problem]:
    """What in a model is not in its release, or that there is no such release."""
    name = word(data, "release")
    if name not in library.releases():
        return release_problem(data, library.releases())
    release = load_release(name)
    problems = list(release_problems(data, release))
    if data.get("systems"):
        problems += product_problems(data, load_products())
    return problems + list(device_problems(data, release, load_phone_catalogue()))


def _described_model(
    asked: YamlDocument, model: NameOrPath | ModelConfig | None
) -> tuple[YamlDocument | None, list[Problem]]:
    """The model document an experiment is run on, or why there is none.

    A path in an experiment file is first looked for beside that file.
    """
    if model is not None:
        return _document("model", model), []
    named = text(asked.data, "model")
    if named is None:
        return None, []
    if asked.folder is not None and (asked.folder / named).is_file():
        return _document("model", asked.folder / named), []
    try:
        return _document("model", named), []
    except LibraryError as error:
        return None, [
            Problem(("model",), fault.found, fault.expected, fault.nearest, fault.next_step)
            for fault in error.faults
        ]


def _apply_experiment(asked: YamlDocument, described: YamlDocument) -> list[Fault]:
    """Apply an experiment's `release` and `model_set` to its model; what is wrong with them."""
    faults: list[Fault] = []
    if asked.data.get("release") is not None:
        origin = f"{asked.label}:{asked.line(('release',))}"
        release = {"model.release": asked.data["release"]}
        faults += try_overrides({"model": described}, release, origin)[1]
    changes = asked.data.get("model_set")
    if isinstance(changes, dict):
        for path, value in changes.items():
            origin = f"{asked.label}:{asked.line(('model_set', path))}: model_set"
            faults += try_overrides({"model": described}, {f"model.{path}": value}, origin)[1]
    return faults


def _release(
    asked: YamlDocument, name: str, overrides: Mapping[str, Any]
) -> tuple[ReleaseProfile, list[Fault]]:
    """The release profile with the experiment's `release_set`, then the overrides, in force.

    The profile as it is stands in for one that was made wrong, so that more faults are found.
    """
    document = read_document(library.path("release", name))
    faults: list[Fault] = []
    changes = asked.data.get("release_set")
    for name, value in changes.items() if isinstance(changes, dict) else ():
        origin = f"{asked.label}:{asked.line(('release_set', name))}: release_set"
        faults += try_overrides({"release": document}, {f"release.{name}": value}, origin)[1]
    faults += try_overrides({"release": document}, overrides)[1]
    config, problems = _validated(document, ReleaseProfile)
    faults += document.faults(problems)
    return config or load_release(name), faults


def _timing(asked: YamlDocument, overrides: Mapping[str, Any]) -> tuple[TimingProfile, list[Fault]]:
    """The timing profile with the experiment's values, then the overrides, in force."""
    profile = load_timing()
    values = asked.data.get("timing")
    values = dict(values) if isinstance(values, dict) else {}
    good = {name: v for name, v in values.items() if not profile.value_problems({name: v})}
    try:
        return profile.with_values({**good, **overrides}), []
    except ConfigError as error:
        return profile, list(error.faults)
