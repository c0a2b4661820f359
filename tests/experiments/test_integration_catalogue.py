"""The catalogue of failures of integrations, row by row: what breaks, who says so, what heals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

import twin
from tests.experiments.conftest import Variant
from twin import library
from twin.cluster.twin import Twin
from twin.nodes.legs import Connection

LAB = "integrations-lab"
START = datetime(2016, 2, 7, 22, tzinfo=UTC)
Step = dict[str, Any]

PLAYED: dict[str, tuple[str, ...]] = {
    "F40": ("does-a-backup-survive-a-new-ipsec-certificate",),
    "F41": ("does-a-single-server-back-up-with-an-expired-ipsec",),
    "F42": ("who-minds-an-expired-tomcat",),
    "F43": ("does-sso-survive-a-new-tomcat",),
    "F44": ("what-if-a-ca-file-is-replaced-by-half-of-it",),
    "F47": ("may-a-virtual-name-be-missing-on-a-conductor",),
    "F49": ("what-if-tms-may-not-read-its-key",),
    "F50": ("does-a-secure-conference-survive-a-new-callmanager",),
    "F51": ("when-does-a-new-srst-certificate-show",),
    "F52": (
        "what-if-the-srst-gateway-is-not-told-of-a-new-capf",
        "what-if-radius-is-not-told-of-a-new-capf",
    ),
    "F53": ("which-vpn-gateway-do-phones-still-trust",),
    "F54": ("can-a-vpn-certificate-keep-its-name",),
    "F55": ("does-extension-mobility-outlive-a-new-tomcat",),
    "F56": ("do-bulk-certificates-let-phones-move",),
    "F58": ("which-calls-fail-when-one-node-is-not-exported",),
}
"""Rows that bundled experiments play."""

NOT_PLAYED: dict[str, str] = {
    "F52, ASA": "VPN is judged by hashes only; LSC authentication at an ASA is not built",
}
"""Rows, or parts of them, that nothing plays, with the reason."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row.

    Args:
        trouble: the steps after which the legs are down.
        down: (client, server) of every leg that is down then.
        refused_by: the side that ends the handshake; `alert`: what it sends, empty for none.
        remedy: the steps after which nothing is down.
    """

    row: str
    leg: str
    trouble: Sequence[Step]
    down: frozenset[tuple[str, str]]
    refused_by: str
    alert: str
    reason: str
    remedy: Sequence[Step]


NODES = ("cucm-pub", "cucm-sub")
TOLD = "unknown ca"
STRANGER = "depth_zero_self_signed_cert"
MINUTES: Step = {"advance": {"for": "2m"}}


def _restart(system: str) -> Step:
    return {"restart_system": {"system": system}}


def _certificate(system: str, **how: Any) -> list[Step]:
    return [{"upload_system_certificate": {"system": system, **how}}, _restart(system)]


def _new_callmanager(node: str) -> list[Step]:
    return [
        {"regenerate": {"node": node, "unit": "CallManager"}},
        {"restart_service": {"node": node, "service": "Cisco CallManager"}},
    ]


def _import(system: str, **what: Any) -> Step:
    return {"upload_system_trust": {"system": system, **what}}


CASES = {
    "a new certificate of Unity Connection is missing in CallManager-trust": Case(
        "F30", "unity_ports", _certificate("unity"),
        frozenset((node, "unity") for node in NODES), "client", TOLD, STRANGER,
        [{"upload_trust": {"node": "pub", "unit": "CallManager-trust", "system": "unity"}}],
    ),
    "a bridge does not know a new CallManager certificate": Case(
        "F50", "conference_bridge", _new_callmanager("cucm-sub"),
        frozenset({("dsp1", "cucm-sub")}), "client", TOLD, STRANGER,
        [_import("dsp1", units=["CallManager"])],
    ),
    "a bridge's common name does not begin with its name": Case(
        "F50", "conference_bridge",
        [
            *_certificate("dsp1", common_name="bridge.example.com"),
            {"upload_trust": {"node": "pub", "unit": "CallManager-trust", "system": "dsp1"}},
        ],
        frozenset(("dsp1", node) for node in NODES), "server", "", "identity_unacceptable",
        [
            *_certificate("dsp1", common_name="dsp1.example.com"),
            {"upload_trust": {"node": "pub", "unit": "CallManager-trust", "system": "dsp1"}},
        ],
    ),
    "the directory's new certificate comes from a CA tomcat-trust has not": Case(
        "F42", "ldaps", _certificate("ldap", authority="second-ca"),
        frozenset((node, "ldap") for node in NODES), "client", "certificate unknown",
        "unable_to_get_issuer_cert_locally",
        [{"upload_trust": {"node": "pub", "unit": "tomcat-trust", "authority": "second-ca"}}],
    ),
    "a file of CAs is replaced by a part of it": Case(
        "F44", "sip_call", [_import("ts", authorities=["enterprise-ca"]), _restart("ts")],
        frozenset(("ts", node) for node in NODES), "client", TOLD, STRANGER,
        [_import("ts", authorities=["enterprise-ca"], units=["CallManager"])],
    ),
    "an MCU passes over the common name where there are alternative names": Case(
        "F46", "sip_call",
        _certificate(
            "conductor", authority="enterprise-ca", common_name="rendezvous.example.com",
            san=["conductor.example.com", "adhoc.example.com"],
        ),
        frozenset({("mcu", "conductor")}), "client", "", "identity_unacceptable",
        _certificate(
            "conductor", authority="enterprise-ca", common_name="rendezvous.example.com",
            san=["conductor.example.com", "adhoc.example.com", "rendezvous.example.com"],
        ),
    ),
    "a virtual name is missing on a Conductor": Case(
        "F47", "sip_trunk",
        _certificate(
            "conductor", authority="enterprise-ca",
            san=["conductor.example.com", "rendezvous.example.com"],
        ),
        frozenset((node, "conductor") for node in NODES), "client", "", "identity_unacceptable",
        _certificate("conductor", authority="enterprise-ca"),
    ),
    "one of three Jabber Guest servers has no certificate of a CA": Case(
        "F48", "guest_https", _certificate("guest2"),
        frozenset({("guests", "guest2")}), "client", TOLD, STRANGER,
        _certificate("guest2", authority="public-ca"),
    ),
    "TMS may not read its key": Case(
        "F49", "managed",
        [{"set_key_permission": {"system": "tms", "readable": False}}, _restart("tms")],
        frozenset({("tms", "mcu")}), "server", "handshake failure",
        "peer_did_not_return_a_certificate",
        [{"set_key_permission": {"system": "tms", "readable": True}}, _restart("tms")],
    ),
    "a subject is misspelt in a trunk's security profile": Case(
        "F57", "sip_trunk",
        [{"set_trunk_subjects": {"integration": "cube-out", "subjects": ["cueb.example.com"]}}],
        frozenset((node, "cube") for node in NODES), "client", "", "identity_unacceptable",
        [{"set_trunk_subjects": {"integration": "cube-out", "subjects": ["cube.example.com"]}}],
    ),
    "CUBE has a new certificate that CUCM was not given": Case(
        "F58", "sip_trunk", _certificate("cube"),
        frozenset({*((node, "cube") for node in NODES), *(("cube", node) for node in NODES)}),
        "", TOLD, STRANGER,
        [{"upload_trust": {"node": "pub", "unit": "CallManager-trust", "system": "cube"}}],
    ),
}  # fmt: skip


def _lab() -> Twin:
    return Twin(LAB, start=START)


def _do(lab: Twin, steps: Sequence[Step]) -> None:
    for step in steps:
        assert lab.do(step).outcome == "done", step
    lab.do(MINUTES)


def _down(lab: Twin, leg: str) -> list[Connection]:
    around = lab.cluster.integrations
    assert around is not None
    return [one for one in around.connections if one.leg.kind == leg and not one.is_up]


@pytest.mark.parametrize("name", CASES)
def test_a_row_breaks_its_legs_and_no_others_and_its_remedy_heals(name: str) -> None:
    """Before the trouble every leg stands; then those of the row are refused; then all stand."""
    case, lab = CASES[name], _lab()
    assert _down(lab, case.leg) == []
    _do(lab, case.trouble)
    down = _down(lab, case.leg)
    assert {(one.leg.client.name, one.leg.server.name) for one in down} == case.down
    for one in down:
        cucm = "client" if one.leg.client.name in NODES else "server"
        assert one.verdict.refused_by == (case.refused_by or cucm)
        assert one.verdict.alert == case.alert
        assert case.reason in one.verdict.reasons
    _do(lab, case.remedy)
    assert _down(lab, case.leg) == []


def test_verification_cannot_be_switched_on_while_the_store_is_empty() -> None:
    """A TelePresence Server without CAs refuses to verify, and does once it has some (F45)."""
    lab = _lab()
    _do(
        lab,
        [
            {"set_system_verification": {"system": "ts", "verification": "none"}},
            {"delete_system_trust": {"system": "ts"}},
        ],
    )
    verify: Step = {"set_system_verification": {"system": "ts", "verification": "both"}}
    assert lab.do(verify).outcome == "refused"
    _do(lab, [_import("ts", authorities=["enterprise-ca"]), verify])


def test_a_subject_belongs_to_one_trunk_on_a_port() -> None:
    """Another trunk's subject is refused on the same port and taken on another (F57)."""
    lab = _lab()
    subjects = {"integration": "voice-mail", "subjects": ["cube.example.com"]}
    refused = lab.do({"set_trunk_subjects": subjects})
    assert refused.outcome == "refused"
    assert "cube-out" in refused.message
    elsewhere = {"integration": "ts-calls", "subjects": ["cube.example.com"]}
    assert lab.do({"set_trunk_subjects": elsewhere}).outcome == "done"


