"""Counts and wildcards: equal sites and phones spread over them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from twin.config.expansion import matching, pair, site_names, spread
from twin.config.model import ModelConfig


def _with_groups(model: dict[str, Any], phones: dict[str, Any]) -> ModelConfig:
    model["callmanager_groups"] = [
        {"name": "cmg-a", "members": ["one", "two"]},
        {"name": "cmg-b", "members": ["two", "one"]},
    ]
    model["phones"] = [{"name": "desk", "model": "8841", **phones}]
    return ModelConfig.model_validate(model)


def test_equal_sites_are_numbered() -> None:
    """A count of one keeps the name; more get three digits, or as many as are needed."""
    assert site_names("hq", 1) == ["hq"]
    assert site_names("branch", 2) == ["branch-001", "branch-002"]
    assert site_names("branch", 1000)[0] == "branch-0001"


def test_sites_are_written_out(model: dict[str, Any]) -> None:
    """Each equal site has the properties of its group and remembers it."""
    sites = ModelConfig.model_validate(model).sites
    assert [site.name for site in sites] == ["hq", "branch-001", "branch-002", "branch-003"]
    assert {site.group for site in sites[1:]} == {"branch"}
    assert {site.rtt_ms for site in sites[1:]} == {40}


@given(st.integers(0, 80_000), st.integers(1, 2000))
def test_phones_are_spread_evenly(count: int, cells: int) -> None:
    """No phone is lost and no cell has two more than another."""
    shares = spread(count, cells)
    assert sum(shares) == count
    assert len(shares) == cells
    assert max(shares) - min(shares) <= 1


def test_a_wildcard_means_every_name_with_its_beginning() -> None:
    """Only a trailing star is a wildcard."""
    names = ["branch-001", "branch-002", "hq"]
    assert matching("branch-*", names) == names[:2]
    assert matching("*", names) == names
    assert matching("hq", names) == ["hq"]
    assert matching("h", names) == []


def test_sites_take_groups_in_turn() -> None:
    """With as many sites as groups or more, a site has one group."""
    assert pair(["a", "b", "c"], ["x", "y"]) == [("a", "x"), ("b", "y"), ("c", "x")]


def test_few_sites_are_split_over_all_groups() -> None:
    """With fewer sites than groups, every site uses every group."""
    assert pair(["a"], ["x", "y"]) == [("a", "x"), ("a", "y")]


def test_a_population_at_one_site_stays_whole(model: dict[str, Any]) -> None:
    """Defaults are the first site, the only group and the first file servers."""
    (population,) = ModelConfig.model_validate(model).phones
    assert (population.name, population.group, population.count) == ("desk", "desk", 10)
    assert (population.site, population.callmanager_group) == ("hq", "default")
    assert population.tftp == ("one",)


def test_a_population_is_spread_over_sites_and_groups(model: dict[str, Any]) -> None:
    """Parts are numbered through, so that each phone keeps its index in the population."""
    config = _with_groups(model, {"count": 10, "site": "branch-*", "callmanager_group": "cmg-*"})
    assert [(p.name, p.first_index, p.count, p.callmanager_group) for p in config.phones] == [
        ("desk@branch-001", 0, 4, "cmg-a"),
        ("desk@branch-002", 4, 3, "cmg-b"),
        ("desk@branch-003", 7, 3, "cmg-a"),
    ]


def test_a_site_split_over_groups_is_named_with_both(model: dict[str, Any]) -> None:
    """Parts of one site have names of their own."""
    config = _with_groups(model, {"count": 3, "callmanager_group": "cmg-*"})
    assert [(p.name, p.count) for p in config.phones] == [
        ("desk@hq/cmg-a", 2),
        ("desk@hq/cmg-b", 1),
    ]


def test_named_phones_are_dealt_out_in_order(model: dict[str, Any]) -> None:
    """A list of names is spread like a count."""
    names = [f"SEP00000000000{n}" for n in range(4)]
    config = _with_groups(model, {"names": names, "site": "branch-*", "callmanager_group": "cmg-a"})
    assert [p.names for p in config.phones] == [tuple(names[:2]), (names[2],), (names[3],)]


def test_empty_parts_are_left_out(model: dict[str, Any]) -> None:
    """Fewer phones than sites leave the last sites without any."""
    config = _with_groups(model, {"count": 1, "site": "branch-*", "callmanager_group": "cmg-a"})
    assert [p.site for p in config.phones] == ["branch-001"]


def test_option_150_alternates_from_site_to_site(model: dict[str, Any]) -> None:
    """Every second part asks the other file server first."""
    model["nodes"][1]["services"].append("TFTP")
    config = _with_groups(
        model,
        {"count": 9, "site": "branch-*", "callmanager_group": "cmg-a", "tftp_alternates": True},
    )
    assert Counter(p.tftp for p in config.phones) == {("one", "two"): 2, ("two", "one"): 1}
