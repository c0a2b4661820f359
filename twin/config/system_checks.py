"""Do the words about systems in an experiment name what the model has?

Reads the document as written, like `experiment_checks.py`, which calls this.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.config.faults import Problem, unknown
from twin.config.model import ModelConfig
from twin.config.raw import Row, text, texts


def system_action_problems(action: str, arguments: Row, model: ModelConfig) -> Iterator[Problem]:
    """Systems, integrations and authorities that are not there."""
    systems = [system.name for system in model.systems]
    name = text(arguments, "system")
    if name is not None and name not in systems:
        yield unknown(("system",), "system", name, systems)
    for index, other in texts(arguments, "systems"):
        if other not in systems:
            yield unknown(("systems", index), "system", other, systems)
    integrations = [one.name for one in model.integrations]
    name = text(arguments, "integration")
    if name is not None and name not in integrations:
        yield unknown(("integration",), "integration", name, integrations)
    if action == "start_conference" and not systems:
        yield Problem((), f"model {model.name} has no systems around it", "a model with systems")
    if "system" not in arguments:
        return
    authorities = [one.name for one in model.certificate_authorities]
    signer = text(arguments, "authority")
    if signer is not None and signer not in authorities:
        yield unknown(("authority",), "certificate authority", signer, authorities)
    for index, name in texts(arguments, "authorities"):
        if name not in authorities:
            yield unknown(("authorities", index), "certificate authority", name, authorities)
