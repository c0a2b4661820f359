from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from twin.cluster.certificates import StandIns, key_bits, keys_needed, own_units
from twin.cluster.twin import Twin
from twin.config.load import load_model, load_release
from twin.config.model import ModelConfig
from twin.kernel.streams import Streams
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank, KeyRing
from twin.pki.manufacturing import AUTHORITIES

Models = Callable[..., ModelConfig]
EVERYWHERE = ("tomcat", "ipsec", "CallManager", "TVS")
ECDSA = {"tomcat-ECDSA", "CallManager-ECDSA"}


@pytest.mark.parametrize(
    ("release", "publisher", "subscriber"),
    [
        ("8.6", {"CAPF"}, {"CAPF"}),
        ("9.1", {"CAPF"}, {"CAPF"}),
        ("10.5", {"CAPF", "ITLRecovery"}, {"CAPF", "ITLRecovery"}),
        ("11.5", {"CAPF", "ITLRecovery", *ECDSA}, {"CAPF", "ITLRecovery", *ECDSA}),
        ("12.5", {"CAPF", "ITLRecovery", "authz", *ECDSA}, ECDSA),
        ("14", {"CAPF", "ITLRecovery", "authz", *ECDSA}, ECDSA),
        ("15", {"CAPF", "ITLRecovery", "authz", *ECDSA}, ECDSA),
    ],
)
def test_own_units(model: Models, release: str, publisher: set[str], subscriber: set[str]) -> None:
    """ITLRecovery comes with 10.0, ECDSA with 11.0; from 12.5 some are the publisher's alone."""
    profile = load_release(release)
    assert set(own_units(model(), profile, "pub")) == {*EVERYWHERE, *publisher}
    assert set(own_units(model(), profile, "sub")) == {*EVERYWHERE, *subscriber}


def test_key_sizes_of_the_model(model: Models) -> None:
    """A node's own sizes stand above the release's, unit by unit."""
    nodes = [node.model_dump(mode="json") for node in model().nodes]
    nodes[1]["key_bits"] = {"TVS": 4096}
    changed, release = model(nodes=nodes), load_release("11.5")
    assert key_bits(changed, release, "pub")["TVS"] == 2048
    assert key_bits(changed, release, "sub")["TVS"] == 4096
    assert key_bits(changed, release, "sub")["CallManager"] == 2048


def test_keys_needed(model: Models) -> None:
    """How many keys a start takes is known before: all of them can be made at once."""
    makers = len(AUTHORITIES)
    assert keys_needed(model(), load_release("11.5")) == {2048: 12 + makers}
    assert keys_needed(model(), load_release("8.6")) == {2048: 4 + makers, 1024: 6}
    lab = load_model("seed-lab")
    signed = [one for one in lab.trust_certificates if one.kind == "signed"]  # their CAs' keys, too
    stand_ins = len(lab.trust_certificates) + len(signed) + 2 * len(lab.web_servers)
    assert keys_needed(lab, load_release("10.5")) == {2048: 12 + makers + stand_ins}


def test_certificates_differ_between_nodes_and_units(make_twin: Callable[..., Twin]) -> None:
    """No two own certificates of a cluster are alike, nor have they a serial in common."""
    nodes = make_twin().cluster.nodes.values()
    made = [identity.certificate for node in nodes for identity in node.files.own.values()]
    assert len({certificate.der for certificate in made}) == 16
    assert len({certificate.serial for certificate in made}) == 16


def test_serials_come_from_the_seed(make_twin: Callable[..., Twin]) -> None:
    """Another seed is another cluster: other serials, other CAPF names; the same seed the same."""

    def capf(seed: int) -> Certificate:
        return make_twin(seed=seed).cluster.nodes["pub"].files.own["CAPF"].certificate

    first = capf(1)
    assert capf(1).serial == first.serial
    assert capf(2).serial != first.serial
    assert capf(2).common_name != first.common_name


def test_a_node_more_changes_no_serial(make_twin: Callable[..., Twin], model: Models) -> None:
    """Adding a node, or exchanging their order in the document, leaves the others' serials."""
    nodes = [node.model_dump(mode="json") for node in model().nodes]
    third = {"name": "aaa", "role": "subscriber", "address": "10.0.0.3", "services": ["TFTP"]}
    small, large = make_twin(), make_twin(nodes=[third, *reversed(nodes)])
    for name in ("pub", "sub"):
        assert {
            unit: identity.certificate.serial
            for unit, identity in small.cluster.nodes[name].files.own.items()
        } == {
            unit: identity.certificate.serial
            for unit, identity in large.cluster.nodes[name].files.own.items()
        }


def test_publisher_is_node_zero(make_twin: Callable[..., Twin], model: Models) -> None:
    """Nodes are numbered publisher first, then by name, whatever the document's order."""
    nodes = [node.model_dump(mode="json") for node in model().nodes]
    third = {"name": "aaa", "role": "subscriber", "address": "10.0.0.3", "services": ["TFTP"]}
    cluster = make_twin(nodes=[third, *reversed(nodes)]).cluster
    assert [(node.index, name) for name, node in cluster.nodes.items()] == [
        (0, "pub"), (1, "aaa"), (2, "sub"),
    ]  # fmt: skip


