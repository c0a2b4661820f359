"""CallManager and TVS together (A4 to A7), with one thing changed: who is stuck, and what helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.api import RunResult
from twin.errors import ConfigError
from twin.phones.stuck import BY_HAND, LOCALKEY

Run = Callable[..., RunResult]
Remedies = Callable[[RunResult], set[str]]

SINGLE = "what-if-both-change-on-a-single-server"
TOGETHER = "what-if-callmanager-and-tvs-change-together"
NO_WAY = "signer_not_in_lists+tvs_certificate_not_in_itl"


@pytest.mark.parametrize(
    ("release", "stuck", "remedies"),
    [
        ("8.6", 250, {BY_HAND}),
        ("9.1", 250, {BY_HAND}),
        ("10.5", 250, {f"{LOCALKEY};{BY_HAND}"}),
        ("11.5", 250, {f"{LOCALKEY};{BY_HAND}"}),
        ("12.5", 0, set()),
        ("14", 0, set()),
        ("15", 0, set()),
    ],
)
def test_who_signs_the_list_decides_over_the_overlap(
    variant: Run, release: str, stuck: int, remedies: set[str], remedies_of: Remedies
) -> None:
    """The overlap is fatal where CallManager signs, curable where ITLRecovery is in the list."""
    result = variant(SINGLE, release=release)
    assert result.metrics.phones_stuck == stuck
    assert result.metrics.stuck_by_reason == ({NO_WAY: stuck} if stuck else {})
    assert remedies_of(result) == remedies


@pytest.mark.parametrize(
    ("name", "release", "stuck"),
    [
        (TOGETHER, "12.5", 0),
        ("is-the-overlap-safe-from-12", "11.5", 1000),
        ("what-if-the-phones-sleep-through-both", "12.5", 0),
        ("what-if-both-change-on-a-single-server-of-8-6", "15", 0),
    ],
)
def test_the_same_steps_on_the_other_side_of_12(
    variant: Run, name: str, release: str, stuck: int
) -> None:
    """What is lost before 12.0 is kept from 12.0 on, and the other way round."""
    result = variant(name, release=release, timing={"regeneration_guard_min": 0})
    assert result.metrics.phones_stuck == stuck


def test_the_guard_prevents_the_disaster_of_the_hasty(variant: Run) -> None:
    """With the guard on, the second certificate is refused and nobody is stuck."""
    result = variant(SINGLE, timing={})
    assert result.metrics.phones_stuck == 0
    assert [step.outcome[:11] for step in result.document.steps] == ["done", "CallManager", "done"]


@pytest.mark.parametrize("release", ["9.1", "11.5"])
def test_the_order_of_the_two_does_not_matter_for_the_disaster(variant: Run, release: str) -> None:
    """TVS before CallManager without a wait leaves every phone as stuck as the other order."""
    result = variant(SINGLE, lambda steps: [steps[1], steps[0], *steps[2:]], release=release)
    assert result.metrics.phones_stuck == 250


@pytest.mark.parametrize("release", ["8.6", "11.5", "12.5"])
def test_patience_works_in_both_orders(variant: Run, release: str) -> None:
    """TVS first, every phone back, then CallManager: nobody is stuck either."""
    result = variant(
        "is-patience-enough-on-a-single-server",
        lambda steps: [steps[3], steps[1], steps[2], steps[0], steps[4]],
        release=release,
    )
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.rejected == 0


def test_one_tvs_left_alone_saves_a_cluster_of_two(variant: Run) -> None:
    """CallManager everywhere and TVS on one node: the other node's TVS vouches for everything."""
    result = variant(TOGETHER, lambda steps: [*steps[:3], steps[4]])
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.accepted_tvs == 1000


def test_without_resets_the_reset_list_helps_nobody_yet(variant: Run) -> None:
    """utils itl reset opens a way out; the phones take it at their next reset, not before."""
    result = variant("does-itl-reset-localkey-bring-them-back", lambda steps: steps[:7])
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_mismatch == 1000


def test_there_is_no_reset_tool_before_10(variant: Run) -> None:
    """On 9.1 `utils itl reset` is an input error, not an action that fails."""
    with pytest.raises(ConfigError, match="has no 'utils itl reset'"):
        variant("does-localkey-rescue-a-single-server", release="9.1")


def test_renewing_all_three_needs_the_restart_to_be_fatal(variant: Run) -> None:
    """As long as TFTP has not loaded the new ITLRecovery, the old key signs and phones follow."""
    result = variant("what-if-itlrecovery-changes-too", lambda steps: [*steps[:3], steps[4]])
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.accepted_local == 250


def test_renewing_all_three_leaves_only_the_hand(bundled: Run, remedies_of: Remedies) -> None:
    """With all three anchors new, no reset key is in the phones' lists."""
    assert remedies_of(bundled("what-if-itlrecovery-changes-too")) == {BY_HAND}


def test_localkey_helps_as_long_as_callmanager_is_known(
    variant: Run, remedies_of: Remedies
) -> None:
    """TVS and ITLRecovery new, CallManager kept: from 12.0 localkey signs with what phones know."""

    def steps(written: list[Any]) -> list[Any]:
        return [written[0], *written[2:5]]

    before = variant("what-if-itlrecovery-changes-too", steps)
    assert before.metrics.phones_stuck == 250
    assert remedies_of(before) == {f"{LOCALKEY};{BY_HAND}"}
    after = variant("what-if-itlrecovery-changes-too", lambda w: [*steps(w), *w[5:]])
    assert after.metrics.phones_stuck == 0
    assert after.metrics.itl_mismatch == 0


def test_a_recovery_key_kept_outside_brings_them_back(variant: Run) -> None:
    """With ITLRecovery.p12 exported before all three change, remotekey is one the phones know."""
    result = variant(
        "what-if-itlrecovery-changes-too",
        lambda steps: [
            {"export_itl_recovery": {}},
            *steps[:5],
            {"at": "1h", "itl_reset": {"key": "remote"}},
            *steps[6:],
        ],
    )
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_mismatch == 0


def test_phones_may_be_taken_to_stay_unregistered(variant: Run) -> None:
    """Sources disagree on phones with a refused list; under the parameter they stay away."""
    timing = {"regeneration_guard_min": 0, "p_unreg_on_bad_itl": 1}
    result = variant(SINGLE, lambda steps: steps[:2], timing=timing)
    assert result.metrics.phones_stuck == 250
    assert result.metrics.phones_unregistered_at_end == 250


def test_visits_take_the_time_they_take(bundled: Run) -> None:
    """250 phones at 30 visits an hour are 8 h 20 min of walking."""
    steps = bundled("how-long-does-it-take-by-hand").document.steps
    assert steps[-2].action == "delete phone lists"
    assert steps[-2].at.endswith("T16:20:00.000Z")
