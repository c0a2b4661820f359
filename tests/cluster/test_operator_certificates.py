from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from twin.cluster.acts.scene import Outcome
from twin.cluster.twin import Twin
from twin.config.steps import Step
from twin.phones.lifecycle import Event
from twin.pki import trust_list
from twin.pki.list_header import Digest
from twin.pki.list_record import Role

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

DONE = Outcome("done", "")
PUB_IS_DOWN = Outcome("refused", "pub is down")
MESSAGE = (
    "CallManager certificate was modified in the last 5 minutes. "
    "Please re-try regenerating TVS certificate at a later time"
)


def step(**action: object) -> Step:
    """A step that no experiment check has seen."""
    return Step.model_validate(action)


def itl(twin: Twin, node: str = "pub") -> trust_list.TrustList:
    """The list a node serves."""
    server = twin.cluster.nodes[node].tftp
    assert server is not None
    return trust_list.decode(server.itl)


# -- regenerate -----------------------------------------------------------------------------


def test_regenerate(make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]) -> None:
    """The certificate is another, every replica hears of it, and the step is in the journal."""
    twin = make_twin()
    nodes = twin.cluster.nodes
    old = nodes["pub"].files.own["CallManager"].certificate
    assert twin.regenerate("pub", "CallManager") == DONE
    written_ms = twin.now_ms
    new = nodes["pub"].files.own["CallManager"].certificate
    assert new != old
    twin.wait("quiet")
    for node in nodes.values():
        (row,) = [row for row in node.replica.own("CallManager") if row.node == "pub"]
        assert row.certificate == new
        for unit in ("CallManager-trust", "Phone-SAST-trust"):
            assert new in node.files.store(unit)
            assert old not in node.files.store(unit)
    (first, *_) = tell(twin).told("step")
    assert (first.service, first.severity, first.at_ms) == ("operator", "info", written_ms)
    assert first.data == {
        "step": 1,
        "action": "regenerate",
        "text": "regenerate CallManager on pub",
        "name": None,
        "outcome": "done",
        "message": "",
        "started_at_ms": 0,
    }


