"""One run of one experiment: documents in, journal and result out.

Knows: the order of things - load, build, carry out the steps, end, measure, write. Must not know
how a result is drawn or printed.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twin.cluster.phones_table import phones_table
from twin.cluster.twin import Twin
from twin.config.experiment import Expectation, ExperimentConfig
from twin.config.inputs import INPUTS_NAME, inputs_text
from twin.config.load import RunConfig, load_run
from twin.config.model import ModelConfig
from twin.config.result import Metrics, Provenance, Result
from twin.files import write_whole
from twin.kernel.journal import JournalSink
from twin.metrics.document import result_document
from twin.metrics.occupancy import Occupancy, Outage, occupancy, outage
from twin.metrics.storage import ParquetSink, read_run
from twin.metrics.tables import JournalTables, journal_tables, phones_frame
from twin.metrics.timeline import timeline
from twin.pki.keys import KeyBank
from twin.simtime import Epoch

Progress = Callable[[int, int, str], None]
"""Called with (now_ms, end_ms, what is going on)."""

RESULT_NAME = "result.json"


@dataclass(frozen=True)
class Run:
    """A finished run.

    `document` is the result document, `tables` the journal and the phones, `fingerprint` the
    journal's SHA-256, `directory` where it was written (None: nowhere).
    """

    document: Result
    tables: JournalTables
    config: RunConfig
    fingerprint: str
    directory: Path | None

    @property
    def metrics(self) -> Metrics:
        """The numbers."""
        return self.document.metrics

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""
        return self.document.passed

    @property
    def epoch(self) -> Epoch:
        """The start of simulated time."""
        return self.config.experiment.epoch

    @cached_property
    def occupancy(self) -> Occupancy:
        """Every phone's state at every instant."""
        return occupancy(self.tables)

    @cached_property
    def timeline(self) -> Any:
        """Phones by band and queue lengths over time: a pandas DataFrame, index UTC."""
        return timeline(self.tables, self.occupancy).frame(self.epoch)

    @cached_property
    def phones(self) -> Any:
        """One row per phone: what it is, where it ended, whether it is stuck and what helps.

        A pandas DataFrame, index: the phone's name.
        """
        return phones_frame(self.tables)


def run_experiment(
    experiment: str | ExperimentConfig,
    *,
    model: str | ModelConfig | None = None,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    every_phone: bool = False,
    perturb_ties: int | None = None,
    directory: Path | None = None,
    progress: Progress | None = None,
    bank: KeyBank | None = None,
) -> Run:
    """Run an experiment.

    Args:
        experiment: bundled name, path, or a document built in Python.
        model: the same, instead of the experiment's own model.
        seed: instead of the experiment's own.
        overrides: {"model.release": "12.5", "timing.reset_pace_per_ccm_per_s": 100, ...}.
        every_phone: `--crypto every_phone`.
        perturb_ties: shuffle same-instant work; no documented outcome may depend on it.
        directory: where journal, phones and result go; None keeps everything in memory.

    Raises:
        InputError: anything wrong with the documents or overrides, all of it at once.
    """
    overrides = dict(overrides or {})
    if seed is not None:
        overrides["experiment.seed"] = seed
    config = load_run(experiment, model=model, overrides=overrides)
    return run_loaded(
        config,
        every_phone=every_phone,
        perturb_ties=perturb_ties,
        directory=directory,
        progress=progress,
        bank=bank,
    )


def run_loaded(
    config: RunConfig,
    *,
    every_phone: bool = False,
    perturb_ties: int | None = None,
    directory: Path | None = None,
    progress: Progress | None = None,
    bank: KeyBank | None = None,
) -> Run:
    """Run documents that are loaded already; as `run_experiment` but for reading them."""
    changes: Occupancy | Outage
    if directory is None:
        tables, fingerprint = _in_memory(config, every_phone, perturb_ties, progress, bank)
        changes = occupancy(tables)
    else:
        fingerprint = _to_disk(config, directory, every_phone, perturb_ties, progress, bank)
        tables = read_run(directory)
        changes = outage(tables)
    document = result_document(
        tables,
        changes,
        config.experiment.epoch,
        experiment=config.experiment.name,
        model=config.model.name,
        release=config.release.name,
        seed=config.experiment.seed,
        provenance=_provenance(config),
        expect=[_resolved(expectation, config.model) for expectation in config.experiment.expect],
    )
    run = Run(document, tables, config, fingerprint, directory)
    if directory is not None:
        write_whole(directory / RESULT_NAME, document.model_dump_json(indent=2) + "\n")
        write_whole(directory / INPUTS_NAME, inputs_text(config, perturb_ties))
    return run


