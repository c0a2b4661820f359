"""Phones, device pools and CallManager Groups, out of listings of the database and BAT exports.

Knows the tables' columns and the export's titles. A device pool becomes a site, whose link no
capture describes; phones keep their names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile

from twin.config.phones import PhoneCatalogue
from twin.importer.draft import Draft, as_name
from twin.importer.evidence import Evidence, Place, Report, Row

_PHONE = re.compile(r"(?:SEP|ATA)[0-9A-F]{12}")
_SOFT_CLIENT = re.compile(r"(?:CSF|TCT|BOT|TAB)\S+")
_LSC_INSTALLED = "3"
"""`tkcertificatestatus` of a phone with an LSC. Source: the enum in the deck of 2016."""

_PROTOCOLS = {"sip": "SIP", "sccp": "SCCP", "11": "SIP", "0": "SCCP"}
"""Titles of BAT and numbers of tkdeviceprotocol. Assumption: the numbers, product knowledge."""

DEFAULT_MODEL = "8841"
"""Catalogue model of phones whose own model no capture tells. Assumption: the middle of a range
that is sold for ten years; it decides boot times."""

MAX_GROUPS = 500
"""Populations a model may have."""


@dataclass
class Group:
    """A CallManager Group: its word in the model and its nodes, most preferred first."""

    name: str
    members: list[str]


@dataclass
class Population:
    """Phones that are alike."""

    model: str
    protocol: str
    pool: str
    lsc: bool
    names: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def size(self) -> int:
        """How many phones it has."""
        return len(self.names) + self.count


@dataclass
class MergedPhones:
    """CallManager Groups, sites by device pool with their group, and populations."""

    groups: list[Group] = field(default_factory=list)
    pools: dict[str, str] = field(default_factory=dict)
    populations: list[Population] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many phones there are."""
        return sum(population.size for population in self.populations)


@dataclass
class _Device:
    """One row of the device table or of an export, in words."""

    name: str
    model: str
    protocol: str
    pool: str
    lsc: bool
    place: Place


def merge_phones(evidence: Evidence, draft: Draft, catalogue: PhoneCatalogue) -> MergedPhones:
    """Groups, pools and phones of the folder."""
    merged = MergedPhones()
    pool_groups = _groups(evidence, draft, merged)
    devices = _devices(evidence)
    _populations(devices, evidence.report, catalogue, merged)
    _pools(merged, pool_groups, evidence.report)
    _against_counters(evidence, merged)
    return merged


def _names_by_pkid(evidence: Evidence, table: str) -> dict[str, str]:
    return {
        row["pkid"]: row["name"]
        for _, row in evidence.rows(table)
        if "pkid" in row and "name" in row
    }


def _groups(evidence: Evidence, draft: Draft, merged: MergedPhones) -> dict[str, str]:
    """Fill in the groups; return the group of each device pool, by the pool's name."""
    report = evidence.report
    nodes_by_pkid = {node.pkid: node.name for node in draft.nodes if node.pkid}
    manager: dict[str, str] = {}
    for _, row in evidence.rows("callmanager"):
        known = draft.named(row.get("processnode", "") or row.get("name", "").removeprefix("CM_"))
        node = nodes_by_pkid.get(row.get("fkprocessnode", "")) or (known and known.name)
        if node and "pkid" in row:
            manager[row["pkid"]] = node
    titles = _names_by_pkid(evidence, "callmanagergroup")
    members: dict[str, list[tuple[int, str]]] = {}
    first: dict[str, Place] = {}
    for place, row in evidence.rows("callmanagergroupmember"):
        title = titles.get(row.get("fkcallmanagergroup", "")) or row.get("callmanagergroup", "")
        named = draft.named(row.get("callmanager", "").removeprefix("CM_"))
        member = manager.get(row.get("fkcallmanager", "")) or (named.name if named else "")
        priority = row.get("priority", "")
        if not title or not member:
            report.not_read(str(place), f"a group's member that names no node: {_short(row)}")
            continue
        rank = int(priority) if priority.isdecimal() else len(members.get(title, ()))
        members.setdefault(title, []).append((rank, member))
        first.setdefault(title, place)
    for title in sorted(members):
        ordered = list(dict.fromkeys(node for _, node in sorted(members[title])))
        if len(ordered) > 3:
            report.left_out(f"group {title!r}", f"{len(ordered)} members: the first three count")
        merged.groups.append(Group(title, ordered[:3]))
        report.read(f"group {title!r}", ", ".join(ordered[:3]), str(first[title]))
    if not merged.groups:
        calling = [node.name for node in draft.nodes if "CallManager" in node.services][:3]
        merged.groups.append(Group("Default", calling))
        why = "no listing of callmanagergroupmember"
        report.default("group 'Default'", ", ".join(calling), why)
    for group in merged.groups:
        for member in group.members:
            owner = draft.named(member)
            if owner is not None and "CallManager" not in owner.services:
                owner.services.append("CallManager")
                why = f"it is in group {group.name!r}, and no capture says that it runs there"
                report.default(f"CallManager on {member}", "active", why)
    return {
        row["name"]: of
        for _, row in evidence.rows("devicepool")
        if "name" in row
        and (of := titles.get(row.get("fkcallmanagergroup", "")) or row.get("callmanagergroup"))
    }


