"""The lab of the deck as one CallManager sees it: its topology, its devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from twin.nodes.callmanager import CallManager
from twin.nodes.database import RowChange
from twin.nodes.service import Service

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeHost

CM_LABSERVER2 = "d4bfc995-72a1-46af-a607-c0988cdd1be5"
TEMPLATE: dict[str, str | int] = {
    "pkid": "21b83701-7d88-479f-b885-0cf40956b5a3",
    "name": "Sample Device Template with TAG usage examples",
    "tkmodel": 645,
}


@dataclass
class LabTopology:
    """What CallManager looks up; implements `twin.nodes.callmanager.Topology`."""

    tftp: set[str] = field(default_factory=lambda: {"labserver1"})
    capf: set[str] = field(default_factory=lambda: {"labserver1"})
    manual: bool = False
    callmanagers: dict[str, str] = field(
        default_factory=lambda: {"labserver1": "cm1-pkid", "labserver2": CM_LABSERVER2}
    )
    waves: dict[int, int] = field(default_factory=dict)

    def runs_active_tftp(self, node: str) -> bool:
        return node in self.tftp

    def runs_active_capf(self, node: str) -> bool:
        return node in self.capf

    def callmanager_pkid(self, node: str) -> str | None:
        return self.callmanagers.get(node)

    def processnode_pkid(self, node: str) -> str:
        return {
            "labserver1": "22b42762-9ae4-4ffc-9917-a8cd6fc213be",
            "labserver2": "1401da6f-79ea-32f3-deca-bc664c0b0c12",
        }[node]

    def address(self, node: str) -> str:
        return {"labserver1": "10.106.97.178", "labserver2": "10.106.97.179"}[node]

    def sdl_node(self, node: str) -> int:
        return {"labserver1": 1, "labserver2": 2}[node]

    def resets_are_manual(self) -> bool:
        return self.manual

    def wave(self, change: RowChange) -> int:
        return self.waves.setdefault(change.number, len(self.waves) + 1)


@dataclass
class LabDevices:
    """Two phones related to both nodes; implements `twin.nodes.callmanager.Devices`."""

    registered: int = 2
    resets: list[tuple[str, str, int]] = field(default_factory=list)

    def templates(self, callmanager: str) -> list[dict[str, str | int]]:
        return [dict(TEMPLATE)] if callmanager == "labserver2" else []

    def related(self, callmanager: str) -> int:
        return 2

    def reset(self, sender: str, callmanager: str, wave: int) -> int:
        self.resets.append((sender, callmanager, wave))
        return self.registered


PKIDS = {
    ("4480fa34-e3dd-de75-f26d-ea39c9daa99a", "processnodemap"): (
        "83d76f5c-775a-4c89-a110-a7b7e98bd104"
    ),
    ("4480fa34-e3dd-de75-f26d-ea39c9daa99a", "servicemap"): "ce8841e9-4902-4ae2-8f8c-746ca4a0b6bc",
    ("5e4594df-e935-494a-3549-6db7ffb89c1d", "processnodemap"): (
        "e3048581-1c9e-4710-a101-f3599de6dcd0"
    ),
    ("5e4594df-e935-494a-3549-6db7ffb89c1d", "servicemap"): "cb200b81-8c15-49db-85ae-54b2c48f98f9",
}
"""Of the mapping rows in the deck's traces, by the certificate's pkid."""


@pytest.fixture
def topology() -> LabTopology:
    """The lab: labserver1 serves files, both process calls."""
    return LabTopology()


@pytest.fixture
def devices() -> LabDevices:
    """The lab's devices."""
    return LabDevices()


@pytest.fixture
def make_callmanager(
    make_host: Callable[..., FakeHost],
    make_service: Callable[..., Service],
    topology: LabTopology,
    devices: LabDevices,
) -> Callable[..., CallManager]:
    """A maker of the CallManager of a node."""

    def make(name: str = "labserver2", **surroundings: float) -> CallManager:
        host = make_host(name, **surroundings)
        service = make_service(host, "CallManager")

        def pkid(*parts: str) -> str:
            return PKIDS.get(parts, "/".join(parts))

        return CallManager(host, service, devices, topology, pkid)

    return make
