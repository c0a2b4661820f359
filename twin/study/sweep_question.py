"""The question a sweep is asked, checked as far as it can be without a document.

Knows: what may be asked. Must not know how variants are made of it or how cells are run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twin.config.document import parse_value
from twin.config.experiment import ExperimentConfig
from twin.config.model import ModelConfig
from twin.config.timing import TimingProfile
from twin.errors import Fault, InputError

REPLICATES = 10
"""Replicates unless another number is asked for."""

CELLS_MOST = 1_000_000
SEED_PATH = "experiment.seed"

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Question:
    """What a sweep is asked; make it with `make_question`.

    `overrides` hold for every cell, `vary` has the values of each path of the grid, `over` the
    range of each path that is sampled (None: the timing profile's) at `sample` points.
    """

    experiment: str | ExperimentConfig
    model: str | ModelConfig | None
    overrides: dict[str, Any]
    vary: dict[str, tuple[Any, ...]]
    sample: int
    over: dict[str, Range | None]
    replicates: int

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths in which variants differ."""
        return (*self.vary, *self.over)

    def ranges(self, timing: TimingProfile) -> dict[str, Range]:
        """The range of each sampled path.

        Raises:
            InputError: A path without a range is no timing parameter.
        """
        faults: list[Fault] = []
        ranges: dict[str, Range] = {}
        parameters = timing.parameters()
        for path, given in self.over.items():
            name = path.removeprefix("timing.")
            if given is not None:
                ranges[path] = given
            elif not path.startswith("timing."):
                found = f"{path} without a range"
                faults.append(Fault("--over", found, f"{path}=LOW:HIGH"))
            elif name not in parameters:
                problem = timing.value_problems({name: 0})[0]
                place = f"--over {path}"
                faults.append(Fault(place, problem.found, "", problem.nearest, problem.next_step))
            else:
                ranges[path] = (parameters[name].low, parameters[name].high)
        if faults:
            raise InputError(faults)
        return ranges


def make_question(
    experiment: str | os.PathLike[str] | ExperimentConfig,
    *,
    model: str | os.PathLike[str] | ModelConfig | None = None,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    vary: Mapping[str, Sequence[Any]] | None = None,
    sample: int = 0,
    over: Mapping[str, Sequence[float] | None] | None = None,
    replicates: int = REPLICATES,
) -> Question:
    """Put a question.

    Args:
        experiment: bundled name, path, or a document built in Python.
        model: the same, instead of the experiment's own model.
        seed: root of all replicates' seeds, instead of the experiment's own.
        overrides: path to value, for every cell.
        vary: path to the values of the grid.
        sample: points of the quasi-random sample; 0 for none.
        over: path to (low, high), or None for the range of the timing profile.
        replicates: runs of each variant.

    Raises:
        InputError: The question contradicts itself; every contradiction is told.
    """
    if isinstance(experiment, os.PathLike):
        experiment = os.fspath(experiment)
    if isinstance(model, os.PathLike):
        model = os.fspath(model)
    every = {path: plain_value(value) for path, value in (overrides or {}).items()}
    if seed is not None:
        every[SEED_PATH] = seed
    grid = {path: tuple(map(plain_value, values)) for path, values in (vary or {}).items()}
    box = {path: _range(given) for path, given in (over or {}).items()}
    question = Question(experiment, model, every, grid, sample, box, replicates)
    faults = [*_faults_of_size(question), *_faults_of_paths(question)]
    faults += [_fault_of_range(path, given) for path, given in box.items() if _is_bad(given)]
    if faults:
        raise InputError(faults)
    return question


def plain_value(value: Any) -> Any:
    """A value as a document would hold it: numpy's numbers as Python's, tuples as lists.

    Raises:
        InputError: It is nothing that a document can hold.
    """
    if hasattr(value, "item") and not isinstance(value, list | tuple | dict):
        value = value.item()
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise InputError(
        Fault("sweep", f"the value {value!r}", "a number, a text, a list or a mapping")
    )


def json_text(value: Any) -> str:
    """A value as canonical JSON: equal values, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def parse_vary(texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Read `PATH=A,B,C` texts; the values as YAML reads the items of `[A, B, C]`.

    Raises:
        InputError: One is malformed, or a path is there twice.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        path, equals, values = (part.strip() for part in text.partition("="))
        if not equals or not path or path in found:
            what = "there twice" if path in found else "no '='" if path else "no path"
            raise InputError(Fault(f"--vary {text}", what, "PATH=A,B,C, each path once"))
        found[path] = tuple(parse_value(f"[{values}]"))
    return found


def parse_over(texts: Sequence[str]) -> dict[str, Range | None]:
    """Read `PATH=LOW:HIGH` texts, or `PATH` alone; whole numbers stay whole.

    Raises:
        InputError: One is malformed, or a path is there twice.
    """
    found: dict[str, Range | None] = {}
    for text in texts:
        path, equals, ends = (part.strip() for part in text.partition("="))
        try:
            given = tuple(_number(end) for end in ends.split(":")) if equals else None
        except ValueError:
            given = ()
        if path in found or not path or (given is not None and len(given) != 2):
            what = "there twice" if path in found else "no range of numbers"
            raise InputError(Fault(f"--over {text}", what, "PATH=LOW:HIGH or PATH, each path once"))
        found[path] = None if given is None else (given[0], given[1])
    return found


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _range(given: Sequence[float] | None) -> Range | None:
    if given is None:
        return None
    plain = plain_value(tuple(given))
    return (plain[0], plain[1]) if len(plain) == 2 else (float("nan"), float("nan"))


def _is_bad(given: Range | None) -> bool:
    return given is not None and not (
        all(isinstance(end, int | float) for end in given)
        and float("-inf") < given[0] < given[1] < float("inf")
    )


def _fault_of_range(path: str, given: Range | None) -> Fault:
    return Fault(f"--over {path}", f"{given}", "two numbers, the least first")


def _faults_of_size(question: Question) -> list[Fault]:
    faults = []
    if question.replicates < 1:
        faults.append(Fault("--replicates", f"{question.replicates}", "1 or more"))
    if question.sample < 0 or (question.over and question.sample < 1):
        next_step = "--sample N says how many points are taken."
        faults.append(Fault("--sample", f"{question.sample} points", "1 or more", None, next_step))
    if question.sample and not question.over:
        next_step = "--over PATH=LOW:HIGH, or --over timing.NAME for the profile's own range."
        faults.append(Fault("--sample", "nothing to sample over", "", None, next_step))
    cells = question.replicates * max(question.sample, 1)
    for values in question.vary.values():
        cells *= len(values)
    if cells > CELLS_MOST:
        faults.append(Fault("sweep", f"{cells:,} runs", f"at most {CELLS_MOST:,}"))
    return faults


def _faults_of_paths(question: Question) -> list[Fault]:
    faults = []
    for path, values in question.vary.items():
        texts = [json_text(value) for value in values]
        if not values:
            faults.append(Fault(f"--vary {path}", "no values", "PATH=A,B,C"))
        for text in dict.fromkeys(text for text in texts if texts.count(text) > 1):
            faults.append(Fault(f"--vary {path}", f"{text} twice", "each value once"))
    for path in question.paths:
        if path in question.overrides or (path in question.vary and path in question.over):
            found = f"{path} given twice"
            faults.append(Fault("sweep", found, "one of --set, --vary and --over for a path"))
        elif path == SEED_PATH:
            next_step = "--seed sets the root seed, --replicates how many are drawn from it."
            faults.append(Fault("sweep", "experiment.seed as a variant", "", None, next_step))
    return list(dict.fromkeys(faults))
