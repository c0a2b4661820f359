"""Which phones an action is for."""

from __future__ import annotations

from twin.cluster.cluster import Cluster
from twin.config.actions import Selector
from twin.errors import ActionError, Fault
from twin.kernel.streams import key64
from twin.phones.lifecycle import REGISTERED_STATES


def select(cluster: Cluster, selector: Selector, step: int) -> list[int]:
    """Phone numbers that fit every field given, in population order.

    `share` and `count` keep those whose name hashes lowest under the seed and the step's number,
    so the same step keeps the same phones however many there are beside them.

    Raises:
        ActionError: a device name that the model does not have.
    """
    columns = cluster.population
    if selector.phones is not None:
        unknown = [name for name in selector.phones if name not in columns.index]
        if unknown:
            raise ActionError(
                Fault("select.phones", ", ".join(unknown), f"phones of {cluster.model.name}")
            )
        chosen = sorted(columns.index[name] for name in selector.phones)
    else:
        chosen = list(range(columns.size))
    groups = [_fits(cluster, selector, number) for number in range(len(columns.groups))]
    chosen = [phone for phone in chosen if groups[columns.group_of[phone]]]
    if selector.node is not None:
        node = cluster.nodes[cluster.model.resolve_node(selector.node)].index
        chosen = [p for p in chosen if columns.node[p] == node and _is_registered(cluster, p)]
    if selector.registered is not None:
        chosen = [p for p in chosen if _is_registered(cluster, p) == selector.registered]
    keep = selector.count
    if selector.share is not None:
        keep = round(selector.share * len(chosen))
    if keep is not None and keep < len(chosen):
        seed = cluster.made_from.seed
        ranked = sorted(chosen, key=lambda p: key64(seed, "select", step, columns.names[p]))
        chosen = sorted(ranked[:keep])
    return chosen


def _fits(cluster: Cluster, selector: Selector, number: int) -> bool:
    group = cluster.population.groups[number]
    site = cluster.network.sites[group.site].name
    return (
        (selector.site is None or site in sites_named(cluster, selector.site))
        and (selector.model is None or group.model == selector.model)
        and (selector.population is None or group.population == selector.population)
        and (
            selector.callmanager_group is None
            or group.callmanager_group == selector.callmanager_group
        )
    )


def sites_named(cluster: Cluster, name: str) -> list[str]:
    """A site by name, or all equal sites written under one name."""
    return [site.name for site in cluster.model.sites if name in (site.name, site.group)]


def _is_registered(cluster: Cluster, phone: int) -> bool:
    return cluster.population.state[phone] in REGISTERED_STATES
