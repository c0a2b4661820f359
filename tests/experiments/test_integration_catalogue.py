"""The catalogue of failures of integrations, row by row: what breaks, who says so, what heals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

import twin
from twin import library
from twin.cluster.twin import Twin
from twin.config.load import load_products
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
    "F49": (
        "what-if-tms-may-not-read-its-key",
        "does-a-room-verify-before-its-list-is-filled",
    ),
    "F50": ("does-a-secure-conference-survive-a-new-callmanager",),
    "F51": ("when-does-a-new-srst-certificate-show",),
    "F52": (
        "what-if-the-srst-gateway-is-not-told-of-a-new-capf",
        "what-if-radius-is-not-told-of-a-new-capf",
        "what-if-the-vpn-gateway-is-not-told-of-a-new-capf",
    ),
    "F53": ("which-vpn-gateway-do-phones-still-trust",),
    "F54": ("can-a-vpn-certificate-keep-its-name",),
    "F55": ("does-extension-mobility-outlive-a-new-tomcat",),
    "F56": ("do-bulk-certificates-let-phones-move",),
    "F58": ("which-calls-fail-when-one-node-is-not-exported",),
}
"""Rows that bundled experiments play."""

NOT_PLAYED: dict[str, str] = {
    "section 8, MGCP and H.323 by IPsec": "no IPsec tunnels between gateways and nodes are built",
    "section 7, browsers": "people who click a warning away are not built; strict clients are",
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
    "a CTI application keeps the CTL it has": Case(
        "F30", "cti", _new_callmanager("cucm-pub"),
        frozenset({("recorder", "cucm-pub")}), "client", TOLD, STRANGER,
        [_import("recorder", units=["CallManager"])],
    ),
    "a cluster of the lookup service is not told of a new tomcat": Case(
        "F55", "ils",
        [
            {"regenerate": {"node": "cucm-pub", "unit": "tomcat"}},
            {"restart_service": {"node": "cucm-pub", "service": "Cisco Tomcat"}},
        ],
        frozenset({("cucm-pub", "hub")}), "server", TOLD, STRANGER,
        [_import("hub", units=["tomcat"])],
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


def test_every_integration_of_the_lab_stands_at_the_start() -> None:
    """The lab uses every kind of the catalogue, and nothing is refused in it."""
    around = _lab().cluster.integrations
    assert around is not None
    assert [one.leg.name for one in around.connections if not one.is_up] == []
    assert {one.leg.kind for one in around.connections} == set(load_products().kinds)


def test_every_row_of_the_catalogue_is_played_or_explained() -> None:
    """Rows F40 to F58 are experiments or cases here; what is left out says why."""
    cases = {case.row for case in CASES.values()} | {"F45", "F57"}
    rows = {f"F{number}" for number in range(40, 59)}
    assert rows - cases - set(PLAYED) == set()
    named = {name for names in PLAYED.values() for name in names}
    assert named <= set(library.experiments())
    assert all(len(reason) > 20 for reason in NOT_PLAYED.values())
