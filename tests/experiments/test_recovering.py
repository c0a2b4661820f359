"""Backups, rebuilds, upgrades and moves with one thing changed: none of it is a special case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.api import RunResult
from twin.phones.stuck import BY_HAND, LOCALKEY, REMOTEKEY, START_TVS

Run = Callable[..., RunResult]
Remedies = Callable[[RunResult], set[str]]

RESTORE = "does-a-restore-bring-the-phones-back"
OLD_BACKUP = "what-if-an-old-backup-is-restored"
REBUILT = "what-if-the-publisher-is-rebuilt-without-a-backup"
REMOTE = "does-remotekey-rescue-a-rebuilt-publisher"
SECOND = "does-a-second-tvs-vouch-for-a-rebuilt-publisher"
SHORT = "can-the-itl-be-reset-with-a-short-itlrecovery-key"
UPGRADE = "what-if-an-upgrade-renews-itlrecovery"
ROLLBACK = "can-phones-move-with-the-rollback-parameter"
BULK = "do-bulk-certificates-let-phones-move"
OFF = "what-if-the-old-cluster-is-off-already"
NAME = "what-does-a-new-host-name-do"

WAIT = {"wait": {"until": "all_phones_registered", "at_most": "2h"}}
RESET: dict[str, Any] = {"reset_phones": {}}


def word(step: dict[str, Any]) -> str:
    """The action of a step."""
    return next(key for key in step if key not in ("at", "name"))


# -- backups --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "stuck"), [("8.6", 250), ("9.1", 250), ("10.5", 0), ("11.5", 0), ("12.5", 0)]
)
def test_a_backup_helps_from_10_on(variant: Run, release: str, stuck: int) -> None:
    """Keys are in a backup since 10.0: before, a restore changes nothing for the phones."""
    assert variant(RESTORE, release=release).metrics.phones_stuck == stuck


def test_a_backup_taken_too_late_helps_nobody(variant: Run, remedies_of: Remedies) -> None:
    """After the overlap it holds the very keys the phones refuse, and is no remedy."""
    result = variant(RESTORE, lambda steps: [*steps[1:4], steps[0], *steps[4:]])
    assert result.metrics.phones_stuck == 250
    assert remedies_of(result) == {f"{LOCALKEY};{BY_HAND}"}


@pytest.mark.parametrize(
    ("release", "remedies"),
    [("9.1", {BY_HAND}), ("11.5", {f"{LOCALKEY};restore backup 1;{BY_HAND}"})],
)
def test_the_backup_is_among_the_remedies_if_it_would_help(
    variant: Run, remedies_of: Remedies, release: str, remedies: set[str]
) -> None:
    """Remedies are found by trying what the restored cluster would serve."""
    result = variant(RESTORE, lambda steps: steps[:4], release=release)
    assert remedies_of(result) == remedies


def test_phones_that_missed_the_work_are_the_ones_a_restore_frees(
    variant: Run, remedies_of: Remedies
) -> None:
    """An old backup undoes the others' trust, and gives those back who slept through it."""

    group = {"population": "old-7942"}
    before = {"power": {"phones": group, "on": False}}
    after = {"power": {"phones": group, "on": True}}
    result = variant(OLD_BACKUP, lambda steps: [before, *steps[:-2], after, WAIT, *steps[-2:]])
    assert result.metrics.phones_stuck == 190
    awake = variant(OLD_BACKUP, lambda steps: [before, *steps[:5], after, WAIT])
    assert awake.metrics.phones_stuck == 60
    assert remedies_of(awake) == {f"{LOCALKEY};restore before;{BY_HAND}"}


def test_from_12_an_old_backup_does_no_harm(variant: Run) -> None:
    """ITLRecovery signs and was not renewed, so phones follow back to the old keys."""
    assert variant(OLD_BACKUP, release="12.5").metrics.phones_stuck == 0


# -- a rebuilt publisher --------------------------------------------------------------------


@pytest.mark.parametrize("release", ["9.1", "10.5", "12.5", "15"])
def test_no_release_saves_keys_nobody_saved(
    variant: Run, release: str, remedies_of: Remedies
) -> None:
    """Every key is new, whoever signs: only a visit helps."""
    result = variant(REBUILT, release=release)
    assert result.metrics.phones_stuck == 250
    assert remedies_of(result) == {BY_HAND}


