"""A run's journal as data frames: what the nodes did, and the life of one phone, in words.

Knows: the journal's rows and what their numbers stand for. Must not know live nodes or phones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np

from twin.config.faults import nearest
from twin.errors import Fault, InputError
from twin.metrics.occupancy import Occupancy
from twin.metrics.phone_rows import AT_MS, DETAIL, EVENT, NODE, PHONE
from twin.metrics.tables import JournalTables
from twin.phones.lifecycle import Event, FileKind, TVSAnswer
from twin.phones.outcomes import unpack
from twin.simtime import Epoch

if TYPE_CHECKING:
    import pandas as pd


def _kind(detail: int) -> str:
    return FileKind(detail).name


def _verdict(detail: int) -> str:
    outcome, reasons = unpack(detail)
    why = "+".join(reasons.words())
    return f"{outcome.name.lower()}: {why}" if why else outcome.name.lower()


def _answer(detail: int) -> str:
    return TVSAnswer(detail).name.lower()


def _wave(detail: int) -> str:
    return f"wave {detail}" if detail else "by the operator"


_FILE_EVENTS = (
    Event.FILE_REQUESTED, Event.FILE_RECEIVED, Event.FILE_NOT_FOUND, Event.FILE_REFUSED,
    Event.FILE_FAILED, Event.FILE_GIVEN_UP, Event.TVS_ASKED,
)  # fmt: skip
_CHECKS = (Event.CTL_CHECKED, Event.ITL_CHECKED, Event.CONFIG_CHECKED)
_WORDS: dict[Event, Callable[[int], str]] = {
    **dict.fromkeys(_FILE_EVENTS, _kind),
    **dict.fromkeys(_CHECKS, _verdict),
    Event.TVS_ANSWERED: _answer,
    Event.RESET_RECEIVED: _wave,
}
"""What the number beside an event stands for; of other events it is left out."""


def events_frame(tables: JournalTables, epoch: Epoch) -> pd.DataFrame:
    """What nodes did or had done to them, in order of time; index: UTC.

    Columns: node, service, event, severity, data (a dict, different for each event).
    """
    import pandas as pd  # heavy: only when asked for

    rows = [
        (epoch.at(e.at_ms), e.node, e.service, e.event, e.severity, dict(e.data))
        for e in tables.node_events
    ]
    columns = ["at", "node", "service", "event", "severity", "data"]
    return pd.DataFrame(rows, columns=columns).set_index("at")


def outage_columns(tables: JournalTables, changes: Occupancy, epoch: Epoch) -> pd.DataFrame:
    """Per phone, in the order of the phones table: how long it was out, and when it came back.

    Columns: out_s (with power and without registration, seconds), back_at (its last registration
    with a node of the cluster, UTC; NaT: none in this run).
    """
    import pandas as pd  # heavy: only when asked for

    registrations = tables.summary.registrations
    last_ms = np.full(tables.phone_count, -1, dtype=np.int64)
    np.maximum.at(last_ms, registrations.phone, registrations.at_ms)
    start = np.datetime64(epoch.start.replace(tzinfo=None), "ms")
    back = np.where(last_ms < 0, np.datetime64("NaT", "ms"), start + last_ms.astype("m8[ms]"))
    out_ms = changes.out_of_service_ms(tables.phones["initial_state"])
    return pd.DataFrame(
        {"out_s": out_ms / 1000, "back_at": pd.DatetimeIndex(back).tz_localize("UTC")},
        index=pd.Index(tables.phones["name"], name="name"),
    )


def _nodes(tables: JournalTables) -> list[str]:
    """The names that node numbers stand for, as the journal's first row tells."""
    first = next(e for e in tables.node_events if e.event == "population")
    return [str(name) for name in cast("list[str]", first.data["nodes"])]


def life_frame(tables: JournalTables, epoch: Epoch, phone: str) -> pd.DataFrame:
    """What happened to one phone, in order of time; index: UTC.

    Columns: event and detail in words, node (empty: none), after_s (seconds since the row before).

    Raises:
        InputError: no such phone.
    """
    import pandas as pd  # heavy: only when asked for

    names = tables.phones["name"].tolist()
    if phone not in names:
        close = nearest(phone, names)
        raise InputError(Fault("phone", f"no phone {phone!r}", "a device of the model", close))
    nodes = _nodes(tables)
    mine = np.flatnonzero(tables.column(PHONE) == names.index(phone))
    at_ms = tables.column(AT_MS)[mine].tolist()
    rows = []
    columns = (tables.column(place)[mine].tolist() for place in (EVENT, DETAIL, NODE))
    for number, detail, node in zip(*columns, strict=True):
        event = Event(number)
        words = _WORDS[event](detail) if event in _WORDS else ""
        rows.append((event.name.lower(), words, nodes[node] if node >= 0 else ""))
    frame = pd.DataFrame(rows, columns=["event", "detail", "node"])
    frame["after_s"] = np.diff(at_ms, prepend=at_ms[:1]) / 1000
    frame.index = pd.DatetimeIndex([epoch.at(one) for one in at_ms], name="at", tz="UTC")
    return frame
