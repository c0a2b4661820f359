"""The rows of a sweep on disk: whole or not there, in any order, merged without loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twin.errors import InputError, SimulationError
from twin.metrics import sweep_storage
from twin.metrics.sweep_storage import SweepStore, part_name, read_rows, unfolded

COLUMNS = {"variant": "int64", "replicate": "int64", "value": "double", "said": "string"}


def row(variant: int, replicate: int, value: float | None = 1.5) -> dict[str, Any]:
    """A row of the small table above."""
    return {"variant": variant, "replicate": replicate, "value": value, "said": "[]"}


def names(directory: Path) -> list[str]:
    """The files of the rows."""
    return sorted(file.name for file in (directory / "rows").iterdir())


def test_rows_come_back_in_order_whatever_the_order_of_finishing(tmp_path: Path) -> None:
    """Rows are sorted by variant and replicate, and a missing number is NaN."""
    store = SweepStore(tmp_path, COLUMNS)
    for variant, replicate in ((1, 1), (0, 2), (1, 0), (0, 0), (0, 1)):
        store.add(row(variant, replicate, None if replicate == 2 else 10.0 * variant + replicate))
    frame = read_rows(tmp_path)
    assert list(zip(frame["variant"], frame["replicate"], strict=True)) == [
        (0, 0), (0, 1), (0, 2), (1, 0), (1, 1)
    ]  # fmt: skip
    assert frame["value"].isna().tolist() == [False, False, True, False, False]
    assert frame["value"].dtype == float


def test_a_row_is_there_as_soon_as_it_is_added(tmp_path: Path) -> None:
    """No row waits in memory for others."""
    store = SweepStore(tmp_path, COLUMNS)
    store.add(row(0, 3))
    assert names(tmp_path) == [part_name(0, 3)]
    assert len(read_rows(tmp_path)) == 1


def test_parts_are_merged_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of files stays small, and merging at the end leaves no part."""
    monkeypatch.setattr(sweep_storage, "MERGE_ROWS", 4)
    store = SweepStore(tmp_path, COLUMNS)
    for replicate in range(10):
        store.add(row(0, replicate))
    assert len(names(tmp_path)) == 4
    store.merge()
    assert names(tmp_path) == [f"merged-{n:06d}.parquet" for n in range(3)]
    assert read_rows(tmp_path)["replicate"].tolist() == list(range(10))
    assert sorted(SweepStore(tmp_path, COLUMNS).scan()) == [(0, n) for n in range(10)]


def test_a_merge_that_was_killed_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts that are still there after their merge are read once, and cleared away later."""
    store = SweepStore(tmp_path, COLUMNS)
    for replicate in range(5):
        store.add(row(0, replicate))
    removed: list[str] = []

    def killed(file: Path, missing_ok: bool = False) -> None:
        removed.append(file.name)
        if len(removed) == 2:
            raise KeyboardInterrupt
        file.rename(file.with_suffix(".gone"))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            store.merge()
    assert len([name for name in names(tmp_path) if name.endswith(".parquet")]) == 5
    assert read_rows(tmp_path)["replicate"].tolist() == [0, 1, 2, 3, 4]
    again = SweepStore(tmp_path, COLUMNS)
    assert sorted(again.scan()) == [(0, n) for n in range(5)]
    assert [name for name in names(tmp_path) if name.endswith(".parquet")] == [
        "merged-000000.parquet"
    ]
    again.add(row(1, 0))
    again.add(row(1, 1))
    again.merge()
    assert len(read_rows(tmp_path)) == 7


def test_half_written_and_damaged_files_count_as_missing(tmp_path: Path) -> None:
    """What a crash left is cleared away when the sweep is gone on with, and named."""
    store = SweepStore(tmp_path, COLUMNS)
    for replicate in range(3):
        store.add(row(0, replicate))
    folder = tmp_path / "rows"
    (folder / (part_name(0, 7) + ".part")).write_bytes(b"PAR1")
    (folder / part_name(0, 1)).write_bytes(b"")
    with pytest.raises(InputError, match="--resume"):
        read_rows(tmp_path)
    again = SweepStore(tmp_path, COLUMNS)
    assert sorted(again.scan()) == [(0, 0), (0, 2)]
    assert again.damaged == [part_name(0, 1)]
    assert names(tmp_path) == [part_name(0, 0), part_name(0, 2)]


def test_some_columns_can_be_read_alone(tmp_path: Path) -> None:
    """The keys always come along."""
    SweepStore(tmp_path, COLUMNS).add(row(2, 4))
    assert list(read_rows(tmp_path, ["value"]).columns) == ["variant", "replicate", "value"]


def test_a_list_in_a_column_becomes_rows_of_its_own(tmp_path: Path) -> None:
    """`unfolded` gives a row per item, with dotted names for what is inside an item."""
    store = SweepStore(tmp_path, COLUMNS)
    items = [{"name": "a", "recovery_s": {"p50": 3.0}}, {"name": "b", "recovery_s": {"p50": None}}]
    store.add(row(0, 0) | {"said": json.dumps(items)})
    store.add(row(0, 1))
    table = unfolded(read_rows(tmp_path), "said")
    assert table["name"].tolist() == ["a", "b"]
    assert table["item"].tolist() == [0, 1]
    assert table["recovery_s.p50"].isna().tolist() == [False, True]
    assert table["replicate"].tolist() == [0, 0]


@pytest.mark.parametrize("wrong", [{"value": "x"}, {"variant": 2**70}])
def test_a_value_that_does_not_fit_is_our_fault(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """A row of the wrong shape never reaches the disk."""
    store = SweepStore(tmp_path, COLUMNS)
    with pytest.raises(SimulationError, match="does not fit"):
        store.add(row(0, 0) | wrong)
    with pytest.raises(SimulationError, match="lacks said"):
        store.add({"variant": 0, "replicate": 0, "value": 1.0})
    assert names(tmp_path) == []


def test_a_folder_without_rows_is_told(tmp_path: Path) -> None:
    """Reading a sweep where none is, is wrong input."""
    with pytest.raises(InputError, match="no rows"):
        read_rows(tmp_path)