def test_regenerate_is_refused_by_the_guard(
    make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """TVS right after CallManager is refused in the product's words, as an outcome."""
    twin = make_twin()
    twin.regenerate("pub", "CallManager")
    twin.advance("3m")
    assert twin.regenerate("pub", "TVS") == Outcome("refused", MESSAGE)
    assert twin.regenerate("sub", "TVS") == DONE
    twin.advance("2m")
    assert twin.regenerate("pub", "TVS") == DONE
    story = tell(twin)
    (refused,) = story.told("regenerate_refused")
    assert refused.data == {"unit": "TVS", "message": MESSAGE}
    assert [outcome for outcome, _ in story.steps()] == ["done", "refused", "done", "done"]
    assert [row.severity for row in story.told("step")] == ["info", "warning", "info", "info"]


def test_regenerate_on_a_node_that_is_down(make_twin: Callable[..., Twin]) -> None:
    """Nothing can be regenerated on a node without power."""
    twin = make_twin()
    twin.do({"node": {"node": "pub", "up": False}})
    assert twin.regenerate("pub", "CallManager") == PUB_IS_DOWN


def test_regenerate_what_is_not_there(make_twin: Callable[..., Twin]) -> None:
    """A unit the node has no certificate of is refused."""
    outcome = make_twin(release="12.5").do(step(regenerate={"node": "sub", "unit": "CAPF"}))
    assert outcome == Outcome("refused", "CAPF certificate does not exist on sub")


def test_regenerate_while_the_publisher_is_away(
    make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """A subscriber's new certificate reaches the cluster when the publisher is back."""
    twin = make_twin()
    twin.do({"node": {"node": "pub", "up": False}})
    assert twin.regenerate("sub", "TVS") == DONE
    twin.advance("1h")
    new = twin.cluster.nodes["sub"].files.own["TVS"].certificate
    replicas = [node.replica for node in twin.cluster.nodes.values()]
    assert all(new not in [row.certificate for row in replica] for replica in replicas)
    twin.do({"node": {"node": "pub", "up": True}})
    twin.wait("quiet")
    assert all(new in [row.certificate for row in replica] for replica in replicas)
    (waited,) = tell(twin).told("write_waits")
    assert waited.node == "sub"


# -- utils itl reset ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "unit"), [("11.5", "ITLRecovery"), ("12.5", "CallManager"), ("15", "CallManager")]
)
def test_localkey(make_twin: Callable[..., Twin], release: str, unit: str) -> None:
    """The reset list is signed with the release's reset key and served by every TFTP node."""
    twin = make_twin(release=release)
    key = twin.cluster.nodes["pub"].files.own[unit].certificate
    assert twin.do({"itl_reset": {"key": "local"}}) == DONE
    assert twin.now_ms == 19_000
    twin.wait("quiet")
    for node in twin.cluster.nodes.values():
        assert node.tftp is not None
        assert trust_list.verify_signature(node.tftp.itl, key) == ()


def test_phones_are_offered_the_reset_list_and_then_the_normal_one(
    make_twin: Callable[..., Twin],
) -> None:
    """What phones are served follows the tool, and the operator's restart after it."""
    twin = make_twin()
    port = twin.cluster.ports.files[twin.cluster.nodes["pub"].index]
    normal = port.itl_file
    twin.do({"itl_reset": {"key": "local"}})
    twin.wait("quiet")
    reset = port.itl_file
    assert reset != normal
    twin.do({"restart_service": {"node": "pub", "service": "TFTP"}})
    assert port.itl_file != reset
    assert twin.cluster.files[port.itl_file].data == twin.cluster.nodes["pub"].tftp.itl
    assert itl(twin).outer is None


def test_unregistered_phones_try_each_new_list(
    make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """Phones that stay unregistered with a refused list try the next one, and the reset list."""
    twin = make_twin(timing_values={"regeneration_guard_min": 0, "p_unreg_on_bad_itl": 1})
    for node in ("pub", "sub"):
        for unit in ("CallManager", "TVS"):
            twin.regenerate(node, unit)
    twin.wait("quiet")
    assert twin.counts()["unregistered"] == 10
    change = {"name": "tftp_file_signature_algorithm", "value": "sha512"}
    twin.do({"set_enterprise_parameter": change})
    rebuilt_ms = twin.now_ms
    twin.wait("quiet")
    assert twin.counts()["unregistered"] == len(twin.stuck()) == 10
    tool_ms = twin.now_ms
    twin.do({"itl_reset": {"key": "local"}})
    assert twin.wait().outcome == "done"
    assert twin.counts()["registered"] == 10
    assert twin.stuck() == {}
    tries = tell(twin).happened(Event.DOWNLOAD_RETRIED)
    assert len({name for at_ms, name, _ in tries if rebuilt_ms < at_ms < tool_ms}) == 10


@pytest.mark.parametrize(
    ("release", "key", "message"),
    [
        ("9.1", "local", "release 9.1 has no key to reset the ITL with"),
        (
            "11.5",
            "remote",
            "no ITLRecovery.p12 was exported before: remotekey has nothing to sign with",
        ),
    ],
)
def test_reset_without_a_key(
    make_twin: Callable[..., Twin], release: str, key: str, message: str
) -> None:
    """Without a key to sign with the tool fails, and the lists stay."""
    twin = make_twin(release=release)
    before = itl(twin)
    assert twin.do(step(itl_reset={"key": key})) == Outcome("refused", message)
    assert itl(twin) == before


def test_reset_without_a_server(make_twin: Callable[..., Twin]) -> None:
    """The tool needs a running Cisco Tftp somewhere."""
    twin = make_twin()
    for node in ("pub", "sub"):
        twin.do({"stop_service": {"node": node, "service": "TFTP"}})
    outcome = twin.do({"itl_reset": {"key": "local"}})
    assert outcome == Outcome("refused", "no active Tftp server in the cluster")


def test_tools_of_the_publisher_need_the_publisher(make_twin: Callable[..., Twin]) -> None:
    """utils itl reset, the export and a parameter change are done on the publisher."""
    twin = make_twin()
    twin.do({"node": {"node": "pub", "up": False}})
    assert twin.do({"itl_reset": {"key": "local"}}) == PUB_IS_DOWN
    assert twin.do({"export_itl_recovery": {}}) == PUB_IS_DOWN
    change = {"name": "rollback_to_pre_8", "value": True}
    assert twin.do({"set_enterprise_parameter": change}) == PUB_IS_DOWN
    assert not twin.cluster.settings.is_rollback()


def test_remotekey_is_the_exported_one(make_twin: Callable[..., Twin]) -> None:
    """remotekey signs with the ITLRecovery of the day of the export, though it changed since."""
    twin = make_twin()
    old = twin.cluster.nodes["pub"].files.own["ITLRecovery"].certificate
    assert twin.do({"export_itl_recovery": {}}) == DONE
    twin.regenerate("pub", "ITLRecovery")
    assert twin.do({"itl_reset": {"key": "remote"}}) == DONE
    server = twin.cluster.nodes["pub"].tftp
    assert server is not None
    assert trust_list.verify_signature(server.itl, old) == ()


def test_export_where_there_is_nothing(make_twin: Callable[..., Twin]) -> None:
    """Before 10.0 there is no ITLRecovery to export."""
    outcome = make_twin(release="8.6").do(step(export_itl_recovery={}))
    assert outcome == Outcome("refused", "release 8.6 has no ITLRecovery certificate")


# -- enterprise parameters ------------------------------------------------------------------


def test_rollback_parameter(make_twin: Callable[..., Twin]) -> None:
    """Prepare Cluster for Rollback empties the lists of every TFTP node, and back."""
    twin = make_twin()
    full = itl(twin).records
    for value, roles in ((True, {Role.SAST}), (False, {record.role for record in full})):
        change = {"name": "rollback_to_pre_8", "value": value}
        assert twin.do({"set_enterprise_parameter": change}) == DONE
        twin.wait("quiet")
        for node in ("pub", "sub"):
            assert {record.role for record in itl(twin, node).records} == roles


def test_signature_algorithm(make_twin: Callable[..., Twin]) -> None:
    """TFTP File Signature Algorithm changes the digest of the lists that are built next."""
    twin = make_twin()
    change = {"name": "tftp_file_signature_algorithm", "value": "sha512"}
    assert twin.do({"set_enterprise_parameter": change}) == DONE
    assert itl(twin).header.digest is Digest.SHA1
    twin.wait("quiet")
    assert itl(twin).header.digest is Digest.SHA512


def test_phone_interaction(make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]) -> None:
    """Manual interaction keeps phones from being reset by a certificate change, from then on."""
    twin = make_twin(release="14")
    change = {"name": "phone_interaction_on_certificate_update", "value": "manual"}
    assert twin.do({"set_enterprise_parameter": change}) == DONE
    twin.regenerate("pub", "CallManager")
    twin.wait("quiet")
    assert tell(twin).told("group_reset") == []


@pytest.mark.parametrize(
    ("release", "name", "value"),
    [
        ("11.5", "phone_interaction_on_certificate_update", "manual"),
        ("10.5", "tftp_file_signature_algorithm", "sha512"),
    ],
)
def test_parameter_that_the_release_has_not(
    make_twin: Callable[..., Twin], release: str, name: str, value: str
) -> None:
    """A parameter that came later is refused."""
    outcome = make_twin(release=release).do(
        step(set_enterprise_parameter={"name": name, "value": value})
    )
    assert outcome == Outcome("refused", f"release {release} has no parameter {name}")


def test_a_reset_list_names_the_itlrecovery_of_the_day(make_twin: Callable[..., Twin]) -> None:
    """A new ITLRecovery is in the reset list before TFTP signs with it."""
    twin = make_twin(release="12.5")
    before = itl(twin)
    twin.do({"itl_reset": {}})
    assert itl(twin).records == before.records
    twin.regenerate("pub", "ITLRecovery")
    twin.wait("quiet")
    new = twin.cluster.nodes["pub"].files.own["ITLRecovery"].certificate
    assert itl(twin).records == before.records
    twin.do({"itl_reset": {}})
    anchors = [record.certificate for record in itl(twin).records if record.role is Role.SAST]
    assert new.der in anchors
    assert itl(twin).signing_header.signer != new.subject
    twin.do({"restart_service": {"node": "pub", "service": "TFTP"}})
    assert itl(twin).signing_header.serial == new.serial_bytes
