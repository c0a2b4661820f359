"""The scenarios with one thing changed: the outcome moves where the rules say, and only then."""

from __future__ import annotations

import pytest

import twin
from twin.config.load import load_model
from twin.errors import ConfigError
from twin.phones.lifecycle import Event
from twin.phones.stuck import BY_HAND, LOCALKEY, START_TVS

SINGLE = "what-if-both-change-on-a-single-server"
TOGETHER = "what-if-callmanager-and-tvs-change-together"
NO_WAY = "signer_not_in_lists+tvs_certificate_not_in_itl"
BOTH_TVS_STOPPED = [
    {"stop_service": {"node": "pub", "service": "TVS"}},
    {"stop_service": {"node": "sub1", "service": "TVS"}},
]


def _remedies(result) -> set[str]:
    return set(result.phones.loc[result.phones["stuck"], "remedies"])


# -- CallManager and TVS together (A4, A5, A6, A7) --------------------------------------------


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
def test_who_signs_the_list_decides_over_the_overlap(variant, release, stuck, remedies):
    """The overlap is fatal where CallManager signs, curable where ITLRecovery is in the list."""
    result = variant(SINGLE, release=release)
    assert result.metrics.phones_stuck == stuck
    assert result.metrics.stuck_by_reason == ({NO_WAY: stuck} if stuck else {})
    assert _remedies(result) == remedies


@pytest.mark.parametrize(
    ("name", "release", "stuck"),
    [
        (TOGETHER, "12.5", 0),
        ("is-the-overlap-safe-from-12", "11.5", 1000),
        ("what-if-the-phones-sleep-through-both", "12.5", 0),
        ("what-if-both-change-on-a-single-server-of-8-6", "15", 0),
    ],
)
def test_the_same_steps_on_the_other_side_of_12(variant, name, release, stuck):
    """What is lost before 12.0 is kept from 12.0 on, and the other way round."""
    result = variant(name, release=release, timing={"regeneration_guard_min": 0})
    assert result.metrics.phones_stuck == stuck


def test_the_guard_prevents_the_disaster_of_the_hasty(variant):
    """With the guard on, the second certificate is refused and nobody is stuck."""
    result = variant(SINGLE, timing={})
    assert result.metrics.phones_stuck == 0
    assert [step.outcome[:11] for step in result.document.steps] == ["done", "CallManager", "done"]


@pytest.mark.parametrize("release", ["9.1", "11.5"])
def test_the_order_of_the_two_does_not_matter_for_the_disaster(variant, release):
    """TVS before CallManager without a wait leaves every phone as stuck as the other order."""
    result = variant(SINGLE, lambda steps: [steps[1], steps[0], *steps[2:]], release=release)
    assert result.metrics.phones_stuck == 250


@pytest.mark.parametrize("release", ["8.6", "11.5", "12.5"])
def test_patience_works_in_both_orders(variant, release):
    """TVS first, every phone back, then CallManager: nobody is stuck either."""
    result = variant(
        "is-patience-enough-on-a-single-server",
        lambda steps: [steps[3], steps[1], steps[2], steps[0], steps[4]],
        release=release,
    )
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.rejected == 0


def test_one_tvs_left_alone_saves_a_cluster_of_two(variant):
    """CallManager everywhere and TVS on one node: the other node's TVS vouches for everything."""
    result = variant(TOGETHER, lambda steps: [*steps[:3], steps[4]])
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.accepted_tvs == 1000


def test_without_resets_the_reset_list_helps_nobody_yet(variant):
    """utils itl reset opens a way out; the phones take it at their next reset, not before."""
    result = variant("does-itl-reset-localkey-bring-them-back", lambda steps: steps[:7])
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_mismatch == 1000


def test_there_is_no_reset_tool_before_10(variant):
    """On 9.1 `utils itl reset` is an input error, not an action that fails."""
    with pytest.raises(ConfigError, match="has no 'utils itl reset'"):
        variant("does-localkey-rescue-a-single-server", release="9.1")


def test_renewing_all_three_needs_the_restart_to_be_fatal(variant):
    """As long as TFTP has not loaded the new ITLRecovery, the old key signs and phones follow."""
    result = variant("what-if-itlrecovery-changes-too", lambda steps: [*steps[:3], steps[4]])
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.accepted_local == 250


