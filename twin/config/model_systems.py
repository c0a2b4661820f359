"""The parts of a model around its cluster: systems of other products, and what connects them.

Knows words and references among them. Must not know certificates, nor what a product does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from twin.config.faults import Problem, unknown
from twin.config.fields import Document, Label, Name, SubjectText
from twin.config.model_edge import TRUST_WORDS
from twin.config.products import CUCM, VerificationWord
from twin.config.raw import Row, names, repeated, rows, text, texts
from twin.config.words import TrustUnit

CAPF = "CAPF"
"""In a list of trusted certificates: the publisher's CAPF."""
SIP_TLS_PORT = 5061
"""Of every kind with X.509 subjects, unless the integration says otherwise."""


class SystemCertificate(Document):
    """The certificate a system starts with."""

    signed_by: Name | None = Field(
        default=None,
        description="Certificate authority of the model, or CAPF; none: what it ships with",
    )
    common_name: SubjectText | None = Field(
        default=None, description="CN of its subject; its host name and the domain"
    )
    key_bits: Literal[1024, 2048, 4096] = Field(default=2048, description="RSA key size, bits")
    names: tuple[Name, ...] = Field(
        default=(), description="Alternative names beside those it is called by"
    )
    lacks: tuple[Name, ...] = Field(
        default=(), description="Names it is called by that were forgotten"
    )
    age_days: int = Field(default=100, ge=-36_500, le=36_500, description="Age at the start, days")


class System(Document):
    """A system of another product."""

    name: Name = Field(description="Host name")
    product: Name = Field(description="Product of the catalogue, e.g. conductor, mcu, cube")
    site: Name | None = Field(default=None, description="Site it stands in; the first site")
    virtual_names: tuple[Name, ...] = Field(
        default=(), description="Names of virtual addresses it answers at, e.g. of a Conductor"
    )
    certificate: SystemCertificate = Field(
        default_factory=SystemCertificate, description="Its certificate"
    )
    trusts: dict[str, tuple[Name, ...]] | tuple[Name, ...] = Field(
        default=(),
        description="Its trust store, or each store by name: authorities of the model, other "
        "systems, tomcat and CallManager for the certificates of every node, CAPF",
    )
    trusted_in: tuple[TrustUnit, ...] = Field(
        default=(), description="Trust stores of every node that hold its certificate at the start"
    )
    verification: VerificationWord | None = Field(
        default=None, description="Whom it verifies: none, outgoing, both; as shipped"
    )
    key_readable: bool = Field(
        default=True, description="Whether its service account may read the private key"
    )
    secure_srst: bool = Field(
        default=False, description="Whether it is the secure SRST reference of its site's phones"
    )


class Integration(Document):
    """A connection between the cluster and systems, or between systems."""

    name: Label = Field(description="Name of the integration, e.g. of the trunk")
    kind: Name = Field(description="Kind of the catalogue, e.g. sip_trunk, axl, conference_bridge")
    clients: tuple[Name, ...] = Field(
        min_length=1, description="Who opens connections: cucm for every node, or systems"
    )
    servers: tuple[Name, ...] = Field(
        min_length=1, description="Who answers: cucm for every node, or systems"
    )
    address: Name | None = Field(
        default=None, description="Name by which the server is called; its host name with domain"
    )
    subjects: tuple[Name, ...] = Field(
        default=(), description="X.509 subjects that CUCM accepts of the other; none: any"
    )
    port: int | None = Field(default=None, ge=1, le=65_535, description="Port; the kind's")


def system_problems(document: Row) -> Iterator[Problem]:
    """Names used twice, references to what is not there, subjects listed twice on a port."""
    systems = rows(document, "systems")
    yield from repeated(systems, "name", "system")
    authorities = names(rows(document, "certificate_authorities"))
    sites = names(rows(document, "sites")) or ["core"]
    others = ("nodes", "expressways", "sip_systems")
    taken = [CUCM, *(name for key in others for name in names(rows(document, key)))]
    known = names(systems)
    for location, row in systems:
        if row.get("name") in taken:
            yield Problem((*location, "name"), f"{row.get('name')!r} is taken", "another name")
        site = text(row, "site")
        if site is not None and site not in sites:
            yield unknown((*location, "site"), "site", site, sites)
        words = [*authorities, *TRUST_WORDS, CAPF, *known]
        found = row.get("trusts")
        stores = found if isinstance(found, dict) else {"": found}
        for store, listed in stores.items():
            for index, word in texts({"trusts": listed}, "trusts"):
                if word not in words:
                    place = (*location, "trusts", *([store] if store else []), index)
                    yield unknown(place, "authority or system", word, words)
        certificate = row.get("certificate")
        signer = text(certificate, "signed_by") if isinstance(certificate, dict) else None
        if signer is not None and signer not in (*authorities, CAPF):
            place = (*location, "certificate", "signed_by")
            yield unknown(place, "certificate authority", signer, [*authorities, CAPF])
    yield from _gateways(document)
    yield from _integrations(document, [*known, CUCM])


def _gateways(document: Row) -> Iterator[Problem]:
    """A site has one SRST reference, if it has SRST at all."""
    sites = rows(document, "sites")
    first = next(iter(names(sites)), "core")
    with_srst = [row.get("name") for _, row in sites if row.get("srst") is True]
    served: list[str] = []
    for location, row in rows(document, "systems"):
        if row.get("secure_srst") is not True:
            continue
        site = text(row, "site") or first
        if site in served:
            found = f"a second SRST reference of site {site!r}"
            yield Problem((*location, "secure_srst"), found, "one for a site")
        elif site not in with_srst:
            found = f"secure_srst at site {site!r}, which has no SRST"
            yield Problem((*location, "secure_srst"), found, "srst: true of the site")
        served.append(site)


def _integrations(document: Row, ends: list[str]) -> Iterator[Problem]:
    integrations = rows(document, "integrations")
    yield from repeated(integrations, "name", "integration")
    listed: dict[tuple[str, object], str] = {}
    for location, row in integrations:
        for key in ("clients", "servers"):
            for index, name in texts(row, key):
                if name not in ends:
                    yield unknown((*location, key, index), "system", name, ends)
        both = {name for key in ("clients", "servers") for _, name in texts(row, key)}
        if both == {CUCM}:
            yield Problem(location, "cucm on both ends", "a system on one end")
        for index, subject in texts(row, "subjects"):
            place = (subject.lower(), row.get("port") or SIP_TLS_PORT)
            other = listed.setdefault(place, str(row.get("name")))
            if other != row.get("name"):
                found = f"subject {subject!r}, which {other!r} has on the same port"
                yield Problem((*location, "subjects", index), found, "a subject of its own")