def test_with_a_backup_nothing_happens_to_the_phones(variant: Run) -> None:
    """The new machine has the old keys: the list is taken by all."""
    steps = [{"backup": {}}, {"replace_node": {"node": "pub", "backup": "latest"}}, WAIT]
    result = variant(REBUILT, lambda _: [*steps, RESET, WAIT])
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.rejected == 0


def test_remotekey_needs_the_right_file(variant: Run, remedies_of: Remedies) -> None:
    """A p12 saved before ITLRecovery was renewed signs for strangers; the right one is named."""

    def renewed(steps: list[Any]) -> list[Any]:
        new = {"regenerate": {"node": "pub", "unit": "ITLRecovery"}}
        restart = {"restart_service": {"node": "pub", "service": "TFTP"}}
        return [steps[0], new, restart, RESET, WAIT, *steps[1:]]

    assert variant(REMOTE, renewed).metrics.phones_stuck == 250
    before = variant(REMOTE, lambda steps: steps[:5])
    assert remedies_of(before) == {f"{REMOTEKEY};{BY_HAND}"}


def test_localkey_is_not_remotekey(variant: Run) -> None:
    """The new machine's own key is a stranger to every phone."""

    def local(steps: list[Any]) -> list[Any]:
        return [{"itl_reset": {"key": "local"}} if "itl_reset" in s else s for s in steps]

    assert variant(REMOTE, local).metrics.phones_stuck == 250


def test_a_second_tvs_must_be_up_and_old(variant: Run, remedies_of: Remedies) -> None:
    """Stopped, it is a remedy to start it; replaced as well, nobody is left to vouch."""
    stop = {"stop_service": {"node": "sub1", "service": "TVS"}}
    stopped = variant(SECOND, lambda steps: [stop, *steps])
    assert stopped.metrics.phones_stuck >= 500
    assert all(START_TVS in found for found in remedies_of(stopped))
    replaced = {"replace_node": {"node": "sub1", "backup": "none"}}
    both = variant(SECOND, lambda steps: [steps[0], replaced, *steps[1:]])
    assert both.metrics.phones_stuck == 1000
    patient = variant(SECOND, lambda steps: [*steps, replaced, WAIT, RESET, WAIT], run_for="9h")
    assert patient.metrics.phones_stuck == 0


@pytest.mark.parametrize(("bits", "stuck", "refused"), [(1024, 250, 1), (2048, 0, 0)])
def test_the_size_of_itlrecovery_decides(variant: Run, bits: int, stuck: int, refused: int) -> None:
    """With a key as long as the others the same steps free every phone."""
    keys = {"nodes[0].key_bits": {"ITLRecovery": bits}}
    result = variant(SHORT, model_set=keys)
    assert result.metrics.phones_stuck == stuck
    events = [row.event for row in result.tables.node_events if row.service == "itlreset"]
    assert events.count("refused") == refused


# -- upgrades and names ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "defects", "local", "by_tvs", "stuck"),
    [
        ("9.1", [], 0, 1000, 0),
        ("11.5", [], 1000, 0, 0),
        ("11.5", ["CSCvv13565"], 0, 1000, 0),
    ],
)
def test_where_the_new_signer_is_known_from(
    variant: Run, release: str, defects: list[str], local: int, by_tvs: int, stuck: int
) -> None:
    """An ITLRecovery made by the upgrade needs a TVS; one the phones have held does not."""
    upgrade = {"upgrade": {"to": "12.5", "defects": defects}}
    result = variant(UPGRADE, lambda _: [upgrade, WAIT, RESET, WAIT], release=release)
    updates = result.metrics.itl_updates
    assert (updates.accepted_local, updates.accepted_tvs) == (local, by_tvs)
    assert result.metrics.phones_stuck == stuck


@pytest.mark.parametrize(("defects", "stuck"), [([], 0), (["CSCvv13565"], 1000)])
def test_asleep_through_upgrade_and_tvs(variant: Run, defects: list[str], stuck: int) -> None:
    """A silently renewed ITLRecovery turns a harmless night into a thousand visits."""
    night = [
        {"power": {"on": False}},
        {"upgrade": {"to": "12.5", "defects": defects}},
        {"wait": {"until": "quiet", "at_most": "1h"}},
        {"regenerate": {"node": "pub", "unit": "TVS"}},
        {"regenerate": {"node": "sub1", "unit": "TVS"}},
        {"wait": {"until": "quiet", "at_most": "1h"}},
        {"power": {"on": True}},
        WAIT,
    ]
    assert variant(UPGRADE, lambda _: night).metrics.phones_stuck == stuck


