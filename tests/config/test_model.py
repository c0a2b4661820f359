"""The model document: fields, defaults and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from twin.config.model import ModelConfig
from twin.config.model_checks import MAX_PHONES
from twin.config.words import Role, Service, Unit

Faults = Callable[[Callable[[dict[str, Any]], object]], list[str]]


def test_a_model_answers_for_its_nodes(model: dict[str, Any]) -> None:
    """Publisher, subscribers, services and names follow from the document."""
    config = ModelConfig.model_validate(model)
    assert config.publisher.name == "one"
    assert [node.name for node in config.subscribers] == ["two"]
    assert [node.name for node in config.nodes_running(Service.TFTP)] == ["one"]
    assert [node.name for node in config.nodes_running(Service.TVS)] == ["one", "two"]
    assert config.fqdn_of(config.node("two")) == "two.example.com"
    assert config.site_of(config.node("two")) == "hq"
    assert config.group("default").members == ("two", "one")
    assert config.phone_count == 10


def test_aliases_number_nodes_by_name(model: dict[str, Any]) -> None:
    """sub1 is the first subscriber by name, however the document orders them."""
    model["nodes"].append(
        {"name": "alpha", "role": "subscriber", "address": "10.0.0.3", "services": ["TFTP"]}
    )
    config = ModelConfig.model_validate(model)
    assert config.resolve_node("sub1") == "alpha"
    assert config.resolve_node("sub2") == "two"
    assert config.resolve_node("tftp1") == "alpha"
    assert config.resolve_node("tftp2") == "one"
    assert config.node("pub").role is Role.PUBLISHER
    with pytest.raises(KeyError):
        config.resolve_node("sub3")


def test_a_nodes_own_name_wins_over_an_alias(model: dict[str, Any]) -> None:
    """A subscriber that is called pub is meant by pub."""
    model["nodes"][1]["name"] = "pub"
    model["callmanager_groups"][0]["members"] = ["pub", "one"]
    assert ModelConfig.model_validate(model).node("pub").role is Role.SUBSCRIBER


def test_a_model_cannot_be_changed(model: dict[str, Any]) -> None:
    """Documents are frozen once validated."""
    config = ModelConfig.model_validate(model)
    with pytest.raises(ValidationError, match="frozen"):
        config.release = "14"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize("written", ["8.6", 8.6, "14", 14])
def test_a_release_may_look_like_a_number(model: dict[str, Any], written: object) -> None:
    """YAML takes 8.6 and 14 for numbers; the model keeps their text."""
    model["release"] = written
    assert ModelConfig.model_validate(model).release == str(written)


def test_a_phone_model_may_look_like_a_number(model: dict[str, Any]) -> None:
    """`model: 8841` needs no quotes."""
    model["phones"][0]["model"] = 8841
    assert ModelConfig.model_validate(model).phones[0].model == "8841"


def test_services_may_be_named_as_on_the_serviceability_page(model: dict[str, Any]) -> None:
    """Cisco Tftp and TFTP are the same service."""
    model["nodes"][0]["services"] = ["Cisco CallManager", "Cisco Tftp"]
    node = ModelConfig.model_validate(model).publisher
    assert node.services == (Service.CALLMANAGER, Service.TFTP)


def test_a_network_service_cannot_be_activated(model_faults: Faults) -> None:
    """TVS runs everywhere; listing it is a misunderstanding worth naming."""
    (fault,) = model_faults(lambda m: m["nodes"][1]["services"].append("TVS"))
    assert "nodes[1] (two).services[1]: 'TVS', which runs on every node by itself" in fault


def test_an_unknown_field_suggests_the_nearest(model_faults: Faults) -> None:
    """The place is what holds the field; the schema command lists the fields."""
    assert model_faults(lambda m: m["nodes"][1].update(adress="10.0.0.9")) == [
        "nodes[1] (two): unknown field 'adress'; did you mean 'address'? "
        "'twin schema model' lists the fields."
    ]


def test_a_missing_field_is_named(model_faults: Faults) -> None:
    """The place is what should hold the field."""
    assert model_faults(lambda m: m["nodes"][1].pop("role")) == [
        "nodes[1] (two): missing field 'role'."
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"cluster_mode": "secret"}, "cluster_mode: 'secret', expected one of"),
        ({"name": "a b"}, "name: 'a b', expected text of the form"),
        ({"nodes": []}, "nodes: [], expected at least 1 item"),
        ({"subject": 3}, "subject: 3, expected a mapping of fields"),
    ],
)
def test_a_wrong_value_says_what_is_expected(
    model_faults: Faults, change: dict[str, Any], fault: str
) -> None:
    """Every message has the value found and what should stand there."""
    assert any(text.startswith(fault) for text in model_faults(lambda m: m.update(change)))


@pytest.mark.parametrize("address", ["10.0.0", "10.0.0.256", "010.0.0.1", "fe80::1", "host"])
def test_an_address_is_ipv4(model_faults: Faults, address: str) -> None:
    """TVS and config files carry IPv4 addresses only."""
    (fault,) = model_faults(lambda m: m["nodes"][1].update(address=address))
    assert "an IPv4 address" in fault


def test_key_sizes_are_those_the_product_knows(model_faults: Faults) -> None:
    """A key size of 2000 bits or for an unknown unit is refused."""
    faults = model_faults(lambda m: m["nodes"][0].update(key_bits={"TVX": 2048, "TVS": 2000}))
    assert any("'TVX'" in fault and "did you mean 'TVS'?" in fault for fault in faults)
    assert any("2000, expected one of 1024, 2048, 3072, 4096" in fault for fault in faults)


def test_key_sizes_are_kept_by_unit(model: dict[str, Any]) -> None:
    """A node may have a larger CallManager key."""
    model["nodes"][0]["key_bits"] = {"CallManager": 4096}
    assert ModelConfig.model_validate(model).publisher.key_bits == {Unit.CALLMANAGER: 4096}


@pytest.mark.parametrize("count", [0, 1, MAX_PHONES])
def test_any_supported_number_of_phones_is_accepted(model: dict[str, Any], count: int) -> None:
    """No phone at all and 80,000 phones are both models."""
    model["unsupported_size"] = True
    model["phones"][0]["count"] = count
    assert ModelConfig.model_validate(model).phone_count == count


def test_a_phone_too_many_is_refused(model_faults: Faults) -> None:
    """80,001 phones are too many even when they are spread over populations."""

    def change(document: dict[str, Any]) -> None:
        document["unsupported_size"] = True
        document["phones"] = [
            {"name": "a", "model": "8841", "count": MAX_PHONES},
            {"name": "b", "model": "8841", "count": 1},
        ]

    assert model_faults(change) == ["phones: 80001 phones together, expected at most 80000."]


def test_a_written_document_reads_back_the_same(model: dict[str, Any]) -> None:
    """Document to model to document loses nothing."""
    config = ModelConfig.model_validate(model)
    assert config.model_dump(mode="json", exclude_unset=True) == model
    assert ModelConfig.model_validate(config.model_dump(mode="json")) == config
