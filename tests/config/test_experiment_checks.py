"""Whether an experiment fits the model, release and timing profile it is run with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twin.config.load import load_run
from twin.errors import ConfigError

Faults = Callable[[Callable[[dict[str, Any]], object]], list[str]]


def test_the_small_experiment_is_right(experiment_faults: Faults) -> None:
    """The document the other tests change has no fault itself."""
    assert experiment_faults(lambda e: None) == []


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (
            {"regenerate": {"node": "cucm-pup", "unit": "TVS"}},
            "steps[0].regenerate.node: unknown node 'cucm-pup', expected one of cucm-pub, "
            "cucm-sub, or an alias such as pub, sub1, tftp1; did you mean 'cucm-pub'?",
        ),
        (
            {"restart_service": {"node": "sub1", "service": "CAPF"}},
            "steps[0].restart_service.service: CAPF is not activated on cucm-sub, "
            "expected one of CallManager, TFTP.",
        ),
        (
            {"wan": {"site": "campsu", "up": False}},
            "steps[0].wan.site: unknown site 'campsu', expected one of campus; "
            "did you mean 'campus'?",
        ),
        (
            {"reset_phones": {"select": {"population": "desk", "node": "sub2"}}},
            "steps[0].reset_phones.select.population: unknown population 'desk', expected one of "
            "desk-8841, desk-7841, lobby-7962; did you mean 'desk-7841'?",
        ),
        (
            {"power": {"phones": {"model": 8861}, "on": True}},
            "steps[0].power.phones.model: unknown phone model of this deployment '8861', "
            "expected one of 7841, 7962, 8841; did you mean '8841'?",
        ),
        (
            {"https_request": {"web_server": "portal"}},
            "steps[0].https_request.web_server: unknown web server 'portal', "
            "expected no web server here.",
        ),
        (
            {"set_enterprise_parameter": {"name": "rollback_to_pre_8", "value": "yes"}},
            "steps[0].set_enterprise_parameter.value: 'yes', expected one of true, false.",
        ),
        (
            {
                "set_enterprise_parameter": {
                    "name": "phone_interaction_on_certificate_update",
                    "value": "manual",
                }
            },
            "steps[0].set_enterprise_parameter.name: release 11.5 has no parameter "
            "phone_interaction_on_certificate_update.",
        ),
    ],
)
def test_a_wrong_reference_in_a_step_is_named(
    experiment_faults: Faults, step: dict[str, Any], fault: str
) -> None:
    """Every name in a step must exist in the model."""
    assert fault in experiment_faults(lambda e: e.update(steps=[step]))


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (
            {"restore": {"nodes": ["sub1", "sub9"]}},
            "steps[0].restore.nodes[1]: unknown node 'sub9', expected one of cucm-pub, cucm-sub, "
            "or an alias such as pub, sub1, tftp1; did you mean 'sub1'?",
        ),
        (
            {"upgrade": {"to": "12.6"}},
            "steps[0].upgrade.to: unknown release '12.6', expected one of 8.6, 9.1, 10.5, 11.5, "
            "12.5, 14, 15; did you mean '12.5'?",
        ),
        (
            {"move_phones": {"to": "new-cluster"}},
            "steps[0].move_phones.to: unknown cluster 'new-cluster', expected one of "
            "two-node-1000.",
        ),
        (
            {"bulk_certificates": {}},
            "steps[0].bulk_certificates: model two-node-1000 has one cluster, "
            "expected a model of two clusters.",
        ),
    ],
)
def test_a_wrong_reference_in_a_recovery_step_is_named(
    experiment_faults: Faults, step: dict[str, Any], fault: str
) -> None:
    """Nodes, releases and clusters of backups, upgrades and moves must exist."""
    assert fault in experiment_faults(lambda e: e.update(steps=[step]))


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ({"move_phones": {"to": "new-cluster", "callmanager_group": "old-group"}}, "old-group"),
        ({"move_phones": {"to": "new-cluster", "tftp": ["old-pub"]}}, "unknown TFTP node"),
        ({"bulk_certificates": {"into": "third"}}, "unknown cluster 'third'"),
        ({"regenerate": {"node": "new-sub", "unit": "ITLRecovery"}}, "on the publisher only"),
    ],
)
def test_a_step_between_two_clusters_names_what_each_has(
    experiment_faults: Faults, step: dict[str, Any], fault: str
) -> None:
    """Groups, TFTP nodes and units are looked up in the cluster the step is about."""
    change = {"model": "two-clusters-300", "steps": [step]}
    assert any(fault in found for found in experiment_faults(lambda e: e.update(change)))


@pytest.mark.parametrize(("upgraded", "is_right"), [(True, True), (False, False)])
def test_a_step_after_an_upgrade_is_checked_against_the_new_release(
    experiment_faults: Faults, upgraded: bool, is_right: bool
) -> None:
    """ITLRecovery can be named from the step on that brings a release that has it."""
    steps: list[dict[str, Any]] = [{"regenerate": {"node": "pub", "unit": "ITLRecovery"}}]
    if upgraded:
        steps.insert(0, {"upgrade": {"to": "12.5"}})
    found = experiment_faults(lambda e: e.update(release="9.1", steps=steps))
    assert (found == []) == is_right


@pytest.mark.parametrize(
    "rename", [{}, {"node": "pub"}, {"to": "x"}, {"node": "pub", "to": "x", "domain": "x.example"}]
)
def test_one_thing_is_renamed(experiment_faults: Faults, rename: dict[str, str]) -> None:
    """A host name or the domain, neither half of one nor both."""
    found = experiment_faults(lambda e: e.update(steps=[{"rename": rename}]))
    assert any("expected node and to, or domain" in fault for fault in found)


@pytest.mark.parametrize(
    ("release", "step", "fault"),
    [
        ("9.1", {"regenerate": {"node": "pub", "unit": "ITLRecovery"}}, "release 9.1 has not"),
        ("9.1", {"itl_reset": {"key": "local"}}, "release 9.1 has no 'utils itl reset'"),
        ("9.1", {"export_itl_recovery": {}}, "release 9.1 has no ITLRecovery"),
        ("14", {"regenerate": {"node": "sub1", "unit": "ITLRecovery"}}, "on the publisher only"),
        ("14", {"regenerate": {"node": "sub1", "unit": "CAPF"}}, "on the publisher only"),
    ],
)
def test_a_release_must_have_what_a_step_uses(
    experiment_faults: Faults, release: str, step: dict[str, Any], fault: str
) -> None:
    """An action the release does not offer is a fault of the experiment."""
    (found,) = experiment_faults(lambda e: e.update(release=release, steps=[step]))
    assert fault in found


@pytest.mark.parametrize("unit", ["ITLRecovery", "CAPF"])
def test_older_subscribers_have_these_certificates(experiment_faults: Faults, unit: str) -> None:
    """On 11.5 each node has an ITLRecovery and a CAPF certificate of its own."""
    step = {"regenerate": {"node": "sub1", "unit": unit}}
    assert experiment_faults(lambda e: e.update(steps=[step])) == []


@pytest.mark.parametrize(
    ("metric", "nearest"),
    [
        ("phones_stuk", "phones_stuck"),
        ("recovery.p95", "recovery_s.p95"),
        ("tvs.quries", "tvs.queries"),
    ],
)
def test_an_unknown_metric_suggests_the_nearest(
    experiment_faults: Faults, metric: str, nearest: str
) -> None:
    """Expectations can only look at what the result has."""
    (fault,) = experiment_faults(lambda e: e["expect"][0].update(metric=metric))
    assert f"did you mean {nearest!r}?" in fault


def test_stuck_phones_may_be_expected_by_reason(experiment_faults: Faults) -> None:
    """The reasons are open words below stuck_by_reason."""
    change = {"metric": "stuck_by_reason.no_trusted_signer"}
    assert experiment_faults(lambda e: e["expect"][0].update(change)) == []


def test_an_expectation_of_an_unknown_node_is_named(experiment_faults: Faults) -> None:
    """Events are counted per node only for nodes that exist."""
    expect = [{"event": "refused", "node": "sub9", "equals": 1}]
    (fault,) = experiment_faults(lambda e: e.update(expect=expect))
    assert fault.startswith("expect[0].node: unknown node 'sub9'")


def test_timing_values_are_checked(experiment_faults: Faults) -> None:
    """An unknown parameter and a value out of range are faults at their lines."""
    faults = experiment_faults(lambda e: e.update(timing={"p_busy": 1, "reset_pace": 100}))
    assert faults == [
        "timing.p_busy: 1 is out of range, expected 0 to 0.2.",
        "timing.reset_pace: unknown timing parameter 'reset_pace'; did you mean "
        "'reset_pace_per_ccm_per_s'? 'twin schema timing' lists the parameters.",
    ]


def test_faults_of_experiment_and_model_come_together(
    experiment: dict[str, Any], model: dict[str, Any], tmp_path: Path
) -> None:
    """A wrong model does not hide what is wrong with the experiment."""
    model["phones"][0]["site"] = "nowhere"
    (tmp_path / "model.yaml").write_text(json.dumps(model))
    experiment.update(model="model.yaml", run_for="4 ours")
    (tmp_path / "experiment.yaml").write_text(json.dumps(experiment))
    with pytest.raises(ConfigError) as caught:
        load_run(tmp_path / "experiment.yaml")
    message = str(caught.value)
    assert "unknown unit 'ours'" in message
    assert "unknown site 'nowhere'" in message
