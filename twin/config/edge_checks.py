"""Do the words of Expressways in an experiment name what the model has?

Reads the document as written, like `experiment_checks.py`, which calls this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from twin.config.faults import Problem, unknown
from twin.config.model import ModelConfig
from twin.config.raw import Row, text, texts

_OF_AUTHORITIES = ("revoke_certificate",)
"""Words about CAs that only Expressways ask."""


def edge_action_problems(action: str, arguments: Row, model: ModelConfig) -> Iterator[Problem]:
    """Peers, systems and authorities that are not there; expressions that are none."""
    peers = [peer.name for peer in model.expressways]
    if "peer" not in arguments and action not in _OF_AUTHORITIES:
        return
    for key in ("peer", "server"):
        name = text(arguments, key)
        if name is not None and name not in peers:
            yield unknown((key,), "Expressway", name, peers)
    if action in _OF_AUTHORITIES and not peers:
        yield Problem((), "a model without an Expressway", "a model with expressways")
    owner, owners = text(arguments, "owner"), [*peers, *(one.name for one in model.sip_systems)]
    if owner is not None and owner not in owners:
        yield unknown(("owner",), "Expressway or SIP system", owner, owners)
    authorities = [one.name for one in model.certificate_authorities]
    shown = arguments.get("certificate")
    for place, row in (((), arguments), (("certificate",), shown)):
        signer = text(row, "authority") if isinstance(row, dict) else None
        if signer is not None and signer not in authorities:
            yield unknown((*place, "authority"), "certificate authority", signer, authorities)
    for key in ("authorities", "crls", "upload", "sources"):
        for index, name in texts(arguments, key):
            if name not in authorities:
                yield unknown((key, index), "certificate authority", name, authorities)
    pattern = text(arguments, "username_regex")
    if pattern is not None and _fault_of(pattern):
        yield Problem(("username_regex",), _fault_of(pattern), "a regular expression")


def _fault_of(pattern: str) -> str:
    """What is wrong with a regular expression; empty: nothing. Groups as the product writes them.

    Source: edge-presence-video 1.6: `(?<name>...)`.
    """
    try:
        re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern))
    except re.error as error:
        return f"{pattern!r}: {error}"
    return ""
