"""Whose certificate is whose: own certificates by node and unit, their issuers, further trust.

Knows how a certificate's name, its file, its command and a trust list's record tell node and
unit. Where two captures give different certificates the newer is taken, and the report says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from twin.config.words import NEVER_SIGNED, TrustUnit, Unit
from twin.errors import FormatError
from twin.importer.draft import Draft, DraftNode, as_name
from twin.importer.evidence import CertificateFact, Evidence, ListingFact, Place, Report
from twin.outputs.certificate_list import ListedCertificate
from twin.outputs.trust_list_reading import ShownRecord
from twin.pki.certificates import Certificate
from twin.pki.list_record import Role
from twin.pki.manufacturing import AUTHORITIES
from twin.pki.names import DistinguishedName

_UNIT_OF_ROLE: dict[int, str] = {
    Role.CCM: "CallManager",
    Role.CCM_TFTP: "CallManager",
    Role.TFTP: "CallManager",
    Role.CAPF: "CAPF",
    Role.TVS: "TVS",
}
_BITS = {140: 1024, 270: 2048, 398: 3072, 526: 4096}
"""Bytes of a PKCS #1 public key with exponent 65537 to the size of its modulus, bits."""

_OWN = {str(unit) for unit in Unit}
_SHIPPED = {authority.file_name.lower() for authority in AUTHORITIES} | {
    authority.name.lower() for authority in AUTHORITIES
}
_SUBJECT_KINDS = ("CN", "OU", "O", "L", "ST", "C", "DC", "serialNumber", "emailAddress")


@dataclass
class Issuer:
    """A CA that signed own certificates: its word in the model, and its certificate if seen."""

    name: str
    subject: DistinguishedName
    seen: CertificateFact | None = None
    issuer: str = ""
    trusted_in: list[str] = field(default_factory=list)


@dataclass
class Trusted:
    """One entry of trust stores; `node` "" means all nodes."""

    unit: str
    node: str
    file_name: str
    description: str
    seen: CertificateFact | None


@dataclass
class MergedCertificates:
    """What the merge found beside the nodes' own certificates, which are at the nodes."""

    issuers: list[Issuer] = field(default_factory=list)
    trusted: list[Trusted] = field(default_factory=list)
    units: set[str] = field(default_factory=set)


def merge_certificates(evidence: Evidence, draft: Draft) -> MergedCertificates:
    """Give every node its own certificates; find their issuers and what else is trusted."""
    facts = [*evidence.certificates, *_of_tables(evidence)]
    _own_of_captures(facts, evidence, draft)
    _own_of_lists(evidence, draft)
    merged = MergedCertificates()
    merged.units = {unit for node in draft.nodes for unit in node.own}
    for listing in evidence.listings:
        merged.units |= {entry.unit for entry in listing.entries if entry.unit in _OWN}
    _missing(evidence, draft)
    merged.issuers = _issuers(facts, draft, evidence.report)
    merged.trusted = _trusted(facts, evidence, draft, merged.issuers)
    return merged


def _of_tables(evidence: Evidence) -> list[CertificateFact]:
    """Certificates inside listings of the table certificate."""
    facts = []
    for place, row in evidence.rows("certificate"):
        pem = row.get("certificate", "")
        if "-----BEGIN CERTIFICATE-----" not in pem:
            continue
        try:
            # A table that went through a mail or a wiki has blanks for line ends.
            body = re.sub(r"(-----[A-Z ]+-----)", r"\n\1\n", pem).strip()
            certificate = Certificate.from_pem(body + "\n")
        except FormatError as error:
            evidence.report.not_read(str(place), f"a certificate in a row: {error}")
            continue
        facts.append(CertificateFact.of(certificate, place, ""))
    return facts


def _own_of_captures(facts: Iterable[CertificateFact], evidence: Evidence, draft: Draft) -> None:
    records = [record for one in evidence.lists for record in one.shown.records]
    for fact in facts:
        unit = fact.unit or _unit_by_name(fact) or _unit_by_record(fact, records)
        if unit not in _OWN:
            continue
        name = fact.subject.common_name
        node = draft.of_common_name(name) or draft.of_place(fact.place)
        if node is None and len(draft.nodes) == 1:
            node = draft.nodes[0]
        if node is None:
            evidence.report.not_read(str(fact.place), f"{unit} certificate {name!r} of no node")
            continue
        _give(node, unit, fact, evidence.report)


