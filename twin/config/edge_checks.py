"""Do the words of Expressways in an experiment name what the model has?

Reads the document as written, like `experiment_checks.py`, which calls this.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.config.faults import Problem, unknown
from twin.config.model import ModelConfig
from twin.config.raw import Row, text, texts


def edge_action_problems(arguments: Row, model: ModelConfig) -> Iterator[Problem]:
    """Peers and authorities that are not there."""
    peers = [peer.name for peer in model.expressways]
    for key in ("peer", "server"):
        name = text(arguments, key)
        if name is not None and name not in peers and "peer" in arguments:
            yield unknown((key,), "Expressway", name, peers)
    if "peer" not in arguments:
        return
    authorities = [one.name for one in model.certificate_authorities]
    signer = text(arguments, "authority")
    if signer is not None and signer not in authorities:
        yield unknown(("authority",), "certificate authority", signer, authorities)
    for index, name in texts(arguments, "authorities"):
        if name not in authorities:
            yield unknown(("authorities", index), "certificate authority", name, authorities)
