"""The window to play with: what goes in comes out of a run, and nothing of it is scripted."""

from __future__ import annotations

import pytest

import twin
from twin.errors import InputError
from twin.notebook.planner import BRANCH, BRANCH_SHARE, ORDERS, evening, plan


def test_a_plan_with_nothing_said_is_an_evening_that_works() -> None:
    """The defaults make a storm from which everybody comes back."""
    made = plan()
    metrics = made.result.metrics
    assert metrics.phones_stuck == 0
    assert metrics.phones_unregistered_at_end == 0
    assert metrics.resets_total == 4 * made.phones
    assert "no phone stuck" in made.title
    assert made.length in made.title


def test_what_is_planned_is_what_is_run() -> None:
    """Phones, pace and link arrive in the documents of the run."""
    made = plan(phones=50, reset_pace=20, wan_mbps=5)
    run = made.result
    assert run.document.phones == 50
    assert run.config.timing.reset_pace_per_ccm_per_s.value == 20
    sites = {site.name: site for site in run.config.model.sites}
    assert sites[BRANCH].bandwidth_mbps == 5
    assert (run.phones["site"] == BRANCH).sum() == round(50 * BRANCH_SHARE)


def test_the_pace_and_the_order_change_the_storm() -> None:
    """A slower pace has fewer phones out at once; without waits all are stuck."""
    usual, slow = plan(phones=600), plan(phones=600, reset_pace=5)
    assert slow.result.metrics.peak_unregistered < usual.result.metrics.peak_unregistered
    assert slow.length_s > usual.length_s
    hasty = plan(phones=60, order="all at once")
    assert hasty.result.metrics.phones_stuck == 60
    assert hasty.length_s < plan(phones=60).length_s
    assert "60 phones stuck" in hasty.title


def test_the_outcome_of_an_order_follows_from_the_release() -> None:
    """Nothing knows that all at once ends badly: from 12.0 on the signer is another key."""
    question, model = evening(phones=60, order="all at once")
    newer = twin.run(question, model=model, set={"model.release": "12.5"})
    assert newer.metrics.phones_stuck == 0


def test_plans_that_make_no_sense_are_refused() -> None:
    """An unknown order names the nearest; numbers have their ranges."""
    with pytest.raises(InputError, match="CallManager, then TVS"):
        plan(order="CallManager then TVS")
    with pytest.raises(InputError, match="10 to 20,000"):
        plan(phones=5)
    with pytest.raises(InputError, match="reset_pace"):
        plan(reset_pace=1e6)


def test_an_evening_can_be_asked_more_of() -> None:
    """The documents of a plan go into a sweep as they are."""
    question, model = evening(phones=20)
    sweep = twin.sweep(question, model=model, replicates=2, workers=0)
    assert len(sweep.frame) == 2
    assert set(ORDERS) == {"CallManager, then TVS", "TVS, then CallManager", "all at once"}
