"""Rows of the edge's failure catalogue (edge-presence-video 9): cause, refusal, who, remedy.

Every case says what is done to a deployment and, as a table, what the legs then make of it; both
are data of the test. The twin knows no row. A case whose remedy is a setting of the deployment
names the setting, and is run again with it.

Not here: F21 and F22 are logins of clients (L1); F30 and beyond belong to other products.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.experiments.edge_bench import Bench
from tests.experiments.edge_steps import (
    CLOSED,
    ENTERPRISE,
    EXPIRED,
    FILES,
    INTERMEDIATE,
    PUBLIC,
    PURPOSE,
    RENEW_C,
    RENEW_E,
    SECURE,
    TRAVERSAL,
    UNKNOWN,
    WEB,
    Shut,
    Step,
    forget,
    new_tomcat,
    reconnect,
    restart,
    revocation,
    trust,
    upload,
    wait,
)


@dataclass(frozen=True)
class Case:
    """One row: what is wrong, and what comes of it.

    Args:
        changes: of the model, at paths.
        trigger: steps that let it happen.
        refused: (leg, who refuses, alert) of every refusal.
        shut: connections that do not stand then.
        remedy: steps after which everything stands.
        cure: changes of the model with which it would not have happened.
    """

    row: str
    refused: set[tuple[str, str, str]]
    shut: Shut
    changes: Mapping[str, Any] = field(default_factory=dict)
    trigger: tuple[Step, ...] = ()
    remedy: tuple[Step, ...] = ()
    cure: Mapping[str, Any] | None = None
    model: str = "mra-lab"


def zone(who: str, alert: str) -> set[tuple[str, str, str]]:
    """Zone and tunnels refused alike."""
    return {("L2", who, alert), ("L3", who, alert)}


CASES = [
    Case(
        "F01", zone("server", UNKNOWN), TRAVERSAL,
        trigger=(forget("expe", ENTERPRISE), restart("expe")),
        remedy=(trust("expe", "enterprise-ca"),),
    ),
    Case(
        "F02", zone("client", UNKNOWN), TRAVERSAL,
        trigger=(forget("expc", PUBLIC), restart("expc")),
        remedy=(trust("expc", "public-ca"),),
    ),
    Case(
        "F03", zone("client", UNKNOWN), TRAVERSAL, INTERMEDIATE,
        remedy=(trust("expc", "public-issuing"),),
    ),
    Case(
        "F04", {("L2", "client", CLOSED)}, {("L2", "expc", "expe")},
        {"traversal_zones[0].peer_address": "ip"},
        cure={"traversal_zones[0].peer_address": "fqdn"},
    ),
    Case(
        "F05", {("L2", "server", CLOSED)},
        {("L2", "expc2", "expe1"), ("L2", "expc2", "expe2")},
        {"expressways[1].certificate.lacks": ["expc.example.com"]},
        remedy=(upload("expc2", "enterprise-ca"), restart("expc2")),
        model="mra-cluster",
    ),
    Case(
        "F06", {*zone("server", PURPOSE), ("L7", "server", PURPOSE)}, TRAVERSAL | SECURE,
        {"expressways[0].certificate.drops": ["client_auth"]},
        remedy=RENEW_C,
    ),
    Case(
        "F09", {("L2", "client", CLOSED), ("L7", "client", CLOSED)},
        {("L2", "expc", "expe"), *SECURE},
        trigger=(upload("expc", "enterprise-ca", key_bits=8192), restart("expc")),
        remedy=(upload("expc", "enterprise-ca", key_bits=4096), restart("expc")),
    ),
    Case(
        "F10", {("L2", "client", CLOSED)}, {("L2", "expc", "expe")},
        trigger=(
            upload("expe", "public-ca", san=["*.example.com"], common_name="*.example.com"),
            restart("expe"),
        ),
        remedy=RENEW_E,
    ),
    Case(
        "F11", {("L3", "client", CLOSED)}, {("L3", "expc", "expe")},
        trigger=(upload("expc", "enterprise-ca", key_ends_with_newline=False), restart("expc")),
        remedy=RENEW_C,
    ),
    Case(
        "F12", {("L3", "server", CLOSED)}, {("L3", "expc", "expe")},
        trigger=(
            upload("expe", "public-ca", more_subject={"1.3.6.1.4.1.6449.1.2": "DV"}),
            restart("expe"),
        ),
        remedy=RENEW_E,
    ),
    Case(
        "F15", zone("client", EXPIRED), TRAVERSAL, {"expressways[1].certificate.age_days": 720},
        trigger=(upload("expe", "public-ca"), wait("11d"), *reconnect()),
        remedy=(restart("expe"),),
    ),
    Case(
        "F16", zone("client", UNKNOWN), TRAVERSAL,
        trigger=({"reset_expressway_server": {"peer": "expe"}}, restart("expe")),
        remedy=RENEW_E,
    ),
    Case(
        "F17", {*zone("client", UNKNOWN), ("L4", "client", UNKNOWN), ("L7", "client", UNKNOWN)},
        TRAVERSAL | WEB | SECURE,
        trigger=({"delete_expressway_trust": {"peer": "expc", "reset": True}}, restart("expc")),
        remedy=(trust("expc", "enterprise-ca", "public-ca", units=["CallManager"]),),
    ),
    Case(
        "F18", zone("client", EXPIRED), TRAVERSAL, {"certificate_authorities[1].days": 500},
        trigger=(wait("101d"), *reconnect()),
        cure={"certificate_authorities[1].days": 3650},
    ),
    Case(
        "F18, CRL", zone("client", EXPIRED), TRAVERSAL,
        trigger=(
            revocation("expc", upload=["public-ca"], check_sip=True), wait("8d"), *reconnect(),
        ),
        remedy=(revocation("expc", upload=["public-ca"]),),
    ),
    Case(
        "F18, CRL in the file", zone("client", EXPIRED), TRAVERSAL,
        trigger=(
            {"upload_expressway_trust": {"peer": "expc", "crls": ["public-ca"]}},
            revocation("expc", check_sip=True), wait("8d"), *reconnect(),
        ),
        remedy=({"delete_expressway_trust": {"peer": "expc", "expired": True}},),
    ),
    Case(
        "F19", zone("client", EXPIRED), TRAVERSAL,
        {
            "certificate_authorities[1].days": 500,
            "certificate_authorities[2]": {
                "name": "public-renewed", "renews": "public-ca", "age_days": 10,
                "subject": "CN=Public Root CA;O=Public Trust;C=US",
            },
            "expressways[0].same_name": "first",
        },
        trigger=(trust("expc", "public-renewed"), wait("101d"), *reconnect()),
        remedy=({"delete_expressway_trust": {"peer": "expc", "expired": True}},),
    ),
    Case(
        "F20", zone("client", EXPIRED), TRAVERSAL, {"expressways[1].certificate.age_days": 720},
        trigger=(wait("11d"), *reconnect()),
        remedy=RENEW_E,
    ),
    Case(
        "F25", {("L7", "server", UNKNOWN)}, SECURE,
        {"certificate_authorities[0].trusted_in": ["tomcat-trust"]},
        remedy=(
            {"upload_trust": {"node": "pub", "unit": "CallManager-trust",
                              "authority": "enterprise-ca"}},
            wait("30m"),
        ),
    ),
    Case(
        "F26", {("L5", "server", UNKNOWN)}, FILES,
        {
            "certificate_authorities[0].trusted_in": ["CallManager-trust"],
            "expressways[0].release": "X14.0.2", "cluster_mode": "non_secure",
        },
        remedy=(
            {"upload_trust": {"node": "pub", "unit": "tomcat-trust", "authority": "enterprise-ca"}},
            wait("30m"),
        ),
    ),
    Case(
        "F27", {("L4", "client", UNKNOWN), ("L5", "client", UNKNOWN)}, WEB | FILES,
        {"expressways[0].trusts": ["public-ca"], "unified_communications.tls_verify": False},
        trigger=({"upgrade_expressway": {"peer": "expc", "release": "X14.2"}},),
        remedy=(trust("expc", "enterprise-ca", units=["CallManager"]),),
    ),
    Case(
        "F27, switch", {("L4", "client", UNKNOWN), ("L5", "client", UNKNOWN)}, WEB | FILES,
        {"expressways[0].trusts": ["public-ca"], "unified_communications.tls_verify": False},
        trigger=({"upgrade_expressway": {"peer": "expc", "release": "X14.2"}},),
        remedy=({"expressway_setting": {"peer": "expc", "verify_origin_server": False}},),
    ),
    Case(
        "F28", {("L4", "client", CLOSED)}, {("L4", "expc", "cucm-sub")}, {"release": "10.5"},
        trigger=new_tomcat(),
        remedy=new_tomcat("cucm-sub.example.com"),
    ),
    Case(
        "F29", {("L7", "client", UNKNOWN)}, SECURE,
        {"signed_units": {}, "expressways[0].trusts": ["enterprise-ca", "public-ca", "CallManager",
                                                       "tomcat"]},
        cure={"signed_units": {"tomcat": "enterprise-ca"}},
    ),
    Case(
        "F29, other order", {("L4", "client", UNKNOWN)}, WEB,
        {"signed_units": {}, "expressways[0].trusts": ["enterprise-ca", "public-ca", "tomcat",
                                                       "CallManager"]},
        cure={"signed_units": {"tomcat": "enterprise-ca"}},
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.row for case in CASES])
def test_a_row_of_the_catalogue_comes_about_and_is_healed(case: Case) -> None:
    """The legs of the row are refused by the side and with the alert it says; its remedy heals."""
    bench = Bench(case.changes, model=case.model)
    if case.trigger:
        assert bench.down() == set(), "the cause is in the trigger"
        assert {outcome for outcome, _ in bench.do(*case.trigger)} == {"done"}
    bench.settle()
    assert {(leg, who, alert) for leg, _, _, who, alert in bench.refusals()} == case.refused
    assert bench.down() == case.shut
    if case.cure is not None:
        bench = Bench({**case.changes, **case.cure}, model=case.model)
        bench.do(*case.trigger)
    bench.do(*case.remedy)
    bench.settle()
    assert bench.down() == set()
