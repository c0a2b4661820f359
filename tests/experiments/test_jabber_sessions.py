"""Jabber's sessions with other losses than a router's restart, and clients of other kinds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.experiments.conftest import Variant

FAILOVER = "what-does-a-router-restart-cost-with-failover"
MRA = "does-mra-survive-a-new-callmanager"
IMP_NODES = [
    {"name": "imp-1", "role": "publisher", "address": "10.50.0.31"},
    {"name": "imp-2", "role": "subscriber", "address": "10.50.0.32"},
]
DOWN = {"node": {"node": "imp-1", "up": False}}
UP = {"node": {"node": "imp-1", "up": True}}
WAIT = {"advance": {"for": "20m"}}


def _presence(run: Any) -> Any:
    return run.document.metrics.presence


def _events(run: Any, event: str) -> list[Any]:
    return [row for row in run.tables.node_events if row.event == event]


def test_a_silent_node_is_missed_after_its_heartbeats(variant: Variant) -> None:
    """The partner of a node without power takes over after 60 s, and its clients come to it."""
    run = variant(FAILOVER, lambda _steps: [DOWN, WAIT])
    (failover,) = _events(run, "failover")
    assert failover.at_ms == 60_000
    # Those outside too: the tunnel reaches the partner as well.
    assert _presence(run).dropped == 150
    assert _presence(run).disconnected == 0


def test_without_a_partner_clients_wait_for_their_node(variant: Variant) -> None:
    """With both nodes of the group down nobody takes over, and all are back with their node."""
    other = {"node": {"node": "imp-2", "up": False}}
    gone = variant(FAILOVER, lambda _steps: [other, DOWN, WAIT])
    assert _presence(gone).failovers == 0
    assert _presence(gone).disconnected == 250
    back = variant(FAILOVER, lambda _steps: [other, DOWN, WAIT, UP, WAIT])
    assert _presence(back).disconnected == 100  # those of the other node


def test_fallback_waits_for_the_node(variant: Variant) -> None:
    """Falling back to a node whose router is stopped is refused, and done when it runs."""
    router = {"node": "imp-1", "service": "Cisco XCP Router"}
    fall_back = {"redundancy_group": {"group": "pair", "do": "fall_back"}, "name": "fallback"}
    run = variant(
        FAILOVER,
        lambda _steps: [
            {"stop_service": router}, WAIT, fall_back, {"start_service": router}, fall_back, WAIT,
        ],
    )  # fmt: skip
    told = [step.outcome for step in run.document.steps if step.name == "fallback"]
    assert told == ["imp-1 is not ready for fallback", "done"]
    assert _presence(run).disconnected == 0


def test_clients_behind_a_cut_link_come_back_with_it(variant: Variant) -> None:
    """A cut link drops the sessions of its site only, until it is restored."""
    at_east = {"presence.clients[1].site": "east"}
    cut, restored = ({"wan": {"site": "east", "up": up}} for up in (False, True))
    gone = variant(FAILOVER, lambda _steps: [cut, WAIT], model_set=at_east)
    assert (_presence(gone).dropped, _presence(gone).disconnected) == (100, 100)
    back = variant(FAILOVER, lambda _steps: [cut, WAIT, restored, WAIT], model_set=at_east)
    assert _presence(back).disconnected == 0


@pytest.mark.parametrize(("knows", "out"), [([], 125), (["cup-xmpp"], 0)])
def test_self_signed_certificates_are_for_those_who_accepted_them(
    variant: Variant, knows: list[str], out: int
) -> None:
    """Clients that never accepted a self-signed cup-xmpp do not get in, from the first moment."""
    changes = {
        "presence.signed_units": {},
        "presence.clients[0].knows": knows,
        "presence.clients[1].knows": ["cup-xmpp"],
        "presence.clients[2].knows": ["cup-xmpp"],
        "presence.partners": [],
        "expressways[0].trusts": ["enterprise-ca", "public-ca", "tomcat", "cup-xmpp"],
    }
    run = variant(FAILOVER, lambda _steps: [WAIT], model_set=changes)
    assert _presence(run).disconnected == out
    assert _presence(run).refused == ({"XMPP": out} if out else {})


@pytest.mark.parametrize(("trusts", "out"), [(["cup-xmpp"], 0), ([], 25)])
def test_jabber_outside_has_im_where_the_expressway_c_trusts_the_node(
    variant: Variant, trusts: list[str], out: int
) -> None:
    """The last leg of an MRA client decides about its IM alone; its phone is registered."""
    changes = {
        "imp_nodes": IMP_NODES,
        "presence": {
            "clients": [{"name": "im-home", "node": "imp-1", "population": "home-jabber"}]
        },
        "expressways[0].trusts": ["enterprise-ca", "public-ca", "CallManager", *trusts],
    }
    run = variant(MRA, lambda _steps: [WAIT], model_set=changes)
    assert _presence(run).sessions == 25
    assert _presence(run).disconnected == out
    assert _presence(run).refused == ({"L8": out} if out else {})
    assert run.document.metrics.phones_unregistered_at_end == 0


def test_outside_the_expressway_e_is_seen_first(variant: Variant) -> None:
    """Jabber outside that does not trust the Expressway-E's CA never gets to its node."""
    run = variant(
        FAILOVER, lambda _steps: [WAIT],
        model_set={"presence.clients[2].os_trusts": ["enterprise-ca"]},
    )  # fmt: skip
    (refused,) = run.document.metrics.tls_failures
    assert (refused.leg, refused.server, refused.alert) == ("XMPP", "expe", "unknown ca")
    assert _presence(run).disconnected == 25


