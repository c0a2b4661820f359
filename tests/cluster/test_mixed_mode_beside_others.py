"""Mixed mode beside shared certificates, rebuilds, backups and a second cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twin.cluster.twin import Twin
from twin.errors import ActionError
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


def servers(twin: Twin) -> dict[str, bytes | None]:
    """The servers in the publisher's CTL, with their certificates."""
    data = twin.cluster.nodes["pub"].files.ctl
    assert data is not None
    return {
        str(record.dns_name): record.certificate
        for record in trust_list.decode(data).records
        if record.role in (Role.CCM_TFTP, Role.TFTP)
    }


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


def test_a_backup_is_no_remedy_for_tls(make_twin: Make) -> None:
    """What a restore would bring is weighed by lists and configs, so it is silent about TLS."""
    twin = make_twin(**MIXED)
    twin.do({"backup": {}})
    twin.do({"delete_trust": {"node": "pub", "unit": "CallManager-trust", "name": "CAPF-*"}})
    twin.do({"reset_phones": {"kind": "reset"}})
    twin.wait("quiet", at_most="1h")
    assert registered(twin) == 0
    remedies = {remedy for finding in twin.stuck().values() for remedy in finding.remedies}
    assert not any(remedy.startswith("restore") for remedy in remedies)


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


@pytest.mark.parametrize(
    "step",
    [
        {"set_cluster_mode": {"node": "far", "mode": "mixed"}},
        {"ctl_update": {"node": "far"}},
        {"ctl_reset": {"node": "far"}},
    ],
)
def test_its_nodes_take_no_ctl_commands(make_twin: Make, step: dict[str, Any]) -> None:
    """A step on a node of the second cluster says why not."""
    twin = make_twin(other_cluster=OTHER)
    with pytest.raises(ActionError, match="the second cluster, which stays non-secure"):
        twin.do(step)