def test_renewing_all_three_leaves_only_the_hand(bundled):
    """With all three anchors new, no reset key is in the phones' lists."""
    assert _remedies(bundled("what-if-itlrecovery-changes-too")) == {BY_HAND}


def test_phones_may_be_taken_to_stay_unregistered(variant):
    """Sources disagree on phones with a refused list; under the parameter they stay away."""
    timing = {"regeneration_guard_min": 0, "p_unreg_on_bad_itl": 1}
    result = variant(SINGLE, lambda steps: steps[:2], timing=timing)
    assert result.metrics.phones_stuck == 250
    assert result.metrics.phones_unregistered_at_end == 250


def test_visits_take_the_time_they_take(bundled):
    """250 phones at 30 visits an hour are 8 h 20 min of walking."""
    steps = bundled("how-long-does-it-take-by-hand").document.steps
    assert steps[-2].action == "delete phone lists"
    assert steps[-2].at.endswith("T16:20:00.000Z")


# -- one certificate (A1, A2, A3, A11, A12) ---------------------------------------------------


def test_without_any_tvs_a_new_signer_is_refused(variant):
    """A1 with TVS stopped everywhere: the phones of that TFTP node are stuck until TVS is back."""
    result = variant(
        "can-phones-follow-a-new-callmanager-certificate",
        lambda steps: [*BOTH_TVS_STOPPED, *steps],
    )
    metrics = result.metrics
    assert metrics.itl_updates.rejected == 500
    assert metrics.itl_updates.accepted_tvs == 0
    assert metrics.stuck_by_reason == {"signer_not_in_lists+tvs_unreachable": 500}
    assert all(START_TVS in remedies for remedies in _remedies(result))


def test_when_tvs_is_back_the_next_reset_mends_it(variant):
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


def test_one_tvs_of_two_is_enough(variant):
    """A1 with the first TVS of half the phones stopped: they wait for it, then ask the second."""
    result = variant(
        "can-phones-follow-a-new-callmanager-certificate",
        lambda steps: [BOTH_TVS_STOPPED[0], *steps],
    )
    assert result.metrics.phones_stuck == 0
    assert result.metrics.tvs.unreachable == 500
    assert result.metrics.itl_updates.accepted_tvs == 500


def test_the_phones_that_come_later_do_so_later(bundled):
    """A2's ten late phones ask TVS ten hours after the others."""
    tables = bundled("can-a-phone-that-was-off-follow-later").tables
    asked = tables.phone_events[tables.rows_of(Event.TVS_ASKED)][:, 0]
    assert (asked >= 36_000_000).sum() == 10
    assert len(asked) == 500


def test_a_tvs_in_every_group_resets_everybody(variant):
    """A3 on the node that every group has: all phones are reset."""
    result = variant(
        "who-is-reset-by-a-new-tvs-certificate",
        lambda steps: [{"regenerate": {"node": "pub", "unit": "TVS"}}, *steps[1:]],
    )
    assert result.metrics.resets_total == 1000
    assert result.metrics.itl_mismatch == 0


def test_a_node_with_tftp_does_matter(variant):
    """A11 on the node that serves files: the same role test leads to resets and a new list."""
    result = variant(
        "does-a-node-without-tftp-matter",
        lambda steps: [{"regenerate": {"node": "labserver1", "unit": "CallManager"}}, *steps[1:]],
    )
    assert result.metrics.resets_total == 2
    assert result.metrics.itl_updates.accepted_tvs == 2


def test_an_active_capf_does_matter(variant):
    """A12 with CAPF activated: new lists on both TFTP nodes, and every phone is reset."""
    result = variant("does-capf-matter-when-it-is-not-active", model_set={})
    assert result.metrics.resets_total == 1000
    assert [alarm.name for alarm in result.metrics.alarms] == ["ITLFileRegenerated"] * 2


# -- the guard and the clock (A8, A9, A10) ----------------------------------------------------


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
def test_the_guard_goes_by_the_clock_and_the_release(variant, at, release, minutes, refused):
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


def test_the_guard_is_for_one_node(variant):
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


def test_waiting_for_the_calls_to_end_saves_everybody(variant):
    """A9 with three hours instead of six minutes: the same calls, nobody stuck."""
    result = variant(
        "is-six-minutes-long-enough",
        lambda steps: [steps[0], steps[1] | {"at": "3h"}, steps[2]],
        run_for="6h",
    )
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.accepted_tvs == 250


