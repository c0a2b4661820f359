"""The main job on the lab of the deck: its three SDL sequences come out of the whole cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from twin.cluster.twin import Twin
from twin.kernel.journal import NodeEvent
from twin.phones.lifecycle import Event

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

CM_LABSERVER2 = "d4bfc995-72a1-46af-a607-c0988cdd1be5"
RELATED = f"execute procedure dbSelectAllRelatedDevices('CALLMANAGER', '{CM_LABSERVER2}')"
PHONES = {"SEP885A92D977CA", "SEPB83861583B73"}

NO_RESTART = [
    "CcmDbChangeNotify", "select_certificate", "cnf_received", "DbChangeNotify", "process_cnf N",
    "do_group_reset", "process_db_change_notify", "finish_cnf",
]  # fmt: skip
GROUP_RESET = [
    "group_reset_sql1", "cfastaccess", "db_sql1", "db_sql2", "move_next", "move_next FALSE",
    "group_reset_sql2", "is_eof FALSE",
]  # fmt: skip
TEMPLATE = [
    "row_tkmodel", "row_pkid", "row_name", "row_fkcallmanager1", "row_fkcallmanager2",
    "sending_device_reset",
]  # fmt: skip
DEVICE_RESTART = [
    "process_cnf Y", "debounced", "process_it", "certificate_process_node_map",
    "cert_service_cert_map", "is_itl_related_role",
]  # fmt: skip


@pytest.fixture
def lab(make_twin: Callable[..., Twin]) -> Twin:
    """The lab of the deck, running."""
    return make_twin("seed-lab")


def sdl(story: Story, node: str) -> list[NodeEvent]:
    """The SDL trace of a node's CallManager."""
    return [row for row in story.nodes if row.node == node and row.service == "CallManager"]


def words(rows: list[NodeEvent]) -> list[str]:
    """The events, with the answer where one is given."""
    return [f"{row.event} {row.data.get('answer', '')}".strip() for row in rows]


def from_answer(rows: list[NodeEvent], answer: str) -> list[NodeEvent]:
    """The rows from the one ProcessCnf with an answer on."""
    (start,) = [
        number for number, row in enumerate(rows) if row.data.get("answer") == answer
        and row.event == "process_cnf"
    ]  # fmt: skip
    return rows[start:]


def test_no_restart(lab: Twin, tell: Callable[[Twin], Story]) -> None:
    """tomcat of labserver1: each node prints the sequence for its row and for its trust copy."""
    lab.regenerate("labserver1", "tomcat")
    lab.wait("quiet")
    story = tell(lab)
    for node in ("labserver1", "labserver2"):
        assert words(sdl(story, node)) == NO_RESTART * 2
    assert story.rows == []


def test_callmanager_restart(lab: Twin, tell: Callable[[Twin], Story]) -> None:
    """CallManager of labserver1 leads to an active TFTP node: CM_labserver2 resets its devices."""
    lab.regenerate("labserver1", "CallManager")
    assert lab.wait().outcome == "done"
    story = tell(lab)
    rows = sdl(story, "labserver2")
    assert words(rows) == [
        *NO_RESTART * 2, *DEVICE_RESTART, *GROUP_RESET, *TEMPLATE, "group_reset",
    ]  # fmt: skip
    by_event = {row.event: row for row in from_answer(rows, "Y")}
    processed = by_event["process_it"].data
    assert processed["server_name"] == "labserver1"
    assert processed["ipv4"] == "10.106.97.178"
    assert processed["issuer_name"] == "L=BGL,ST=KA,CN=labserver1.vasank.com,OU=TAC,O=Cisco,C=IN"
    mapped = by_event["certificate_process_node_map"].data
    assert mapped["fkprocessnode"] == "22b42762-9ae4-4ffc-9917-a8cd6fc213be"
    assert by_event["cert_service_cert_map"].data["tkcertificateservice"] == 3
    role = by_event["is_itl_related_role"].data
    assert role["role"] == "SERVICE_CALLMANAGER"
    assert role["leads_to"] == "an active TFTP node"
    assert by_event["group_reset_sql1"].data["sql"] == RELATED
    sent = by_event["sending_device_reset"].data
    assert (sent["kind"], sent["tkmodel"]) == (2, 645)
    assert sent["name"] == "Sample Device Template with TAG usage examples"
    assert sent["pkid"] == "21b83701-7d88-479f-b885-0cf40956b5a3"
    assert sent["fk1"] == CM_LABSERVER2


def test_both_nodes_act_on_callmanager(lab: Twin, tell: Callable[[Twin], Story]) -> None:
    """Each CallManager queries its own devices; only that of the phones resets any."""
    lab.regenerate("labserver1", "CallManager")
    lab.wait()
    story = tell(lab)
    assert "sending_device_reset" not in words(sdl(story, "labserver1"))
    first, second = story.told("group_reset")
    acted = {
        row.node: (row.data["callmanager"], row.data["related"], row.data["registered"])
        for row in (first, second)
    }
    assert acted == {
        "labserver1": ("labserver1", 2, 0),
        "labserver2": ("labserver2", 2, 2),
    }
    assert first.data["wave"] == second.data["wave"] == 1
    received = story.happened(Event.RESET_RECEIVED)
    assert sorted(name for _, name, _ in received) == sorted(PHONES)
    assert {wave for _, _, wave in received} == {1}


