from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from twin.cluster.acts.scene import Outcome
from twin.cluster.twin import Twin
from twin.config.steps import Step

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

DONE = Outcome("done", "")


def state(twin: Twin, node: str, service: str) -> str:
    """The state of a service now."""
    return str(twin.cluster.nodes[node].services[service].state)


@pytest.mark.parametrize("service", ["CallManager", "TFTP", "TVS", "Tomcat", "certCN"])
def test_stop_and_start(make_twin: Callable[..., Twin], service: str) -> None:
    """A stop takes no time; a start returns when the service answers, whatever it takes."""
    twin = make_twin()
    assert twin.do({"stop_service": {"node": "pub", "service": service}}) == DONE
    assert (twin.now_ms, state(twin, "pub", service)) == (0, "STOPPED")
    assert twin.do({"start_service": {"node": "pub", "service": service}}) == DONE
    assert state(twin, "pub", service) == "STARTED"
    assert twin.now_ms >= 5_000


@pytest.mark.parametrize("perturb_ties", [None, 1, 2, 3, 4, 5])
def test_service_is_ready_when_its_restart_is_over(
    make_twin: Callable[..., Twin], perturb_ties: int | None
) -> None:
    """However the work of one instant is ordered, a restart that is done has done it."""
    twin = make_twin(perturb_ties=perturb_ties)
    for service in ("TVS", "TFTP", "Tomcat", "CallManager"):
        assert twin.do({"restart_service": {"node": "pub", "service": service}}) == DONE
        assert state(twin, "pub", service) == "STARTED"


def test_start_of_a_running_service(make_twin: Callable[..., Twin]) -> None:
    """Starting what runs is done at once."""
    twin = make_twin()
    assert twin.do({"start_service": {"node": "pub", "service": "TVS"}}) == DONE
    assert twin.now_ms == 0


def test_products_own_names(make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]) -> None:
    """Services go by the names the serviceability pages print, nodes by their aliases."""
    twin = make_twin()
    assert twin.do({"stop_service": {"node": "tftp2", "service": "Cisco Tftp"}}) == DONE
    assert state(twin, "sub", "TFTP") == "STOPPED"
    assert tell(twin).told("step")[0].data["text"] == "stop TFTP on sub"


@pytest.mark.parametrize("action", ["start_service", "stop_service", "restart_service"])
def test_refusals(make_twin: Callable[..., Twin], action: str) -> None:
    """A service that is not activated, or whose node is down, cannot be acted on."""
    twin = make_twin()
    missing = Step.model_validate({action: {"node": "sub", "service": "CAPF"}})
    assert twin.do(missing) == Outcome("refused", "CAPF is not activated on sub")
    twin.do({"node": {"node": "sub", "up": False}})
    outcome = twin.do({action: {"node": "sub", "service": "TVS"}})
    assert outcome == Outcome("refused", "sub is down")


def test_tftp_start_builds_its_files(make_twin: Callable[..., Twin]) -> None:
    """Cisco Tftp takes longer to start the more devices it has to build files for."""
    few = make_twin(timing_values={"tftp_build_rate_per_s": 20})
    phones = [{"name": "desk", "model": "7841", "count": 400, "callmanager_group": "pub-sub"}]
    many = make_twin(timing_values={"tftp_build_rate_per_s": 20}, phones=phones)
    for twin in (few, many):
        twin.do({"restart_service": {"node": "pub", "service": "TFTP"}})
    assert many.now_ms - few.now_ms == (400 - 10) * 1000 // 20


# -- nodes ----------------------------------------------------------------------------------


def test_node_down_and_up(make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]) -> None:
    """A node goes at once and is back after its reboot; either twice changes nothing."""
    twin = make_twin()
    for _ in range(2):
        assert twin.do({"node": {"node": "sub", "up": False}}) == DONE
    assert twin.now_ms == 0
    assert not twin.cluster.nodes["sub"].is_on
    for _ in range(2):
        assert twin.do({"node": {"node": "sub", "up": True}}) == DONE
    assert 300_000 <= twin.now_ms <= 900_000
    assert twin.cluster.nodes["sub"].is_on
    assert state(twin, "sub", "TVS") == "STARTING"
    twin.wait()
    assert state(twin, "sub", "TVS") == "STARTED"
    events = [row.event for row in tell(twin).told("down", "booting", "up", node="sub")]
    assert events == ["down", "booting", "up"]


@pytest.mark.parametrize("perturb_ties", [None, 1, 2, 3, 4, 5])
def test_node_is_there_when_its_boot_is_over(
    make_twin: Callable[..., Twin], perturb_ties: int | None
) -> None:
    """However the work of one instant is ordered, the next step finds the node up."""
    twin = make_twin(perturb_ties=perturb_ties)
    twin.do({"node": {"node": "sub", "up": False}})
    twin.do({"node": {"node": "sub", "up": True}})
    assert twin.do({"restart_service": {"node": "sub", "service": "TVS"}}) == DONE


