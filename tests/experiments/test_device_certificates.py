"""LSCs and 802.1X (A13, A15 and the campaigns), with one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.api import RunResult

Run = Callable[..., RunResult]
RADIUS = "what-if-radius-is-not-told-of-a-new-capf"
TOLD = {"radius_trust": {"radius": "ise", "certificate": "CAPF"}}


def without_restart(steps: list[Any]) -> list[Any]:
    """The same steps, and nobody restarts CAPF."""
    return [step for step in steps if "restart_service" not in step]


def without_tvs(steps: list[Any]) -> list[Any]:
    """The same steps, with no TVS running once the phones have the new list."""
    stops = [{"stop_service": {"node": node, "service": "TVS"}} for node in ("pub", "sub1")]
    return [*steps[:2], *stops, *steps[2:]]


CAPF = "what-if-capf-is-not-restarted"
ASKS_TVS = {"capf_trust_sources": 2}


def reported(result: RunResult) -> list[int]:
    """How many LSCs each report found stale."""
    events = result.tables.node_events
    return [row.data["count"] for row in events if row.event == "stale_lsc_report"]


@pytest.mark.parametrize(("release", "untrusted"), [("11.5", 3000), ("12.5", 3000), ("14", 0)])
def test_from_14_capf_restarts_itself(variant: Run, release: str, untrusted: int) -> None:
    """What keeps every phone from CAPF up to 12.5 does no harm from 14."""
    result = variant(CAPF, release=release)
    assert result.metrics.lsc.tries_untrusted == untrusted
    assert result.metrics.lsc.succeeded == 1000
    assert reported(result) == [0, 0]


@pytest.mark.parametrize(("release", "stale"), [("11.5", 1000), ("12.5", 1000), ("14", 0)])
def test_did_phones_ask_tvs_about_capf_the_old_one_would_do(
    variant: Run, release: str, stale: int
) -> None:
    """TVS knows the old certificate from CAPF-trust, and every LSC is stale from its first day.

    The report compares with what the service signs with, and shows it only after the restart.
    """
    result = variant(CAPF, release=release, timing=ASKS_TVS)
    assert result.metrics.lsc.tries_untrusted == 0
    assert reported(result) == [0, stale]


@pytest.mark.parametrize("timing", [{}, ASKS_TVS])
def test_a_capf_that_no_list_and_no_tvs_knows_is_refused(
    variant: Run, timing: dict[str, int]
) -> None:
    """Without TVS, or without its copy in CAPF-trust, nobody vouches for the old certificate."""
    before = variant(CAPF, without_tvs, timing=timing).metrics
    assert before.lsc.tries_untrusted == 3000
    gone = {
        "delete_trust": {"node": "pub", "unit": "CAPF-trust", "name": "CAPF-*", "old_only": True}
    }
    result = variant(CAPF, lambda steps: [*steps[:2], gone, *steps[2:]], timing=timing)
    assert result.metrics.lsc.tries_untrusted == 3000


@pytest.mark.parametrize(("timing", "proved"), [({}, False), (ASKS_TVS, True)])
def test_old_lscs_need_the_restart(variant: Run, timing: dict[str, int], proved: bool) -> None:
    """A13 without restart: the old LSCs are good, but phones refuse to show them."""
    metrics = variant("do-old-lscs-outlive-their-capf", without_restart, timing=timing).metrics
    assert (metrics.lsc.by_status == {"schedule": 1000}) is not proved
    assert metrics.phones_unregistered_at_end == 0


EARLY = "what-if-the-old-capf-is-deleted-too-early"
REISSUE = [
    {"ctl_update": {"node": "pub"}},  # 7960s know CAPF by the CTL only
    {"reset_phones": {"kind": "reset"}},
    {"wait": {"until": "quiet", "at_most": "1h"}},
    {"capf_operation": {"operation": "install_upgrade", "key_bits": 1024}},
    {"wait": {"until": "quiet", "at_most": "1h"}},
]


@pytest.mark.parametrize(("skipped", "left"), [(0, 0), (3, 20)])
def test_new_lscs_before_the_deletion_keep_everybody_in(
    variant: Run, skipped: int, left: int
) -> None:
    """A14 in the right order: CTL, new LSCs, deletion; without the CTL the 7960s get no LSC."""

    def first(steps: list[Any]) -> list[Any]:
        return [*steps[:3], *REISSUE[skipped:], *steps[3:]]

    assert variant(EARLY, first).metrics.phones_unregistered_at_end == left


def test_before_11_the_other_node_brings_the_old_capf_back(variant: Run) -> None:
    """A14 on a release that deletes on one node only: half an hour later nobody is refused."""

    def later(steps: list[Any]) -> list[Any]:
        return [*steps[:4], {"advance": {"for": "1h"}}, *steps[5:]]

    assert variant(EARLY, later, release="10.5").metrics.phones_unregistered_at_end == 0


def test_the_deletion_alone_throws_nobody_out(variant: Run) -> None:
    """A14 without the reset: a session that stands is not judged again."""
    metrics = variant(EARLY, lambda steps: steps[:4]).metrics
    assert metrics.phones_unregistered_at_end == 0


def test_a_new_lsc_lets_them_in_again(variant: Run) -> None:
    """A14, and then new LSCs: phones nobody can reset have to be switched off and on for them."""
    off, on = ({"power": {"phones": {}, "on": is_on}} for is_on in (False, True))

    def after(steps: list[Any]) -> list[Any]:
        return [*steps, *REISSUE, *switched, {"wait": {"until": "quiet", "at_most": "1h"}}]

    switched: list[Any] = []
    assert variant(EARLY, after).metrics.phones_unregistered_at_end == 150
    switched = [off, on]
    assert variant(EARLY, after).metrics.phones_unregistered_at_end == 0


def test_radius_told_in_time_holds_nobody(variant: Run) -> None:
    """A15 in another order: the new CAPF certificate reaches RADIUS before the phones restart."""
    metrics = variant(RADIUS, lambda steps: [*steps[:3], TOLD, *steps[3:]]).metrics
    assert metrics.lsc.by_status == {"upgrade_success": 500}
    assert metrics.lsc.ports_refused == 0
    assert metrics.phones_unregistered_at_end == 0


def test_without_new_lscs_nobody_is_held(variant: Run) -> None:
    """A15 without the operation: the old LSCs lead to the CAPF certificate that RADIUS has."""
    metrics = variant(RADIUS, lambda steps: [*steps[:3], *steps[5:]]).metrics
    assert metrics.lsc.held_at_end == 0


@pytest.mark.parametrize(("trusts", "held"), [(["CAPF"], 500), (["CAPF", "Cisco Root CA M2"], 0)])
def test_a_phone_without_an_lsc_shows_its_mic(variant: Run, trusts: list[str], held: int) -> None:
    """A15 with LSCs deleted: whether RADIUS trusts the factory decides."""
    changes = {
        "radius_servers": [{"name": "ise", "trusts": trusts}],
        "phones[desk-8841].lsc": "installed",
        "phones[desk-8841].radius": "ise",
    }

    def erase(steps: list[Any]) -> list[Any]:
        order = {"operation": "delete", "select": {"population": "desk-8841"}}
        return [*steps[:3], {"capf_operation": order}, *steps[4:]]

    metrics = variant(RADIUS, erase, model_set=changes).metrics
    assert metrics.lsc.by_status == {"delete_success": 500}
    assert metrics.lsc.held_at_end == held


def test_radius_looks_at_the_lsc_first(variant: Run) -> None:
    """A15 with the factory trusted as well: the LSC comes before the MIC, and is refused."""
    changes = {
        "radius_servers": [{"name": "ise", "trusts": ["CAPF", "Cisco Root CA M2"]}],
        "phones[desk-8841].lsc": "installed",
        "phones[desk-8841].radius": "ise",
    }
    assert variant(RADIUS, model_set=changes).metrics.lsc.held_at_end == 500


def test_the_port_is_asked_at_a_reset_only(variant: Run) -> None:
    """A15 with a restart instead of the reset: the link stays up, and so does the phone."""

    def restarted(steps: list[Any]) -> list[Any]:
        return [*steps[:5], {"reset_phones": {"kind": "restart"}}, steps[6]]

    metrics = variant(RADIUS, restarted).metrics
    assert metrics.lsc.ports_refused == 0
    assert metrics.phones_unregistered_at_end == 0


def test_a_faster_job_is_not_enough(variant: Run) -> None:
    """The same deadline at five times the pace: CAPF's places decide who comes too late, too."""

    def faster(steps: list[Any]) -> list[Any]:
        order = steps[0]["capf_operation"] | {"phones_per_minute": 500}
        return [{"capf_operation": order}, *steps[1:]]

    def late(**timing: float) -> int:
        result = variant("what-if-the-deadline-is-short", faster, timing=timing)
        return int(result.metrics.lsc.by_status["upgrade_fail_late_request"])

    assert late() > 550
    assert late(capf_sessions=300) < 300


