from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.cluster.selectors import select, sites_named
from twin.cluster.twin import Twin
from twin.config.actions import Selector
from twin.errors import ActionError

SITES = [{"name": "hq"}, {"name": "branch", "count": 2, "rtt_ms": 20}]
PHONES = [
    {"name": "desk", "model": "7841", "count": 40, "site": "hq", "callmanager_group": "pub-sub"},
    {"name": "wall", "model": "8841", "count": 20, "site": "hq", "callmanager_group": "sub-pub"},
    {
        "name": "shop", "model": "7841", "count": 10, "site": "branch*",
        "callmanager_group": "sub-pub",
    },
]  # fmt: skip


@pytest.fixture
def twin(make_twin: Callable[..., Twin]) -> Twin:
    """Seventy phones: 40 desk and 20 wall phones at hq, 10 shop phones over two branches."""
    return make_twin(sites=SITES, phones=PHONES)


def chosen(twin: Twin, step: int = 1, **fields: Any) -> list[str]:
    """The names of the phones a selector chooses."""
    numbers = select(twin.cluster, Selector.model_validate(fields), step)
    assert numbers == sorted(set(numbers)), "in population order, each once"
    return [twin.cluster.population.names[number] for number in numbers]


def test_everybody(twin: Twin) -> None:
    """A selector without a field means every phone, in population order."""
    assert chosen(twin) == twin.cluster.population.names
    assert chosen(twin, phones="all") == twin.cluster.population.names


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"population": "desk"}, 40),
        ({"model": "7841"}, 50),
        ({"site": "hq"}, 60),
        ({"site": "branch"}, 10),
        ({"site": "branch-001"}, 5),
        ({"callmanager_group": "sub-pub"}, 30),
        ({"node": "sub1"}, 30),
        ({"registered": True}, 70),
        ({"registered": False}, 0),
        ({"model": "7841", "callmanager_group": "sub-pub"}, 10),
        ({"model": "8841", "site": "branch"}, 0),
    ],
)
def test_fields(twin: Twin, fields: dict[str, Any], count: int) -> None:
    """Each field keeps the phones that fit it; several keep those that fit all."""
    assert len(chosen(twin, **fields)) == count


def test_names(twin: Twin) -> None:
    """Phones can be chosen by name, in any order; a name twice is one phone."""
    first, second = twin.cluster.population.names[3], twin.cluster.population.names[9]
    assert chosen(twin, phones=[second, first]) == [first, second]


def test_unknown_name(twin: Twin) -> None:
    """A device name the model does not have is a mistake that is named."""
    with pytest.raises(ActionError, match="SEP000000000000"):
        chosen(twin, phones=["SEP000000000000"])


def test_registered_follows_the_run(twin: Twin) -> None:
    """Who is registered, and where, is asked of the run at that moment."""
    twin.do({"power": {"phones": {"population": "wall"}, "on": False}})
    assert len(chosen(twin, registered=True)) == 50
    assert len(chosen(twin, registered=False)) == 20
    assert len(chosen(twin, node="sub")) == 10
    twin.do({"stop_service": {"node": "sub", "service": "CallManager"}})
    assert chosen(twin, node="sub") == []


def test_sites_named(twin: Twin) -> None:
    """A site is named by itself or by the name that equal sites were written under."""
    assert sites_named(twin.cluster, "branch") == ["branch-001", "branch-002"]
    assert sites_named(twin.cluster, "branch-002") == ["branch-002"]
    assert sites_named(twin.cluster, "elsewhere") == []


# -- a part of them -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "count"),
    [({"count": 7}, 7), ({"count": 0}, 0), ({"count": 1_000}, 70), ({"share": 0.25}, 18),
     ({"share": 0.0}, 0), ({"share": 1.0}, 70)],
)  # fmt: skip
def test_how_many_are_kept(twin: Twin, fields: dict[str, Any], count: int) -> None:
    """`count` keeps that many, `share` that part rounded, and neither more than there are."""
    assert len(chosen(twin, **fields)) == count


def test_part_is_the_same_in_another_run(twin: Twin, make_twin: Callable[..., Twin]) -> None:
    """The same step of the same seed keeps the same phones."""
    assert chosen(make_twin(sites=SITES, phones=PHONES), count=9) == chosen(twin, count=9)


def test_part_follows_seed_and_step(twin: Twin, make_twin: Callable[..., Twin]) -> None:
    """Another seed and another step keep others."""
    first = chosen(twin, count=9)
    assert chosen(make_twin(sites=SITES, phones=PHONES, seed=2), count=9) != first
    assert chosen(twin, step=2, count=9) != first


def test_a_smaller_part_is_in_the_larger(twin: Twin) -> None:
    """Keeping more keeps those kept before."""
    parts = [set(chosen(twin, count=count)) for count in (3, 9, 30)]
    assert parts[0] < parts[1] < parts[2]


def test_part_does_not_depend_on_phones_beside_it(
    twin: Twin, make_twin: Callable[..., Twin]
) -> None:
    """Whether a phone is kept does not change because other populations are there."""
    alone = make_twin(sites=SITES, phones=PHONES[:1])
    assert chosen(alone, population="desk", count=9) == chosen(twin, population="desk", count=9)


def test_part_is_taken_last(twin: Twin) -> None:
    """`count` keeps phones out of those that fit the other fields."""
    kept = chosen(twin, population="wall", count=5)
    assert len(kept) == 5
    assert set(kept) <= set(chosen(twin, population="wall"))
