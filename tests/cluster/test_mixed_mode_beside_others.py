"""Mixed mode beside shared certificates, rebuilds, backups and a second cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.cluster.twin import Twin
from twin.phones.lifecycle import Event
from twin.pki import trust_list
from twin.pki.list_record import Role

Make = Callable[..., Twin]

SECURE = [
    {"name": "desk", "model": "8841", "count": 6, "callmanager_group": "pub-sub",
     "security_mode": "encrypted", "lsc": "installed"},
]  # fmt: skip
MIXED: dict[str, Any] = {"cluster_mode": "mixed", "phones": SECURE}
OTHER: dict[str, Any] = {
    "name": "there",
    "title": "The other cluster",
    "release": "12.5",
    "domain": "example.org",
    "subject": {
        "organization": "Example", "organizational_unit": "IT",
        "locality": "Bern", "state": "BE", "country": "CH",
    },
    "nodes": [
        {"name": "far", "role": "publisher", "address": "10.1.0.1", "ova": 1000,
         "services": ["CallManager", "TFTP", "CAPF"]},
    ],
    "callmanager_groups": [{"name": "far", "members": ["far"]}],
}  # fmt: skip


def listed_certificates(twin: Twin) -> dict[str, list[bytes | None]]:
    """The servers in the publisher's CTL, with their certificates in order."""
    data = twin.cluster.nodes["pub"].files.ctl
    assert data is not None
    found: dict[str, list[bytes | None]] = {}
    for record in trust_list.decode(data).records:
        if record.role in (Role.CCM_TFTP, Role.TFTP):
            found.setdefault(str(record.dns_name), []).append(record.certificate)
    return found


def servers(twin: Twin) -> dict[str, bytes | None]:
    """The servers in the publisher's CTL, with their CallManager certificates."""
    return {name: first for name, (first, *_) in listed_certificates(twin).items()}


def registered(twin: Twin) -> int:
    """How many phones are registered."""
    return twin.cluster.engine.core.registered()


def test_a_shared_certificate_stands_in_every_record(make_twin: Make) -> None:
    """One certificate of all nodes is listed for each of them."""
    twin = make_twin(**MIXED, multi_server=["CallManager"])
    listed = servers(twin)
    assert sorted(listed) == ["pub", "sub"]
    assert len(set(listed.values())) == 1


def test_each_node_has_its_own_in_its_record(make_twin: Make) -> None:
    """Certificates of their own are listed one by one."""
    assert len(set(servers(make_twin(**MIXED)).values())) == 2


def test_a_rebuilt_node_has_no_ctl_until_it_gets_a_copy(make_twin: Make) -> None:
    """The file is gone with the machine; the next command copies it there again."""
    twin = make_twin(**MIXED)
    twin.do({"replace_node": {"node": "sub", "backup": "none"}})
    twin.wait("quiet")
    assert twin.cluster.nodes["sub"].files.ctl is None
    twin.do({"ctl_update": {"node": "pub"}})
    assert twin.cluster.nodes["sub"].files.ctl == twin.cluster.nodes["pub"].files.ctl


@pytest.mark.parametrize(("release", "count"), [("10.5", 1), ("11.5", 2), ("12.5", 2), ("15", 2)])
def test_the_ctl_has_callmanager_ecdsa_where_there_is_one(
    make_twin: Make, release: str, count: int
) -> None:
    """Each server is listed with its RSA certificate and, from 11.0 on, with the one on a curve.

    A renewal of that leaves the CTL stale like any other, until the next update.
    """
    twin = make_twin(cluster_mode="mixed", release=release)
    assert [len(found) for found in listed_certificates(twin).values()] == [count, count]
    if count == 1:
        return
    own = twin.cluster.nodes["pub"].files.own
    unit = "CallManager-ECDSA"
    assert listed_certificates(twin)["pub"] == [
        own["CallManager"].certificate.der, own[unit].certificate.der,
    ]  # fmt: skip
    twin.regenerate("pub", unit)
    twin.wait("quiet")
    assert listed_certificates(twin)["pub"][1] != own[unit].certificate.der
    twin.do({"ctl_update": {}})
    assert listed_certificates(twin)["pub"][1] == own[unit].certificate.der


