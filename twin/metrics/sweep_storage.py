"""The rows of a sweep as a Parquet data set: one small part per row as it comes, merged later.

Knows: file names, columns, Parquet. Must not know: what a row means or how it came about.

    DIR/rows/v000003-r0000017.parquet   the row of one cell
    DIR/rows/merged-000002.parquet      rows that came as parts, put together

A part is written under a temporary name and takes its own when it is whole. Merging writes the
merged file first and removes its parts then, so that whatever happens in between no row is lost;
one that is in two files is read once. Nothing is kept in memory but which cells are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.errors import Fault, InputError, SimulationError
from twin.files import TEMPORARY_SUFFIX

ROWS_FOLDER = "rows"
VARIANT, REPLICATE = "variant", "replicate"
MERGE_ROWS = 256
"""So many parts are merged at a time."""

_PART = re.compile(r"v(\d{6,})-r(\d{7,})\.parquet")
_MERGED = re.compile(r"merged-(\d{6,})\.parquet")


class SweepStore:
    """The rows of one sweep, to be added to by one process at a time.

    Args:
        directory: the sweep's folder.
        columns: name to type (`int64`, `double`, `bool`, `string`), the two keys among them.
    """

    def __init__(self, directory: Path, columns: Mapping[str, str]) -> None:
        import pyarrow as pa

        self._folder = directory / ROWS_FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        fields = [(name, pa.type_for_alias(kind)) for name, kind in columns.items()]
        self._schema = pa.schema(fields)
        self._parts: list[Path] = []
        self._merged = 0
        self.damaged: list[str] = []

    def scan(self) -> Iterator[tuple[int, int]]:
        """The (variant, replicate) of every row that is there, in no order, some perhaps twice.

        Clears away what an interrupted sweep left: half-written files, parts already merged, and
        files that are not whole, whose names go to `damaged`; their cells count as missing.
        """
        for leftover in self._folder.glob("*" + TEMPORARY_SUFFIX):
            leftover.unlink()
        parts: dict[tuple[int, int], Path] = {}
        for file in sorted(self._folder.glob("v*.parquet")):
            match = _PART.fullmatch(file.name)
            if match is not None and self._keys(file) is not None:
                parts[int(match[1]), int(match[2])] = file
        for file in sorted(self._folder.glob("merged-*.parquet")):
            keys = self._keys(file)
            if keys is None:
                continue
            self._merged = max(self._merged, _number(file) + 1)
            yield from keys
            for key in keys:
                if key in parts:
                    parts.pop(key).unlink()
        self._parts = list(parts.values())
        yield from parts

    def add(self, row: Mapping[str, Any]) -> None:
        """Write one row; when this returns it is there to stay. Merges parts now and then.

        Raises:
            SimulationError: The row lacks a column, or a value does not fit its column.
        """
        import pyarrow as pa

        missing = [name for name in self._schema.names if name not in row]
        if missing:
            raise SimulationError(f"a sweep's row lacks {', '.join(missing)}")
        try:
            table = pa.Table.from_pylist([dict(row)], schema=self._schema)
        except (pa.ArrowException, OverflowError) as error:
            raise SimulationError(f"a sweep's row does not fit its columns: {error}") from error
        file = self._folder / part_name(row[VARIANT], row[REPLICATE])
        self._write(table, file, "none")
        self._parts.append(file)
        if len(self._parts) >= MERGE_ROWS:
            self.merge()

    def merge(self) -> None:
        """Put the parts together in one file. To be killed here loses nothing."""
        import pyarrow as pa

        if len(self._parts) < 2:
            return
        parts, self._parts = sorted(self._parts), []
        for first in range(0, len(parts), MERGE_ROWS):
            some = parts[first : first + MERGE_ROWS]
            table = pa.concat_tables(_read(file, None) for file in some).combine_chunks()
            target = self._folder / f"merged-{self._merged:06d}.parquet"
            self._merged += 1
            self._write(table, target, "zstd")
            for file in some:
                file.unlink()

    def _write(self, table: Any, file: Path, compression: str) -> None:
        import pyarrow.parquet as pq

        temporary = file.with_name(file.name + TEMPORARY_SUFFIX)
        pq.write_table(table, temporary, compression=compression, write_statistics=False)
        temporary.replace(file)

    def _keys(self, file: Path) -> list[tuple[int, int]] | None:
        """The cells of a file; None, and the file is gone, if it is not whole."""
        try:
            table = _read(file, [VARIANT, REPLICATE])
        except InputError:
            self.damaged.append(file.name)
            file.unlink()
            return None
        return list(zip(table[VARIANT].to_pylist(), table[REPLICATE].to_pylist(), strict=True))


def part_name(variant: int, replicate: int) -> str:
    """The file of one cell's row."""
    return f"v{variant:06d}-r{replicate:07d}.parquet"


def read_rows(directory: Path, columns: Sequence[str] | None = None) -> Any:
    """The rows of a sweep as a pandas DataFrame, in order of variant and replicate.

    The order in which cells finished, the number of files and rows written twice do not show.

    Args:
        directory: the sweep's folder.
        columns: only these, beside the two keys; None for all.

    Raises:
        InputError: There are no rows, or a file is damaged.
    """
    import pyarrow as pa

    wanted = None if columns is None else list(dict.fromkeys((VARIANT, REPLICATE, *columns)))
    files = sorted((directory / ROWS_FOLDER).glob("*.parquet"))
    if not files:
        raise InputError(Fault(str(directory), "no rows of a sweep"))
    frame = pa.concat_tables(_read(file, wanted) for file in files).to_pandas()
    frame = frame.drop_duplicates([VARIANT, REPLICATE])
    return frame.sort_values([VARIANT, REPLICATE], ignore_index=True)


def unfolded(frame: Any, column: str) -> Any:
    """A column that holds lists of mappings as JSON, as a DataFrame with a row per item.

    Each has the variant, the replicate, the item's number in its list (`item`, from 0), and what
    the item says; mappings inside it become columns by dotted path.
    """
    import json

    import pandas as pd

    records = [
        {VARIANT: variant, REPLICATE: replicate, "item": number, **item}
        for variant, replicate, text in zip(
            frame[VARIANT], frame[REPLICATE], frame[column], strict=True
        )
        for number, item in enumerate(json.loads(text))
    ]
    return pd.json_normalize(records)


def _read(file: Path, columns: list[str] | None) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as parquet:
            return parquet.read(columns=columns)
    except (pa.ArrowException, OSError) as error:
        found = f"not a Parquet file ({str(error).splitlines()[0]})"
        next_step = "The same sweep with --resume runs its cells again."
        raise InputError(Fault(str(file), found, "", None, next_step)) from None


def _number(file: Path) -> int:
    match = _MERGED.fullmatch(file.name)
    return int(match[1]) if match else -1
