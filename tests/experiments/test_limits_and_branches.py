"""Size, parameter, burst and SRST (A35, A37, A38, A39), with one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import twin
from twin.api import RunResult
from twin.config.load import load_model
from twin.config.model import ModelConfig
from twin.phones.lifecycle import Event

Run = Callable[..., RunResult]
Remedies = Callable[[RunResult], set[str]]


def _oversized(nodes: int, bits: int | None) -> ModelConfig:
    """The model of A35 with its first nodes only, and with another key size if one is given."""
    document = load_model("oversized-36").model_dump(mode="json", by_alias=True, exclude_none=True)
    document["nodes"] = document["nodes"][:nodes]
    if bits is not None:
        for node in document["nodes"]:
            node["key_bits"] = dict.fromkeys(node["key_bits"], bits)
    return ModelConfig.model_validate(document)


@pytest.mark.parametrize(("nodes", "bits"), [(34, None), (36, 2048)])
def test_a_list_below_64_kb_is_loaded(nodes: int, bits: int | None) -> None:
    """A35 with 39 certificates, or with smaller keys: the phones take it and register."""
    name = "how-many-certificates-fit-into-a-trust-list"
    result = twin.run(name, model=_oversized(nodes, bits))
    assert result.metrics.itl_updates.accepted_first_use == 20
    assert result.metrics.phones_unregistered_at_end == 0
    assert result.metrics.phones_stuck == 0


def test_forty_certificates_are_too_many() -> None:
    """A35 with exactly 40 in the list: one more than fits, and no phone registers."""
    name = "how-many-certificates-fit-into-a-trust-list"
    result = twin.run(name, model=_oversized(35, None))
    assert result.metrics.stuck_by_reason == {"list_too_large": 20}
    assert result.metrics.phones_unregistered_at_end == 20


def test_nothing_helps_a_phone_against_a_list_that_is_too_large(
    bundled: Run, remedies_of: Remedies
) -> None:
    """A35 has no remedy: a phone without a list has none to delete."""
    assert remedies_of(bundled("how-many-certificates-fit-into-a-trust-list")) == {""}


def test_automatic_interaction_resets_everybody(variant: Run) -> None:
    """A37 with the default: every phone is reset and holds the current list."""
    result = variant("what-if-phone-interaction-is-manual", model_set={})
    assert result.metrics.resets_total == 1000
    assert result.metrics.itl_mismatch == 0


def test_the_next_reset_mends_what_manual_interaction_left(variant: Run) -> None:
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


def test_refusals_come_in_one_burst(bundled: Run) -> None:
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
def test_a_burst_below_the_serving_count_is_not_refused(
    variant: Run, changes: dict[str, Any]
) -> None:
    """A38 with faster service or with the usual spread of boot times: no 503."""
    result = variant("does-a-burst-of-refused-downloads-clear", **changes)
    assert result.metrics.tftp.rejected_503 == 0


def test_the_branch_phones_are_in_srst_when_they_decide(bundled: Run) -> None:
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


def test_with_the_wan_up_the_branch_follows(variant: Run) -> None:
    """A39 without the cut: the same phones ask TVS across the WAN and take list and config."""
    result = variant(
        "can-a-phone-in-srst-trust-a-new-signer",
        lambda steps: [step for step in steps if "wan" not in step],
    )
    assert result.metrics.itl_updates.accepted_tvs == 40
    assert result.metrics.itl_mismatch == 0


def test_after_srst_the_next_reset_mends_it(variant: Run) -> None:
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