def test_six_minutes_are_enough_when_nobody_talks(variant):
    """A9 without calls: all phones are back before the guard is over."""
    result = variant("is-six-minutes-long-enough", timing={"p_busy": 0})
    assert result.metrics.phones_stuck == 0


def test_only_phones_on_a_call_are_lost_after_six_minutes(bundled):
    """In A9 the stuck phones are those that acted on their first reset after TVS had changed."""
    result = bundled("is-six-minutes-long-enough")
    tables = result.tables
    changed_ms = next(
        row.at_ms for row in tables.node_events
        if row.event == "regenerated" and row.data["unit"] == "TVS"
    )  # fmt: skip
    left = tables.phone_events[tables.rows_of(Event.UNREGISTERED)]
    early = {int(phone) for at_ms, phone, *_ in left if at_ms < changed_ms}
    names = list(result.phones.index)
    stuck = {names.index(name) for name in result.phones.index[result.phones["stuck"]]}
    assert stuck.isdisjoint(early)


def test_a_second_server_helps_no_phone_that_missed_both(variant):
    """A10 on two nodes whose TVS both change: the phones that were off are stuck all the same."""
    result = variant(
        "what-of-phones-that-were-off-in-between",
        lambda steps: [
            *steps[:4], {"regenerate": {"node": "sub1", "unit": "TVS"}}, *steps[4:]
        ],
        model="two-node-1000",
    )  # fmt: skip
    assert result.metrics.phones_stuck == 5


# -- HTTPS (A16, A17, A18) --------------------------------------------------------------------


def test_an_answer_of_tvs_is_remembered_for_its_time_only(variant):
    """A16 a day later: nobody remembers the old certificate any more."""
    result = variant(
        "what-does-tomcat-serve-before-its-restart",
        lambda steps: [*steps[:3], steps[3] | {"at": "25h"}],
        run_for="26h",
    )
    assert result.metrics.https.trusted == 150
    assert result.metrics.https.refused_unknown == 1000


def test_without_tvs_there_is_no_https(variant):
    """A17 with TVS stopped: the new certificate is as good as the old one, and nobody can tell."""
    result = variant(
        "do-phone-services-come-back-with-tomcat", lambda steps: [*BOTH_TVS_STOPPED, *steps]
    )
    assert result.metrics.https.trusted == 0
    assert result.metrics.https.refused_no_tvs == 2000


def test_a_server_that_tvs_knows_is_trusted(variant):
    """A18 asked of the cluster's own Tomcat: the database cache has it, and no one looks further."""
    result = variant(
        "what-does-tvs-say-of-a-certificate-nobody-has",
        lambda steps: [{"https_request": {"node": "labserver1"}}],
    )
    assert result.metrics.https.trusted == 2
    looked = [row for row in result.tables.node_events if row.event == "look_up"]
    assert {(row.data["cache"], row.data["found"]) for row in looked} == {
        ("CertificateDBCACHE", True)
    }


def test_tvs_looks_in_the_database_first_and_then_in_the_ctl(bundled):
    """A18's records come in the order of the captured trace, with its key."""
    rows = [
        row for row in bundled("what-does-tvs-say-of-a-certificate-nobody-has").tables.node_events
        if row.service == "TVS" and row.node == "labserver2"
    ]  # fmt: skip
    assert [(row.event, row.data.get("cache")) for row in rows[:4]] == [
        ("verification_request", None),
        ("look_up", "CertificateDBCACHE"),
        ("look_up", "CertificateCTLCACHE"),
        ("no_roles", None),
    ]
    assert {row.data["map_id"] for row in rows} == {"027865CN=VASANK-DC1-CA;OU=BGL;O=TAC;C=IN"}


# -- size, parameter, burst, SRST (A35, A37, A38, A39) ----------------------------------------


def _oversized(nodes: int, tvs_bits: int | None = None):
    document = load_model("oversized-36").model_dump(mode="json", by_alias=True, exclude_none=True)
    document["nodes"] = document["nodes"][:nodes]
    for node in document["nodes"]:
        if tvs_bits is not None:
            node["key_bits"] = {}
    return type(load_model("oversized-36")).model_validate(document)


