"""`Twin`: a cluster one can step through by hand.

Knows: how to make a cluster from names, and how to drive it. Metrics are made from its journal by
the rooms above.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from twin.cluster.acts.scene import Outcome
from twin.cluster.certificates import keys_needed
from twin.cluster.cluster import Cluster, Ingredients
from twin.cluster.ctl_cluster import possible_ctls
from twin.cluster.looking import own_certificate, served_file
from twin.cluster.operator import Operator
from twin.cluster.other import OtherCluster
from twin.cluster.phone_view import PhoneView, phone_number, phone_view
from twin.cluster.prospects import prospects
from twin.config import load
from twin.config.attachments import named_file, read_attachments
from twin.config.experiment_checks import Surroundings
from twin.config.model import ModelConfig
from twin.config.release import ReleaseProfile
from twin.config.single_step import check_step
from twin.config.steps import Step
from twin.config.timing import TimingProfile
from twin.errors import ActionError, Fault
from twin.kernel.journal import Journal, JournalSink, MemorySink, NodeEvent
from twin.phones.lifecycle import State
from twin.phones.looks import Look
from twin.phones.stuck import Finding, RecoveryKeys
from twin.pki import bundles
from twin.pki.certificates import Certificate
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
        release: overrides the model's release, by name or as a profile.
        start: the moment of instant 0; by default the model's own, if it has one.
        timing: a profile; by default the bundled one.
        every_phone: sign and verify each phone's own config instead of one per class.
        perturb_ties: shuffle same-instant work by this number (None: do not).
        sinks: where the journal goes beside memory; None keeps it in memory only.
        bank: key bank; by default the user's cache.
        attachments: content of files that steps name; others are read from the current folder.
    """

    def __init__(
        self,
        model: str | ModelConfig,
        *,
        seed: int = 1,
        release: str | ReleaseProfile | None = None,
        start: datetime | None = None,
        timing: TimingProfile | None = None,
        every_phone: bool = False,
        perturb_ties: int | None = None,
        sinks: Sequence[JournalSink] | None = None,
        bank: KeyBank | None = None,
        attachments: Mapping[str, bytes] | None = None,
    ) -> None:
        config = load.load_model(model) if isinstance(model, str) else model
        self.memory = MemorySink() if sinks is None else None
        self.journal = Journal([self.memory] if self.memory is not None else list(sinks or ()))
        around = Surroundings(
            config,
            release
            if isinstance(release, ReleaseProfile)
            else load.load_release(release or config.release),
            load.load_phone_catalogue(),
            timing or load.load_timing(),
            load.load_release,
            load.load_presence,
        )
        self._around = around
        ingredients = Ingredients(
            model=config,
            release=around.release,
            catalogue=around.phones,
            timing=around.timing,
            seed=seed,
            epoch=Epoch(start or config.start or DEFAULT_START),
            every_phone=every_phone,
            perturb_ties=perturb_ties,
        )
        bank = bank or KeyBank(default_directory())
        bank.ensure(keys_needed(config, around.release))
        other = config.other_cluster
        self.cluster = Cluster(ingredients, bank, self.journal)
        self.cluster.attachments.update(attachments or {})
        if other is not None:
            OtherCluster(self.cluster, other, load.load_release(other.release))
        self.cluster.introduce()
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
        checked = step if isinstance(step, Step) else self.check(step)
        self._attach(checked)
        outcome: Outcome = self.cluster.simulation.run_process(self.operator.carry_out(checked))
        return outcome

    def check(self, step: Mapping[str, Any]) -> Step:
        """A step as an experiment would write it, validated against the cluster as it is now.

        Raises:
            ActionError: the step is malformed, or names what the model does not have.
        """
        return check_step(step, replace(self._around, release=self.cluster.release))

    def _attach(self, step: Step) -> None:
        """Read the file a step names, unless it came with the run."""
        if named_file(step) in (None, *self.cluster.attachments):
            return
        found, problems = read_attachments([step], Path.cwd())
        if problems:
            raise ActionError(Fault("step.file", problems[0].found, problems[0].expected))
        self.cluster.attachments.update(found)

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

    def node_events(self) -> tuple[NodeEvent, ...]:
        """What nodes have done so far, in order; empty if the journal goes elsewhere."""
        if self.memory is None:
            return ()
        return (*self.memory.nodes, *self.journal.pending_nodes())

    def stuck(self) -> dict[str, Finding]:
        """Phones that are stuck now, by name."""
        names = self.cluster.population.names
        findings = self._look(journal=False)
        return {names[n]: finding for n, finding in enumerate(findings) if finding.is_stuck}

    def phone(self, name: str) -> PhoneView:
        """A phone now: its lists, its state, and what it would make of what is served to it.

        Raises:
            ActionError: no such phone.
        """
        number = phone_number(self.cluster, name)
        return phone_view(self.cluster, number, self._look(journal=False)[number])

    def certificate(self, node: str, unit: str) -> Certificate:
        """A node's own certificate of a unit, e.g. ("pub", "CallManager").

        Raises:
            ActionError: no such node or unit.
        """
        return own_certificate(self.cluster, node, unit)

    def file(self, node: str, name: str) -> bytes:
        """The bytes a TFTP node serves now: "ITLFile.tlv", "CTLFile.tlv", "SEP....cnf.xml.sgn".

        Raises:
            ActionError: no such node, or it serves no such file.
        """
        return served_file(self.cluster, node, name)

    def why(self, phone: str) -> tuple[Finding, tuple[Look, ...]]:
        """Whether a phone is stuck now, and every look at lists and certificates that says so.

        Raises:
            ActionError: the model has no such phone.
        """
        index = self.cluster.population.index
        if phone not in index:
            nearest = get_close_matches(phone, index, n=1)
            raise ActionError(
                Fault(phone, "no phone of the model", "", nearest[0] if nearest else None)
            )
        keys = self._recovery_keys()
        return self.cluster.stuck.explain(self.now_ms, index[phone], keys)

    def itl_recovery_p12(self, password: str) -> bytes:
        """The file that `export_itl_recovery` last saved, ITLRecovery.p12: certificate and key.

        Only this gives the key away; no journal and no result has it. Source: `file get tftp
        ITLRecovery.p12` (CUCM 15). Assumption: the product's own password is not known, so the
        caller says one.

        Raises:
            ActionError: nothing was exported.
        """
        exported = self.cluster.settings.exported_recovery
        if exported is None:
            raise ActionError(Fault("ITLRecovery.p12", "no export", "export_itl_recovery first"))
        return bundles.write_pkcs12("ITLRecovery", exported.certificate, exported.key, password)

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
        return self.cluster.stuck.run(self.now_ms, self._recovery_keys(), journal)

    def _recovery_keys(self) -> RecoveryKeys:
        both = [self.cluster] if self.cluster.other is None else [self.cluster, self.cluster.other]
        keys, *self.cluster.stuck.others = (_keys_of(cluster) for cluster in both)
        return keys


def _keys_of(cluster: Cluster) -> RecoveryKeys:
    settings = cluster.settings
    local, remote = settings.localkey(), settings.exported_recovery
    return RecoveryKeys(
        None if local is None else local.certificate,
        None if remote is None else remote.certificate,
        frozenset(node.index for node in cluster.nodes.values()),
        prospects(cluster),
        possible_ctls(cluster.ctl_tool, cluster.files),
        cluster.enrolment.remedies(cluster.nodes),
    )
