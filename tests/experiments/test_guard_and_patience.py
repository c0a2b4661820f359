"""The guard and the clock (A8, A9, A10), with one thing changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.api import RunResult
from twin.phones.lifecycle import Event

Run = Callable[..., RunResult]


@pytest.mark.parametrize(
    ("at", "release", "minutes", "refused"),
    [
        ("3m", "11.5", 5, True),
        ("5m", "11.5", 5, True),
        ("5m 20s", "11.5", 5, False),
        ("5m 20s", "11.5", 10, True),
        ("3m", "11.5", 2, False),
        ("3m", "10.5", 5, True),
        ("3m", "15", 5, True),
        ("3m", "9.1", 5, False),
    ],
)
def test_the_guard_goes_by_the_clock_and_the_release(
    variant: Run, at: str, release: str, minutes: int, refused: bool
) -> None:
    """Refused within the guard's minutes, counted from when the first certificate was written."""
    result = variant(
        "does-the-guard-refuse-tvs-after-callmanager",
        lambda steps: [steps[0], steps[1] | {"at": at}, steps[2]],
        release=release,
        timing={"regeneration_guard_min": minutes},
    )
    outcome = result.document.steps[1].outcome
    if refused:
        assert outcome == (
            f"CallManager certificate was modified in the last {minutes} minutes. "
            "Please re-try regenerating TVS certificate at a later time"
        )
    else:
        assert outcome == "done"


def test_the_guard_is_for_one_node(variant: Run) -> None:
    """TVS of another node is not refused, nor another unit of the same one."""
    result = variant(
        "can-phones-follow-a-new-callmanager-certificate",
        lambda steps: [
            *steps[:1],
            {"regenerate": {"node": "sub1", "unit": "TVS"}},
            {"regenerate": {"node": "pub", "unit": "CAPF"}},
        ],
    )
    assert [step.outcome for step in result.document.steps] == ["done"] * 3


def test_waiting_for_the_calls_to_end_saves_everybody(variant: Run) -> None:
    """A9 with three hours instead of six minutes: the same calls, nobody stuck."""
    result = variant(
        "is-six-minutes-long-enough",
        lambda steps: [steps[0], steps[1] | {"at": "3h"}, steps[2]],
        run_for="6h",
    )
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.accepted_tvs == 250


def test_six_minutes_are_enough_when_nobody_talks(variant: Run) -> None:
    """A9 without calls: all phones are back before the guard is over."""
    result = variant("is-six-minutes-long-enough", timing={"p_busy": 0})
    assert result.metrics.phones_stuck == 0


def test_only_phones_that_had_not_looked_yet_are_lost_after_six_minutes(bundled: Run) -> None:
    """In A9 a phone is stuck if and only if it had not checked the new list when TVS changed."""
    result = bundled("is-six-minutes-long-enough")
    tables = result.tables
    changed_ms = next(
        row.at_ms
        for row in tables.node_events
        if row.event == "regenerated" and row.data["unit"] == "TVS"
    )
    checked = tables.phone_events[tables.rows_of(Event.ITL_CHECKED)]
    in_time = {int(phone) for at_ms, phone, *_ in checked if at_ms <= changed_ms}
    assert [n for n, stuck in enumerate(result.phones["stuck"]) if not stuck] == sorted(in_time)


def test_a_second_server_helps_no_phone_that_missed_both(variant: Run) -> None:
    """A10 on two nodes whose TVS both change: the phones that were off are stuck all the same."""
    result = variant(
        "what-of-phones-that-were-off-in-between",
        lambda steps: [
            *steps[:4], {"regenerate": {"node": "sub1", "unit": "TVS"}}, *steps[4:]
        ],
        model="two-node-1000",
    )  # fmt: skip
    assert result.metrics.phones_stuck == 5
