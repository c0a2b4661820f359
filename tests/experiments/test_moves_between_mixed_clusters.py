"""Moves between mixed-mode clusters (A28, A29) with mode, order, release or exchange changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.api import RunResult

Run = Callable[..., RunResult]

ROLLBACK = "can-phones-move-between-mixed-clusters"
BULK = "do-bulk-certificates-let-secure-phones-move"
NO_CAPF = "what-if-the-old-capf-is-not-exchanged"

WAIT = {"wait": {"until": "quiet", "at_most": "2h"}}
RESET: dict[str, Any] = {"reset_phones": {}}
PLAIN = {f"phones[{number}].security_mode": "non_secure" for number in range(4)}
DELETE_CTL = {"delete_phone_lists": {"lists": "ctl"}}


def out(result: RunResult) -> dict[str, int]:
    """Phones that are not registered at the end, by population."""
    phones = result.phones
    return phones[phones["node"] == ""].groupby("population").size().to_dict()


def moved(result: RunResult) -> int:
    """How many phones are registered with the new cluster."""
    return int(result.phones["node"].str.startswith("new-").sum())


@pytest.mark.parametrize(
    ("here", "there", "arrived"),
    [
        ("mixed", "mixed", 0),
        ("mixed", "non_secure", 0),
        ("non_secure", "mixed", 200),
        ("non_secure", "non_secure", 200),
    ],
)
def test_the_ctl_on_the_phone_is_what_holds_it(
    variant: Run, here: str, there: str, arrived: int
) -> None:
    """Rollback lets plain phones go from a cluster without a CTL, and from no other one."""
    modes = {"cluster_mode": here, "other_cluster.cluster_mode": there}
    result = variant(ROLLBACK, model_set=modes | PLAIN)
    assert moved(result) == arrived
    assert result.metrics.phones_stuck == 200 - arrived


def test_without_its_empty_itl_a_phone_could_have_asked(variant: Run) -> None:
    """After an exchange TVS would vouch for the new CTL; rollback is what takes it away."""
    exchange = {"bulk_certificates": {"types": ["TFTP", "ITLRecovery", "CAPF"]}}
    told = variant(ROLLBACK, lambda steps: [exchange, *steps])
    assert told.metrics.phones_stuck == 200
    without = variant(ROLLBACK, lambda steps: [exchange, *steps[1:]])
    assert without.metrics.phones_stuck == 30
    assert moved(without) == 170


def test_a_ctl_deleted_on_the_phone_comes_back_while_it_is_served(variant: Run) -> None:
    """Deleted before the move, the phone fetches the old cluster's again; after it, the new one's.

    Served nowhere, it stays away, and the empty ITL takes what the new cluster offers.
    """
    before = variant(ROLLBACK, lambda steps: [*steps[:7], DELETE_CTL, WAIT, *steps[7:]])
    assert before.metrics.phones_stuck == 200
    gone = [{"ctl_delete": {}}, DELETE_CTL, WAIT]
    served_nowhere = variant(
        ROLLBACK, lambda steps: [*steps[:7], *gone, *steps[7:]], model_set=PLAIN
    )
    assert moved(served_nowhere) == 200
    after = variant(ROLLBACK, lambda steps: [*steps, DELETE_CTL, WAIT], model_set=PLAIN)
    assert moved(after) == 200
    assert after.metrics.phones_stuck == 0


def test_a_phone_that_never_emptied_its_itl_needs_both_deleted(variant: Run) -> None:
    """With the full ITL of the old cluster left on it, deleting the CTL alone is in vain."""
    straight = [{"move_phones": {"to": "new-cluster"}}, RESET, WAIT]
    ctl = variant(ROLLBACK, lambda _: [*straight, DELETE_CTL, WAIT], model_set=PLAIN)
    assert moved(ctl) == 30  # those that have no ITL
    both = variant(
        ROLLBACK, lambda _: [*straight, {"delete_phone_lists": {}}, WAIT], model_set=PLAIN
    )
    assert moved(both) == 200


@pytest.mark.parametrize(
    ("types", "release", "arrived", "refused"),
    [
        (["TFTP", "ITLRecovery", "CAPF"], "12.5", 170, {}),
        (["TFTP", "ITLRecovery"], "12.5", 40, {"secure-8841": 130}),
        (["TFTP", "CAPF"], "12.5", 40, {"secure-8841": 130}),
        (["TFTP", "CAPF"], "10.5", 170, {}),
        (["ITLRecovery", "CAPF"], "12.5", 170, {}),
        (["ITLRecovery", "CAPF"], "10.5", 0, {}),
    ],
)
def test_what_must_be_exchanged_depends_on_who_signs_there(
    variant: Run, types: list[str], release: str, arrived: int, refused: dict[str, int]
) -> None:
    """TVS must know the signer of the new CTL, and CallManager there that of the LSCs.

    With the TFTP certificates alone a phone keeps its lists and takes the config, which leads it
    there; its old CTL does not know CallManager, so that only plain phones register.
    """
    exchange = {"bulk_certificates": {"types": types}}
    result = variant(
        BULK, lambda steps: [exchange, *steps[1:7]],
        model_set={"other_cluster.release": release},
    )  # fmt: skip
    assert moved(result) == arrived
    assert out(result) == refused


def test_a_cluster_that_is_not_secure_needs_no_capf(variant: Run) -> None:
    """Secure phones register there without TLS; who knows the CTL only stays behind."""
    result = variant(NO_CAPF, model_set={"other_cluster.cluster_mode": "non_secure"})
    assert moved(result) == 170
    assert result.metrics.tls_refused == 0


def test_the_capf_may_be_told_later(variant: Run) -> None:
    """Refused phones are let in once the exchange is made good; they try at their next boot."""
    power = [{"power": {"on": on}} for on in (False, True)]
    late = [{"bulk_certificates": {"types": ["CAPF"]}}, WAIT, *power, WAIT]
    result = variant(NO_CAPF, lambda steps: [*steps, *late])
    assert out(result) == {}
    assert moved(result) == 170


def test_the_other_cluster_can_become_mixed_first(variant: Run) -> None:
    """Its own commands make its CTL, and the move ends as if it had been mixed before."""
    mixed = [
        {"set_cluster_mode": {"node": "new-pub", "mode": "mixed"}},
        *(
            {"restart_service": {"node": node, "service": service}}
            for service in ("TFTP", "CallManager")
            for node in ("new-pub", "new-sub")
        ),
    ]
    result = variant(
        BULK, lambda steps: [*mixed, *steps[:7]],
        model_set={"other_cluster.cluster_mode": "non_secure"},
    )  # fmt: skip
    assert moved(result) == 170
    assert result.metrics.ctl_updates.accepted_tvs == 170
