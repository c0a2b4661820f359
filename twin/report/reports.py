"""The report of a folder, whatever it holds.

Knows: which folder is what. Must not know what stands in a report.
"""

from __future__ import annotations

from pathlib import Path

from twin.config.load import load_sensitivity
from twin.errors import Fault, InputError
from twin.report.run_report import has_legs, run_report
from twin.study.run_folder import is_run, read_run_folder
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
    what = "neither a run nor a sweep"
    raise InputError(Fault(str(directory), what, "a folder that 'twin run' or 'twin sweep' wrote"))
