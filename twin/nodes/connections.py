"""The standing connections of several systems: found by their ends, touched by what touches those.

Knows: connections by kind and ends, and which of them a change, a stop or a cut path concerns. Must
not know products, nor how a connection ends (`twin.nodes.legs`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from twin.nodes.legs import Connection


class Connections:
    """Connections in the order in which they were added."""

    def __init__(self) -> None:
        self._all: list[Connection] = []
        self._by_ends: dict[tuple[str, str, str], Connection] = {}

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, connection: Connection) -> Connection:
        """Take one in; it is not opened by that."""
        leg = connection.leg
        self._all.append(connection)
        self._by_ends[leg.kind, leg.client.name, leg.server.name] = connection
        return connection

    def find(self, kind: str, client: str, server: str) -> Connection | None:
        """The connection of a kind between two systems, if there is one."""
        return self._by_ends.get((kind, client, server))

    def of(self, name: str) -> list[Connection]:
        """Those that begin or end at a system."""
        return [one for one in self._all if name in (one.leg.client.name, one.leg.server.name)]

    def open(self) -> None:
        """Try each of them now."""
        for connection in self._all:
            connection.open()

    def changed(self, name: str) -> None:
        """Something that may decide about a connection has changed at a system."""
        for connection in self.of(name):
            connection.changed()

    def lose(self, name: str) -> None:
        """A system has gone."""
        for connection in self.of(name):
            connection.lose()

    def lose_where(self, fits: Callable[[Connection], bool]) -> None:
        """Whatever carried these has gone."""
        for connection in self._all:
            if fits(connection):
                connection.lose()

    def look_at_paths(self) -> None:
        """A path between sites was cut or restored, or a node went or came."""
        for connection in self._all:
            if connection.is_up and not connection.leg.is_path_open():
                connection.lose()
            else:
                connection.changed()
