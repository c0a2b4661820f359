"""A finished run, read back from its folder.

Knows: the documents that `twin run` leaves behind. Must not know how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from twin.config.inputs import Inputs, read_inputs
from twin.config.result import Result
from twin.errors import Fault, InputError
from twin.metrics.occupancy import Occupancy, occupancy
from twin.metrics.storage import read_run
from twin.metrics.tables import JournalTables
from twin.simtime import Epoch
from twin.study.run import RESULT_NAME


@dataclass(frozen=True)
class RunFolder:
    """A run's result, the documents it was made from, and its journal."""

    directory: Path
    document: Result
    inputs: Inputs
    tables: JournalTables

    @property
    def epoch(self) -> Epoch:
        """The start of simulated time."""
        return self.inputs.config.experiment.epoch

    @cached_property
    def occupancy(self) -> Occupancy:
        """Every phone's state at every instant."""
        return occupancy(self.tables)


def is_run(directory: Path) -> bool:
    """Whether a folder holds a run."""
    return (directory / RESULT_NAME).is_file()


def read_run_folder(directory: Path) -> RunFolder:
    """Read a run.

    Raises:
        InputError: Something is missing, damaged, or of another version's form.
    """
    path = directory / RESULT_NAME
    try:
        document = Result.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        what = error.strerror or "unreadable"
        raise InputError(Fault(str(path), what, "a folder that 'twin run' wrote")) from error
    except ValueError as error:
        what = f"not readable as a result ({type(error).__name__})"
        raise InputError(
            Fault(str(path), what, "one written by this version", None, "Run it again.")
        ) from error
    return RunFolder(directory, document, read_inputs(directory), read_run(directory))
