"""The journal of each bundled experiment, by its fingerprint, and what it must not depend on.

A change of behaviour changes a fingerprint, and is then seen in `fingerprints.csv`. If it is
meant, the file is written anew and the change explained where it is made:

    python -m pytest tests/experiments --refresh-fingerprints
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import twin
from twin import library
from twin.api import RunResult
from twin.study.run import run_experiment

Run = Callable[..., RunResult]

EXPERIMENTS = library.experiments()
FILE = Path(__file__).parent / "fingerprints.csv"
COLUMNS = ("experiment", "model", "release", "seed", "fingerprint")
HOW_TO_REFRESH = (
    "the journal changed; if that is meant: "
    "python -m pytest tests/experiments --refresh-fingerprints"
)

SMALL = [
    "can-a-phone-in-srst-trust-a-new-signer",
    "does-localkey-rescue-a-single-server",
    "is-six-minutes-long-enough",
    "callmanager-regeneration",
    "does-a-stale-ctl-keep-secure-phones-out",
]
"""Runs of at most 250 phones that between them use most of what there is."""

LABS = ("seed-lab", "single-node-250", "branch-tftp-60")
"""Models on which every experiment is shuffled more than once."""

SHUFFLES = [(name, 1) for name in EXPERIMENTS] + [
    (name, number)
    for name in EXPERIMENTS
    if twin.load_experiment(name).model in LABS
    for number in (2, 3)
]


def _row(result: RunResult) -> dict[str, str]:
    document = result.document
    values = (
        document.experiment, document.model, document.release, str(document.seed),
        result.fingerprint,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def test_fingerprints_are_as_committed(bundled: Run, request: pytest.FixtureRequest) -> None:
    """Every experiment has one row in fingerprints.csv, and its journal is the one told there."""
    rows = [_row(bundled(name)) for name in EXPERIMENTS]
    if request.config.getoption("--refresh-fingerprints"):
        with FILE.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    with FILE.open(encoding="utf-8", newline="") as file:
        committed = list(csv.DictReader(file))
    assert [row["experiment"] for row in committed] == EXPERIMENTS, HOW_TO_REFRESH
    changed = [new for new, old in zip(rows, committed, strict=True) if new != old]
    assert changed == [], HOW_TO_REFRESH


@pytest.mark.parametrize(
    "name",
    [
        "callmanager-regeneration",
        "is-six-minutes-long-enough",
        "does-a-stale-ctl-keep-secure-phones-out",
    ],
)
def test_the_journal_does_not_depend_on_the_keys(
    name: str, bundled: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a new key bank every certificate has other bytes, and the journal is the same."""
    monkeypatch.setenv("CUCM_TWIN_CACHE", str(tmp_path))
    assert twin.run(name).fingerprint == bundled(name).fingerprint
    assert list(tmp_path.rglob("*.der"))


@pytest.mark.parametrize("name", SMALL[:2])
def test_processes_with_different_hash_seeds_agree(name: str, bundled: Run) -> None:
    """The order of sets and dicts of one process is in no journal."""
    program = f"import twin; print(twin.run({name!r}).fingerprint)"
    for seed in ("0", "4711"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == bundled(name).fingerprint


@pytest.mark.parametrize(("name", "number"), SHUFFLES)
def test_no_outcome_depends_on_the_order_within_an_instant(name: str, number: int) -> None:
    """Work of the same instant is shuffled, and every expectation of the experiment still holds."""
    result = twin.run(name, perturb_ties=number)
    assert [outcome for outcome in result.document.expectations if not outcome.passed] == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_no_outcome_depends_on_the_seed(name: str) -> None:
    """Other draws of every delay, and every expectation of the experiment still holds."""
    result = twin.run(name, seed=2)
    assert [outcome for outcome in result.document.expectations if not outcome.passed] == []


@pytest.mark.parametrize("name", SMALL)
def test_one_signature_for_each_phone_gives_the_same_numbers(name: str, bundled: Run) -> None:
    """With a config signed and verified for every single phone the metrics are identical."""
    result = twin.run(name, crypto="every_phone")
    assert result.metrics == bundled(name).metrics


@pytest.mark.parametrize("name", SMALL[:2])
def test_two_runs_write_the_same_bytes(name: str, bundled: Run, tmp_path: Path) -> None:
    """Journal and phones on disk are the same files, byte for byte, and tell of the same run."""
    first = run_experiment(name, directory=tmp_path / "first")
    second = run_experiment(name, directory=tmp_path / "second")
    one, other = (
        {file.relative_to(top): file.read_bytes() for file in top.rglob("*") if file.is_file()}
        for top in (tmp_path / "first", tmp_path / "second")
    )
    assert sorted(one) == sorted(other)
    assert [file for file in sorted(one) if one[file] != other[file]] == []
    assert len([file for file in one if file.suffix == ".parquet"]) >= 3
    assert first.document == second.document == bundled(name).document
