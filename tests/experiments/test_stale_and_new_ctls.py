"""The questions of mixed mode (A21 to A23 and around), with one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.api import RunResult
from twin.phones.stuck import CTL_BY_HAND, CTL_LOCALKEY, CTL_UPDATE

Run = Callable[..., RunResult]
Remedies = Callable[[RunResult], set[str]]

STALE = "does-a-stale-ctl-keep-secure-phones-out"
NEW_SIGNER = "can-a-phone-without-sbd-take-a-new-ctl-signer"
RIGHT_ORDER = "does-the-ctl-first-keep-secure-phones-in"
TO_MIXED = "how-does-a-cluster-become-mixed"


def out(result: RunResult) -> dict[str, int]:
    """Phones that are not registered at the end, by population."""
    phones = result.phones
    return phones[phones["node"] == ""].groupby("population").size().to_dict()


def test_the_restart_of_callmanager_is_what_bites(variant: Run) -> None:
    """Without it the old certificate is presented, and a stale CTL harms nobody who registers."""
    result = variant(STALE, lambda steps: steps[:2])
    assert result.metrics.phones_unregistered_at_end == 0
    assert result.metrics.tls_refused == 0


def test_the_other_node_concerns_its_own_phones(variant: Run) -> None:
    """With the subscriber's CallManager renewed, its secure phones fail over to the publisher."""
    result = variant(
        STALE,
        lambda steps: [
            {"regenerate": {"node": "sub1", "unit": "CallManager"}},
            steps[1],
            {"at": "1h", "restart_service": {"node": "sub1", "service": "CallManager"}},
            {"wait": {"until": "quiet", "at_most": "20m"}},
            {"reset_phones": {}},
            {"wait": {"until": "quiet", "at_most": "20m"}},
        ],
    )
    assert out(result) == {}
    assert result.metrics.tls_refused == 50
    secure = result.phones[result.phones["population"] == "secure-7841"]
    assert set(secure["node"]) == {"cucm-pub"}


@pytest.mark.parametrize(("sources", "left_out"), [(1, 100), (2, 20), (3, 20)])
def test_what_a_phone_goes_by_decides(variant: Run, sources: int, left_out: int) -> None:
    """Were the ITL or TVS to count for CallManager, only phones without an ITL would be out."""
    result = variant(STALE, timing={"ccm_trust_sources": sources})
    assert result.metrics.phones_unregistered_at_end == left_out
    assert "secure-7960" in out(result)
    assert ("secure-8841" in out(result)) is (sources == 1)


def test_tvs_alone_can_vouch_for_callmanager(variant: Run) -> None:
    """A phone whose lists lack a CallManager registers with it if TVS counts and answers."""

    def steps(written: list[Any]) -> list[Any]:
        renewed = [
            {"regenerate": {"node": "sub1", "unit": "CallManager"}},
            written[1],
            {"restart_service": {"node": "sub1", "service": "CallManager"}},
            {"restart_service": {"node": "pub", "service": "TFTP"}},
            {"wait": {"until": "quiet", "at_most": "30m"}},
        ]
        return [*renewed, {"reset_phones": {}}, {"wait": {"until": "quiet", "at_most": "1h"}}]

    only_pub = {"phones[1].tftp": ["cucm-pub"], "phones[4].tftp": ["cucm-pub"]}
    found = {
        sources: variant(
            STALE, steps, timing={"ccm_trust_sources": sources}, model_set=only_pub
        ).phones
        for sources in (2, 3)
    }
    nodes = {
        sources: set(phones[phones["population"] == "secure-7841"]["node"])
        for sources, phones in found.items()
    }
    assert nodes == {2: {"cucm-pub"}, 3: {"cucm-sub"}}


@pytest.mark.parametrize(
    ("release", "remedies"),
    [
        ("10.5", {f"{CTL_UPDATE};{CTL_LOCALKEY}", CTL_LOCALKEY}),
        ("11.5", {f"{CTL_UPDATE};{CTL_LOCALKEY}", CTL_LOCALKEY}),
        ("12.5", {f"{CTL_UPDATE};{CTL_LOCALKEY}", CTL_UPDATE}),
        ("15", {f"{CTL_UPDATE};{CTL_LOCALKEY}", CTL_UPDATE}),
    ],
)
def test_which_ctl_would_help_depends_on_the_release(
    variant: Run, remedies_of: Remedies, release: str, remedies: set[str]
) -> None:
    """Phones without an ITL follow the key that did not change: ITLRecovery's."""
    assert remedies_of(variant(STALE, release=release)) == remedies


