"""Does a model document hang together? Each check looks at one question and yields problems.

The checks read the document as written, before and apart from field validation, so that all
that is wrong is reported at once. They know no release profile and no phone catalogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from twin.config.authorities import authority_problems, signed_unit_problems
from twin.config.expansion import matching, pair, site_names, spread
from twin.config.faults import Location, Problem, unknown
from twin.config.model_certificates import certificate_problems
from twin.config.model_edge import edge_problems, remote_problems
from twin.config.model_presence import presence_problems
from twin.config.model_systems import system_problems
from twin.config.raw import Row, names, repeated, rows, text, texts, whole
from twin.config.words import SERVICE_TITLES

MAX_NODES = 21
"""Servers in one cluster, all roles. Source: CUCM 15 planning text, "Cluster Size"."""

MAX_CALL_PROCESSING_NODES = 16
"""Eight primary and eight standby. Source: CUCM 15 planning text, "Cluster Size"."""

MAX_PHONES = 80_000
"""Phones the twin is built for; eight primary nodes of 10,000.
Assumption: product knowledge of the largest cluster."""

MAX_FQDN = 52
"""Longest common name of a node: ITLRECOVERY_ is put before it, and a common name has at most
64 characters. Source: RFC 5280 A.1, ub-common-name."""

_DEFAULT_OVA = 7500
_SMALLEST_OVA = 1000
_OVERRIDE = "Set unsupported_size: true to try it all the same."


def model_problems(document: Row) -> list[Problem]:
    """Everything that does not hang together in a model document as written."""
    checks = (
        _nodes, _sizes, _groups, _sites, _phones, _phone_total, _load, _surroundings,
        authority_problems, signed_unit_problems, certificate_problems, edge_problems,
        system_problems, presence_problems, _other_cluster,
    )  # fmt: skip
    return [problem for check in checks for problem in check(document)]


def _services(row: Row) -> list[tuple[int, str]]:
    """The feature services of a node by their short names, each with its position."""
    return [(index, SERVICE_TITLES.get(item, item)) for index, item in texts(row, "services")]


def _running(document: Row, service: str) -> list[str]:
    return [
        name
        for _, row in rows(document, "nodes")
        if (name := text(row, "name")) and service in [item for _, item in _services(row)]
    ]


def _site_names(document: Row) -> list[str]:
    if document.get("sites") is None:
        return ["core"]
    found: list[str] = []
    for _, row in rows(document, "sites"):
        if name := text(row, "name"):
            found += site_names(name, min(max(whole(row, "count", 1), 1), 2000))
    return found


def _nodes(document: Row) -> Iterator[Problem]:
    nodes = rows(document, "nodes")
    yield from repeated(nodes, "name", "node name")
    yield from repeated(nodes, "address", "address")
    yield from repeated(nodes, "fqdn", "common name")
    publishers = [(place, row) for place, row in nodes if row.get("role") == "publisher"]
    if nodes and not publishers:
        yield Problem(("nodes",), "no node has role publisher", "exactly one publisher")
    for location, _ in publishers[1:]:
        found = f"a second publisher beside {publishers[0][1].get('name')!r}"
        yield Problem((*location, "role"), found, "subscriber")
    sites = _site_names(document)
    for location, row in nodes:
        site = text(row, "site")
        if site is not None and site not in sites:
            yield unknown((*location, "site"), "site", site, sites)
        fqdn = text(row, "fqdn") or f"{row.get('name')}.{document.get('domain')}"
        if len(fqdn) > MAX_FQDN:
            found = f"the name {fqdn!r} has {len(fqdn)} characters"
            yield Problem((*location, "name"), found, f"at most {MAX_FQDN} with the domain")
        services = _services(row)
        for index, service in services:
            if service in [item for _, item in services[:index]]:
                yield Problem((*location, "services", index), f"{service} a second time")
            if service == "CAPF" and row.get("role") == "subscriber":
                place = (*location, "services", index)
                yield Problem(place, "CAPF on a subscriber", "CAPF on the publisher only")


def _sizes(document: Row) -> Iterator[Problem]:
    if document.get("unsupported_size") is True:
        return
    nodes = len(rows(document, "nodes"))
    if nodes > MAX_NODES:
        limit = f"at most {MAX_NODES} in a cluster"
        yield Problem(("nodes",), f"{nodes} nodes", limit, next_step=_OVERRIDE)
    calling = len(_running(document, "CallManager"))
    if calling > MAX_CALL_PROCESSING_NODES:
        limit = f"at most {MAX_CALL_PROCESSING_NODES} in a cluster"
        found = f"{calling} nodes running CallManager"
        yield Problem(("nodes",), found, limit, next_step=_OVERRIDE)


def _groups(document: Row) -> Iterator[Problem]:
    groups = rows(document, "callmanager_groups")
    yield from repeated(groups, "name", "CallManager Group")
    every, calling = names(rows(document, "nodes")), _running(document, "CallManager")
    for location, row in groups:
        members = texts(row, "members")
        for index, member in members:
            place: Location = (*location, "members", index)
            if member not in every:
                yield unknown(place, "node", member, every)
            elif member not in calling:
                yield Problem(place, f"{member!r} does not run CallManager", "a node that does")
            if member in [earlier for _, earlier in members[:index]]:
                yield Problem(place, f"{member!r} a second time", "each node once")


def _sites(document: Row) -> Iterator[Problem]:
    sites = rows(document, "sites")
    yield from repeated(sites, "name", "site")
    counted = Counter(_site_names(document))
    written = set(names(sites))
    for location, row in sites:
        name, count = text(row, "name"), whole(row, "count", 1)
        if name and 1 < count <= 2000:
            clashes = [one for one in site_names(name, count) if counted[one] > 1]
            if clashes and clashes[0] in written:
                found = f"the name {clashes[0]!r} of one of the equal sites is taken"
                yield Problem((*location, "name"), found, "another name")


def _phones(document: Row) -> Iterator[Problem]:
    phones = rows(document, "phones")
    yield from repeated(phones, "name", "population")
    sites = _site_names(document)
    groups = names(rows(document, "callmanager_groups"))
    every, serving = names(rows(document, "nodes")), _running(document, "TFTP")
    seen: dict[str, str] = {}
    for location, row in phones:
        if (row.get("count") is None) == (row.get("names") is None):
            yield Problem(location, "both count and names or neither", "one of count and names")
        yield from _reference((*location, "site"), "site", text(row, "site"), sites)
        servers = names(rows(document, "radius_servers"))
        radius = text(row, "radius")
        if radius is not None and radius not in servers:
            yield unknown((*location, "radius"), "RADIUS server", radius, servers)
        gateways = names(rows(document, "vpn_concentrators"))
        vpn = text(row, "vpn")
        if vpn is not None and vpn not in gateways:
            yield unknown((*location, "vpn"), "VPN concentrator", vpn, gateways)
        if vpn is not None and radius is not None:
            yield Problem((*location, "vpn"), "vpn beside radius", "one guard of the network")
        yield from remote_problems(location, row, document)
        if row.get("lsc") == "installed" and not _running(document, "CAPF"):
            place = (*location, "lsc")
            yield Problem(place, "an LSC, but CAPF runs nowhere", "CAPF on the publisher")
        group = text(row, "callmanager_group")
        if row.get("callmanager_group") is None and len(groups) != 1:
            found = f"no callmanager_group, and the model has {len(groups)} groups"
            yield Problem(location, found, "callmanager_group")
        place = (*location, "callmanager_group")
        yield from _reference(place, "CallManager Group", group, groups)
        for index, node in texts(row, "tftp"):
            where: Location = (*location, "tftp", index)
            if node not in every:
                yield unknown(where, "node", node, every)
            elif node not in serving:
                yield Problem(where, f"{node!r} does not run TFTP", "a node that does")
        for index, name in texts(row, "names"):
            if name in seen:
                found = f"{name} is already in {seen[name]!r}"
                yield Problem((*location, "names", index), found, "each phone once")
            seen.setdefault(name, str(row.get("name")))


def _reference(
    location: Location, noun: str, word: str | None, known: list[str]
) -> Iterator[Problem]:
    if word is None or matching(word, known):
        return
    if word.endswith("*"):
        found = f"no {noun} begins with {word[:-1]!r}"
        yield Problem(location, found, unknown(location, noun, word, known).expected)
    else:
        yield unknown(location, noun, word, known)


def _count(row: Row) -> int:
    return whole(row, "count", len(texts(row, "names")))


def _phone_total(document: Row) -> Iterator[Problem]:
    total = sum(_count(row) for _, row in rows(document, "phones"))
    if total > MAX_PHONES:
        yield Problem(("phones",), f"{total} phones together", f"at most {MAX_PHONES}")
    if total and not _running(document, "CallManager"):
        yield Problem(("nodes",), "phones but no node runs CallManager", "CallManager on a node")
    if total and not _running(document, "TFTP"):
        yield Problem(("nodes",), "phones but no node runs TFTP", "TFTP on a node")


def _load(document: Row) -> Iterator[Problem]:
    """More phones with one node as their first choice than its size class holds."""
    if document.get("unsupported_size") is True:
        return
    first = {
        name: members[0][1]
        for _, row in rows(document, "callmanager_groups")
        if (name := text(row, "name")) and (members := texts(row, "members"))
    }
    sites = _site_names(document)
    load: Counter[str] = Counter()
    for _, row in rows(document, "phones"):
        default = next(iter(first), "")
        at = matching(text(row, "site") or sites[0] if sites else "", sites)
        served_by = matching(text(row, "callmanager_group") or default, first)
        if at and served_by:
            cells = pair(at, served_by)
            shares = spread(max(_count(row), 0), len(cells))
            for (_, group), share in zip(cells, shares, strict=True):
                load[first[group]] += share
    for location, row in rows(document, "nodes"):
        name, limit = text(row, "name"), whole(row, "ova", _DEFAULT_OVA)
        if name and limit >= _SMALLEST_OVA and load[name] > limit:
            found = f"{load[name]} phones have it first in their CallManager Group"
            yield Problem(location, found, f"at most {limit} (its ova)", next_step=_OVERRIDE)


def _surroundings(document: Row) -> Iterator[Problem]:
    groups = names(rows(document, "callmanager_groups"))
    for location, row in rows(document, "device_templates"):
        place = (*location, "callmanager_group")
        name = text(row, "callmanager_group")
        if name is not None and name not in groups:
            yield unknown(place, "CallManager Group", name, groups)
    yield from repeated(rows(document, "device_templates"), "name", "device")
    yield from repeated(rows(document, "web_servers"), "name", "web server")
    every = names(rows(document, "nodes"))
    seen: set[tuple[Any, Any, Any]] = set()
    for location, row in rows(document, "trust_certificates"):
        node = text(row, "node")
        if node is not None and node not in every:
            yield unknown((*location, "node"), "node", node, every)
        entry = (row.get("unit"), node, row.get("file_name"))
        if all(isinstance(part, str | None) for part in entry) and entry in seen:
            found = f"{row.get('unit')}/{row.get('file_name')} a second time"
            yield Problem((*location, "file_name"), found, "each file once in a store")
        seen.add(entry if all(isinstance(part, str | None) for part in entry) else (0, 0, 0))


def _other_cluster(document: Row) -> Iterator[Problem]:
    """The second cluster shares the network and the names of nodes with the first."""
    other = document.get("other_cluster")
    if not isinstance(other, dict):
        return
    if rows(other, "phones"):
        yield Problem(("other_cluster", "phones"), "phones", "none: they are moved there")
    for key in ("capf", "radius_servers", "vpn_concentrators", "systems", "integrations"):
        if other.get(key):
            found = f"{key} of a second cluster"
            yield Problem(("other_cluster", key), found, "them in the first cluster only")
    if other.get("other_cluster") is not None:
        yield Problem(("other_cluster", "other_cluster"), "a third cluster", "two at most")
    if text(other, "name") is not None and text(other, "name") == text(document, "name"):
        yield Problem(("other_cluster", "name"), f"{other.get('name')!r} again", "another name")
    for key, noun in (("name", "node name"), ("address", "address")):
        taken = {text(row, key) for _, row in rows(document, "nodes")}
        for location, row in rows(other, "nodes"):
            value = text(row, key)
            if value is not None and value in taken:
                found = f"{noun} {value!r}, which the first cluster has"
                yield Problem(("other_cluster", *location, key), found, f"another {noun}")