def test_stopped_service_stays_stopped_through_a_reboot(make_twin: Callable[..., Twin]) -> None:
    """What an operator stopped does not come up by itself."""
    twin = make_twin()
    twin.do({"stop_service": {"node": "sub", "service": "CallManager"}})
    twin.do({"node": {"node": "sub", "up": False}})
    twin.do({"node": {"node": "sub", "up": True}})
    twin.wait("quiet")
    assert state(twin, "sub", "CallManager") == "STOPPED"
    assert state(twin, "sub", "TFTP") == "STARTED"


def test_changes_reach_a_node_that_was_down(make_twin: Callable[..., Twin]) -> None:
    """A node that was down gets the rows it missed and serves a list made of them."""
    twin = make_twin()
    twin.do({"node": {"node": "sub", "up": False}})
    twin.regenerate("pub", "TVS")
    twin.wait("quiet")
    new = twin.cluster.nodes["pub"].files.own["TVS"].certificate
    sub = twin.cluster.nodes["sub"]
    assert new not in [row.certificate for row in sub.replica.own("TVS")]
    twin.do({"node": {"node": "sub", "up": True}})
    twin.wait("quiet")
    assert new in [row.certificate for row in sub.replica.own("TVS")]
    assert sub.tftp is not None
    assert new.sha1 in [record.certificate_hash for record in sub.tftp.built.records]


def test_paths_are_whole_or_not(make_twin: Callable[..., Twin]) -> None:
    """Phones need not look for closed paths exactly while every node is on and no WAN is cut."""
    twin = make_twin(sites=[{"name": "core"}, {"name": "branch", "rtt_ms": 20}])
    ports = twin.cluster.ports
    assert ports.is_whole
    for closing, opening in (
        ({"wan": {"site": "branch", "up": False}}, {"wan": {"site": "branch", "up": True}}),
        ({"node": {"node": "sub", "up": False}}, {"node": {"node": "sub", "up": True}}),
    ):
        twin.do(closing)
        assert not ports.is_whole
        twin.do(opening)
        assert ports.is_whole


# -- the WAN --------------------------------------------------------------------------------


def test_wan_of_a_group_of_sites(
    make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]
) -> None:
    """Equal sites written under one name are cut together, each with its own record, once."""
    sites = [{"name": "core"}, {"name": "branch", "count": 2, "rtt_ms": 20}]
    twin = make_twin(sites=sites)
    for up in (False, False, True):
        assert twin.do({"wan": {"site": "branch", "up": up}}) == DONE
    cuts = [(row.data["site"], row.data["up"]) for row in tell(twin).told("wan")]
    assert cuts == [
        ("branch-001", False), ("branch-002", False), ("branch-001", True), ("branch-002", True),
    ]  # fmt: skip


def test_wan_cuts_replication(make_twin: Callable[..., Twin]) -> None:
    """Rows for a node behind a cut link arrive when the link is back."""
    sites = [{"name": "core"}, {"name": "branch", "rtt_ms": 20}]
    nodes = [
        {"name": "pub", "role": "publisher", "address": "10.0.0.1",
         "services": ["CallManager", "TFTP"]},
        {"name": "sub", "role": "subscriber", "address": "10.0.0.2",
         "services": ["CallManager"], "site": "branch"},
    ]  # fmt: skip
    twin = make_twin(sites=sites, nodes=nodes)
    twin.do({"wan": {"site": "branch", "up": False}})
    twin.regenerate("pub", "CallManager")
    twin.advance("1h")
    new = twin.cluster.nodes["pub"].files.own["CallManager"].certificate
    replica = twin.cluster.nodes["sub"].replica
    assert new not in [row.certificate for row in replica]
    twin.do({"wan": {"site": "branch", "up": True}})
    twin.advance("1m")
    assert new in [row.certificate for row in replica]


# -- Tomcat and HTTPS -----------------------------------------------------------------------


def test_web_servers(make_twin: Callable[..., Twin]) -> None:
    """A node's Tomcat presents what it loaded, nothing when down; an outside server always."""
    twin = make_twin("seed-lab")
    outside = twin.cluster.web_server("outside-web").certificate()
    assert outside is not None
    assert outside.serial_bytes.hex() == "027865"
    assert outside.issuer == "CN=VASANK-DC1-CA;OU=BGL;O=TAC;C=IN"
    page = twin.cluster.web_server("labserver1")
    loaded = page.certificate()
    twin.regenerate("labserver1", "tomcat")
    twin.advance("1h")
    assert page.certificate() == loaded
    twin.do({"restart_service": {"node": "labserver1", "service": "Tomcat"}})
    renewed = page.certificate()
    assert renewed == twin.cluster.nodes["labserver1"].files.own["tomcat"].certificate != loaded
    twin.do({"node": {"node": "labserver1", "up": False}})
    assert page.certificate() is None
