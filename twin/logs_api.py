"""The Python surface's logs: of a run's folder, of a result, of a running twin; and their reading.

Knows: `twin.study` and `twin.logs`. Holds no logic of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from pathlib import Path

from twin.cluster.twin import Twin
from twin.kernel.journal import NodeEvent
from twin.logs import LogRecord, files, parse, phone_records, write_files
from twin.simtime import Epoch
from twin.study.run import Run
from twin.study.run_logs import folder_rows, known_phones, phone_rows

__all__ = ["LogRecord", "parse_log", "render_logs", "write_logs"]

Source = str | Path | Run | Twin


def render_logs(
    source: Source,
    *,
    node: str | None = None,
    service: str | None = None,
    phones: Collection[str] = (),
) -> dict[str, list[str]]:
    """The log files that the nodes of a run, or of a running twin, would have written.

    Args:
        source: a folder that `twin run` wrote, a result, or a twin (as far as it has come).
        node: only of this node, Expressway or phone.
        service: only logs with this word in their name or path, e.g. "tvs".
        phones: phones whose console is wanted, too.

    Returns:
        Lines by path, `<node>/<path on it>`.

    Raises:
        InputError: the folder holds no run, or a phone is not in it.
        ValueError: a twin that keeps no journal in memory.
    """
    rows, epoch = _rows(source, phones)
    return files(rows, epoch, node=node, service=service)


def write_logs(
    source: Source,
    out: str | Path,
    *,
    node: str | None = None,
    service: str | None = None,
    phones: Collection[str] = (),
) -> list[str]:
    """Write the log files into a folder, and nothing outside it; their paths in it.

    Rows of a run's folder are read as they are written. Arguments and errors as of `render_logs`.
    """
    rows, epoch = _rows(source, phones)
    return write_files(rows, epoch, Path(out), node=node, service=service)


def parse_log(source: str | Path | Iterable[str], kind: str | None = None) -> list[LogRecord]:
    """The records of a log file or of its lines; `kind` when it is not to be recognised.

    Raises:
        InputError: what it is not, line by line.
    """
    return parse(source, kind)


def _rows(source: Source, phones: Collection[str]) -> tuple[Iterator[NodeEvent], Epoch]:
    if isinstance(source, str | Path):
        return folder_rows(Path(source), phones)
    if isinstance(source, Run):
        told = phone_rows(source.tables, phones) if phones else iter(())
        return chain(source.tables.node_events, told), source.epoch
    if source.memory is None:
        raise ValueError("this twin keeps no journal in memory")
    cluster = source.cluster
    rows = chain(source.memory.nodes, source.journal.waiting)
    if not phones:
        return rows, cluster.epoch
    events = chain(source.memory.phones().tolist(), source.journal.pending().tolist())
    nodes = [node.name for node in cluster.every_node]
    wanted = known_phones(phones, cluster.population.names)
    told = phone_records(events, cluster.population.names, nodes, wanted)
    return chain(rows, told), cluster.epoch
