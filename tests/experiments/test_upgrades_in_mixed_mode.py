"""Upgrades of a mixed cluster (A24 to A26) with release, order or timing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.api import RunResult
from twin.phones.stuck import BOTH_BY_HAND, CTL_BY_HAND, CTL_LOCALKEY

Run = Callable[..., RunResult]
Remedies = Callable[[RunResult], set[str]]

SILENT = "what-does-a-silent-itlrecovery-do-to-a-ctl"
TOO_EARLY = "what-if-callmanager-changes-before-the-workaround"
WORKAROUND = "does-ctl-reset-mend-a-silent-itlrecovery"
KEPT = "does-12-5-1-su3-keep-itlrecovery"

WAIT = {"wait": {"until": "quiet", "at_most": "2h"}}
RESET: dict[str, Any] = {"reset_phones": {}}
UPDATE: dict[str, Any] = {"ctl_update": {}}
RENEW_TVS = [{"regenerate": {"node": node, "unit": "TVS"}} for node in ("pub", "sub1")]


def out(result: RunResult) -> dict[str, int]:
    """Phones that are not registered at the end, by population."""
    phones = result.phones
    return phones[phones["node"] == ""].groupby("population").size().to_dict()


def upgraded(to: str, defects: list[str] | None) -> dict[str, Any]:
    """The step that upgrades."""
    build = {} if defects is None else {"defects": defects}
    return {"upgrade": {"to": to, **build}}


@pytest.mark.parametrize(
    ("release", "to", "defects", "rejected"),
    [
        ("11.5", "12.5", ["CSCvv13565"], 30),
        ("11.5", "12.5", None, 30),
        ("10.5", "12.5", ["CSCvv13565"], 30),
        ("11.5", "12.5", [], 0),
        ("11.5", "14", None, 0),
        ("12.5", "14", ["CSCvv13565"], 0),
    ],
)
def test_an_update_at_once_shows_whether_the_anchor_is_gone(
    variant: Run, release: str, to: str, defects: list[str] | None, rejected: int
) -> None:
    """Without reset localkey, the new CTL is strange to phones without an ITL if the key is new.

    From 12.5 to 14 nothing is installed in the node's place, so no such build makes a new key.
    """
    steps = [upgraded(to, defects), WAIT, UPDATE, RESET, WAIT]
    result = variant(SILENT, lambda _: steps, release=release)
    assert result.metrics.ctl_updates.rejected == rejected
    assert result.metrics.phones_stuck == rejected
    assert set(result.phones.loc[result.phones["stuck"], "model"]) == (
        {"7960"} if rejected else set()
    )


def test_after_a_hasty_update_the_workaround_still_helps(
    variant: Run, remedies_of: Remedies
) -> None:
    """As long as CallManager is what it was, reset localkey is named, and comes true."""
    hasty = [upgraded("12.5", ["CSCvv13565"]), WAIT, UPDATE, RESET, WAIT]
    assert remedies_of(variant(SILENT, lambda _: hasty)) == {f"{CTL_LOCALKEY};{CTL_BY_HAND}"}
    late = [*hasty, {"ctl_reset": {}}, RESET, WAIT, UPDATE, RESET, WAIT]
    assert variant(SILENT, lambda _: late).metrics.phones_stuck == 0


def test_after_callmanager_the_workaround_comes_too_late(variant: Run) -> None:
    """Reset localkey signs with the very key that is new by then: a visit is all that is left."""
    late: list[dict[str, Any]] = [{"ctl_reset": {}}, WAIT, RESET, WAIT]
    result = variant(TOO_EARLY, lambda steps: [*steps, *late])
    assert out(result) == {"secure-7960": 20}
    assert result.metrics.phones_stuck == 30
    visit = {"delete_phone_lists": {"select": {"model": "7960"}, "lists": "ctl"}}
    visited = variant(TOO_EARLY, lambda steps: [*steps, visit, WAIT])
    assert visited.metrics.phones_stuck == 0
    assert out(visited) == {}


def test_the_other_builds_have_an_anchor_left_for_callmanager(variant: Run) -> None:
    """The steps that cost thirty visits after SU1 cost none after SU3."""
    result = variant(TOO_EARLY, lambda steps: [upgraded("12.5", []), *steps[1:]])
    assert result.metrics.phones_stuck == 0
    assert out(result) == {}


def test_only_the_upgrade_makes_the_difference(variant: Run) -> None:
    """On a 12.5 cluster whose CTL is its own, the same CallManager renewal is harmless."""
    result = variant(TOO_EARLY, lambda steps: steps[4:], release="12.5")
    assert result.metrics.phones_stuck == 0


@pytest.mark.parametrize("until", [8, 10])
def test_half_of_the_workaround_is_enough_for_callmanager(variant: Run, until: int) -> None:
    """The list of reset localkey brings the new ITLRecovery, with a reset of its own or the next.

    CallManager's renewal resets phones too, and its old key still signs the list served then.
    """
    half = variant(WORKAROUND, lambda steps: [*steps[:until], *steps[13:]])
    assert half.metrics.phones_stuck == 0
    assert half.metrics.ctl_updates.rejected == 0


@pytest.mark.parametrize(("defects", "stuck"), [(["CSCvv13565"], 200), ([], 0)])
def test_with_tvs_gone_as_well_everybody_is_lost(
    variant: Run, remedies_of: Remedies, defects: list[str], stuck: int
) -> None:
    """Phones asleep through upgrade, TVS and CallManager have neither an anchor nor a TVS."""
    night = [
        {"power": {"on": False}},
        upgraded("12.5", defects),
        WAIT,
        *RENEW_TVS,
        {"advance": {"for": "10m"}},
        {"regenerate": {"node": "pub", "unit": "CallManager"}},
        WAIT,
        UPDATE,
        {"restart_service": {"node": "pub", "service": "TFTP"}},
        {"restart_service": {"node": "sub1", "service": "TFTP"}},
        {"restart_service": {"node": "pub", "service": "CallManager"}},
        WAIT,
        {"power": {"on": True}},
        WAIT,
    ]
    result = variant(SILENT, lambda _: night)
    assert result.metrics.phones_stuck == stuck
    assert remedies_of(result) == ({CTL_BY_HAND, BOTH_BY_HAND} if stuck else set())


def test_without_tvs_the_itl_after_the_upgrade_is_refused(variant: Run) -> None:
    """What makes the upgrade look harmless is TVS: with none running 170 phones refuse the ITL."""
    stops = [{"stop_service": {"node": node, "service": "TVS"}} for node in ("pub", "sub1")]
    result = variant(SILENT, lambda steps: [*steps[:2], *stops, *steps[2:]])
    assert result.metrics.itl_updates.rejected == 170
    kept = variant(KEPT, lambda steps: [*steps[:2], *stops, RESET, WAIT])
    assert kept.metrics.itl_updates.rejected == 0
