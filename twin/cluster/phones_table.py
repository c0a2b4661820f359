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
    itl_current (holds the ITL its TFTP node serves now), stuck, stuck_reasons
    (`twin.phones.outcomes.Reason`), remedies (joined by `REMEDY_SEPARATOR`).
    """
    columns = cluster.population
    groups = [columns.group(phone) for phone in range(columns.size)]
    names = {node.index: node.name for node in cluster.nodes.values()}
    return {
        "name": list(columns.names),
        "model": [group.model for group in groups],
        "site": [cluster.network.sites[group.site].name for group in groups],
        "callmanager_group": [group.callmanager_group for group in groups],
        "protocol": [group.protocol for group in groups],
        "population": [group.population for group in groups],
        "initial_state": list(columns.initial_state),
        "state": list(columns.state),
        "node": [names.get(node, "") for node in columns.node],
        "boots": list(columns.boots),
        "resets": list(columns.resets),
        "itl_current": [finding.itl_is_current for finding in findings],
        "stuck": [finding.is_stuck for finding in findings],
        "stuck_reasons": [int(finding.reasons) for finding in findings],
        "remedies": [REMEDY_SEPARATOR.join(finding.remedies) for finding in findings],
    }
