"""Which parameter matters: against functions whose answer is known."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from twin.config.load import load_timing
from twin.errors import InputError
from twin.metrics.sweep_storage import SweepStore
from twin.study.sensitivity import (
    assumed_ranges,
    indices,
    indices_of,
    rank_correlations,
    saltelli_points,
    screen,
)
from twin.study.sweep_plan import sample_points
from twin.study.sweep_question import make_question
from twin.study.sweep_result import SweepResult
from twin.study.sweep_worker import Outcome, Task, Trouble

UNIT = {"timing.a": (0.0, 1.0), "timing.b": (0.0, 1.0), "timing.c": (0.0, 1.0)}
PI_BOX = dict.fromkeys(UNIT, (-np.pi, np.pi))


def ishigami(points: list[dict[str, Any]]) -> Any:
    """The textbook's function, whose indices are known in closed form (a = 7, b = 0.1)."""
    a, b, c = (np.array([point[path] for point in points]) for path in PI_BOX)
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def test_rank_correlation_finds_what_matters() -> None:
    """In y = exp(3a) - b + nothing of c: a first, b against it, c within chance."""
    points = sample_points(3, UNIT, 128)
    x = np.array([[point[path] for path in UNIT] for point in points])
    found = rank_correlations(list(UNIT), x, np.exp(3 * x[:, 0]) - x[:, 1] * 4)
    assert [one.path for one in found] == ["timing.a", "timing.b", "timing.c"]
    a, b, c = found
    assert a.prcc > 0.95
    assert b.prcc < -0.8
    assert c.low < 0 < c.high
    assert [one.matters for one in found] == [True, True, False]
    assert a.spearman == pytest.approx(
        stats.spearmanr(x[:, 0], np.exp(3 * x[:, 0]) - 4 * x[:, 1])[0]
    )


def test_one_parameters_rank_correlation_is_spearmans() -> None:
    """With nothing to hold fixed, the partial correlation is the plain one."""
    x = np.linspace(0, 1, 40)[:, np.newaxis]
    y = np.sin(9 * x[:, 0]) + x[:, 0]
    (found,) = rank_correlations(["timing.a"], x, y)
    assert found.prcc == pytest.approx(found.spearman)
    assert found.prcc == pytest.approx(stats.spearmanr(x[:, 0], y)[0])


def test_too_few_points_are_refused() -> None:
    """So many parameters need so many points and some more."""
    with pytest.raises(InputError, match="at least 11 for 3 parameters"):
        rank_correlations(list(UNIT), np.ones((10, 3)), np.ones(10))


def test_sobols_indices_agree_with_the_closed_form() -> None:
    """Ishigami: first order 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437."""
    answers = ishigami(saltelli_points(8, PI_BOX, 1024))
    found = {one.path: one for one in indices_of(list(PI_BOX), answers, 1024, 1)}
    expected = {"timing.a": (0.3139, 0.5576), "timing.b": (0.4424, 0.4424), "timing.c": (0, 0.2437)}
    for path, (first, total) in expected.items():
        assert found[path].first == pytest.approx(first, abs=0.04)
        assert found[path].total == pytest.approx(total, abs=0.04)
        assert found[path].first_low <= first <= found[path].first_high
        assert found[path].total_low <= total <= found[path].total_high
    assert next(iter(found)) == "timing.a"


def test_sobols_indices_agree_with_scipy() -> None:
    """The same answers, the same indices as `scipy.stats.sobol_indices`; and the same each time."""
    answers = ishigami(saltelli_points(8, PI_BOX, 64))
    blocks = answers.reshape(5, 1, 64)
    given = {"f_A": blocks[0], "f_B": blocks[1], "f_AB": blocks[2:]}
    theirs = stats.sobol_indices(func=given, n=64)
    ours = {one.path: one for one in indices_of(list(PI_BOX), answers, 64, 1)}
    in_order = [ours[path] for path in PI_BOX]
    assert [one.first for one in in_order] == pytest.approx(theirs.first_order.ravel().tolist())
    assert [one.total for one in in_order] == pytest.approx(theirs.total_order.ravel().tolist())
    assert indices_of(list(PI_BOX), answers, 64, 1) == indices_of(list(PI_BOX), answers, 64, 1)


