"""Do the words of an experiment fit the IM and Presence nodes of its model?

Reads the document as written, like `experiment_checks.py`, which calls this.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.config.faults import Problem, listed, unknown
from twin.config.model import ModelConfig
from twin.config.raw import Row, mapping, text, texts
from twin.config.words import (
    PLATFORM_SERVICES,
    PRESENCE_SERVICES,
    SERVICE_TITLES,
    Service,
)

_FOR_ANY_NODE = (
    "regenerate", "generate_csr", "sign_csr", "upload_identity", "upload_trust", "delete_trust",
    "start_service", "stop_service", "restart_service", "node", "replication",
    "upload_expressway_trust", "rename", "replace_node",
)  # fmt: skip
"""Words whose node may be an IM&P node."""
_FOR_ANY_CLUSTER = ("backup", "restore", "upgrade")
"""Words that may name an IM&P cluster, or several nodes of one."""


def presence_action_problems(action: str, arguments: Row, model: ModelConfig) -> Iterator[Problem]:
    """Groups that are not there, services of the other product, words for Unified CM only."""
    if action == "redundancy_group":
        known = [group.name for group in model.presence.redundancy_groups]
        name = text(arguments, "group")
        if name is not None and name not in known:
            yield unknown(("group",), "redundancy group", name, known)
        return
    imp = {one.name: one for one in model.imp_nodes}
    clusters = list(dict.fromkeys(one.cluster for one in model.imp_nodes))
    named = text(arguments, "cluster")
    if action in _FOR_ANY_CLUSTER and named is not None and named not in clusters:
        yield unknown(("cluster",), "IM&P cluster", named, clusters)
    of = [imp[name].cluster if name in imp else "" for _, name in texts(arguments, "nodes")]
    if len(set(of)) > 1:
        yield Problem(("nodes",), "nodes of several clusters", "nodes of one cluster")
    for index, name in texts(arguments, "nodes"):
        if name in imp and action not in _FOR_ANY_CLUSTER:
            yield Problem(("nodes", index), f"{action} on an IM&P node", "a Unified CM node")
    for key in ("select", "phones"):
        if text(mapping(arguments, key), "node") in imp:
            yield Problem((key, "node"), "phones of an IM&P node", "a Unified CM node")
    node = imp.get(text(arguments, "node") or "")
    if node is not None and action not in _FOR_ANY_NODE:
        yield Problem(("node",), f"{action} on an IM&P node", "a Unified CM node")
        return
    written = text(arguments, "service") or ""
    service = SERVICE_TITLES.get(written, written)
    if service not in list(Service):
        return
    if node is None:
        if service in PRESENCE_SERVICES and text(arguments, "node") in model.node_aliases:
            yield Problem(("service",), f"{service} on a Unified CM node", "an IM&P node")
        return
    runs = [
        name for name in (*PRESENCE_SERVICES, *PLATFORM_SERVICES)
        if node.federates or name is not Service.XCP_FEDERATION
    ]  # fmt: skip
    if service not in runs:
        yield Problem(("service",), f"{service} on {node.name}", f"one of {listed(runs)}")