def test_one_node_renamed_at_a_time(variant: Run) -> None:
    """On two nodes the order decides: the domain at once is fatal, node after node is not."""
    two = {"model": "two-node-1000", "run_for": "8h"}
    at_once = [{"rename": {"domain": "new.example"}}, WAIT, RESET, WAIT]
    assert variant(NAME, lambda _: at_once, **two).metrics.phones_stuck == 1000
    patient = [
        step
        for node in ("pub", "sub1")
        for step in ({"rename": {"node": node, "to": f"new-{node}"}}, WAIT, RESET, WAIT)
    ]
    assert variant(NAME, lambda _: patient, **two).metrics.phones_stuck == 0


# -- migration ------------------------------------------------------------------------------


def test_the_old_tvs_alone_is_enough(variant: Run) -> None:
    """With the certificates exchanged, one old node's TVS brings everybody over."""

    def one_left(steps: list[Any]) -> list[Any]:
        return [step for step in steps if step != steps[3]]

    result = variant(OFF, one_left)
    assert result.metrics.phones_stuck == 0
    assert result.metrics.itl_updates.accepted_tvs == 300


def test_without_the_exchange_the_old_tvs_does_not_help(
    variant: Run, remedies_of: Remedies
) -> None:
    """Its answer is that it does not know the signer, and starting anything changes nothing."""
    result = variant(BULK, lambda steps: [s for s in steps[:7] if "bulk_certificates" not in s])
    assert result.metrics.phones_stuck == 300
    assert result.metrics.tvs.unknown > 0
    assert remedies_of(result) == {BY_HAND}


def test_switching_the_old_cluster_on_is_a_remedy_after_the_exchange(
    variant: Run, bundled: Run, remedies_of: Remedies
) -> None:
    """It would vouch if it had been told of the new certificates, and not if it had not."""
    assert remedies_of(bundled(OFF)) == {f"{START_TVS};{BY_HAND}"}
    untold = variant(OFF, lambda steps: steps[1:])
    assert untold.metrics.phones_stuck == 300
    assert remedies_of(untold) == {BY_HAND}


@pytest.mark.parametrize(("release", "stuck"), [("10.5", 0), ("12.5", 300)])
def test_who_signs_there_decides_what_must_be_exchanged(
    variant: Run, release: str, stuck: int
) -> None:
    """TFTP certificates alone are enough where CallManager signs, not where ITLRecovery does."""

    def tftp_only(steps: list[Any]) -> list[Any]:
        return [{"bulk_certificates": {"types": ["TFTP"]}}, *steps[1:7]]

    result = variant(BULK, tftp_only, model_set={"other_cluster.release": release})
    assert result.metrics.phones_stuck == stuck


def test_the_way_back_needs_the_other_import(variant: Run) -> None:
    """Had only the old cluster imported, nobody would come back."""

    def one_way(steps: list[Any]) -> list[Any]:
        return [{"bulk_certificates": {"into": "two-clusters-300"}}, *steps[1:]]

    result = variant(BULK, one_way)
    assert result.metrics.itl_updates.accepted_tvs == 300
    assert result.metrics.phones_stuck == 300


def test_rollback_must_reach_a_phone_before_it_moves(variant: Run) -> None:
    """Those who were off while the list was emptied hold the old one, and are refused."""

    def some_off(steps: list[Any]) -> list[Any]:
        group = {"population": "desk-7841"}
        off = {"power": {"phones": group, "on": False}}
        on = {"power": {"phones": group, "on": True}}
        at = next(n for n, step in enumerate(steps) if word(step) == "move_phones")
        return [off, *steps[: at + 1], on, *steps[at + 1 :]]

    result = variant(ROLLBACK, some_off)
    assert result.metrics.phones_stuck == 100
    assert set(result.phones.loc[result.phones["stuck"], "population"]) == {"desk-7841"}


@pytest.mark.parametrize("kept", [(), (0, 1, 2, 3, 4)])
def test_the_empty_list_must_be_on_the_phone(variant: Run, kept: tuple[int, ...]) -> None:
    """A parameter nobody set, or one no phone was reset for, leaves all of them stuck."""
    result = variant(ROLLBACK, lambda steps: [*(steps[n] for n in kept), *steps[7:]])
    assert result.metrics.phones_stuck == 300
