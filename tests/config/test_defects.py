"""Named defects: what a profile may list, and how a run is given another list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from twin import library
from twin.config.defects import NOTES, Defect
from twin.config.load import load_release, load_run
from twin.config.words import Service, Unit
from twin.errors import ConfigError

EXPERIMENT = "is-one-delete-enough-from-11"
TWO_NODES = "does-capf-matter-when-it-is-not-active"


def test_every_defect_is_told_about() -> None:
    """Each has what it does, where it is known to be and a source."""
    assert list(NOTES) == list(Defect)
    assert all(note.what and note.affected and note.source for note in NOTES.values())


@pytest.mark.parametrize(
    ("defect", "releases"),
    [
        ("CSCup28852", ["10.5"]),
        ("CSCur97909", ["10.5"]),
        ("CSCus28550", ["8.6", "9.1", "10.5"]),
        ("CSCus47235", ["10.5"]),
        ("CSCuh19734", ["8.6", "9.1", "10.5"]),
        ("CSCur67631", ["8.6", "9.1", "10.5"]),
        ("CSCuu59477", ["9.1", "10.5"]),
        ("CSCuy21239", ["8.6", "9.1", "10.5", "11.5"]),
        ("CSCvv13565", ["12.5"]),
        ("CSCvn65359", ["12.5"]),
    ],
)
def test_which_releases_have_a_defect(defect: str, releases: list[str]) -> None:
    """The bundled profiles have the defects of their time."""
    having = [name for name in library.releases() if load_release(name).has_defect(defect)]
    assert having == releases


def test_an_unknown_defect_is_nobodys() -> None:
    """Asking for a defect that is not in the list is a mistake of the program."""
    with pytest.raises(ValueError, match="CSCzz00000"):
        load_release("10.5").has_defect("CSCzz00000")


@pytest.mark.parametrize(("defects", "everywhere"), [([], True), (["CSCus28550"], False)])
def test_an_override_changes_the_list(defects: list[str], everywhere: bool) -> None:
    """`release.defects` replaces the profile's list, and its behaviour follows."""
    release = load_run(EXPERIMENT, overrides={"release.defects": defects}).release
    assert [str(defect) for defect in release.defects] == defects
    assert release.cluster_wide_delete is everywhere
    assert load_release(release.name).cluster_wide_delete


def test_any_field_of_a_release_can_be_set() -> None:
    """Fields other than defects too, and the run's provenance tells the profiles apart."""
    plain = load_run(EXPERIMENT)
    changed = load_run(EXPERIMENT, overrides={"release.tvs_record": "certificate"})
    assert (plain.release.tvs_record, changed.release.tvs_record) == ("hash", "certificate")
    assert plain.release_sha256 != changed.release_sha256
    assert plain.model_sha256 == changed.model_sha256


def test_an_override_wins_over_the_experiments_own() -> None:
    """`release_set` of the experiment comes first, `--set` after it."""
    name = "does-a-fixed-build-have-the-reset-loop"
    assert not load_run(name).release.has_defect("CSCup28852")
    again = load_run(name, overrides={"release.defects": ["CSCup28852"]})
    assert again.release.has_defect("CSCup28852")


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("release.defects", ["CSCus28551"], "--set release.defects: defects[0]: 'CSCus28551'"),
        ("release.defect", [], "--set release.defect: unknown field 'defect'"),
        ("release.units[9]", "TVS", "--set release.units[9]: units has 8 items"),
    ],
)
def test_a_wrong_override_is_refused(path: str, value: Any, fault: str) -> None:
    """An unknown defect or field is told with the override as its place."""
    with pytest.raises(ConfigError) as caught:
        load_run(EXPERIMENT, overrides={path: value})
    assert any(str(found).startswith(fault) for found in caught.value.faults)


@pytest.mark.parametrize("name", library.releases())
def test_every_unit_says_what_to_restart(name: str) -> None:
    """A profile tells for each of its units which services to restart, if any."""
    release = load_release(name)
    assert set(release.restart_services) == set(release.units)
    is_new = name in ("14", "15")
    assert ("Cisco Trust Verification Service" in release.restart_services[Unit.TVS]) is not is_new
    assert release.drf_unit == ("tomcat" if is_new else "ipsec")
    assert Service.TVS in release.restarts_itself


@pytest.mark.parametrize(
    ("release", "unit", "fault"),
    [
        ("9.1", "CallManager", "'CallManager', of which release 9.1 has no multi-server"),
        ("11.5", "TVS", "'TVS', of which release 11.5 has no multi-server"),
        ("14", "TVS", "multi-server TVS is not built yet"),
    ],
)
def test_multi_server_units_are_the_releases(release: str, unit: str, fault: str) -> None:
    """A model may share only what its release shares, and what certCN carries."""
    overrides = {"model.release": release, "model.multi_server": [unit]}
    with pytest.raises(ConfigError) as caught:
        load_run(TWO_NODES, overrides=overrides)
    assert any(fault in str(found) for found in caught.value.faults)


@pytest.mark.parametrize(("release", "is_right"), [("12.5", False), ("14", True), ("15", True)])
def test_who_generates_a_multi_server_certificate(release: str, is_right: bool) -> None:
    """A self-signed certificate for all nodes is generated from 14 on."""
    step = {"regenerate": {"node": "pub", "unit": "CallManager", "distribution": "multi_server"}}
    overrides = {"model.release": release, "experiment.steps": [step]}
    if is_right:
        load_run(TWO_NODES, overrides=overrides)
        return
    with pytest.raises(ConfigError) as caught:
        load_run(TWO_NODES, overrides=overrides)
    (fault,) = caught.value.faults
    assert "release 12.5 has no such multi-server certificate of CallManager" in str(fault)


def test_the_table_of_defects_is_complete(repository: Path) -> None:
    """models/README.md has one row for each defect."""
    text = (repository / "models" / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| (CSC\w+) \|", text, re.MULTILINE)) == sorted(Defect)
