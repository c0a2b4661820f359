from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from twin.cluster.host import NodeHost
from twin.config.load import load_release
from twin.config.timing import TimingProfile
from twin.kernel.journal import Journal, MemorySink
from twin.kernel.simulation import Simulation
from twin.kernel.streams import Streams
from twin.simtime import Epoch

START = datetime(2016, 2, 7, 22, 0, tzinfo=UTC)


@pytest.fixture
def simulation() -> Simulation:
    """A simulation at instant 0."""
    return Simulation()


@pytest.fixture
def sink() -> MemorySink:
    """Where the journal goes."""
    return MemorySink()


@pytest.fixture
def make_host(
    simulation: Simulation, sink: MemorySink, timing: TimingProfile
) -> Callable[..., tuple[NodeHost, Journal]]:
    """A maker of hosts, each with its journal."""

    def make(name: str = "pub", seed: int = 1, **values: Any) -> tuple[NodeHost, Journal]:
        journal = Journal([sink])
        host = NodeHost(
            name, simulation, Streams(seed), journal, Epoch(START), load_release("11.5"),
            timing.with_values(values),
        )  # fmt: skip
        return host, journal

    return make


Hosts = Callable[..., tuple[NodeHost, Journal]]


def test_time_and_timers(make_host: Hosts, simulation: Simulation) -> None:
    """A timer fires at its instant with its arguments, and the moment is that of the scenario."""
    host, _ = make_host()
    fired: list[tuple[int, str]] = []
    host.after(90_000, lambda word: fired.append((host.now_ms, word)), "later")
    called_off = host.after(10_000, lambda: fired.append((host.now_ms, "never")))
    called_off()
    simulation.run_until(100_000)
    assert fired == [(90_000, "later")]
    assert host.time() == datetime(2016, 2, 7, 22, 1, 40, tzinfo=UTC)


def test_periodic_work_is_no_work(make_host: Hosts, simulation: Simulation) -> None:
    """A timer that does not count leaves the cluster quiet; one that counts does not."""
    host, _ = make_host()
    host.after(10, lambda: None, counts=False)
    assert simulation.pending == 0
    host.after(10, lambda: None)
    assert simulation.pending == 1


def test_draws_belong_to_node_and_parameter(make_host: Hosts) -> None:
    """A node's n-th draw of a parameter is the same whatever else was drawn before."""
    host, other = make_host()[0], make_host()[0]
    draws = [host.drawn_ms("db_replication_delay_s") for _ in range(4)]
    other.drawn_ms("certificate_regen_s")
    assert [other.drawn_ms("db_replication_delay_s") for _ in range(4)] == draws
    assert len(set(draws)) == 4
    elsewhere = make_host("sub")[0], make_host(seed=2)[0]
    assert all(h.drawn_ms("db_replication_delay_s") != draws[0] for h in elsewhere)


@pytest.mark.parametrize(
    ("parameter", "low", "high"),
    [
        ("certificate_regen_s", 3_000, 15_000),
        ("db_replication_delay_s", 300, 10_000),
        ("itl_rebuild_delay_s", 2_500, 7_500),
        ("node_reboot_s", 300_000, 900_000),
        ("tvs_query_ms", 4, 4),
    ],
)
def test_draws_are_in_range(make_host: Hosts, parameter: str, low: int, high: int) -> None:
    """Draws are whole milliseconds within what the timing profile says, whatever its unit."""
    host, _ = make_host()
    draws = [host.drawn_ms(parameter) for _ in range(200)]
    assert all(isinstance(draw, int) and low <= draw <= high for draw in draws)
    assert (len(set(draws)) > 100) is (low < high)


def test_set_values_are_drawn(make_host: Hosts) -> None:
    """A value the experiment sets is what is drawn, here of a fixed parameter."""
    assert make_host(tvs_refresh_delay_s=30)[0].drawn_ms("tvs_refresh_delay_s") == 30_000


def test_octets_belong_to_a_name(make_host: Hosts) -> None:
    """Bytes for a name come from the seed and the name alone, in the number asked for."""
    host, other = make_host()[0], make_host("sub")[0]
    assert len(host.octets(16, "serial", "pub", "TVS", 0)) == 16
    assert host.octets(16, "serial", "x") == other.octets(16, "serial", "x")
    assert host.octets(16, "serial", "x") != host.octets(16, "serial", "y")
    assert make_host(seed=2)[0].octets(16, "serial", "x") != host.octets(16, "serial", "x")


def test_records_and_alarms(make_host: Hosts, simulation: Simulation, sink: MemorySink) -> None:
    """A record bears instant, node and service; an alarm is a record with its name."""
    host, journal = make_host()
    simulation.run_until(5_000)
    host.record("TVS", "look_up", severity="error", found=False)
    host.alarm("CertMgr", "TomcatCertRegen", "critical", unit="tomcat")
    journal.close()
    told = [
        (row.at_ms, row.node, row.service, row.event, row.severity, dict(row.data))
        for row in sink.nodes
    ]
    assert told == [
        (5_000, "pub", "TVS", "look_up", "error", {"found": False}),
        (
            5_000, "pub", "CertMgr", "alarm", "critical",
            {"name": "TomcatCertRegen", "unit": "tomcat"},
        ),
    ]  # fmt: skip
