"""Expiry, with one thing changed: the day, and whether phones look at dates."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.api import RunResult

Run = Callable[..., RunResult]
AFTER_TVS = "can-phones-follow-after-tvs-expired"


@pytest.mark.parametrize(
    ("days", "looks", "stuck"), [("1426d", 1, 500), ("1426d", 0, 0), ("1424d", 1, 0)]
)
def test_an_expired_tvs_vouches_for_nobody_who_looks(
    variant: Run, days: str, looks: int, stuck: int
) -> None:
    """Phones are stuck when TVS has expired and they look; a day before the last, nobody is."""
    result = variant(
        AFTER_TVS,
        lambda steps: [{"advance": {"for": days}}, *steps[1:]],
        timing={"check_tls_expiry": looks},
    )
    assert result.metrics.phones_stuck == stuck
    reasons = {"signer_not_in_lists+tvs_certificate_expired": stuck} if stuck else {}
    assert result.metrics.stuck_by_reason == reasons


@pytest.mark.parametrize(("respected", "stuck"), [(1, 1000), (0, 0)])
def test_phones_that_respect_the_dates_of_records_refuse_an_expired_signer(
    variant: Run, respected: int, stuck: int
) -> None:
    """A new TVS changes the list; under an expired CallManager it is refused if dates count."""
    result = variant(
        AFTER_TVS,
        lambda steps: [steps[0], {"regenerate": {"node": "sub1", "unit": "TVS"}}, steps[-1]],
        timing={"check_record_expiry": respected},
    )
    assert result.metrics.phones_stuck == stuck
    assert all("record_expired" in reason for reason in result.metrics.stuck_by_reason)
