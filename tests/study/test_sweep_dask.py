"""A sweep on a Dask cluster: the same rows, from wherever they were run."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twin.errors import InputError
from twin.study.sweep import make_executor, run_sweep
from twin.study.sweep_dask import DaskCluster, _outcome
from twin.study.sweep_plan import make_plan
from twin.study.sweep_question import Question
from twin.study.sweep_worker import Task


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A local Dask cluster with one worker process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Dask's own start and end warn of is not ours
        executor = make_executor(1, "local")
        yield executor
        executor.close()


def test_a_dask_cluster_gives_the_rows_of_this_process(
    cluster: DaskCluster, question: Question, expected: Any, tmp_path: Path
) -> None:
    """Where a cell was run does not show in its row."""
    result = run_sweep(question, tmp_path, cluster)
    assert (result.ran, result.status) == (6, 0)
    assert result.frame.equals(expected)


def test_a_running_scheduler_can_be_named(
    cluster: DaskCluster, question: Question, expected: Any, tmp_path: Path
) -> None:
    """`--scheduler ADDRESS` uses a cluster that somebody else started, and leaves it running."""
    guest = make_executor(None, cluster.address)
    try:
        assert run_sweep(question, tmp_path, guest).frame.equals(expected)
    finally:
        guest.close()
    assert cluster.address


class Lost:
    """A future whose task came to nothing."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def exception(self) -> Exception:
        """Why."""
        return self.error


@pytest.mark.parametrize(
    ("error", "is_ours", "said"),
    [
        (RuntimeError("KilledWorker"), True, "RuntimeError: KilledWorker"),
        (ModuleNotFoundError("No module named 'twin'"), False, "a worker without cucm-twin"),
    ],
)
def test_a_task_that_dask_gave_up_is_a_failure(
    question: Question, error: Exception, is_ours: bool, said: str
) -> None:
    """What goes wrong outside the run is told too, and whose fault it is."""
    plan = make_plan(question)
    outcome = _outcome(Lost(error), Task(plan.cell(0, 0), b"", ""))
    assert outcome.row is None
    assert outcome.trouble is not None
    assert outcome.trouble.is_ours is is_ours
    assert said in outcome.trouble.message


def test_a_scheduler_that_does_not_answer_is_wrong_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the address and how to start a scheduler."""
    monkeypatch.setattr("twin.study.sweep_dask.CONNECT_S", 0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InputError, match="dask scheduler"):
            make_executor(None, "tcp://127.0.0.1:1")


def test_without_dask_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `study` is named."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'cucm-twin\[study\]'"):
        make_executor(None, "local")


def test_a_plain_sweep_loads_no_dask_and_no_scipy(tmp_path: Path) -> None:
    """Local workers and a grid need neither library."""
    code = (
        "import sys, twin\n"
        "twin.sweep('callmanager-regeneration', replicates=1, workers=0)\n"
        "print(sorted({'dask', 'distributed', 'scipy', 'matplotlib'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "[]\n"
