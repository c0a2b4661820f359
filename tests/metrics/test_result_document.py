"""The result document, filled from a journal."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from twin.config.experiment import Expectation
from twin.config.result import Provenance, Result
from twin.metrics.document import result_document
from twin.metrics.occupancy import occupancy
from twin.phones.lifecycle import State
from twin.simtime import Epoch

EPOCH = Epoch(datetime(2016, 2, 7, 22, tzinfo=UTC))
PROVENANCE = Provenance(
    version="0", model_sha256="a", experiment_sha256="b", parameters={"reset_debounce_s": 5.0}
)


def document_of(tables, *expect):
    """The document of some tables."""
    return result_document(
        tables,
        occupancy(tables),
        EPOCH,
        experiment="both-together",
        model="seed-lab",
        release="10.5",
        seed=7,
        provenance=PROVENANCE,
        expect=[Expectation.model_validate(line) for line in expect],
    )


def test_a_storm_as_a_document(storm_tables):
    """Every number of the document comes from its place in the journal."""
    document = document_of(storm_tables, {"metric": "phones_stuck", "equals": 100})
    metrics = document.metrics
    assert (document.phones, document.seed) == (1_200, 7)
    assert document.started_at == "2016-02-07T22:00:00.000Z"
    assert document.ended_at == "2016-02-08T02:00:00.000Z"
    assert (metrics.resets_total, metrics.resets_per_phone_max) == (2_400, 2)
    assert metrics.peak_unregistered <= 1_200
    assert metrics.itl_updates.attempted == 2_400
    assert (metrics.itl_updates.accepted_tvs, metrics.itl_updates.rejected) == (2_300, 100)
    assert metrics.config_updates == metrics.itl_updates
    assert (metrics.phones_stuck, metrics.itl_mismatch) == (100, 100)
    assert metrics.stuck_by_reason == {"signer_not_in_lists+tvs_certificate_not_in_itl": 100}
    assert metrics.phones_unregistered_at_end == 0
    assert (metrics.tvs.queries, metrics.tvs.known) == (2_400, 2_300)
    assert metrics.tftp.requests == 2_400
    assert not metrics.reset_loop.detected
    assert [wave.cause for wave in document.waves] == ["CallManager of pub", "TVS of pub"]
    assert metrics.recovery_s.p100 == max(wave.recovery_s.p100 for wave in document.waves)
    assert document.passed


def test_steps_tell_what_became_of_them(script):
    """A step that was done says so; one that was not is told in the product's words, or ours."""
    told = script([State.REGISTERED], ended_at_ms=400_000)
    told.step(1_000, "regenerate", "regenerate CallManager on pub", lasts=5_000)
    told.step(200_000, "regenerate", "regenerate TVS on pub", "refused")
    told.nodes[-1].data["message"] = "Cannot regenerate TVS within 5 minutes"
    told.step(300_000, "wait", "wait until quiet", "timed_out", lasts=60_000)
    steps = document_of(told.tables()).steps
    assert [(step.at, step.action, step.outcome) for step in steps] == [
        ("2016-02-07T22:00:06.000Z", "regenerate CallManager on pub", "done"),
        (
            "2016-02-07T22:03:20.000Z",
            "regenerate TVS on pub",
            "Cannot regenerate TVS within 5 minutes",
        ),
        ("2016-02-07T22:06:00.000Z", "wait until quiet", "timed out"),
    ]


def test_alarms_carry_their_time(script):
    """An alarm of the journal is an alarm of the document, with its instant as a date."""
    told = script([])
    told.node(2_500, "Tomcat", "alarm", "warning", name="TomcatCertRegen")
    (alarm,) = document_of(told.tables()).metrics.alarms
    assert (alarm.name, alarm.node, alarm.at) == (
        "TomcatCertRegen",
        "pub",
        "2016-02-07T22:00:02.500Z",
    )


def test_the_document_survives_json(storm_tables):
    """Written as JSON and read back it is the same document; "never" is null."""
    document = document_of(storm_tables)
    text = document.model_dump_json()
    assert Result.model_validate_json(text) == document
    assert json.loads(text)["metrics"]["reset_loop"]["period_s"] is None


def test_a_run_of_nothing_is_answered(script):
    """Without phones every number is zero, and nothing is null that was asked for."""
    metrics = document_of(script([]).tables()).metrics
    assert metrics.recovery_s.p100 == 0
    assert metrics.outage_phone_minutes == pytest.approx(0)
    assert metrics.stuck_by_reason == {}