def _short(row: Row) -> str:
    return ", ".join(f"{key}={value}" for key, value in row.items())[:60]


def _devices(evidence: Evidence) -> list[_Device]:
    """Every phone once, those of the database first; what is no phone is counted."""
    report = evidence.report
    pools = _names_by_pkid(evidence, "devicepool")
    models = {
        row["enum"]: row["name"]
        for _, row in evidence.rows("typemodel")
        if "enum" in row and "name" in row
    }
    found: dict[str, _Device] = {}
    others: Counter[str] = Counter()
    differing: list[tuple[_Device, _Device]] = []
    for device in (*_of_database(evidence, pools, models), *_of_exports(evidence)):
        if not (_PHONE.fullmatch(device.name) or _SOFT_CLIENT.fullmatch(device.name)):
            others[re.match(r"[A-Za-z]*", device.name)[0] or "other"] += 1  # type: ignore[index]
            continue
        there = found.setdefault(device.name, device)
        if there is not device:
            if (there.pool and device.pool and there.pool != device.pool) or (
                there.model and device.model and there.model != device.model
                and not there.model.isdecimal()
            ):  # fmt: skip
                differing.append((there, device))
            there.pool = there.pool or device.pool
            there.protocol = there.protocol or device.protocol
            if not there.model or there.model.isdecimal():
                there.model = device.model or there.model
    for one, other in differing[:3]:
        taken = f"{one.model or '?'} in {one.pool or '?'} ({one.place})"
        told = f"{other.model or '?'} in {other.pool or '?'} ({other.place})"
        report.contradiction(f"phone {one.name}", taken, told)
    if len(differing) > 3:
        report.contradiction(f"{len(differing) - 3} further phones", "the database", "the export")
    for prefix, count in sorted(others.items()):
        report.left_out(f"{count} devices {prefix}...", "no phones")
    return list(found.values())


def _of_database(
    evidence: Evidence, pools: dict[str, str], models: dict[str, str]
) -> Iterable[_Device]:
    for place, row in evidence.rows("device"):
        number = row.get("tkmodel", "")
        model = row.get("model") or row.get("typemodel") or models.get(number, number)
        protocol = row.get("tkdeviceprotocol", row.get("protocol", "")).lower()
        yield _Device(
            row.get("name", ""),
            model,
            _PROTOCOLS.get(protocol, ""),
            row.get("devicepool") or pools.get(row.get("fkdevicepool", ""), ""),
            row.get("tkcertificatestatus") == _LSC_INSTALLED,
            place,
        )


def _of_exports(evidence: Evidence) -> Iterable[_Device]:
    for fact in evidence.bat:
        for row in fact.rows:
            name = row.get("device name") or f"SEP{row.get('mac address', '')}"
            titles = ("device type", "phone model", "model", "product")
            protocol = (row.get("device protocol") or row.get("protocol") or "").lower()
            yield _Device(
                name.upper() if name.upper().startswith("SEP") else name,
                next((row[title] for title in titles if title in row), ""),
                _PROTOCOLS.get(protocol, ""),
                row.get("device pool", ""),
                False,
                fact.place,
            )


