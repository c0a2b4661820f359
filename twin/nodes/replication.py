"""How a row gets from the node that wrote it to every replica.

Knows: the publisher writes, everyone else receives, in order, each after its own delay; what
cannot be delivered waits. Must not know what a row means to a node.

Source: cucm-pki-behaviour 1.4, 4.1; capacity-and-timing 1.3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twin.nodes.database import CertificateRow, Replica, RowChange
from twin.nodes.host import Host

Notify = Callable[[RowChange], None]


class Member:
    """One node as replication sees it: its host, its replica, and who hears of changes there."""

    def __init__(self, host: Host, replica: Replica, notify: Notify) -> None:
        self.host = host
        self.replica = replica
        self.notify = notify
        self.waiting: deque[RowChange] = deque()
        self.busy_until_ms = 0


class Replication:
    """The hub at the publisher.

    Args:
        publisher: name of the publisher.
        reachable: whether database traffic passes between two nodes now.
    """

    def __init__(self, publisher: str, reachable: Callable[[str, str], bool]) -> None:
        self._publisher = publisher
        self._reachable = reachable
        self._members: dict[str, Member] = {}
        self._unwritten: deque[tuple[str, CertificateRow]] = deque()
        self._writes = 0

    def join(self, name: str, member: Member) -> None:
        """Add a node."""
        self._members[name] = member

    def write(self, origin: str, row: CertificateRow) -> None:
        """A node writes a row: through the publisher, or later if that cannot be reached."""
        if not self._reachable(origin, self._publisher):
            self._unwritten.append((origin, row))
            self._members[origin].host.record(
                "DB", "write_waits", severity="warning", pkid=row.pkid, publisher=self._publisher
            )
            return
        member = self._members[self._publisher]
        if origin == self._publisher:
            self._commit(row)
            return
        delay_ms = self._members[origin].host.drawn_ms("db_replication_delay_s")
        member.host.after(delay_ms, self._commit, row)

    def retry(self) -> None:
        """A node or a path came back: deliver what waited."""
        waiting, self._unwritten = self._unwritten, deque()
        for origin, row in waiting:
            self.write(origin, row)
        for name in sorted(self._members):
            self._deliver(name)

    def _commit(self, row: CertificateRow) -> None:
        publisher = self._members[self._publisher]
        self._writes += 1
        old = publisher.replica.get(row.pkid)
        change = RowChange(self._writes, row, old)
        publisher.replica.put(row)
        publisher.notify(change)
        for name in sorted(self._members):
            if name != self._publisher:
                self._members[name].waiting.append(change)
                self._deliver(name)

    def _deliver(self, name: str) -> None:
        """Send what waits for a node, in order, each after its delay."""
        member = self._members[name]
        if not self._reachable(self._publisher, name):
            return
        while member.waiting:
            change = member.waiting.popleft()
            now_ms = member.host.now_ms
            at_ms = max(
                now_ms + member.host.drawn_ms("db_replication_delay_s"), member.busy_until_ms
            )
            member.busy_until_ms = at_ms
            member.host.after(at_ms - now_ms, self._arrive, name, change)

    def _arrive(self, name: str, change: RowChange) -> None:
        member = self._members[name]
        if not self._reachable(self._publisher, name):
            member.waiting.appendleft(change)
            return
        member.replica.put(change.row)
        member.notify(change)
