"""Phones as they are in a cluster that has been running: current lists, registered.

Knows: what the nodes serve at the start, room on CallManager nodes. Must not know rules of trust.
"""

from __future__ import annotations

from twin.cluster.phones import is_new
from twin.config.model import ModelConfig
from twin.phones.core import EngineCore
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import State


def settle_phones(model: ModelConfig, core: EngineCore) -> None:
    """Give every phone the lists and the config it would have, and its CallManager."""
    columns = core.population
    judgements = core.judgements
    blank = judgements.holdings(NOTHING, NOTHING)
    new = [is_new(model, group) for group in columns.groups]
    for phone in range(columns.size):
        group = columns.group(phone)
        if new[group.number]:
            columns.holdings[phone] = blank
            continue
        server = core.ports.files[group.tftp[0]]
        itl = server.itl_file if group.has_sbd else NOTHING
        columns.holdings[phone] = judgements.holdings(server.ctl_file, itl)
        columns.config[phone] = server.config_file(group.number)
        if columns.state[phone] == State.REGISTERED:
            _register(core, phone, group.callmanagers)


def _register(core: EngineCore, phone: int, members: tuple[int, ...]) -> None:
    """Register with the first member that has room; the last takes whoever is left.

    The model's own check sees to it that there is room in all.
    """
    registrars = core.ports.registrars
    free = [node for node in members if registrars[node].count < registrars[node].capacity]
    node = free[0] if free else members[-1]
    registrars[node].count += 1
    core.population.node[phone] = node
    core.population.place[phone] = members.index(node)
