"""Rows F31 to F39 of the failure catalogue: leg, alert, sender, who is affected, what heals.

Source of the rows: edge-presence-video 9.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.experiments.conftest import Variant

FAILOVER = "what-does-a-router-restart-cost-with-failover"
CUP_XMPP = "when-do-jabber-clients-see-a-new-cup-xmpp"
INTERCLUSTER = "does-a-peer-cluster-learn-of-a-new-ca"

SASL_ONLY = {"tls": "required", "sasl_external": True, "dialback": False}
AT_EXPRESSWAY: dict[str, Any] = {
    "presence.federation": {"at": "expressway", **SASL_ONLY},
    "unified_communications.federation_domains": ["example.com"],
    "unified_communications.chat_node_aliases": ["rooms.example.com"],
}
REISSUE = [
    {"expressway_csr": {"peer": "expe"}},
    {"upload_expressway_server": {"peer": "expe", "authority": "public-ca"}},
    {"restart_expressway": {"peer": "expe"}},
    {"advance": {"for": "10m"}},
]


def _partner(**policy: object) -> list[dict[str, object]]:
    return [
        {
            "name": "xmpp.partner.example",
            "domain": "partner.example",
            "signed_by": "public-ca",
            "trusts": ["public-ca", "enterprise-ca"],
            **policy,
        }
    ]


def _run(variant: Variant, *steps: Any, **model_set: Any) -> Any:
    changes = {name.replace("__", "."): value for name, value in model_set.items()}
    return variant(CUP_XMPP, lambda _steps: list(steps), model_set=changes)


def _refusals(run: Any, leg: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Client, server, alert and reasons of each kind of refusal on a leg."""
    return [
        (one.client, one.server, one.alert, one.reasons)
        for one in run.document.metrics.tls_failures
        if one.leg == leg
    ]


def _down(run: Any) -> dict[str, int]:
    down: dict[str, int] = run.document.metrics.legs.down_at_end
    return down


def _ways(run: Any, leg: str = "S2S") -> list[str]:
    return [
        str(row.data["way"])
        for row in run.tables.node_events
        if row.event == "s2s_agreed" and row.data["leg"] == leg
    ]


def test_f31_a_new_chat_node_alias_needs_new_expressway_certificates(variant: Variant) -> None:
    """Rooms of an alias that the Expressway-E's certificate lacks fail, one to one chat does not.

    The partner finds somebody else's certificate, whoever opens the stream.
    """
    broken = {
        **AT_EXPRESSWAY,
        "presence.partners": _partner(**SASL_ONLY),
        "expressways[1].certificate.lacks": ["rooms.example.com"],
    }
    run = variant(CUP_XMPP, lambda _steps: [], model_set=broken)
    wrong_name = ("identity_unacceptable",)
    assert _refusals(run, "S2S-chat") == [
        ("expe", "xmpp.partner.example", "", wrong_name),
        ("xmpp.partner.example", "expe", "", wrong_name),
    ]
    assert _down(run) == {"S2S-chat": 2}
    assert _ways(run) == ["sasl_external"] * 2
    healed = variant(CUP_XMPP, lambda _steps: REISSUE, model_set=broken)
    assert _down(healed) == {}


@pytest.mark.parametrize(("dialback", "way"), [(True, ["tls_dialback"] * 2), (False, [])])
def test_f32_a_missing_federation_domain_leaves_dialback_only(
    variant: Variant, dialback: bool, way: list[str]
) -> None:
    """Without its domain in the certificate a server is known by dialback or not at all."""
    policy = {**SASL_ONLY, "dialback": dialback}
    broken = {
        **AT_EXPRESSWAY,
        "presence.federation": {"at": "expressway", **policy},
        "presence.partners": _partner(**policy),
        "expressways[1].certificate.lacks": ["example.com"],
    }
    run = variant(CUP_XMPP, lambda _steps: [], model_set=broken)
    assert [found[3] for found in _refusals(run, "S2S")] == [("identity_unacceptable",)] * 2
    assert _ways(run) == way
    assert _down(run).get("S2S", 0) == 2 - len(way)
    healed = variant(CUP_XMPP, lambda _steps: REISSUE, model_set=broken)
    assert _down(healed) == {}
    assert _ways(healed)[-2:] == ["sasl_external"] * 2


def test_f33_client_certificates_of_an_unknown_ca_close_the_stream(variant: Variant) -> None:
    """The node refuses with unknown_ca until the CA is in cup-xmpp-trust and federation restarts.

    It refuses what the partner opens and what it opens itself, and no dialback makes up for it.
    """
    policy = {"tls": "optional", "client_certificates": True, "dialback": True}
    broken = {
        "presence.federation": policy,
        "presence.partners": _partner(signed_by="new-ca", tls="optional"),
    }
    upload = {"upload_trust": {"node": "imp-1", "unit": "cup-xmpp-trust", "authority": "new-ca"}}
    restart = {
        "restart_service": {
            "node": "imp-1",
            "service": "Cisco XCP XMPP Federation Connection Manager",
        }
    }
    wait = {"advance": {"for": "10m"}}
    run = variant(CUP_XMPP, lambda _steps: [upload, wait], model_set=broken)
    assert [found[:3] for found in _refusals(run, "S2S")] == [
        ("imp-1", "xmpp.partner.example", "unknown ca"),
        ("xmpp.partner.example", "imp-1", "unknown ca"),
    ]
    assert _down(run) == {"S2S": 2}
    healed = variant(CUP_XMPP, lambda _steps: [upload, restart, wait], model_set=broken)
    assert _down(healed) == {}
    assert _ways(healed) == ["tls_dialback"] * 2


