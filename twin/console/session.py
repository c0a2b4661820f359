"""A live twin and every action it was given: what undo, branches and a saved experiment are of.

Knows: that a twin is a function of its documents and of the steps done to it, so that any earlier
state is had by doing the steps before it again. A SimPy environment cannot be copied. Must not
know any command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from twin.cluster.acts.scene import Outcome
from twin.cluster.operator import describe
from twin.cluster.twin import DEFAULT_START, Twin
from twin.config.attachments import named_file
from twin.config.experiment import ExperimentConfig
from twin.config.inputs import read_inputs
from twin.config.load import RunConfig, load_run
from twin.config.steps import Step
from twin.errors import Fault, InputError
from twin.pki.keys import KeyBank
from twin.simtime import format_ms
from twin.study.run import build

FIRST_BRANCH = "main"
"""The branch a session begins on."""
OVERRIDE_FIELDS = {"model": "model_set", "release": "release_set", "timing": "timing"}
"""By the root of an override's path: the field of an experiment that says the same."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a session starts from: the documents, and whether a whole run comes first."""

    config: RunConfig
    perturb_ties: int | None = None
    is_run: bool = False
    """The experiment is played to its end before the first command."""

    @staticmethod
    def of_model(
        model: str,
        *,
        seed: int = 1,
        start: datetime = DEFAULT_START,
        overrides: Mapping[str, Any] | None = None,
    ) -> Origin:
        """A model at instant 0.

        Args:
            overrides: as `--set` of a run; paths begin with model, release or timing.

        Raises:
            InputError: the model or an override is wrong.
        """
        changes: dict[str, Any] = {}
        for path, value in (overrides or {}).items():
            root, _, rest = path.partition(".")
            if root not in OVERRIDE_FIELDS or not rest:
                expected = "a path that begins with model., release. or timing."
                raise InputError(Fault(f"--set {path}", f"{path!r}", expected))
            if path == "model.release":
                changes["release"] = value
            else:
                changes.setdefault(OVERRIDE_FIELDS[root], {})[rest] = value
        experiment = ExperimentConfig.model_validate(
            {
                "name": "console-session",
                "title": f"A session at the console of {Path(model).stem}",
                "question": "What comes of these steps?",
                "model": model,
                "seed": seed,
                "start": start,
                "run_for": 0,
                **changes,
            }
        )
        return Origin(load_run(experiment))

    @staticmethod
    def of_run(directory: Path) -> Origin:
        """A run from its folder, at its end.

        Raises:
            InputError: the folder does not hold what the run was made from.
        """
        inputs = read_inputs(directory)
        return Origin(inputs.config, inputs.perturb_ties, is_run=True)

    @property
    def end_ms(self) -> int:
        """When the experiment of a run ends at the earliest, ms."""
        return self.config.experiment.run_for_ms if self.is_run else 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a session: as it was written, what it says, and how it ended when."""

    written: Mapping[str, Any]
    step: Step
    words: str
    outcome: Outcome
    ended_at_ms: int
    attached: Mapping[str, bytes]
    """The file it names, as it was read."""


class Session:
    """A twin that remembers.

    Args:
        bank: key bank; by default the user's cache.
    """

    def __init__(self, origin: Origin, bank: KeyBank | None = None) -> None:
        self.origin = origin
        self.branch = FIRST_BRANCH
        self.record: tuple[Entry, ...] = ()
        """The steps of this branch, the run it started from not counted."""
        self._bank = bank
        self._branches: dict[str, tuple[Entry, ...]] = {}
        self._twin: Twin | None = None
        self._has_run_on = False

    @property
    def twin(self) -> Twin:
        """The twin as it is now; played again when it is not at hand."""
        if self._twin is None:
            self._twin = self._played()
        return self._twin

    @property
    def branches(self) -> dict[str, int]:
        """Steps of each branch, by name."""
        kept = {name: len(record) for name, record in self._branches.items()}
        return dict(sorted({**kept, self.branch: len(self.record)}.items()))

    # -- acting -----------------------------------------------------------------------------

    def do(self, written: Mapping[str, Any]) -> Outcome:
        """Carry out a step and keep it.

        What breaks off (a fault of the step that shows only now, an interrupt) has not happened:
        the twin is played again without it when it is next looked at.

        Raises:
            ActionError: the step is malformed, or names what the model does not have.
        """
        step = self.twin.check(written)
        if not self.record and self._has_run_on:
            # The experiment that says all this says it in steps with times, so this step stands at
            # its time too: the run's end.
            written = {**written, "at": format_ms(self.origin.end_ms)}
            step = self.twin.check(written)
            self._twin = None
            self._twin = self._build(())
        twin = self.twin
        words = describe(step, twin.cluster.model)
        try:
            outcome = twin.do(step)
        except BaseException:
            self._twin = None
            raise
        name = named_file(step)
        attached = {} if name is None else {name: twin.cluster.attachments[name]}
        entry = Entry(dict(written), step, words, outcome, twin.now_ms, attached)
        self.record = (*self.record, entry)
        return outcome

    # -- going back -------------------------------------------------------------------------

    def undo(self, count: int = 1) -> tuple[Entry, ...]:
        """Take back the last steps, as if they had never been done; those taken back.

        Raises:
            InputError: there are fewer.
        """
        if not 1 <= count <= len(self.record):
            found = f"{count} of {len(self.record)} steps"
            raise InputError(Fault("undo", found, f"a number from 1 to {len(self.record)}"))
        taken = self.record[-count:]
        self._go(self.record[:-count])
        return taken

    def start_branch(self, name: str) -> None:
        """Go on under another name; the branch that was left stays as it is.

        Raises:
            InputError: there is one of this name.
        """
        if name in self.branches:
            raise InputError(Fault("branch", f"{name!r} is there already", "another name"))
        self._branches[self.branch] = self.record
        self.branch = name

    def switch(self, name: str) -> None:
        """Go to another branch.

        Raises:
            InputError: there is none of this name.
        """
        if name not in self.branches:
            raise InputError(Fault("switch", f"no branch {name!r}", _one_of(self.branches)))
        self._branches[self.branch] = self.record
        self.branch = name
        self._go(self._branches[name])

    def _go(self, record: tuple[Entry, ...]) -> None:
        if record != self.record:
            self._twin = None
        self.record = record

    # -- playing ----------------------------------------------------------------------------

    def _build(self, record: tuple[Entry, ...]) -> Twin:
        """The twin at its start, a run's own steps done."""
        origin = self.origin
        twin = build(origin.config, None, self._bank, perturb_ties=origin.perturb_ties)
        for entry in record:
            twin.cluster.attachments.update(entry.attached)
        if origin.is_run:
            for step in origin.config.experiment.steps:
                twin.do(step)
        return twin

    def _played(self) -> Twin:
        """The twin, from its documents, with every step done once more."""
        twin = self._build(self.record)
        self._has_run_on = not self.record and twin.now_ms < self.origin.end_ms
        if self._has_run_on:
            twin.run_until(self.origin.end_ms)
        for entry in self.record:
            twin.do(entry.step)
        return twin


def _one_of(names: Mapping[str, int]) -> str:
    return "one of " + ", ".join(names)
