"""Remedies of phones held back by a CTL or by TLS: each one named is carried out, and is true.

A remedy of one step that is not named is carried out as well, and frees nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.cluster.twin import Twin
from twin.phones.stuck import (
    BOTH_BY_HAND,
    CTL_BY_HAND,
    CTL_LOCALKEY,
    CTL_UPDATE,
    DELETE_LSC,
    DEVICE_TRUST,
    NEW_LSC,
)

Make = Callable[..., Twin]

SECURE = {"callmanager_group": "pub-sub", "security_mode": "encrypted", "lsc": "installed"}
NEW = [{"name": "new", "model": "8841", "count": 2, **SECURE}]
OLD = [{"name": "old", "model": "7960", "count": 2, "lsc_key_bits": 1024, **SECURE}]
THERE: dict[str, Any] = {
    "name": "there",
    "title": "The other cluster",
    "release": "12.5",
    "domain": "example.org",
    "subject": {
        "organization": "Example", "organizational_unit": "IT",
        "locality": "Bern", "state": "BE", "country": "CH",
    },
    "cluster_mode": "mixed",
    "nodes": [
        {"name": "far", "role": "publisher", "address": "10.1.0.1", "ova": 1000,
         "services": ["CallManager", "TFTP", "CAPF"]},
    ],
    "callmanager_groups": [{"name": "far", "members": ["far"]}],
}  # fmt: skip
RESTORE = "restore before"


def tell(twin: Twin, **step: Any) -> None:
    """Carry out a step that must be done, and let its work be done too."""
    assert twin.do(step).outcome == "done", step
    twin.wait("quiet", at_most="4h")


def boot(twin: Twin) -> None:
    """Switch every phone off and on."""
    tell(twin, power={"on": False})
    tell(twin, power={"on": True})


def restart(twin: Twin, *services: str) -> None:
    """Restart services on both nodes of the first cluster."""
    for node in ("pub", "sub"):
        for service in services:
            tell(twin, restart_service={"node": node, "service": service})


def capf_deleted(twin: Twin) -> None:
    """Nobody accepts the LSCs of the CAPF in use, nor would they accept new ones."""
    tell(twin, backup={"name": "before"})
    name = {"node": "pub", "unit": "CallManager-trust", "name": "CAPF-*"}
    tell(twin, delete_trust=name)
    boot(twin)


def old_capf_deleted(twin: Twin) -> None:
    """Row A14: CAPF renewed in the right order, and the old certificate deleted too early."""
    tell(twin, regenerate={"node": "pub", "unit": "CAPF"})
    tell(twin, restart_service={"node": "pub", "service": "CAPF"})
    tell(twin, ctl_update={})
    boot(twin)
    name = {"node": "pub", "unit": "CallManager-trust", "name": "CAPF-*", "old_only": True}
    tell(twin, delete_trust=name)
    boot(twin)


def stale_ctl(twin: Twin) -> None:
    """Row A21 on both nodes: the CTL is of before, and there is a backup of then."""
    tell(twin, backup={"name": "before"})
    callmanager_renewed(twin)


def callmanager_renewed(twin: Twin) -> None:
    """CallManager renewed on both nodes and restarted, and nobody thought of the CTL."""
    for node in ("pub", "sub"):
        tell(twin, regenerate={"node": node, "unit": "CallManager"})
    restart(twin, "CallManager", "TFTP")
    boot(twin)


def no_anchor(twin: Twin) -> None:
    """Both anchors of the CTL are gone, and the CTL is of before."""
    tell(twin, regenerate={"node": "pub", "unit": "ITLRecovery"})
    callmanager_renewed(twin)


def moved(twin: Twin) -> None:
    """Row A28: moved to another mixed cluster that nobody has told of anything."""
    tell(twin, move_phones={"to": "there"})
    boot(twin)


def moved_empty(twin: Twin) -> None:
    """Row A28 in full, with the ITL emptied first."""
    tell(twin, set_enterprise_parameter={"name": "rollback_to_pre_8", "value": True})
    restart(twin, "TVS", "TFTP")
    boot(twin)
    moved(twin)


Situation = tuple[str, list[dict[str, Any]], Callable[[Twin], None], set[str]]
BACK = f"{DEVICE_TRUST}, then "
SITUATIONS: dict[str, Situation] = {
    "CAPF deleted": ("11.5", NEW, capf_deleted, {RESTORE, DEVICE_TRUST, DELETE_LSC}),
    "old CAPF deleted": ("11.5", NEW, old_capf_deleted, {DEVICE_TRUST, NEW_LSC, DELETE_LSC}),
    "old CAPF deleted, 7960": ("11.5", OLD, old_capf_deleted, {DEVICE_TRUST, NEW_LSC}),
    "stale CTL": ("11.5", NEW, stale_ctl, {RESTORE, CTL_UPDATE, CTL_LOCALKEY}),
    "stale CTL, 7960": ("11.5", OLD, stale_ctl, {RESTORE, CTL_LOCALKEY}),
    "stale CTL, 7960, 12.5": ("12.5", OLD, stale_ctl, {RESTORE, CTL_UPDATE}),
    "no anchor, 7960": (
        "12.5", OLD, no_anchor,
        {f"{CTL_UPDATE}, then {CTL_BY_HAND}", f"{CTL_LOCALKEY}, then {CTL_BY_HAND}"},
    ),
    "moved": ("11.5", NEW, moved, {BACK + BOTH_BY_HAND}),
    "moved, 7960": ("11.5", OLD, moved, {BACK + CTL_BY_HAND}),
    "moved with an empty ITL": ("11.5", NEW, moved_empty, {BACK + CTL_BY_HAND}),
}  # fmt: skip


def upload_issuer(twin: Twin) -> None:
    """Upload what is above a phone's certificate, where the phone goes to register."""
    held = twin.cluster.enrolment.certificates
    group = twin.cluster.population.group(0)
    node = next(node for node in twin.cluster.every_node if node.index == group.callmanagers[0])
    for number, certificate in enumerate(held.issuers(held.presented(0))):
        name = f"issuer-{number}.pem"
        twin.cluster.attachments[name] = certificate.pem
        unit = {"node": node.name, "unit": "CallManager-trust", "file": name}
        tell(twin, upload_trust=unit)


