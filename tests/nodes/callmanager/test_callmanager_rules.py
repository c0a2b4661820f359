from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twin.nodes.callmanager import CallManager
from twin.nodes.database import CertificateRow, RowChange
from twin.nodes.file_system import Identity

if TYPE_CHECKING:
    from tests.nodes.callmanager.conftest import LabDevices, LabTopology

Callmanagers = Callable[..., CallManager]
Updates = Callable[..., RowChange]


@pytest.fixture
def update(
    own: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
) -> Updates:
    """A maker of notices that a unit of a node was regenerated for the n-th time."""

    def make(
        unit: str, node: str = "labserver1", generation: int = 1, number: int = 1
    ) -> RowChange:
        row = own(unit, node, identity(unit, node, generation))
        return change(row, identity(unit, node, generation - 1), number)

    return make


def answers(callmanager: CallManager) -> list[str]:
    """The ProcessCnf answers given, in order."""
    return [row.data["answer"] for row in callmanager.host.rows("process_cnf")]


def handle(callmanager: CallManager, *changes: RowChange) -> None:
    """Hear of changes and let the debounce pass."""
    for one in changes:
        callmanager.on_change(one)
    callmanager.host.clock.settle()


def test_debounce_takes_its_time(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices
) -> None:
    """Nothing is reset before the debounce of 5 s has passed."""
    callmanager = make_callmanager()
    clock = callmanager.host.clock
    callmanager.on_change(update("CallManager"))
    clock.advance(4_999)
    assert devices.resets == []
    clock.advance(1)
    assert len(devices.resets) == 1
    assert callmanager.host.rows("debounced")[0].at_ms == 5_000


def test_notices_of_one_certificate_are_one(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices
) -> None:
    """Notices of one pkid within the debounce count as one, the latest, from the last one on."""
    callmanager = make_callmanager()
    clock = callmanager.host.clock
    callmanager.on_change(update("CallManager", generation=1, number=1))
    clock.advance(3_000)
    callmanager.on_change(update("CallManager", generation=2, number=2))
    clock.settle()
    assert clock.now_ms == 8_000
    assert answers(callmanager) == ["N", "N", "Y"]
    last, done = callmanager.host.rows("cnf_received")[-1], callmanager.host.rows("process_cnf")[-1]
    assert done.data["serialnumber"] == last.data["serialnumber"]
    assert devices.resets == [("labserver2", "labserver2", 1)]


def test_notices_of_two_certificates_are_two(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices
) -> None:
    """Two certificates within one debounce lead to two waves."""
    callmanager = make_callmanager()
    handle(
        callmanager,
        update("TVS", "labserver1", number=1),
        update("TVS", "labserver2", number=2),
    )
    assert devices.resets == [
        ("labserver2", "labserver1", 1),
        ("labserver2", "labserver2", 2),
    ]


def test_notices_a_debounce_apart_are_two(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices
) -> None:
    """A second change after the debounce resets the devices again."""
    callmanager = make_callmanager()
    handle(callmanager, update("CallManager", generation=1, number=1))
    handle(callmanager, update("CallManager", generation=2, number=2))
    assert [wave for _, _, wave in devices.resets] == [1, 2]


def test_debounce_is_a_parameter(make_callmanager: Callmanagers, update: Updates) -> None:
    """The timing profile sets the debounce."""
    callmanager = make_callmanager(reset_debounce_s=30)
    handle(callmanager, update("CallManager"))
    assert callmanager.host.clock.now_ms == 30_000


def test_one_change_is_one_wave_on_every_node(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices
) -> None:
    """All CallManagers that act on one change count it as the same wave."""
    change = update("CallManager", number=7)
    for name in ("labserver1", "labserver2"):
        handle(make_callmanager(name), change)
    assert devices.resets == [
        ("labserver1", "labserver1", 1),
        ("labserver2", "labserver2", 1),
    ]


def test_callmanager_of_a_node_without_tftp(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices
) -> None:
    """CallManager of a node that serves no files is processed, and leads to no reset."""
    callmanager = make_callmanager()
    handle(callmanager, update("CallManager", "labserver2"))
    (role,) = callmanager.host.rows("is_itl_related_role")
    assert role.data["leads_to"] == "no active TFTP node"
    assert callmanager.host.rows()[-1] is role
    assert devices.resets == []


@pytest.mark.parametrize(("node", "active"), [("labserver1", True), ("labserver2", False)])
def test_capf_counts_only_if_active(
    make_callmanager: Callmanagers,
    update: Updates,
    devices: LabDevices,
    node: str,
    active: bool,
) -> None:
    """CAPF leads to resets from the node where its service is active, by service number 9."""
    callmanager = make_callmanager()
    handle(callmanager, update("CAPF", node))
    (mapped,) = callmanager.host.rows("cert_service_cert_map")
    assert mapped.data["tkcertificateservice"] == 9
    (role,) = callmanager.host.rows("is_itl_related_role")
    assert role.data["role"] == "CERTIFICATE_SERVICE_CAPF"
    assert devices.resets == [("labserver2", "labserver2", 1)] * active


