"""What checks look at: clusters and runs, each made once.

Knows: how to make them. Must not know what is asked of them. A cluster that is handed out here may
be looked at, not stepped: whoever steps one makes it with `twin.cluster.twin.Twin`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from twin.api import RunResult, run
from twin.cluster.twin import Twin
from twin.pki import trust_list
from twin.pki.trust_list import TrustList


@lru_cache(maxsize=16)
def cluster(model: str, release: str | None = None) -> Twin:
    """A bundled model at its start, to be looked at."""
    return Twin(model, release=release)


def itl_bytes(model: str, release: str | None = None, node: str = "pub") -> bytes:
    """The ITL a node serves at the start."""
    return cluster(model, release).file(node, trust_list.ITL_NAME)


def itl(model: str, release: str | None = None, node: str = "pub") -> TrustList:
    """The same, read."""
    return trust_list.decode(itl_bytes(model, release, node))


def ran(experiment: str, model: str | None = None, **changes: Any) -> RunResult:
    """A bundled experiment as run; `timing__p_busy=0` stands for timing.p_busy=0."""
    return _ran(experiment, model, tuple(sorted(changes.items())))


@lru_cache(maxsize=16)
def _ran(experiment: str, model: str | None, changes: tuple[tuple[str, Any], ...]) -> RunResult:
    return run(
        experiment, model=model, set={name.replace("__", "."): value for name, value in changes}
    )
