"""What is found of stuck phones is what their next boot shows."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

EXAMPLES = settings().max_examples * 60 // 100
REST = {"wait": {"until": "quiet", "at_most": "2h"}}


def holds_what_is_served(twin: Any, phone: int) -> bool | None:
    """Whether a phone holds list and config of the server it asks; None if nobody serves it."""
    cluster = twin.cluster
    columns, ports = cluster.population, cluster.ports
    group = columns.group(phone)
    serving = [ports.files[n] for n in group.tftp if ports.files[n].is_up and ports.node_is_on(n)]
    if not serving:
        return None
    itl = cluster.engine.core.judgements.lists(columns.holdings[phone])[1]
    is_current = not group.has_sbd or itl == serving[0].itl_file
    key = cluster.engine.downloads.config_key(phone)
    return is_current and columns.config[phone] == serving[0].config_file(key)


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_stuck_phones_stay_behind_and_others_do_not(player: Any, data: st.DataObject) -> None:
    """After any sequence of actions, with paths mended: found stuck means refusing at the boot.

    And not found stuck means holding what is served once it has booted.
    """
    document = data.draw(player.documents())
    script = data.draw(player.stories(document))
    mended = [{"wan": {"site": site["name"], "up": True}} for site in document["sites"]]
    twin = player.twin(document)
    for step in (*script, *mended, REST):
        twin.do(step)
    found = twin.stuck()
    for step in ({"power": {"on": False}}, {"power": {"on": True}}, REST):
        twin.do(step)
    for phone, name in enumerate(twin.cluster.population.names):
        holds = holds_what_is_served(twin, phone)
        if holds is None:
            assert name not in found
        else:
            assert holds == (name not in found)
    assert set(twin.stuck()) == set(found)
