"""What the logs of a finished run are made of: the rows in its folder, and what its phones tell.

Knows: where a run's folder keeps the journal, the start of its time and the phones' names. Must not
know what any log looks like (`twin.logs`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from twin.config.inputs import read_inputs
from twin.errors import Fault, InputError
from twin.kernel.journal import COLUMNS, NodeEvent
from twin.logs import phone_records
from twin.metrics.storage import read_run, stream_node_events
from twin.metrics.tables import JournalTables
from twin.simtime import Epoch

POPULATION = "population"


def folder_rows(directory: Path, phones: Collection[str] = ()) -> tuple[Iterator[NodeEvent], Epoch]:
    """The rows of a run's folder, read as they are asked for, and the start of their time.

    Args:
        phones: phones whose own rows are wanted, after those of the nodes.

    Raises:
        InputError: the folder holds no run; from the rows: a file is damaged, or there is no such
            phone.
    """
    epoch = read_inputs(directory).config.experiment.epoch
    return _rows(directory, phones), epoch


def _rows(directory: Path, phones: Collection[str]) -> Iterator[NodeEvent]:
    yield from stream_node_events(directory)
    if phones:
        yield from phone_rows(read_run(directory), phones)


def phone_rows(tables: JournalTables, phones: Collection[str]) -> Iterator[NodeEvent]:
    """What some phones of a run would tell.

    Raises:
        InputError: there is no such phone.
    """
    names = [str(name) for name in tables.phones["name"]]
    wanted = known_phones(phones, names)
    nodes = _nodes(tables.node_events)
    for columns in tables.phone_rows.chunks(*range(len(COLUMNS))):
        yield from phone_records(zip(*columns, strict=True), names, nodes, wanted)


def known_phones(wanted: Collection[str], names: Collection[str]) -> frozenset[str]:
    """Phones that are wanted.

    Raises:
        InputError: there is no such phone, with the name that is nearest.
    """
    known = set(names)
    faults = [
        Fault("phone", repr(one), "a phone of the run", _nearest(one, names))
        for one in wanted
        if one not in known
    ]
    if faults:
        raise InputError(faults)
    return frozenset(wanted)


def _nearest(name: str, names: Collection[str]) -> str | None:
    return next(iter(get_close_matches(name, names, n=1)), None)


def _nodes(events: Sequence[NodeEvent]) -> list[str]:
    """Names of the nodes by number, as the journal introduces them."""
    for row in events:
        listed = row.data.get("nodes")
        if row.event == POPULATION and isinstance(listed, Sequence):
            return [str(name) for name in listed]
    return []
