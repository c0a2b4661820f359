"""A sweep as a whole: the same rows however it was run, nothing lost, nothing run twice."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from twin.errors import InputError
from twin.study import sweep_documents, sweep_worker
from twin.study.run import run_experiment
from twin.study.sweep import run_sweep
from twin.study.sweep_executors import InProcess, LocalPool
from twin.study.sweep_question import Question, make_question
from twin.study.sweep_result import SweepResult
from twin.study.sweep_worker import Outcome, Task

EXPERIMENT = "callmanager-regeneration"


class Counting(InProcess):
    """Runs cells here and remembers which; stops after `most` of them if told to."""

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.ran: list[tuple[int, int]] = []

    def outcomes(self, tasks: Iterator[Task]) -> Generator[Outcome, None, None]:
        """Cells as they are run."""
        for outcome in super().outcomes(tasks):
            if len(self.ran) == self.most:
                raise KeyboardInterrupt
            self.ran.append((outcome.cell.variant, outcome.cell.replicate))
            yield outcome


def test_two_workers_give_the_rows_of_one(
    question: Question, expected: Any, tmp_path: Path
) -> None:
    """One worker, two workers and this very process give identical tables."""
    for workers in (1, 2):
        pool = LocalPool(workers)
        try:
            result = run_sweep(question, tmp_path / str(workers), pool)
        finally:
            pool.close()
        assert (result.ran, result.failed, result.status) == (6, 0, 0)
        assert result.frame.equals(expected)


def test_a_row_is_what_the_run_says(question: Question, expected: Any) -> None:
    """Each row has its variant's value, its seed, and the numbers of that run."""
    assert expected["timing.reset_debounce_s"].tolist() == [5, 5, 5, 25, 25, 25]
    assert expected["seed"].tolist()[:3] == expected["seed"].tolist()[3:]
    row = expected.iloc[4]
    run = run_experiment(
        EXPERIMENT, seed=int(row["seed"]), overrides={"timing.reset_debounce_s": 25}
    )
    assert row["fingerprint"] == run.fingerprint
    assert row["peak_unregistered"] == run.metrics.peak_unregistered
    assert row["recovery_s.p100"] == run.metrics.recovery_s.p100


def test_a_stopped_sweep_goes_on_where_it_was(
    question: Question, expected: Any, tmp_path: Path
) -> None:
    """Only what is missing is run, and the table is that of a sweep that was not stopped."""
    first = Counting(most=4)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(question, tmp_path, first)
    second = Counting()
    result = run_sweep(question, tmp_path, second, resume=True)
    assert len(first.ran) == 4
    assert sorted(first.ran + second.ran) == [(v, r) for v in (0, 1) for r in (0, 1, 2)]
    assert result.ran == 2
    assert result.frame.equals(expected)


def test_more_replicates_run_the_new_ones_only(
    question: Question, expected: Any, tmp_path: Path
) -> None:
    """A finished sweep can grow; asked again, it runs nothing."""
    run_sweep(replace(question, replicates=1), tmp_path, InProcess())
    more = Counting()
    grown = run_sweep(question, tmp_path, more, resume=True)
    assert sorted(more.ran) == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert grown.frame.equals(expected)
    nothing = run_sweep(question, tmp_path, InProcess(), resume=True)
    assert nothing.ran == 0
    assert nothing.frame.equals(expected)


def test_another_question_does_not_get_into_the_folder(question: Question, tmp_path: Path) -> None:
    """A different seed, variant or setting is refused before anything is run."""
    run_sweep(replace(question, replicates=1), tmp_path, InProcess())
    other = make_question(EXPERIMENT, vary={"timing.reset_debounce_s": [5, 26]}, replicates=3)
    with pytest.raises(InputError, match=r"vary: .*26"):
        run_sweep(other, tmp_path, InProcess(), resume=True)


def test_two_sweeps_at_once_in_one_folder_are_refused(question: Question, tmp_path: Path) -> None:
    """While a sweep is at work its folder is its own."""

    def meanwhile(finished: int, *_: object) -> None:
        if finished == 1:
            with pytest.raises(InputError, match="another process is at work"):
                run_sweep(question, tmp_path, InProcess(), resume=True)

    assert run_sweep(question, tmp_path, InProcess(), progress=meanwhile).ran == 6