@pytest.mark.parametrize(
    ("release", "word"), [("11.5", "ctl_reset"), ("12.5", "ctl_update"), ("15", "ctl_update")]
)
def test_the_remedy_found_comes_true(variant: Run, release: str, word: str) -> None:
    """After the command named for all of them every phone is back, without a reset and a visit."""
    result = variant(STALE, lambda steps: [*steps[:3], {word: {}}, steps[3]], release=release)
    assert result.metrics.phones_unregistered_at_end == 0
    assert result.metrics.ctl_updates.rejected == 0


def test_the_wrong_remedy_leaves_them_out(variant: Run) -> None:
    """On 11.5 an update is signed by the new key, which phones without an ITL refuse."""
    result = variant(STALE, lambda steps: [*steps[:3], {"ctl_update": {}}, steps[3]])
    assert out(result) == {"secure-7960": 20}


@pytest.mark.parametrize(
    ("release", "rejected"), [("10.5", 30), ("11.5", 30), ("12.5", 0), ("14", 0), ("15", 0)]
)
def test_who_signs_the_ctl_decides_over_phones_without_sbd(
    variant: Run, release: str, rejected: int
) -> None:
    """The right order costs phones that know the CTL only where CallManager signs it."""
    result = variant(RIGHT_ORDER, release=release)
    stuck = result.phones[result.phones["stuck"]]
    assert len(stuck) == rejected
    assert set(stuck["model"]) == ({"7960"} if rejected else set())
    assert set(stuck["remedies"]) == ({f"{CTL_LOCALKEY};{CTL_BY_HAND}"} if rejected else set())


def test_visits_are_needed_for_nobody_else(variant: Run) -> None:
    """Before the visits of A23 the secure phones of the old model are out, and only they."""
    result = variant(NEW_SIGNER, lambda steps: steps[:8])
    assert out(result) == {"secure-7960": 20}
    assert result.metrics.phones_stuck == 30


def test_deleting_the_itl_does_not_free_a_ctl(variant: Run) -> None:
    """The list that holds the phone back is the CTL; a visit that leaves it is in vain."""

    def steps(written: list[Any]) -> list[Any]:
        visit = {"select": {"population": "secure-7960"}, "lists": "itl"}
        return [*written[:8], {"at": "3h", "delete_phone_lists": visit}, written[9]]

    assert out(variant(NEW_SIGNER, steps)) == {"secure-7960": 20}


def test_without_tvs_the_new_signer_is_refused(variant: Run) -> None:
    """With every TVS stopped, phones that would have to ask keep the old CTL (A22)."""

    def steps(written: list[Any]) -> list[Any]:
        stops = [{"stop_service": {"node": node, "service": "TVS"}} for node in ("pub", "sub1")]
        return [*written[:3], *stops, *written[3:]]

    result = variant("can-phones-take-a-ctl-from-a-new-signer", steps)
    assert result.metrics.ctl_updates.accepted_tvs == 0
    assert result.metrics.stuck_by_reason == {"signer_not_in_lists+tvs_unreachable+ctl_refused": 50}


def test_the_subscriber_must_know_the_mode_too(variant: Run) -> None:
    """With CallManager restarted on the publisher alone, phones of the subscriber fail over."""
    result = variant(TO_MIXED, lambda steps: [*steps[:4], *steps[5:]])
    assert out(result) == {}
    secure = result.phones[result.phones["population"] == "secure-7841"]
    assert set(secure["node"]) == {"cucm-pub"}


def test_what_was_forgotten_can_be_done_later(variant: Run) -> None:
    """Secure phones that found the ports closed come back once CallManager is restarted."""
    result = variant(
        "what-if-phones-are-reset-before-callmanager",
        lambda steps: [
            *steps,
            {"restart_service": {"node": "pub", "service": "CallManager"}},
            {"restart_service": {"node": "sub1", "service": "CallManager"}},
            {"wait": {"until": "all_phones_registered", "at_most": "30m"}},
        ],
        run_for="2h",
    )
    assert result.metrics.phones_unregistered_at_end == 0


def test_phones_without_secure_profiles_never_shake_hands(variant: Run) -> None:
    """The same cluster with plain profiles has no session to refuse and nobody out."""
    plain = {f"phones[{number}].security_mode": "non_secure" for number in range(5)}
    result = variant(STALE, model_set=plain)
    assert result.metrics.tls_refused == 0
    assert out(result) == {}


def test_a_token_needs_no_upload_by_the_rules(variant: Run) -> None:
    """TVS reads the token from the new CTLFile.tlv, whether or not it was uploaded."""
    result = variant(
        "how-does-a-cluster-go-back-to-tokens",
        lambda steps: [step for step in steps if "upload_ctl_tokens" not in step],
    )
    assert result.metrics.ctl_updates.accepted_tvs == 170


def test_tokens_end_with_14su3(variant: Run) -> None:
    """Going back to tokens is an input error on 15."""
    with pytest.raises(Exception, match="supports no tokens"):
        variant("how-does-a-cluster-go-back-to-tokens", release="15")
