"""Setting single values by path."""

from __future__ import annotations

from typing import Any

import pytest

from twin.config.document import YamlDocument, parse_document
from twin.config.overrides import apply_overrides, parse_assignment
from twin.errors import ConfigError

TEXT = """\
release: '11.5'
nodes:
  - {name: pub, ova: 7500}
  - {name: sub, ova: 7500}
sites: null
"""


@pytest.fixture
def document() -> YamlDocument:
    """A piece of a model."""
    return parse_document(TEXT, "m.yaml")


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("model.release", "14", ("release",)),
        ("model.nodes[1].ova", 2500, ("nodes", 1, "ova")),
        ("model.nodes[sub].ova", 2500, ("nodes", 1, "ova")),
        ("model.nodes[0]", {"name": "x"}, ("nodes", 0)),
        ("model.sites.count", 3, ("sites", "count")),
        ("model.enterprise_parameters.rollback_to_pre_8", True, ("enterprise_parameters", "x")),
    ],
)
def test_a_value_is_set_where_its_path_leads(
    document: YamlDocument, path: str, value: Any, where: tuple[str | int, ...]
) -> None:
    """Positions and names both find list items; missing mappings are made."""
    assert apply_overrides({"model": document}, {path: value}) == {}
    if where[-1] == "x":
        where = ("enterprise_parameters", "rollback_to_pre_8")
    here: Any = document.data
    for part in where:
        here = here[part]
    assert here == value
    assert document.origins[where] == f"--set {path}"


def test_timing_values_are_handed_back(document: YamlDocument) -> None:
    """Paths below timing are values of parameters, not fields of a document."""
    values = apply_overrides({"model": document}, {"timing.p_busy": 0.1, "model.release": "14"})
    assert values == {"p_busy": 0.1}


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("release", "'release' is no path"),
        ("model.", "'model.' is no path"),
        ("model..release", "'model..release' is no path"),
        ("model.nodes[", "'model.nodes[' is no path"),
        ("modl.release", "'modl' names no document"),
        ("model.nodes[2].ova", "nodes has 2 items, expected a position from 0 to 1"),
        ("model.nodes[subb].ova", "no item called 'subb', expected one of pub, sub"),
        ("model.nodes.ova", "nodes is a list, expected a position before .ova"),
        ("model.release.x", "release is a single value"),
        ("model.release[0]", "release is no list"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(
    document: YamlDocument, path: str, fault: str
) -> None:
    """The place of the fault is the override itself."""
    with pytest.raises(ConfigError) as caught:
        apply_overrides({"model": document}, {path: 1})
    assert str(caught.value).startswith(f"--set {path}: ")
    assert fault in str(caught.value)


def test_all_wrong_paths_are_reported_together(document: YamlDocument) -> None:
    """Right ones beside them are applied, wrong ones listed."""
    with pytest.raises(ConfigError) as caught:
        apply_overrides({"model": document}, {"a.b": 1, "model.release": "14", "c": 1})
    assert len(caught.value.faults) == 2
    assert document.data["release"] == "14"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model.release=12.5", ("model.release", 12.5)),
        ("model.title=a = b", ("model.title", "a = b")),
        ("timing.reset_phone_jitter_s=[0, 10]", ("timing.reset_phone_jitter_s", [0, 10])),
        ("experiment.expect=[]", ("experiment.expect", [])),
        ("model.unsupported_size=true", ("model.unsupported_size", True)),
        ("experiment.release=", ("experiment.release", None)),
    ],
)
def test_an_assignment_reads_its_value_as_yaml(text: str, expected: tuple[str, Any]) -> None:
    """Numbers, truth values and lists are read as in a file."""
    assert parse_assignment(text) == expected


@pytest.mark.parametrize("text", ["model.release", "a=[1", "a={b: 1, b: 2}"])
def test_a_malformed_assignment_is_refused(text: str) -> None:
    """A missing equals sign and broken YAML are input errors."""
    with pytest.raises(ConfigError):
        parse_assignment(text)
