"""The phones of a cluster that has been running: what they hold, and where they are registered.

Knows: what the nodes serve at the start. Must not know how it came about.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.phones.judgements import NOTHING, Judgements
from twin.phones.lifecycle import State
from twin.phones.population import PhoneGroup, Population
from twin.phones.ports import Ports


def settle(
    columns: Population,
    judgements: Judgements,
    ports: Ports,
    is_new: Callable[[PhoneGroup], bool],
) -> None:
    """Give every phone the current lists and config of its first server, and register it.

    Args:
        is_new: whether the phones of a group have never been in this cluster: they hold nothing.
    """
    blank = judgements.holdings(NOTHING, NOTHING)
    new = [is_new(group) for group in columns.groups]
    for phone in range(columns.size):
        group = columns.group(phone)
        if new[group.number]:
            columns.holdings[phone] = blank
            continue
        server = ports.files[group.tftp[0]]
        itl = server.itl_file if group.has_sbd else NOTHING
        columns.holdings[phone] = judgements.holdings(NOTHING, itl)
        columns.config[phone] = server.config_file(group.number)
        if columns.state[phone] == State.REGISTERED:
            _register(columns, ports, phone, group.callmanagers)


def _register(columns: Population, ports: Ports, phone: int, members: tuple[int, ...]) -> None:
    """Register with the first member that has room; the last takes whoever is left.

    The model's own check sees to it that there is room in all.
    """
    registrars = ports.registrars
    free = [node for node in members if registrars[node].count < registrars[node].capacity]
    node = free[0] if free else members[-1]
    registrars[node].count += 1
    columns.node[phone] = node
    columns.place[phone] = members.index(node)
