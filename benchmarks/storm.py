"""The storm that is measured, at any size: the twin's own run, and its shape in numbers.

The model is `enterprise-40k` with its populations scaled, on its own release, 12.5. TFTP serves a
file in 3 ms instead of 5, so that the file nodes are busy but not beyond their capacity at any size
(the retries of a saturated node would make a big storm dearer per phone for a reason that is not
the engine's).
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass

from textbook import StormShape

from twin import library
from twin.cluster.phones_table import phones_table
from twin.cluster.twin import Twin
from twin.config.document import read_document
from twin.config.load import RunConfig, load_run
from twin.config.result import Provenance
from twin.metrics.document import result_document
from twin.metrics.occupancy import occupancy
from twin.metrics.tables import journal_tables

EXPERIMENT = "callmanager-regeneration"
MODEL = "enterprise-40k"
MODEL_PHONES = 40_000
TFTP_SERVICE_MS = 3.0


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of the parts of one run, and what it did."""

    setup_s: float
    storm_s: float
    metrics_s: float
    phones: int
    resets: int
    journal_rows: int

    @property
    def total_s(self) -> float:
        """Storm, trust decisions, journal and metrics; without set-up."""
        return self.storm_s + self.metrics_s


def scaled(phones: int) -> RunConfig:
    """The benchmark's documents with (about) this many phones."""
    document = read_document(library.path("model", MODEL)).data
    overrides: dict[str, object] = {
        "timing.tftp_service_ms": TFTP_SERVICE_MS,
    }
    for number, group in enumerate(document["phones"]):
        count = round(int(group["count"]) * phones / MODEL_PHONES)
        overrides[f"model.phones[{number}].count"] = count
    return load_run(EXPERIMENT, model=MODEL, overrides=overrides)


def measure(config: RunConfig) -> Measured:
    """One full run, in memory, part by part (CPU seconds of this process)."""
    gc.collect()
    gc.disable()
    try:
        return _measure(config)
    finally:
        gc.enable()


def _measure(config: RunConfig) -> Measured:
    experiment = config.experiment
    started = time.process_time()
    twin = Twin(config.model, seed=experiment.seed, start=experiment.start, timing=config.timing)
    built = time.process_time()
    for step in experiment.steps:
        twin.do(step)
    if twin.now_ms < experiment.run_for_ms:
        twin.run_until(experiment.run_for_ms)
    finished = twin.finish()
    stormed = time.process_time()
    assert twin.memory is not None
    tables = journal_tables(
        twin.memory, phones_table(twin.cluster, finished.findings), finished.ended_at_ms
    )
    document = result_document(
        tables, occupancy(tables), experiment.epoch, experiment=experiment.name,
        model=config.model.name, release=config.release.name, seed=experiment.seed,
        provenance=Provenance(
            version="benchmark", model_sha256="", experiment_sha256="", parameters={}
        ),
        expect=experiment.expect,
    )  # fmt: skip
    done = time.process_time()
    if document.metrics.phones_stuck or document.metrics.resets_total < tables.phone_count:
        raise RuntimeError(f"the storm went wrong: {document.metrics}")
    return Measured(
        built - started, stormed - built, done - stormed, tables.phone_count,
        document.metrics.resets_total, len(tables.phone_events),
    )  # fmt: skip


def shape(config: RunConfig) -> StormShape:
    """The same storm for the yardsticks."""
    timing = config.timing
    model = config.model
    registrations = timing.reg_rate_sip_per_s.value * (1 - timing.cpu_other.value)
    return StormShape(
        phones=model.phone_count,
        callmanagers=sum("CallManager" in node.services for node in model.nodes),
        tftp_nodes=sum("TFTP" in node.services for node in model.nodes),
        pace_per_s=timing.reset_pace_per_ccm_per_s.value,
        jitter_s=timing.reset_phone_jitter_s.interval[1],
        boot_median_s=75.0,
        boot_sigma=timing.boot_sigma.value,
        files=round(timing.files_per_boot_sip.value),
        tftp_objects=config.release.tftp_connection_objects or 500,
        tftp_service_s=TFTP_SERVICE_MS / 1000,
        register_service_s=1 / registrations,
        verify_s=timing.trust_verify_s.value,
    )
