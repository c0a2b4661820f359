"""An operator action's fields as the words that a runbook's lines are filled with.

Knows: actions and models. Must not know any menu path (`models/runbook.yaml`).
"""

from __future__ import annotations

from typing import Any

from twin.config.actions import Selector
from twin.config.load import RunConfig
from twin.config.steps import Step
from twin.config.words import SERVICE_TITLES, Service

BUTTONS = {"start_service": "Start", "stop_service": "Stop", "restart_service": "Restart"}
PARAMETERS = {
    "rollback_to_pre_8": "Prepare Cluster for Rollback to pre 8.0",
    "phone_interaction_on_certificate_update": "Phone Interaction on Certificate Update",
    "tftp_file_signature_algorithm": "TFTP File Signature Algorithm",
}
"""Enterprise parameters by the name of the page. Source: Security Guide for CUCM 15."""

_TITLES = {service: title for title, service in SERVICE_TITLES.items()}
_NODE_FIELDS = ("node", "certificate_of")


def fields_in_words(step: Step, config: RunConfig) -> dict[str, str]:
    """Every field of a step's action in words, nodes by their own names, and what the model says.

    A field without a value is an empty word.
    """
    action, model = step.action, config.model
    said = {name: _words(getattr(action, name)) for name in type(action).model_fields}
    for name in _NODE_FIELDS:
        if said.get(name):
            said[name] = _node(said[name], config)
    if "select" in said:
        said["select"] = selection(getattr(action, "select", None))
    said["publisher"] = model.publisher.name
    said["tftp_nodes"] = ", ".join(node.name for node in model.nodes_running(Service.TFTP))
    if step.kind in BUTTONS:
        said["service_title"] = _TITLES[Service(said["service"])]
        said["service_button"] = BUTTONS[step.kind]
        said["service_word"] = BUTTONS[step.kind].lower()
    if step.restart_after is not None:
        asked = config.release.restart_services.get(step.restart_after.unit, ())
        said["services"] = ", ".join(asked) or "nothing"
    if step.set_enterprise_parameter is not None:
        said["parameter_title"] = PARAMETERS[step.set_enterprise_parameter.name]
    return said


def selection(selector: Selector | None) -> str:
    """Which phones are meant, in words."""
    if selector is None:
        return "all phones"
    said = []
    if selector.phones is not None:
        said.append(", ".join(selector.phones))
    for field, words in (
        ("site", "at site"), ("model", "of model"), ("population", "of population"),
        ("callmanager_group", "of CallManager Group"), ("node", "registered to"),
    ):  # fmt: skip
        value = getattr(selector, field)
        if value is not None:
            said.append(f"{words} {value}")
    if selector.registered is not None:
        said.append("registered now" if selector.registered else "not registered now")
    what = "phones " + ", ".join(said) if said else "all phones"
    if selector.share is not None:
        return f"{selector.share:.0%} of {what}"
    return what if selector.count is None else f"{selector.count:,} of {what}"


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, tuple):
        return ", ".join(_words(one) for one in value)
    return str(value).replace("_", " ") if not isinstance(value, Selector) else ""


def _node(name: str, config: RunConfig) -> str:
    """A node's own name; one of another cluster, or of IM and Presence, is that already."""
    try:
        return config.model.resolve_node(name)
    except KeyError:
        return name