def test_longer_keys_make_a_longer_campaign(variant: Run) -> None:
    """1,000 idle phones at once, at a CAPF with ten places: the size of the key sets the pace."""

    def took(bits: int) -> float:
        result = variant(
            "what-if-the-deadline-is-short",
            lambda steps: [{"capf_operation": {"key_bits": bits}}, steps[1]],
            release="12.5",
            run_for="24h",
            timing={"capf_patience_min": 240, "capf_sessions": 10, "p_busy": 0},
        )
        return float(result.metrics.lsc.campaign_s)

    assert took(1024) * 3 < took(2048)
    assert took(2048) * 2 < took(3072)


def test_patience_or_places_save_the_rush(variant: Run) -> None:
    """Phones that wait an hour, or a CAPF with more places: everybody of two thousand is served."""
    changes = {"phones[desk-8841].count": 1500}

    def at_once(steps: list[Any]) -> list[Any]:
        return [{"capf_operation": {}}, steps[1]]

    def pending(**timing: float) -> int:
        result = variant(
            "what-if-the-deadline-is-short", at_once, model_set=changes, run_for="9h",
            timing={"capf_sessions": 10} | timing,
        )  # fmt: skip
        return int(result.metrics.lsc.pending)

    assert pending() > 500
    assert pending(capf_patience_min=240) == 0
    assert pending(capf_sessions=200) == 0


