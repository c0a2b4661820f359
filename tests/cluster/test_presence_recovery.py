"""Backup, restore, rebuild, rename and upgrade of IM and Presence, by the acts of any cluster."""

from __future__ import annotations

import pytest

from twin.cluster.presence import Presence
from twin.cluster.twin import Twin
from twin.config.load import load_release
from twin.errors import ActionError

WHOLE = {"cluster": "imp"}


@pytest.fixture
def lab() -> Twin:
    """Two IM&P nodes and a peer cluster of one, beside one Unified CM node."""
    return Twin("presence-lab")


def presence(twin: Twin) -> Presence:
    """What the model has of IM and Presence."""
    assert twin.cluster.presence is not None
    return twin.cluster.presence


def own(twin: Twin, node: str, unit: str) -> str:
    """Common name and serial of a node's own certificate."""
    certificate = presence(twin).nodes[node].files.own[unit].certificate
    return f"{certificate.common_name} {certificate.serial_bytes.hex()}"


def down(twin: Twin) -> set[str]:
    """The connections of IM and Presence that do not stand."""
    return {one.leg.name for one in presence(twin).legs.connections if not one.is_up}


def test_a_restore_brings_keys_trust_and_rows_of_the_whole_cluster_back(lab: Twin) -> None:
    """What was renewed since the backup is as it was, on both nodes and in the database."""
    before = [own(lab, node, "cup") for node in ("imp-1", "imp-2")]
    assert lab.do({"backup": WHOLE}).message == "backup 1: imp-1, imp-2"
    for node in ("imp-1", "imp-2"):
        lab.regenerate(node, "cup")
    assert not set(before) & {own(lab, node, "cup") for node in ("imp-1", "imp-2")}
    assert lab.do({"restore": WHOLE}).outcome == "done"
    lab.advance("40m")
    assert [own(lab, node, "cup") for node in ("imp-1", "imp-2")] == before
    rows = presence(lab).nodes["imp-2"].replica.own("cup")
    assert {row.certificate.serial_bytes.hex() for row in rows} == {
        name.split()[1] for name in before
    }
    assert down(lab) == set()


def test_backups_of_either_product_are_kept_apart(lab: Twin) -> None:
    """A backup of Unified CM is none of IM and Presence, nor that of a peer cluster."""
    lab.do({"backup": {}})
    lab.do({"backup": {"cluster": "east"}})
    outcome = lab.do({"restore": WHOLE})
    assert (outcome.outcome, outcome.message) == ("refused", "no backup was taken")
    assert lab.do({"restore": {"nodes": ["east-1"]}}).outcome == "done"


def test_an_agent_that_does_not_answer_fails_the_backup_of_its_cluster_only(lab: Twin) -> None:
    """DRF Master of IM and Presence asks its own nodes, and nobody else's."""
    lab.do({"node": {"node": "imp-2", "up": False}})
    assert lab.do({"backup": WHOLE}).message == "Local agent is not responding: imp-2"
    assert lab.do({"backup": {}}).outcome == "done"


def test_a_new_name_makes_new_self_signed_certificates_only(lab: Twin) -> None:
    """What a CA signed stays, and Unified CM looks for the name that it was given once."""
    signed = own(lab, "imp-2", "cup-xmpp")
    assert lab.do({"rename": {"node": "imp-2", "to": "im-two"}}).outcome == "done"
    lab.advance("40m")
    assert own(lab, "imp-2", "cup").startswith("im-two.example.com ")
    assert own(lab, "imp-2", "cup-xmpp") == signed
    assert "TRUNK cucm-pub > imp-2:5061" in down(lab)
    assert not any("imp-1" in name for name in down(lab))


def test_a_rebuild_without_a_backup_is_a_stranger_to_all(lab: Twin) -> None:
    """New keys, signed by nobody: trunk, routers of the peer and the Expressway-C refuse it."""
    assert lab.do({"replace_node": {"node": "imp-1", "backup": "none"}}).outcome == "done"
    lab.advance("40m")
    assert {name.split()[0] for name in down(lab)} == {"TRUNK", "L8", "R2R", "ICSA"}
    assert all("imp-1" in name for name in down(lab))


def test_a_rebuild_from_the_backup_is_nobodys_news(lab: Twin) -> None:
    """The same with yesterday's backup: every connection comes back."""
    lab.do({"backup": WHOLE})
    assert lab.do({"replace_node": {"node": "imp-1", "backup": "latest"}}).outcome == "done"
    lab.advance("40m")
    assert down(lab) == set()


def test_presence_follows_unified_cm_in_an_upgrade() -> None:
    """It is refused before Unified CM runs the release, and brings new units with it after."""
    lab = Twin("presence-lab", release="10.5")
    before = set(presence(lab).nodes["imp-2"].files.own)
    outcome = lab.do({"upgrade": {"to": "11.5", "cluster": "imp"}})
    assert outcome.message == "Unified CM runs 10.5: upgrade it first"
    lab.do({"upgrade": {"to": "11.5"}})
    assert lab.do({"upgrade": {"to": "11.5", "cluster": "imp"}}).outcome == "done"
    lab.advance("40m")
    node = presence(lab).nodes["imp-2"]
    assert node.host.release.order == load_release("11.5").order
    assert set(node.files.own) - before == {
        "tomcat-ECDSA", "cup-ECDSA", "cup-xmpp-ECDSA", "cup-xmpp-s2s-ECDSA",
    }  # fmt: skip
    assert down(lab) == set()
    assert presence(lab).nodes["east-1"].host.release.name == "10.5"


@pytest.mark.parametrize(
    "step",
    [
        {"restore": {"nodes": ["imp-1", "cucm-pub"]}},
        {"restore": {"nodes": ["imp-1", "east-1"]}},
        {"backup": {"cluster": "im"}},
        {"upgrade": {"to": "12.5", "cluster": "presence-lab"}},
    ],
)
def test_nodes_of_one_cluster_at_a_time(lab: Twin, step: dict[str, object]) -> None:
    """Two clusters in one step, or one that is not there, are input errors."""
    with pytest.raises(ActionError):
        lab.do(step)
