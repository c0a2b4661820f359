"""A sweep: many runs of one experiment, their rows on disk, none lost and none run twice.

Knows: the order of things - plan, check, find what is missing, run it, land each row. Must not
know how a cell is run, how a row is written, or how progress is shown.

One process lands the rows, wherever the cells run: a cell is finished when its file has its name,
and what is finished survives the end of any process. In memory are the plan and a byte per cell.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from twin.errors import Fault, InputError
from twin.metrics.sweep_storage import SweepStore
from twin.pki.keys import KeyBank, default_directory
from twin.study.sweep_documents import Documents
from twin.study.sweep_executors import Executor, InProcess, LocalPool, available_cores
from twin.study.sweep_manifest import LOCK_NAME, enter, make_manifest
from twin.study.sweep_plan import Plan, make_plan
from twin.study.sweep_question import Question
from twin.study.sweep_result import FAILURES_NAME, Failure, SweepResult
from twin.study.sweep_row import as_columns, row_columns
from twin.study.sweep_worker import Outcome, Task, trouble_of

SweepProgress = Callable[[int, int, int, str], None]
"""Called with (cells finished now, cells to run now, failed among them, what is going on)."""


def run_sweep(
    question: Question,
    directory: Path,
    executor: Executor,
    *,
    resume: bool = False,
    progress: SweepProgress | None = None,
) -> SweepResult:
    """Run every cell of a question that has no row in `directory` yet.

    Args:
        question: made by `make_question`.
        directory: where manifest and rows go.
        executor: who runs the cells; it is not closed here.
        resume: go on with the sweep in `directory`, which must have asked the same question, but
            for fewer replicates perhaps.
        progress: hears of every finished cell.

    Raises:
        InputError: The question, a document, or the folder is wrong. No cell has been run then.
    """
    tell = progress or (lambda *_: None)
    tell(0, 0, 0, "checking the variants")
    plan = make_plan(question)
    documents = Documents(plan)
    # Once here, and not by every worker.
    KeyBank(default_directory()).ensure(
        documents.keys_needed, lambda made, missing: tell(made, missing, 0, "making keys")
    )
    columns = row_columns(plan.variants)
    manifest = make_manifest(plan, documents.fingerprints, columns)
    directory.mkdir(parents=True, exist_ok=True)
    with _alone_in(directory):
        enter(directory, manifest, resume)
        store = SweepStore(directory, columns)
        done = np.zeros((len(plan.variants), plan.replicates), dtype=np.bool_)
        for cell in store.scan():
            done[cell] = True
        with (directory / FAILURES_NAME).open("w", encoding="utf-8") as failures:
            landing = _Landing(plan, store, columns, failures, int((~done).sum()), tell)
            tasks = _tasks(plan, documents, done, landing.land)
            with contextlib.closing(executor.outcomes(tasks)) as outcomes:
                for outcome in outcomes:
                    landing.land(outcome)
        store.merge()
    return SweepResult(directory, manifest, landing.ran, landing.ours, landing.by_input)


def make_executor(workers: int | None, scheduler: str | None) -> Executor:
    """Whoever runs the cells: local workers (one per processor by default), or a Dask cluster.

    Args:
        workers: processes on this machine; 0 runs everything in this one.
        scheduler: a Dask scheduler's address, or "local" for a Dask cluster on this machine.

    Raises:
        InputError: A negative number, both a number and an address, no Dask, or no answer.
    """
    if workers is not None and workers < 0:
        raise InputError(Fault("--workers", f"{workers}", "0 or more"))
    if scheduler is not None:
        if workers is not None and scheduler != "local":
            found = "both --workers and --scheduler"
            raise InputError(Fault("sweep", found, "one of them: a scheduler has its own workers"))
        from twin.study.sweep_dask import DaskCluster

        return DaskCluster(scheduler, workers or available_cores())
    if workers == 0:
        return InProcess()
    return LocalPool(workers or available_cores())


class _Landing:
    """Puts outcomes where they belong, and counts them."""

    def __init__(
        self,
        plan: Plan,
        store: SweepStore,
        columns: dict[str, str],
        failures: TextIO,
        total: int,
        tell: SweepProgress,
    ) -> None:
        self.ran = self.ours = self.by_input = 0
        self._plan, self._store, self._columns = plan, store, columns
        self._failures, self._total, self._tell = failures, total, tell
        tell(0, total, 0, "running")

    def land(self, outcome: Outcome) -> None:
        """Write a row, or a line about why there is none."""
        variant = self._plan.variants[outcome.cell.variant]
        if outcome.row is not None:
            self._store.add(outcome.row | as_columns(variant, self._columns))
        else:
            failure = _failure(self._plan, outcome)
            self.ours += failure.is_ours
            self.by_input += not failure.is_ours
            self._failures.write(json.dumps(asdict(failure)) + "\n")
            self._failures.flush()
        self.ran += 1
        self._tell(self.ran, self._total, self.ours + self.by_input, "running")


def _tasks(
    plan: Plan,
    documents: Documents,
    done: NDArray[np.bool_],
    refuse: Callable[[Outcome], None],
) -> Iterator[Task]:
    """The tasks of the cells that are not done; those of a wrong variant are refused at once."""
    here = version("cucm-twin")
    loaded: int | None = None
    packed: bytes | InputError = b""
    for cell in plan.cells(lambda variant, replicate: not done[variant, replicate]):
        if cell.variant != loaded:
            loaded = cell.variant
            try:
                packed = documents.packed(cell.variant)
            except InputError as error:
                packed = error
        if isinstance(packed, InputError):
            refuse(Outcome(cell, None, trouble_of(packed)))
        else:
            yield Task(cell, packed, here)


def _failure(plan: Plan, outcome: Outcome) -> Failure:
    cell, trouble = outcome.cell, outcome.trouble
    assert trouble is not None
    return Failure(
        cell.variant, plan.variants[cell.variant], cell.replicate, cell.seed, trouble.message,
        trouble.is_ours, plan.command(cell), trouble.details,
    )  # fmt: skip


@contextlib.contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Hold the folder's lock; it is let go when this process ends, however it ends.

    Raises:
        InputError: Another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # not on this system: two sweeps in one folder cost time, not rows
        yield
        return
    with (directory / LOCK_NAME).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            found = "another process is at work on this sweep"
            raise InputError(Fault(str(directory), found)) from None
        yield
