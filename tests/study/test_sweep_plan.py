"""Variants, seeds, samples, and the command that repeats a cell."""

from __future__ import annotations

import shlex
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.config.document import parse_value
from twin.config.load import load_run
from twin.errors import InputError
from twin.study.run import run_experiment
from twin.study.sweep_plan import (
    REPLICATE_BLOCK,
    Plan,
    make_plan,
    replicate_seed,
    sample_points,
)
from twin.study.sweep_question import make_question

EXPERIMENT = "callmanager-regeneration"


def plan(**asked: object) -> Plan:
    """A plan of the bundled experiment."""
    return make_plan(make_question(EXPERIMENT, **asked))  # type: ignore[arg-type]  # any keywords


def test_variants_are_the_grid_times_the_sample() -> None:
    """Every combination of the grid has the same sample points, the last path fastest."""
    found = plan(
        vary={"model.release": ["10.5", "11.5"], "timing.p_busy": [0, 0.1]},
        sample=3,
        over={"timing.dhcp_s": None},
    )
    assert len(found.variants) == 12
    corners = [(v["model.release"], v["timing.p_busy"]) for v in found.variants[::3]]
    assert corners == [("10.5", 0), ("10.5", 0.1), ("11.5", 0), ("11.5", 0.1)]
    points = [v["timing.dhcp_s"] for v in found.variants]
    assert points == points[:3] * 4
    assert len(set(points[:3])) == 3


def test_a_sweep_without_variants_has_one() -> None:
    """Nothing varied means replicates of the experiment as it is."""
    found = plan(replicates=4)
    assert found.variants == ({},)
    assert [cell.replicate for cell in found.cells()] == [0, 1, 2, 3]


def test_variants_share_the_seed_of_a_replicate() -> None:
    """Replicate r has one seed in all variants, and no two replicates have the same."""
    found = plan(vary={"timing.p_busy": [0, 0.1]}, replicates=50)
    seeds: dict[int, set[int]] = {}
    for cell in found.cells():
        seeds.setdefault(cell.replicate, set()).add(cell.seed)
    assert all(len(shared) == 1 for shared in seeds.values())
    assert len({seed for shared in seeds.values() for seed in shared}) == 50


@given(root=st.integers(0, 2**63 - 1), replicate=st.integers(0, 10**6))
def test_a_seed_is_one_that_an_experiment_may_have(root: int, replicate: int) -> None:
    """Seeds are 63-bit, depend on root seed and replicate, and on nothing else."""
    seed = replicate_seed(root, replicate)
    assert 0 <= seed < 2**63
    assert seed == replicate_seed(root, replicate)
    assert seed != replicate_seed(root, replicate + 1)


def test_more_replicates_leave_the_first_as_they_were() -> None:
    """The seeds of a sweep are the beginning of those of a longer one."""
    short, long = plan(replicates=3), plan(replicates=30)
    assert [c.seed for c in short.cells()] == [c.seed for c in long.cells()][:3]


def test_a_root_seed_with_twins_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should two replicates ever get the same seed, nothing is run."""
    module = sys.modules["twin.study.sweep_plan"]
    monkeypatch.setattr(module, "key64", lambda *parts: int(parts[-1]) // 2 * 4)
    with pytest.raises(InputError, match="same seed"):
        plan(replicates=4)


def test_cells_come_in_blocks_of_replicates() -> None:
    """An interrupted sweep has about as many replicates of each variant."""
    found = plan(vary={"timing.p_busy": [0, 0.1, 0.2]}, replicates=40)
    order = [(cell.variant, cell.replicate) for cell in found.cells()]
    assert len(set(order)) == len(order) == found.cell_count == 120
    first = order[: 3 * REPLICATE_BLOCK]
    assert [sum(v == variant for v, _ in first) for variant in range(3)] == [REPLICATE_BLOCK] * 3
    assert list(found.cells(lambda v, r: v == 1 and r == 39)) == [found.cell(1, 39)]


def test_samples_are_even_deterministic_and_inside() -> None:
    """Of 2^k points one lies in each of 2^k slices of every range, for any root seed."""
    ranges = {"timing.dhcp_s": (0.0, 1.0), "timing.p_busy": (0.0, 1.0)}
    for root in (1, 2, 2**62):
        points = sample_points(root, ranges, 64)
        assert points == sample_points(root, ranges, 64)
        assert points[:10] == sample_points(root, ranges, 10)
        for path in ranges:
            slices = np.floor([point[path] * 64 for point in points]).astype(int)
            assert sorted(slices.tolist()) == list(range(64))
    assert sample_points(1, ranges, 8) != sample_points(2, ranges, 8)


def test_a_range_of_whole_numbers_gives_whole_numbers() -> None:
    """Counts stay counts, both ends can come, and a timing parameter is never rounded."""
    points = sample_points(1, {"model.phones[0].count": (3, 6), "timing.dhcp_s": (1, 4)}, 64)
    counts = [point["model.phones[0].count"] for point in points]
    assert {type(count) for count in counts} == {int}
    assert sorted(set(counts)) == [3, 4, 5, 6]
    assert any(point["timing.dhcp_s"] % 1 for point in points)


def test_a_sample_without_scipy_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is wrong input with the way out, not a traceback."""
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(InputError, match=r"pip install 'cucm-twin\[study\]'"):
        sample_points(1, {"timing.p_busy": (0, 1)}, 4)


def test_the_command_repeats_the_cell() -> None:
    """The printed line, read by a shell and by `twin run`, gives the cell's very journal."""
    found = plan(
        model="seed-lab",
        overrides={"model.nodes[labserver1].ova": 7500, "experiment.title": "It's: a, title"},
        vary={"model.release": ["11.5"], "timing.tftp_retry_wait_s": [[1, 9]]},
        sample=1,
        over={"timing.p_busy": (1e-7, 2e-6)},
        seed=5,
    )
    cell = found.cell(0, 3)
    words = shlex.split(found.command(cell))
    assert words[:3] == ["twin", "run", EXPERIMENT]
    pairs = [words[n + 1].split("=", 1) for n, word in enumerate(words) if word == "--set"]
    overrides = {path: parse_value(value) for path, value in pairs}
    seed = int(words[words.index("--seed") + 1])
    assert seed == cell.seed
    config = found.config(0)
    again = load_run(EXPERIMENT, model="seed-lab", overrides=overrides)
    assert again.model == config.model
    assert again.timing.values() == config.timing.values()
    assert again.experiment.title == "It's: a, title"
    run = run_experiment(EXPERIMENT, model="seed-lab", seed=seed, overrides=overrides)
    assert run.document.seed == cell.seed


def test_documents_built_in_python_are_repeated_in_python() -> None:
    """For a document without a name a line for Python is given instead."""
    experiment = load_run(EXPERIMENT).experiment
    found = make_plan(make_question(experiment, vary={"timing.p_busy": [0.15]}))
    cell = found.cell(0, 0)
    said = found.command(cell)
    assert said == f"twin.run(<the experiment>, seed={cell.seed}, set={{'timing.p_busy': 0.15}})"
