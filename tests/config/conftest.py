"""What the tests of this room share: a small valid model and experiment, and their faults."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twin.config.load import load_any
from twin.errors import ConfigError

Change = Callable[[dict[str, Any]], object]
Faults = Callable[[Change], list[str]]

MODEL: dict[str, Any] = {
    "name": "small",
    "title": "Two servers",
    "release": "11.5",
    "domain": "example.com",
    "subject": {
        "organization": "Example",
        "organizational_unit": "IT",
        "locality": "Bern",
        "state": "BE",
        "country": "CH",
    },
    "nodes": [
        {
            "name": "one",
            "role": "publisher",
            "address": "10.0.0.1",
            "services": ["CallManager", "TFTP", "CAPF"],
            "ova": 1000,
        },
        {
            "name": "two",
            "role": "subscriber",
            "address": "10.0.0.2",
            "services": ["CallManager"],
            "ova": 1000,
        },
    ],
    "callmanager_groups": [{"name": "default", "members": ["two", "one"]}],
    "sites": [{"name": "hq"}, {"name": "branch", "count": 3, "rtt_ms": 40}],
    "phones": [{"name": "desk", "model": "8841", "count": 10}],
}

EXPERIMENT: dict[str, Any] = {
    "name": "question",
    "title": "A question",
    "question": "What happens?",
    "model": "two-node-1000",
    "start": "2016-02-07T22:00:00Z",
    "steps": [
        {"regenerate": {"node": "pub", "unit": "CallManager"}},
        {"wait": {"until": "all_phones_registered", "at_most": "2h"}},
    ],
    "run_for": "4h",
    "expect": [{"metric": "phones_stuck", "equals": 0}],
}


@pytest.fixture
def model() -> dict[str, Any]:
    """A small valid model document."""
    return copy.deepcopy(MODEL)


@pytest.fixture
def experiment() -> dict[str, Any]:
    """A small valid experiment document."""
    return copy.deepcopy(EXPERIMENT)


def _faults(document: dict[str, Any], file: Path) -> list[str]:
    file.write_text(json.dumps(document))
    try:
        load_any(file)
    except ConfigError as error:
        return [str(fault).removeprefix(f"{file}:1: ") for fault in error.faults]
    return []


@pytest.fixture
def model_faults(model: dict[str, Any], tmp_path: Path) -> Faults:
    """The faults of the small model after a change, without the place in the file."""

    def faults(change: Change) -> list[str]:
        change(model)
        return _faults(model, tmp_path / "model.yaml")

    return faults


@pytest.fixture
def experiment_faults(experiment: dict[str, Any], tmp_path: Path) -> Faults:
    """The faults of the small experiment after a change, without the place in the file."""

    def faults(change: Change) -> list[str]:
        change(experiment)
        return _faults(experiment, tmp_path / "experiment.yaml")

    return faults
