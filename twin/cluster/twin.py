"""`Twin`: a cluster one can step through by hand.

Knows: how to make a cluster from names, and how to drive it. Metrics are made from its journal by
the rooms above.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from twin.cluster.acts.scene import Outcome
from twin.cluster.certificates import keys_needed
from twin.cluster.cluster import Cluster, Ingredients
from twin.cluster.ctl_cluster import possible_ctls
from twin.cluster.operator import Operator
from twin.config import load
from twin.config.experiment_checks import Surroundings
from twin.config.model import ModelConfig
from twin.config.single_step import check_step
from twin.config.steps import Step
from twin.config.timing import TimingProfile
from twin.errors import ActionError, Fault
from twin.kernel.journal import Journal, JournalSink, MemorySink
from twin.phones.lifecycle import State
from twin.phones.stuck import Finding, RecoveryKeys
from twin.pki.keys import KeyBank, default_directory
from twin.simtime import Epoch, duration_ms

DEFAULT_START = datetime(2016, 2, 7, 22, 0, tzinfo=UTC)
"""A Sunday evening of the seed document's era."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that is over: the journal's fingerprint, what was found on each phone, its end."""

    fingerprint: str
    findings: list[Finding]
    ended_at_ms: int


class Twin:
    """A live cluster.

    Args:
        model: a bundled name, a path, or a validated model.
        seed: root of all chance.
        release: overrides the model's release.
        start: the moment of instant 0.
        timing: a profile; by default the bundled one.
        every_phone: sign and verify each phone's own config instead of one per class.
        perturb_ties: shuffle same-instant work by this number (None: do not).
        sinks: where the journal goes beside memory; None keeps it in memory only.
        bank: key bank; by default the user's cache.
    """

    def __init__(
        self,
        model: str | ModelConfig,
        *,
        seed: int = 1,
        release: str | None = None,
        start: datetime = DEFAULT_START,
        timing: TimingProfile | None = None,
        every_phone: bool = False,
        perturb_ties: int | None = None,
        sinks: Sequence[JournalSink] | None = None,
        bank: KeyBank | None = None,
    ) -> None:
        config = load.load_model(model) if isinstance(model, str) else model
        self.memory = MemorySink() if sinks is None else None
        self.journal = Journal([self.memory] if self.memory is not None else list(sinks or ()))
        around = Surroundings(
            config,
            load.load_release(release or config.release),
            load.load_phone_catalogue(),
            timing or load.load_timing(),
        )
        self._around = around
        ingredients = Ingredients(
            model=config,
            release=around.release,
            catalogue=around.phones,
            timing=around.timing,
            seed=seed,
            epoch=Epoch(start),
            every_phone=every_phone,
            perturb_ties=perturb_ties,
        )
        bank = bank or KeyBank(default_directory())
        bank.ensure(keys_needed(config, around.release))
        self.cluster = Cluster(ingredients, bank, self.journal)
        self.operator = Operator(self.cluster)
        self._finished: Finished | None = None

    # -- driving ----------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        """Milliseconds since the start."""
        return self.cluster.simulation.now_ms

    @property
    def now(self) -> datetime:
        """The simulated moment, aware UTC."""
        return self.cluster.epoch.at(self.now_ms)

    def do(self, step: Step | Mapping[str, Any]) -> Outcome:
        """Carry out one step, as an experiment would write it; time passes as it takes.

        Raises:
            ActionError: the step is malformed, or names what the model does not have.
        """
        if self._finished is not None:
            raise ActionError(Fault("step", "a run that is finished", "a new Twin"))
        checked = step if isinstance(step, Step) else check_step(step, self._around)
        outcome: Outcome = self.cluster.simulation.run_process(self.operator.carry_out(checked))
        return outcome

    def regenerate(self, node: str, unit: str) -> Outcome:
        """Regenerate a node's own certificate."""
        return self.do({"regenerate": {"node": node, "unit": unit}})

    def advance(self, duration: str | int) -> None:
        """Let time pass: "10m", "2h 30m", or milliseconds."""
        self.run_until(self.now_ms + duration_ms(duration))

    def wait(self, until: str = "all_phones_registered", at_most: str = "4h") -> Outcome:
        """Let time pass until a condition holds."""
        return self.do({"wait": {"until": until, "at_most": at_most}})

    def run_until(self, at_ms: int, progress: Callable[[int], None] | None = None) -> None:
        """Run to an instant (ms); `progress` hears of the time every simulated minute."""
        simulation = self.cluster.simulation
        while progress is not None and simulation.now_ms + 60_000 < at_ms:
            simulation.run_until(simulation.now_ms + 60_000)
            progress(simulation.now_ms)
        simulation.run_until(at_ms)

    # -- looking ----------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """How many phones are in each state now."""
        counts = self.cluster.engine.core.counts
        return {state.name.lower(): counts[state] for state in State}

    def stuck(self) -> dict[str, Finding]:
        """Phones that are stuck now, by name."""
        names = self.cluster.population.names
        findings = self._look(journal=False)
        return {names[n]: finding for n, finding in enumerate(findings) if finding.is_stuck}

    def finish(self) -> Finished:
        """End the run: find the stuck phones, close the journal."""
        if self._finished is None:
            findings = self._look(journal=True)
            for ports in (self.cluster.ports.files, self.cluster.ports.tvs):
                for port in ports.values():
                    port.queue.finish()
            for registrar in self.cluster.ports.registrars.values():
                registrar.queue.finish()
                registrar.fallback.finish()
            self._finished = Finished(self.journal.close(), findings, self.now_ms)
        return self._finished

    def _look(self, journal: bool) -> list[Finding]:
        settings = self.cluster.settings
        local = settings.localkey()
        keys = RecoveryKeys(
            None if local is None else local.certificate,
            None if settings.exported_recovery is None else settings.exported_recovery.certificate,
            possible_ctls(self.cluster.ctl_tool, self.cluster.files),
        )
        return self.cluster.stuck.run(self.now_ms, keys, journal)
