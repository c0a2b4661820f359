"""The report of a folder, whatever it holds.

Knows: which folder is what. Must not know what stands in a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twin.config.load import load_sensitivity
from twin.errors import Fault, InputError
from twin.report.run_report import has_legs, run_report
from twin.report.runbook_page import runbook_html, runbook_markdown
from twin.report.sweep_report import sweep_report
from twin.study.rehearsal import REPLICATES, of_run, rehearse
from twin.study.run_folder import is_run, read_run_folder
from twin.study.runbook import make_runbook
from twin.study.sweep import SweepProgress
from twin.study.sweep_folder import is_sweep, read_sweep_folder, read_window
from twin.study.trust import ask


def report_of(directory: Path, sensitivity: Path | None = None) -> str:
    """The HTML report of a run's or a sweep's folder.

    Args:
        sensitivity: a sensitivity document; by default the bundled one.

    Raises:
        InputError: The folder holds neither, or something in it is damaged.
    """
    known = load_sensitivity(sensitivity)
    if is_run(directory):
        folder = read_run_folder(directory)
        trust = ask(str(directory)) if has_legs(folder.inputs.config.model) else None
        return run_report(folder, known, trust)
    if is_sweep(directory):
        result = read_sweep_folder(directory)
        return sweep_report(result, read_window(result))
    what = "neither a run nor a sweep"
    raise InputError(Fault(str(directory), what, "a folder that 'twin run' or 'twin sweep' wrote"))


def runbook_of(
    source: str,
    *,
    html: bool = False,
    model: str | None = None,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    replicates: int | None = None,
    workers: int | None = None,
    progress: SweepProgress | None = None,
) -> str:
    """The runbook of an experiment, which is run for it, or of a finished run.

    Args:
        source: bundled experiment or path to one, or the folder of a run.
        html: HTML instead of Markdown.
        model, seed, overrides, replicates, workers, progress: for an experiment, as for a sweep.

    Raises:
        InputError: No such experiment or run; options for runs with a finished one.
    """
    if is_run(Path(source)):
        asked = (model, seed, replicates, workers, *(overrides or {}))
        if any(one is not None for one in asked):
            found = "--model, --seed, --set, --replicates or --workers with a finished run"
            raise InputError(Fault("runbook", found, "an experiment, or the run alone"))
        rehearsal = of_run(read_run_folder(Path(source)))
    else:
        if replicates is not None and replicates < 1:
            raise InputError(Fault("--replicates", f"{replicates}", "1 or more"))
        rehearsal = rehearse(
            source, model=model, seed=seed, overrides=overrides, workers=workers,
            replicates=REPLICATES if replicates is None else replicates, progress=progress,
        )  # fmt: skip
    made = make_runbook(rehearsal)
    return runbook_html(made) if html else runbook_markdown(made)