def test_tvs_service(lab: Twin, tell: Callable[[Twin], Story]) -> None:
    """TVS of labserver2 leads to CM_labserver2 on both nodes, with the template's rows."""
    lab.regenerate("labserver2", "TVS")
    assert lab.wait().outcome == "done"
    story = tell(lab)
    for node in ("labserver1", "labserver2"):
        rows = sdl(story, node)
        assert words(rows) == [
            *NO_RESTART, *DEVICE_RESTART, "leads_to_callmanager", *GROUP_RESET, *TEMPLATE,
            "group_reset",
        ]  # fmt: skip
        by_event = {row.event: row.data for row in from_answer(rows, "Y")}
        assert by_event["process_it"]["ipv4"] == "10.106.97.179"
        mapped = by_event["certificate_process_node_map"]
        assert mapped["fkprocessnode"] == "1401da6f-79ea-32f3-deca-bc664c0b0c12"
        assert by_event["cert_service_cert_map"]["tkcertificateservice"] == 11
        role = by_event["is_itl_related_role"]
        assert role["role"] == "CERTIFICATE_SERVICE_TVS"
        assert role["processnodemap_pkid"] == mapped["pkid"]
        leads = by_event["leads_to_callmanager"]
        assert (leads["pkid"], leads["name"]) == (CM_LABSERVER2, "CM_labserver2")
        assert by_event["group_reset_sql2"] == {"sql": RELATED, "ccm_pkid": CM_LABSERVER2}
        assert by_event["row_fkcallmanager1"] == {"fk": CM_LABSERVER2}
        assert by_event["row_fkcallmanager2"] == {"fk": ""}
        assert by_event["sending_device_reset"]["kind"] == 2
    assert sorted(name for _, name, _ in story.happened(Event.RESET_RECEIVED)) == sorted(PHONES)


def test_rows_of_a_change_are_the_same_everywhere(lab: Twin, tell: Callable[[Twin], Story]) -> None:
    """Both nodes print the same pkids and serials of one change, the publisher before the other."""
    lab.regenerate("labserver1", "CallManager")
    lab.wait()
    story = tell(lab)
    notices = {
        node: [row for row in sdl(story, node) if row.event == "cnf_received"]
        for node in ("labserver1", "labserver2")
    }
    assert [row.data for row in notices["labserver1"]] == [
        row.data for row in notices["labserver2"]
    ]
    assert notices["labserver1"][0].at_ms < notices["labserver2"][0].at_ms
    (done,) = story.told("regenerated")
    new, old = str(notices["labserver1"][0].data["serialnumber"]).split("/")
    assert (new, old) == (done.data["serial"], done.data["old_serial"])


def test_debounce_lies_between_notice_and_reset(lab: Twin, tell: Callable[[Twin], Story]) -> None:
    """On each node the Y part follows the notice of its row by the debounce of 5 s."""
    lab.regenerate("labserver1", "CallManager")
    lab.wait()
    story = tell(lab)
    for node in ("labserver1", "labserver2"):
        rows = sdl(story, node)
        first = next(row for row in rows if row.event == "process_cnf")
        (acted,) = [row for row in rows if row.event == "debounced"]
        assert acted.at_ms - first.at_ms == 5_000


def test_phones_follow(lab: Twin, tell: Callable[[Twin], Story]) -> None:
    """Both phones are reset, take the new list by TVS, and register again; none is stuck."""
    lab.regenerate("labserver1", "CallManager")
    lab.wait()
    assert lab.counts()["registered"] == 2
    assert lab.stuck() == {}
    story = tell(lab)
    for name in PHONES:
        events = [event for _, event, _, _ in story.phone(name)]
        order = [
            Event.RESET_RECEIVED, Event.UNREGISTERED, Event.BOOTED, Event.TVS_ASKED,
            Event.ITL_CHECKED, Event.CONFIG_CHECKED, Event.REGISTERED,
        ]  # fmt: skip
        assert [event for event in events if event in order] == order


def test_other_serial_order(lab: Twin, tell: Callable[[Twin], Story]) -> None:
    """TVS of the other node is not guarded by CallManager: three sequences fit into one night."""
    for node, unit in (("labserver1", "tomcat"), ("labserver1", "CallManager")):
        assert lab.regenerate(node, unit).outcome == "done"
        lab.wait()
    assert lab.regenerate("labserver2", "TVS").outcome == "done"
    lab.wait()
    story = tell(lab)
    answers = [row.data["answer"] for row in sdl(story, "labserver2") if row.event == "process_cnf"]
    assert answers == ["N", "N", "N", "N", "Y", "N", "Y"]
    causes = [row.data["cause"] for row in story.told("group_reset", node="labserver2")]
    assert causes == ["CallManager of labserver1", "TVS of labserver2"]