def test_restart_after_cup_xmpp_restarts_every_router(variant: Variant) -> None:
    """What to restart after a new cup-xmpp is Cisco XCP Router, node by node."""
    run = variant(FAILOVER, lambda _steps: [{"restart_after": {"unit": "cup-xmpp"}}, WAIT])
    stopped = [
        row.node for row in _events(run, "service")
        if row.service == "XCPRouter" and row.data["state"] == "STOPPED"
    ]  # fmt: skip
    assert stopped == ["imp-1", "imp-2"]


def test_more_clients_than_the_limits_were_made_for_wait_for_the_node(variant: Variant) -> None:
    """5,000 clients at 6 logins a second need 833 s, whatever the upper limit says."""
    run = variant(FAILOVER, lambda steps: steps[:-1], model_set={"presence.clients[0].count": 5000})
    back = _presence(run).relogin_s
    assert back.p100 > 120 + 5000 / 6
    assert _presence(run).disconnected == 0


def test_sessions_outlive_their_certificate(variant: Variant) -> None:
    """An expired cup-xmpp is noticed at the next login, not before."""
    unit = {"node": "imp-1", "unit": "cup-xmpp"}
    router = {"restart_service": {"node": "imp-1", "service": "Cisco XCP Router"}}
    short = [
        {"redundancy_group": {"group": "pair", "do": "disable_high_availability"}},
        {"generate_csr": unit},
        {"sign_csr": {**unit, "authority": "enterprise-ca", "days": 1}},
        {"upload_identity": unit},
        router,
        {"advance": {"for": "3d"}},
    ]
    standing = variant(FAILOVER, lambda _steps: short, run_for="4d")
    assert _presence(standing).dropped == 150  # by the restart alone
    assert _presence(standing).disconnected == 0
    anew = variant(FAILOVER, lambda _steps: [*short, router, WAIT], run_for="4d")
    assert _presence(anew).disconnected == 150
    alerts = {one.leg: one.alert for one in anew.document.metrics.tls_failures}
    assert alerts["XMPP"] == alerts["L8"] == "certificate expired"


def test_one_certificate_for_the_pair_serves_both_nodes(variant: Variant) -> None:
    """A shared cup-xmpp carries every node's name, so that clients get in at either."""
    shared = {"presence.multi_server": ["cup-xmpp"]}
    run = variant(FAILOVER, model_set=shared)
    assert _presence(run).failovers == 1
    assert _presence(run).disconnected == 0
    assert run.document.metrics.tls_failures == ()


def test_a_partner_with_an_untrusted_certificate_turns_clients_away(
    variant: Variant,
) -> None:
    """After a failover the certificate of the partner counts, after a fallback that of the home."""
    unit = {"node": "imp-2", "unit": "cup-xmpp"}
    stranger = [
        {"upload_trust": {"node": "imp-2", "unit": "cup-xmpp-trust", "authority": "new-ca"}},
        {"generate_csr": unit},
        {"sign_csr": {**unit, "authority": "new-ca"}},
        {"upload_identity": unit},
        {"restart_service": {"node": "imp-2", "service": "Cisco XCP Router"}},
        {"advance": {"for": "1h"}},
    ]
    run = variant(FAILOVER, lambda steps: [*stranger, *steps[:-1]], run_for="4h")
    # The users of imp-2 moved to imp-1 by the first restart and wait for it in the second.
    assert _presence(run).failovers == 2
    assert _presence(run).disconnected == 150
    back = variant(FAILOVER, lambda steps: [*stranger, *steps, WAIT], run_for="4h")
    assert _presence(back).disconnected == 100  # now it is those of imp-2 who meet a stranger
