"""Server Recovery Manager: a presence redundancy group, failover and fallback.

Knows: which node serves the users of which, and after how long a partner takes over. Must not know
the users' sessions.

Source: IM&P 12.5(1)SU2 High Availability (Critical Service Down Delay; fallback by hand unless
automatic fallback is enabled), Cisco 200958 (heartbeats). Assumption: Cisco XCP Router stands for
the critical services; a change of the setting leaves users where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from twin.config.words import Service
from twin.nodes.host import CallOff
from twin.nodes.presence.node import PresenceNode

SERVICE = "SRM"


class RedundancyGroup:
    """One or two nodes.

    Hook: `on_move` hears the name of a node whose users are served elsewhere from now on.
    """

    def __init__(self, name: str, members: Sequence[PresenceNode], is_enabled: bool) -> None:
        self.name = name
        self.is_enabled = is_enabled
        self.on_move: list[Callable[[str], None]] = []
        self._members = {node.name: node for node in members}
        self._moved: dict[str, str] = {}
        """Home node to the partner that took over its users."""
        self._due: dict[str, CallOff] = {}
        for node in members:
            router = node.services[Service.XCP_ROUTER]
            router.on_stopped.append(partial(self._lost, node))
            router.on_started.append(partial(self._call_off, node.name))

    @property
    def fails_over(self) -> bool:
        """Whether a partner would take over."""
        return self.is_enabled and len(self._members) > 1

    def serving(self, home: str) -> PresenceNode:
        """The node that serves the users of a node now."""
        return self._members[self._moved.get(home, home)]

    def enable(self, is_enabled: bool) -> None:
        """High availability on or off."""
        self.is_enabled = is_enabled
        node = next(iter(self._members.values()))
        node.host.record(SERVICE, "high_availability", group=self.name, enabled=is_enabled)
        if not is_enabled:
            for name in list(self._due):
                self._call_off(name)

    def fall_back(self) -> str | None:
        """Bring users back to their own nodes; the refusal, or None.

        Assumption: the words of the refusal.
        """
        if not self._moved:
            return f"no node of {self.name} is in failover"
        down = [home for home in self._moved if not _answers(self._members[home])]
        if down:
            return f"{', '.join(down)} is not ready for fallback"
        for home in list(self._moved):
            partner = self._moved.pop(home)
            self._members[home].host.record(SERVICE, "fallback", group=self.name, partner=partner)
            self._tell(home)
        return None

    def _lost(self, node: PresenceNode, hangs: bool) -> None:
        if not self.fails_over or node.name in self._due or node.name in self._moved:
            return
        parameter = "im_heartbeat_loss_s" if hangs else "im_service_down_s"
        self._due[node.name] = node.host.after(
            node.host.drawn_ms(parameter), self._fail_over, node, counts=False
        )

    def _fail_over(self, node: PresenceNode) -> None:
        self._due.pop(node.name, None)
        partner = next(one for name, one in self._members.items() if name != node.name)
        if not self.fails_over or not _answers(partner):
            return
        self._moved[node.name] = partner.name
        partner.host.record(
            SERVICE, "failover", severity="warning", group=self.name, home=node.name
        )
        self._tell(node.name)

    def _tell(self, home: str) -> None:
        for listener in self.on_move:
            listener(home)

    def _call_off(self, name: str) -> None:
        due = self._due.pop(name, None)
        if due is not None:
            due()


def _answers(node: PresenceNode) -> bool:
    return node.speaks(Service.XCP_ROUTER, Service.XCP_CONNECTION_MANAGER)
