"""All logs of the twin: which file of which node tells of a journal row.

Knows: the logs, by name, and which of them a row belongs to. A row of a service that keeps no log
on a node (the operator's steps, calls of integrations, what CAs and clients do) is in none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from twin.kernel.journal import NodeEvent
from twin.logs.certificate_manager import CERTMGMT
from twin.logs.drf import DRF_LOCAL, DRF_MASTER
from twin.logs.expressway import EVENT_LOG, NETWORK_LOG
from twin.logs.itl_reset import ITL_RESET
from twin.logs.phones import PHONE
from twin.logs.sdl import SDL
from twin.logs.shapes import Counter, Family
from twin.logs.syslog import ALARMS, MESSAGES
from twin.logs.tvs import TVS
from twin.logs.unseen import CAPF, CERTCN, CERTMONITOR, CTL, TFTP
from twin.simtime import Epoch

FAMILIES: tuple[Family, ...] = (
    MESSAGES, ALARMS, NETWORK_LOG, EVENT_LOG, SDL, CERTMGMT, CERTCN, CERTMONITOR, TVS, CAPF, TFTP,
    CTL, ITL_RESET, DRF_MASTER, DRF_LOCAL, PHONE,
)  # fmt: skip
"""The first that has lines for a row is its log."""

SERVICE_EVENT = "service"
"""What every service tells of itself; it stands in syslog."""


class Writer:
    """Rows in order of time, to lines of files. Keeps nothing but the numbers of numbered logs."""

    def __init__(self, epoch: Epoch) -> None:
        self._epoch = epoch
        self._counters = {family.name: Counter() for family in FAMILIES}

    def lines(self, row: NodeEvent) -> Iterator[tuple[str, list[str]]]:
        """Path (`<node>/<file>`) and lines of a row; nothing for a row that no log tells of."""
        if not row.node:
            return
        for family in FAMILIES:
            if not (family.takes(row) or (family is MESSAGES and row.event == SERVICE_EVENT)):
                continue
            if family is not MESSAGES and row.event == SERVICE_EVENT:
                continue
            found = family.write(row, self._epoch, self._counters[family.name])
            for node, lines in found:
                yield f"{node}/{family.path}", lines
            if found:
                return


def files(
    rows: Iterable[NodeEvent], epoch: Epoch, *, node: str | None = None, service: str | None = None
) -> dict[str, list[str]]:
    """Every log file of some journal rows: its path, `<node>/<path on it>`, and its lines.

    Args:
        rows: of a journal, in order of time; a running twin's will do.
        epoch: when the journal's time begins.
        node: only of this node.
        service: only logs whose name or path has this word in it.
    """
    writer = Writer(epoch)
    found: dict[str, list[str]] = {}
    for row in rows:
        for path, lines in writer.lines(row):
            if is_wanted(path, node, service):
                found.setdefault(path, []).extend(lines)
    return dict(sorted(found.items()))


def is_wanted(path: str, node: str | None, service: str | None) -> bool:
    """Whether a file is of a node and has a word in its log's name or path."""
    place, _, rest = path.partition("/")
    if node is not None and place != node:
        return False
    if service is None:
        return True
    word = service.lower()
    names = [family.name for family in FAMILIES if family.path == rest]
    return word in rest.lower() or any(word in name for name in names)
