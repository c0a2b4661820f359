"""The manifest: what was asked, and how another question is told apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from twin.errors import InputError
from twin.study.sweep_documents import fingerprints
from twin.study.sweep_manifest import (
    Manifest,
    differences,
    enter,
    make_manifest,
    read_manifest,
    write_manifest,
)
from twin.study.sweep_plan import make_plan
from twin.study.sweep_question import make_question
from twin.study.sweep_row import row_columns

EXPERIMENT = "callmanager-regeneration"


def manifest(**asked: Any) -> Manifest:
    """The manifest of a question."""
    plan = make_plan(make_question(EXPERIMENT, **asked))
    return make_manifest(plan, fingerprints(plan.config(0)), row_columns(plan.variants))


def test_a_manifest_says_what_was_asked(tmp_path: Path) -> None:
    """Experiment, model, seeds, variants, replicates, version and fingerprints are in it."""
    asked = manifest(vary={"timing.p_busy": [0, 0.1]}, replicates=3, seed=9)
    write_manifest(tmp_path, asked)
    found = read_manifest(tmp_path)
    assert found == asked
    assert found["experiment"] == EXPERIMENT
    assert found["seed"] == 9
    assert found["replicates"] == 3
    assert found["variants"] == [{"timing.p_busy": 0}, {"timing.p_busy": 0.1}]
    assert sorted(found["fingerprints"]) == ["experiment", "model", "phones", "release", "timing"]
    assert [p.name for p in tmp_path.iterdir()] == ["manifest.json"]


def test_the_same_question_has_no_differences(tmp_path: Path) -> None:
    """A question with values that JSON changes (tuples) is still the same after reading."""
    asked = manifest(vary={"timing.tftp_retry_wait_s": [(1, 5), 7]})
    write_manifest(tmp_path, asked)
    found = read_manifest(tmp_path)
    assert found is not None
    assert differences(found, asked, tmp_path) == []


def test_every_difference_is_named(tmp_path: Path) -> None:
    """What differs is told by name, with both values."""
    before = manifest(replicates=5)
    now = manifest(
        replicates=4, seed=8, vary={"timing.p_busy": [0.1]}, overrides={"timing.dhcp_s": 2}
    )
    text = "\n".join(map(str, differences(before, now, tmp_path)))
    for said in ("replicates: 4", "seed: 8", 'vary: {"timing.p_busy":[0.1]}', "set: ", "dhcp_s"):
        assert said in text
    assert "fingerprint of the experiment" in text


def test_a_changed_document_is_a_difference(tmp_path: Path) -> None:
    """Editing a model between two sittings is noticed."""
    before = manifest()
    plan = make_plan(make_question(EXPERIMENT))
    base = plan.config(0)
    edited = replace(base, model=base.model.model_copy(update={"title": "Another"}))
    now = make_manifest(plan, fingerprints(edited), row_columns(plan.variants))
    assert [fault.place.split(": ")[1] for fault in differences(before, now, tmp_path)] == [
        "fingerprint of the model"
    ]


def test_more_replicates_are_no_difference(tmp_path: Path) -> None:
    """A sweep that is gone on with may grow, and its manifest grows with it."""
    enter(tmp_path, manifest(replicates=2), resume=True)
    enter(tmp_path, manifest(replicates=6), resume=True)
    found = read_manifest(tmp_path)
    assert found is not None
    assert found["replicates"] == 6
    with pytest.raises(InputError, match="6, as are there, or more"):
        enter(tmp_path, manifest(replicates=5), resume=True)


def test_a_folder_with_a_sweep_needs_resume(tmp_path: Path) -> None:
    """Without --resume nothing in the folder is touched, and the message names the way out."""
    enter(tmp_path, manifest(), resume=False)
    with pytest.raises(InputError, match="Add --resume"):
        enter(tmp_path, manifest(), resume=False)


@pytest.mark.parametrize("resume", [True, False])
def test_a_folder_with_something_else_is_left_alone(tmp_path: Path, resume: bool) -> None:
    """A folder that holds other files is never written to, with --resume or without."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="Name an empty folder"):
        enter(tmp_path, manifest(), resume=resume)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"format": 99})])
def test_an_unreadable_manifest_is_wrong_input(tmp_path: Path, text: str) -> None:
    """A damaged manifest, or one of another format, is told with its place."""
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json"):
        read_manifest(tmp_path)
