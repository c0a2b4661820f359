"""Do the words of an experiment fit the IM and Presence nodes of its model?

Reads the document as written, like `experiment_checks.py`, which calls this.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.config.faults import Problem, listed, unknown
from twin.config.model import ModelConfig
from twin.config.raw import Row, text
from twin.config.words import (
    PLATFORM_SERVICES,
    PRESENCE_SERVICES,
    SERVICE_TITLES,
    Service,
)

_UNIFIED_CM_ONLY = (
    "replace_node", "rename", "https_request", "sso_login", "exchange_metadata", "run_monitor",
)  # fmt: skip
"""Words with a node that are not built for IM&P nodes."""


def presence_action_problems(action: str, arguments: Row, model: ModelConfig) -> Iterator[Problem]:
    """Groups that are not there, services of the other product, words for Unified CM only."""
    if action == "redundancy_group":
        known = [group.name for group in model.presence.redundancy_groups]
        name = text(arguments, "group")
        if name is not None and name not in known:
            yield unknown(("group",), "redundancy group", name, known)
        return
    node = next((one for one in model.imp_nodes if one.name == text(arguments, "node")), None)
    if node is not None and action in _UNIFIED_CM_ONLY:
        yield Problem(("node",), f"{action} on an IM&P node", "a Unified CM node")
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
