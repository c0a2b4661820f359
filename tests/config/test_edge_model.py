"""Expressways, zones and SIP systems in models, and their words in experiments."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from twin.config.load import load_model, load_run
from twin.config.model import ModelConfig
from twin.errors import ConfigError


def document() -> dict[str, Any]:
    """The bundled model with two peers a side, as written."""
    return load_model("mra-cluster").model_dump(mode="json", by_alias=True, exclude_unset=True)


def test_the_bundled_models_are_whole() -> None:
    """Every zone's ends are peers of the right role, and the other side of a zone is there."""
    for name in ("mra-lab", "mra-cluster"):
        model = load_model(name)
        roles = {peer.name: str(peer.role) for peer in model.expressways}
        for zone in model.traversal_zones:
            assert {roles[name] for name in zone.clients} == {"core"}
            assert {roles[name] for name in zone.servers} == {"edge"}


@pytest.mark.parametrize(
    ("place", "key", "value", "words"),
    [
        ("expressways", "name", "expc2", "is taken by"),
        ("expressways", "name", "cucm-pub", "is a node's name"),
        ("expressways", "site", "nowhere", "unknown site"),
        ("expressways", "trusts", ["tomcat", "enterprise"], "enterprise-ca"),
        ("expressways", "certificate", {"signed_by": "publik-ca"}, "public-ca"),
        ("expressways", "release", "14.2", "X8.7 or X14.0.2"),
        ("expressways", "same_name", "newest", "last"),
        ("traversal_zones", "clients", ["expc3"], "unknown Expressway"),
        ("traversal_zones", "clients", ["expe1"], "a peer of role core"),
        ("traversal_zones", "servers", ["expc1"], "a peer of role edge"),
        ("traversal_zones", "port", 80, "1024"),
        ("sip_systems", "signed_by", "publik-ca", "public-ca"),
        ("sip_systems", "trusts", ["publik-ca"], "public-ca"),
        ("sip_systems", "name", "expe1", "is a node's or an Expressway's name"),
        ("sip_systems", "site", "nowhere", "unknown site"),
        ("neighbor_zones", "peer", "expe3", "unknown peer"),
        ("neighbor_zones", "system", "partners", "partner"),
    ],
)
def test_what_does_not_fit_is_told(place: str, key: str, value: object, words: str) -> None:
    """A wrong name or value is refused with the place and what was meant."""
    changed = document()
    changed[place][0][key] = value
    with pytest.raises(ValidationError, match=words) as caught:
        ModelConfig.model_validate(changed)
    assert place in str(caught.value)


def test_a_renewed_ca_has_the_subject_of_the_old_one() -> None:
    """Two CAs of one subject are refused unless the second renews the first."""
    changed = document()
    subject = changed["certificate_authorities"][1]["subject"]
    again = {"name": "again", "subject": subject}
    changed["certificate_authorities"].append(again)
    with pytest.raises(ValidationError, match="certificate authority with subject"):
        ModelConfig.model_validate(changed)
    again["renews"] = "public-ca"
    ModelConfig.model_validate(changed)
    for wrong in ("enterprise-ca", "again", "nobody"):
        again["renews"] = wrong
        with pytest.raises(ValidationError, match=r"another subject|unknown certificate authority"):
            ModelConfig.model_validate(changed)


def test_an_expressway_release_beyond_the_history_is_told() -> None:
    """A release of which nothing is known is an input error, not a crash of the run."""
    with pytest.raises(ConfigError, match=r"a release from X8\.1 to X15\.5"):
        load_run(
            "does-mra-survive-a-new-callmanager",
            overrides={"model.expressways[0].release": "X16.0"},
        )
