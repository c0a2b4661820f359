"""The phones table: what is known of each phone at the start and at the end of a run."""

from __future__ import annotations

from typing import Any

from twin.cluster.cluster import Cluster
from twin.phones.stuck import Finding

REMEDY_SEPARATOR = ";"


def phones_table(cluster: Cluster, findings: list[Finding]) -> dict[str, list[Any]]:
    """One list per column, phones in population order.

    Columns: name, model, site, callmanager_group, protocol, population (words); initial_state,
    state (`twin.phones.lifecycle.State`); node (registered with, or empty); boots, resets;
    itl_current, ctl_current (holds the list its TFTP node serves now), stuck, stuck_reasons
    (`twin.phones.outcomes.Reason`), remedies (joined by `REMEDY_SEPARATOR`).
    """
    columns = cluster.population
    names = {node.index: node.name for node in cluster.every_node}
    sites = [cluster.network.sites[group.site].name for group in columns.groups]
    words = {finding.remedies: REMEDY_SEPARATOR.join(finding.remedies) for finding in findings}

    def of_group(values: list[str]) -> list[str]:
        return [values[group] for group in columns.group_of]

    return {
        "name": columns.names,
        "model": of_group([group.model for group in columns.groups]),
        "site": of_group(sites),
        "callmanager_group": of_group([group.callmanager_group for group in columns.groups]),
        "protocol": of_group([group.protocol for group in columns.groups]),
        "population": of_group([group.population for group in columns.groups]),
        "initial_state": list(columns.initial_state),
        "state": list(columns.state),
        "node": [names.get(node, "") for node in columns.node],
        "boots": list(columns.boots),
        "resets": list(columns.resets),
        "itl_current": [finding.itl_is_current for finding in findings],
        "ctl_current": [finding.ctl_is_current for finding in findings],
        "stuck": [finding.is_stuck for finding in findings],
        "stuck_reasons": [int(finding.reasons) for finding in findings],
        "remedies": [words[finding.remedies] for finding in findings],
    }
