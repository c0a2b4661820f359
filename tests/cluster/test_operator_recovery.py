"""Backup, restore, rebuild, rename and upgrade: refusals, what restarts, what is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.cluster.twin import Twin
from twin.errors import ActionError
from twin.nodes.file_system import Identity

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

Make = Callable[..., Twin]


def own(twin: Twin, node: str, unit: str) -> Identity:
    """A node's own certificate now."""
    return twin.cluster.nodes[node].files.own[unit]


def served_by(twin: Twin, node: str) -> bytes:
    """The ITL a node serves now."""
    tftp = twin.cluster.nodes[node].tftp
    assert tftp is not None
    return tftp.itl


def in_database(twin: Twin, where: str, node: str, unit: str) -> list[bytes]:
    """Serials a node's replica has for another's unit."""
    rows = twin.cluster.nodes[where].replica.own(unit)
    return [row.certificate.serial_bytes for row in rows if row.node == node]


# -- backup and restore ---------------------------------------------------------------------


def test_nothing_to_restore(make_twin: Make) -> None:
    """Without a backup, or with another name, a restore is refused and nothing restarts."""
    twin = make_twin()
    outcome = twin.do({"restore": {}})
    assert (outcome.outcome, outcome.message) == ("refused", "no backup was taken")
    twin.do({"backup": {"name": "monday"}})
    outcome = twin.do({"restore": {"backup": "tuesday"}})
    assert outcome.message == "there is no backup 'tuesday'"
    assert twin.cluster.nodes["pub"].is_on


def test_without_a_nodes_agent_there_is_no_backup(make_twin: Make) -> None:
    """DRF Master does not reach a node that is down, and the whole backup fails."""
    twin = make_twin()
    twin.do({"node": {"node": "sub", "up": False}})
    outcome = twin.do({"backup": {}})
    assert (outcome.outcome, outcome.message) == (
        "refused", "Local agent is not responding: sub",
    )  # fmt: skip
    twin.do({"node": {"node": "sub", "up": True}})
    assert twin.do({"restore": {"nodes": ["sub1"]}}).message == "no backup was taken"


def test_without_the_publisher_there_is_no_backup(make_twin: Make) -> None:
    """DRF Master is there."""
    twin = make_twin()
    twin.do({"node": {"node": "pub", "up": False}})
    assert twin.do({"backup": {}}).message == "pub is down"
    assert twin.do({"restore": {}}).message == "pub is down"


def test_a_backup_of_another_release_does_not_fit(make_twin: Make) -> None:
    """After an upgrade the backup from before is of no use."""
    twin = make_twin()
    twin.do({"backup": {}})
    twin.do({"upgrade": {"to": "12.5"}})
    outcome = twin.do({"restore": {}})
    assert outcome.message == "backup 1 is of release 11.5, the cluster runs 12.5"


def test_a_restore_brings_back_keys_rows_and_parameters(make_twin: Make) -> None:
    """Files, the database of every node and the enterprise parameters are those of the backup."""
    twin = make_twin()
    before = {n: {u: own(twin, n, u) for u in ("CallManager", "TVS")} for n in ("pub", "sub")}
    twin.do({"backup": {}})
    twin.regenerate("pub", "CallManager")
    twin.regenerate("sub", "TVS")
    parameter = {"name": "rollback_to_pre_8", "value": True}
    twin.do({"set_enterprise_parameter": parameter})
    twin.wait("quiet")
    assert twin.do({"restore": {}}).outcome == "done"
    twin.wait("quiet")
    after = {n: {u: own(twin, n, u) for u in ("CallManager", "TVS")} for n in ("pub", "sub")}
    assert after == before
    for where in ("pub", "sub"):
        serial = before["sub"]["TVS"].certificate.serial_bytes
        assert in_database(twin, where, "sub", "TVS") == [serial]
    assert not twin.cluster.settings.is_rollback()
    assert twin.cluster.nodes["sub"].tvs.certificate == before["sub"]["TVS"].certificate


def test_the_publisher_alone_leaves_the_others_files(make_twin: Make) -> None:
    """Its database says the backup's certificate of the subscriber, until that one restarts."""
    twin = make_twin()
    twin.do({"backup": {}})
    twin.regenerate("sub", "TVS")
    twin.wait("quiet")
    new = own(twin, "sub", "TVS").certificate.serial_bytes
    twin.do({"restore": {"nodes": ["pub"]}})
    twin.wait("quiet")
    assert own(twin, "sub", "TVS").certificate.serial_bytes == new
    assert in_database(twin, "pub", "sub", "TVS") != [new]
    twin.do({"node": {"node": "sub", "up": False}})
    twin.do({"node": {"node": "sub", "up": True}})
    twin.wait("quiet")
    assert in_database(twin, "pub", "sub", "TVS") == [new]