def test_a_restore_leaves_the_ctl(make_twin: Make) -> None:
    """CTLFile.tlv is in no backup: after a restore it is the one of before it, signer gone or not.

    A backup is weighed by what it brings: phones that followed would refuse its keys.
    """
    twin = make_twin(**MIXED)
    twin.do({"backup": {}})
    twin.do({"regenerate": {"node": "pub", "unit": "CallManager"}})
    twin.wait("quiet")
    twin.do({"ctl_update": {}})
    updated = twin.cluster.nodes["pub"].files.ctl
    twin.do({"restore": {}})
    twin.wait("quiet", at_most="4h")
    assert {node.files.ctl for node in twin.cluster.nodes.values()} == {updated}


def test_a_restored_trust_store_counts(make_twin: Make) -> None:
    """CallManager reads the store that a restore put there, and phones are let in again."""
    twin = make_twin(**MIXED)
    twin.do({"backup": {}})
    twin.do({"delete_trust": {"node": "pub", "unit": "CallManager-trust", "name": "CAPF-*"}})
    twin.do({"restore": {}})
    twin.wait("quiet", at_most="4h")
    assert registered(twin) == 6


def test_secure_phones_move_to_a_cluster_that_is_not(make_twin: Make) -> None:
    """Its TVS vouched for at home, they take its list and config, and register without TLS."""
    twin = make_twin(**MIXED, other_cluster=OTHER)
    twin.do({"bulk_certificates": {}})
    twin.wait("quiet")
    twin.do({"move_phones": {"to": "there"}})
    twin.do({"reset_phones": {"kind": "reset"}})
    twin.wait("quiet", at_most="1h")
    assert {node.name for node in twin.cluster.every_node if node.index in
            set(twin.cluster.population.node)} == {"far"}  # fmt: skip
    securing = twin.cluster.engine.securing
    assert not any(securing.wants_tls(phone) for phone in range(6))


def test_a_moved_phone_forgets_the_operation_of_its_old_capf(
    make_twin: Make, tell: Callable[[Twin], Any]
) -> None:
    """The other cluster's config does not send it to CAPF."""
    twin = make_twin(**MIXED, other_cluster=OTHER)
    twin.do({"bulk_certificates": {}})
    twin.wait("quiet")
    twin.do({"move_phones": {"to": "there"}})
    twin.do({"capf_operation": {"operation": "install_upgrade", "reset": "reset"}})
    twin.wait("quiet", at_most="1h")
    assert not tell(twin).happened(Event.CAPF_OPENED)


def test_each_cluster_has_its_own_ctl(make_twin: Make) -> None:
    """The commands on a node of the second cluster make that cluster's CTL, and no other."""
    twin = make_twin(**MIXED, other_cluster=OTHER)
    assert twin.cluster.other is not None
    here, there = twin.cluster.nodes["pub"].files, twin.cluster.other.nodes["far"].files
    before = here.ctl
    assert there.ctl is None
    twin.do({"set_cluster_mode": {"node": "far", "mode": "mixed"}})
    assert there.ctl is not None
    assert (twin.cluster.settings.is_mixed(), twin.cluster.other.settings.is_mixed()) == (True,) * 2
    signers = []
    for word in ("ctl_update", "ctl_reset"):
        assert twin.do({word: {"node": "far"}}).outcome == "done"
        assert there.ctl is not None
        signers.append(trust_list.decode(there.ctl).header.signer)
    assert ["ITLRECOVERY_" in signer for signer in signers] == [True, False]
    assert here.ctl == before
    twin.do({"ctl_delete": {"node": "far"}})
    assert (here.ctl, there.ctl) == (before, None)


def test_each_cluster_has_its_own_tokens(make_twin: Make) -> None:
    """A token of one cluster is no token of the other, by serial and by key."""
    twin = make_twin(**MIXED, other_cluster=OTHER)
    assert twin.cluster.other is not None
    twin.do({"set_cluster_mode": {"node": "far", "mode": "mixed"}})
    twin.do({"ctl_delete": {"node": "far"}})
    twin.do({"upload_ctl_tokens": {"node": "far"}})
    assert twin.do({"ctl_update": {"node": "far", "signed_by": "tokens"}}).outcome == "done"
    twin.wait("quiet")
    clusters = (twin.cluster, twin.cluster.other)
    mine, theirs = ({t.certificate for t in c.ctl_cluster.tokens()} for c in clusters)
    assert not {t.serial for t in mine} & {t.serial for t in theirs}
    far = twin.cluster.other.nodes["far"].files
    assert all(token in far.store("Phone-SAST-trust") for token in theirs)
    near = twin.cluster.nodes["pub"].files
    assert not any(token in near.store("Phone-SAST-trust") for token in theirs)
