"""The words around a renewal: a look before it, restarts after it, a node's own certificate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from twin.cluster.twin import Twin
from twin.config.actions_procedures import EVERY_CHECK

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

Twins = Callable[..., Twin]
Tell = Callable[[Twin], "Story"]

FIT = [word for word in EVERY_CHECK if word != "two_nodes_in_every_group"]


@pytest.mark.parametrize(
    ("word", "before", "found"),
    [
        (
            "phones_registered",
            {"power": {"phones": {"count": 1}, "on": False}},
            "1 of 10 phones not registered",
        ),
        ("replication", {"replication": {"node": "sub", "up": False}}, "replication of sub is"),
        ("replication", {"node": {"node": "sub", "up": False}}, "sub is down"),
        (
            "services_started",
            {"stop_service": {"node": "sub", "service": "TVS"}},
            "TVS is not started on sub",
        ),
        (
            "rollback_off",
            {"set_enterprise_parameter": {"name": "rollback_to_pre_8", "value": True}},
            "the rollback parameter is True",
        ),
    ],
)
def test_a_look_sees_what_is_not_in_order(
    make_twin: Twins, tell: Tell, word: str, before: dict[str, Any], found: str
) -> None:
    """The look passes on a healthy cluster, and afterwards names what was done to it."""
    twin = make_twin()
    assert twin.do({"check": {"that": FIT}}).outcome == "done"
    twin.do(before)
    outcome = twin.do({"check": {"that": [word]}})
    assert outcome.outcome == "refused"
    assert found in outcome.message
    assert len(tell(twin).told("checked")) == 1
    (failed,) = tell(twin).told("check_failed")
    assert failed.data["problems"] == [outcome.message]


def test_a_look_at_the_lists_of_phones(make_twin: Twins) -> None:
    """Phones that were not reset for a new list are counted until they are."""
    twin = make_twin(
        release="14",
        enterprise_parameters={"phone_interaction_on_certificate_update": "manual"},
    )
    twin.do({"regenerate": {"node": "pub", "unit": "TVS"}})
    twin.wait("quiet", "5m")
    outcome = twin.do({"check": {"that": ["lists_current"]}})
    assert outcome.message.endswith("10 phones with another ITL than is served")
    twin.do({"reset_phones": {}})
    twin.wait("all_phones_registered", "1h")
    assert twin.do({"check": {"that": ["lists_current"]}}).outcome == "done"


def test_a_group_of_one_node_is_named(make_twin: Twins) -> None:
    """A phone whose group has one node has one TVS."""
    groups = [
        {"name": "pub-sub", "members": ["pub", "sub"]},
        {"name": "sub-pub", "members": ["sub"]},
    ]
    twin = make_twin(callmanager_groups=groups)
    outcome = twin.do({"check": {"that": ["two_nodes_in_every_group"]}})
    assert outcome.message == "CallManager Group sub-pub has one node"


@pytest.mark.parametrize(
    ("release", "unit", "restarted"),
    [
        ("11.5", "TVS", "TVS on pub, TVS on sub, TFTP on pub, TFTP on sub"),
        ("11.5", "ipsec", "DRFMaster on pub, DRFLocal on pub, DRFLocal on sub"),
        ("15", "TVS", "nothing to restart"),
    ],
)
def test_restarts_are_those_the_release_asks_for(
    make_twin: Twins, release: str, unit: str, restarted: str
) -> None:
    """Service by service, the publisher first; on 15 a new TVS certificate needs none."""
    twin = make_twin(release=release)
    outcome = twin.do({"restart_after": {"unit": unit}})
    assert outcome.message == restarted


def test_services_are_up_again_after_the_restarts(make_twin: Twins) -> None:
    """The step ends when the last service is ready; a stopped one is left alone."""
    twin = make_twin()
    twin.do({"stop_service": {"node": "sub", "service": "TFTP"}})
    outcome = twin.do({"restart_after": {"unit": "CallManager"}})
    assert "TFTP on sub" not in outcome.message
    nodes = twin.cluster.nodes
    assert nodes["pub"].services["CallManager"].is_started
    assert not nodes["sub"].services["TFTP"].is_started


def test_restarts_need_every_node(make_twin: Twins) -> None:
    """With a node down the step is refused before anything is restarted."""
    twin = make_twin()
    twin.do({"node": {"node": "sub", "up": False}})
    outcome = twin.do({"restart_after": {"unit": "TVS"}})
    assert (outcome.outcome, outcome.message) == ("refused", "sub is down")


def test_a_certificate_is_downloaded_from_one_node_and_uploaded_on_another(
    make_twin: Twins,
) -> None:
    """The publisher's own ipsec certificate comes back into the store it was deleted from."""
    twin = make_twin(release="10.5")
    nodes = twin.cluster.nodes
    own = nodes["pub"].files.own["ipsec"].certificate
    twin.do({"delete_trust": {"node": "sub", "unit": "ipsec-trust", "name": "pub.example.com"}})
    assert own not in nodes["sub"].files.store("ipsec-trust")
    upload = {"node": "sub", "unit": "ipsec-trust", "certificate_of": "pub"}
    assert twin.do({"upload_trust": upload}).outcome == "done"
    assert own in nodes["sub"].files.store("ipsec-trust")
