from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.nodes.service import TABLE, Service, ServiceEvent, ServiceState

if TYPE_CHECKING:
    from tests.nodes.conftest import FakeClock, FakeHost


@pytest.fixture
def host(make_host: Callable[..., FakeHost]) -> FakeHost:
    """The node of the service."""
    return make_host()


@pytest.fixture
def service(host: FakeHost, make_service: Callable[..., Service]) -> Service:
    """A service that takes 10 s to start."""
    return make_service(host, "TFTP")


@pytest.fixture
def heard(service: Service) -> list[Any]:
    """What the service's hooks were called with, in order."""
    calls: list[Any] = []
    service.on_started.append(lambda: calls.append("started"))
    service.on_stopped.append(lambda hangs: calls.append(("stopped", hangs)))
    return calls


def states(host: FakeHost) -> list[str]:
    """The states the service went through, as recorded."""
    return [row.data["state"] for row in host.rows("service")]


def test_every_state_says_what_a_start_and_a_stop_do() -> None:
    """No state leaves a start or a stop unanswered, and only a starting service becomes ready."""
    for state in ServiceState:
        assert {ServiceEvent.START, ServiceEvent.STOP} <= set(TABLE[state])
    assert [state for state in ServiceState if ServiceEvent.READY in TABLE[state]] == ["STARTING"]


def test_a_cluster_that_has_been_running(service: Service, host: FakeHost) -> None:
    """A service is started from the beginning, with nothing recorded about it."""
    assert service.is_started
    assert host.rows() == []


def test_stop_and_start(
    service: Service, host: FakeHost, clock: FakeClock, heard: list[Any]
) -> None:
    """A stop works at once, a start after the service's own time; the hooks hear of both."""
    service.stop()
    assert service.state is ServiceState.STOPPED
    assert service.start() == 10_000
    clock.advance(9_999)
    assert service.state is ServiceState.STARTING
    assert not service.is_started
    clock.advance(1)
    assert service.is_started
    assert heard == [("stopped", False), "started"]
    assert states(host) == ["STOPPED", "STARTING", "STARTED"]
    assert [row.at_ms for row in host.rows("service")] == [0, 0, 10_000]
    assert {row.service for row in host.rows()} == {"TFTP"}


def test_restart(service: Service, clock: FakeClock, heard: list[Any]) -> None:
    """A restart is a stop and a start in one, and says how long it will take."""
    assert service.restart() == 10_000
    clock.settle()
    assert heard == [("stopped", False), "started"]


def test_start_of_a_running_service(service: Service, clock: FakeClock, heard: list[Any]) -> None:
    """Starting what runs takes no time and changes nothing."""
    assert service.start() == 0
    assert clock.timers == []
    assert heard == []


def test_second_start_while_starting(service: Service, clock: FakeClock, heard: list[Any]) -> None:
    """A second start does not begin a second time: the service gets ready once."""
    service.stop()
    service.start()
    clock.advance(4_000)
    assert service.start() == 6_000
    clock.settle()
    assert clock.now_ms == 10_000
    assert heard.count("started") == 1


def test_stop_while_starting(
    service: Service, host: FakeHost, clock: FakeClock, heard: list[Any]
) -> None:
    """A stop calls the start off: the service does not come up later, and the hooks are told."""
    service.restart()
    clock.advance(4_000)
    service.stop()
    assert clock.timers == []
    clock.advance(60_000)
    assert states(host) == ["STOPPED", "STARTING", "STOPPED"]
    assert heard == [("stopped", False), ("stopped", False)]


def test_second_stop(service: Service, host: FakeHost, heard: list[Any]) -> None:
    """Stopping what is stopped is heard and recorded by nobody."""
    service.stop()
    service.stop()
    assert heard == [("stopped", False)]
    assert states(host) == ["STOPPED"]


def test_loss_of_power(service: Service, heard: list[Any]) -> None:
    """A service that went with its node's power is told to have left its connections open."""
    service.stop(hangs=True)
    assert heard == [("stopped", True)]


def test_time_of_a_start_is_asked_for_each_time(host: FakeHost, clock: FakeClock) -> None:
    """Each start takes a time of its own."""
    times = [3_000, 8_000]
    service = Service(host, "TVS", lambda: times.pop(0))
    assert service.restart() == 3_000
    clock.settle()
    assert service.restart() == 8_000
