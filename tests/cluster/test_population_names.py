from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from twin.cluster.phones import build_population, file_plan, is_new
from twin.config.load import load_phone_catalogue, load_timing
from twin.config.model import ModelConfig
from twin.phones.lifecycle import FileKind, State
from twin.phones.population import Population

Models = Callable[..., ModelConfig]

DESK = {"name": "desk", "model": "7841", "count": 5, "callmanager_group": "pub-sub"}
WALL = {"name": "wall", "model": "8841", "count": 4, "callmanager_group": "sub-pub"}
LOBBY = {"name": "lobby", "model": "7962", "count": 3, "callmanager_group": "pub-sub"}
GIVEN = {
    "name": "given",
    "model": "7841",
    "names": ["SEP885A92D977CA", "SEPB83861583B73"],
    "callmanager_group": "pub-sub",
}
CATALOGUE, TIMING = load_phone_catalogue(), load_timing()


@pytest.fixture
def build(model: Models) -> Callable[..., Population]:
    """A maker of the phones of populations."""

    def make(*phones: dict[str, Any], **fields: Any) -> Population:
        config = model(phones=list(phones), **fields)
        sites = {site.name: number for number, site in enumerate(config.sites)}
        return build_population(config, CATALOGUE, TIMING, {"pub": 0, "sub": 1}, sites)

    return make


def names_of(population: Population, name: str) -> list[str]:
    """The phones of one population, by name."""
    return [
        phone
        for number, phone in enumerate(population.names)
        if population.group(number).population == name
    ]


def test_names_are_device_names(build: Callable[..., Population]) -> None:
    """A phone that was given no name is called SEP and twelve capital hex digits; no two alike."""
    population = build({**DESK, "count": 400})
    assert all(re.fullmatch(r"SEP[0-9A-F]{12}", name) for name in population.names)
    assert len(set(population.names)) == 400
    assert population.names == sorted(population.names)


def test_names_stay_when_populations_come_and_go(build: Callable[..., Population]) -> None:
    """Other populations, before or behind, leave a population's names as they are."""
    alone = names_of(build(DESK), "desk")
    assert names_of(build(DESK, WALL), "desk") == alone
    assert names_of(build(LOBBY, GIVEN, WALL, DESK), "desk") == alone


def test_names_stay_when_the_document_is_permuted(build: Callable[..., Population]) -> None:
    """The order of the populations in the document changes nothing at all."""
    one, other = build(DESK, WALL, LOBBY), build(LOBBY, DESK, WALL)
    assert one.names == other.names
    assert [group.population for group in one.groups] == ["desk", "lobby", "wall"]
    assert one.groups == other.groups
    assert one.group_of == other.group_of


def test_a_larger_population_keeps_its_phones(build: Callable[..., Population]) -> None:
    """Adding phones to a population adds names and changes none."""
    assert set(build(DESK).names) < set(build({**DESK, "count": 9}).names)


def test_names_follow_the_populations_name(build: Callable[..., Population]) -> None:
    """A population under another name is other phones."""
    assert not set(build(DESK).names) & set(build({**DESK, "name": "other"}).names)


def test_names_that_are_given(build: Callable[..., Population]) -> None:
    """Given names are kept as they are, beside generated ones."""
    population = build(DESK, GIVEN)
    assert names_of(population, "given") == ["SEP885A92D977CA", "SEPB83861583B73"]
    assert names_of(population, "desk") == names_of(build(DESK), "desk")
    assert population.index["SEPB83861583B73"] == population.names.index("SEPB83861583B73")


def test_a_given_name_that_would_have_been_made(build: Callable[..., Population]) -> None:
    """A generated name that somebody gave to another phone is not used twice."""
    taken = build(DESK).names[0]
    population = build(DESK, {**GIVEN, "names": [taken]})
    assert population.size == len(set(population.names)) == 6
    assert names_of(population, "given") == [taken]
    assert len(set(names_of(population, "desk")) & set(build(DESK).names)) == 4


def test_sites_divide_a_population_without_renaming(build: Callable[..., Population]) -> None:
    """The phones of a population keep their names when it is spread over more sites."""
    sites = [{"name": "branch", "count": 3, "rtt_ms": 20}]
    spread = build({**DESK, "site": "branch*"}, sites=sites)
    assert spread.names == build(DESK).names
    assert len({spread.group(number).site for number in range(spread.size)}) == 3


def test_what_a_group_takes_from_model_and_catalogue(build: Callable[..., Population]) -> None:
    """A group has its model's times and protocol, its nodes in order, and the files of a boot."""
    (group,) = build({**DESK, "tftp": ["sub", "pub"]}).groups
    entry = CATALOGUE["7841"]
    assert (group.model, group.protocol) == ("7841", str(entry.protocol_default))
    assert (group.callmanagers, group.tftp) == ((0, 1), (1, 0))
    assert (group.boot_s, group.reset_s) == (entry.boot_s.median, entry.reset_s)
    assert group.files[:3] == (FileKind.CTL, FileKind.ITL, FileKind.CONFIG)
    assert len(group.files) == 6


@pytest.mark.parametrize(("protocol", "files"), [("SIP", 6), ("SCCP", 4)])
def test_protocol_of_the_model_counts(
    build: Callable[..., Population], protocol: str, files: int
) -> None:
    """A protocol given in the model stands above the catalogue's and decides the files asked."""
    (group,) = build({**DESK, "protocol": protocol}).groups
    assert group.protocol == protocol
    assert len(group.files) == files


def test_files_of_a_boot() -> None:
    """A boot asks for CTL, ITL and config first; a phone without SBD asks for no ITL."""
    lists = (FileKind.CTL, FileKind.ITL, FileKind.CONFIG)
    assert file_plan(4, has_sbd=True) == (*lists, FileKind.OTHER)
    assert file_plan(3, has_sbd=False) == (FileKind.CTL, FileKind.CONFIG, FileKind.OTHER)
    assert file_plan(1, has_sbd=True) == lists


@pytest.mark.parametrize(
    ("initial", "state", "new"),
    [
        ("registered", State.REGISTERED, False),
        ("powered_off", State.OFF, False),
        ("new", State.OFF, True),
    ],
)
def test_initial_states(
    build: Callable[..., Population], model: Models, initial: str, state: State, new: bool
) -> None:
    """Phones start registered or without power; new ones have never been in the cluster."""
    phones = {**DESK, "initial": initial}
    population = build(phones)
    assert set(population.state) == {state}
    assert is_new(model(phones=[phones]), population.groups[0]) is new


def test_no_phones(build: Callable[..., Population]) -> None:
    """A deployment without phones is a population of none."""
    assert build().size == 0
    assert build({**DESK, "count": 0}).groups == ()
