"""The parts of a model at the edge: Expressway peers, zones, Unified Communications.

Knows words and references among them. Must not know certificates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from twin.config.authorities import UsageWord
from twin.config.expressway import ExpresswayVersion
from twin.config.faults import Location, Problem, unknown
from twin.config.fields import Document, Label, Name, SubjectText
from twin.config.raw import Row, names, repeated, rows, text, texts
from twin.config.words import ExpresswayRole

OwnUnit = Literal["tomcat", "CallManager", "cup-xmpp"]
TRUST_WORDS = ("tomcat", "CallManager", "cup-xmpp")
"""In a list of trusted CAs: the own certificates of every CUCM node (cup-xmpp: of every IM&P node),
or of a CA's name."""


class ServerCertificate(Document):
    """The server certificate an Expressway peer starts with."""

    signed_by: Name | None = Field(
        default=None, description="Certificate authority of the model; none: the factory default"
    )
    key_bits: Literal[1024, 2048, 4096] = Field(default=2048, description="RSA key size, bits")
    names: tuple[Name, ...] = Field(
        default=(), description="Alternative names beside those its features call for"
    )
    lacks: tuple[Name, ...] = Field(
        default=(), description="Names its features call for that were forgotten"
    )
    drops: tuple[UsageWord, ...] = Field(
        default=(), description="Usages left out, beside those of the CA's template"
    )
    age_days: int = Field(default=100, ge=-36_500, le=36_500, description="Age at the start, days")


class Expressway(Document):
    """One Expressway peer."""

    name: Name = Field(description="Host name")
    role: ExpresswayRole = Field(description="core (Expressway-C) or edge (Expressway-E)")
    address: str = Field(description="IPv4 address")
    release: ExpresswayVersion = Field(default="X8.7", description="Release, e.g. X8.7")
    site: Name | None = Field(default=None, description="Site it stands in; the first site")
    cluster: Name | None = Field(
        default=None, description="FQDN of the cluster it is a peer of; none: it stands alone"
    )
    certificate: ServerCertificate = Field(
        default_factory=ServerCertificate, description="Its server certificate"
    )
    trusts: tuple[Name, ...] = Field(
        default=(),
        description="Its trusted CA list: authorities of the model by name, or tomcat and "
        "CallManager for the certificates of every node",
    )
    same_name: Literal["last", "first"] = Field(
        default="last",
        description="Which of several self-signed anchors of one CN counts, by order of appending; "
        "that only one does is documented, which one is not",
    )


class SipSystem(Document):
    """A SIP system outside: a partner's edge, a bridge, another vendor's server."""

    name: Name = Field(description="Name used in zones")
    fqdn: Name = Field(description="Name by which zones look for it")
    common_name: SubjectText | None = Field(
        default=None, description="CN of its certificate; its FQDN"
    )
    site: Name | None = Field(default=None, description="Site it stands in; the first site")
    signed_by: Name = Field(description="Certificate authority of the model that signed it")
    names: tuple[Name, ...] = Field(
        default=(), description="Alternative names in its certificate; its FQDN, if none"
    )
    drops: tuple[UsageWord, ...] = Field(
        default=(), description="Usages left out, beside those of the CA's template"
    )
    age_days: int = Field(default=100, ge=-36_500, le=36_500, description="Age at the start, days")
    verifies: bool = Field(
        default=True, description="Whether it wants a certificate of the other side, and judges it"
    )
    trusts: tuple[Name, ...] = Field(default=(), description="Authorities of the model it trusts")


class NeighborZone(Document):
    """A neighbor zone of an Expressway over TLS."""

    name: Label = Field(description="Name of the zone")
    peer: Name = Field(description="Expressway peer that has the zone")
    system: Name = Field(description="SIP system at its other end")
    tls_verify: bool = Field(default=True, description="TLS verify mode of the zone")
    direction: Literal["outbound", "inbound"] = Field(
        default="outbound", description="Which side opens the connection, seen from the peer"
    )


class TraversalZone(Document):
    """A Unified Communications traversal zone: every client peer connects to every server peer."""

    name: Label = Field(description="Name of the zone")
    clients: tuple[Name, ...] = Field(min_length=1, description="Expressway-C peers")
    servers: tuple[Name, ...] = Field(min_length=1, description="Expressway-E peers")
    port: int = Field(default=7001, ge=1024, le=65_535, description="SIP port on the Expressway-E")
    peer_address: Literal["fqdn", "ip"] = Field(
        default="fqdn", description="How the client side names its peers"
    )
    verify_name: Name | None = Field(
        default=None,
        description="TLS verify subject name on the server side; the clients' cluster or own FQDN",
    )


