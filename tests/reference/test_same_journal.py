"""The fast engine and the slow, obvious one tell the same story, row for row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.phones.lifecycle import Event

EXAMPLES = settings().max_examples * 80 // 100

ON = {"power": {"on": True}}
REST = {"wait": {"until": "quiet", "at_most": "1h"}}
NEW_SIGNER = {"regenerate": {"node": "beta", "unit": "CallManager"}}
RESET = {"reset_phones": {"select": {}}}
RESTART_CALLMANAGER = {"restart_service": {"node": "alpha", "service": "CallManager"}}
RESTART_TFTP = {"restart_service": {"node": "beta", "service": "TFTP"}}
STORMS: dict[str, tuple[dict[str, Any], dict[str, Any], list[Any], tuple[Event, ...]]] = {
    "a crowd at one file server": (
        {"phones": 120},
        {"serving_count": 2, "connections": 1},
        [ON, REST, NEW_SIGNER, REST],
        (Event.FILE_REFUSED, Event.FILE_GIVEN_UP, Event.RESET_RECEIVED, Event.REGISTERED),
    ),
    "a thin line and phones that lose patience": (
        {"phones": 60, "mbps": 0.5, "model": "7942", "initial": "new"},
        {"serving_count": 500, "connections": 5},
        [ON, REST, RESTART_TFTP, REST],
        (Event.FILE_FAILED, Event.FILE_GIVEN_UP, Event.DOWNLOAD_RETRIED),
    ),
    "old phones that ask block by block": (
        {"phones": 80, "model": "7960", "release": "8.6", "mbps": 1},
        {"serving_count": 3},
        [ON, REST, NEW_SIGNER, REST],
        (Event.FILE_REFUSED, Event.FILE_GIVEN_UP),
    ),
    "more phones than places": (
        {"phones": 100, "release": "14"},
        {"capacity": 30},
        [ON, REST, RESTART_CALLMANAGER, REST],
        (Event.REGISTER_REFUSED, Event.REGISTER_GAVE_UP, Event.REGISTER_RETRIED),
    ),
    "secure phones and a stale CTL": (
        {"phones": 100, "security_mode": "encrypted", "initial": "registered"},
        {"serving_count": 20, "connections": 2},
        [
            {"regenerate": {"node": "alpha", "unit": "CallManager"}},
            {"regenerate": {"node": "beta", "unit": "CallManager"}}, REST,
            RESTART_CALLMANAGER,
            {"restart_service": {"node": "beta", "service": "CallManager"}}, REST,
            {"ctl_update": {}}, REST, RESET, REST,
        ],
        (Event.TLS_REFUSED, Event.REGISTER_GAVE_UP, Event.DOWNLOAD_RETRIED, Event.REGISTERED),
    ),
    "services that go while phones come": (
        {"phones": 200, "release": "15"},
        {"serving_count": 50, "connections": 2},
        [
            ON, REST, RESET, {"advance": {"for": "81s"}}, RESTART_TFTP, {"advance": {"for": "5s"}},
            RESTART_CALLMANAGER, REST,
        ],
        (Event.FILE_FAILED, Event.REGISTER_UNREACHABLE, Event.CONNECTION_LOST, Event.FELL_BACK),
    ),
}  # fmt: skip


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_both_engines_tell_the_same_story(
    teller: Any, both_agree: Any, data: st.DataObject
) -> None:
    """On a random small cluster under strain, phones, nodes, findings and queues are the same."""
    story = data.draw(teller.stories.stories())
    both_agree(*teller.tell_twice(story))


@pytest.mark.parametrize("name", STORMS)
def test_both_engines_tell_of_the_same_storm(teller: Any, both_agree: Any, name: str) -> None:
    """Sixty to two hundred phones, far more than can be served at once, and every row the same."""
    office, limits, steps, seen = STORMS[name]
    made = teller.stories
    timing = made.CROWD | {"tftp_tries": 1, "udp_tries": 1, "http_timeout_s": 5}
    story = made.Story(made.campus(**office), timing, steps, **limits)
    fast, reference = teller.tell_twice(story)
    assert {event.name for event in seen if not fast.count(event)} == set()
    both_agree(fast, reference)


@settings(max_examples=EXAMPLES // 4)
@given(data=st.data())
def test_a_signature_for_each_phone_measures_the_same(teller: Any, data: st.DataObject) -> None:
    """Whether one config is signed for all phones alike, or one for each: the same metrics."""
    story = data.draw(teller.stories.stories())
    lazy, each = (teller.tell(story, every_phone=flag) for flag in (False, True))
    assert lazy.metrics == each.metrics
    assert lazy.phones == each.phones


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({}, {"capf_operation": {}}),
        ({"radius_servers": [{"name": "ise", "trusts": ["CAPF"]}]}, ON),
        ({"vpn_concentrators": [{"name": "asa", "common_name": "vpn.example.com"}]}, ON),
    ],
)
def test_what_is_left_out_is_refused(
    teller: Any, fields: dict[str, Any], step: dict[str, Any]
) -> None:
    """CAPF sessions, 802.1X and VPN are not told by the reference engine, and it says so."""
    document = teller.stories.campus(1) | fields
    with pytest.raises(NotImplementedError, match="left out"):
        teller.tell(teller.stories.Story(document, steps=[step]), reference=True)
