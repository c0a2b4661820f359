from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from twin.cluster.twin import Twin
from twin.phones.lifecycle import Event

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

TEMPLATES = [
    {"name": "b-template", "tkmodel": 645, "callmanager_group": "pub-only"},
    {"name": "a-template", "tkmodel": 646, "callmanager_group": "pub-sub"},
]
GROUPS = [
    {"name": "pub-sub", "members": ["pub", "sub"]},
    {"name": "sub-pub", "members": ["sub", "pub"]},
    {"name": "pub-only", "members": ["pub"]},
]
PHONES = [
    {"name": "desk", "model": "7841", "count": 6, "callmanager_group": "pub-sub"},
    {"name": "wall", "model": "8841", "count": 4, "callmanager_group": "sub-pub"},
    {"name": "lobby", "model": "8841", "count": 3, "callmanager_group": "pub-only"},
]


@pytest.fixture
def twin(make_twin: Callable[..., Twin]) -> Twin:
    """Thirteen phones in three CallManager Groups, and two templates."""
    return make_twin(phones=PHONES, callmanager_groups=GROUPS, device_templates=TEMPLATES)


def names(twin: Twin, *populations: str) -> set[str]:
    """The phones of populations."""
    columns = twin.cluster.population
    return {
        name
        for number, name in enumerate(columns.names)
        if columns.group(number).population in populations
    }


def test_related_phones_are_those_of_the_groups(twin: Twin) -> None:
    """A phone is related to every member of its CallManager Group, wherever it is registered."""
    devices = twin.cluster.devices
    assert devices.related("pub") == 13
    assert devices.related("sub") == 10


def test_related_phones_do_not_depend_on_power(twin: Twin) -> None:
    """The selection is one of the database: phones without power are in it."""
    twin.do({"power": {"on": False}})
    assert twin.cluster.devices.related("sub") == 10


def test_templates_are_those_of_the_groups(twin: Twin) -> None:
    """Rows that are no phones come by name, for each member of their group."""
    devices = twin.cluster.devices
    assert [row["name"] for row in devices.templates("pub")] == ["a-template", "b-template"]
    assert [row["name"] for row in devices.templates("sub")] == ["a-template"]
    assert devices.templates("sub")[0]["tkmodel"] == 646


def test_template_of_the_deck(make_twin: Callable[..., Twin]) -> None:
    """The lab's template has its captured pkid and belongs to labserver2 alone."""
    devices = make_twin("seed-lab").cluster.devices
    assert devices.templates("labserver2") == [
        {
            "pkid": "21b83701-7d88-479f-b885-0cf40956b5a3",
            "name": "Sample Device Template with TAG usage examples",
            "tkmodel": 645,
        }
    ]
    assert devices.templates("labserver1") == []


@pytest.mark.parametrize(
    ("sender", "callmanager", "expected"),
    [
        ("pub", "pub", ("desk", "lobby")),
        ("pub", "sub", ("desk",)),
        ("sub", "pub", ("wall",)),
        ("sub", "sub", ("wall",)),
    ],
)
def test_reset_reaches_related_phones_of_the_sender(
    twin: Twin,
    tell: Callable[[Twin], Story],
    sender: str,
    callmanager: str,
    expected: tuple[str, ...],
) -> None:
    """A CallManager resets those related to the target that are registered with itself."""
    wanted = names(twin, *expected)
    assert twin.cluster.devices.reset(sender, callmanager, 7) == len(wanted)
    twin.advance("10m")
    received = tell(twin).happened(Event.RESET_RECEIVED)
    assert {name for _, name, _ in received} == wanted
    assert len(received) == len(wanted)
    assert {wave for _, _, wave in received} == {7}


def test_pace(make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]) -> None:
    """Notices leave one CallManager at its pace, a second wave after the first."""
    twin = make_twin(timing_values={"reset_pace_per_ccm_per_s": 5})
    twin.cluster.devices.reset("pub", "pub", 1)
    twin.cluster.devices.reset("pub", "pub", 2)
    twin.advance("10s")
    received = [at_ms for at_ms, _, _ in tell(twin).happened(Event.RESET_RECEIVED)]
    assert received[:6] == [0, 200, 400, 600, 800, 1_000]
    assert received[6] >= 1_200


def test_phones_that_are_gone_get_no_reset(twin: Twin, tell: Callable[[Twin], Story]) -> None:
    """Phones that are not registered are related, and not reset."""
    twin.do({"power": {"phones": {"population": "desk"}, "on": False}})
    assert twin.cluster.devices.reset("pub", "pub", 1) == 3
    twin.advance("1m")
    received = {name for _, name, _ in tell(twin).happened(Event.RESET_RECEIVED)}
    assert received == names(twin, "lobby")
