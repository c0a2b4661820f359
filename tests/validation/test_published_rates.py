"""The twin against numbers somebody else published: rates, bounds and traces.

Each test names its case. Covered are those about phones, CallManager, TFTP and TVS:

    V1 V2      registrations per second        V11       503s that clear
    V3 V4 V7   how long a loss goes unnoticed  V12       ten minutes after the rollback parameter
    V5 V6      into SRST and back              V14 V15   regeneration, TVS session

Not covered: V8 and V20 (Mobile and Remote Access) and V9 and V10 (IM and Presence), which the twin
does not have; V13 (the reset loop of CSCup28852), which it does not play through yet - a loop that
is in a journal is found, see tests of `twin.metrics.reset_loop`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import twin
from twin.phones.lifecycle import Event

if TYPE_CHECKING:
    from tests.validation.conftest import Told

PAIR = [["CallManager", "TFTP"], ["CallManager"]]
GROUPS = [
    {"name": "both", "members": ["pub", "node1"]},
    {"name": "one", "members": ["pub"]},
]
STOP = {"stop_service": {"node": "pub", "service": "CallManager"}}
SETTLE = {"wait": {"until": "quiet", "at_most": "1h"}}


def phones(model: str, count: int, **fields: Any) -> list[dict[str, Any]]:
    """One population whose phones are registered with `pub`."""
    alike = {"name": "desk", "model": model, "count": count, "callmanager_group": "both"}
    return [alike | fields]


@pytest.mark.parametrize(("model", "per_s"), [("7962", 125), ("7841", 40)])
def test_failover_runs_at_the_published_rate(
    case: Callable[..., Told], model: str, per_s: int
) -> None:
    """V1, V2: 7,500 phones register with the backup at 125 (SCCP) and 40 (SIP) per second, ±3 %.

    Source: Cisco SRND as repeated in the Rubin Observatory IP-telephony design technote: 60 s and
    188 s. The published rates are those of a node that does nothing else.
    """
    told = case(
        PAIR, [STOP, SETTLE], {"cpu_other": 0},
        callmanager_groups=GROUPS, phones=phones(model, 7_500),
    )  # fmt: skip
    registered = told.instants(Event.REGISTERED)
    assert len(registered) == 7_500
    span_s = (int(registered[-1]) - int(registered[0])) / 1000
    assert span_s == pytest.approx(7_500 / per_s, rel=0.03)


@pytest.mark.parametrize(("model", "most_s"), [("7962", 90), ("7841", 120)])
def test_a_silent_node_is_missed_by_keepalives(
    case: Callable[..., Told], model: str, most_s: int
) -> None:
    """V3, V7: a node that falls silent is missed within 90 s (SCCP) or 120 s (SIP), and not sooner
    than the keepalives allow: some phone takes 90 % of that.

    Source: Cisco SRST FAQ (three keepalives, 30 s apart); Cisco Jabber deployment guide (SIP
    Station KeepAlive Interval 120 s).
    """
    silent = {"node": {"node": "pub", "up": False}}
    told = case(PAIR, [silent, SETTLE], callmanager_groups=GROUPS, phones=phones(model, 500))
    unnoticed_s = told.between_s(Event.CONNECTION_LOST, Event.LOSS_NOTICED)
    assert len(unnoticed_s) == 500
    assert 0.9 * most_s <= unnoticed_s.max() <= most_s


CUT = {"wan": {"site": "branch", "up": False}}
MEND = {"at": "10m", "wan": {"site": "branch", "up": True}}
BRANCH = [{"name": "core"}, {"name": "branch", "rtt_ms": 20, "srst": True}]


def test_a_cut_path_is_noticed_by_tcp(case: Callable[..., Told]) -> None:
    """V4: behind a cut path an SCCP phone gives up 20 to 25 s after its next keepalive, which
    comes within 30 s: after 20 to 55 s.

    Source: flylib, Cisco IP telephony, SRST chapter.
    """
    told = case(
        PAIR, [CUT, SETTLE], callmanager_groups=GROUPS, sites=BRANCH,
        phones=phones("7962", 500, site="branch"),
    )  # fmt: skip
    unnoticed_s = told.between_s(Event.CONNECTION_LOST, Event.LOSS_NOTICED)
    assert unnoticed_s.min() >= 20
    assert unnoticed_s.max() <= 55


@pytest.mark.parametrize("group", ["one", "both"])
def test_srst_takes_over_in_ten_to_twenty_seconds(case: Callable[..., Told], group: str) -> None:
    """V5: once a phone has noticed, its SRST gateway has it 10 to 20 s later (±0.1 s).

    Source: Cisco SRST 3.4 guide. One or two members of the CallManager Group are tried before.
    """
    told = case(
        PAIR, [CUT, SETTLE], callmanager_groups=GROUPS, sites=BRANCH,
        phones=phones("7962", 100, site="branch", callmanager_group=group),
    )  # fmt: skip
    takeover_s = told.between_s(Event.LOSS_NOTICED, Event.SRST_REGISTERED)
    assert len(takeover_s) == 100
    assert takeover_s.min() >= 9.9
    assert takeover_s.max() <= 20.1


def test_phones_leave_srst_late_and_not_together(case: Callable[..., Told]) -> None:
    """V6: after the WAN is back no phone leaves SRST before 120 s, and no two at one instant.

    Source: flylib and ccievoicestudy on the Connection Monitor Duration.
    """
    told = case(
        PAIR, [CUT, MEND, SETTLE], callmanager_groups=GROUPS, sites=BRANCH,
        phones=phones("7962", 200, site="branch"),
    )  # fmt: skip
    left = told.instants(Event.REGISTER_RETRIED)
    assert len(set(left.tolist())) == 200
    assert 120_000 <= left[0] - told.step_ms(1) <= 121_000
    assert left[-1] - left[0] >= 10_000


def test_refused_downloads_clear_by_themselves(case: Callable[..., Told]) -> None:
    """V11: beyond 3,000 waiting files a TFTP node answers 503, and that clears in seconds to
    minutes: at most five of them, and every phone has its files in the end.

    Source: Cisco 222878, TFTP Maximum Serving Count.
    """
    off, on = {"power": {"on": False}}, {"at": "10m", "power": {"on": True}}
    told = case(
        [["CallManager"], ["TFTP"]], [off, on, SETTLE],
        {"boot_sigma": 0, "tftp_service_ms": 20},
        callmanager_groups=[{"name": "both", "members": ["pub"]}], phones=phones("8841", 5_000),
    )  # fmt: skip
    refused = told.instants(Event.FILE_REFUSED)
    metrics = told.result.metrics
    assert metrics.tftp.queue_peak in (3_000, 3_500)
    assert len(refused) > 1_000
    assert refused[-1] - refused[0] <= 300_000
    assert metrics.phones_unregistered_at_end == 0


def test_ten_minutes_are_enough_after_the_rollback_parameter() -> None:
    """V12: after the rollback parameter is set and all phones are told to restart, a campus of
    10,000 phones has restarted and registered within the 10 minutes that its admins are told to
    wait, counted from the last notice.

    Source: Cisco Security Guide 12.5, "Prepare Cluster for Rollback to Pre-8.0 Release".
    """
    experiment = twin.load_experiment("callmanager-regeneration").model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_defaults=True
    )
    experiment |= {
        "steps": [
            {"set_enterprise_parameter": {"name": "rollback_to_pre_8", "value": True}},
            {"at": "5m", "reset_phones": {}},
            {"wait": {"until": "all_phones_registered", "at_most": "4h"}},
        ],
        "expect": [],
        "run_for": "1h",
    }
    # No call keeps a phone from its reset: the recommendation is for a window without any.
    result = twin.run(
        type(twin.load_experiment("callmanager-regeneration")).model_validate(experiment),
        model="campus-10k", set={"timing.p_busy": 0},
    )  # fmt: skip
    notices = result.tables.select(Event.RESET_RECEIVED).at_ms
    registered = result.tables.select(Event.REGISTERED).at_ms
    assert len(notices) == 10_000
    assert result.metrics.phones_unregistered_at_end == 0
    assert registered[-1] - notices[-1] <= 600_000


@pytest.fixture(scope="module")
def regenerations() -> list[twin.RunResult]:
    """The lab of the traces, its CallManager certificate regenerated with sixteen seeds."""
    return [twin.run("callmanager-regeneration", seed=seed) for seed in range(1, 17)]


def test_regeneration_takes_seconds(regenerations: list[twin.RunResult]) -> None:
    """V14: regenerating a certificate takes 3 to 15 s; the traced 5.5 s is in the lower half.

    Source: Cisco 210541, certificate management trace.
    """
    took_s = np.array([r.tables.happened("regenerated")[0].at_ms / 1000 for r in regenerations])
    assert took_s.min() >= 3
    assert took_s.max() <= 15
    assert took_s.min() <= 5.5 <= np.median(took_s) + 2


def test_the_other_node_hears_of_it_in_a_second(regenerations: list[twin.RunResult]) -> None:
    """V14: the other node's notice comes 0.7 to 1.3 s later in the middle of many runs.

    Source: Cisco 210541, two traces. Single notices spread wider, as replication does.
    """
    delays_s = []
    for result in regenerations:
        made = result.tables.happened("regenerated")[0]
        heard = [e for e in result.tables.happened("cnf_received") if e.node != made.node]
        delays_s.append((heard[0].at_ms - made.at_ms) / 1000)
    assert 0.7 <= np.median(delays_s) <= 1.3
    assert min(delays_s) < 0.7 < 1.3 < max(delays_s)


def test_a_tvs_check_takes_half_a_second(case: Callable[..., Told]) -> None:
    """V15: a phone has its answer from TVS after 0.51 s + 4 ms in the median, ±10 %; the seed
    document's 0.494 s is nothing unusual.

    Source: Cisco 213407 (8861); the TVS trace of the Cisco TAC deck, 2016.
    """
    told = case(
        PAIR, [{"regenerate": {"node": "pub", "unit": "CallManager"}}, SETTLE],
        {"reset_pace_per_ccm_per_s": 5},
        callmanager_groups=GROUPS, phones=phones("8861", 400),
    )  # fmt: skip
    took_s = told.between_s(Event.TVS_ASKED, Event.TVS_ANSWERED)
    assert len(took_s) == 400
    assert np.median(took_s) == pytest.approx(0.514, rel=0.1)
    assert np.quantile(took_s, 0.25) < 0.494 < np.quantile(took_s, 0.75)
