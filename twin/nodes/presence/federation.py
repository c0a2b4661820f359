"""How two XMPP servers of different organisations agree to trust each other.

Knows: what each side demands and offers, the ways in their order, real handshakes. Must not know
which product a side is, nor when they talk.

Source: edge-presence-video 4.5: TLS and SASL EXTERNAL without dialback: SASL only; TLS required
and SASL optional: SASL, else dialback over TLS; all optional: then dialback over TCP; no TLS:
dialback over TCP. SASL EXTERNAL needs TLS, a certificate of a trusted CA, the domain among its
alternative names. With client certificates demanded, a certificate of an unknown CA ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from twin.config.model_presence import FederationPolicy
from twin.nodes.legs import Leg, Side, judge
from twin.pki.handshake import Endpoint, Handshakes, Verdict
from twin.pki.identity import Expectation, NameRule

NO_COMMON_WAY = "no_common_way"
"""A reason of ours: what one demands the other does not offer."""


class Way(StrEnum):
    """How domains are authenticated, best first."""

    SASL_EXTERNAL = "sasl_external"
    TLS_DIALBACK = "tls_dialback"
    TCP_DIALBACK = "tcp_dialback"


@dataclass(frozen=True, slots=True)
class Server:
    """One side.

    Args:
        side: what it presents and trusts, authenticating the other.
        unverified: the same without authenticating.
        name: the domain or room alias it speaks for.
    """

    side: Side
    unverified: Callable[[], Endpoint | None]
    name: str
    policy: FederationPolicy


def ways(one: FederationPolicy, other: FederationPolicy) -> tuple[Way, ...]:
    """The ways both sides admit, best first."""
    return tuple(way for way in Way if _admits(one, way) and _admits(other, way))


def _admits(policy: FederationPolicy, way: Way) -> bool:
    if way is Way.SASL_EXTERNAL:
        return policy.tls != "none" and policy.sasl_external
    if way is Way.TLS_DIALBACK:
        return policy.tls != "none" and policy.dialback
    return policy.tls != "required" and policy.dialback


@dataclass(frozen=True, slots=True)
class Agreement:
    """What came of it: the way, None for none; and the first refusal on the way there."""

    way: Way | None
    refusal: Verdict


def negotiate(leg: Leg, opens: Server, answers: Server, handshakes: Handshakes) -> Agreement:
    """Try the ways both admit, best first.

    Args:
        leg: port, path and kind; its sides are not looked at.
    """
    refusal = Verdict()
    for way in ways(opens.policy, answers.policy):
        verdict = judge(leg_on(way, leg, opens, answers), handshakes)
        if verdict.succeeded:
            return Agreement(way, refusal)
        refusal = refusal if refusal.refused_by else verdict
        if _is_final(verdict, opens, answers):
            return Agreement(None, refusal)
    if not refusal.refused_by:
        refusal = Verdict("client", "", (NO_COMMON_WAY,))
    return Agreement(None, refusal)


def leg_on(way: Way, leg: Leg, opens: Server, answers: Server) -> Leg:
    """The leg as it is judged on a way."""
    if way is Way.SASL_EXTERNAL:
        return replace(
            leg, client=_naming(opens.side, answers.name), server=_naming(answers.side, opens.name)
        )
    if way is Way.TLS_DIALBACK:
        return replace(leg, client=_dialback(opens), server=_dialback(answers))
    return replace(leg, client=_plain(opens), server=_plain(answers))


def _naming(side: Side, name: str) -> Side:
    expected = (Expectation((name,), NameRule.ALTERNATIVE_NAME),)
    return replace(side, expects=lambda: expected)


def _dialback(server: Server) -> Side:
    """The certificate is looked at only by who demands one that chains to a trusted CA."""
    if server.policy.client_certificates:
        return server.side
    return replace(server.side, end=server.unverified)


def _plain(server: Server) -> Side:
    """TCP: nothing is shown and nothing is asked; whether anybody answers still counts."""

    def end() -> Endpoint | None:
        found = server.unverified()
        return None if found is None else replace(found, authenticates=False)

    return replace(server.side, end=end)


def _is_final(verdict: Verdict, opens: Server, answers: Server) -> bool:
    """Who demands certificates and found a bad one does not go on without."""
    refuser = opens if verdict.refused_by == "client" else answers
    return bool(verdict.alert) and refuser.policy.client_certificates
