"""The legs of a whole deployment, for captures and the trust graph."""

from __future__ import annotations

from collections import Counter

from twin.cluster.legs import every_leg
from twin.cluster.twin import Twin


def test_every_leg_of_a_deployment_is_there_once() -> None:
    """Edge, presence, integrations, sign-ins and secure phones: each leg has its own name."""
    legs = every_leg(Twin("collab-edge").cluster)
    counted = Counter(leg.name for leg in legs)
    assert [name for name, times in counted.items() if times > 1] == []
    assert {"L1", "L2", "L3", "L4", "L7", "L8", "TRUNK", "SYNC", "sip_trunk", "sip_call"} <= {
        leg.kind for leg in legs
    }
