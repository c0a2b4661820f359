"""Which nodes a cluster has: names, addresses, roles and services, out of every kind of capture.

Knows the tables processnode, processnodeservice, callmanager and certificate, the roles of list
records and the names in certificates. Every choice that no capture makes is a line of the report.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.errors import Fault, InputError
from twin.importer.draft import Draft, DraftNode, as_name, is_address
from twin.importer.evidence import Evidence, Place, Report
from twin.pki.list_record import Role

_NO_NODE = "enterprisewidedata"
_SERVICES = {
    "cisco callmanager": "CallManager",
    "cisco tftp": "TFTP",
    "cisco certificate authority proxy function": "CAPF",
}
_OWN_UNITS = ("CallManager", "tomcat", "ipsec", "TVS")


def merge_nodes(evidence: Evidence) -> Draft:
    """The nodes with their roles, addresses and services.

    Raises:
        InputError: nothing in the folder names a node.
    """
    draft, report = Draft(), evidence.report
    for name, place, what in _named(evidence):
        label = name if is_address(name) else name.partition(".")[0]
        if draft.named(name) is None and draft.named(as_name(label)) is None:
            label = name if is_address(name) else name.partition(".")[0]
            node = DraftNode(as_name(label), str(place))
            node.fqdn = "" if is_address(name) or "." not in name else name
            node.address = name if is_address(name) else ""
            draft.nodes.append(node)
            report.read(f"node {node.name}", what, str(place))
        elif "." in name and not is_address(name):
            known = draft.named(name)
            if known is not None and not known.fqdn:
                known.fqdn = name
    if not draft.nodes:
        raise InputError(
            Fault(
                "import",
                "nothing in the folder names a node",
                "a listing of processnode, certificates of nodes, or show itl",
            )
        )
    _roles(evidence, draft)
    _addresses(evidence, draft)
    _services(evidence, draft)
    return draft


def _named(evidence: Evidence) -> Iterator[tuple[str, Place, str]]:
    """Every name of a node, the surest source first: then no lesser one adds nodes."""
    found = False
    for place, row in evidence.rows("processnode"):
        name = row.get("name", "")
        if name and name.lower() != _NO_NODE:
            found = True
            yield name, place, "in processnode"
    for fact in evidence.certificates:
        if fact.unit in _OWN_UNITS and fact.is_self_issued:
            name = fact.subject.common_name
            if name and (not found or "." in name):
                yield name, fact.place, f"common name of its {fact.unit} certificate"
    if found:
        return
    for place, row in evidence.rows("processnodeservice", "certificate"):
        if name := row.get("servername", ""):
            yield name, place, "in servername"
    for shown in evidence.lists:
        for record in shown.shown.records:
            name = _common_name(record.subject)
            if record.role in (Role.CCM, Role.CCM_TFTP, Role.TFTP, Role.TVS) and name:
                yield name, shown.place, "in a trust list"
    for counter in evidence.counters:
        yield counter.node, counter.place, "in a perfmon log"


def _common_name(subject: str) -> str:
    parts = dict(part.partition("=")[::2] for part in subject.split(";"))
    return parts.get("CN", "")


def _roles(evidence: Evidence, draft: Draft) -> None:
    report = evidence.report
    named: dict[str, str] = {}
    for place, row in evidence.rows("processnode"):
        node = draft.named(row.get("name", ""))
        if node is not None:
            node.pkid = row.get("pkid", "")
            if row.get("tknodeusage") == "0":
                named.setdefault(node.name, f"tknodeusage 0 in {place}")
    for fact in evidence.certificates:
        name = fact.subject.common_name
        owner = draft.named(name.removeprefix("ITLRECOVERY_"))
        if name.startswith("ITLRECOVERY_") and owner is not None:
            named.setdefault(owner.name, f"{name} in {fact.place}")
        where = draft.of_place(fact.place)
        if name.startswith("CAPF-") and where is not None and not named:
            named.setdefault(where.name, f"{name} in {fact.place}")
    for shown in evidence.lists:
        for record in shown.shown.records:
            name = _common_name(record.subject)
            owner = draft.named(name.removeprefix("ITLRECOVERY_"))
            if name.startswith("ITLRECOVERY_") and owner is not None:
                named.setdefault(owner.name, f"{name} in {shown.place}")
    if not named:
        likely = next((node for node in draft.nodes if "pub" in node.label), draft.nodes[0])
        likely.is_publisher = True
        if len(draft.nodes) > 1:
            why = "no capture tells; processnode with tknodeusage would"
            report.default("publisher", likely.name, why)
        return
    first, source = next(iter(named.items()))
    for node in draft.nodes:
        node.is_publisher = node.name == first
    report.read("publisher", first, source)
    for other, told in list(named.items())[1:]:
        report.contradiction("publisher", f"{first} ({source})", f"{other} ({told})")


def _addresses(evidence: Evidence, draft: Draft) -> None:
    report = evidence.report
    for place, row in evidence.rows("processnode", "certificate"):
        node = draft.named(row.get("name") or row.get("servername", ""))
        address = next(
            (row[key] for key in ("ipv4address", "ipv4hostname", "description")
             if is_address(row.get(key, ""))), "",
        )  # fmt: skip
        if node is None or not address:
            continue
        if node.address and node.address != address:
            report.contradiction(f"address of {node.name}", node.address, f"{address} ({place})")
        elif not node.address and not any(other.address == address for other in draft.nodes):
            node.address = address
            report.read(f"address of {node.name}", address, str(place))
    taken = {node.address for node in draft.nodes}
    number = 11
    for node in draft.nodes:
        if not node.address:
            while f"10.255.0.{number}" in taken:
                number += 1
            node.address = f"10.255.0.{number}"
            taken.add(node.address)
            report.default(f"address of {node.name}", node.address, "no capture tells")


def _services(evidence: Evidence, draft: Draft) -> None:
    report = evidence.report
    listed = False
    for place, row in evidence.rows("processnodeservice"):
        node = draft.named(row.get("servername", ""))
        name = (row.get("service") or row.get("name") or "").lower()
        is_on = row.get("enable", "t").lower() in ("t", "1", "true")
        if node is not None and name in _SERVICES and is_on:
            listed = True
            _add(node, _SERVICES[name], report, str(place))
    if listed:
        _capf(evidence, draft)
        return
    _services_of_lists(evidence, draft)
    _services_of_groups(evidence, draft)
    if not any("CallManager" in node.services for node in draft.nodes):
        for node in draft.nodes:
            _add(node, "CallManager", report, "")
    if not any("TFTP" in node.services for node in draft.nodes):
        _add(draft.publisher, "TFTP", report, "")
    _capf(evidence, draft)


def _services_of_lists(evidence: Evidence, draft: Draft) -> None:
    """TFTP and CallManager by the roles of list records; who has an ITL serves files."""
    report = evidence.report
    for fact in evidence.lists:
        if fact.shown.kind == "ITL" and not fact.shown.is_missing:
            holder = draft.of_place(fact.place)
            if holder is not None:
                _add(holder, "TFTP", report, f"has an ITL, {fact.place}")
        for record in fact.shown.records:
            where = f"role {record.function}, {fact.place}"
            node = draft.named(_common_name(record.subject)) or draft.named(record.dns_name)
            if record.role == Role.CAPF:
                _add(draft.publisher, "CAPF", report, where)
            if node is None:
                continue
            if record.role in (Role.CCM, Role.CCM_TFTP):
                _add(node, "CallManager", report, where)
            if record.role in (Role.TFTP, Role.CCM_TFTP):
                _add(node, "TFTP", report, where)


def _services_of_groups(evidence: Evidence, draft: Draft) -> None:
    """Who is in a CallManager Group, or counts registered phones, processes calls."""
    for place, row in evidence.rows("callmanager", "callmanagergroupmember"):
        for key in ("processnode", "node", "servername", "callmanager", "name"):
            node = draft.named(row.get(key, "").removeprefix("CM_"))
            if node is not None:
                _add(node, "CallManager", evidence.report, str(place))
                break
    pkids = {node.pkid: node for node in draft.nodes if node.pkid}
    for place, row in evidence.rows("callmanager"):
        if (node := pkids.get(row.get("fkprocessnode", ""))) is not None:
            _add(node, "CallManager", evidence.report, str(place))
    for counter in evidence.counters:
        if (node := draft.named(counter.node)) is not None:
            _add(node, "CallManager", evidence.report, str(counter.place))


def _capf(evidence: Evidence, draft: Draft) -> None:
    report = evidence.report
    for node in draft.nodes:
        if "CAPF" in node.services and not node.is_publisher:
            node.services.remove("CAPF")
            report.left_out(f"CAPF on {node.name}", "in use on the publisher only")
    seen = next((one for one in evidence.certificates if one.unit == "CAPF"), None)
    if seen is not None and "CAPF" not in draft.publisher.services:
        _add(draft.publisher, "CAPF", report, f"its CAPF certificate, {seen.place}")


def _add(node: DraftNode, service: str, report: Report, source: str) -> None:
    if service in node.services:
        return
    node.services.append(service)
    if source:
        report.read(f"{service} on {node.name}", "active", source)
    else:
        report.default(f"{service} on {node.name}", "active", "no capture tells where it runs")