def _populations(
    devices: list[_Device], report: Report, catalogue: PhoneCatalogue, merged: MergedPhones
) -> None:
    numbers = {str(m.tkmodel): key for key, m in catalogue.models.items() if m.tkmodel is not None}
    found: dict[tuple[str, str, str, bool], Population] = {}
    guessed: Counter[tuple[str, str]] = Counter()
    for device in devices:
        key = numbers.get(device.model) or exact_model(device.model, catalogue)
        if key is None:
            key = nearest_model(device.model, device.name, catalogue)
            guessed[device.model or "none", key] += 1
        protocol = device.protocol
        if protocol == str(catalogue.models[key].protocol_default):
            protocol = ""
        group = (key, protocol, device.pool, device.lsc)
        population = found.setdefault(group, Population(*group))
        if device.name.startswith("SEP"):
            population.names.append(device.name)
        else:
            population.count += 1
    if len(found) > MAX_GROUPS:
        why = f"{len(found)} kinds of phones, {MAX_GROUPS} are possible: the smallest are left out"
        report.left_out("phones", why)
    kept = sorted(found.values(), key=lambda one: -one.size)[:MAX_GROUPS]
    # A population has either names or a count: soft clients stand by themselves.
    for one in sorted(kept, key=lambda one: (one.pool, one.model, one.protocol, one.lsc)):
        named, counted = one.names, one.count
        if named:
            merged.populations.append(
                Population(one.model, one.protocol, one.pool, one.lsc, sorted(named))
            )
        if counted:
            merged.populations.append(
                Population(one.model, one.protocol, one.pool, one.lsc, [], counted)
            )
    for (model, key), count in sorted(guessed.items()):
        why = f"{count} phones of model {model!r}, which the catalogue has not"
        report.default("phone model", key, why)
    models = Counter[str]()
    for one in merged.populations:
        models[one.model] += one.size
    files = sorted({str(device.place.file) for device in devices})
    for model, count in sorted(models.items()):
        report.read(f"phones {model}", str(count), ", ".join(files))
    if not devices:
        report.default("phones", "none", "no listing of device and no BAT export")


def exact_model(title: str, catalogue: PhoneCatalogue) -> str | None:
    """The catalogue's key of a model's title, `Cisco 8841`; None if it has none."""
    word = re.sub(r"[^A-Z0-9]", "", title.upper().replace("CISCO", ""))
    for key, model in catalogue.models.items():
        if word and word in (
            re.sub(r"[^A-Z0-9]", "", key.upper()),
            re.sub(r"[^A-Z0-9]", "", model.title.upper().replace("CISCO", "")),
        ):
            return key
    return None


def nearest_model(title: str, name: str, catalogue: PhoneCatalogue) -> str:
    """A stand-in for a model the catalogue has not.

    Of the longest common beginning; among equals one with Security by Default, as all phones of
    the last fifteen years have it.
    """
    if _SOFT_CLIENT.fullmatch(name) and "Jabber" in catalogue.models:
        return "Jabber"
    digits = re.search(r"\d{4}", title)
    best, rank = DEFAULT_MODEL, (1, True)
    for key, model in catalogue.models.items() if digits else ():
        pairs = zip(key, digits[0], strict=False) if digits else ()
        common = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        if common > 1 and (common, model.sbd) > rank:
            best, rank = key, (common, model.sbd)
    return best


def _pools(merged: MergedPhones, groups: dict[str, str], report: Report) -> None:
    """The group of each device pool that has phones."""
    known = {group.name for group in merged.groups}
    used = list(dict.fromkeys(one.pool for one in merged.populations))
    for pool in sorted(used):
        group = groups.get(pool, "")
        if group not in known:
            group = merged.groups[0].name
            label = f"device pool {pool!r}" if pool else "phones without a device pool"
            report.default(f"group of {label}", group, "no listing of devicepool tells")
        merged.pools[pool] = group


def _against_counters(evidence: Evidence, merged: MergedPhones) -> None:
    """Compare the phones counted with those that a perfmon log saw registered."""
    if not evidence.counters:
        return
    largest = sum(counter.largest for counter in evidence.counters)
    source = ", ".join(sorted({str(counter.place) for counter in evidence.counters}))
    if merged.count and abs(largest - merged.count) > 0.02 * merged.count:
        told = f"at most {largest:.0f} registered at once in {source}"
        evidence.report.contradiction("phones", str(merged.count), told)
    else:
        evidence.report.read("phones registered at most", f"{largest:.0f}", source)


def site_names(pools: Iterable[str]) -> dict[str, str]:
    """A site's word for each device pool."""
    names: dict[str, str] = {}
    for pool in pools:
        names[pool] = as_name(pool or "core", names.values())
    return names
