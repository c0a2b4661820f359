from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.cluster.twin import Twin
from twin.phones.lifecycle import Event, RegisterRefusal

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

GROUPS = [
    {"name": "pub-sub", "members": ["pub", "sub"]},
    {"name": "sub-pub", "members": ["sub", "pub"]},
]


def population(name: str, count: int, group: str) -> dict[str, Any]:
    """Phones of a CallManager Group."""
    return {"name": name, "model": "7841", "count": count, "callmanager_group": group}


def counts(twin: Twin) -> dict[str, int]:
    """How many phones each node counts as registered."""
    names = {node.index: node.name for node in twin.cluster.nodes.values()}
    return {names[number]: port.count for number, port in twin.cluster.ports.registrars.items()}


def test_phones_beyond_a_nodes_size_start_on_the_next(make_twin: Callable[..., Twin]) -> None:
    """A node takes as many phones as its size; the rest of the group start on its next member."""
    phones = [population("many", 1_200, "pub-sub")]
    twin = make_twin(phones=phones, unsupported_size=True)
    assert counts(twin) == {"pub": 1_000, "sub": 200}
    assert twin.counts()["registered"] == 1_200
    assert list(twin.cluster.population.place).count(1) == 200


def test_size_is_bounded_by_the_parameter(make_twin: Callable[..., Twin]) -> None:
    """Maximum Number of Registered Devices bounds a node below its size class."""
    nodes = [
        {"name": "pub", "role": "publisher", "address": "10.0.0.1", "ova": 7500,
         "services": ["CallManager", "TFTP"]},
        {"name": "sub", "role": "subscriber", "address": "10.0.0.2", "ova": 2500,
         "services": ["CallManager"]},
    ]  # fmt: skip
    limits = {
        limit: [
            port.capacity
            for port in make_twin(
                nodes=nodes, timing_values={"max_phones_per_node": limit}
            ).cluster.ports.registrars.values()
        ]
        for limit in (1_000, 5_000, 10_000)
    }
    assert limits == {1_000: [1_000, 1_000], 5_000: [5_000, 2_500], 10_000: [7_500, 2_500]}


@pytest.fixture
def crowded(make_twin: Callable[..., Twin]) -> Twin:
    """pub has 1,000 phones and is full; sub has 40 others whose second choice pub is."""
    phones = [population("own", 1_000, "pub-sub"), population("guests", 40, "sub-pub")]
    return make_twin(phones=phones, callmanager_groups=GROUPS)


def test_full_node_refuses(crowded: Twin, tell: Callable[[Twin], Story]) -> None:
    """Phones that fail over to a full node are refused for maxDevRegExceeded and give up."""
    assert counts(crowded) == {"pub": 1_000, "sub": 40}
    crowded.do({"stop_service": {"node": "sub", "service": "CallManager"}})
    crowded.wait("quiet")
    assert counts(crowded) == {"pub": 1_000, "sub": 0}
    assert crowded.counts()["unregistered"] == 40
    story = tell(crowded)
    refused = story.happened(Event.REGISTER_REFUSED)
    assert len(refused) == 40
    assert {cause for _, _, cause in refused} == {RegisterRefusal.MAX_DEV_REG_EXCEEDED}
    assert len(story.happened(Event.REGISTER_GAVE_UP)) == 40


def test_refused_phones_come_back(crowded: Twin) -> None:
    """When their node is back, the phones that nobody took register there."""
    crowded.do({"stop_service": {"node": "sub", "service": "CallManager"}})
    crowded.wait("quiet")
    crowded.do({"start_service": {"node": "sub", "service": "CallManager"}})
    assert crowded.wait().outcome == "done"
    assert counts(crowded) == {"pub": 1_000, "sub": 40}


def test_a_node_is_not_filled_beyond_its_size(make_twin: Callable[..., Twin]) -> None:
    """Of phones that come all at once only as many are taken as there is room for."""
    phones = [population("own", 970, "pub-sub"), population("guests", 60, "sub-pub")]
    twin = make_twin(phones=phones, callmanager_groups=GROUPS)
    twin.do({"stop_service": {"node": "sub", "service": "CallManager"}})
    twin.wait("quiet")
    assert counts(twin) == {"pub": 1_000, "sub": 0}
    assert (twin.counts()["registered"], twin.counts()["unregistered"]) == (1_000, 30)
