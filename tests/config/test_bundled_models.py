"""The reference models: that they load on every release, and the facts each stands for."""

from __future__ import annotations

from collections import Counter

import pytest

from twin import library
from twin.config.load import load_model, load_phone_catalogue
from twin.config.model import ModelConfig
from twin.config.words import Role, Service, TrustUnit

NAMES = library.models()


def _first_choices(model: ModelConfig) -> Counter[str]:
    load: Counter[str] = Counter()
    for population in model.phones:
        load[model.group(population.callmanager_group).members[0]] += population.count
    return load


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_model_is_called_as_its_file(name: str) -> None:
    """The name in the document is the name users type; it has an origin and a title."""
    model = load_model(name)
    assert model.name == name
    assert model.title
    assert model.source or model.assumption


@pytest.mark.parametrize("release", library.releases())
@pytest.mark.parametrize("name", ["seed-lab", "single-node-250", "two-node-1000"])
def test_a_model_can_be_put_on_any_release(name: str, release: str) -> None:
    """No reference model depends on a parameter that only some releases have."""
    assert load_model(name, {"model.release": release}).release == release


@pytest.mark.parametrize(
    ("name", "phones", "nodes", "sites", "calling", "serving"),
    [
        ("seed-lab", 2, 2, 1, 2, 1),
        ("single-node-250", 250, 1, 1, 1, 1),
        ("two-node-1000", 1000, 2, 1, 2, 2),
        ("campus-10k", 10_000, 7, 12, 4, 2),
        ("enterprise-40k", 40_000, 12, 150, 9, 2),
    ],
)
def test_a_model_has_the_size_it_is_named_for(
    name: str, phones: int, nodes: int, sites: int, calling: int, serving: int
) -> None:
    """Phones, nodes, sites, call-processing nodes and file servers."""
    model = load_model(name)
    assert model.phone_count == phones
    assert len(model.nodes) == nodes
    assert len(model.sites) == sites
    assert len(model.nodes_running(Service.CALLMANAGER)) == calling
    assert len(model.nodes_running(Service.TFTP)) == serving


@pytest.mark.parametrize("name", NAMES)
def test_any_one_node_may_fail(name: str) -> None:
    """With a second node in every group, the survivors hold all phones within their size."""
    model = load_model(name)
    groups = [model.group(population.callmanager_group) for population in model.phones]
    if any(len(group.members) < 2 for group in groups):
        assert name in ("single-node-250", "mixed-mode-200", "presence-lab", "video-lab")
        return
    for failed in model.nodes_running(Service.CALLMANAGER):
        load: Counter[str] = Counter()
        for population, group in zip(model.phones, groups, strict=True):
            load[next(node for node in group.members if node != failed.name)] += population.count
        assert all(count <= model.node(node).ova for node, count in load.items())


@pytest.mark.parametrize("name", ["campus-10k", "enterprise-40k"])
def test_large_models_are_balanced(name: str) -> None:
    """No phone registers to the publisher first; nodes and file servers share the rest."""
    model = load_model(name)
    load = _first_choices(model)
    assert set(load) == {node.name for node in model.nodes_running(Service.CALLMANAGER)}
    assert model.publisher.name not in load
    assert max(load.values()) <= 1.15 * min(load.values())
    tftp: Counter[str] = Counter()
    for population in model.phones:
        tftp[population.tftp[0]] += population.count
    assert len(tftp) == 2
    assert max(tftp.values()) <= 1.15 * min(tftp.values())


@pytest.mark.parametrize("name", ["campus-10k", "enterprise-40k"])
def test_large_models_mix_phone_families(name: str) -> None:
    """7800, 8800 and 7900 phones behave differently in a storm."""
    catalogue = load_phone_catalogue()
    families = {catalogue[population.model].family for population in load_model(name).phones}
    assert families == {"78xx", "88xx", "7941 to 7975"}


def test_seed_lab_has_the_nodes_of_the_traces() -> None:
    """Names, addresses, subject and row identifiers as printed.

    Source: Cisco TAC deck, March 2016, SDL traces and itlreset.log.
    """
    model = load_model("seed-lab")
    publisher, subscriber = model.nodes
    assert (publisher.name, publisher.address, publisher.role) == (
        "labserver1", "10.106.97.178", Role.PUBLISHER
    )  # fmt: skip
    assert (subscriber.name, subscriber.address) == ("labserver2", "10.106.97.179")
    assert model.fqdn_of(publisher) == "labserver1.vasank.com"
    assert publisher.processnode_pkid == "22b42762-9ae4-4ffc-9917-a8cd6fc213be"
    assert subscriber.processnode_pkid == "1401da6f-79ea-32f3-deca-bc664c0b0c12"
    assert subscriber.callmanager_pkid == "d4bfc995-72a1-46af-a607-c0988cdd1be5"
    subject = model.subject
    assert (subject.organization, subject.organizational_unit, subject.locality) == (
        "Cisco", "TAC", "BGL"
    )  # fmt: skip
    assert (subject.state, subject.country) == ("KA", "IN")


def test_seed_lab_has_the_devices_of_the_traces() -> None:
    """Two phones, the device template of the reset trace and the server of the TVS trace."""
    model = load_model("seed-lab")
    assert model.phones[0].names == ("SEP885A92D977CA", "SEPB83861583B73")
    assert set(model.group("lab").members) == {"labserver1", "labserver2"}
    (template,) = model.device_templates
    assert (template.tkmodel, template.pkid) == (645, "21b83701-7d88-479f-b885-0cf40956b5a3")
    assert template.name == "Sample Device Template with TAG usage examples"
    assert model.group(template.callmanager_group).members == ("labserver2",)
    (server,) = model.web_servers
    assert server.serial == "027865"
    assert server.issuer_subject == "CN=VASANK-DC1-CA;OU=BGL;O=TAC;C=IN"


LISTING = """\
tomcat-trust/VeriSign_Class_3_Secure_Server_CA_-_G3.pem: Trust Certificate
CallManager-trust/CAPF-be0b40de.pem: Trust Certificate
CallManager-trust/Leaf3.vasank.com.pem: Signed Certificate
CallManager-trust/CAPF-f21b4acd.pem: Signed Certificate
CallManager-trust/CAP-RTP-002.pem: Trust Certificate
CallManager-trust/Cisco_Manufacturing_CA.pem: Signed Certificate
CallManager-trust/iosra.pem: Signed Certificate
CallManager-trust/CAP-RTP-001.pem: Signed Certificate
CallManager-trust/SKIGW2414BB5BDF_CN_00_24_14_BB_5B_DF.pem: Signed Certificate
CallManager-trust/Cisco_Root_CA_2048.pem: Signed Certificate
CAPF-trust/CAPF-f21b4acd.pem:
CAPF-trust/CAP-RTP-002.pem:
CAPF-trust/Cisco_Manufacturing_CA.pem:
CAPF-trust/CAP-RTP-001.pem:
CAPF-trust/Cisco_Root_CA_2048.pem:
Phone-VPN-trust/10.105.131.60.pem: Signed Certificate
"""


def test_seed_lab_has_the_trust_entries_of_the_listing() -> None:
    """`show cert list trust` as printed, without the rows of the other lab's own nodes.

    Source: Cisco TAC deck, March 2016.
    """
    entries = load_model("seed-lab").trust_certificates
    printed = [f"{e.unit}/{e.file_name}: {e.description}".rstrip() for e in entries]
    assert printed == LISTING.splitlines()
    assert all(entry.node is None for entry in entries)
    assert TrustUnit.PHONE_VPN in {entry.unit for entry in entries}