def test_f34_computers_that_know_the_new_ca_do_not_mind(variant: Variant) -> None:
    """With the new CA in the computers' store all clients inside are back after the restart."""
    trusts = ["enterprise-ca", "public-ca", "new-ca"]
    run = variant(CUP_XMPP, model_set={"presence.clients[0].os_trusts": trusts})
    presence = run.document.metrics.presence
    assert _refusals(run, "XMPP") == []
    assert presence.disconnected == 25  # those outside: the Expressway-C does not know the CA
    assert presence.refused.keys() == {"L8"}


def test_f34_users_who_accept_the_prompt_are_in(variant: Variant) -> None:
    """Who accepts the certificate is asked once and then has a session."""
    run = variant(CUP_XMPP, model_set={"presence.clients[0].accepts_prompts": True})
    presence = run.document.metrics.presence
    assert presence.prompted == 125
    assert presence.disconnected == 25


def test_f34_the_expressway_c_is_healed_by_its_ca_list(variant: Variant) -> None:
    """Clients outside come back when the Expressway-C has the new CA in its list."""

    def told(steps: list[Any]) -> list[Any]:
        upload = {"upload_expressway_trust": {"peer": "expc", "authorities": ["new-ca"]}}
        return [*steps, upload, {"advance": {"for": "10m"}}]

    run = variant(CUP_XMPP, told)
    assert _down(run).get("L8", 0) == 0
    assert run.document.metrics.presence.disconnected == 125


def test_f34_the_connection_manager_alone_is_enough_where_it_loads_the_certificate(
    variant: Variant,
) -> None:
    """A restart of XCP Connection Manager leaves the router's certificate as it was."""

    def other(steps: list[Any]) -> list[Any]:
        swap = {"restart_service": {"node": "imp-1", "service": "Cisco XCP Connection Manager"}}
        return [
            swap if step.get("restart_service", {}).get("service") == "XCPRouter" else step
            for step in steps
        ]

    run = variant(CUP_XMPP, other)
    assert _refusals(run, "XMPP") == []
    assert run.document.metrics.presence.disconnected == 0


def test_f35_high_availability_off_first_spares_the_way_back(variant: Variant) -> None:
    """Without failover clients are out for the restart and a minute, and only once."""
    disable = {"redundancy_group": {"group": "pair", "do": "disable_high_availability"}}
    run = variant(FAILOVER, lambda steps: [disable, *steps[:-1]])
    presence = run.document.metrics.presence
    assert presence.failovers == 0
    assert presence.dropped == presence.peak_out == 150
    assert 180 <= presence.relogin_s.p50 <= presence.relogin_s.p100 <= 180 + 60 + 30
    assert presence.disconnected == 0


def test_f35_a_router_back_within_the_delay_causes_no_failover(variant: Variant) -> None:
    """A restart shorter than the Critical Service Down Delay moves nobody."""
    run = variant(FAILOVER, lambda steps: steps[:-1], timing={"xcp_router_restart_s": 80})
    presence = run.document.metrics.presence
    assert presence.failovers == 0
    assert presence.relogin_s.p50 > 280  # the limits apply all the same


def test_f35_a_slow_node_stretches_the_way_back(variant: Variant) -> None:
    """With 1.5 logins a second 150 clients take their turn for 100 seconds."""
    disable = {"redundancy_group": {"group": "pair", "do": "disable_high_availability"}}

    def steps(written: list[Any]) -> list[Any]:
        return [disable, *written[:-1]]

    fast = variant(FAILOVER, steps).document.metrics.presence
    slow = variant(FAILOVER, steps, timing={"im_logins_per_s": 1.5}).document.metrics.presence
    assert slow.relogin_s.p100 > fast.relogin_s.p100 + 30


def test_f35_nothing_to_fall_back_from_is_refused(variant: Variant) -> None:
    """Fallback of a group in which nobody failed over is refused."""
    run = variant(FAILOVER, lambda steps: [steps[-1]])
    assert [step.outcome for step in run.document.steps] == ["no node of pair is in failover"]


