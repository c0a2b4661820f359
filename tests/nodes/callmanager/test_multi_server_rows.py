"""What CallManager makes of a multi-server certificate, and of rows that go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twin.nodes.callmanager import CallManager
from twin.nodes.database import CertificateRow, RowChange
from twin.nodes.file_system import Identity

if TYPE_CHECKING:
    from tests.nodes.callmanager.conftest import LabDevices

BOTH = ("labserver1", "labserver2")


@pytest.fixture
def row(own: Callable[..., CertificateRow], identity: Callable[..., Identity]) -> CertificateRow:
    """One CallManager certificate for both nodes; labserver2, which has no TFTP, wrote it."""
    return replace(own("CallManager", "labserver2", identity("CallManager")), nodes=BOTH)


@pytest.mark.parametrize("is_new", [True, False])
def test_one_of_its_nodes_serves_files(
    make_callmanager: Callable[..., CallManager],
    devices: LabDevices,
    row: CertificateRow,
    is_new: bool,
) -> None:
    """It leads to a TFTP node by any of its mappings, whoever wrote it; a first one counts too."""
    callmanager = make_callmanager()
    callmanager.on_change(RowChange(1, row, None if is_new else row))
    callmanager.host.clock.settle()
    assert devices.resets == [("labserver2", "labserver2", 1)]
    maps = callmanager.host.rows("certificate_process_node_map")
    assert [mapped.data["server_name"] for mapped in maps] == list(BOTH)
    assert len({mapped.data["pkid"] for mapped in maps}) == 2


def test_a_new_server_name_is_an_update_like_any_other(
    make_callmanager: Callable[..., CallManager], devices: LabDevices, row: CertificateRow
) -> None:
    """A row of which only the server name changed leads to resets all the same (CSCup28852)."""
    callmanager = make_callmanager()
    for number, node in enumerate(BOTH, start=1):
        callmanager.on_change(RowChange(number, replace(row, node=node), row))
        callmanager.host.clock.settle()
    assert len(devices.resets) == 2


def test_a_row_that_goes_resets_nobody(
    make_callmanager: Callable[..., CallManager], devices: LabDevices, row: CertificateRow
) -> None:
    """A deletion is noted as such and finished."""
    callmanager = make_callmanager()
    callmanager.on_change(RowChange(1, row, row, is_deleted=True))
    callmanager.host.clock.settle()
    assert devices.resets == []
    (notice,) = callmanager.host.rows("CcmDbChangeNotify")
    assert notice.data["action"] == "D"