def test_a_product_without_requests_takes_a_certificate_with_its_key_only() -> None:
    """An MCU makes no signing requests; certificate and key come together."""
    lab = _lab()
    asked = {"system": "mcu", "authority": "enterprise-ca", "way": "csr"}
    assert lab.do({"upload_system_certificate": asked}).outcome == "refused"
    asked["way"] = "certificate_and_key"
    assert lab.do({"upload_system_certificate": asked}).outcome == "done"


def test_units_of_a_product_that_ships_one_key_cannot_be_told_apart() -> None:
    """Two MCUs as shipped show the same certificate, so that trust in one is trust in both."""
    two = [
        {"name": "mcu-a", "product": "mcu"},
        {"name": "mcu-b", "product": "mcu"},
        {"name": "box", "product": "conductor"},
        {"name": "box2", "product": "conductor"},
    ]
    model = twin.load_model(LAB, {"model.systems": two, "model.integrations": []})
    around = Twin(model, start=START).cluster.integrations
    assert around is not None
    shown = {name: system.active.certificate for name, system in around.systems.items()}
    assert shown["mcu-a"] == shown["mcu-b"]
    assert shown["box"] != shown["box2"]


# -- other models, orders and releases, other outcomes ---------------------------------------------

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


def test_every_row_of_the_catalogue_is_played_or_explained() -> None:
    """Rows F40 to F58 are experiments or cases here; what is left out says why."""
    cases = {case.row for case in CASES.values()} | {"F45", "F57"}
    rows = {f"F{number}" for number in range(40, 59)}
    assert rows - cases - set(PLAYED) == set()
    named = {name for names in PLAYED.values() for name in names}
    assert named <= set(library.experiments())
    assert all(len(reason) > 20 for reason in NOT_PLAYED.values())
