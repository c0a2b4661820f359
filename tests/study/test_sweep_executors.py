"""Local workers: every task is done once, and a worker's death costs one attempt."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from twin.errors import InputError, SimulationError
from twin.study import sweep_executors, sweep_worker
from twin.study.run import run_experiment
from twin.study.sweep import make_executor
from twin.study.sweep_documents import Documents
from twin.study.sweep_executors import InProcess, LocalPool, available_cores
from twin.study.sweep_plan import Plan, make_plan
from twin.study.sweep_question import make_question
from twin.study.sweep_worker import Outcome, Task, run_cell

EXPERIMENT = "callmanager-regeneration"


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A few replicates of the two-phone lab."""
    return make_plan(make_question(EXPERIMENT, replicates=6))


def tasks(plan: Plan) -> Iterator[Task]:
    """The plan's tasks."""
    documents = Documents(plan).packed(0)
    return (Task(cell, documents, version("cucm-twin")) for cell in plan.cells())


def by_cell(outcomes: Iterator[Outcome]) -> dict[str, Any]:
    """Rows by the key of their cell; a cell that comes twice is an error."""
    found: dict[str, Any] = {}
    for outcome in outcomes:
        assert outcome.cell.key not in found
        found[outcome.cell.key] = outcome.row
    return found


def test_a_cell_is_the_run_of_the_same_seed(plan: Plan) -> None:
    """A worker's row has the journal and the numbers of `twin run --seed`."""
    task = next(tasks(plan))
    row = run_cell(task).row
    run = run_experiment(EXPERIMENT, seed=task.cell.seed)
    assert row is not None
    assert row["fingerprint"] == run.fingerprint
    assert row["recovery_s.p99"] == run.metrics.recovery_s.p99
    assert row["seed"] == run.document.seed


def test_a_failing_run_is_an_outcome(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a run raises ends a sweep; whose fault it was is told."""
    task = next(tasks(plan))

    def broken(*_: object, **__: object) -> None:
        raise KeyError("phone")

    monkeypatch.setattr(sweep_worker, "run_loaded", broken)
    trouble = run_cell(task).trouble
    assert trouble is not None
    assert trouble.is_ours
    assert trouble.message == "KeyError: 'phone'"
    assert "in broken" in trouble.details


def test_a_worker_of_another_version_refuses(plan: Plan) -> None:
    """Rows of two versions never get into one data set."""
    task = next(tasks(plan))
    trouble = run_cell(Task(task.cell, task.documents, "0.0.1")).trouble
    assert trouble is not None
    assert not trouble.is_ours
    assert "0.0.1" in trouble.message


def test_a_pool_survives_the_death_of_its_workers(plan: Plan) -> None:
    """SIGKILL of a busy worker: its cell is run again, every other cell once, none is lost."""
    expected = by_cell(InProcess().outcomes(tasks(plan)))
    pool = LocalPool(2)
    found: dict[str, Any] = {}
    killed = []
    try:
        for outcome in pool.outcomes(tasks(plan)):
            assert outcome.cell.key not in found
            found[outcome.cell.key] = outcome.row
            if not killed:
                killed = pool.pids
                for pid in killed:
                    os.kill(pid, signal.SIGKILL)
        assert found == expected
        assert not set(killed) & set(pool.pids)
    finally:
        pool.close()


def test_a_pool_can_be_used_again_after_it_was_left(plan: Plan) -> None:
    """Leaving in the middle drops what is under way; the next sweep starts afresh."""
    pool = LocalPool(1)
    try:
        outcomes = pool.outcomes(tasks(plan))
        first = next(outcomes)
        outcomes.close()
        again = by_cell(pool.outcomes(tasks(plan)))
        assert len(again) == 6
        assert again[first.cell.key] == first.row
        assert len(pool.pids) == 1
    finally:
        pool.close()
    assert pool.pids == []


def test_a_cell_that_kills_its_workers_is_given_up(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some deaths a cell is a failure with the signal's number, and the rest go on."""
    boot = sweep_executors._BOOT.replace(
        "main(answers)",
        "import os, signal, twin.study.sweep_worker as w\n"
        "whole = w.run_cell\n"
        "def run_cell(task):\n"
        "    if task.cell.replicate == 1: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return whole(task)\n"
        "w.run_cell = run_cell\n"
        "main(answers)",
    )
    monkeypatch.setattr(sweep_executors, "_BOOT", boot)
    monkeypatch.setattr(sweep_executors, "ATTEMPTS", 2)
    pool = LocalPool(1)
    try:
        outcomes = list(pool.outcomes(tasks(plan)))
    finally:
        pool.close()
    assert len(outcomes) == 6
    failed = [outcome for outcome in outcomes if outcome.row is None]
    assert [outcome.cell.replicate for outcome in failed] == [1]
    assert failed[0].trouble is not None
    assert failed[0].trouble.message == "its worker died 2 times (signal 9)"


def test_workers_that_never_start_end_the_sweep(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter that cannot even import the twin is told, not tried for ever."""
    monkeypatch.setattr(sweep_executors, "_BOOT", "raise SystemExit(7) # {path!r}")
    pool = LocalPool(2)
    with pytest.raises(SimulationError, match="before they have started"):
        list(pool.outcomes(tasks(plan)))
    pool.close()


def test_the_executor_follows_the_options() -> None:
    """One worker per processor by default; 0 stays here; a number and an address contradict."""
    assert isinstance(make_executor(0, None), InProcess)
    local = make_executor(None, None)
    assert isinstance(local, LocalPool)
    assert local.workers == available_cores()
    with pytest.raises(InputError, match="--workers: -1"):
        make_executor(-1, None)
    with pytest.raises(InputError, match="one of them"):
        make_executor(2, "tcp://127.0.0.1:1")


def test_a_script_without_a_guard_can_sweep(tmp_path: Path) -> None:
    """Workers do not import the caller's main module, so a plain script needs no guard."""
    import subprocess
    import sys

    script = tmp_path / "plain.py"
    script.write_text(
        "import twin\n"
        "print('once')\n"
        f"result = twin.sweep({EXPERIMENT!r}, replicates=2, workers=1)\n"
        "print(len(result.frame), result.status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.stdout, done.stderr) == ("once\n2 0\n", "")
