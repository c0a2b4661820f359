"""Experiments on integrations with other models, orders and releases: other outcomes."""

from __future__ import annotations

from typing import Any

from tests.experiments.conftest import Variant

CONFERENCE = "does-a-secure-conference-survive-a-new-callmanager"
HALF = "what-if-a-ca-file-is-replaced-by-half-of-it"
VIRTUAL = "may-a-virtual-name-be-missing-on-a-conductor"
KEY = "what-if-tms-may-not-read-its-key"
SRST = "when-does-a-new-srst-certificate-show"
CAPF = "what-if-the-srst-gateway-is-not-told-of-a-new-capf"
EMCC = "does-extension-mobility-outlive-a-new-tomcat"
EXPORT = "which-calls-fail-when-one-node-is-not-exported"
IPSEC = "does-a-single-server-back-up-with-an-expired-ipsec"
EXPIRED = "who-minds-an-expired-tomcat"


def _count(run: Any, event: str, **fields: object) -> int:
    return sum(
        row.event == event and all(row.data.get(name) == value for name, value in fields.items())
        for row in run.tables.node_events
    )


def _first(word: str, steps: list[Any], before: str) -> list[Any]:
    """The steps with the first one of a word put before the first one of another."""
    moved = next(step for step in steps if word in step)
    rest = [step for step in steps if step is not moved]
    place = next(n for n, step in enumerate(rest) if before in step)
    return [*rest[:place], moved, *rest[place:]]


def test_a_bridge_told_before_the_restarts_never_leaves(variant: Variant) -> None:
    """New certificates in the trustpoints first: no refusal, and every conference secure."""
    run = variant(CONFERENCE, lambda steps: _first("upload_system_trust", steps, "restart_service"))
    assert _count(run, "tls_refused", leg="conference_bridge") == 0
    assert _count(run, "conference", secure=False) == 0


def test_a_server_that_verifies_nobody_minds_no_file(variant: Variant) -> None:
    """As shipped a TelePresence Server verifies nobody, and half a file breaks nothing."""
    assert _count(variant(HALF, model_set={"systems[1].verification": "none"}), "call_failed") == 0


def test_a_trunk_without_subjects_takes_any_name(variant: Variant) -> None:
    """Without X.509 subjects in the profile CUCM asks for the chain only."""
    run = variant(VIRTUAL, model_set={"integrations[0].subjects": []})
    assert _count(run, "tls_refused") == 0


def test_a_system_that_asks_for_no_certificate_does_not_miss_it(variant: Variant) -> None:
    """An MCU that verifies outgoing sessions only lets TMS in without a certificate."""
    run = variant(KEY, model_set={"systems[2].verification": "outgoing"})
    assert _count(run, "tls_refused", leg="managed") == 0


def test_phones_without_a_secure_profile_fall_back_to_any_gateway(variant: Variant) -> None:
    """The gateway's certificate matters to phones of a secure profile only."""
    run = variant(SRST, model_set={"phones[1].security_mode": "non_secure"})
    assert _count(run, "tls_refused", leg="SRST") == 0


def test_an_updated_reference_and_a_reset_before_the_failure_spare_it(variant: Variant) -> None:
    """With the certificate fetched and the phones reset in time nobody is refused."""

    def in_time(steps: list[Any]) -> list[Any]:
        told = [step for step in steps if {"update_srst_certificate", "reset_phones"} & set(step)]
        return [steps[0], *told, *steps[1:4]]

    run = variant(SRST, in_time)
    assert _count(run, "tls_refused", leg="SRST") == 0
    assert _count(run, "tls_connected", leg="SRST") == 1


def test_a_new_capf_without_new_lscs_leaves_the_gateway_as_it_was(variant: Variant) -> None:
    """Phones that keep their LSCs are let in by the old CAPF certificate."""
    run = variant(CAPF, lambda steps: [step for step in steps if "capf_operation" not in step])
    assert _count(run, "tls_refused", leg="SRST") == 0


def test_who_trusts_the_ca_needs_no_new_exchange(variant: Variant) -> None:
    """A tomcat renewed by the CA that the other cluster trusts is taken at once."""
    signed = [
        {word: {"node": "cucm-sub", "unit": "tomcat", **more}}
        for word, more in (
            ("generate_csr", {}), ("sign_csr", {"authority": "enterprise-ca"}),
            ("upload_identity", {}),
        )
    ]  # fmt: skip

    def by_a_ca(steps: list[Any]) -> list[Any]:
        return [steps[0], *signed, *steps[2:]]

    changes = {
        "signed_units": {"tomcat": "enterprise-ca"},
        "systems[8].trusts": ["enterprise-ca"], "systems[11].trusts": ["enterprise-ca"],
    }  # fmt: skip
    run = variant(EMCC, by_a_ca, model_set=changes)
    assert _count(run, "tls_refused", server="cucm-sub") == 0


def test_a_peer_told_in_time_refuses_nothing(variant: Variant) -> None:
    """Given to CUBE with the others, before the restart, the certificate breaks no call."""

    def in_time(steps: list[Any]) -> list[Any]:
        told = next(s for s in steps if s.get("upload_system_trust", {}).get("system") == "cube")
        rest = [step for step in steps if step is not told]
        return [*rest[:3], told, *rest[3:]]

    assert _count(variant(EXPORT, in_time), "call_failed") == 0


def test_two_servers_do_not_back_up_with_an_expired_ipsec(variant: Variant) -> None:
    """With a second node there is a session to judge, and the backup fails after the restart."""
    run = variant(
        IPSEC,
        lambda steps: [*steps[:-2], {"restart_service": {"node": "sub1", "service": "DRFLocal"}},
                       *steps[-2:]],
        model="two-node-1000",
    )  # fmt: skip
    assert _count(run, "backup_failed") == 1


def test_a_program_that_verifies_nothing_is_lax_whatever_its_store(variant: Variant) -> None:
    """Switched to no validation the strict program outlives expiry and renewal, too."""
    run = variant(EXPIRED, model_set={"systems[8].verification": "none"})
    assert _count(run, "tls_refused", client="axl-strict") == 0
