"""What a sweep asks: which variants, which replicates, with which seeds.

Knows: the grid, the samples, the seeds, the documents of a variant. Must not know how cells are
run or where their rows go.

A cell is one run: a variant (values for the paths that are varied) and a replicate (a seed). The
plan is a function of the question alone. Replicate r has the same seed in every variant, so that
variants share their random numbers and a difference between them is not a difference of luck.
"""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.config.document import parse_value
from twin.config.load import RunConfig, load_run
from twin.config.model import ModelConfig
from twin.errors import ConfigError, Fault, InputError
from twin.kernel.streams import key64
from twin.study.sweep_question import SEED_PATH, Question, json_text

REPLICATE_BLOCK = 16
"""Replicates of one variant that are run before the next variant's: an unfinished sweep has about
as many of each variant, and a variant's documents are made ready once per block."""

Variant = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of a sweep, by the numbers of its variant and its replicate (both from 0)."""

    variant: int
    replicate: int
    seed: int

    @property
    def key(self) -> str:
        """A name that stays the same as long as the question does."""
        return f"v{self.variant:06d}-r{self.replicate:07d}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Every cell of a sweep. `root_seed` is what the replicates' seeds come from."""

    question: Question
    root_seed: int
    variants: tuple[Variant, ...]

    @property
    def replicates(self) -> int:
        """Replicates of each variant."""
        return self.question.replicates

    @property
    def cell_count(self) -> int:
        """Cells in all."""
        return len(self.variants) * self.replicates

    def cell(self, variant: int, replicate: int) -> Cell:
        """One cell by its numbers."""
        return Cell(variant, replicate, replicate_seed(self.root_seed, replicate))

    def cells(self, wanted: Callable[[int, int], bool] = lambda *_: True) -> Iterator[Cell]:
        """The cells (variant, replicate) that are wanted, in the order they are to be run."""
        for first in range(0, self.replicates, REPLICATE_BLOCK):
            block = range(first, min(first + REPLICATE_BLOCK, self.replicates))
            for variant in range(len(self.variants)):
                for replicate in block:
                    if wanted(variant, replicate):
                        yield self.cell(variant, replicate)

    def config(self, variant: int) -> RunConfig:
        """The documents of a variant, but for the seed.

        Raises:
            InputError: The variant's values are wrong, or do not go together.
        """
        asked = self.question
        overrides = {**asked.overrides, **self.variants[variant]}
        return load_run(asked.experiment, model=asked.model, overrides=overrides)

    def command(self, cell: Cell) -> str:
        """What repeats a cell by itself: a line for the shell, or for Python."""
        asked = self.question
        values = {**asked.overrides, **self.variants[cell.variant]}
        values.pop(SEED_PATH, None)
        if not isinstance(asked.experiment, str) or isinstance(asked.model, ModelConfig):
            model = "" if asked.model is None else ", model=<the model>"
            return f"twin.run(<the experiment>{model}, seed={cell.seed}, set={values!r})"
        words = ["twin", "run", asked.experiment]
        words += ["--model", asked.model] if asked.model is not None else []
        words += ["--seed", str(cell.seed)]
        for path, value in values.items():
            words += ["--set", f"{path}={_yaml_text(value)}"]
        return shlex.join(words)


def make_plan(question: Question) -> Plan:
    """Lay out a sweep.

    Raises:
        InputError: The question contradicts itself, or a document in it is wrong.
    """
    corner = {path: values[0] for path, values in question.vary.items()}
    base = load_run(
        question.experiment, model=question.model, overrides={**question.overrides, **corner}
    )
    root_seed = base.experiment.seed
    check_seeds(root_seed, question.replicates)
    ranges = question.ranges(base.timing)
    grid = [dict(zip(question.vary, v, strict=True)) for v in _product(question.vary)]
    points = sample_points(root_seed, ranges, question.sample)
    variants = tuple({**values, **point} for values in grid for point in points)
    return Plan(question, root_seed, variants)


def replicate_seed(root_seed: int, replicate: int) -> int:
    """The seed of a replicate: 63 bits, a hash of the root seed and the replicate's number."""
    return key64("replicate", root_seed, replicate) >> 1


def check_seeds(root_seed: int, replicates: int) -> None:
    """Refuse a root seed that would give two replicates the same seed.

    Raises:
        InputError: It does (for a million replicates the chance is one in 20 million).
    """
    seeds = np.fromiter((replicate_seed(root_seed, r) for r in range(replicates)), dtype=np.int64)
    if len(np.unique(seeds)) < replicates:
        found = f"{root_seed} gives two of {replicates} replicates the same seed"
        raise InputError(Fault("--seed", found, "another seed"))


def sample_points(
    root_seed: int, ranges: Mapping[str, tuple[float, float]], count: int
) -> list[Variant]:
    """Points of a Sobol sequence in a box; without a range one point that varies nothing.

    The sequence is shifted digit by digit (exclusive or) by a number that belongs to the root seed
    and the path. That keeps its evenness, and needs no generator of random numbers. A range of two
    whole numbers, but for a timing parameter's, gives whole numbers.

    Raises:
        InputError: scipy is not there.
    """
    if not ranges:
        return [{}]
    try:
        from scipy.stats import qmc
    except ImportError:
        raise missing_extra("--sample", "scipy") from None
    sequence = qmc.Sobol(len(ranges), scramble=False)
    one = 1 << int(sequence.bits)
    raw = sequence.random_base2(max(count - 1, 0).bit_length())[:count]
    digits = (raw * one).astype(np.uint64)
    shifts = [key64("sobol", root_seed, path) % one for path in ranges]
    unit = ((digits ^ np.array(shifts, dtype=np.uint64)) + 0.5) / one
    rows = unit.tolist()
    return [
        {path: _within(u, path, *ranges[path]) for path, u in zip(ranges, row, strict=True)}
        for row in rows
    ]


def missing_extra(option: str, library: str) -> InputError:
    """The fault of an option whose library is not installed."""
    next_step = "Install it with: pip install 'cucm-twin[study]'"
    return InputError(Fault(option, f"{library} is not installed", "", None, next_step))


def _within(unit: float, path: str, low: float, high: float) -> float | int:
    """A number of (0, 1) carried over to a range; nine digits are enough for a command line."""
    if isinstance(low, int) and isinstance(high, int) and not path.startswith("timing."):
        return low + int(unit * (high - low + 1))
    return min(max(float(f"{low + unit * (high - low):.9g}"), low), high)


def _product(vary: Mapping[str, Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    return itertools.product(*vary.values())


def _yaml_text(value: Any) -> str:
    """A value as one writes it after `--set PATH=`: bare where YAML reads that as the same."""
    try:
        if isinstance(value, str) and value == value.strip() and parse_value(value) == value:
            return value
    except ConfigError:
        pass
    return json_text(value)
