"""IM and Presence in models and experiments: what fits, and how a fault is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from twin.config.experiment_checks import Surroundings, experiment_problems
from twin.config.load import (
    load_model,
    load_phone_catalogue,
    load_presence,
    load_release,
    load_timing,
)
from twin.config.model import ModelConfig
from twin.config.presence import PresenceFacts
from twin.config.words import Unit

LAB = "presence-lab"
XCP = "Cisco XCP Router"


@pytest.fixture(scope="module")
def around() -> Surroundings:
    """What an experiment on the lab is checked against."""
    return Surroundings(
        load_model(LAB), load_release("11.5"), load_phone_catalogue(), load_timing(),
        load_release, load_presence,
    )  # fmt: skip


@pytest.mark.parametrize(
    "step",
    [
        {"regenerate": {"node": "imp-1", "unit": "cup-xmpp-ECDSA"}},
        {"restart_service": {"node": "imp-2", "service": XCP}},
        {"delete_trust": {"node": "east-1", "unit": "cup-xmpp-trust", "name": "x"}},
        {"node": {"node": "imp-1", "up": False}},
        {"restart_after": {"unit": "cup"}},
        {
            "upload_trust": {
                "node": "cucm-pub", "unit": "CallManager-trust", "certificate_of": "imp-1",
                "own_unit": "cup",
            }
        },
        {
            "upload_trust": {
                "node": "imp-1", "unit": "cup-trust", "certificate_of": "cucm-pub",
                "own_unit": "CallManager",
            }
        },
    ],
)  # fmt: skip
def test_words_of_nodes_fit_imp_nodes(step: Mapping[str, Any], around: Surroundings) -> None:
    """Certificates, stores, services and power of IM&P nodes go by the words of any node."""
    assert list(experiment_problems({"steps": [step]}, around)) == []


@pytest.mark.parametrize(
    ("step", "place", "found"),
    [
        (
            {"regenerate": {"node": "imp-1", "unit": "TVS"}},
            "unit",
            "unit 'TVS', which release 11.5 has not",
        ),
        (
            {"regenerate": {"node": "cucm-pub", "unit": "cup"}},
            "unit",
            "unit 'cup', which release 11.5 has not",
        ),
        (
            {"restart_service": {"node": "cucm-pub", "service": XCP}},
            "service",
            "XCPRouter on a Unified CM node",
        ),
        ({"stop_service": {"node": "imp-1", "service": "TVS"}}, "service", "TVS on imp-1"),
        (
            {"start_service": {"node": "imp-2", "service": "XCPFederation"}},
            "service",
            "XCPFederation on imp-2",
        ),
        (
            {"itl_reset": {"node": "imp-1", "key": "localkey"}},
            "node",
            "itl_reset on an IM&P node",
        ),
        (
            {"reset_phones": {"select": {"node": "imp-1"}}},
            "node",
            "phones of an IM&P node",
        ),
        (
            {"restore": {"nodes": ["imp-1", "cucm-pub"]}},
            "nodes",
            "nodes of several clusters",
        ),
        (
            {"redundancy_group": {"group": "pear", "do": "fall_back"}},
            "group",
            "unknown redundancy group 'pear'",
        ),
        (
            {
                "upload_trust": {
                    "node": "imp-1", "unit": "cup-trust", "certificate_of": "cucm-pub",
                    "own_unit": "cup",
                }
            },
            "own_unit",
            "cup, which cucm-pub has not",
        ),
        (
            {"generate_csr": {"node": "imp-1", "unit": "cup", "distribution": "multi_server"}},
            "distribution",
            "release 11.5 has no such multi-server certificate of cup",
        ),
    ],
)  # fmt: skip
def test_a_word_that_does_not_fit_is_named(
    step: Mapping[str, Any], place: str | int, found: str, around: Surroundings
) -> None:
    """Units, services and words of the other product are told with their place."""
    problems = [
        (problem.location[-1], problem.found)
        for problem in experiment_problems({"steps": [step]}, around)
    ]
    assert (place, found) in problems


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"imp_nodes": [{"name": "a", "role": "subscriber", "address": "10.0.0.9"}]},
         "0 publishers in IM&P cluster 'imp'"),
        ({"imp_nodes": [{"name": "cucm-pub", "role": "publisher", "address": "10.0.0.9"}]},
         "'cucm-pub' is another's name"),
        ({"presence": {"clients": [{"name": "c", "count": 1, "node": "nobody"}]}},
         "unknown IM&P node 'nobody'"),
        ({"presence": {"clients": [{"name": "c", "node": "imp-1"}]}},
         "both count and population, or neither"),
        ({"presence": {"redundancy_groups": [{"name": "g", "members": ["imp-1", "imp-1"]}]}},
         "'imp-1' a second time"),
        ({"presence": {"signed_units": {"TVS": "enterprise-ca"}}}, "TVS, which IM&P nodes"),
        ({"presence": {"multi_server": ["CAPF"]}}, "CAPF, which IM&P nodes have not"),
        ({"presence": {"partners": [{"name": "p", "domain": "p.org", "signed_by": "no-ca"}]}},
         "unknown certificate authority 'no-ca'"),
    ],
)  # fmt: skip
def test_a_model_that_does_not_hang_together_is_named(change: dict[str, Any], found: str) -> None:
    """References among IM&P nodes, groups, clients and partners are checked."""
    document = load_model(LAB).model_dump(mode="json", by_alias=True) | change
    with pytest.raises(ValidationError, match=found):
        ModelConfig.model_validate(document)


@pytest.mark.parametrize(("release", "curves"), [("9.1", False), ("10.5", False), ("15", True)])
def test_curves_come_with_the_release(release: str, curves: bool) -> None:
    """ECDSA units are there where tomcat has its twin, with the sizes of the release."""
    profile = load_presence().profile(load_release(release))
    assert (Unit.CUP_XMPP_ECDSA in profile.units) == curves
    assert profile.key_bits[Unit.CUP] == load_release(release).key_bits[Unit.TOMCAT]
    assert set(profile.key_bits) == set(profile.validity_days) == set(profile.units)
    assert set(profile.units) <= set(profile.restart_services) | {Unit.TOMCAT_ECDSA}


def test_a_fact_without_an_origin_is_refused() -> None:
    """Each fact has its source or is an assumption, never both."""
    document = load_presence().model_dump(mode="json")
    del document["sources"]["units"]
    document["assumptions"]["replicated"] = "twice"
    with pytest.raises(ValidationError) as caught:
        PresenceFacts.model_validate(document)
    assert "'units' is in both" in str(caught.value)
    assert "'replicated' is in both" in str(caught.value)