class UnifiedCommunications(Document):
    """Mobile and Remote Access of the deployment."""

    domains: tuple[Name, ...] = Field(
        default=(), description="Registration domains; by default the cluster's domain"
    )
    domain_format: Literal["dns", "collab_edge_dns"] = Field(
        default="collab_edge_dns",
        description="How a domain is written into the Expressway-E's certificate",
    )
    tls_verify: bool = Field(
        default=True, description="TLS verify mode of the discovery of CUCM nodes"
    )
    security_profiles: tuple[Name, ...] = Field(
        default=(), description="Phone security profiles in encrypted mode used from outside"
    )
    chat_node_aliases: tuple[Name, ...] = Field(
        default=(), description="Chat node aliases of IM&P that federated contacts use"
    )
    federation_domains: tuple[Name, ...] = Field(
        default=(), description="Domains federated by XMPP at the Expressway-E"
    )


def edge_problems(document: Row) -> Iterator[Problem]:
    """Names used twice and references to what is not there."""
    peers = rows(document, "expressways")
    yield from repeated(peers, "name", "Expressway")
    authorities = names(rows(document, "certificate_authorities"))
    sites = names(rows(document, "sites")) or ["core"]
    taken = names(rows(document, "nodes"))
    roles: dict[str, object] = {}
    for location, row in peers:
        roles[str(row.get("name"))] = row.get("role")
        if row.get("name") in taken:
            yield Problem((*location, "name"), f"{row.get('name')!r} is a node's name", "another")
        site = text(row, "site")
        if site is not None and site not in sites:
            yield unknown((*location, "site"), "site", site, sites)
        for index, word in texts(row, "trusts"):
            if word not in (*authorities, *TRUST_WORDS):
                known = [*authorities, *TRUST_WORDS]
                yield unknown((*location, "trusts", index), "authority", word, known)
        certificate = row.get("certificate")
        signer = text(certificate, "signed_by") if isinstance(certificate, dict) else None
        if signer is not None and signer not in authorities:
            place = (*location, "certificate", "signed_by")
            yield unknown(place, "certificate authority", signer, authorities)
    systems = rows(document, "sip_systems")
    yield from repeated(systems, "name", "SIP system")
    for location, row in systems:
        signer, site = text(row, "signed_by"), text(row, "site")
        if signer is not None and signer not in authorities:
            place = (*location, "signed_by")
            yield unknown(place, "certificate authority", signer, authorities)
        for index, word in texts(row, "trusts"):
            if word not in authorities:
                yield unknown((*location, "trusts", index), "authority", word, authorities)
        if site is not None and site not in sites:
            yield unknown((*location, "site"), "site", site, sites)
        if row.get("name") in (*taken, *roles):
            found = f"{row.get('name')!r} is a node's or an Expressway's name"
            yield Problem((*location, "name"), found, "another")
    neighbors = rows(document, "neighbor_zones")
    yield from repeated(neighbors, "name", "zone")
    for location, row in neighbors:
        for key, known in (("peer", list(roles)), ("system", names(systems))):
            name = text(row, key)
            if name is not None and name not in known:
                yield unknown((*location, key), key, name, known)
    zones = rows(document, "traversal_zones")
    yield from repeated(zones, "name", "zone")
    for location, row in zones:
        for key, role in (("clients", "core"), ("servers", "edge")):
            for index, name in texts(row, key):
                if name not in roles:
                    yield unknown((*location, key, index), "Expressway", name, list(roles))
                elif roles[name] != role:
                    found = f"{name!r} has role {roles[name]}"
                    yield Problem((*location, key, index), found, f"a peer of role {role}")


def remote_problems(location: Location, row: Row, document: Row) -> Iterator[Problem]:
    """Phones that sign in from outside: their zone, their site, their security profile."""
    zone = text(row, "mra")
    if zone is None:
        return
    zones = names(rows(document, "traversal_zones"))
    if zone not in zones:
        yield unknown((*location, "mra"), "traversal zone", zone, zones)
    for key in ("vpn", "radius"):
        if row.get(key) is not None:
            yield Problem((*location, "mra"), f"mra beside {key}", "one way into the network")
    site = text(row, "site")
    first = next(iter(names(rows(document, "sites"))), "core")
    inside = {text(node, "site") or first for _, node in rows(document, "nodes")}
    inside |= {
        text(other, "site") or first
        for _, other in rows(document, "phones")
        if other.get("mra") is None
    }
    if (site or first) in inside:
        found = f"site {site or first!r}, where nodes or other phones are"
        yield Problem((*location, "site"), found, "a site of its own, outside")
    is_secure = row.get("security_mode", "non_secure") != "non_secure"
    if is_secure and row.get("security_profile") is None:
        found = "a secure phone outside without the name of its profile"
        yield Problem((*location, "security_profile"), found, "a name such as secure.example.com")
    authorities = names(rows(document, "certificate_authorities"))
    for index, name in texts(row, "os_trusts"):
        if name not in authorities:
            place = (*location, "os_trusts", index)
            yield unknown(place, "certificate authority", name, authorities)