def test_the_journal_tells_age_and_change(make_twin: Make, tell: Callable[[Twin], Story]) -> None:
    """A restore records how old the backup is and which certificates it changed."""
    twin = make_twin()
    twin.do({"backup": {}})
    taken = twin.now_ms
    twin.regenerate("pub", "tomcat")
    twin.do({"restore": {"nodes": ["pub"]}})
    story = tell(twin)
    (row,) = story.told("restore")
    assert row.data["changed"] == ["tomcat"]
    assert row.data["age_ms"] == row.at_ms - taken
    assert story.told("backup")[0].data["nodes"] == ["pub", "sub"]


# -- a new machine --------------------------------------------------------------------------


def test_a_new_subscriber_has_new_keys_and_the_old_database(make_twin: Make) -> None:
    """Its certificates are new everywhere, the publisher's are what they were."""
    twin = make_twin()
    old, pub = own(twin, "sub", "TVS"), own(twin, "pub", "TVS")
    twin.do({"replace_node": {"node": "sub", "backup": "none"}})
    twin.wait("quiet")
    new = own(twin, "sub", "TVS")
    assert new != old
    assert own(twin, "pub", "TVS") == pub
    for where in ("pub", "sub"):
        assert in_database(twin, where, "sub", "TVS") == [new.certificate.serial_bytes]
        assert in_database(twin, where, "pub", "TVS") == [pub.certificate.serial_bytes]
    trusted = twin.cluster.nodes["sub"].files.store("CallManager-trust")
    assert own(twin, "pub", "CallManager").certificate in trusted


def test_a_node_from_a_backup_is_what_it_was(make_twin: Make) -> None:
    """With its backup the new machine has the old keys, and phones find the old list."""
    twin = make_twin()
    twin.do({"backup": {}})
    before, itl = dict(twin.cluster.nodes["pub"].files.own), served_by(twin, "pub")
    twin.do({"replace_node": {"node": "pub", "backup": "latest"}})
    twin.wait("quiet")
    assert twin.cluster.nodes["pub"].files.own == before
    assert served_by(twin, "pub") == itl


def test_a_subscriber_is_not_built_without_the_publisher(make_twin: Make) -> None:
    """It gets its database from there; so does nothing when a backup is missing."""
    twin = make_twin()
    outcome = twin.do({"replace_node": {"node": "sub", "backup": "latest"}})
    assert (outcome.message, twin.now_ms) == ("no backup was taken", 0)
    twin.do({"node": {"node": "pub", "up": False}})
    outcome = twin.do({"replace_node": {"node": "sub", "backup": "none"}})
    assert outcome.message == "pub is down"
    assert twin.cluster.nodes["sub"].is_on


# -- names ----------------------------------------------------------------------------------


def test_a_new_name_is_in_every_certificate(make_twin: Make) -> None:
    """Self-signed ones are made anew under it, those of the other node stay."""
    twin = make_twin()
    other = dict(twin.cluster.nodes["sub"].files.own)
    twin.do({"rename": {"node": "pub", "to": "voice"}})
    names = {
        unit: identity.certificate.common_name
        for unit, identity in twin.cluster.nodes["pub"].files.own.items()
    }
    assert names["CallManager"] == "voice.example.com"
    assert names["ITLRecovery"] == "ITLRECOVERY_voice.example.com"
    assert twin.cluster.nodes["sub"].files.own == other
    assert twin.cluster.nodes["sub"].certificates.names.cluster == (
        "voice.example.com",
        "sub.example.com",
    )


def test_a_new_domain_is_for_all(make_twin: Make, tell: Callable[[Twin], Story]) -> None:
    """Node after node is renamed and restarted, the publisher first."""
    twin = make_twin()
    twin.do({"rename": {"domain": "new.example"}})
    twin.wait("quiet")
    assert own(twin, "pub", "TVS").certificate.common_name == "pub.new.example"
    assert own(twin, "sub", "TVS").certificate.common_name == "sub.new.example"
    rows = tell(twin).told("renamed", "up")
    assert [(row.event, row.node) for row in rows] == [
        ("renamed", "pub"), ("up", "pub"), ("renamed", "sub"), ("up", "sub"),
    ]  # fmt: skip


# -- upgrades -------------------------------------------------------------------------------


