from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from twin.config.words import NETWORK_SERVICES
from twin.config.words import Service as ServiceName
from twin.nodes.database import CertificateRow, RowChange
from twin.nodes.file_system import Identity
from twin.nodes.node import Node

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost

ACTIVATED = (ServiceName.CALLMANAGER, ServiceName.TFTP, *NETWORK_SERVICES)
DRAWS = {
    "ccm_restart_s": 60_000,
    "tftp_restart_s": 10_000,
    "tvs_restart_s": 11_000,
    "capf_restart_s": 15_000,
    "tomcat_restart_s": 180_000,
    "node_reboot_s": 600_000,
}


@pytest.fixture
def node(make_host: Callable[..., FakeHost]) -> Node:
    """A node that processes calls and serves files, whose TFTP builds 5 s beyond its start."""
    host = make_host(draws=dict(DRAWS))
    return Node(0, 0, host, ACTIVATED, lambda name: 5_000 * (name is ServiceName.TFTP))


def states(node: Node) -> dict[str, str]:
    """The state of each of the node's services."""
    return {name: str(service.state) for name, service in node.services.items()}


def test_services(node: Node) -> None:
    """A node has the services activated on it and the network services, all of them running."""
    assert set(node.services) == {str(name) for name in ACTIVATED}
    assert set(states(node).values()) == {"STARTED"}
    assert "CAPF" not in node.services


def test_order_in_which_services_hear_of_a_change(
    node: Node,
    own: Callable[..., CertificateRow],
    change: Callable[..., RowChange],
    identity: Callable[..., Identity],
) -> None:
    """Files first, then who vouches, then who serves lists, and the resets last."""
    heard: list[str] = []

    def service(name: str) -> Any:
        return SimpleNamespace(on_change=lambda _change: heard.append(name))

    node.certcn, node.tvs = service("certCN"), service("TVS")
    node.ipsec = service("ipsec")
    notice = change(own("TVS", "labserver1", identity("TVS")), None)
    node.on_change(notice)
    assert heard == ["certCN", "ipsec", "TVS"]
    heard.clear()
    node.tftp, node.callmanager = service("TFTP"), service("CallManager")
    node.on_change(notice)
    assert heard == ["certCN", "ipsec", "TVS", "TFTP", "CallManager"]


@pytest.mark.parametrize(
    ("service", "start_ms"),
    [("CallManager", 60_000), ("TFTP", 15_000), ("TVS", 11_000), ("Tomcat", 180_000)],
)
def test_restart_takes_the_services_own_time(
    node: Node, clock: FakeClock, service: str, start_ms: int
) -> None:
    """Each service has its own parameter; TFTP adds the time to build its files."""
    assert node.restart_service(service) == start_ms
    clock.advance(start_ms - 1)
    assert states(node)[service] == "STARTING"
    clock.advance(1)
    assert states(node)[service] == "STARTED"


def test_loss_of_power(node: Node) -> None:
    """All services go at once, without a word to those connected to them."""
    hung: list[bool] = []
    node.services["CallManager"].on_stopped.append(hung.append)
    node.lose_power()
    assert not node.is_on
    assert set(states(node).values()) == {"STOPPED"}
    assert hung == [True]
    (down,) = [row for row in node.host.rows() if row.service == "node"]
    assert (down.event, down.severity) == ("down", "critical")


def test_listeners_hear_of_power(node: Node, clock: FakeClock) -> None:
    """Who cares whether the node is on is told when it has gone and when it is back."""
    heard: list[tuple[int, bool]] = []
    node.on_power.append(lambda: heard.append((clock.now_ms, node.is_on)))
    node.lose_power()
    node.boot(lambda: None)
    clock.settle()
    assert heard == [(0, False), (600_000, True)]


def test_boot(node: Node, clock: FakeClock) -> None:
    """The node is up after its reboot time; its services take theirs from then on."""
    ready: list[int] = []
    node.lose_power()
    assert node.boot(lambda: ready.append(clock.now_ms)) == 600_000
    clock.advance(599_999)
    assert not node.is_on
    assert ready == []
    clock.advance(1)
    assert node.is_on
    assert ready == [600_000]
    assert set(states(node).values()) == {"STARTING"}
    clock.advance(180_000)
    assert set(states(node).values()) == {"STARTED"}
    events = [row.event for row in node.host.rows() if row.service == "node"]
    assert events == ["down", "booting", "up"]


def test_stopped_by_hand_stays_stopped(node: Node, clock: FakeClock) -> None:
    """A service that the operator stopped does not come up with the node, and can be started."""
    node.stop_service("TVS")
    node.lose_power()
    node.boot(lambda: None)
    clock.settle()
    assert [name for name, state in states(node).items() if state == "STOPPED"] == ["TVS"]
    assert node.start_service("TVS") == 11_000
    clock.settle()
    node.lose_power()
    node.boot(lambda: None)
    clock.settle()
    assert states(node)["TVS"] == "STARTED"


def test_restart_ends_a_stop_by_hand(node: Node, clock: FakeClock) -> None:
    """A service that was stopped and then restarted comes up with the node again."""
    node.stop_service("TVS")
    node.restart_service("TVS")
    clock.settle()
    node.lose_power()
    node.boot(lambda: None)
    clock.settle()
    assert states(node)["TVS"] == "STARTED"


def test_nothing_starts_without_power(node: Node, clock: FakeClock) -> None:
    """A start on a node that is off does nothing now, but counts when the node boots."""
    node.stop_service("TVS")
    node.lose_power()
    assert node.start_service("TVS") == 0
    clock.settle()
    assert states(node)["TVS"] == "STOPPED"
    node.boot(lambda: None)
    clock.settle()
    assert states(node)["TVS"] == "STARTED"
