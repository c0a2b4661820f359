"""The Python surface's own words: `run` and a result that can draw itself.

Knows: `twin.study` and `twin.report`. Holds no logic of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.config.experiment import ExperimentConfig
from twin.config.model import ModelConfig
from twin.study.run import Progress, Run, run_experiment

FIGURE_NAME = "storm"


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