def played(
    config: RunConfig, *, progress: Progress | None = None, bank: KeyBank | None = None
) -> Twin:
    """The cluster at the end of an experiment, to be looked at; nothing is measured."""
    return _carry_out(config, None, False, None, progress, bank)[0]


def _in_memory(
    config: RunConfig,
    every_phone: bool,
    perturb_ties: int | None,
    progress: Progress | None,
    bank: KeyBank | None,
) -> tuple[JournalTables, str]:
    """Run and keep everything: the tables, and the journal's fingerprint."""
    twin, fingerprint = _carry_out(config, None, every_phone, perturb_ties, progress, bank)
    assert twin.memory is not None
    finished = twin.finish()
    phones = phones_table(twin.cluster, finished.findings)
    return journal_tables(twin.memory, phones, finished.ended_at_ms), fingerprint


def _to_disk(
    config: RunConfig,
    directory: Path,
    every_phone: bool,
    perturb_ties: int | None,
    progress: Progress | None,
    bank: KeyBank | None,
) -> str:
    """Run and keep nothing but the files; the journal's fingerprint."""
    with ParquetSink(directory) as sink:
        twin, fingerprint = _carry_out(config, sink, every_phone, perturb_ties, progress, bank)
        finished = twin.finish()
        sink.write_population(phones_table(twin.cluster, finished.findings), finished.ended_at_ms)
    # A twin is full of cycles; without this it would still be there while its run is measured.
    del twin, finished
    gc.collect()
    return fingerprint


def _carry_out(
    config: RunConfig,
    sink: JournalSink | None,
    every_phone: bool,
    perturb_ties: int | None,
    progress: Progress | None,
    bank: KeyBank | None,
) -> tuple[Twin, str]:
    """Build the twin, carry out every step, run on to the end."""
    end_ms = config.experiment.run_for_ms

    def tell(now_ms: int, what: str) -> None:
        if progress is not None:
            progress(now_ms, max(end_ms, now_ms), what)

    tell(0, "making certificates")
    with _collector_at_rest():
        return _run(config, sink, every_phone, perturb_ties, tell, bank)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Without the search for reference cycles, of which a run makes none worth the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _run(
    config: RunConfig,
    sink: JournalSink | None,
    every_phone: bool,
    perturb_ties: int | None,
    tell: Callable[[int, str], None],
    bank: KeyBank | None,
) -> tuple[Twin, str]:
    twin = build(
        config, None if sink is None else [sink], bank, every_phone=every_phone,
        perturb_ties=perturb_ties,
    )  # fmt: skip
    drive(twin, config, tell)
    return twin, twin.finish().fingerprint


def build(
    config: RunConfig,
    sinks: Sequence[JournalSink] | None,
    bank: KeyBank | None = None,
    *,
    every_phone: bool = False,
    perturb_ties: int | None = None,
) -> Twin:
    """The twin of a run, at its start."""
    experiment = config.experiment
    return Twin(
        config.model,
        release=config.release,
        seed=experiment.seed,
        start=experiment.start,
        timing=config.timing,
        every_phone=every_phone,
        perturb_ties=perturb_ties,
        sinks=sinks,
        bank=bank,
        attachments=config.attachments,
    )


def drive(twin: Twin, config: RunConfig, tell: Callable[[int, str], None]) -> None:
    """Carry out every step of a run and go on to its end."""
    experiment = config.experiment
    end_ms = experiment.run_for_ms
    for step in experiment.steps:
        tell(twin.now_ms, step.name or step.kind.replace("_", " "))
        twin.do(step)
    if twin.now_ms < end_ms:
        twin.run_until(end_ms, lambda now_ms: tell(now_ms, "running on"))
    tell(end_ms, "measuring")


def _resolved(expectation: Expectation, model: ModelConfig) -> Expectation:
    """An expectation with a node's own name in place of an alias."""
    if expectation.node is None:
        return expectation
    return expectation.model_copy(update={"node": model.resolve_node(expectation.node)})


def _provenance(config: RunConfig) -> Provenance:
    return Provenance(
        version=version("cucm-twin"),
        model_sha256=config.model_sha256,
        experiment_sha256=config.experiment_sha256,
        release_sha256=config.release_sha256,
        parameters=config.timing.values(),
    )
