"""The Python surface's own words: `run`, `export`, `sweep`, `window`, `sensitivity`.

Knows: `twin.study` and `twin.report`; results draw themselves. Holds no logic of its own.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twin.cluster.twin import DEFAULT_START
from twin.config.experiment import ExperimentConfig
from twin.config.load import load_run, load_timing
from twin.config.model import ModelConfig
from twin.config.sensitivity_result import SensitivityResult
from twin.errors import Fault, InputError
from twin.files import write_whole
from twin.study import sensitivity as screening
from twin.study.export import Item
from twin.study.export import export as export_files
from twin.study.run import Progress, Run, played, run_experiment
from twin.study.statistics import CONFIDENCE
from twin.study.stopping import MOST, parse_target, run_until
from twin.study.sweep import SweepProgress, make_executor, run_sweep
from twin.study.sweep_question import REPLICATES, make_question
from twin.study.sweep_result import SweepResult
from twin.study.window import REPLICATES as WINDOW_REPLICATES
from twin.study.window import Window, check_window, window_of

FIGURE_NAME = "storm"
WINDOW_NAME = "window"


@dataclass(frozen=True)
class RunResult(Run):
    """A finished run: `metrics`, `timeline`, `phones`, `plot()`."""

    def plot(self) -> Any:
        """The storm figure, a matplotlib Figure."""
        from twin.report.storm_figure import Caption, storm_figure

        document = self.document
        subtitle = (
            f"{document.model}, release {document.release}, {document.phones:,} phones, "
            f"seed {document.seed}"
        )
        return storm_figure(
            self.tables,
            self.occupancy,
            self.epoch,
            Caption(self.config.experiment.question, subtitle),
        )

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        from twin.report.figure_files import figure_bytes

        return figure_bytes(self.plot(), "png")


def run(
    experiment: str | ExperimentConfig,
    *,
    model: str | ModelConfig | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    crypto: str = "lazy",
    out: str | Path | None = None,
    perturb_ties: int | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Run an experiment and measure it.

    Args:
        experiment: bundled name, path, or a document built in Python.
        model: instead of the experiment's own model.
        seed: instead of the experiment's own seed.
        set: paths to values, e.g. {"model.release": "12.5"}.
        crypto: "lazy" signs one config per class of equal phones, "every_phone" each one.
        out: folder for journal, phones, result and figure; None keeps all in memory.
        perturb_ties: shuffle same-instant work by this number.
        progress: called with (now_ms, end_ms, what is going on).

    Raises:
        InputError: anything wrong with the documents, all of it at once.
        ValueError: an unknown `crypto`.
    """
    if crypto not in ("lazy", "every_phone"):
        raise ValueError(f"crypto: {crypto!r}; expected 'lazy' or 'every_phone'")
    done = run_experiment(
        experiment,
        model=model,
        seed=seed,
        overrides=set,
        every_phone=crypto == "every_phone",
        perturb_ties=perturb_ties,
        directory=None if out is None else Path(out),
        progress=progress,
    )
    result = RunResult(done.document, done.tables, done.config, done.fingerprint, done.directory)
    if result.directory is not None:
        from twin.report.figure_files import write_figure

        write_figure(result.plot(), result.directory / FIGURE_NAME)
    return result