def by_capf(operation: str) -> Callable[[Twin], None]:
    """Order an operation with a key that every model makes."""
    order = {"operation": operation, "authentication": "null_string", "key_bits": 1024}
    return lambda twin: tell(twin, capf_operation=order)


def by_hand(lists: str) -> Callable[[Twin], None]:
    """Delete lists on every phone."""
    return lambda twin: tell(twin, delete_phone_lists={"lists": lists})


REMEDIES: dict[str, Callable[[Twin], None]] = {
    RESTORE: lambda twin: tell(twin, restore={}),
    DEVICE_TRUST: upload_issuer,
    NEW_LSC: by_capf("install_upgrade"),
    DELETE_LSC: by_capf("delete"),
    CTL_UPDATE: lambda twin: tell(twin, ctl_update={}),
    CTL_LOCALKEY: lambda twin: tell(twin, ctl_reset={}),
    CTL_BY_HAND: by_hand("ctl"),
    BOTH_BY_HAND: by_hand("both"),
}


@pytest.fixture
def stuck_twin(make_twin: Make) -> Callable[[str], Twin]:
    """A twin in one of the situations, every phone stuck."""

    def make(situation: str) -> Twin:
        release, phones, happen, _ = SITUATIONS[situation]
        other = {"other_cluster": THERE} if situation.startswith("moved") else {}
        twin = make_twin(release=release, cluster_mode="mixed", phones=phones, **other)
        happen(twin)
        assert len(twin.stuck()) == 2
        return twin

    return make


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_is_named(situation: str, stuck_twin: Callable[[str], Twin]) -> None:
    """Exactly the remedies listed for the situation are found on every phone of it."""
    expected = SITUATIONS[situation][3]
    for finding in stuck_twin(situation).stuck().values():
        assert set(finding.remedies) == expected


@pytest.mark.parametrize(
    ("situation", "remedy"),
    [
        (situation, remedy)
        for situation, (*_, expected) in SITUATIONS.items()
        for remedy in sorted({*expected, *REMEDIES} - ({RESTORE} - expected))
    ],
)
def test_a_remedy_is_named_exactly_if_it_comes_true(
    situation: str, remedy: str, stuck_twin: Callable[[str], Twin]
) -> None:
    """Carried out, a named remedy brings every phone back; one step that is not named does not."""
    twin = stuck_twin(situation)
    for step in remedy.split(", then "):
        REMEDIES[step](twin)
    boot(twin)
    is_free = not twin.stuck() and twin.cluster.engine.core.registered() == 2
    assert is_free == (remedy in SITUATIONS[situation][3])