@pytest.mark.parametrize(("nodes", "tvs_bits"), [(35, None), (36, 2048)])
def test_a_list_below_64_kb_is_loaded(nodes, tvs_bits):
    """A35 with one certificate less, or with smaller keys: the phones take it and register."""
    name = "how-many-certificates-fit-into-a-trust-list"
    result = twin.run(name, model=_oversized(nodes, tvs_bits))
    assert result.metrics.itl_updates.accepted_first_use == 20
    assert result.metrics.phones_unregistered_at_end == 0
    assert result.metrics.phones_stuck == 0


def test_nothing_helps_a_phone_against_a_list_that_is_too_large(bundled):
    """A35 has no remedy: a phone without a list has none to delete."""
    assert _remedies(bundled("how-many-certificates-fit-into-a-trust-list")) == {""}


def test_automatic_interaction_resets_everybody(variant):
    """A37 with the default: every phone is reset and holds the current list."""
    result = variant("what-if-phone-interaction-is-manual", model_set={})
    assert result.metrics.resets_total == 1000
    assert result.metrics.itl_mismatch == 0


def test_the_next_reset_mends_what_manual_interaction_left(variant):
    """A37 with a reset in the end: ITLRecovery signs, so the 500 phones need no TVS for it."""
    result = variant(
        "what-if-phone-interaction-is-manual",
        lambda steps: [
            *steps,
            {"reset_phones": {}},
            {"wait": {"until": "all_phones_registered", "at_most": "1h"}},
        ],
    )
    assert result.metrics.itl_mismatch == 0
    assert result.metrics.itl_updates.accepted_local == 500
    assert result.metrics.tvs.queries == 0


def test_refusals_come_in_one_burst(bundled):
    """A38's 503s are over within half a minute, and every refused request was made again."""
    result = bundled("does-a-burst-of-refused-downloads-clear")
    seconds = [row.second for row in result.tables.queues if row.refused]
    assert 0 < max(seconds) - min(seconds) < 30
    tftp = result.metrics.tftp
    assert tftp.requests - tftp.rejected_503 == 6000


@pytest.mark.parametrize(
    "changes",
    [
        {"timing": {"tftp_service_ms": 5, "boot_sigma": 0}},
        {"timing": {"tftp_service_ms": 20}},
    ],
    ids=["faster service", "phones that boot at their own pace"],
)
def test_a_burst_below_the_serving_count_is_not_refused(variant, changes):
    """A38 with faster service or with the usual spread of boot times: no 503."""
    result = variant("does-a-burst-of-refused-downloads-clear", **changes)
    assert result.metrics.tftp.rejected_503 == 0


def test_the_branch_phones_are_in_srst_when_they_decide(bundled):
    """A39's forty phones register with SRST after they have refused list and config."""
    result = bundled("can-a-phone-in-srst-trust-a-new-signer")
    tables = result.tables
    refused = tables.phone_events[tables.rows_of(Event.ITL_CHECKED)]
    in_srst = tables.phone_events[tables.rows_of(Event.SRST_REGISTERED)]
    branch = {
        number for number, site in enumerate(result.phones["site"]) if site == "branch"
    }  # fmt: skip
    assert set(in_srst[:, 1].tolist()) == branch
    last_refusal = {int(phone): int(at_ms) for at_ms, phone, *_ in refused}
    assert all(last_refusal[int(phone)] < at_ms for at_ms, phone, *_ in in_srst)


def test_with_the_wan_up_the_branch_follows(variant):
    """A39 without the cut: the same phones ask TVS across the WAN and take list and config."""
    result = variant(
        "can-a-phone-in-srst-trust-a-new-signer",
        lambda steps: [step for step in steps if "wan" not in step],
    )
    assert result.metrics.itl_updates.accepted_tvs == 40
    assert result.metrics.itl_mismatch == 0


def test_after_srst_the_next_reset_mends_it(variant):
    """A39 with a reset after the WAN is back: the branch takes the list it had refused."""
    result = variant(
        "can-a-phone-in-srst-trust-a-new-signer",
        lambda steps: [
            *steps,
            {"reset_phones": {"select": {"site": "branch"}}},
            {"wait": {"until": "all_phones_registered", "at_most": "1h"}},
        ],
    )
    assert result.metrics.itl_updates.rejected == 40
    assert result.metrics.itl_updates.accepted_tvs == 40
    assert result.metrics.itl_mismatch == 0
