"""A run's cost by site and model: the parts add up to the whole."""

from __future__ import annotations

import numpy as np
import pytest

from twin.metrics.breakdown import Part, parts
from twin.metrics.occupancy import OUT_OF_SERVICE_STATES
from twin.study.run import Run, run_experiment


@pytest.fixture(scope="module")
def run() -> Run:
    """A cluster of three nodes and two sites, every certificate renewed."""
    return run_experiment("how-is-a-cluster-renewed-with-tvs-last")


@pytest.mark.parametrize("column", ["site", "model"])
def test_the_parts_add_up_to_the_whole(run: Run, column: str) -> None:
    """Phones, outage and stuck phones of all parts are those of the result."""
    found = parts(run.tables, run.occupancy, column)
    metrics = run.metrics
    assert len(found) > 1
    assert sum(part.phones for part in found) == run.document.phones
    assert sum(part.outage_minutes for part in found) == pytest.approx(metrics.outage_phone_minutes)
    assert sum(part.stuck for part in found) == metrics.phones_stuck
    assert sum(part.out_at_end for part in found) == metrics.phones_unregistered_at_end
    most = max(part.peak_out for part in found)
    assert most <= metrics.peak_unregistered <= sum(part.peak_out for part in found)


def test_a_part_is_what_a_look_at_each_of_its_phones_says(run: Run) -> None:
    """Peak, median and longest outage agree with a phone by phone count of the changes."""
    tables, changes = run.tables, run.occupancy
    name = str(tables.phones["site"][0])
    (part,) = [one for one in parts(tables, changes, "site") if one.name == name]
    mine = np.flatnonzero(tables.phones["site"] == name).tolist()
    out_s, edges = [], []
    for phone in mine:
        state, since, total = int(tables.phones["initial_state"][phone]), 0, 0
        for row in np.flatnonzero(changes.phone == phone).tolist():
            at_ms = int(changes.at_ms[row])
            if state in OUT_OF_SERVICE_STATES:
                total += at_ms - since
                edges += [(since, 1), (at_ms, -1)]
            state, since = int(changes.after[row]), at_ms
        if state in OUT_OF_SERVICE_STATES:
            total += changes.ended_at_ms - since
            edges += [(since, 1), (changes.ended_at_ms, -1)]
        out_s.append(total / 1000)
    now = peak = 0
    for at_ms in sorted({at for at, _ in edges}):
        now += sum(step for at, step in edges if at == at_ms)
        peak = max(peak, now)
    assert part.peak_out == peak
    assert part.longest_out_s == pytest.approx(max(out_s))
    assert part.median_out_s == pytest.approx(float(np.median(out_s)))
    assert part.reset == len(mine)


def test_the_dearest_part_comes_first() -> None:
    """Stuck phones count before hours, hours before names."""
    run = run_experiment("does-mra-survive-a-new-callmanager")
    found: list[Part] = parts(run.tables, run.occupancy, "site")
    keys = [(-part.stuck, -part.outage_minutes, part.name) for part in found]
    assert keys == sorted(keys)
    assert found[0].stuck == 60
