"""What a row says of a run: all numbers, waves, steps and sites, checked against the slow way."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from twin.config.result import metric_paths
from twin.metrics.occupancy import OUT_OF_SERVICE_STATES
from twin.phones.lifecycle import State
from twin.study.run import Run, run_experiment
from twin.study.sweep_plan import Cell
from twin.study.sweep_row import as_columns, make_row, row_columns

CELL = Cell(0, 4, 77)


@pytest.fixture(scope="module")
def run() -> Run:
    """Two regenerations on a small cluster of 60 branches with one central site."""
    return run_experiment(
        "callmanager-regeneration",
        model="seed-lab",
        overrides={
            "model.sites": [{"name": "a", "rtt_ms": 1}, {"name": "b", "rtt_ms": 80}],
            "model.phones": [
                {"name": "one", "model": 7841, "count": 12, "site": "a",
                 "callmanager_group": "lab", "tftp": ["labserver1"]},
                {"name": "two", "model": 7841, "count": 7, "site": "b",
                 "callmanager_group": "lab", "tftp": ["labserver1"]},
                {"name": "off", "model": 7841, "count": 2, "site": "b", "initial": "powered_off",
                 "callmanager_group": "lab", "tftp": ["labserver1"]},
            ],
            "experiment.steps": [
                {"regenerate": {"node": "tftp1", "unit": "CallManager"}},
                {"wait": {"until": "all_phones_registered", "at_most": "2h"}},
                {"advance": {"for": "10m"}},
                {"name": "the end", "power": {"phones": {"site": "b"}, "on": False}},
            ],
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def row(run: Run) -> dict[str, Any]:
    """Its row."""
    return make_row(run, CELL)


def out_of_service(run: Run, site: str | None = None) -> list[int]:
    """Phones (of a site) out of service after each instant at which any phone's state changed."""
    state = run.tables.phones["initial_state"].copy()
    mine = np.ones(len(state), bool) if site is None else run.tables.phones["site"] == site
    changes = run.occupancy
    counts = {0: 0}
    for n, at_ms in enumerate(changes.at_ms.tolist()):
        state[changes.phone[n]] = changes.after[n]
        counts[at_ms] = int(np.isin(state[mine], OUT_OF_SERVICE_STATES).sum())
    return [counts[at_ms] for at_ms in sorted(counts)]


def test_every_number_of_the_result_has_a_column(run: Run, row: dict[str, Any]) -> None:
    """Each dotted path of the metrics is a column with the result's value."""
    metrics = run.metrics.model_dump(mode="json")
    for path in metric_paths():
        value: Any = metrics
        for part in path.split("."):
            value = value[part]
        assert row[path] == (json.dumps(value) if isinstance(value, dict) else value)
    assert json.loads(row["alarms"]) == {"ITLFileRegenerated": 1}


def test_columns_and_row_agree(row: dict[str, Any]) -> None:
    """The columns promised before the sweep are those a row has, in types that fit."""
    variants = ({"a": 1, "b": 0.5, "c": "x", "d": True, "e": [1]}, {"a": 2, "b": 1, "c": "y",
                "d": False, "e": 3})  # fmt: skip
    columns = row_columns(variants)
    assert [columns[name] for name in "abcde"] == ["int64", "double", "string", "bool", "string"]
    assert set(columns) == {*row, *"abcde"}
    assert as_columns(variants[0], columns) == {**variants[0], "e": "[1]"}
    kinds = {"int64": int, "double": (int, float, type(None)), "bool": bool, "string": str}
    for name, value in row.items():
        assert isinstance(value, kinds[columns[name]]), name


def test_nothing_in_a_row_depends_on_the_wall_clock(run: Run, row: dict[str, Any]) -> None:
    """The same run has the same row, to the byte."""
    assert json.dumps(make_row(run, CELL)) == json.dumps(row)


def test_sites_are_counted_at_their_own_and_at_the_common_worst_moment(
    run: Run, row: dict[str, Any]
) -> None:
    """Peaks by site agree with a replay phone by phone; at the worst moment they add up."""
    sites = {site["site"]: site for site in json.loads(row["sites"])}
    assert [sites[name]["phones"] for name in ("a", "b")] == [12, 9]
    for name, site in sites.items():
        assert site["peak"] == max(out_of_service(run, name))
    assert sum(site["at_worst"] for site in sites.values()) == row["peak_unregistered"]
    assert row["peak_unregistered"] == max(out_of_service(run))
    before = run.occupancy.counts_at(np.array([row["worst_at_ms"] - 1, row["worst_at_ms"]]))
    counts = before[:, list(OUT_OF_SERVICE_STATES)].sum(axis=1)
    assert counts[0] < counts[1] == row["peak_unregistered"]


def test_steps_say_when_they_were_and_when_the_phones_were_at_rest(
    run: Run, row: dict[str, Any]
) -> None:
    """A step's storm ends before the next step that does something; waiting is no such step."""
    steps = json.loads(row["steps"])
    assert [step["action"] for step in steps] == ["regenerate", "wait", "advance", "power"]
    regenerate, wait, advance, power = steps
    assert regenerate["started_at_ms"] == 0
    assert 0 < regenerate["ended_at_ms"] <= wait["started_at_ms"]
    assert regenerate["settled_at_ms"] <= wait["ended_at_ms"] < regenerate["settled_at_ms"] + 2000
    assert regenerate["settled_at_ms"] > regenerate["ended_at_ms"]
    assert regenerate["unregistered"] == 0
    assert advance["ended_at_ms"] - advance["started_at_ms"] == 600_000
    assert power["name"] == "the end"
    assert power["settled_at_ms"] <= row["ended_at_ms"]
    states = run.tables.phones["state"]
    assert power["unregistered"] == 0 == int(np.isin(states, OUT_OF_SERVICE_STATES).sum())
    assert int((states == State.OFF).sum()) == 9


def test_waves_have_their_cause_and_their_recovery(run: Run, row: dict[str, Any]) -> None:
    """A wave's row has what a window needs: when, how many phones, how long."""
    (wave,) = json.loads(row["waves"])
    assert wave["cause"] == "CallManager of labserver1"
    assert wave["phones"] == 19
    assert wave["recovery_s"] == run.metrics.recovery_s.model_dump()
    assert run.epoch.iso(wave["started_at_ms"]) == run.document.waves[0].started_at
