"""What-if answers about legs, held against what a run then shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.cluster.twin import Twin
from twin.config.load import load_model
from twin.config.model import ModelConfig
from twin.errors import ActionError
from twin.graph.changes import Place
from twin.graph.questions import Questions

UNITS = ("tomcat", "CallManager", "CAPF", "TVS", "ipsec")
PLACES = [f"cucm-{node}:{unit}" for node in ("pub", "sub") for unit in UNITS]
SERVICES = ("Cisco Tomcat", "Cisco CallManager", "Cisco Tftp")


def lab(**fields: Any) -> ModelConfig:
    """The bundled model with an Expressway pair, with some fields replaced."""
    document = load_model("mra-lab").model_dump(mode="json", by_alias=True, exclude_unset=True)
    return ModelConfig.model_validate(document | fields)


def expressways(**of_core: Any) -> list[dict[str, Any]]:
    """The lab's Expressways, the core with other fields."""
    peers = lab().model_dump(mode="json", by_alias=True, exclude_unset=True)["expressways"]
    return [peer | (of_core if peer["role"] == "core" else {}) for peer in peers]


# Deployments that trust in different ways: each answer must differ as the trust does.
VARIANTS: dict[str, Callable[[], ModelConfig]] = {
    "as it is": lab,
    "self-signed tomcat": lambda: lab(
        signed_units={},
        expressways=expressways(trusts=["enterprise-ca", "public-ca", "CallManager"]),
    ),
    "signed CallManager": lambda: lab(
        signed_units={"tomcat": "enterprise-ca", "CallManager": "enterprise-ca"},
        expressways=expressways(trusts=["enterprise-ca", "public-ca"]),
    ),
    "without verify": lambda: lab(
        unified_communications={
            "domains": ["example.com"],
            "tls_verify": False,
            "security_profiles": ["secure-mobile.example.com"],
        }
    ),
    "X14.2": lambda: lab(expressways=expressways(release="X14.2")),
}


def up(twin: Twin) -> set[str]:
    """The connections that stand."""
    assert twin.cluster.edge is not None
    return {one.leg.name for one in twin.cluster.edge.connections if one.is_up}


def renew(twin: Twin, place: Place) -> None:
    """Regenerate, and restart what presents it."""
    if place.system.startswith("exp"):
        authority = "enterprise-ca" if place.system == "expc" else "public-ca"
        twin.do({"expressway_csr": {"peer": place.system}})
        twin.do({"upload_expressway_server": {"peer": place.system, "authority": authority}})
        twin.do({"restart_expressway": {"peer": place.system}})
        return
    assert twin.regenerate(place.system, place.unit).outcome == "done"
    for service in SERVICES:
        twin.do({"restart_service": {"node": place.system, "service": service}})


@settings(max_examples=12)
@given(
    st.sampled_from(sorted(VARIANTS)),
    st.lists(
        st.sampled_from([*PLACES, "expc:server", "expe:server"]),
        min_size=1, max_size=2, unique=True,
    ),
    st.integers(1, 99),
)  # fmt: skip
def test_the_blast_radius_is_what_the_run_then_shows(
    variant: str, names: list[str], seed: int
) -> None:
    """The legs said to fail after a regeneration are those that are down when it has been done."""
    twin = Twin(VARIANTS[variant](), seed=seed)
    places = [Place.parse(name) for name in names if name != "cucm-sub:CAPF"]
    before = up(twin)
    effects = Questions(twin.cluster).if_regenerated(places)
    said = {effect.leg.name for effect in effects if effect.breaks}
    for place in places:
        renew(twin, place)
        twin.advance("10m")
    sign_ins = {
        one.leg.name: one.verdict.succeeded
        for one in Questions(twin.cluster).verdicts()
        if one.leg.kind == "L1"
    }
    assert before - up(twin) == {name for name in said if name in before}
    assert {name for name, succeeds in sign_ins.items() if not succeeds} == said - before


