from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from twin.nodes.certificate_manager import CERTIFICATE_AGE_DAYS, CertificateManager

RELEASES = ("8.6", "9.1", "10.5", "11.5", "12.5", "14", "15")
Managers = Callable[..., CertificateManager]


@pytest.mark.parametrize("unit", ["CallManager", "TVS", "tomcat", "ipsec"])
def test_common_name_is_the_nodes(make_manager: Managers, unit: str) -> None:
    """The units of a node are called by its full name, self-signed, in the cluster's subject."""
    certificate = make_manager().make(unit).certificate
    assert certificate.common_name == "labserver1.vasank.com"
    assert certificate.subject == "CN=labserver1.vasank.com;OU=TAC;O=Cisco;L=BGL;ST=KA;C=IN"
    assert certificate.issuer == certificate.subject


def test_common_name_of_itl_recovery(make_manager: Managers) -> None:
    """ITLRecovery is called ITLRECOVERY_ and the node's full name, as itlreset.log prints it."""
    certificate = make_manager().make("ITLRecovery").certificate
    assert certificate.common_name == "ITLRECOVERY_labserver1.vasank.com"


def test_common_name_of_capf(make_manager: Managers) -> None:
    """CAPF is called CAPF- and eight hex digits, others on each generation and on each node."""
    manager = make_manager()
    names = [manager.make("CAPF").certificate.common_name for _ in range(2)]
    names.append(make_manager(name="labserver2").make("CAPF").certificate.common_name)
    assert len(set(names)) == 3
    for name in names:
        assert name.startswith("CAPF-")
        assert len(bytes.fromhex(name.removeprefix("CAPF-"))) == 4


def test_serials_come_from_names(make_manager: Managers) -> None:
    """A serial depends on node, unit and generation alone: it is the same in another run."""
    first, again = make_manager(), make_manager()
    again.make("tomcat")  # another order of making changes nothing
    serials = {
        unit: [first.make(unit).certificate.serial_bytes for _ in range(2)]
        for unit in ("CallManager", "TVS")
    }
    assert again.make("TVS").certificate.serial_bytes == serials["TVS"][0]
    assert again.make("CallManager").certificate.serial_bytes == serials["CallManager"][0]
    every = [serial for pair in serials.values() for serial in pair]
    assert len(set(every)) == 4
    assert make_manager(name="labserver2").make("TVS").certificate.serial_bytes not in every


def test_serials_have_sixteen_bytes(make_manager: Managers) -> None:
    """A serial is a positive number of 16 bytes without a leading zero, as CUCM 8 and later's."""
    manager = make_manager()
    for _ in range(8):
        serial = manager.make("TVS").certificate.serial_bytes
        assert len(serial) == 16
        assert 0x40 <= serial[0] < 0x80


@pytest.mark.parametrize("release", RELEASES)
def test_key_sizes_of_a_release(make_manager: Managers, release: str) -> None:
    """Each unit has the key its release gives it: CallManager 1024 bits before 10, then 2048."""
    manager = make_manager(release=release)
    for unit in manager.host.release.units:
        bits = manager.make(str(unit)).certificate.key_bits
        assert bits == manager.host.release.key_bits[unit]
    bits = manager.make("CallManager").certificate.key_bits
    assert bits == (1024 if release in ("8.6", "9.1") else 2048)


def test_key_size_of_a_node(make_manager: Managers) -> None:
    """A size the model gives a unit of a node stands above the release's."""
    manager = make_manager(key_bits={"CallManager": 1024, "TVS": 2048})
    assert manager.make("CallManager").certificate.key_bits == 1024
    assert manager.make("TVS").certificate.key_bits == 2048


@pytest.mark.parametrize(("release", "hash_name"), [("8.6", "sha1"), ("11.5", "sha256")])
def test_hash_of_a_release(make_manager: Managers, release: str, hash_name: str) -> None:
    """Self-signed certificates are signed over SHA-1 in 8.x and 9.x, over SHA-256 later."""
    assert make_manager(release=release).make("TVS").certificate.signature_hash == hash_name


