"""The door of the room: loading by name or path, with everything a run needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twin import library
from twin.config import (
    ExperimentConfig,
    ModelConfig,
    PhoneCatalogue,
    ReleaseProfile,
    TimingProfile,
    fingerprint,
    load_any,
    load_experiment,
    load_model,
    load_run,
)
from twin.errors import ConfigError, LibraryError


@pytest.fixture
def written(tmp_path: Path, experiment: dict[str, Any], model: dict[str, Any]) -> Path:
    """The small experiment in a file, beside the small model it names."""
    experiment["model"] = "model.yaml"
    (tmp_path / "model.yaml").write_text(json.dumps(model))
    file = tmp_path / "experiment.yaml"
    file.write_text(json.dumps(experiment))
    return file


def _rewrite(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_a_message_has_the_shape_the_house_promises(tmp_path: Path) -> None:
    """File, line, field path with the item's name, finding, nearest word, next step."""
    text = library.path("model", "two-node-1000").read_text()
    file = tmp_path / "two-site.yaml"
    file.write_text(text.replace("    address: 10.10.0.12", "    addres: 10.10.0.12"))
    line = text.splitlines().index("    address: 10.10.0.12") + 1
    with pytest.raises(ConfigError) as caught:
        load_model(file)
    assert str(caught.value) == (
        f"{file}:{line - 2}: nodes[1] (cucm-sub): missing field 'address'.\n"
        f"{file}:{line}: nodes[1] (cucm-sub): unknown field 'addres'; did you mean 'address'? "
        "'twin schema model' lists the fields."
    )


def test_a_run_is_loaded_with_all_its_parts(written: Path) -> None:
    """Experiment, model, release, phones and timing come validated together."""
    run = load_run(written)
    assert run.experiment.name == "question"
    assert run.model.name == "small"
    assert run.release.name == "11.5"
    assert "8841" in run.phones.models
    assert run.timing.p_busy.value == 0.01


def test_a_model_is_looked_for_beside_its_experiment(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working folder does not matter for a path inside a document."""
    monkeypatch.chdir("/")
    assert load_experiment(written).model == "model.yaml"


def test_another_model_may_be_given(written: Path) -> None:
    """The question of one experiment can be put to another model."""
    assert load_run(written, model="two-node-1000").model.name == "two-node-1000"


def test_an_experiment_may_change_its_model_and_timing(written: Path) -> None:
    """`release`, `model_set` and `timing` are applied to what the run is made from."""
    changes = {"release": "14", "model_set": {"nodes[two].ova": 2500}, "timing": {"p_busy": 0.1}}
    _rewrite(written, **changes)
    run = load_run(written)
    assert (run.model.release, run.release.name) == ("14", "14")
    assert run.model.node("two").ova == 2500
    assert run.timing.p_busy.value == 0.1


def test_overrides_win_over_the_experiment(written: Path) -> None:
    """What is set at the command line is what runs."""
    _rewrite(written, release="14", timing={"p_busy": 0.1})
    overrides = {
        "model.release": "12.5",
        "timing.p_busy": 0.2,
        "experiment.seed": 7,
        "experiment.steps[0].regenerate.unit": "TVS",
    }
    run = load_run(written, overrides=overrides)
    assert run.release.name == "12.5"
    assert run.timing.p_busy.value == 0.2
    assert run.experiment.seed == 7
    assert run.experiment.steps[0].regenerate is not None
    assert run.experiment.steps[0].regenerate.unit == "TVS"


def test_a_wrong_override_is_named_by_its_path(written: Path) -> None:
    """Faults of overrides are placed at the override, not at a line of the file."""
    overrides = {
        "model.nodes[two].ova": 3,
        "model.relase": "14",
        "timing.p_busy": 2,
        "experiment.run_for": "4",
    }
    with pytest.raises(ConfigError) as caught:
        load_run(written, overrides=overrides)
    assert [fault.place for fault in caught.value.faults] == [
        "--set experiment.run_for",
        "--set model.nodes[two].ova",
        "--set model.relase",
        "timing.p_busy",
    ]


def test_a_wrong_model_set_is_named_by_its_line(written: Path) -> None:
    """The experiment's own changes to the model are placed in the experiment."""
    _rewrite(written, model_set={"nodes[two].ova": 3, "nodes[six].ova": 3})
    with pytest.raises(ConfigError) as caught:
        load_run(written)
    places = [fault.place for fault in caught.value.faults]
    assert places == [
        f"{written}:1: model_set model.nodes[six].ova",
        f"{written}:1: model_set model.nodes[two].ova",
    ]


def test_an_unknown_model_is_a_fault_of_the_experiment(written: Path) -> None:
    """The nearest bundled model is suggested at the line that names it."""
    _rewrite(written, model="two-node-100")
    with pytest.raises(ConfigError) as caught:
        load_run(written)
    (fault,) = caught.value.faults
    assert fault.place == f"{written}:1: model"
    assert fault.nearest == "two-node-1000"


def test_documents_built_in_python_can_be_run(
    experiment: dict[str, Any], model: dict[str, Any]
) -> None:
    """A notebook may build both without a file; faults then have no line."""
    built = ExperimentConfig.model_validate(experiment)
    run = load_run(built, model=ModelConfig.model_validate(model))
    assert run.model.name == "small"
    with pytest.raises(ConfigError) as caught:
        load_run(built, overrides={"experiment.steps[0].regenerate.node": "sub9"})
    assert caught.value.faults[0].place == "--set experiment.steps[0].regenerate.node"


def test_a_fingerprint_follows_the_content_not_the_layout(
    written: Path, tmp_path: Path, model: dict[str, Any]
) -> None:
    """Comments and order of keys do not matter; any value does."""
    other = tmp_path / "other.yaml"
    turned = dict(reversed(model.items()))
    other.write_text("# the same\n" + json.dumps(turned, indent=2))
    first = load_run(written)
    assert first.model_sha256 == load_run(written, model=other).model_sha256
    changed = load_run(written, overrides={"model.nodes[two].ova": 2500})
    assert first.model_sha256 != changed.model_sha256
    assert first.experiment_sha256 == changed.experiment_sha256
    assert len(fingerprint(first.experiment)) == 64


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("model", "seed-lab", ModelConfig),
        ("release", "8.6", ReleaseProfile),
        ("phones", "", PhoneCatalogue),
        ("timing", "", TimingProfile),
    ],
)
def test_any_document_is_recognised_by_its_fields(
    kind: library.Kind, name: str, expected: type
) -> None:
    """`twin check` needs no word for what a file is."""
    assert isinstance(load_any(library.path(kind, name)), expected)


def test_an_experiment_is_recognised_too(written: Path) -> None:
    """A document with steps or a question is an experiment."""
    assert isinstance(load_any(written), ExperimentConfig)


def test_a_document_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    """The message says what would have been recognised."""
    file = tmp_path / "list.yaml"
    file.write_text("shopping: [milk]\n")
    with pytest.raises(ConfigError, match="no known kind"):
        load_any(file)


def test_a_missing_file_is_a_library_error() -> None:
    """A path that leads nowhere is told apart from a wrong document."""
    with pytest.raises(LibraryError):
        load_any("absent.yaml")
