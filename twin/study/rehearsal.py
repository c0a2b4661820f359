"""A procedure rehearsed: one run to tell of, and how long the steps take, in it or in many.

Knows: how runs are made or read back, and what they say of the time steps take. Must not know what
is told of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.config.load import RunConfig, load_run
from twin.config.result import Result
from twin.config.window_result import WindowResult
from twin.errors import InputError
from twin.metrics.occupancy import Occupancy
from twin.metrics.tables import JournalTables
from twin.study.run import run_experiment
from twin.study.run_folder import RunFolder
from twin.study.statistics import CONFIDENCE
from twin.study.sweep import SweepProgress, make_executor, run_sweep
from twin.study.sweep_question import json_text, make_question
from twin.study.sweep_row import step_rows, unregistered_by_site, wave_rows
from twin.study.window import check_window, window_of
from twin.study.window_runs import RunWindow, run_window

REPLICATES = 20
"""Runs of an experiment unless another number is asked for: minutes, not an afternoon."""


@dataclass(frozen=True)
class Rehearsal:
    """One run in full, what it says of its steps' time, and what many runs say of it.

    `timed` is None if no step does anything to the cluster; `window` if there was one run only.
    """

    config: RunConfig
    document: Result
    tables: JournalTables
    occupancy: Occupancy
    timed: RunWindow | None
    window: WindowResult | None

    @property
    def runs(self) -> int:
        """How many runs the durations are from."""
        return 1 if self.window is None else self.window.replicates


def of_run(folder: RunFolder) -> Rehearsal:
    """The rehearsal that a finished run is."""
    timed = _timed(folder.document, folder.tables, folder.occupancy)
    config = folder.inputs.config
    return Rehearsal(config, folder.document, folder.tables, folder.occupancy, timed, None)


def rehearse(
    experiment: str,
    *,
    model: str | None = None,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    replicates: int = REPLICATES,
    workers: int | None = None,
    progress: SweepProgress | None = None,
) -> Rehearsal:
    """Run an experiment once to tell of, and `replicates` times for the durations.

    With one replicate, or where no step does anything, nothing is run but the one to tell of.

    Raises:
        InputError: anything wrong with the documents; scipy is not there for intervals.
    """
    changes = dict(overrides or {}) | ({} if seed is None else {"experiment.seed": seed})
    run = run_experiment(experiment, model=model, overrides=changes)
    timed = _timed(run.document, run.tables, run.occupancy)
    window = None
    if timed is not None and replicates > 1:
        check_window(CONFIDENCE)
        question = make_question(
            experiment, model=model, seed=seed, overrides=overrides, replicates=replicates
        )
        with tempfile.TemporaryDirectory(prefix="twin-runbook-") as folder:
            executor = make_executor(workers, None)
            try:
                found = run_sweep(question, Path(folder), executor, progress=progress)
                config = load_run(experiment, model=model, overrides=changes)
                window = window_of(found, config).document
            finally:
                executor.close()
    return Rehearsal(run.config, run.document, run.tables, run.occupancy, timed, window)


def _timed(document: Result, tables: JournalTables, changes: Occupancy) -> RunWindow | None:
    """What one run says of its steps' time."""
    worst_at_ms, sites = unregistered_by_site(tables, changes)
    row = {
        "steps": json_text(step_rows(tables, changes)),
        "waves": json_text(wave_rows(tables)),
        "sites": json_text(sites),
        "worst_at_ms": worst_at_ms,
        "peak_unregistered": document.metrics.peak_unregistered,
        "phones_stuck": document.metrics.phones_stuck,
        "phones_unregistered_at_end": document.metrics.phones_unregistered_at_end,
        "reset_loop.detected": document.metrics.reset_loop.detected,
        "passed": document.passed,
    }
    try:
        return run_window(row)
    except InputError:
        return None
