"""The parts of a model with IM and Presence: nodes, redundancy groups, Jabber clients, partners.

Knows words and references among them. Must not know certificates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from twin.config.faults import Problem, listed, unknown
from twin.config.fields import Document, Name
from twin.config.raw import Row, mapping, names, repeated, rows, text, texts
from twin.config.words import IMP_UNITS, Role, Unit

FIRST_CLUSTER = "imp"
ImpKeyBits = Literal[1024, 2048, 3072, 4096, 256, 384, 521]
TlsPolicy = Literal["required", "optional", "none"]


class ImpNode(Document):
    """One IM and Presence node."""

    name: Name = Field(description="Host name")
    role: Role = Field(description="Publisher or subscriber; each IM&P cluster has one publisher")
    address: str = Field(description="IPv4 address")
    cluster: Name = Field(
        default=FIRST_CLUSTER, description="IM&P cluster; two of them are intercluster peers"
    )
    site: Name | None = Field(default=None, description="Site it stands in; the first site")
    fqdn: Name | None = Field(default=None, description="Its full name; name.domain")
    key_bits: dict[Unit, ImpKeyBits] = Field(
        default_factory=dict, description="Key sizes in bits that differ from the release's"
    )
    federates: bool = Field(
        default=False, description="Whether Cisco XCP XMPP Federation Connection Manager runs"
    )


class RedundancyGroup(Document):
    """A presence redundancy group: one node, or two that take over from each other."""

    name: Name = Field(description="Name of the group")
    members: tuple[Name, ...] = Field(min_length=1, max_length=2, description="Its nodes")
    high_availability: bool = Field(default=True, description="Whether failover is enabled")


class ImClients(Document):
    """Jabber clients that are alike."""

    name: Name = Field(description="Name of the group of clients")
    count: int = Field(default=0, ge=0, le=75_000, description="How many; each has one session")
    population: Name | None = Field(
        default=None,
        description="Population of Jabber phones they are: its count, site, zone and trust",
    )
    node: Name = Field(description="IM&P node their users are assigned to")
    site: Name | None = Field(default=None, description="Where they are; the first site")
    os_trusts: tuple[Name, ...] = Field(
        default=(), description="Authorities of the model in the operating system's store"
    )
    accepts_prompts: bool = Field(
        default=False,
        description="Whether users accept a certificate that Jabber asks them about",
    )
    knows: tuple[Literal["cup-xmpp"], ...] = Field(
        default=(), description="cup-xmpp: they accepted the nodes' first certificates long ago"
    )
    mra: Name | None = Field(
        default=None, description="Traversal zone they come in by; none: they are inside"
    )


class FederationPolicy(Document):
    """What one side of an XMPP federation demands and offers."""

    tls: TlsPolicy = Field(default="optional", description="Security mode")
    client_certificates: bool = Field(
        default=False, description="Whether the other's certificate must chain to a trusted CA"
    )
    sasl_external: bool = Field(
        default=False, description="Whether domains are authenticated by their certificates"
    )
    dialback: bool = Field(default=True, description="Whether server dialback is offered")


class Federation(FederationPolicy):
    """XMPP federation of the deployment."""

    at: Literal["imp", "expressway"] = Field(
        default="imp", description="Where federated servers come in"
    )


class FederatedPartner(FederationPolicy):
    """A server of another organisation."""

    name: Name = Field(description="Its host name")
    domain: Name = Field(description="Its XMPP domain")
    signed_by: Name = Field(description="Authority of the model that signed its certificate")
    names: tuple[Name, ...] = Field(
        default=(), description="Names in its certificate; its domain, if none are given"
    )
    trusts: tuple[Name, ...] = Field(default=(), description="Authorities it trusts")


class Presence(Document):
    """IM and Presence of the deployment, beside its nodes."""

    redundancy_groups: tuple[RedundancyGroup, ...] = Field(
        default=(), description="Presence redundancy groups; a node in none stands alone"
    )
    clients: tuple[ImClients, ...] = Field(default=(), description="Jabber clients")
    signed_units: dict[Unit, Name] = Field(
        default_factory=dict,
        description="Own certificates of IM&P nodes signed by a CA before the start, by unit",
    )
    multi_server: tuple[Unit, ...] = Field(
        default=(), description="Units for which one certificate serves all nodes of a cluster"
    )
    trunk_security: Literal["tls", "tcp"] = Field(
        default="tls", description="SIP trunk between Unified CM and IM&P"
    )
    router_to_router_secure: bool = Field(
        default=True, description="Whether XCP routers of different clusters talk TLS"
    )
    dns_names: tuple[Name, ...] = Field(
        default=(), description="Names IM&P nodes resolve beside those of this model's systems"
    )
    federation: Federation = Field(default_factory=Federation, description="XMPP federation")
    partners: tuple[FederatedPartner, ...] = Field(default=(), description="Federated servers")


def presence_problems(document: Row) -> Iterator[Problem]:
    """Names used twice, clusters without a publisher, references to what is not there."""
    nodes = rows(document, "imp_nodes")
    known = names(nodes)
    yield from repeated(nodes, "name", "IM&P node")
    taken = [*names(rows(document, "nodes")), *names(rows(document, "expressways"))]
    sites = names(rows(document, "sites")) or ["core"]
    for location, row in nodes:
        if row.get("name") in taken:
            yield Problem((*location, "name"), f"{row.get('name')!r} is another's name", "another")
        yield from _among(row, location, "site", "site", sites)
    yield from _publishers(document)
    presence = mapping(document, "presence")
    authorities = names(rows(document, "certificate_authorities"))
    zones = names(rows(document, "traversal_zones"))
    populations = names(rows(document, "phones"))
    placed: Counter[str] = Counter()
    for location, row in rows(presence, "redundancy_groups"):
        for index, name in texts(row, "members"):
            place = ("presence", *location, "members", index)
            placed[name] += 1
            if name not in known:
                yield unknown(place, "IM&P node", name, known)
            elif placed[name] > 1:
                yield Problem(place, f"{name!r} a second time", "each node in one group")
    yield from repeated(rows(presence, "redundancy_groups"), "name", "redundancy group")
    clients = rows(presence, "clients")
    yield from repeated(clients, "name", "group of clients")
    for place, row in clients:
        location = ("presence", *place)
        yield from _among(row, location, "node", "IM&P node", known)
        yield from _among(row, location, "site", "site", sites)
        yield from _among(row, location, "mra", "traversal zone", zones)
        yield from _among(row, location, "population", "population", populations)
        if (row.get("count") is None) == (row.get("population") is None):
            found = "both count and population, or neither"
            yield Problem((*location, "count"), found, "one of them")
        for index, name in texts(row, "os_trusts"):
            if name not in authorities:
                where = (*location, "os_trusts", index)
                yield unknown(where, "certificate authority", name, authorities)
    for place, row in rows(presence, "partners"):
        location = ("presence", *place)
        yield from _among(row, location, "signed_by", "certificate authority", authorities)
        for index, name in texts(row, "trusts"):
            if name not in authorities:
                where = (*location, "trusts", index)
                yield unknown(where, "certificate authority", name, authorities)
    for index, unit in texts(presence, "multi_server"):
        if unit in list(Unit) and unit not in IMP_UNITS:
            where = ("presence", "multi_server", index)
            yield Problem(
                where, f"{unit}, which IM&P nodes have not", f"one of {listed(IMP_UNITS)}"
            )
    for unit, name in mapping(presence, "signed_units").items():
        if unit in list(Unit) and unit not in IMP_UNITS:
            where = ("presence", "signed_units", str(unit))
            yield Problem(
                where, f"{unit}, which IM&P nodes have not", f"one of {listed(IMP_UNITS)}"
            )
        if isinstance(name, str) and name not in authorities:
            where = ("presence", "signed_units", str(unit))
            yield unknown(where, "certificate authority", name, authorities)


def _publishers(document: Row) -> Iterator[Problem]:
    clusters: dict[str, int] = {}
    for _, row in rows(document, "imp_nodes"):
        cluster = text(row, "cluster") or FIRST_CLUSTER
        clusters[cluster] = clusters.get(cluster, 0) + (row.get("role") == "publisher")
    for cluster, publishers in clusters.items():
        if publishers != 1:
            found = f"{publishers} publishers in IM&P cluster {cluster!r}"
            yield Problem(("imp_nodes",), found, "exactly one publisher")


def _among(
    row: Row, location: tuple[str | int, ...], key: str, noun: str, known: list[str]
) -> Iterator[Problem]:
    name = text(row, key)
    if name is not None and name not in known:
        yield unknown((*location, key), noun, name, known)