def test_trust_stores_at_the_start(make_twin: Callable[..., Twin]) -> None:
    """Every node holds every node's CallManager and tomcat, and the publisher's CAPF and ipsec."""
    nodes = make_twin().cluster.nodes
    for node in nodes.values():
        for owner in nodes.values():
            own = {unit: identity.certificate for unit, identity in owner.files.own.items()}
            is_publisher = owner.name == "pub"
            for unit, store, copied in (
                ("CallManager", "CallManager-trust", True),
                ("CallManager", "Phone-SAST-trust", True),
                ("tomcat", "tomcat-trust", True),
                ("CAPF", "CallManager-trust", is_publisher),
                ("ipsec", "ipsec-trust", is_publisher),
                ("TVS", "TVS-trust", False),
                ("CAPF", "CAPF-trust", node is owner),
            ):
                copied |= node is owner and unit == "ipsec"
                if copied or node is not owner:
                    assert (own[unit] in node.files.store(store)) is copied


def test_replicas_are_equal_at_the_start(make_twin: Callable[..., Twin]) -> None:
    """Every node has the same rows."""
    first, second = (list(node.replica) for node in make_twin().cluster.nodes.values())
    assert first == second
    assert len(first) == 16 + 8 + 2 + 3 + 7  # own, copies, CAPF and ipsec twice, MIC


# -- the lab's listing ----------------------------------------------------------------------


def test_trust_list_of_the_deck(make_twin: Callable[..., Twin]) -> None:
    """The stores of the lab list what `show cert list trust` printed, beside its own copies."""
    nodes = make_twin("seed-lab").cluster.nodes
    listed = {entry.file_name for entry in nodes["labserver1"].files.store("CallManager-trust")}
    assert listed >= {
        "CAPF-be0b40de.pem", "Leaf3.vasank.com.pem", "CAPF-f21b4acd.pem", "CAP-RTP-002.pem",
        "Cisco_Manufacturing_CA.pem", "iosra.pem", "CAP-RTP-001.pem", "Cisco_Root_CA_2048.pem",
        "SKIGW2414BB5BDF_CN_00_24_14_BB_5B_DF.pem", "labserver1.vasank.com.pem",
        "labserver2.vasank.com.pem",
    }  # fmt: skip
    vpn = nodes["labserver2"].files.store("Phone-VPN-trust").entries()
    assert [(entry.file_name, entry.description) for entry in vpn] == [
        ("10.105.131.60.pem", "Signed Certificate")
    ]


def test_one_certificate_in_two_stores(make_twin: Callable[..., Twin]) -> None:
    """A certificate that the listing has in two stores is one certificate."""
    files = make_twin("seed-lab").cluster.nodes["labserver1"].files
    found = {
        store: files.store(store).get("CAP-RTP-001.pem")
        for store in ("CallManager-trust", "CAPF-trust")
    }
    first, second = found.values()
    assert first is not None
    assert second is not None
    assert first.certificate == second.certificate
    assert (first.description, second.description) == ("Signed Certificate", "")


def test_trust_entry_of_one_node(make_twin: Callable[..., Twin]) -> None:
    """An entry for one node is in that node's store alone, its row in every replica."""
    entry = {"unit": "CallManager-trust", "node": "sub", "common_name": "gateway",
             "file_name": "gateway.pem"}  # fmt: skip
    nodes = make_twin(trust_certificates=[entry]).cluster.nodes
    assert nodes["sub"].files.store("CallManager-trust").get("gateway.pem") is not None
    assert nodes["pub"].files.store("CallManager-trust").get("gateway.pem") is None
    assert [row.units for row in nodes["pub"].replica if row.certificate.common_name == "gateway"]


# -- stand-ins ------------------------------------------------------------------------------


@pytest.fixture
def stand_ins(bank: KeyBank) -> StandIns:
    """A maker of certificates of which only names are known."""
    return StandIns(Streams(1), KeyRing(bank), datetime(2016, 2, 7, tzinfo=UTC))


def test_stand_in_that_is_its_own_issuer(stand_ins: StandIns) -> None:
    """Without an issuer, or with itself as issuer, it is self-signed."""
    for issuer in (None, "CN=a;O=b"):
        made = stand_ins.make("CN=a;O=b", issuer, "web-server", None)
        assert made.subject == made.issuer == "CN=a;O=b"


def test_stand_in_with_an_issuer(stand_ins: StandIns) -> None:
    """With an issuer it carries its name and the serial asked for; one issuer has one key."""
    serial = bytes.fromhex("027865")
    first = stand_ins.make("CN=web", "CN=CA;O=x", "web-server", serial)
    second = stand_ins.make("CN=other", "CN=CA;O=x", "web-server", None)
    assert (first.subject, first.issuer, first.serial_bytes) == ("CN=web", "CN=CA;O=x", serial)
    assert second.issuer == first.issuer
    assert second.serial != first.serial
    assert len(second.serial_bytes) == 16
