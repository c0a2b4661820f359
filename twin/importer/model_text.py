"""The merged cluster as a model document, comments and all.

Knows the model's words. Everything it writes has been decided before; what a model has no word for
goes into the report here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from twin.config.model_checks import MAX_FQDN
from twin.config.words import RSA_SIZES
from twin.importer import yaml_text
from twin.importer.certificates import Issuer, MergedCertificates, Trusted, subject_line
from twin.importer.draft import Draft, DraftNode
from twin.importer.evidence import CertificateFact, Evidence, Grade, Report
from twin.importer.phones import MergedPhones, site_names

STAND_IN_NOTE = (
    "Every key in this twin is a stand-in: captures hold no private key, and none is read. Names,\n"
    "serial numbers, dates and key sizes are the cluster's own where the report says 'read';\n"
    "fingerprints, signatures and the bytes of ITL and CTL are therefore not the cluster's."
)
"""What stands at the head of every imported model and of its report."""

_SUBJECT = {"O": "organization", "OU": "organizational_unit", "L": "locality", "ST": "state",
            "C": "country"}  # fmt: skip
_DEFAULTS = {"O": "Unknown", "OU": "Unknown", "L": "Unknown", "ST": "Unknown", "C": "US"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_KEY_BITS = (*RSA_SIZES, 256, 384, 521)


def model_text(
    name: str,
    release: str,
    release_bits: Mapping[str, int],
    evidence: Evidence,
    draft: Draft,
    certificates: MergedCertificates,
    phones: MergedPhones,
) -> str:
    """Return the document.

    Args:
        release_bits: key size of each unit the release has; other units cannot be in a model.
    """
    report = evidence.report
    domain = _domain(draft, report)
    subject = _subject(draft, report)
    start = _start(evidence, draft)
    sites = site_names(phones.pools)
    nodes = [_node(node, domain, release_bits, certificates, report) for node in draft.nodes]
    body = [
        f"name: {yaml_text.scalar(name)}",
        f"title: {yaml_text.scalar(f'{name}, imported from captures')}",
        f"source: {yaml_text.scalar('captures of the cluster itself; the head of this file')}",
        f"assumption: {yaml_text.scalar('what the head of this file calls default')}",
        *([] if start is None else [f"start: {yaml_text.scalar(start)}"]),
        f"release: {yaml_text.scalar(release)}",
        f"domain: {yaml_text.scalar(domain)}",
        f"subject: {yaml_text.flow(subject)}",
        *_mode(evidence, report),
        *yaml_text.block("nodes", nodes, ("certificates",)),
        *yaml_text.section(
            "callmanager_groups", [{"name": g.name, "members": g.members} for g in phones.groups]
        ),
        *yaml_text.section(
            "sites",
            [{"name": site, "rtt_ms": 1, "bandwidth_mbps": 1000} for site in sites.values()],
            "One per device pool. No capture describes a link: all are as on one campus.",
        ),
        *yaml_text.section("phones", _phones(phones, sites)),
        *yaml_text.section(
            "certificate_authorities", [_authority(one, report) for one in certificates.issuers]
        ),
        *yaml_text.section(
            "trust_certificates",
            [row for one in certificates.trusted if (row := _trust(one, report))],
        ),
    ]
    if sites:
        why = "no capture describes a link"
        report.default(f"links of {len(sites)} sites", "1 ms, 1000 Mbit/s", why)
    head = [f"# {line}" for line in STAND_IN_NOTE.splitlines()]
    return "\n".join([*head, *_decided(report), *body]) + "\n"


def _decided(report: Report) -> list[str]:
    """The defaults and contradictions, as comments."""
    chosen = report.graded(Grade.DEFAULT, Grade.CONTRADICTION)
    lines = [f"# {one.grade}: {one.what} = {one.value} ({one.source})" for one in chosen]
    return ["#", *(line.replace("\n", " ") for line in lines)] if lines else []


def _domain(draft: Draft, report: Report) -> str:
    domains = Counter(
        domain
        for node in draft.nodes
        if _NAME.fullmatch(domain := node.fqdn.partition(".")[2])
        and len(domain) + len(node.name) < MAX_FQDN
    ).most_common()
    if domains:
        report.read("domain", domains[0][0], f"names of {domains[0][1]} nodes")
        return domains[0][0]
    report.default("domain", "example.com", "no full name of a node in any file")
    return "example.com"


def _subject(draft: Draft, report: Report) -> dict[str, str]:
    """O, OU, L, ST and C as most own certificates have them."""
    values: dict[str, Counter[str]] = {kind: Counter() for kind in _SUBJECT}
    for node in draft.nodes:
        for fact in node.own.values():
            line, _ = subject_line(fact.subject)
            for part in line.split(";") if line else ():
                kind, _, value = part.partition("=")
                if kind in values:
                    values[kind][value] += 1
    subject = {}
    for kind, word in _SUBJECT.items():
        known = values[kind].most_common(1)
        fits = known and (kind != "C" or (len(known[0][0]) == 2 and known[0][0].isupper()))
        subject[word] = known[0][0] if fits else _DEFAULTS[kind]
        if not fits:
            why = "no own certificate has it; certificates made in the run will"
            report.default(f"{kind} of subjects", subject[word], why)
    return subject


def _start(evidence: Evidence, draft: Draft) -> datetime | None:
    """When the captures were taken at the earliest: the latest moment any of them speaks of."""
    moments = [
        (moment, f"{fact.place}")
        for node in draft.nodes
        for fact in node.own.values()
        if (moment := fact.not_before) is not None
    ]
    moments += [
        (moment, str(one.place))
        for one in evidence.lists
        if (moment := one.shown.last_modified) is not None
    ]
    if not moments:
        why = "no capture has a date: experiments keep their own start"
        evidence.report.default("start", "none", why)
        return None
    latest, source = max(moments, key=lambda pair: pair[0])
    evidence.report.default("start", f"{latest:%Y-%m-%d %H:%M}", f"the latest date seen, {source}")
    return latest


def _mode(evidence: Evidence, report: Report) -> list[str]:
    for place, row in evidence.rows("processconfig"):
        if row.get("paramname") == "ClusterSecurityMode":
            is_mixed = row.get("paramvalue") == "1"
            report.read("cluster mode", "mixed" if is_mixed else "non-secure", str(place))
            return ["cluster_mode: mixed"] if is_mixed else []
    for one in evidence.lists:
        if one.shown.kind == "CTL":
            is_mixed = not one.shown.is_missing
            report.read("cluster mode", "mixed" if is_mixed else "non-secure", str(one.place))
            return ["cluster_mode: mixed"] if is_mixed else []
    report.default("cluster mode", "non-secure", "no ClusterSecurityMode and no show ctl")
    return []


def _node(
    node: DraftNode,
    domain: str,
    release_bits: Mapping[str, int],
    certificates: MergedCertificates,
    report: Report,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": node.name,
        "role": "publisher" if node.is_publisher else "subscriber",
        "address": node.address,
        "services": list(node.services),
    }
    fqdn = _common_name(node)
    if fqdn and fqdn != f"{node.name}.{domain}":
        if _NAME.fullmatch(fqdn) and len(fqdn) <= MAX_FQDN:
            row["fqdn"] = fqdn
        else:
            why = f"a model cannot have it; certificates made in the run say {node.name}.{domain}"
            report.left_out(f"common name {fqdn!r} of {node.name}", why)
    bits: dict[str, int] = {}
    known: dict[str, dict[str, Any]] = {}
    for unit in sorted(node.own):
        fact = node.own[unit]
        if unit not in release_bits:
            report.left_out(f"{unit} of {node.name}", "the release has no such certificate")
            continue
        if unit in ("CAPF", "ITLRecovery", "authz") and not node.is_publisher:
            report.left_out(f"{unit} of {node.name}", "in use on the publisher only")
            continue
        if fact.key_bits is not None and fact.key_bits != release_bits[unit]:
            _size(bits, unit, fact, report, node.name)
        known[unit] = _known(fact, certificates.issuers, f"{unit} of {node.name}", report)
    if bits:
        row["key_bits"] = bits
    if known:
        row["certificates"] = known
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", node.pkid):
        row["processnode_pkid"] = node.pkid
    return row


def _size(
    bits: dict[str, int], unit: str, fact: CertificateFact, report: Report, node: str
) -> None:
    is_curve = unit.endswith("-ECDSA")
    if fact.key_bits in _KEY_BITS and is_curve != fact.has_rsa_key:
        bits[unit] = int(fact.key_bits or 0)
    else:
        report.left_out(f"key size {fact.key_bits} of {unit} of {node}", "not a size of the unit")


def _common_name(node: DraftNode) -> str:
    """The common name the node's own certificates have."""
    names = Counter(
        fact.subject.common_name
        for unit, fact in node.own.items()
        if unit in ("CallManager", "tomcat", "ipsec", "TVS")
    )
    return names.most_common(1)[0][0] if names else node.fqdn


