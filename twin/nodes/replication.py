"""How a row gets from the node that wrote it to every replica.

Knows: the publisher writes, everyone else receives, in order, each after its own delay; what
cannot be delivered waits. Must not know what a row means to a node.

Source: cucm-pki-behaviour 1.4, 4.1; capacity-and-timing 1.3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from twin.nodes.database import CertificateRow, Delete, Replica, RowChange, Write
from twin.nodes.host import Host

Notify = Callable[[RowChange], None]
Item = TypeVar("Item")


class Link(Generic[Item]):
    """One direction between the publisher and a node: what waits or is under way, oldest first.

    An arrival is always that of the oldest, so two that are due in the same instant keep their
    order, and one that finds the path cut does not fall behind later ones.
    """

    def __init__(self) -> None:
        self.waiting: deque[Item] = deque()
        self.under_way = 0
        self.busy_until_ms = 0


class Member:
    """One node as replication sees it: its host, its replica, and who hears of changes there."""

    def __init__(self, host: Host, replica: Replica, notify: Notify) -> None:
        self.host = host
        self.replica = replica
        self.notify = notify
        self.up: Link[Write] = Link()
        """What it wrote that the publisher has not."""
        self.down: Link[RowChange] = Link()
        """Changes it has not heard of."""


@dataclass(frozen=True, slots=True)
class MemberState:
    """A node as an administrator sees its replication.

    `waiting`: writes and changes on their way to or from the publisher.
    """

    node: str
    is_reachable: bool
    is_broken: bool
    waiting: int


class Replication:
    """The hub at the publisher.

    `broken`: nodes to and from which nothing is replicated, though they can be reached.

    Args:
        publisher: name of the publisher.
        reachable: whether database traffic passes between two nodes now.
    """

    def __init__(self, publisher: str, reachable: Callable[[str, str], bool]) -> None:
        self._publisher = publisher
        self._reachable = reachable
        self.broken: set[str] = set()
        self._members: dict[str, Member] = {}
        self._writes = 0

    def join(self, name: str, member: Member) -> None:
        """Add a node."""
        self._members[name] = member

    def write(self, origin: str, row: Write) -> None:
        """A node writes a row: through the publisher, or later if that cannot be reached."""
        member = self._members[origin]
        member.up.waiting.append(row)
        if self._connected(origin):
            self._send_up(origin)
        else:
            self._record_wait(member, row)

    def members(self) -> list[str]:
        """Every node, the publisher first."""
        return sorted(self._members, key=lambda name: (name != self._publisher, name))

    def states(self) -> list[MemberState]:
        """Every node's replication as it is now, the publisher first."""
        return [
            MemberState(
                name,
                name == self._publisher or self._reachable(self._publisher, name),
                self._is_broken(name) or name in self.broken,
                len(self._members[name].up.waiting) + len(self._members[name].down.waiting),
            )
            for name in self.members()
        ]

    def is_alike(self, name: str) -> bool:
        """Whether a node's replica holds the publisher's rows."""
        publisher = self._members[self._publisher].replica
        return tuple(self._members[name].replica) == tuple(publisher)

    def retry(self) -> None:
        """A node or a path came back: deliver what waited."""
        for name in sorted(self._members):
            self._send_up(name)
        for name in sorted(self._members):
            self._send_down(name)

    def replace(self, rows: Sequence[CertificateRow]) -> None:
        """The publisher's database becomes these rows, and every replica a copy of it.

        Nobody is notified: a restored database is there when services start. What waited is lost.
        Assumption: replication is set up anew at once, on nodes that are down when they start.
        """
        for name in sorted(self._members):
            member = self._members[name]
            member.replica.replace(rows)
            for link in (member.up, member.down):
                link.waiting.clear()

    def copy(self, source: str, name: str) -> None:
        """A node's replica becomes a copy of another's."""
        self._members[name].replica.replace(tuple(self._members[source].replica))

    # -- to the publisher -------------------------------------------------------------------

    def _send_up(self, origin: str) -> None:
        member = self._members[origin]
        if not self._connected(origin):
            return
        if origin == self._publisher:
            while member.up.waiting:
                self._commit(member.up.waiting.popleft())
            return
        self._start(member, member.up, self._arrive_up, origin)

    def _arrive_up(self, origin: str) -> None:
        member = self._members[origin]
        member.up.under_way -= 1
        if not member.up.waiting:  # a restore has replaced the database meanwhile
            return
        if self._connected(origin):
            self._commit(member.up.waiting.popleft())
        else:
            self._record_wait(member, member.up.waiting[0])

    def _record_wait(self, member: Member, row: Write) -> None:
        member.host.record(
            "DB", "write_waits", severity="warning", pkid=row.pkid, publisher=self._publisher
        )

    def _commit(self, written: Write) -> None:
        publisher = self._members[self._publisher]
        change = self._change(written, publisher.replica)
        if change is None:
            return
        self._writes += 1
        self._tell(publisher, change)
        for name in sorted(self._members):
            if name != self._publisher:
                self._members[name].down.waiting.append(change)
                self._send_down(name)

    def _change(self, written: Write, replica: Replica) -> RowChange | None:
        """What a write makes of the publisher's tables; None if it finds nothing to change."""
        number, old = self._writes + 1, replica.get(written.pkid)
        if isinstance(written, CertificateRow):
            return RowChange(number, written, old)
        if old is None:
            return None
        row = None if isinstance(written, Delete) else old.without(written.unit, written.node)
        if row is None:
            return RowChange(number, old, old, is_deleted=True)
        return None if row == old else RowChange(number, row, old, is_silent=True)

    def _tell(self, member: Member, change: RowChange) -> None:
        member.replica.apply(change)
        if not change.is_silent:
            member.notify(change)

    # -- from the publisher -----------------------------------------------------------------

    def _send_down(self, name: str) -> None:
        if self._connected(name):
            self._start(self._members[name], self._members[name].down, self._arrive_down, name)

    def _arrive_down(self, name: str) -> None:
        member = self._members[name]
        member.down.under_way -= 1
        if self._connected(name) and member.down.waiting:
            self._tell(member, member.down.waiting.popleft())

    # -- both ways --------------------------------------------------------------------------

    def _connected(self, name: str) -> bool:
        return not self._is_broken(name) and self._reachable(self._publisher, name)

    def _is_broken(self, name: str) -> bool:
        """Replication of the publisher itself broken: nobody sends or receives anything."""
        if name == self._publisher:
            return False
        return name in self.broken or self._publisher in self.broken

    def _start(
        self,
        member: Member,
        link: Link[Write] | Link[RowChange],
        arrive: Callable[[str], None],
        name: str,
    ) -> None:
        """Send what is not under way yet, each after its delay, none before the one ahead."""
        host = member.host
        while link.under_way < len(link.waiting):
            link.under_way += 1
            due_ms = max(host.now_ms + host.drawn_ms("db_replication_delay_s"), link.busy_until_ms)
            link.busy_until_ms = due_ms
            host.after(due_ms - host.now_ms, arrive, name)
