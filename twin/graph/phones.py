"""What a change would do to phones: who could not follow, and who outside would find no way in.

Knows: what would be served after a regeneration, and which legs a phone outside needs. Must not
know the rules by which phones judge (`twin.phones`, `twin.cluster.mra`): they are asked.

Stuck is what it is in a run (DECISIONS 13): the phone could not accept the list and the signed
configuration that it would be served, by its own lists or by a TVS it can reach and knows.
Assumption: every service concerned has been restarted, and phones ask once that is so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from twin.cluster.cluster import Cluster
from twin.cluster.prospects import after_deletion, after_regeneration
from twin.graph.changes import Place, entries_gone
from twin.phones.prospects import Prospect
from twin.pki.certificates import Certificate

Up = Collection[tuple[str, str, str]]
"""Kind, client and server of legs that are up."""


class Fate(StrEnum):
    """What becomes of a phone that is well now."""

    STUCK = "stuck"
    SHUT_OUT = "no way in"


@dataclass(frozen=True, slots=True)
class PhoneEffect:
    """Phones of a population that a change would harm."""

    population: str
    fate: Fate
    phones: tuple[str, ...]
    """Their device names."""


def stuck_after(cluster: Cluster, places: Sequence[Place]) -> list[PhoneEffect]:
    """Who follows what is served now, and would not follow what would be served then."""
    made = {
        (place.system, place.unit): cluster.nodes[place.system].certificates.preview(place.unit)
        for place in places
        if place.system in cluster.nodes
    }
    return _stuck(cluster, after_regeneration(cluster, made)) if made else []


def stuck_without(
    cluster: Cluster, certificates: Sequence[Certificate], system: str
) -> list[PhoneEffect]:
    """The same when certificates are deleted from every trust store of a system, or of all."""
    gone = {one: entries_gone(cluster, one, system) for one in certificates}
    return _stuck(cluster, after_deletion(cluster, gone)) if any(gone.values()) else []


def _stuck(cluster: Cluster, then: Prospect) -> list[PhoneEffect]:
    now_ms = cluster.simulation.now_ms
    now = cluster.stuck.would_follow(now_ms, after_regeneration(cluster, {}))
    follows = zip(now, cluster.stuck.would_follow(now_ms, then), strict=True)
    harmed = (phone for phone, (was, would) in enumerate(follows) if was and not would)
    return _by_population(cluster, Fate.STUCK, harmed)


def shut_out(cluster: Cluster, before: Up, after: Up) -> list[PhoneEffect]:
    """Who outside has a way to a registration over the legs of before, and none over the others."""
    access = cluster.mra
    if access is None:
        return []
    return _by_population(
        cluster,
        Fate.SHUT_OUT,
        (
            phone
            for phone in range(cluster.population.size)
            if access.is_outside(phone)
            and not access.is_shut_out(phone, _stands(before))
            and access.is_shut_out(phone, _stands(after))
        ),
    )


def _stands(up: Up) -> Callable[[str, str, str], bool]:
    return lambda kind, client, server: (kind, client, server) in up


def _by_population(cluster: Cluster, fate: Fate, phones: Iterable[int]) -> list[PhoneEffect]:
    columns = cluster.population
    found: dict[str, list[str]] = {}
    for phone in phones:
        found.setdefault(columns.group(phone).population, []).append(columns.names[phone])
    return [PhoneEffect(name, fate, tuple(names)) for name, names in sorted(found.items())]