@pytest.mark.parametrize(
    ("release", "printed"),
    [
        ("9.1", "C=IN,ST=KA,L=BGL,O=Cisco,OU=TAC,CN=labserver1.vasank.com"),
        ("10.5", "L=BGL,ST=KA,CN=labserver1.vasank.com,OU=TAC,O=Cisco,C=IN"),
    ],
)
def test_name_order_of_a_release(make_manager: Managers, release: str, printed: str) -> None:
    """From 10.x the parts of a name stand in the order that the deck's SDL traces print."""
    certificate = make_manager(release=release).make("CallManager").certificate
    assert certificate.issuer_name.log_string() == printed


@pytest.mark.parametrize(("release", "days"), [("11.5", 1825), ("12.5", 7300)])
def test_validity_of_itl_recovery(make_manager: Managers, release: str, days: int) -> None:
    """ITLRecovery is good for 5 years when introduced and for 20 later, from now on."""
    manager = make_manager(release=release)
    certificate = manager.make("ITLRecovery").certificate
    assert certificate.not_before == manager.host.time()
    assert certificate.not_after - certificate.not_before == timedelta(days=days)


def test_certificates_a_scenario_starts_with(make_manager: Managers) -> None:
    """What is there at the start is older, valid now, and counts as never changed."""
    manager = make_manager()
    manager.install_first(("CallManager", "TVS"))
    assert sorted(manager.files.own) == ["CallManager", "TVS"]
    certificate = manager.files.own["TVS"].certificate
    now = manager.host.time()
    assert now - certificate.not_before == timedelta(days=CERTIFICATE_AGE_DAYS)
    assert certificate.not_after > now
    assert manager.files.changed_at_ms == {}


def test_each_certificate_has_a_key_of_its_own(make_manager: Managers) -> None:
    """No two certificates of a node share a key, a regenerated one included."""
    manager = make_manager()
    made = [manager.make(unit) for unit in ("CallManager", "TVS", "CallManager")]
    assert len({identity.key for identity in made}) == 3
    for identity in made:
        assert identity.certificate.public_key == identity.key.public_key


ROWS = {
    "CallManager": ("CallManager-trust", "Phone-SAST-trust"),
    "tomcat": ("tomcat-trust",),
    "ipsec": ("ipsec-trust",),
    "CAPF": ("CallManager-trust",),
}


@pytest.mark.parametrize("unit", list(ROWS))
def test_trust_copies_of_the_publisher(make_manager: Managers, unit: str) -> None:
    """An own row belongs to its node, its trust copy to the stores of every node."""
    manager = make_manager()
    own, copy, *_ = manager.install_first((unit,))
    assert (own.units, own.node, own.nodes) == ((unit,), "labserver1", ("labserver1",))
    assert own.is_own
    assert copy.units == ROWS[unit]
    assert copy.nodes == ("labserver1", "labserver2")
    assert copy.certificate == own.certificate
    assert not copy.is_own


@pytest.mark.parametrize("unit", ["TVS", "ITLRecovery"])
def test_units_without_trust_copies(make_manager: Managers, unit: str) -> None:
    """TVS and ITLRecovery have no trust copies in their own cluster."""
    (row,) = make_manager().install_first((unit,))
    assert row.is_own


@pytest.mark.parametrize(("unit", "copied"), [("CAPF", False), ("ipsec", False), ("tomcat", True)])
def test_trust_copies_of_a_subscriber(make_manager: Managers, unit: str, copied: bool) -> None:
    """Only the publisher's CAPF and ipsec go to other nodes; every node's tomcat does."""
    rows = make_manager(name="labserver2", is_publisher=False).install_first((unit,))
    assert any("labserver1" in row.nodes for row in rows) is copied


@pytest.mark.parametrize(("unit", "store"), [("CAPF", "CAPF-trust"), ("ipsec", "ipsec-trust")])
def test_a_subscriber_keeps_copies_to_itself(make_manager: Managers, unit: str, store: str) -> None:
    """A subscriber has its own CAPF in CAPF-trust and its own ipsec in ipsec-trust, alone."""
    rows = make_manager(name="labserver2", is_publisher=False).install_first((unit,))
    assert [(row.units, row.nodes) for row in rows[1:]] == [((store,), ("labserver2",))]


def test_pkids_are_unique(make_manager: Managers) -> None:
    """Rows of two nodes never share a pkid."""
    units = ("CallManager", "TVS", "tomcat")
    pkids = [
        row.pkid
        for name in ("labserver1", "labserver2")
        for row in make_manager(name=name).install_first(units)
    ]
    assert len(set(pkids)) == len(pkids) == 10