def test_a_failing_run_is_reported_and_the_rest_go_on(
    question: Question, expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours in one run: its seed and command are told, status 3, the rest have rows."""
    seed = int(expected["seed"][1])
    whole = sweep_worker.run_loaded

    def sometimes(config: Any, **options: Any) -> Any:
        if config.experiment.seed == seed and config.timing.reset_debounce_s.value == 25:
            raise RuntimeError("a wheel came off")
        return whole(config, **options)

    with monkeypatch.context() as patch:
        patch.setattr(sweep_worker, "run_loaded", sometimes)
        result = run_sweep(question, tmp_path, InProcess())
    assert (result.ran, result.failed_ours, result.failed_input, result.status) == (6, 1, 0, 3)
    assert len(result.frame) == 5
    (failure,) = result.failures
    assert failure.message == "RuntimeError: a wheel came off"
    assert failure.seed == seed
    assert failure.command == (
        f"twin run {EXPERIMENT} --seed {seed} --set timing.reset_debounce_s=25"
    )
    mended = run_sweep(question, tmp_path, InProcess(), resume=True)
    assert (mended.ran, mended.status, mended.failures) == (1, 0, ())
    assert mended.frame.equals(expected)


def test_a_wrong_variant_is_told_before_anything_is_run(tmp_path: Path) -> None:
    """All variants are looked at first; every fault comes with its path."""
    wrong = make_question(EXPERIMENT, vary={"model.release": ["10.5", "10.6", "10.7"]})
    with pytest.raises(InputError) as refused:
        run_sweep(wrong, tmp_path / "new", InProcess())
    assert "10.6" in str(refused.value)
    assert "10.7" in str(refused.value)
    assert not (tmp_path / "new").exists()


def test_a_wrong_variant_far_down_fails_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of very many variants the later ones are looked at when it is their turn: status 2."""
    monkeypatch.setattr(sweep_documents, "CHECKED_FIRST", 1)
    question = make_question(
        EXPERIMENT, vary={"model.release": ["10.5", "10.6", "11.5"]}, replicates=2
    )
    result = run_sweep(question, tmp_path, InProcess())
    assert (result.ran, result.failed_input, result.status) == (6, 2, 2)
    assert result.frame["model.release"].tolist() == ["10.5", "10.5", "11.5", "11.5"]
    assert "10.6" in result.failures[0].message


@pytest.mark.parametrize(("checked", "status"), [(256, 0), (1, 2)])
def test_a_document_edited_meanwhile_gets_into_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path, checked: int, status: int
) -> None:
    """All runs are of the documents the sweep began with; where that cannot be, there is no row."""
    monkeypatch.setattr(sweep_documents, "CHECKED_FIRST", checked)
    text = (repository / "experiments" / f"{EXPERIMENT}.yaml").read_text()
    file = tmp_path / "mine.yaml"
    file.write_text(text)

    def meanwhile(finished: int, *_: object) -> None:
        if finished == 1:
            file.write_text(text.replace("run_for: 1h", "run_for: 2h"))

    question = make_question(file, vary={"timing.reset_debounce_s": [5, 25]}, replicates=1)
    result = run_sweep(question, tmp_path / "out", InProcess(), progress=meanwhile)
    assert result.status == status
    assert set(result.frame["ended_at_ms"]) == {3_600_000}
    assert len(result.frame) == 2 - bool(status)


def test_no_outcome_stays_in_memory(tmp_path: Path) -> None:
    """Memory does not grow with replicates: what has landed is forgotten."""
    alive: list[int] = []

    def count(finished: int, *_: object) -> None:
        if finished % 10 == 0:
            alive.append(sum(isinstance(thing, Outcome) for thing in gc.get_objects()))

    question = make_question(EXPERIMENT, replicates=30)
    run_sweep(question, tmp_path, InProcess(), progress=count)
    assert max(alive) <= 2


def test_a_failed_expectation_gives_status_1(tmp_path: Path) -> None:
    """Runs that do not show what the experiment expects have a row that says so."""
    question = make_question(
        EXPERIMENT, overrides={"experiment.expect[0]": {"metric": "resets_total", "equals": 7}},
        replicates=2,
    )  # fmt: skip
    result = run_sweep(question, tmp_path, InProcess())
    assert result.status == 1
    assert result.frame["passed"].tolist() == [False, False]
    assert json.loads(result.frame["failed_expectations"][0]) == ["resets_total equals 7"]


SCRIPT = """
import sys
from pathlib import Path
from twin.study.sweep import run_sweep
from twin.study.sweep_executors import LocalPool
from twin.study.sweep_question import make_question

pool = LocalPool(2)

def tell(finished, total, failed, what):
    print(finished, *pool.pids, flush=True)

vary = {{"timing.reset_debounce_s": [5, 25]}}
question = make_question({experiment!r}, vary=vary, replicates={n})
run_sweep(question, Path(sys.argv[1]), pool, resume=True, progress=tell)
"""


def test_kill_9_of_the_sweep_loses_no_finished_run(expected: Any, tmp_path: Path) -> None:
    """SIGKILL in the middle: every row that was landed is there, and the rest is gone on with.

    The workers of a killed sweep notice that nobody listens, and end.
    """
    script = SCRIPT.format(experiment=EXPERIMENT, n=200)
    folder = tmp_path / "sweep"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            finished, *pids = map(int, line.split()) if line[0].isdigit() else (0,)
            if finished == 5:
                running.kill()
                break
        running.wait()
    assert len(pids) == 2
    question = make_question(EXPERIMENT, vary={"timing.reset_debounce_s": [5, 25]}, replicates=200)
    counting = Counting(most=3)
    landed = len(list((folder / "rows").glob("*.parquet")))
    assert landed >= 5
    with pytest.raises(KeyboardInterrupt):
        run_sweep(question, folder, counting, resume=True)
    frame = SweepResult(folder, {}, 0, 0, 0).frame
    assert len(frame) == landed + 3
    both = frame[frame["replicate"] < 3].drop(columns="variant")
    assert both["fingerprint"].tolist() == expected["fingerprint"].tolist()[: len(both)]
    assert _all_gone(pids)


def _all_gone(pids: list[int]) -> bool:
    for _ in range(200):
        if not any(_is_alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def test_ctrl_c_ends_the_workers_and_keeps_the_rows(tmp_path: Path) -> None:
    """An interrupted `twin sweep` says how to go on, and leaves no process behind."""
    folder = tmp_path / "sweep"
    words = ["sweep", EXPERIMENT, "--replicates", "500", "--workers", "1", "--out", str(folder)]
    with subprocess.Popen(
        [sys.executable, "-m", "twin", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A shell's background job hands down an ignored SIGINT; a terminal does not.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as running:  # fmt: skip
        for _ in range(600):
            if len(list(folder.glob("rows/*.parquet"))) >= 2:
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "--resume goes on" in said
    assert "Traceback" not in said
    assert len(list(folder.glob("rows/*.parquet"))) >= 2