def _give(node: DraftNode, unit: str, fact: CertificateFact, report: Report) -> None:
    """Take a certificate as a node's own; the newer one where there are two."""
    there = node.own.get(unit)
    what = f"{unit} of {node.name}"
    if there is None:
        node.own[unit] = fact
        report.read(what, shown(fact), str(fact.place))
    elif there.identity == fact.identity:
        if there.certificate is None and (fact.certificate or there.not_before is None):
            node.own[unit] = fact
    else:
        oldest = datetime.min.replace(tzinfo=UTC)
        newer, older = fact, there
        if (there.not_before or oldest) >= (fact.not_before or oldest):
            newer, older = there, fact
        node.own[unit] = newer
        taken = f"{shown(newer)} ({newer.place}), the newer one"
        report.contradiction(what, taken, f"{shown(older)} ({older.place})")


def shown(fact: CertificateFact) -> str:
    """A certificate in a line of the report."""
    dates = ""
    if fact.not_before is not None and fact.not_after is not None:
        dates = f", {fact.not_before:%Y-%m-%d} to {fact.not_after:%Y-%m-%d}"
    bits = f", {fact.key_bits} bits" if fact.key_bits else ""
    return f"CN={fact.subject.common_name}, serial {fact.serial:x}{dates}{bits}"


def _unit_by_name(fact: CertificateFact) -> str:
    """Units whose common names say what they are. Source: cucm-pki-behaviour 1.1."""
    name = fact.subject.common_name
    if name.startswith("CAPF-"):
        return "" if "-trust" in fact.place.file else "CAPF"
    return "ITLRecovery" if name.startswith("ITLRECOVERY_") else ""


def _unit_by_record(fact: CertificateFact, records: Iterable[ShownRecord]) -> str:
    """The unit of the list record that is of this certificate."""
    for record in records:
        is_it = fact.certificate is not None and record.is_about(fact.certificate)
        if is_it and record.role in _UNIT_OF_ROLE:
            return _UNIT_OF_ROLE[record.role]
    return ""


def _own_of_lists(evidence: Evidence, draft: Draft) -> None:
    """Own certificates of which only a list's record is known: names, serial number, key size."""
    for one in evidence.lists:
        for record in one.shown.records:
            name = record.subject.partition("CN=")[2].partition(";")[0]
            is_recovery = name.startswith("ITLRECOVERY_")
            unit = "ITLRecovery" if is_recovery else _UNIT_OF_ROLE.get(record.role)
            node = draft.of_common_name(name) or draft.named(record.dns_name)
            if unit is None or node is None or not record.serial:
                continue
            place = Place(one.place.file, record.line_number)
            try:
                fact = CertificateFact(
                    place, unit, DistinguishedName.parse(record.subject),
                    DistinguishedName.parse(record.issuer),
                    int.from_bytes(record.serial, "big"), None, None, True,
                    _BITS.get(record.public_key_bytes),
                )  # fmt: skip
            except ValueError as error:
                evidence.report.not_read(str(place), str(error))
                continue
            there = node.own.get(unit)
            if there is None:
                _give(node, unit, fact, evidence.report)
            elif there.serial != fact.serial:
                what = f"{unit} of {node.name}"
                taken = f"{shown(there)} ({there.place})"
                evidence.report.contradiction(what, taken, f"serial {fact.serial:x} in {place}")


def _missing(evidence: Evidence, draft: Draft) -> None:
    """Own certificates that a listing names and no capture shows."""
    for listing in evidence.listings:
        for node in _holders(listing, draft):
            absent = [
                entry.unit
                for entry in listing.entries
                if entry.unit in _OWN and entry.unit not in node.own
            ]
            if absent:
                why = "listed, and no 'show cert own' of it: names by the release, drawn serial"
                evidence.report.default(f"{', '.join(absent)} of {node.name}", "made", why)


def _holders(listing: ListingFact, draft: Draft) -> list[DraftNode]:
    """The node a listing was taken on; all of them where nothing tells."""
    owner = draft.of_place(listing.place)
    return [owner] if owner is not None else list(draft.nodes)