def test_tvs_of_a_node_without_callmanager(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices, topology: LabTopology
) -> None:
    """TVS of a node that processes no calls leads to nobody."""
    del topology.callmanagers["labserver1"]
    callmanager = make_callmanager()
    handle(callmanager, update("TVS", "labserver1"))
    assert callmanager.host.rows("is_itl_related_role") != []
    assert callmanager.host.rows("leads_to_callmanager") == []
    assert devices.resets == []


@pytest.mark.parametrize("unit", ["tomcat", "ipsec", "ITLRecovery"])
def test_other_units_reset_nobody(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices, unit: str
) -> None:
    """tomcat, ipsec and ITLRecovery are answered with N and finished."""
    callmanager = make_callmanager()
    handle(callmanager, update(unit))
    assert answers(callmanager) == ["N"]
    assert devices.resets == []


def test_trust_copies_reset_nobody(
    make_callmanager: Callmanagers,
    trusted: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
    devices: LabDevices,
) -> None:
    """The row of a trust copy is a notice of its own, answered with N."""
    callmanager = make_callmanager()
    units = ("CallManager-trust", "Phone-SAST-trust")
    row = trusted(units, "labserver1", ["labserver2"], identity(generation=1).certificate)
    handle(callmanager, change(row, identity()))
    assert answers(callmanager) == ["N"]
    assert devices.resets == []


def test_new_row_of_an_own_certificate_resets(
    make_callmanager: Callmanagers,
    own: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
) -> None:
    """An inserted row (I) of an own certificate in the ITL counts like an update (U)."""
    callmanager = make_callmanager()
    handle(callmanager, change(own("CallManager", "labserver1", identity()), None))
    (notice,) = callmanager.host.rows("CcmDbChangeNotify")
    assert notice.data["action"] == "I"
    assert answers(callmanager) == ["N", "Y"]


def test_row_that_goes_resets_nobody(
    make_callmanager: Callmanagers,
    own: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
    devices: LabDevices,
) -> None:
    """A row whose last mapping is removed (D), or that loses one of several, brings nothing new."""
    callmanager = make_callmanager()
    row = own("CallManager", "labserver1", identity())
    handle(callmanager, change(replace(row, nodes=()), identity()))
    (notice,) = callmanager.host.rows("CcmDbChangeNotify")
    assert notice.data["action"] == "D"
    shared = replace(row, nodes=("labserver1", "labserver2"))
    handle(callmanager, RowChange(2, row, shared))
    assert answers(callmanager) == ["N", "N"]
    assert devices.resets == []


def test_manual_phone_interaction(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices, topology: LabTopology
) -> None:
    """Phone Interaction on Certificate Update = manual keeps the devices from being reset."""
    topology.manual = True
    callmanager = make_callmanager()
    handle(callmanager, update("CallManager"), update("TVS"), update("CAPF"))
    assert answers(callmanager) == ["N", "N", "N"]
    assert devices.resets == []


def test_stopped_callmanager_hears_nothing(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices
) -> None:
    """A stopped CallManager takes no notice of a change, then or later."""
    callmanager = make_callmanager()
    callmanager.service.stop()
    callmanager.on_change(update("CallManager"))
    callmanager.service.start()
    callmanager.host.clock.settle()
    assert {row.event for row in callmanager.host.rows()} == {"service"}
    assert devices.resets == []


def test_stop_forgets_what_is_debounced(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices
) -> None:
    """A restart within the debounce takes the pending resets with it, and those only."""
    callmanager = make_callmanager()
    callmanager.on_change(update("CallManager", generation=1, number=1))
    callmanager.service.restart()
    callmanager.host.clock.settle()
    assert devices.resets == []
    handle(callmanager, update("CallManager", generation=2, number=2))
    assert len(devices.resets) == 1


def test_how_many_are_reset_is_recorded(
    make_callmanager: Callmanagers, update: Updates, devices: LabDevices
) -> None:
    """The wave's record tells how many devices are related and how many of them are reset here."""
    devices.registered = 1
    callmanager = make_callmanager()
    handle(callmanager, update("TVS", "labserver1"))
    (record,) = callmanager.host.rows("group_reset")
    assert record.data["cause"] == "TVS of labserver1"
    assert (record.data["related"], record.data["registered"]) == (2, 1)
    assert record.data["callmanager"] == "labserver1"


def test_no_templates_no_device_rows(make_callmanager: Callmanagers, update: Updates) -> None:
    """Where no template is related, no device row is printed; phones are reset all the same."""
    callmanager = make_callmanager("labserver1")
    handle(callmanager, update("CallManager"))
    assert callmanager.host.rows("row_tkmodel", "sending_device_reset") == []
    assert callmanager.host.rows("group_reset")[0].data["registered"] == 2
