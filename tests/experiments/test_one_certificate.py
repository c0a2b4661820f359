"""One certificate at a time (A1, A2, A3, A11, A12), with one thing changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.api import RunResult
from twin.phones.lifecycle import Event
from twin.phones.stuck import START_TVS

Run = Callable[..., RunResult]
Remedies = Callable[[RunResult], set[str]]

BOTH_TVS_STOPPED = [
    {"stop_service": {"node": "pub", "service": "TVS"}},
    {"stop_service": {"node": "sub1", "service": "TVS"}},
]


def test_without_any_tvs_a_new_signer_is_refused(variant: Run, remedies_of: Remedies) -> None:
    """A1 with TVS stopped everywhere: the phones of that TFTP node are stuck until TVS is back."""
    result = variant(
        "can-phones-follow-a-new-callmanager-certificate",
        lambda steps: [*BOTH_TVS_STOPPED, *steps],
    )
    metrics = result.metrics
    assert metrics.itl_updates.rejected == 500
    assert metrics.itl_updates.accepted_tvs == 0
    assert metrics.stuck_by_reason == {"signer_not_in_lists+tvs_unreachable": 500}
    assert all(START_TVS in remedies for remedies in remedies_of(result))


def test_when_tvs_is_back_the_next_reset_mends_it(variant: Run) -> None:
    """A closed path that opens again is no longer a reason to be stuck."""
    result = variant(
        "can-phones-follow-a-new-callmanager-certificate",
        lambda steps: [
            *BOTH_TVS_STOPPED,
            *steps,
            {"start_service": {"node": "sub1", "service": "TVS"}},
            {"reset_phones": {"kind": "reset"}},
            {"wait": {"until": "all_phones_registered", "at_most": "1h"}},
        ],
        run_for="3h",
    )
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.accepted_tvs == 500
    assert result.metrics.itl_mismatch == 0


def test_one_tvs_of_two_is_enough(variant: Run) -> None:
    """A1 with the first TVS of half the phones stopped: they wait for it, then ask the second."""
    result = variant(
        "can-phones-follow-a-new-callmanager-certificate",
        lambda steps: [BOTH_TVS_STOPPED[0], *steps],
    )
    assert result.metrics.phones_stuck == 0
    assert result.metrics.tvs.unreachable == 500
    assert result.metrics.itl_updates.accepted_tvs == 500


def test_the_phones_that_come_later_do_so_later(bundled: Run) -> None:
    """A2's ten late phones ask TVS ten hours after the others."""
    tables = bundled("can-a-phone-that-was-off-follow-later").tables
    asked = tables.phone_events[tables.rows_of(Event.TVS_ASKED)][:, 0]
    assert (asked >= 36_000_000).sum() == 10
    assert len(asked) == 500


@pytest.mark.parametrize(("nodes", "stuck"), [(("pub", "sub1"), 10), (("pub",), 0), ((), 0)])
def test_a_phone_that_was_off_needs_one_tvs_it_knows(
    variant: Run, nodes: tuple[str, ...], stuck: int
) -> None:
    """A2 with TVS renewed as well in the meantime: on one node nobody is lost, on both the ten."""
    renewals = [{"regenerate": {"node": node, "unit": "TVS"}} for node in nodes]
    waits = {"wait": {"until": "all_phones_registered", "at_most": "2h"}}
    result = variant(
        "can-a-phone-that-was-off-follow-later",
        lambda steps: [
            *steps[:3], {"advance": {"for": "10m"}}, *renewals, waits, *steps[3:]
        ],
    )  # fmt: skip
    assert result.metrics.phones_stuck == stuck


def test_from_12_a_phone_that_was_off_asks_nobody(variant: Run) -> None:
    """A2 on 12.5: ITLRecovery signs, so the ten take the list in the morning without TVS."""
    result = variant("can-a-phone-that-was-off-follow-later", release="12.5")
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_mismatch == 0
    assert result.metrics.tvs.queries == 0


def test_a_tvs_in_every_group_resets_everybody(variant: Run) -> None:
    """A3 on the node that every group has: all phones are reset."""
    result = variant(
        "who-is-reset-by-a-new-tvs-certificate",
        lambda steps: [{"regenerate": {"node": "pub", "unit": "TVS"}}, *steps[1:]],
    )
    assert result.metrics.resets_total == 1000
    assert result.metrics.itl_mismatch == 0


def test_a_node_with_tftp_does_matter(variant: Run) -> None:
    """A11 on the node that serves files: the same role test leads to resets and a new list."""
    result = variant(
        "does-a-node-without-tftp-matter",
        lambda steps: [{"regenerate": {"node": "labserver1", "unit": "CallManager"}}, *steps[1:]],
    )
    assert result.metrics.resets_total == 2
    assert result.metrics.itl_updates.accepted_tvs == 2


def test_an_active_capf_does_matter(variant: Run) -> None:
    """A12 with CAPF activated: new lists on both TFTP nodes, and every phone is reset."""
    result = variant("does-capf-matter-when-it-is-not-active", model_set={})
    assert result.metrics.resets_total == 1000
    assert [alarm.name for alarm in result.metrics.alarms] == ["ITLFileRegenerated"] * 2


def test_a_subscribers_capf_does_not_matter(variant: Run) -> None:
    """A12 on a subscriber's own CAPF certificate, which nobody uses although CAPF is active."""
    result = variant(
        "does-capf-matter-when-it-is-not-active",
        lambda steps: [{"regenerate": {"node": "sub1", "unit": "CAPF"}}, *steps[1:]],
        model_set={},
    )
    assert result.document.steps[0].outcome == "done"
    assert result.metrics.resets_total == 0
    assert result.metrics.itl_mismatch == 0
    assert result.metrics.alarms == ()