def _issuers(facts: list[CertificateFact], draft: Draft, report: Report) -> list[Issuer]:
    """The CAs above own certificates, up to where their certificates were seen."""
    by_subject = {fact.subject: fact for fact in facts if fact.unit not in _OWN}
    issuers: dict[DistinguishedName, Issuer] = {}

    def of(subject: DistinguishedName, units: list[str]) -> Issuer:
        if subject not in issuers:
            taken = [one.name for one in issuers.values()]
            name = as_name(subject.common_name or "ca", taken)
            issuers[subject] = Issuer(name, subject, by_subject.get(subject))
            seen = issuers[subject].seen
            if seen is None:
                why = "its own certificate is in no file: dates, serial number and key size made"
                report.default(f"CA {name}", subject.record_string(), why)
            else:
                report.read(f"CA {name}", shown(seen), str(seen.place))
                if not seen.is_self_issued:
                    issuers[subject].issuer = of(seen.issuer, units).name
        for unit in units:
            if unit not in issuers[subject].trusted_in:
                issuers[subject].trusted_in.append(unit)
        return issuers[subject]

    known = {str(unit) for unit in TrustUnit}
    for node in draft.nodes:
        for unit, fact in node.own.items():
            if fact.is_self_issued:
                continue
            if unit in NEVER_SIGNED:
                report.left_out(f"issuer of {unit} of {node.name}", "no CA signs this unit")
                continue
            store = f"{unit.removesuffix('-ECDSA')}-trust"
            of(fact.issuer, [store] if store in known else [])
    return list(issuers.values())


def _trusted(
    facts: list[CertificateFact], evidence: Evidence, draft: Draft, issuers: list[Issuer]
) -> list[Trusted]:
    """Entries of trust stores that neither the cluster nor the release puts there."""
    report = evidence.report
    own_names = {fact.subject.common_name for node in draft.nodes for fact in node.own.values()}
    own_names |= {one.subject.common_name for one in issuers}
    found: dict[tuple[str, str], Trusted] = {}
    holders: dict[tuple[str, str], set[str]] = {}
    listed_nodes: set[str] = set()
    copies = shipped = 0
    for listing in evidence.listings:
        nodes = _holders(listing, draft)
        for entry in listing.entries:
            if not entry.is_trust:
                continue
            listed_nodes |= {node.name for node in nodes}
            stem = _stem(entry)
            if _file_words(entry.file) & _SHIPPED:
                shipped += 1
            elif stem in own_names or draft.named(stem) is not None:
                copies += 1
            elif entry.unit not in {str(unit) for unit in TrustUnit}:
                report.left_out(f"{entry.unit}/{entry.file}", "a store the twin has not")
            else:
                key = (entry.unit, entry.file)
                holders.setdefault(key, set()).update(node.name for node in nodes)
                found[key] = Trusted(
                    entry.unit, "", entry.file, entry.description, _seen(facts, entry, stem)
                )
    if copies:
        report.left_out(f"{copies} trust entries", "copies of own certificates, made by the twin")
    if shipped:
        report.left_out(f"{shipped} trust entries", "manufacturing CAs, shipped with the release")
    entries = []
    for key, one in found.items():
        everywhere = holders[key] >= listed_nodes
        for name in [""] if everywhere else sorted(holders[key]):
            entries.append(replace(one, node=name))
        if one.seen is not None:
            what = f"{one.unit}/{one.file_name}"
            report.read(what, shown(one.seen), str(one.seen.place))
    nameless = [f"{one.unit}/{one.file_name}" for one in found.values() if one.seen is None]
    if nameless:
        what = f"{len(nameless)} trust certificates"
        why = f"listed, and no capture or file of {', '.join(nameless)}"
        report.default(what, "their names alone", why)
    return entries


def _stem(entry: ListedCertificate) -> str:
    """The common name in a trust file's name, which from 14SU1 on ends in the serial number."""
    return re.sub(r"_[0-9a-fA-F]{16,40}$", "", entry.name)


def _file_words(file: str) -> set[str]:
    return {file.lower(), file.lower().removesuffix(".pem"), file.lower().replace("_", " ")[:-4]}


def _seen(
    facts: Iterable[CertificateFact], entry: ListedCertificate, stem: str
) -> CertificateFact | None:
    """The certificate of a listed entry: of that file, or of that common name."""
    names = {stem, stem.replace("_", " ")}
    for fact in facts:
        file = fact.place.file.rpartition("/")[2]
        if fact.unit == entry.unit and file == entry.file:
            return fact
        if fact.subject.common_name in names and fact.unit not in _OWN:
            return fact
    return None


def subject_line(name: DistinguishedName) -> tuple[str, tuple[str, ...]]:
    """A name as a model writes it, and the parts a model has no word for."""
    kept: list[str] = []
    dropped: list[str] = []
    for kind, value in name.attributes:
        fits = kind in _SUBJECT_KINDS and re.fullmatch(r"[^;=\x00-\x1f]{1,64}", value)
        (kept if fits else dropped).append(f"{kind}={value}")
    return ";".join(kept), tuple(dropped)
