"""Which parameters took part in a run: all that could have changed it, and few others."""

from __future__ import annotations

import pytest

from twin.config.load import load_timing
from twin.config.timing import TimingProfile
from twin.metrics.relevance import MECHANISMS, took_part
from twin.study.run import Run, run_experiment

EXPERIMENTS = (
    "callmanager-regeneration",
    "how-is-an-lsc-installed",
    "what-does-a-router-restart-cost-with-failover",
    "what-if-both-change-on-a-single-server",
    "does-mra-survive-a-new-callmanager",
    "how-is-a-cluster-renewed-with-tvs-last",
    "does-a-stale-ctl-keep-secure-phones-out",
    "who-minds-an-expired-tomcat",
    "does-localkey-rescue-a-single-server",
)


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """The runs, each made once."""
    return {}


def run_of(name: str, runs: dict[str, Run]) -> Run:
    """A run of a bundled experiment."""
    if name not in runs:
        runs[name] = run_experiment(name)
    return runs[name]


def test_every_parameter_belongs_to_a_mechanism() -> None:
    """No parameter of the profile is forgotten, and none is named that is not there."""
    named = {name for mechanism in MECHANISMS for name in mechanism.parameters}
    assert named == set(TimingProfile.parameter_names())


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_did_not_take_part_could_have_had_any_value(
    name: str, end: str, runs: dict[str, Run]
) -> None:
    """With every other parameter at an end of its range the journal is the same, row by row."""
    run = run_of(name, runs)
    part = took_part(run.tables, run.config.model)
    others = {
        f"timing.{other}": getattr(parameter, end)
        for other, parameter in run.config.timing.parameters().items()
        if other not in part
    }
    assert others
    assert run_experiment(name, overrides=others).fingerprint == run.fingerprint


def test_what_took_part_changes_the_run(runs: dict[str, Run]) -> None:
    """A parameter that took part is there for a reason: another value makes another run."""
    run = run_of("callmanager-regeneration", runs)
    part = took_part(run.tables, run.config.model)
    for name in ("reset_debounce_s", "itl_rebuild_delay_s", "trust_verify_s", "register_sip_s"):
        assert name in part
        changed = run_experiment(
            "callmanager-regeneration",
            overrides={f"timing.{name}": load_timing().parameters()[name].high},
        )
        assert changed.fingerprint != run.fingerprint


def test_a_small_storm_rests_on_few_assumptions(runs: dict[str, Run]) -> None:
    """Without CAPF, Expressways, IM and Presence, restarts and losses none of theirs is listed."""
    run = run_of("callmanager-regeneration", runs)
    part = took_part(run.tables, run.config.model)
    strangers = ("capf_", "lsc_", "mra_", "im_", "drf_", "ccm_restart", "tomcat_", "online_ca")
    assert not [name for name in part if name.startswith(strangers)]
    assert part["tvs_timeout_s"] == "phones asked TVS"
    assert len([name for name, _ in load_timing().assumed() if name in part]) < 30


def test_what_is_in_the_model_only_is_told_by_its_mechanism(runs: dict[str, Run]) -> None:
    """Expressways bring sign-ins into the list, an LSC campaign brings CAPF."""
    outside = run_of("does-mra-survive-a-new-callmanager", runs)
    campaign = run_of("how-is-an-lsc-installed", runs)
    assert "mra_logins_per_s" in took_part(outside.tables, outside.config.model)
    assert "capf_sessions" in took_part(campaign.tables, campaign.config.model)
    assert "mra_logins_per_s" not in took_part(campaign.tables, campaign.config.model)
