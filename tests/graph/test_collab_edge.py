"""What-if answers of a whole deployment, held against what the run then shows.

Every kind of owner is asked about, with certificates, trust entries and seeds taken at random.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.cluster.twin import Twin
from twin.config.load import load_model
from twin.config.model import ModelConfig
from twin.graph.changes import Place
from twin.graph.owners import CA_LIST, owned, stores
from twin.graph.phones import Fate, PhoneEffect
from twin.graph.questions import Effect, Questions
from twin.nodes.legs import Connection
from twin.phones.lifecycle import State
from twin.phones.securing import LEGS

KINDS = {
    "Unified CM": ("cucm-pub", "cucm-sub"),
    "IM and Presence": ("imp-1", "imp-2"),
    "Expressway": ("expc1", "expc2", "expe1", "expe2"),
    "another product": ("conductor", "ts"),
}
SERVICES = {
    "cucm": ("Cisco Tomcat", "Cisco CallManager", "Cisco Tftp", "Cisco Trust Verification Service"),
    "imp-": ("Cisco Tomcat", "Cisco SIP Proxy", "Cisco XCP Router", "Cisco Sync Agent"),
}
SETTLES = "25m"
"""Less than the half hour after which certCN may bring back what was deleted."""
TESTS = settings(max_examples=6)


def collab_edge(seed: int = 1, **fields: Any) -> Twin:
    """The bundled deployment with some fields replaced."""
    document = load_model("collab-edge").model_dump(mode="json", by_alias=True, exclude_unset=True)
    return Twin(ModelConfig.model_validate(document | fields), seed=seed)


def places_of(kind: str) -> list[Place]:
    """Every own certificate of the systems of a kind."""
    known = owned(Twin("collab-edge").cluster)
    return [Place(name, unit) for name in KINDS[kind] for unit in known[name]]


def entries_of(twin: Twin, kind: str) -> list[Place]:
    """Every trust entry of the systems of a kind, by its common name."""
    found = stores(twin.cluster)
    return list(
        dict.fromkeys(
            Place(name, one.common_name)
            for name, _, trusted in found
            if name in KINDS[kind]
            for one in trusted
        )
    )


PLACES = {kind: places_of(kind) for kind in KINDS}


# -- doing what was asked about ------------------------------------------------------------


def restart(twin: Twin, system: str) -> None:
    """Everything on a system that shows a certificate or judges one."""
    if system.startswith("exp"):
        twin.do({"restart_expressway": {"peer": system}})
    elif system[:4] in SERVICES:
        for service in SERVICES[system[:4]]:
            twin.do({"restart_service": {"node": system, "service": service}})
    else:
        twin.do({"restart_system": {"system": system}})


def renew(twin: Twin, place: Place) -> None:
    """Regenerate, or have it signed anew; then restart."""
    if place.system.startswith("exp"):
        authority = "public-ca" if place.system.startswith("expe") else "enterprise-ca"
        twin.do({"expressway_csr": {"peer": place.system}})
        twin.do({"upload_expressway_server": {"peer": place.system, "authority": authority}})
    elif place.system[:4] in SERVICES:
        assert twin.regenerate(place.system, place.unit).outcome == "done"
    else:
        upload = {"system": place.system, "authority": "enterprise-ca"}
        assert twin.do({"upload_system_certificate": upload}).outcome == "done"
    restart(twin, place.system)


def delete(twin: Twin, entry: Place) -> None:
    """From every store of the system that has it; then restart whoever may have lost it."""
    held = [
        unit
        for name, unit, trusted in stores(twin.cluster)
        if name == entry.system and any(one.common_name == entry.unit for one in trusted)
    ]
    for unit in held:
        if unit == CA_LIST:
            step = {"delete_expressway_trust": {"peer": entry.system, "common_name": entry.unit}}
        elif entry.system[:4] in SERVICES:
            step = {"delete_trust": {"node": entry.system, "unit": unit, "name": entry.unit}}
        else:
            step = {"delete_system_trust": {"system": entry.system, "common_name": entry.unit}}
        assert twin.do(step).outcome == "done"
    (kind,) = [kind for kind, names in KINDS.items() if entry.system in names]
    for name in KINDS[kind] if entry.system[:4] in SERVICES else [entry.system]:
        restart(twin, name)


# -- what the run shows ---------------------------------------------------------------------


def connections(twin: Twin) -> Iterator[Connection]:
    """Every standing connection."""
    cluster = twin.cluster
    assert cluster.edge is not None
    assert cluster.presence is not None
    assert cluster.integrations is not None
    yield from cluster.edge.connections
    yield from cluster.presence.legs.connections
    yield from cluster.integrations.connections


def up(twin: Twin) -> set[str]:
    """The connections that stand."""
    return {one.leg.name for one in connections(twin) if one.is_up}


def registered_at(twin: Twin) -> dict[str, Counter[str]]:
    """By population, at which node how many phones are registered."""
    columns, names = twin.cluster.population, {n.index: n.name for n in twin.cluster.nodes.values()}
    found: dict[str, Counter[str]] = {}
    for phone in range(columns.size):
        at = names[columns.node[phone]] if columns.state[phone] == State.REGISTERED else ""
        found.setdefault(columns.group(phone).population, Counter())[at] += 1
    return found


def check_legs(twin: Twin, before: set[str], effects: list[Effect]) -> None:
    """Exactly those said to fail are down, and phones are where their legs let them be."""
    failing = {one.leg.name for one in effects if one.breaks}
    standing = {one.leg.name for one in connections(twin)}
    assert before - up(twin) == failing & standing
    now = {one.leg.name for one in Questions(twin.cluster).failing()}
    assert now == failing
    left = [
        node for node in ("cucm-sub", "cucm-pub")
        if f"{LEGS['SIP']} secure-8841 > {node}:5061" not in failing
    ]  # fmt: skip
    assert set(registered_at(twin)["secure-8841"]) == {left[0] if left else ""}


def check_phones(twin: Twin, effects: list[PhoneEffect]) -> None:
    """Exactly those said to be stuck are, and exactly those said to find no way are out."""
    stuck = {name for one in effects if one.fate is Fate.STUCK for name in one.phones}
    assert set(twin.stuck()) == stuck
    out = {one.population: len(one.phones) for one in effects if one.fate is Fate.SHUT_OUT}
    outside = {name: where[""] for name, where in registered_at(twin).items() if "home" in name}
    assert {name: count for name, count in outside.items() if count} == out


# -- the answers ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@TESTS
@given(st.data())
def test_a_regeneration_does_what_was_said(kind: str, data: st.DataObject) -> None:
    """Legs that fail, phones that are stuck and phones outside without a way, of any owner."""
    twin = collab_edge(data.draw(st.integers(1, 99), label="seed"))
    place = data.draw(st.sampled_from(PLACES[kind]), label="place")
    questions, before = Questions(twin.cluster), up(twin)
    effects = questions.if_regenerated([place])
    phones = questions.phones_if_regenerated([place])
    renew(twin, place)
    twin.advance(SETTLES)
    check_legs(twin, before, effects)
    check_phones(twin, phones)


@pytest.mark.parametrize("kind", KINDS)
@TESTS
@given(st.data())
def test_a_deletion_does_what_was_said(kind: str, data: st.DataObject) -> None:
    """The same of a trust entry, on all nodes where the release deletes it there, too."""
    twin = collab_edge(data.draw(st.integers(1, 99), label="seed"))
    entry = data.draw(st.sampled_from(entries_of(twin, kind)), label="entry")
    questions, before = Questions(twin.cluster), up(twin)
    effects = questions.if_deleted(entry)
    phones = questions.phones_if_deleted(entry)
    delete(twin, entry)
    twin.advance(SETTLES)
    check_legs(twin, before, effects)
    check_phones(twin, phones)


OLD_CA = [
    {"name": "enterprise-ca", "subject": "CN=Example Issuing CA;O=Example;C=CH", "age_days": 3500,
     "trusted_in": ["CallManager-trust", "tomcat-trust", "cup-xmpp-trust"]},
    {"name": "public-ca", "kind": "public", "subject": "CN=Public Root CA;O=Public Trust;C=US",
     "trusted_in": ["cup-xmpp-trust"]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "age_days", "fields"),
    [
        pytest.param(125, 1700, {}, id="self-signed ones of nodes"),
        pytest.param(150, 400, {"certificate_authorities": OLD_CA}, id="an authority"),
        pytest.param(230, 400, {}, id="Expressway-E"),
        pytest.param(330, 400, {}, id="tomcat and cup-xmpp"),
        pytest.param(630, 400, {}, id="Expressway-C and products"),
    ],
)
def test_what_expires_breaks_what_was_said(
    day: int, age_days: int, fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is restarted the day before and the day after; the difference was foretold."""
    monkeypatch.setattr("twin.nodes.certificate_manager.CERTIFICATE_AGE_DAYS", age_days)
    twin = collab_edge(**fields)
    questions = Questions(twin.cluster)
    begins = twin.now + timedelta(days=day - 1)
    due = {
        one
        for leg in questions.legs
        for end in (leg.client.end(), leg.server.end())
        if end is not None
        for one in (*end.chain, *end.anchors)
        if begins < one.not_after < begins + timedelta(days=3)
    }
    assert due
    standing = {one.leg.name for one in connections(twin)}
    said = {effect.leg.name for one in due for effect in questions.when_expired(one)} & standing
    seen = []
    for moment in (day - 1, day + 2):
        twin.run_until(moment * 86_400_000)
        for names in KINDS.values():
            for name in names:
                restart(twin, name)
        twin.advance(SETTLES)
        seen.append({one.leg.name for one in connections(twin) if not one.is_up})
    assert seen[1] - seen[0] == said - seen[0]
    assert said - seen[0]