def export(
    model: str | ModelConfig,
    out: str | Path,
    *,
    after: str | ExperimentConfig | None = None,
    keys: bool = False,
    phones: Sequence[str] = (),
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> list[Item]:
    """Write every certificate, trust store, ITL and CTL of a cluster as files.

    Args:
        model: bundled name, path, or a document built in Python.
        out: a new folder; it is there whole or not at all.
        after: as the cluster is at the end of this experiment; None: as it is at the start.
        keys: private keys, too, in files of mode 0600.
        phones: devices whose signed configuration is wanted.
        seed: root of all chance.
        set: paths to values, e.g. {"model.release": "12.5"}.
        progress: called with (now_ms, end_ms, what is going on).

    Raises:
        InputError: anything wrong with the documents, the folder or the phones.
    """
    overrides = dict(set or {})
    if seed is not None:
        overrides["experiment.seed"] = seed
    question = after if after is not None else _at_the_start(model)
    config = load_run(question, model=model, overrides=overrides)
    return export_files(played(config, progress=progress), Path(out), with_keys=keys, phones=phones)


def _at_the_start(model: str | ModelConfig) -> ExperimentConfig:
    """An experiment in which nothing happens."""
    return ExperimentConfig.model_validate(
        {
            "name": "start",
            "title": "Nothing happens",
            "question": "What is there?",
            "model": model if isinstance(model, str) else model.name,
            "start": DEFAULT_START,
            "run_for": 0,
        }
    )


def sweep(
    experiment: str | ExperimentConfig,
    *,
    model: str | ModelConfig | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    vary: Mapping[str, Sequence[Any]] | None = None,
    sample: int = 0,
    over: Mapping[str, Sequence[float] | None] | Iterable[str] | None = None,
    replicates: int | None = None,
    until: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: SweepProgress | None = None,
) -> SweepResult:
    """Run an experiment many times: a grid, a quasi-random sample, replicates of each.

    A run that fails does not end the sweep; it is in `failures` of the result.

    Args:
        experiment: bundled name, path, or a document built in Python.
        model: instead of the experiment's own model.
        seed: root of the replicates' seeds, instead of the experiment's own.
        set: paths to values, for every run.
        vary: paths to lists of values; every combination is a variant.
        sample: points of a Sobol sequence over the box `over`, for each combination of `vary`.
        over: paths to (low, high), or None for the range of the timing profile; or such paths.
        replicates: runs of each variant (10); replicate r has the same seed in every variant.
        until: METRIC:SHARE, e.g. "recovery_s.p99:0.05": as many replicates as it takes until the
            95 % interval of the metric's mean is within that share, `replicates` (1000) at most.
        workers: processes on this machine, one per processor by default; 0 runs in this one.
        scheduler: a Dask scheduler's address, or "local", instead of `workers`.
        out: folder for manifest and rows; None keeps them as long as the result.
        resume: go on with the sweep in `out`; only what is missing is run.
        progress: called with (finished, to run, failed, what is going on).

    Raises:
        InputError: anything wrong with question, documents or folder, before anything is run.
    """
    target = None if until is None else parse_target(until)
    most = replicates or (MOST if target else REPLICATES)
    box = over if over is None or isinstance(over, Mapping) else dict.fromkeys(over)
    question = make_question(
        experiment, model=model, seed=seed, overrides=set, vary=vary, sample=sample, over=box,
        replicates=most if replicates is None else replicates,
    )  # fmt: skip
    directory = Path(tempfile.mkdtemp(prefix="twin-sweep-") if out is None else out)
    executor = make_executor(workers, scheduler)
    try:
        if target is None:
            result = run_sweep(question, directory, executor, resume=resume, progress=progress)
        else:
            result = run_until(
                question, directory, executor, target, most=most, resume=resume, progress=progress
            ).result
    except BaseException:
        if out is None:
            shutil.rmtree(directory, ignore_errors=True)
        raise
    finally:
        executor.close()
    if out is None:
        weakref.finalize(result, shutil.rmtree, directory, ignore_errors=True)
    return result


@dataclass(frozen=True)
class WindowAnswer(Window):
    """How long a maintenance window must be: `document`, `plot()`, `write()`."""

    def plot(self) -> Any:
        """The window figure, a matplotlib Figure."""
        from twin.report.window_figure import window_figure

        return window_figure(self)

    def write(self, directory: str | Path) -> None:
        """Write window.json, window.png and window.svg."""
        from twin.report.figure_files import write_figure

        folder = Path(directory)
        text = self.document.model_dump_json(indent=2) + "\n"
        write_whole(folder / f"{WINDOW_NAME}.json", text)
        write_figure(self.plot(), folder / WINDOW_NAME)

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        from twin.report.figure_files import figure_bytes

        return figure_bytes(self.plot(), "png")


def window(
    experiment: str | ExperimentConfig,
    *,
    model: str | ModelConfig | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    confidence: float = CONFIDENCE,
    limit: str | int | None = None,
    replicates: int = WINDOW_REPLICATES,
    workers: int | None = None,
    scheduler: str | None = None,
    out: str | Path | None = None,
    progress: SweepProgress | None = None,
) -> WindowAnswer:
    """How long the maintenance window of an experiment must be, from replicates of it.

    Args:
        confidence: share of runs a window must be long enough for, and confidence of all intervals.
        limit: a window whose chance of being overrun is asked, e.g. "4h" (an int: milliseconds).
        replicates: runs, each with a seed of its own.
        out: folder for rows and answer; runs that are there already are not run again.
        experiment, model, seed, set, workers, scheduler, progress: as for `sweep`.

    Raises:
        InputError: as for `sweep`; or a confidence, a limit, an experiment that makes no sense.
    """
    limit_s = check_window(confidence, limit)
    changes = dict(set or {}) | ({} if seed is None else {"experiment.seed": seed})
    config = load_run(experiment, model=model, overrides=changes)
    runs = sweep(
        experiment, model=model, seed=seed, set=set, replicates=replicates, workers=workers,
        scheduler=scheduler, out=out, resume=out is not None, progress=progress,
    )  # fmt: skip
    found = window_of(runs, config, confidence=confidence, limit_s=limit_s)
    answer = WindowAnswer(found.document, found.runs, found.sweep)
    if out is not None:
        answer.write(out)
    return answer


def sensitivity(
    experiment: str | ExperimentConfig,
    metric: str = "recovery_s.p95",
    *,
    model: str | ModelConfig | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    over: Mapping[str, Sequence[float] | None] | Iterable[str] | None = None,
    points: int = 256,
    replicates: int = 1,
    indices: int = 0,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: SweepProgress | None = None,
) -> SensitivityResult:
    """Which parameters a metric of an experiment depends on, and how strongly.

    Args:
        metric: a number of the result document, e.g. "recovery_s.p95".
        over: paths to (low, high), or such paths for the range of the timing profile; by default
            every timing parameter without a source, over its range.
        points: points of the parameter space, a power of 2.
        replicates: runs at each point.
        indices: for so many of the strongest parameters Sobol's indices too, from
            points / 4 x (indices + 2) runs more.
        experiment, model, seed, set, workers, scheduler, progress: as for `sweep`.

    Raises:
        InputError: as for `sweep`; an unknown metric; too few points for so many parameters.
    """
    ranges = screening.assumed_ranges(load_timing())
    config = load_run(experiment, model=model, overrides=set)
    result = sweep(
        experiment, model=model, seed=seed, set=set, sample=points, over=over or ranges,
        replicates=replicates, workers=workers, scheduler=scheduler, progress=progress,
    )  # fmt: skip
    if result.failed:
        failure = result.iterate_failures(1)[0]
        raise InputError(
            Fault(
                "sensitivity",
                f"{result.failed} of {result.ran} runs failed, the first: {failure.message}",
                next_step=f"To repeat it: {failure.command}",
            )
        )
    found = screening.screen(result, metric)
    shares = []
    if indices:
        strongest = {one.path: (one.low_value, one.high_value) for one in found[:indices]}
        question = make_question(
            experiment, model=model, seed=seed, overrides=set, replicates=replicates
        )
        executor = make_executor(workers, scheduler)
        try:
            shares = screening.indices(
                question, strongest, metric, executor, points=max(16, points // 4)
            )
        finally:
            executor.close()
    return SensitivityResult(
        experiment=config.experiment.name,
        model=config.model.name,
        release=config.release.name,
        version=version("cucm-twin"),
        metric=metric,
        confidence=CONFIDENCE,
        points=points,
        screening_method=screening.SCREENING_METHOD,
        screening=tuple(found),
        indices_method=screening.INDICES_METHOD,
        indices=tuple(shares),
    )
