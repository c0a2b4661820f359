"""A finished sweep, read back from its folder.

Knows: the documents that `twin sweep` and `twin window` leave behind. Must not know how they are
shown.
"""

from __future__ import annotations

from pathlib import Path

from twin.config.window_result import WindowResult
from twin.errors import Fault, InputError
from twin.study.sweep_manifest import MANIFEST_NAME, read_manifest
from twin.study.sweep_result import FAILURES_NAME, SweepResult
from twin.study.window import COLUMNS, Window
from twin.study.window_runs import run_window

WINDOW_DOCUMENT = "window.json"


def is_sweep(directory: Path) -> bool:
    """Whether a folder holds a sweep."""
    return (directory / MANIFEST_NAME).is_file()


def read_sweep_folder(directory: Path) -> SweepResult:
    """Read a sweep; what failed is what its last run left.

    Raises:
        InputError: Something is missing or damaged.
    """
    manifest = read_manifest(directory)
    if manifest is None:
        raise InputError(Fault(str(directory), "no sweep", "a folder that 'twin sweep' wrote"))
    result = SweepResult(directory, manifest, 0, 0, 0)
    failures = result.iterate_failures() if (directory / FAILURES_NAME).is_file() else []
    ours = sum(failure.is_ours for failure in failures)
    return SweepResult(directory, manifest, len(failures), ours, len(failures) - ours)


def read_window(result: SweepResult) -> Window | None:
    """The maintenance window of a sweep's folder; None if `twin window` wrote none there.

    Raises:
        InputError: Its document cannot be read.
    """
    path = result.directory / WINDOW_DOCUMENT
    if not path.is_file():
        return None
    try:
        document = WindowResult.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        found = f"not readable as a window document ({type(error).__name__})"
        raise InputError(Fault(str(path), found, "one written by this version")) from None
    rows = result.columns(COLUMNS).to_dict("records")
    return Window(document, tuple(run_window(row) for row in rows), result)
