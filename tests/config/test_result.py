"""The result document: its metrics as paths, and what is in it by default."""

from __future__ import annotations

from twin.config.result import (
    ExpectationOutcome,
    Metrics,
    Provenance,
    Result,
    is_metric,
    metric_paths,
)


def _result(*passed: bool) -> Result:
    return Result(
        experiment="e",
        model="m",
        release="11.5",
        seed=1,
        phones=0,
        started_at="2016-02-07T22:00:00.000Z",
        ended_at="2016-02-08T02:00:00.000Z",
        provenance=Provenance(
            version="0", model_sha256="", experiment_sha256="", parameters={"p_busy": 0.01}
        ),
        metrics=Metrics(),
        expectations=tuple(
            ExpectationOutcome(name=str(n), passed=value, observed=0, expected="0")
            for n, value in enumerate(passed)
        ),
    )


def test_the_promised_metrics_exist() -> None:
    """Expectations may name every number of the published result document."""
    promised = {
        "resets_total", "resets_per_phone_max", "peak_unregistered", "outage_phone_minutes",
        "recovery_s.p50", "recovery_s.p90", "recovery_s.p95", "recovery_s.p99", "recovery_s.p100",
        "itl_updates.attempted", "itl_updates.unchanged", "itl_updates.accepted_local",
        "itl_updates.accepted_tvs", "itl_updates.accepted_first_use", "itl_updates.rejected",
        "itl_updates.not_downloaded", "config_updates.rejected", "itl_mismatch", "phones_stuck",
        "phones_unregistered_at_end", "tftp.requests", "tftp.rejected_503", "tftp.queue_peak",
        "tvs.queries", "tvs.known", "tvs.unknown", "tvs.unreachable", "registration.queue_peak",
        "reset_loop.detected", "reset_loop.period_s", "reset_loop.cycles",
    }  # fmt: skip
    assert promised <= set(metric_paths())


def test_only_numbers_are_metrics() -> None:
    """Lists are counted by event and alarm expectations; groups are no numbers."""
    assert not is_metric("alarms")
    assert not is_metric("tls_failures")
    assert not is_metric("recovery_s")
    assert not is_metric("nothing")
    assert is_metric("stuck_by_reason.anything")


def test_a_recovery_that_never_came_is_null() -> None:
    """No value is written as null, not left out."""
    assert Metrics().model_dump(mode="json")["recovery_s"]["p100"] is None


def test_a_run_passes_when_every_expectation_does() -> None:
    """One that failed is enough; a run without expectations passes."""
    assert _result().passed
    assert _result(True, True).passed
    assert not _result(True, False).passed


def test_a_result_reads_back_from_its_json() -> None:
    """Other tools can read what was written."""
    result = _result(True)
    assert Result.model_validate_json(result.model_dump_json()) == result
