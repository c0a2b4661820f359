"""Deletions, DRF and defects (A19, A20, A32, A33, A34), with one thing changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.api import RunResult
from twin.config.load import load_release

Run = Callable[..., RunResult]

ONE_DELETE = "is-one-delete-enough-from-11"
DELETED = "does-a-deleted-certificate-stay-deleted"
IPSEC_DELETED = "what-if-the-publishers-ipsec-is-deleted"
LOOP = "why-do-phones-restart-every-seven-minutes"
NODES = ("pub", "sub1", "sub2")


def count(result: RunResult, event: str) -> int:
    """How often an event happened."""
    return len(result.tables.happened(event))


def certcn(word: str, *nodes: str) -> list[dict[str, object]]:
    """Start or stop Certificate Change Notification on nodes."""
    return [{f"{word}_service": {"node": node, "service": "certCN"}} for node in nodes]


# -- deletion -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "comes_back"),
    [("8.6", True), ("9.1", True), ("10.5", True), ("11.5", False), ("12.5", False), ("15", False)],
)
def test_whether_a_deleted_certificate_comes_back_is_a_matter_of_the_release(
    variant: Run, release: str, comes_back: bool
) -> None:
    """A32 on other releases: before 11.0 it returns, from then on it is gone from all nodes."""
    result = variant(
        DELETED, lambda steps: [steps[0] | {"delete_trust": _by_name(steps[0])}], release=release
    )
    assert (count(result, "import") > 0) is comes_back
    assert count(result, "trust_deleted") == (1 if comes_back else 2)


def _by_name(step: dict[str, dict[str, str]]) -> dict[str, str]:
    return step["delete_trust"] | {"name": "VeriSign Class 3 Secure Server CA - G3"}


@pytest.mark.parametrize("resync_s", [600, 1800, 5400])
def test_how_soon_it_comes_back_is_the_resyncs_time(variant: Run, resync_s: int) -> None:
    """A32 with another time between resyncs: the certificate is back at the next one."""
    result = variant(DELETED, timing={"certcn_resync_s": resync_s}, run_for="2h")
    (back,) = result.tables.happened("import")
    deleted_ms = result.tables.happened("trust_deleted")[0].at_ms
    period_ms = resync_s * 1000
    expected_ms = -(-deleted_ms // period_ms) * period_ms
    assert 0 < back.at_ms - expected_ms < 30_000


def test_two_quick_deletions_may_do(variant: Run) -> None:
    """A32 deleted on both nodes between two resyncs: nobody has it any more to bring it back."""
    result = variant(
        DELETED,
        lambda steps: [*steps, {"delete_trust": steps[0]["delete_trust"] | {"node": "sub1"}}],
    )
    assert count(result, "trust_deleted") == 2
    assert count(result, "import") == 0


def test_a_unit_that_certcn_does_not_carry_stays_deleted(variant: Run) -> None:
    """The same deletion in CAPF-trust of 10.5: no resync cares for that store."""
    result = variant(
        DELETED,
        lambda steps: [
            steps[0]
            | {"delete_trust": {"node": "pub", "unit": "CAPF-trust", "name": "CAPF-f21b4acd"}}
        ],
    )
    assert count(result, "trust_deleted") == 1
    assert count(result, "import") == 0


def test_broken_replication_keeps_a_deletion_alive(variant: Run) -> None:
    """A32 with replication broken: neither the deletion nor its undoing gets anywhere."""
    result = variant(
        DELETED, lambda steps: [{"replication": {"node": "sub1", "up": False}}, *steps]
    )
    assert count(result, "mapped_again") == 0
    assert count(result, "import") == 0


def test_only_what_is_old_can_be_asked_for(variant: Run) -> None:
    """Old CAPF certificates are deleted by pattern; the one in use and the others stay."""
    step = {
        "delete_trust": {
            "node": "pub", "unit": "CallManager-trust", "name": "CAPF-*", "old_only": True,
        }
    }  # fmt: skip
    result = variant(DELETED, lambda _steps: [step, step], release="11.5")
    assert count(result, "trust_deleted") == 4
    assert count(result, "delete_refused") == 1


@pytest.mark.parametrize(
    ("unit", "name", "gone"),
    [
        ("tomcat-trust", "VeriSign_Class_3_Secure_Server_CA_-_G3.pem", 2),
        ("CAPF-trust", "CAPF-f21b4acd.pem", 2),
        ("CallManager-trust", "iosra.pem", 2),
        ("Phone-VPN-trust", "10.105.131.60.pem", 1),
    ],
)
def test_one_delete_is_enough_for_four_units(variant: Run, unit: str, name: str, gone: int) -> None:
    """A33 in other stores: a store that is not one of the four is cleared on one node only."""
    deletion = {"node": "pub", "unit": unit, "name": name}
    result = variant(ONE_DELETE, lambda steps: [steps[0] | {"delete_trust": deletion}])
    assert count(result, "trust_deleted") == gone
    assert count(result, "platform_event") == gone - 1


@pytest.mark.parametrize(("release", "gone"), [("10.5", 1), ("11.5", 2), ("12.5", 2)])
def test_it_does_not_matter_where_the_one_delete_is_made(
    variant: Run, release: str, gone: int
) -> None:
    """A33 made on the subscriber, and on a release that deletes on one node only."""
    result = variant(
        ONE_DELETE,
        lambda steps: [steps[0] | {"delete_trust": _by_name(steps[0]) | {"node": "sub1"}}],
        release=release,
    )
    assert count(result, "trust_deleted") == gone


# -- the reset loop -------------------------------------------------------------------------


@pytest.mark.parametrize("look_s", [300, 360, 480])
def test_the_loop_has_the_period_of_the_looks(variant: Run, look_s: int) -> None:
    """A34 with another time between looks: the detector finds that period from the journal."""
    loop = variant(LOOP, timing={"multi_server_look_s": look_s}).metrics.reset_loop
    assert loop.detected
    assert loop.period_s == pytest.approx(look_s, rel=0.05)


@pytest.mark.parametrize("release", ["10.5", "11.5", "12.5", "14", "15"])
def test_the_loop_belongs_to_releases_with_the_defect(variant: Run, release: str) -> None:
    """A34 on other releases: a loop exactly where the profile lists CSCup28852."""
    loop = variant(LOOP, release=release).metrics.reset_loop
    assert loop.detected is load_release(release).has_defect("CSCup28852")


def test_a_certificate_of_one_node_is_contested_by_nobody(variant: Run) -> None:
    """A34 with a certificate for each node on the same build: one reset each."""
    result = variant(LOOP, model_set={"multi_server": []})
    assert not result.metrics.reset_loop.detected
    assert result.metrics.resets_per_phone_max == 1


def test_a_contested_tomcat_resets_nobody(variant: Run) -> None:
    """With a multi-server tomcat the row is contested just so, and CallManager does not care."""
    result = variant(
        LOOP,
        lambda _steps: [{"regenerate": {"node": "pub", "unit": "tomcat"}}],
        model_set={"multi_server": ["tomcat"]},
    )
    assert count(result, "row_contested") > 20
    assert result.metrics.resets_total == 0


def test_no_update_no_loop(variant: Run) -> None:
    """An affected cluster with a multi-server certificate is quiet until that is renewed."""
    result = variant(LOOP, lambda _steps: [])
    assert count(result, "row_contested") == 0


def test_starting_certcn_again_brings_the_loop_back(variant: Run) -> None:
    """A34 stopped and started again: the rows are contested as before."""
    result = variant(
        "does-stopping-certcn-end-the-reset-loop",
        lambda steps: [*steps, {"advance": {"for": "1h"}}, *certcn("start", *NODES)],
    )
    assert result.metrics.resets_per_phone_max > 12


def test_a_node_alone_has_nobody_to_disagree_with(variant: Run) -> None:
    """A34 with certCN stopped on two of three nodes: the third writes once more at most."""
    result = variant(
        "does-stopping-certcn-end-the-reset-loop",
        lambda steps: [
            step for step in steps if step.get("stop_service", {}).get("node") != "sub2"
        ],
    )
    assert 7 <= result.metrics.resets_per_phone_max <= 11


# -- DRF ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("release", "failed"), [("10.5", 1), ("12.5", 1), ("14", 0), ("15", 0)])
def test_which_certificate_drf_needs_is_a_matter_of_the_release(
    variant: Run, release: str, failed: int
) -> None:
    """A19 on other releases: from 14 DRF presents tomcat, and ipsec does not matter to it."""
    result = variant("what-if-ipsec-of-a-node-does-not-match", release=release)
    assert count(result, "backup_failed") == failed


def test_tomcat_matters_to_drf_from_14(variant: Run) -> None:
    """A19 with tomcat instead of ipsec: on 14 it is the certificate that has to match."""
    result = variant(
        "what-if-ipsec-of-a-node-does-not-match",
        lambda steps: [
            steps[0],
            steps[1] | {"regenerate": {"node": "pub", "unit": "tomcat"}},
            *steps[2:7],
            {"restart_service": {"node": "pub", "service": "DRFMaster"}},
        ],
        release="14",
    )
    assert count(result, "backup_failed") == 1


def test_without_a_restart_nobody_sees_the_new_certificate(variant: Run) -> None:
    """A19 without restarting the master: it goes on with what it loaded, and backups work."""
    result = variant(
        "what-if-ipsec-of-a-node-does-not-match",
        lambda steps: [step for step in steps if "restart_service" not in step],
    )
    assert count(result, "tls_refused") == 0
    assert count(result, "backup_finished") == 3


@pytest.mark.parametrize(
    ("release", "restarted", "failed"),
    [("10.5", True, 1), ("11.5", True, 1), ("10.5", False, 0), ("14", True, 0)],
)
def test_a_missing_ipsec_entry_is_found_out_by_a_new_session(
    variant: Run, release: str, restarted: bool, failed: int
) -> None:
    """A20: an open session hides it, and from 14 DRF asks for tomcat instead."""
    result = variant(
        IPSEC_DELETED,
        lambda steps: [step for step in steps if restarted or "restart_service" not in step],
        release=release,
    )
    assert count(result, "trust_deleted") == 1
    assert count(result, "backup_failed") == failed


def test_the_entry_of_another_node_is_not_missed(variant: Run) -> None:
    """A20 with the subscriber's own entry deleted: the agent looks for the master's certificate."""
    result = variant(
        IPSEC_DELETED,
        lambda steps: [
            {"delete_trust": steps[0]["delete_trust"] | {"name": "cucm-sub.example.com"}},
            *steps[1:3],
        ],
    )
    assert count(result, "trust_deleted") == 1
    assert count(result, "backup_finished") == 1
