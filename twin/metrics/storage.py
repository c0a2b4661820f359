"""The journal as Parquet files: written while the run goes on, read when it is over.

Knows: file names, columns, Parquet. Must not know: what a row means.

    DIR/journal/phone_events.parquet    at_ms, phone, event, node, detail
    DIR/journal/node_events.parquet     at_ms, node, service, event, severity, data (JSON)
    DIR/journal/queues.parquet          second, node, queue, depth, arrivals, refused
    DIR/phones.parquet                  one row per phone; the run's end stands in the metadata

Files are written under a temporary name and take their own at the close, so that a file with a
right name is whole. Equal rows give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from twin.errors import Fault, InputError, SimulationError
from twin.files import TEMPORARY_SUFFIX
from twin.kernel.journal import COLUMNS, NodeEvent, QueueSample
from twin.metrics.phone_rows import AnyIntegers
from twin.metrics.tables import PHONE_COLUMNS, Column, JournalTables, checked, phone_columns

PHONE_EVENTS = "journal/phone_events.parquet"
NODE_EVENTS = "journal/node_events.parquet"
QUEUES = "journal/queues.parquet"
PHONES = "phones.parquet"
ENDED_AT_MS = b"ended_at_ms"
PHONES_AT_ONCE = 16_384
"""Rows of the phones table in one row group."""

_TYPES: dict[str, dict[str, str]] = {
    PHONE_EVENTS: dict(zip(COLUMNS, ("int64", "int32", "int16", "int16", "int32"), strict=True)),
    NODE_EVENTS: {
        "at_ms": "int64", "node": "string", "service": "string", "event": "string",
        "severity": "string", "data": "string",
    },
    QUEUES: {
        "second": "int64", "node": "string", "queue": "string", "depth": "int32",
        "arrivals": "int32", "refused": "int32",
    },
    PHONES: {
        name: {str: "string", int: "int32", bool: "bool"}[kind]
        for name, kind in PHONE_COLUMNS.items()
    },
}  # fmt: skip


class ParquetSink:
    """A journal sink that streams to `directory` and keeps no row.

    Use it as a context manager: an error inside leaves no file behind, otherwise `close` gives the
    files their names. `write_population` must have been called by then.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._writers: dict[str, Any] = {}
        (directory / PHONE_EVENTS).parent.mkdir(parents=True, exist_ok=True)
        for name in (PHONE_EVENTS, NODE_EVENTS, QUEUES):
            self._open(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def write_phones(self, rows: NDArray[np.int64]) -> None:
        """Append phone events, shape (n, 5); one row group."""
        self._write(PHONE_EVENTS, {name: rows[:, i] for i, name in enumerate(COLUMNS)})

    def write_nodes(self, rows: Sequence[NodeEvent]) -> None:
        """Append node events; one row group."""
        columns: dict[str, Column] = {
            name: [getattr(row, name) for row in rows]
            for name in ("at_ms", "node", "service", "event", "severity")
        }
        columns["data"] = [
            json.dumps(dict(row.data), sort_keys=True, separators=(",", ":")) for row in rows
        ]
        self._write(NODE_EVENTS, columns)

    def write_queues(self, rows: Sequence[QueueSample]) -> None:
        """Append queue samples; one row group."""
        self._write(QUEUES, {name: [getattr(row, name) for row in rows] for name in _TYPES[QUEUES]})

    def write_population(self, columns: Mapping[str, Column], ended_at_ms: int) -> None:
        """Write the phones table and the run's end (ms since the epoch).

        Raises:
            SimulationError: A column is missing, or not as long as the others.
        """
        self._open(PHONES, {ENDED_AT_MS: str(ended_at_ms).encode()})
        arrays = phone_columns(columns)
        for start in range(0, max(len(arrays["name"]), 1), PHONES_AT_ONCE):
            part = slice(start, start + PHONES_AT_ONCE)
            self._write(PHONES, {name: values[part] for name, values in arrays.items()})

    def close(self) -> None:
        """Finish all files and give them their names."""
        if PHONES not in self._writers:
            self.abort()
            raise SimulationError("a run was closed before its phones table was written")
        for writer in self._writers.values():
            writer.close()
        for name in self._writers:
            self._temporary(name).replace(self._directory / name)
        self._writers.clear()

    def abort(self) -> None:
        """Drop everything written so far; safe to call twice."""
        for name, writer in self._writers.items():
            writer.close()
            self._temporary(name).unlink(missing_ok=True)
        self._writers.clear()

    def _temporary(self, name: str) -> Path:
        return self._directory / (name + TEMPORARY_SUFFIX)

    def _open(self, name: str, metadata: dict[bytes, bytes] | None = None) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        fields = [(column, pa.type_for_alias(kind)) for column, kind in _TYPES[name].items()]
        schema = pa.schema(fields, metadata=metadata)
        self._writers[name] = pq.ParquetWriter(
            self._temporary(name), schema, compression="zstd", write_statistics=False
        )

    def _write(self, name: str, columns: Mapping[str, Column]) -> None:
        import pyarrow as pa

        writer = self._writers[name]
        try:
            arrays = [
                pa.array(columns[field.name]).cast(field.type, safe=True) for field in writer.schema
            ]
        except pa.ArrowInvalid as error:
            raise SimulationError(f"a row does not fit {name}: {error}") from error
        writer.write_table(pa.Table.from_arrays(arrays, schema=writer.schema))


class ParquetRows:
    """Phone events on disk, read one row group at a time. The file stays open, and so readable.

    Raises:
        InputError: From `chunks`: the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open(path, PHONE_EVENTS)

    def __len__(self) -> int:
        """How many there are."""
        return int(self._file.metadata.num_rows)

    def chunks(self, *columns: int) -> Iterator[tuple[AnyIntegers, ...]]:
        """The asked columns of one row group after the other."""
        names = [COLUMNS[column] for column in columns]
        for group in range(self._file.num_row_groups):
            table = _table(self._path, partial(self._file.read_row_group, group, names, False))
            yield tuple(table[name].to_numpy() for name in names)


def read_run(directory: Path) -> JournalTables:
    """The tables of a finished run; its phone events stay on disk until a metric asks for them.

    Raises:
        InputError: A file is missing, unreadable, or lacks a column.
    """
    phones = _open(directory / PHONES, PHONES)
    ended = (phones.schema_arrow.metadata or {}).get(ENDED_AT_MS, b"")
    if not ended.isdigit():
        raise _fault(directory / PHONES, "a phones table without the run's end")
    columns = {name: _phone_column(directory / PHONES, phones, name) for name in PHONE_COLUMNS}
    try:
        return checked(
            ParquetRows(directory / PHONE_EVENTS),
            tuple(_node_events(_read(directory, NODE_EVENTS))),
            tuple(QueueSample(**row) for row in _read(directory, QUEUES).to_pylist()),
            phone_columns(columns),
            int(ended),
        )
    except (SimulationError, ValueError) as error:
        raise _fault(directory, str(error)) from error


def _phone_column(path: Path, file: Any, name: str) -> Column:
    """A column of the phones table, row group by row group; equal words are one object."""
    parts = []
    known: dict[str, str] = {}
    for group in range(file.num_row_groups):
        values = _table(path, partial(file.read_row_group, group, [name], False)).column(0)
        if PHONE_COLUMNS[name] is str:
            words = [known.setdefault(word, word) for word in values.to_pylist()]
            parts.append(np.array(words, dtype=object))
        else:
            parts.append(np.asarray(values.to_numpy()))
    return np.concatenate(parts) if parts else ()


def _node_events(table: Any) -> list[NodeEvent]:
    rows = table.to_pylist()
    return [NodeEvent(**{**row, "data": json.loads(row["data"])}) for row in rows]


def _read(directory: Path, name: str) -> Any:
    path = directory / name
    return _table(path, partial(_open(path, name).read, use_threads=False))


def _open(path: Path, name: str) -> Any:
    """A Parquet file with the columns it should have."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise _fault(path, "no such file")
    file = _table(path, partial(pq.ParquetFile, path, pre_buffer=False))
    schema = file.schema_arrow
    wanted = {column: pa.type_for_alias(kind) for column, kind in _TYPES[name].items()}
    found = {field.name: field.type for field in schema}
    if found != wanted:
        raise _fault(path, f"columns {', '.join(schema.names)}", ", ".join(wanted))
    return file


def _table(path: Path, read: Callable[[], Any]) -> Any:
    """What `read` gives; an unreadable file is an input error."""
    import pyarrow as pa

    try:
        return read()
    except (pa.ArrowException, OSError) as error:
        raise _fault(path, f"not a Parquet file ({str(error).splitlines()[0]})") from error


def _fault(path: Path, found: str, expected: str = "a directory written by a run") -> InputError:
    return InputError(Fault(str(path), found, expected))