def test_a_vpn_certificate_that_comes_first_shuts_phones_out(variant: Run) -> None:
    """The renewal in the wrong order: presented before the phones know of it, and they stay out."""

    def hasty(steps: list[Any]) -> list[Any]:
        generate, upload, reset = steps[:3]
        activate = {"vpn_certificate": {"concentrator": "asa", "step": "activate"}}
        quiet = {"wait": {"until": "quiet", "at_most": "1h"}}
        return [generate, activate, reset, quiet, upload, reset, quiet]

    metrics = variant("how-is-a-vpn-certificate-renewed", hasty).metrics
    assert metrics.lsc.tunnels_refused == 150
    assert metrics.lsc.held_at_end == 150
    assert metrics.phones_unregistered_at_end == 150


def test_phones_on_the_campus_need_no_tunnel(variant: Run) -> None:
    """The renewal of a concentrator nobody goes through concerns nobody."""
    changes = {"vpn_concentrators": [{"name": "asa", "common_name": "vpn.example.com"}]}
    metrics = variant("can-a-vpn-certificate-keep-its-name", model_set=changes).metrics
    assert metrics.lsc.tunnels_refused == 0


def test_without_the_defect_namesakes_stand_side_by_side(variant: Run) -> None:
    """The same renewal on a release that no longer has CSCuh19734: nobody is refused."""
    metrics = variant("can-a-vpn-certificate-keep-its-name", release="11.5").metrics
    assert metrics.lsc.tunnels_refused == 0