@pytest.mark.parametrize("form", ["pem", "pkcs7_der"])
def test_f36_a_leaf_needs_its_ca_in_cup_xmpp_trust(variant: Variant, form: str) -> None:
    """cup-xmpp-s2s is refused before its CA, chain or not, and taken after it."""
    unit = {"node": "imp-2", "unit": "cup-xmpp-s2s"}
    upload = {"upload_identity": {**unit, "format": form}, "name": "upload"}
    run = _run(
        variant,
        {"generate_csr": unit},
        {"sign_csr": {**unit, "authority": "new-ca"}},
        upload,
        {"upload_trust": {"node": "imp-1", "unit": "cup-xmpp-trust", "authority": "new-ca"}},
        {"advance": {"for": "5m"}},  # replicated to the other node
        upload,
    )
    outcomes = [step.outcome for step in run.document.steps if step.name == "upload"]
    refused = "the CA certificate 'Example Issuing CA 2' is not available in cup-xmpp-trust"
    assert outcomes == [refused, "done"]


def test_f37_an_agent_restarted_in_time_spares_the_peer_every_refusal(variant: Variant) -> None:
    """Restarted right after the upload, the agent has told the peer before the routers meet."""

    def in_time(steps: list[Any]) -> list[Any]:
        restart = next(step for step in steps if step.get("name") == "the remedy")
        return [*steps[:2], restart, *(step for step in steps[2:] if step is not restart)]

    run = variant(INTERCLUSTER, in_time)
    assert _refusals(run, "R2R") == []
    assert _down(run).get("R2R", 0) == 0


def test_f37_a_peer_whose_tomcat_is_not_known_is_not_asked(variant: Variant) -> None:
    """A new self-signed tomcat ends AXL from the peer, with its alarm, until it is uploaded."""
    renew = [
        {"regenerate": {"node": "imp-1", "unit": "tomcat"}},
        {"restart_service": {"node": "imp-1", "service": "Cisco Tomcat"}},
        {"advance": {"for": "10m"}},
    ]
    heal = [
        {"upload_trust": {"node": "east-1", "unit": "tomcat-trust", "certificate_of": "imp-1"}},
        {"advance": {"for": "10m"}},
    ]
    run = _run(variant, *renew)
    assert [found[:3] for found in _refusals(run, "ICSA")] == [("east-1", "imp-1", "unknown ca")]
    names = [alarm.name for alarm in run.document.metrics.alarms]
    assert "InterclusterSyncAgentAXLConnectionFailed" in names
    assert _down(_run(variant, *renew, *heal)) == {}


@pytest.mark.parametrize("known", [False, True])
def test_f38_a_name_nobody_resolves_keeps_the_sync_agent_down(
    variant: Variant, known: bool
) -> None:
    """Every name in Unified CM's tomcat certificate must resolve from the IM&P node."""
    uploads = [
        {"upload_trust": {"node": node, "unit": "tomcat-trust", "authority": "enterprise-ca"}}
        for node in ("cucm-pub", "imp-1")
    ]

    def renewed(*names: str) -> list[dict[str, Any]]:
        unit = {"node": "cucm-pub", "unit": "tomcat"}
        return [
            {"generate_csr": {**unit, "san": list(names)}},
            {"sign_csr": {**unit, "authority": "enterprise-ca"}},
            {"upload_identity": unit},
            {"restart_service": {"node": "cucm-pub", "service": "Cisco Tomcat"}},
            {"advance": {"for": "10m"}},
        ]

    changes = {"presence__dns_names": ["gone.example.com"]} if known else {}
    run = _run(variant, *uploads, *renewed("gone.example.com"), **changes)
    reasons = ("gone.example.com cannot be resolved",)
    expected = [] if known else [("imp-1", "cucm-pub", "", reasons)]
    assert _refusals(run, "SYNC") == expected
    assert _down(run).get("SYNC", 0) == len(expected)
    healed = _run(variant, *uploads, *renewed("gone.example.com"), *renewed(), **changes)
    assert _down(healed).get("SYNC", 0) == 0


def test_f39_a_new_cup_certificate_breaks_the_trunk_to_its_node(variant: Variant) -> None:
    """CallManager refuses the new certificate until it has it in its store and was restarted."""
    renew = [
        {"regenerate": {"node": "imp-1", "unit": "cup"}},
        {"advance": {"for": "10m"}},
        {"restart_service": {"node": "imp-1", "service": "Cisco SIP Proxy"}},
        {"advance": {"for": "10m"}},
    ]
    upload = {
        "upload_trust": {
            "node": "cucm-pub",
            "unit": "CallManager-trust",
            "certificate_of": "imp-1",
            "own_unit": "cup",
        }
    }
    restart = {"restart_service": {"node": "cucm-pub", "service": "Cisco CallManager"}}
    wait = {"advance": {"for": "10m"}}
    unnoticed = _run(variant, *renew[:2])
    assert _refusals(unnoticed, "TRUNK") == []  # Cisco SIP Proxy has the old one still
    run = _run(variant, *renew)
    assert [found[:3] for found in _refusals(run, "TRUNK")] == [("cucm-pub", "imp-1", "unknown ca")]
    assert _down(run) == {"TRUNK": 1}
    assert _down(_run(variant, *renew, upload, wait)) == {"TRUNK": 1}
    assert _down(_run(variant, *renew, upload, restart, wait)) == {}
