"""Two variants compared under common random numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twin
from twin.errors import InputError
from twin.kernel.streams import Law, Streams
from twin.metrics.sweep_storage import SweepStore
from twin.study.comparison import paired
from twin.study.sweep_result import SweepResult

COLUMNS = {
    "variant": "int64", "replicate": "int64", "seed": "int64", "recovery_s.p95": "double",
    "waves": "string",
}  # fmt: skip


def made_up(directory: Path, values: list[list[float | None]], seed: int = 100) -> SweepResult:
    """A sweep whose variant v has `values[v]`, replicate by replicate."""
    store = SweepStore(directory, COLUMNS)
    for variant, row in enumerate(values):
        for replicate, value in enumerate(row):
            cells = (variant, replicate, seed + replicate, value, "[]")
            store.add(dict(zip(COLUMNS, cells, strict=True)))
    manifest: dict[str, Any] = {"columns": COLUMNS, "variants": [{}] * len(values)}
    return SweepResult(directory, manifest, sum(map(len, values)), 0, 0)


def test_the_pairs_are_compared(tmp_path: Path) -> None:
    """b is a + 2 but for small noise: the difference is far clearer than either mean."""
    a: list[float | None] = [100, 140, 180, 120, 160, 90, 130, 170]
    b = [x + 2 + (0.1 if k % 2 else -0.1) for k, x in enumerate(a) if x is not None]
    result = made_up(tmp_path, [a, [*b]])
    found = twin.compare((result, 0), (result, 1), metric="recovery_s.p95")
    assert found.difference.estimate == pytest.approx(2)
    assert found.difference.high == pytest.approx(2 + 2.3646243 * 0.1 * np.sqrt(8 / 7) / np.sqrt(8))
    assert found.median.estimate == pytest.approx(1.9)
    assert found.is_clear
    assert found.p_value == pytest.approx(2 / 2**8)
    assert found.variance_ratio is not None
    assert found.variance_ratio < 1e-4
    assert "8 pairs, same seeds" in str(found)
    back = twin.compare((result, 1), (result, 0), metric="recovery_s.p95")
    assert back.difference.estimate == pytest.approx(-2)


def test_what_never_came_is_later_than_any_number(tmp_path: Path) -> None:
    """With a never there is no mean difference, but a median one, and a test."""
    a = made_up(tmp_path / "a", [[10, 11, 12, 13, 14, 15, None]])
    b = made_up(tmp_path / "b", [[11, 13, 15, None, None, 20, None]])
    found = twin.compare(a, b, metric="recovery_s.p95")
    assert (found.a.never, found.b.never) == (1, 3)
    assert found.difference.low is None
    assert found.median.estimate == 3
    assert found.p_value == pytest.approx(2 / 2**6)
    assert "never: 1 against 3 runs" in str(found)


def test_equal_variants_do_not_differ(tmp_path: Path) -> None:
    """No difference, probability 1, and nothing clear."""
    result = made_up(tmp_path, [[3, 3, 3], [3, 3, 3]])
    found = twin.compare((result, 0), (result, 1), metric="recovery_s.p95")
    assert (found.difference.estimate, found.p_value, found.is_clear) == (0, 1, False)
    assert found.variance_ratio is None


def test_the_paired_interval_holds_as_often_as_it_says() -> None:
    """Of 300 comparisons of variants 5 apart, the 95 % interval holds 5 in some 95 %."""
    law, streams, held = Law("uniform", 0.5, 0.0, 1.0), Streams(5), 0
    for sample in range(300):
        shared, left, right = (
            np.array(streams.block(law, name, "pairs", sample, 12)) for name in ("s", "l", "r")
        )
        found = paired("x", 100 * shared + left, 100 * shared + right + 5).difference
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 5 <= found.high
    assert 300 * 0.92 <= held <= 300 * 0.985


@pytest.mark.parametrize(
    ("metric", "seed", "said"),
    [
        ("recovery_s.p96", 100, "did you mean 'recovery_s.p95'"),
        ("waves", 100, "is no number"),
        ("recovery_s.p95", 101, "--seed"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    metric: str, seed: int, said: str, tmp_path: Path
) -> None:
    """An unknown metric, a text, or replicates with other seeds."""
    a, b = made_up(tmp_path / "a", [[1, 2]]), made_up(tmp_path / "b", [[1, 2]], seed)
    with pytest.raises(InputError, match=said):
        twin.compare(a, b, metric=metric)


def test_a_side_is_one_variant(tmp_path: Path) -> None:
    """A sweep of several variants needs a number that it has, and pairs need to be two."""
    result = made_up(tmp_path, [[1], [2]])
    with pytest.raises(InputError, match=r"Name one: \(a, 0\) to \(a, 1\)"):
        twin.compare(result, (result, 1), metric="recovery_s.p95")
    with pytest.raises(InputError, match="variant 2"):
        twin.compare((result, 0), (result, 2), metric="recovery_s.p95")
    with pytest.raises(InputError, match="1 common replicates"):
        twin.compare((result, 0), (result, 1), metric="recovery_s.p95")
