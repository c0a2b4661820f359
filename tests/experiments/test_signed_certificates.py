"""Certificates signed by others (A42 and those without a row), with one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.api import RunResult

Run = Callable[..., RunResult]

SIGNED = "can-a-ca-sign-callmanager"
LAST = "what-if-the-root-comes-last"
SHARED = "can-one-callmanager-certificate-serve-all-nodes"
USAGES = "what-if-a-public-ca-leaves-usages-out"
LONG = "do-legacy-phones-take-a-4096-bit-key"


def refusals(result: RunResult) -> list[list[str]]:
    """The reasons of every refused upload, in order."""
    return [
        row.data["reasons"] for row in result.tables.node_events if row.event == "upload_refused"
    ]


def with_arguments(steps: list[Any], word: str, **changes: Any) -> list[Any]:
    """The steps with arguments of one word changed."""
    return [{word: step[word] | changes} if word in step else step for step in steps]


def test_from_12_nobody_asks_about_a_signed_callmanager(variant: Run) -> None:
    """Where ITLRecovery signs the list, a CA-signed CallManager needs no TVS."""
    result = variant(SIGNED, release="12.5")
    assert result.metrics.resets_total == 1000
    assert result.metrics.itl_updates.accepted_local == 500
    assert result.metrics.tvs.queries == 0


def test_a_signed_certificate_on_the_other_node_is_for_the_other_half(variant: Run) -> None:
    """Done on the subscriber, the phones that use its TFTP meet the new list."""

    def there(steps: list[Any]) -> list[Any]:
        for word in ("generate_csr", "sign_csr", "upload_trust", "upload_identity"):
            steps = with_arguments(steps, word, node="sub1")
        return steps

    result = variant(SIGNED, there)
    alarms = [alarm.node for alarm in result.metrics.alarms if alarm.name == "ITLFileRegenerated"]
    assert alarms == ["cucm-sub"]
    assert result.metrics.itl_updates.accepted_tvs == 500


def test_a_signed_callmanager_with_tvs_changed_too_strands_everybody(variant: Run) -> None:
    """Signed by a CA or not: with every TVS changed before they follow, phones are stuck."""

    def both(steps: list[Any]) -> list[Any]:
        tvs = [{"regenerate": {"node": node, "unit": "TVS"}} for node in ("pub", "sub1")]
        return [*steps[:4], *tvs, steps[4], *steps[5:]]

    timing = {"regeneration_guard_min": 0, "reset_debounce_s": 30}
    result = variant(SIGNED, both, timing=timing)
    assert result.metrics.phones_stuck >= 500
    assert result.metrics.phones_unregistered_at_end == 0


@pytest.mark.parametrize(
    ("word", "changes", "reasons"),
    [
        ("sign_csr", {"drops": ["client_auth"]}, ["extended_key_usage_missing"]),
        ("sign_csr", {"starts_in": "2d"}, ["not_yet_valid"]),
        ("sign_csr", {"san": ["*.example.com"]}, ["names_differ", "wildcard"]),
        ("upload_identity", {"format": "pkcs7_pem"}, ["pkcs7_pem"]),
        ("upload_trust", {"authority": "public-root"}, ["issuer_not_in_trust"]),
    ],
)
def test_one_thing_wrong_is_one_refusal(
    variant: Run, word: str, changes: dict[str, Any], reasons: list[str]
) -> None:
    """The right order with one step spoilt: the upload says what, and no phone notices."""
    result = variant(SIGNED, lambda s: with_arguments(s, word, **changes), release="15")
    assert refusals(result) == [reasons]
    assert result.metrics.resets_total == 0


def test_a_new_request_makes_the_old_answer_worthless(variant: Run) -> None:
    """A request generated after the CA has signed overwrites the one it signed."""
    result = variant(SIGNED, lambda steps: [*steps[:2], steps[0], *steps[2:]])
    assert refusals(result) == [["key_differs_from_request"]]
    assert result.metrics.resets_total == 0


def test_a_certificate_can_be_too_late(variant: Run) -> None:
    """A certificate of one day is refused two days later, and taken at once."""

    def late(steps: list[Any]) -> list[Any]:
        signed = with_arguments(steps, "sign_csr", days=1)
        return [*signed[:4], {"advance": {"for": "2d"}}, *signed[4:]]

    assert refusals(variant(SIGNED, late, run_for="3d")) == [["expired"]]
    result = variant(SIGNED, lambda steps: with_arguments(steps, "sign_csr", days=1))
    assert refusals(result) == []


def test_pkcs7_brings_the_intermediate(variant: Run) -> None:
    """With the chain in the file the root alone has to be uploaded before."""

    def bundled(steps: list[Any]) -> list[Any]:
        return with_arguments([*steps[:3], *steps[4:]], "upload_identity", format="pkcs7_der")

    result = variant(SIGNED, bundled)
    assert refusals(result) == []
    assert result.metrics.itl_updates.accepted_tvs == 500
    assert refusals(variant(SIGNED, lambda steps: [*steps[:3], *steps[4:]])) == [
        ["issuer_not_in_trust"]
    ]


def test_the_right_order_is_never_refused(variant: Run) -> None:
    """The steps of the wrong order, sorted: both CAs first, and the first upload is taken."""

    def sorted_steps(steps: list[Any]) -> list[Any]:
        return [*steps[:2], steps[3], steps[5], steps[6], steps[7]]

    assert refusals(variant(LAST, sorted_steps)) == []


@pytest.mark.parametrize(
    ("release", "reasons"),
    [
        ("10.5", []),
        ("11.5", []),
        ("12.5", [["key_usage_missing"]]),
        ("15", [["key_usage_missing"]]),
    ],
)
def test_missing_usages_matter_by_release(
    variant: Run, release: str, reasons: list[list[str]]
) -> None:
    """Releases that compare names alone take what later ones refuse, and then spend the request."""
    steps = None if reasons else lambda steps: steps[:7]
    assert refusals(variant(USAGES, steps, release=release)) == reasons


@pytest.mark.parametrize("release", ["10.5", "11.5", "12.5", "14", "15"])
def test_one_certificate_for_all_is_one_wave_on_every_release(variant: Run, release: str) -> None:
    """Whoever signs the list, every phone is reset once and follows."""
    result = variant(SHARED, release=release)
    assert result.metrics.resets_total == 1000
    assert result.metrics.resets_per_phone_max == 1
    assert result.metrics.phones_stuck == 0
    by_tvs = 1000 if release in ("10.5", "11.5") else 0
    assert result.metrics.itl_updates.accepted_tvs == by_tvs


def test_certcn_brings_the_shared_certificate(variant: Run) -> None:
    """With certCN stopped on the subscriber its TFTP node goes on with the certificate it has."""

    def stopped(steps: list[Any]) -> list[Any]:
        return [{"stop_service": {"node": "sub1", "service": "certCN"}}, *steps]

    result = variant(SHARED, stopped)
    assert not [row for row in result.tables.node_events if row.event == "install"]
    alarms = [alarm.node for alarm in result.metrics.alarms if alarm.name == "ITLFileRegenerated"]
    assert alarms == ["cucm-pub"]
    assert result.metrics.itl_updates.accepted_tvs == 500


@pytest.mark.parametrize(
    ("key_bits", "release", "lost"), [(2048, "12.5", 0), (4096, "12.5", 150), (4096, "11.5", 150)]
)
def test_the_key_decides_who_registers(
    variant: Run, key_bits: int, release: str, lost: int
) -> None:
    """A42 follows from the key's length, on either side of 12.0."""
    result = variant(
        LONG,
        lambda steps: with_arguments(steps, "generate_csr", key_bits=key_bits),
        release=release,
    )
    assert result.metrics.phones_unregistered_at_end == lost


