"""The result document of a run, filled from its tables.

Knows: every metric of this room and the document's shape. Must not know how to print or draw it.
"""

from __future__ import annotations

from collections.abc import Sequence

from twin.config import result
from twin.config.experiment import Expectation
from twin.kernel.journal import NodeEvent
from twin.metrics import counters
from twin.metrics.expectations import expectation_outcomes
from twin.metrics.legs import legs
from twin.metrics.lsc import lsc
from twin.metrics.occupancy import Occupancy, Outage
from twin.metrics.presence import presence
from twin.metrics.reset_loop import reset_loop
from twin.metrics.storm import RecoveryS, Wave, operator_steps, recovery_s, waves
from twin.metrics.tables import JournalTables
from twin.phones.lifecycle import Event
from twin.simtime import Epoch


def result_document(
    tables: JournalTables,
    changes: Occupancy | Outage,
    epoch: Epoch,
    *,
    experiment: str,
    model: str,
    release: str,
    seed: int,
    provenance: result.Provenance,
    expect: Sequence[Expectation] = (),
) -> result.Result:
    """Everything a run answers; the arguments are what the journal does not say of itself."""
    found = waves(tables)
    metrics = run_metrics(tables, changes, epoch, found)
    return result.Result(
        experiment=experiment,
        model=model,
        release=release,
        seed=seed,
        phones=tables.phone_count,
        started_at=epoch.iso(0),
        ended_at=epoch.iso(tables.ended_at_ms),
        provenance=provenance,
        metrics=metrics,
        waves=tuple(_wave(wave, epoch) for wave in found),
        steps=tuple(_step(row, epoch) for row in operator_steps(tables, with_passive=True)),
        expectations=expectation_outcomes(expect, metrics, tables),
    )


def run_metrics(
    tables: JournalTables, changes: Occupancy | Outage, epoch: Epoch, found: list[Wave]
) -> result.Metrics:
    """The numbers of a run."""
    resets_total, resets_per_phone_max = counters.resets(tables)
    loop = reset_loop(tables)
    return result.Metrics(
        resets_total=resets_total,
        resets_per_phone_max=resets_per_phone_max,
        peak_unregistered=changes.peak_unregistered(),
        outage_phone_minutes=round(changes.outage_phone_minutes(), 3),
        recovery_s=_recovery(recovery_s(found)),
        itl_updates=result.UpdateCounts(**counters.updates(tables, Event.ITL_CHECKED)),
        config_updates=result.UpdateCounts(**counters.updates(tables, Event.CONFIG_CHECKED)),
        ctl_updates=result.UpdateCounts(**counters.updates(tables, Event.CTL_CHECKED)),
        ctl_mismatch=counters.ctl_mismatch(tables),
        tls_refused=tables.count(Event.TLS_REFUSED),
        tls_failures=tuple(counters.tls_failures(tables)),
        itl_mismatch=counters.itl_mismatch(tables),
        phones_stuck=counters.phones_stuck(tables),
        stuck_by_reason=counters.stuck_by_reason(tables),
        phones_unregistered_at_end=counters.phones_unregistered_at_end(tables),
        tftp=result.TftpMetrics(**counters.tftp(tables)),
        tvs=result.TvsMetrics(**counters.tvs(tables)),
        registration=result.RegistrationMetrics(**counters.registration(tables)),
        https=result.HttpsMetrics(**counters.https(tables)),
        reset_loop=result.ResetLoop(
            detected=loop.detected, period_s=loop.period_s, cycles=loop.cycles
        ),
        lsc=result.LscMetrics(**lsc(tables)),
        legs=result.LegMetrics(**legs(tables)),
        presence=result.PresenceMetrics(**presence(tables)),
        alarms=tuple(
            result.Alarm(
                name=alarm.name,
                severity=alarm.severity,
                node=alarm.node,
                at=epoch.iso(alarm.at_ms),
            )
            for alarm in counters.alarms(tables)
        ),
    )


def _recovery(seconds: RecoveryS) -> result.Recovery:
    return result.Recovery(**seconds)


def _wave(wave: Wave, epoch: Epoch) -> result.Wave:
    return result.Wave(
        name=wave.name,
        cause=wave.cause,
        started_at=epoch.iso(wave.started_at_ms),
        phones=wave.phones,
        recovery_s=_recovery(wave.recovery_s),
    )


def _step(row: NodeEvent, epoch: Epoch) -> result.StepOutcome:
    """One step; what went wrong is told in the product's words where it has some."""
    outcome = str(row.data.get("outcome", "done"))
    message = str(row.data.get("message") or "")
    name = row.data.get("name")
    return result.StepOutcome(
        at=epoch.iso(row.at_ms),
        action=str(row.data.get("text", "")),
        outcome=outcome if outcome == "done" else message or outcome.replace("_", " "),
        name=None if name is None else str(name),
    )
