"""Jabber's XMPP sessions: who drops when, and how a crowd comes back.

Knows: each client's session, its next try, a node's login rate. Must not know why a login is
refused (`presence_logins`), nor who serves whose users (`twin.nodes.presence.redundancy`).

Source: edge-presence-video 4.3; capacity-and-timing 8.2: a restart of Cisco XCP Router drops every
session; with failover each client waits between the two re-login limits, against the login rate of
the node; without it, clients try the same node again.
Assumption: clients look at full seconds; a lost path or node is noticed at once; who was refused
or found nobody tries again when something has changed, as tries in between end no differently; a
session from outside lives as long as any way in stands.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from twin.cluster.presence_logins import UNREACHABLE, Answer, Group, Logins
from twin.config.timing import TimingProfile
from twin.config.words import Service
from twin.kernel.laws import law
from twin.kernel.streams import Law, Streams
from twin.nodes.host import CallOff, Host
from twin.nodes.presence.node import PresenceNode
from twin.nodes.presence.redundancy import RedundancyGroup

SERVICE = "im"
_TICK_MS = 1000
_IN = -1
"""Of a client: it has a session."""

Client = tuple[int, int]
"""Number of the group, number in the group."""


class Sessions:
    """The sessions of every group of clients.

    Args:
        redundancy: home node to its redundancy group.
        clock: a host whose timers this uses.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        nodes: dict[str, PresenceNode],
        redundancy: dict[str, RedundancyGroup],
        logins: Logins,
        clock: Host,
        streams: Streams,
        timing: TimingProfile,
    ) -> None:
        self._groups = groups
        self._nodes = nodes
        self._redundancy = redundancy
        self._logins = logins
        self._clock = clock
        self._streams = streams
        self._relogin = law(timing.im_relogin_s, 1000)
        self._retry = law(timing.im_retry_s, 1000)
        self._service_us = round(1e6 / timing.im_logins_per_s.value)
        self._draws = 0
        self._at: list[list[str]] = [[""] * group.config.count for group in groups]
        self._out_since: list[list[int]] = [[_IN] * group.config.count for group in groups]
        self._blocked: list[list[str]] = [[""] * group.config.count for group in groups]
        self._tries: list[tuple[int, Client]] = []
        self._logging_in: list[tuple[int, Client, str, int]] = []
        """When it will be in, who, where, and which life of the node's router that belongs to."""
        self._refused: dict[int, list[Client]] = {}
        self._free_us: dict[str, int] = {}
        self._lives: dict[str, int] = dict.fromkeys(nodes, 0)
        self._tick_due: CallOff | None = None
        for number, group in enumerate(groups):
            self._begin(number, group)
        for partners in dict.fromkeys(redundancy.values()):
            partners.on_move.append(self._users_moved)
        for node in nodes.values():
            for name in (Service.XCP_ROUTER, Service.XCP_CONNECTION_MANAGER):
                node.services[name].on_stopped.append(partial(self._node_stopped, node.name))
                node.services[name].on_started.append(self.something_changed)
            node.files.on_change.append(self.something_changed)

    def _begin(self, number: int, group: Group) -> None:
        """Who can log in has a session already; the others are out from the start."""
        home = group.config.node
        group.host.record(SERVICE, "im_clients", count=group.config.count, home=home)
        everybody = [(number, client) for client in range(group.config.count)]
        answer = self._logins.answer(group, self._nodes[home])
        if answer.succeeded:
            self._at[number] = [home] * group.config.count
            return
        self._out_since[number] = [0] * group.config.count
        group.host.record(SERVICE, "im_dropped", severity="warning", count=len(everybody),
                          cause="never signed in")  # fmt: skip
        self._turn_away(group, everybody, answer)

    # -- dropping ---------------------------------------------------------------------------

    def _node_stopped(self, node: str, _hangs: bool) -> None:
        self._lives[node] += 1
        self._free_us.pop(node, None)
        self._drop(lambda _group, at: at == node, f"{node} stopped")

    def _users_moved(self, home: str) -> None:
        """A fallback ends the sessions at the partner; after a failover nobody is there yet."""
        serving = self._redundancy[home].serving(home).name
        self._drop(
            lambda group, at: group.config.node == home and at not in ("", serving),
            f"fallback to {serving}",
        )
        self.something_changed()

    def look_at_paths(self) -> None:
        """A path was cut or restored: sessions without one are gone."""
        self._drop(
            lambda group, at: bool(at) and not self._logins.is_path_open(group, self._nodes[at]),
            "path lost",
        )
        self.something_changed()

    def _drop(self, fits: Callable[[Group, str], bool], cause: str) -> None:
        now_ms = self._clock.now_ms
        for number, group in enumerate(self._groups):
            here = self._at[number]
            hit = {at for at in dict.fromkeys(here) if at and fits(group, at)}
            gone = [client for client, at in enumerate(here) if at in hit]
            if not gone:
                continue
            for client in gone:
                here[client] = ""
                self._out_since[number][client] = now_ms
            group.host.record(
                SERVICE, "im_dropped", severity="warning", count=len(gone), cause=cause
            )
            waits = self._redundancy[group.config.node].fails_over
            self._later([(number, client) for client in gone],
                        self._relogin if waits else self._retry)  # fmt: skip

    # -- coming back ------------------------------------------------------------------------

    def something_changed(self) -> None:
        """Who was refused or found nobody tries again."""
        refused, self._refused = self._refused, {}
        for number in sorted(refused):
            self._later(refused[number], self._retry)

    def _later(self, clients: Sequence[Client], wait: Law) -> None:
        """Each client's next try, drawn for it."""
        now_ms = self._clock.now_ms
        by_group: dict[int, list[Client]] = {}
        for client in clients:
            by_group.setdefault(client[0], []).append(client)
        for number, some in by_group.items():
            name = self._groups[number].config.name
            self._draws += 1
            waits = self._streams.block(wait, name, "im_wait", self._draws, len(self._at[number]))
            for client in some:
                heapq.heappush(self._tries, (now_ms + round(waits[client[1]]), client))
        self._set_tick()

    def _set_tick(self) -> None:
        if self._tick_due is not None:
            return
        heads = [heap[0][0] for heap in (self._tries, self._logging_in) if heap]
        if heads:
            delay_ms = max(min(heads) - self._clock.now_ms, 0)
            whole_ms = -(-delay_ms // _TICK_MS) * _TICK_MS
            self._tick_due = self._clock.after(max(whole_ms, 1), self._tick, counts=False)

    def _tick(self) -> None:
        self._tick_due = None
        now_ms = self._clock.now_ms
        answers: dict[tuple[int, str], Answer] = {}
        away: dict[int, list[Client]] = {}
        while self._tries and self._tries[0][0] <= now_ms:
            due_ms, client = heapq.heappop(self._tries)
            group = self._groups[client[0]]
            node = self._redundancy[group.config.node].serving(group.config.node)
            key = (client[0], node.name)
            if key not in answers:
                answers[key] = self._logins.answer(group, node)
                if answers[key].prompted:
                    group.host.record(SERVICE, "im_prompted", count=group.config.count,
                                      node=node.name)  # fmt: skip
            answer = answers[key]
            if answer.succeeded:
                self._admit(client, node.name, due_ms)
            else:
                away.setdefault(client[0], []).append(client)
        for number in sorted(away):
            group = self._groups[number]
            node = self._redundancy[group.config.node].serving(group.config.node)
            self._turn_away(group, away[number], answers[number, node.name])
        self._let_in(now_ms)
        self._set_tick()

    def _turn_away(self, group: Group, clients: Sequence[Client], answer: Answer) -> None:
        """They wait until something changes; journalled when the leg in the way is another."""
        number = clients[0][0]
        blocked = self._blocked[number]
        news = [client for _, client in clients if blocked[client] != answer.leg]
        for client in news:
            blocked[client] = answer.leg
        if news and answer.leg != UNREACHABLE:
            group.host.record(
                SERVICE, "im_refused", severity="error", leg=answer.leg, count=len(news)
            )
        self._refused.setdefault(number, []).extend(clients)

    def _admit(self, client: Client, node: str, due_ms: int) -> None:
        """A login takes its turn at the node."""
        free_us = max(self._free_us.get(node, 0), due_ms * 1000) + self._service_us
        self._free_us[node] = free_us
        heapq.heappush(self._logging_in, (free_us // 1000, client, node, self._lives[node]))

    def _let_in(self, now_ms: int) -> None:
        times: dict[tuple[int, str], list[int]] = {}
        lost: list[Client] = []
        while self._logging_in and self._logging_in[0][0] <= now_ms:
            at_ms, client, node, life = heapq.heappop(self._logging_in)
            if life != self._lives[node]:
                lost.append(client)
                continue
            number, index = client
            self._at[number][index] = node
            out_ms = at_ms - self._out_since[number][index]
            self._out_since[number][index] = _IN
            self._blocked[number][index] = ""
            times.setdefault((number, node), []).append(out_ms)
        for (number, node), out_ms_of in sorted(times.items()):
            self._groups[number].host.record(
                SERVICE, "im_logged_in", node=node, count=len(out_ms_of), out_ms=out_ms_of
            )
        if lost:
            self._later(lost, self._retry)


def out_of(groups: Iterable[Group], nodes: dict[str, PresenceNode]) -> dict[str, RedundancyGroup]:
    """A group of its own for each node that clients have and no redundancy group names."""
    homes = dict.fromkeys(group.config.node for group in groups)
    return {home: RedundancyGroup(home, [nodes[home]], False) for home in homes}
