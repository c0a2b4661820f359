"""The twin against a model of sixty lines by another hand: the plausibility table.

That model (six files a phone, median boot 75 s, SIP at 40 per second, resets at 50 per second and
node, 5 ms a file) has no PKI, no calls and one kind of phone. It gave, from the first reset to the
last registration: 196 s for 2,500 phones on one node, 260 s for 10,000 on two, 359 s for 40,000 on
four, with short TFTP queues and no 503; and at four times the pace a full TFTP queue and tens of
thousands of 503s. One seed of a rough model: the twin should be within a fifth, on the same side
of every threshold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.validation.conftest import Told

SHARE = 0.2
PHONE = "8841"
"""Boots in 85 s after a reset, a little longer than the other model's phones."""
BARE = {"cpu_other": 0, "p_busy": 0, "p_load_change": 0}


def storm(case: Callable[..., Told], phones: int, nodes: int, tftp: int, **timing: Any) -> Told:
    """Every phone is reset by a new CallManager certificate of a TFTP node."""
    services = [["CallManager"] for _ in range(nodes)] + [["TFTP"] for _ in range(tftp)]
    names = ["pub", *(f"node{number}" for number in range(1, nodes + tftp))]
    groups = [{"name": f"group{n}", "members": [names[n]]} for n in range(nodes)]
    files = names[nodes:]
    populations = [
        {
            "name": f"desk{n}", "model": PHONE, "count": phones // nodes,
            "callmanager_group": f"group{n}", "tftp": files[n % tftp :] + files[: n % tftp],
        }
        for n in range(nodes)
    ]  # fmt: skip
    steps = [
        {"regenerate": {"node": files[0], "unit": "CallManager"}},
        {"wait": {"until": "all_phones_registered", "at_most": "2h"}},
    ]
    return case(
        services, steps, BARE | timing, callmanager_groups=groups, phones=populations
    )  # fmt: skip


@pytest.mark.parametrize(
    ("phones", "nodes", "tftp", "all_registered_s"),
    [(2_500, 1, 1, 196), (10_000, 2, 2, 260), (40_000, 4, 2, 359)],
)
def test_a_storm_lasts_about_as_long(
    case: Callable[..., Told], phones: int, nodes: int, tftp: int, all_registered_s: int
) -> None:
    """All phones are back within a fifth of the other model's time, without one 503."""
    metrics = storm(case, phones, nodes, tftp).result.metrics
    assert metrics.resets_total == phones
    assert metrics.recovery_s.p100 == pytest.approx(all_registered_s, rel=SHARE)
    assert metrics.tftp.queue_peak < 100
    assert metrics.tftp.rejected_503 == 0
    assert metrics.itl_updates.not_downloaded == 0


def test_a_storm_at_four_times_the_pace_drowns_tftp(case: Callable[..., Told]) -> None:
    """With 200 resets per second and node, 40,000 phones fill the TFTP queue and draw 503s."""
    metrics = storm(case, 40_000, 4, 2, reset_pace_per_ccm_per_s=200).result.metrics
    assert metrics.tftp.queue_peak >= 3_000
    assert 10_000 <= metrics.tftp.rejected_503 <= 400_000
    assert metrics.recovery_s.p100 == pytest.approx(306, rel=2 * SHARE)