def _known(
    fact: CertificateFact, issuers: list[Issuer], what: str, report: Report
) -> dict[str, Any]:
    """What a model says of an own certificate."""
    row: dict[str, Any] = _names_and_dates(fact, what, report)
    if not fact.is_self_issued:
        signer = next((one.name for one in issuers if one.subject == fact.issuer), None)
        if signer is not None:
            row["signed_by"] = signer
    return row


def _names_and_dates(fact: CertificateFact, what: str, report: Report) -> dict[str, Any]:
    line, dropped = subject_line(fact.subject)
    if dropped:
        report.left_out(f"{', '.join(dropped)} in the subject of {what}", "a model has no word")
    row: dict[str, Any] = {}
    if line:
        row["subject"] = line
    row["serial"] = f"{fact.serial:x}"
    if fact.not_before is not None and fact.not_after is not None:
        row |= {"not_before": fact.not_before, "not_after": fact.not_after}
    return row


def _phones(phones: MergedPhones, sites: Mapping[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    taken: list[str] = []
    for one in phones.populations:
        stem = f"{sites[one.pool]}-{one.model}".lower()
        name, number = stem, 2
        while name in taken:
            name, number = f"{stem}-{number}", number + 1
        taken.append(name)
        row: dict[str, Any] = {"name": name, "model": one.model}
        row |= {"names": one.names} if one.names else {"count": one.count}
        if one.protocol:
            row["protocol"] = one.protocol
        row |= {"site": sites[one.pool], "callmanager_group": phones.pools[one.pool]}
        if one.lsc:
            row["lsc"] = "installed"
        rows.append(row)
    return rows


def _authority(one: Issuer, report: Report) -> dict[str, Any]:
    row: dict[str, Any] = {"name": one.name}
    if one.issuer and one.issuer != one.name:
        row["issuer"] = one.issuer
    line, dropped = subject_line(one.subject)
    if dropped:
        report.left_out(f"{', '.join(dropped)} in the subject of {one.name}", "a model has no word")
    row["subject"] = line or f"CN={one.name}"
    if one.seen is not None:
        row |= {k: v for k, v in _names_and_dates(one.seen, one.name, report).items()
                if k != "subject"}  # fmt: skip
        if one.seen.key_bits in _KEY_BITS:
            row["key_bits"] = one.seen.key_bits
    if one.trusted_in:
        row["trusted_in"] = list(one.trusted_in)
    return row


def _trust(one: Trusted, report: Report) -> dict[str, Any] | None:
    """A row of trust_certificates; None where the model cannot name it."""
    what = f"{one.unit}/{one.file_name}"
    name = one.seen.subject.common_name if one.seen is not None else ""
    name = name or one.file_name.rpartition(".")[0].replace("_", " ")
    if any(mark in name for mark in ";=") or len(name) > 64 or not one.file_name.endswith(".pem"):
        report.left_out(what, "a name that a model cannot have")
        return None
    row: dict[str, Any] = {"unit": one.unit}
    if one.node:
        row["node"] = one.node
    row |= {"common_name": name, "file_name": one.file_name}
    if one.description in ("Trust Certificate", "Signed Certificate", ""):
        row["description"] = one.description
    if one.seen is not None:
        row |= _names_and_dates(one.seen, what, report)
        if one.seen.has_rsa_key and one.seen.key_bits in RSA_SIZES:
            row["key_bits"] = one.seen.key_bits
        if not one.seen.is_self_issued:
            row["kind"] = "signed"
            issuer, _ = subject_line(one.seen.issuer)
            if issuer:
                row["issuer"] = issuer
    return row
