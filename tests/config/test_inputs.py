"""The document of a run's inputs: whole, readable again, and without private keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from twin.config.inputs import INPUTS_NAME, inputs_text, read_inputs
from twin.config.load import load_run
from twin.errors import InputError


@pytest.mark.parametrize(
    "experiment",
    [
        "callmanager-regeneration",
        "does-mra-survive-a-new-callmanager",
        "can-phones-move-between-mixed-clusters",
        "does-a-burst-of-refused-downloads-clear",
    ],
)
def test_inputs_are_read_as_they_were(experiment: str, tmp_path: Path) -> None:
    """Experiment, model, release and timing as run, overrides included."""
    config = load_run(experiment, overrides={"experiment.seed": 4, "model.release": "12.5"})
    (tmp_path / INPUTS_NAME).write_text(inputs_text(config, 7), encoding="utf-8")
    read = read_inputs(tmp_path)
    assert read.perturb_ties == 7
    assert read.config.experiment == config.experiment
    assert read.config.model == config.model
    assert read.config.release == config.release
    assert read.config.timing == config.timing


def test_files_of_the_users_own_are_kept_unless_they_hold_a_key(tmp_path: Path) -> None:
    """A certificate is written into the document, a private key never."""
    config = load_run("callmanager-regeneration")
    secret = b"-----BEGIN RSA " + b"PRIVATE KEY-----\nAAAA"
    config = replace(config, attachments={"a.pem": b"certificate", "key.pem": secret})
    (tmp_path / INPUTS_NAME).write_text(inputs_text(config, None), encoding="utf-8")
    assert read_inputs(tmp_path).config.attachments == {"a.pem": b"certificate"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"experiment": {"steps": 3}}'])
def test_other_documents_are_an_input_error(text: str, tmp_path: Path) -> None:
    """The folder of another version, or of something else, is told as such."""
    (tmp_path / INPUTS_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="Run it again"):
        read_inputs(tmp_path)


def test_a_folder_without_inputs_is_an_input_error(tmp_path: Path) -> None:
    """The message names the file that is missing."""
    with pytest.raises(InputError, match=r"inputs\.json"):
        read_inputs(tmp_path)
