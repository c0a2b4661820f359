"""What a sweep leaves behind: rows, failures, manifest.

Knows: the folder of a sweep. Must not know how it came about.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from twin.metrics.sweep_storage import read_rows, unfolded
from twin.study.sweep_manifest import Manifest

FAILURES_NAME = "failures.jsonl"


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell without a row: its variant's values, its seed, why, and what repeats it.

    `is_ours` tells a fault of the program from wrong input; `details` is the traceback.
    """

    variant: int
    values: dict[str, Any]
    replicate: int
    seed: int
    message: str
    is_ours: bool
    command: str
    details: str


@dataclass(frozen=True)
class SweepResult:
    """A sweep that is over.

    `ran` cells were run now; `failed_ours` and `failed_input` of them have no row, by a fault of
    the program or by wrong input. All tables are pandas DataFrames.
    """

    directory: Path
    manifest: Manifest
    ran: int
    failed_ours: int
    failed_input: int

    @cached_property
    def frame(self) -> Any:
        """All rows in order of variant and replicate."""
        return read_rows(self.directory)

    def columns(self, names: Sequence[str]) -> Any:
        """The same with some columns only, for a data set too large for `frame`."""
        return read_rows(self.directory, names)

    @property
    def waves(self) -> Any:
        """One row per wave of each run (`twin.study.sweep_row.wave_rows`)."""
        return unfolded(self.columns(["waves"]), "waves")

    @property
    def steps(self) -> Any:
        """One row per step of each run (`twin.study.sweep_row.step_rows`)."""
        return unfolded(self.columns(["steps"]), "steps")

    @property
    def sites(self) -> Any:
        """One row per site of each run (`twin.study.sweep_row.unregistered_by_site`)."""
        return unfolded(self.columns(["sites"]), "sites")

    @property
    def variants(self) -> list[dict[str, Any]]:
        """The values of each variant, by path."""
        return list(self.manifest["variants"])

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """The cells that failed now; a sweep that is gone on with tries them again."""
        return tuple(self.iterate_failures())

    def iterate_failures(self, most: int | None = None) -> list[Failure]:
        """The first `most` failures (None: all), in the order they came."""
        found: list[Failure] = []
        with (self.directory / FAILURES_NAME).open(encoding="utf-8") as lines:
            for line in lines:
                if most is not None and len(found) >= most:
                    break
                found.append(Failure(**json.loads(line)))
        return found

    @property
    def failed(self) -> int:
        """Cells that were run now and have no row."""
        return self.failed_ours + self.failed_input

    @property
    def passed(self) -> bool:
        """Whether every expectation held in every run that has a row."""
        return bool(self.columns(["passed"])["passed"].all())

    @property
    def status(self) -> int:
        """0 every expectation held, 1 one did not, 2 some input was wrong, 3 our bug."""
        if self.failed:
            return 3 if self.failed_ours else 2
        return 0 if self.passed else 1