def test_a_constant_answer_depends_on_nothing() -> None:
    """Every index is 0; a never has none."""
    found = indices_of(["timing.a"], np.full(48, 7.0), 16, 1)
    assert [(one.first, one.total, one.total_high) for one in found] == [(0, 0, 0)]
    with pytest.raises(InputError, match="never"):
        indices_of(["timing.a"], np.full(48, np.inf), 16, 1)


class MadeUp:
    """An executor that computes a row from the timing parameters of a task."""

    def __init__(self, answer: Callable[[dict[str, float]], dict[str, Any] | None]) -> None:
        self.answer = answer

    def outcomes(self, tasks: Iterator[Task]) -> Generator[Outcome, None, None]:
        """As `twin.study.sweep_executors.Executor`."""
        for task in tasks:
            row = self.answer(pickle.loads(task.documents).timing.values())
            yield Outcome(task.cell, row, Trouble("out of order", False) if row is None else None)

    def close(self) -> None:
        """Nothing to let go."""


RANGES = {"timing.dhcp_s": (0.5, 10.0), "timing.reset_debounce_s": (1.0, 30.0)}


def test_indices_come_from_runs_of_their_own() -> None:
    """In 3 dhcp + debounce the variances are as (3 x 9.5)^2 to 29^2, and shares add up to one."""
    question = make_question("callmanager-regeneration", replicates=2)
    executor = MadeUp(lambda v: {"recovery_s.p95": 3 * v["dhcp_s"] + v["reset_debounce_s"]})
    found = {o.path: o for o in indices(question, RANGES, "recovery_s.p95", executor, points=16)}
    share = 28.5**2 / (28.5**2 + 29**2)
    assert found["timing.dhcp_s"].total == pytest.approx(share, abs=0.1)
    assert sum(one.first for one in found.values()) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    ("row", "points", "said"),
    [
        ({"recovery_s.p95": 1.0}, 24, "a power of 2"),
        ({"recovery_s.p50": 1.0}, 16, "'recovery_s.p95'"),
        (None, 16, "out of order"),
    ],
)
def test_indices_refuse_what_cannot_be_computed(
    row: dict[str, Any] | None, points: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number of points, a metric, a run that fails: one message."""
    monkeypatch.setattr("twin.study.sweep_documents.CHECKED_FIRST", 1)
    question = make_question("callmanager-regeneration", replicates=1)
    few = dict(list(RANGES.items())[:1])
    with pytest.raises(InputError, match=said):
        indices(question, few, "recovery_s.p95", MadeUp(lambda _: row), points=points)


def test_a_sampled_sweep_is_screened(tmp_path: Path) -> None:
    """The mean over replicates at each point; never is later than any number."""
    columns = {"variant": "int64", "replicate": "int64", "recovery_s.p95": "double"}
    variants = sample_points(2, {k: UNIT[k] for k in ("timing.a", "timing.b")}, 32)
    store = SweepStore(tmp_path, columns)
    for number, point in enumerate(variants):
        for replicate in range(2):
            answer = None if point["timing.a"] > 0.9 else point["timing.a"] + replicate
            row = {"variant": number, "replicate": replicate, "recovery_s.p95": answer}
            store.add(row)
    over = {"timing.a": None, "timing.b": None}
    manifest = {"columns": columns, "variants": variants, "over": over}
    found = screen(SweepResult(tmp_path, manifest, 64, 0, 0), "recovery_s.p95")
    assert [(one.path, one.matters) for one in found] == [("timing.a", True), ("timing.b", False)]
    assert found[0].prcc > 0.95
    with pytest.raises(InputError, match="without a sample"):
        screen(SweepResult(tmp_path, manifest | {"over": {}}, 64, 0, 0), "recovery_s.p95")


def test_the_ranges_are_those_of_the_assumed_parameters() -> None:
    """Every timing parameter without a source, with its range, but for the three switches."""
    timing = load_timing()
    ranges = assumed_ranges(timing)
    switches = {"p_load_change", "p_unreg_on_bad_itl", "check_record_expiry"}
    assert set(ranges) == {f"timing.{name}" for name, _ in timing.assumed() if name not in switches}
    assert ranges["timing.reset_pace_per_ccm_per_s"] == (5, 200)