def test_a_shorter_key_brings_the_old_phones_back(variant: Run) -> None:
    """A42 undone: with a request of 2048 bits after it the 150 phones register again."""

    def again(steps: list[Any]) -> list[Any]:
        shorter = with_arguments(steps[:2] + steps[4:], "generate_csr", key_bits=2048)
        return [*steps, *shorter]

    result = variant(LONG, again, run_for="4h")
    assert result.metrics.phones_unregistered_at_end == 0


def test_regenerating_keeps_the_long_key(variant: Run) -> None:
    """A42: a regeneration gives back a self-signed certificate of 4096 bits, and no phone."""

    def again(steps: list[Any]) -> list[Any]:
        return [*steps, {"regenerate": {"node": "pub", "unit": "CallManager"}}, steps[-1]]

    result = variant(LONG, again, run_for="4h")
    assert result.metrics.phones_unregistered_at_end == 150


def test_a_shared_tomcat_is_presented_where_tomcat_was_restarted(variant: Run) -> None:
    """A multi-server tomcat is installed on both nodes and served by each after its restart."""

    def shared(steps: list[Any]) -> list[Any]:
        asked = with_arguments(steps[:5], "generate_csr", distribution="multi_server")
        ask = {"https_request": {"node": "sub1"}}
        pause = {"advance": {"for": "5m"}}
        restart = {"restart_service": {"node": "sub1", "service": "Tomcat"}}
        return [*asked, pause, ask, restart, pause, ask, pause]

    result = variant("does-a-signed-tomcat-reset-phones", shared)
    installed = [row.data["unit"] for row in result.tables.node_events if row.event == "install"]
    assert installed == ["tomcat"]
    assert result.metrics.https.refused_unknown == 1000
    assert result.metrics.https.trusted == 1000
    assert result.metrics.resets_total == 0


@pytest.mark.parametrize(
    ("unit", "resets"), [("CallManager-ECDSA", 1000), ("tomcat-ECDSA", 0), ("authz", 0)]
)
@pytest.mark.parametrize("release", ["12.5", "15"])
def test_the_later_units_reset_by_what_the_list_holds(
    variant: Run, unit: str, resets: int, release: str
) -> None:
    """CallManager-ECDSA is in the list and resets phones, the others are not and do not."""

    def other(steps: list[Any]) -> list[Any]:
        return [{"regenerate": {"node": "pub", "unit": unit}}, steps[-1]]

    result = variant(SIGNED, other, release=release)
    assert result.metrics.resets_total == resets
    assert result.metrics.itl_updates.accepted_local == resets // 2
    assert result.metrics.phones_stuck == 0
