"""How two federated servers agree: the ways both admit, best first.

Source: edge-presence-video 4.5, the negotiation table.
"""

from __future__ import annotations

from typing import Any

import pytest

from twin.config.model_presence import FederationPolicy
from twin.nodes.presence.federation import Way, ways

SASL, TLS, TCP = Way.SASL_EXTERNAL, Way.TLS_DIALBACK, Way.TCP_DIALBACK


def _policy(tls: str, sasl: bool, dialback: bool) -> FederationPolicy:
    return FederationPolicy.model_validate(
        {"tls": tls, "sasl_external": sasl, "dialback": dialback}
    )


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (("required", True, False), (SASL,)),
        (("required", True, True), (SASL, TLS)),
        (("required", False, True), (TLS,)),
        (("optional", True, True), (SASL, TLS, TCP)),
        (("optional", False, True), (TLS, TCP)),
        (("optional", True, False), (SASL,)),
        (("none", True, True), (TCP,)),
        (("none", True, False), ()),
        (("required", False, False), ()),
    ],
)
def test_equal_policies_admit_what_the_table_says(
    policy: tuple[Any, ...], expected: tuple[Way, ...]
) -> None:
    """Two servers of one policy have the ways of the published table, best first."""
    assert ways(_policy(*policy), _policy(*policy)) == expected


def test_what_one_side_lacks_is_no_way() -> None:
    """Only ways that both sides admit are tried, whichever opens the stream."""
    strict, open_to_all = _policy("required", True, False), _policy("optional", False, True)
    assert ways(strict, open_to_all) == ways(open_to_all, strict) == ()
    assert ways(_policy("required", True, True), open_to_all) == (TLS,)
    assert ways(_policy("none", False, True), open_to_all) == (TCP,)