def test_an_upgrade_goes_forward(make_twin: Make) -> None:
    """An older or the same release is refused, and so is a cluster that is not complete."""
    twin = make_twin()
    for name in ("10.5", "11.5"):
        message = f"release {name} is not later than 11.5"
        assert twin.do({"upgrade": {"to": name}}).message == message
    twin.do({"node": {"node": "sub", "up": False}})
    assert twin.do({"upgrade": {"to": "12.5"}}).message == "sub is down"
    assert twin.cluster.release.name == "11.5"


def test_certificates_stay_and_units_come(make_twin: Make) -> None:
    """9.1 has no ITLRecovery: 12.5 makes one on the publisher and leaves the rest."""
    twin = make_twin(release="9.1")
    before = {u: own(twin, "pub", u) for u in ("CallManager", "TVS", "tomcat")}
    twin.do({"upgrade": {"to": "12.5"}})
    twin.wait("quiet")
    pub, sub = twin.cluster.nodes["pub"].files.own, twin.cluster.nodes["sub"].files.own
    assert {u: pub[u] for u in before} == before
    assert "ITLRecovery" in pub
    assert "ITLRecovery" not in sub
    recovery = pub["ITLRecovery"].certificate
    for node in twin.cluster.nodes.values():
        assert node.tftp is not None
        assert node.tftp.built.signer.certificate == recovery


def test_a_steps_release_is_the_one_upgraded_to(make_twin: Make) -> None:
    """What the old release had not can be named after the upgrade, and not before."""
    twin = make_twin(release="9.1")
    step = {"regenerate": {"node": "pub", "unit": "ITLRecovery"}}
    with pytest.raises(ActionError, match=r"release 9\.1 has not"):
        twin.do(step)
    twin.do({"upgrade": {"to": "12.5"}})
    assert twin.do(step).outcome == "done"


@pytest.mark.parametrize(
    ("to", "defects", "is_new"),
    [
        ("12.5", ["CSCvv13565"], True),
        ("12.5", [], False),
        ("11.5", ["CSCvv13565"], False),
    ],
)
def test_only_a_refresh_upgrade_renews_itlrecovery(
    make_twin: Make, to: str, defects: list[str], is_new: bool
) -> None:
    """The defect strikes where the operating system changes, and in builds that have it."""
    twin = make_twin(release="10.5")
    old = own(twin, "pub", "ITLRecovery")
    others = own(twin, "pub", "CallManager")
    outcome = twin.do({"upgrade": {"to": to, "defects": defects}})
    assert outcome.message == ("refresh upgrade" if to == "12.5" else "")
    assert (own(twin, "pub", "ITLRecovery") != old) == is_new
    assert own(twin, "pub", "CallManager") == others


def test_a_refresh_upgrade_costs_the_node_for_its_installation(
    make_twin: Make, tell: Callable[[Twin], Story]
) -> None:
    """A node is out of service from the shutdown on; beside the running one it is a reboot only."""
    outages = {}
    for release, to in (("11.5", "12.5"), ("12.5", "14")):
        twin = make_twin(release=release)
        twin.do({"upgrade": {"to": to}})
        down, up = (row.at_ms for row in tell(twin).told("down", "up", node="pub"))
        outages[to] = up - down
    install_ms = 5_400_000
    assert outages["12.5"] > install_ms > outages["14"]


def test_phones_keep_a_node_while_the_other_is_upgraded(make_twin: Make) -> None:
    """One node after another: everybody is registered when it is over, and nobody was reset."""
    twin = make_twin()
    twin.do({"upgrade": {"to": "12.5"}})
    twin.wait()
    assert twin.counts()["registered"] == 10
    assert sum(twin.cluster.population.resets) == 0


# -- the short way of saying it -------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ({"backup": {}}, "DRS backup"),
        ({"restore": {"nodes": ["sub1"]}}, "restore sub from latest"),
        ({"restore": {}}, "restore all nodes from latest"),
        ({"replace_node": {"node": "pub", "backup": "none"}}, "rebuild pub without a backup"),
        ({"rename": {"node": "sub1", "to": "x"}}, "rename sub to x"),
        ({"rename": {"domain": "x.example"}}, "domain x.example"),
        ({"upgrade": {"to": "12.5"}}, "upgrade to 12.5"),
    ],
)
def test_words(
    make_twin: Make, tell: Callable[[Twin], Story], step: dict[str, Any], text: str
) -> None:
    """Reports say each step in a few words, with nodes by their own names."""
    twin = make_twin()
    twin.do(step)
    assert tell(twin).told("step")[0].data["text"] == text