def test_asking_changes_nothing() -> None:
    """After every question the cluster's next certificate is the one it would have been."""
    asked, left = Twin("mra-lab"), Twin("mra-lab")
    questions = Questions(asked.cluster)
    for name in (*PLACES[:3], "expc:server", "expe:server"):
        questions.if_regenerated([Place.parse(name)])
        questions.phones_if_regenerated([Place.parse(name)])
        questions.if_expired(Place.parse(name))
    questions.explanations()
    for twin in (asked, left):
        twin.regenerate("cucm-sub", "CallManager")
    one, other = (twin.cluster.nodes["cucm-sub"].files.own for twin in (asked, left))
    assert one["CallManager"].certificate == other["CallManager"].certificate
    assert asked.finish().fingerprint == left.finish().fingerprint


def test_an_expiry_touches_the_legs_that_need_the_certificate() -> None:
    """A CallManager certificate that outlives the Expressway-C's is judged by itself."""
    questions = Questions(Twin("mra-lab").cluster)
    found = questions.if_expired(Place.parse("cucm-sub:CallManager"))
    assert [one.leg.name for one in found] == ["L7 expc > cucm-sub:5061"]
    assert found[0].after.alert == "certificate expired"
    found = questions.if_expired(Place.parse("expe:server"))
    assert {one.leg.kind for one in found} == {"L1", "L2", "L3"}


def test_the_legs_that_an_expiry_would_break_do_break_then() -> None:
    """A year and more later, new connections fail as was said."""
    twin = Twin("mra-lab")
    questions = Questions(twin.cluster)
    place = Place.parse("expe:server")
    said = {one.leg.name for one in questions.if_expired(place)}
    (certificate,) = questions.find(place)
    moment = certificate.not_after + timedelta(seconds=2)
    failing = {one.leg.name for one in questions.verdicts(moment) if not one.verdict.succeeded}
    assert said <= failing


def test_a_trust_entry_is_missed_where_it_is_deleted() -> None:
    """Of one list only its own legs fail; of all lists everybody who went by it."""
    questions = Questions(Twin("mra-lab").cluster)
    on_core = questions.if_deleted(Place("expc", "Public Root CA"))
    assert {one.leg.kind for one in on_core} == {"L2", "L3"}
    assert {one.after.refused_by for one in on_core} == {"client"}
    everywhere = questions.if_deleted(Place("*", "Public Root CA"))
    assert {one.leg.kind for one in everywhere} >= {"L1", "L2", "L3"}


@pytest.mark.parametrize(
    ("lacks", "missing", "at"),
    [
        (["enterprise-ca", "CallManager"], "Public Root CA", "expc"),
        (["public-ca", "CallManager"], "Example Issuing CA", "expc"),
    ],
)
def test_one_missing_anchor_explains_all_failures(lacks: list[str], missing: str, at: str) -> None:
    """A CA list without one CA: that CA, at that system, would mend every leg that fails."""
    questions = Questions(Twin(lab(expressways=expressways(trusts=lacks))).cluster)
    best = questions.explanations()[0]
    assert best.explains_all
    assert best.certificate.common_name == missing
    assert best.systems == (at,)
    assert {one.leg.name for one in questions.failing()} == {leg.name for leg in best.legs}


def test_two_faults_are_not_explained_by_one_anchor() -> None:
    """Each missing certificate explains its own part only."""
    questions = Questions(Twin(lab(expressways=expressways(trusts=["enterprise-ca"]))).cluster)
    found = questions.explanations()
    assert len(found) >= 2
    assert not any(one.explains_all for one in found)


def test_secure_phones_are_asked_about_too() -> None:
    """One phone stands for its population: a CallManager certificate it does not know fails it."""
    questions = Questions(Twin("mixed-mode-200").cluster)
    effects = questions.if_regenerated([Place.parse("cucm-pub:CallManager")])
    broken = [one for one in effects if one.leg.kind.endswith(("5061", "2443"))]
    assert broken
    assert {one.leg.server.name for one in broken} == {"cucm-pub"}
    assert {one.after.refused_by for one in broken} == {"client"}


@pytest.mark.parametrize(
    "text", ["cucm-pub", "cucm-pub:Tomcats", "cucm-pup:tomcat", "expc:tomcat", "*:Nobody", ":"]
)
def test_a_place_that_is_not_there_is_an_input_error(text: str) -> None:
    """A wrong node, unit or name is told as such."""
    questions = Questions(Twin("mra-lab").cluster)
    with pytest.raises(ActionError):
        questions.if_expired(Place.parse(text))
