"""IM and Presence of a model: its nodes, their connections, Jabber's sessions, federation.

Knows: what is made in which order. Must not know what any of them does.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.cluster.edge import Edge
from twin.cluster.presence_federation import Federations
from twin.cluster.presence_legs import EXPRESSWAY, PresenceLegs
from twin.cluster.presence_logins import Group, Logins
from twin.cluster.presence_nodes import Ground, ImpCluster, make_clusters
from twin.cluster.presence_sessions import Sessions, out_of
from twin.config.load import load_presence
from twin.config.model_presence import ImClients
from twin.config.release import ReleaseProfile
from twin.config.timing import TimingProfile
from twin.nodes.legs import Leg
from twin.nodes.presence.node import PresenceNode
from twin.nodes.presence.redundancy import RedundancyGroup
from twin.pki.certificates import Certificate


class Presence:
    """What a model with IM and Presence has beside its cluster."""

    def __init__(
        self,
        ground: Ground,
        clusters: dict[str, ImpCluster],
        edge: Edge | None,
        timing: TimingProfile,
    ) -> None:
        self.clusters = clusters
        self.nodes: dict[str, PresenceNode] = {
            name: node for cluster in clusters.values() for name, node in cluster.nodes.items()
        }
        if edge is not None:
            for config in ground.model.expressways:
                if "cup-xmpp" in config.trusts:
                    edge.peers[config.name].ca_list.append(self.first_certificates("cup-xmpp"))
        self.legs = PresenceLegs(ground, clusters, edge)
        self.federations = Federations(ground, clusters, edge, self.legs.handshakes)
        presence = ground.model.presence
        groups = [self._group(_of_phones(config, ground), ground) for config in presence.clients]
        self.groups = {
            config.name: RedundancyGroup(
                config.name, [self.nodes[name] for name in config.members],
                config.high_availability,
            )
            for config in presence.redundancy_groups
        }  # fmt: skip
        named = {
            member: self.groups[config.name]
            for config in presence.redundancy_groups
            for member in config.members
        }
        clock = next(iter(self.nodes.values())).host
        self.clients = groups
        self.logins = Logins(ground, self.legs, edge)
        self.sessions = Sessions(
            groups, self.nodes, out_of(groups, self.nodes) | named, self.logins, clock,
            ground.streams, timing,
        )  # fmt: skip
        inward = [one for one in self.legs.connections if one.leg.kind == EXPRESSWAY]
        for connection in [] if edge is None else [*edge.connections, *inward]:
            connection.on_change.append(self.sessions.look_at_paths)
        for peer in {} if edge is None else edge.peers.values():
            peer.on_change.append(self.sessions.something_changed)

    def first_certificates(self, unit: str) -> list[Certificate]:
        """What the nodes beside the model's own CUCM cluster have for a unit now."""
        first = next(iter(self.clusters.values()))
        return [node.files.own[unit].certificate for node in first.nodes.values()]

    def cluster_of(self, node: str) -> ImpCluster:
        """The IM&P cluster of a node."""
        return self.clusters[self.nodes[node].cluster]

    def look_at_paths(self) -> None:
        """A path was cut or restored, or a node went or came."""
        self.legs.look_at_paths()
        self.federations.look()
        self.sessions.look_at_paths()

    def client_legs(self) -> Iterator[Leg]:
        """The TLS legs with which logins of every group of clients begin."""
        for group in self.clients:
            yield from self.logins.legs(group, self.nodes[group.config.node])

    def _group(self, config: ImClients, ground: Ground) -> Group:
        anchors = tuple(ground.authorities.get(name).certificate for name in config.os_trusts)
        site = ground.network.index[config.site or ground.model.sites[0].name]
        group = Group(config, ground.host(config.name), site, anchors)
        if "cup-xmpp" in config.knows:
            group.accepted += self.first_certificates("cup-xmpp")
        return group


def assemble_presence(
    ground: Ground, edge: Edge | None, release: ReleaseProfile, timing: TimingProfile
) -> Presence | None:
    """IM and Presence of a model; None if it has no such node."""
    clusters = make_clusters(ground, load_presence(), release)
    return Presence(ground, clusters, edge, timing) if clusters else None


def _of_phones(config: ImClients, ground: Ground) -> ImClients:
    """Clients that are phones of a population, too, share its count, zone and trust.

    Assumption: clients of a population that is spread over sites have the path of the first site.
    """
    model = ground.model
    parts = [part for part in model.phones if part.group == config.population]
    if not parts:
        return config
    trusts = parts[0].os_trusts
    if trusts is None:
        trusts = tuple(one.name for one in model.certificate_authorities if one.kind == "public")
    return config.model_copy(
        update={
            "count": sum(part.count for part in parts),
            "site": parts[0].site,
            "mra": parts[0].mra,
            "os_trusts": trusts,
        }
    )
