"""No phone takes a file that neither its own lists nor a reachable, listed TVS vouch for.

The judge is the oracle of `oracle.py`.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.oracle import watched
from twin.cluster.twin import Twin
from twin.phones.lifecycle import FileKind
from twin.phones.outcomes import Outcome
from twin.pki import trust_list

EXAMPLES = settings().max_examples * 60 // 100


def forge(twin: Twin, how: str) -> None:
    """Somebody gets a list of their own onto every file server.

    It has the records of the list it replaces, but a byte is changed, or another certificate of
    the node signed it, one that TVS knows but not as a signer of lists.
    """
    for node in twin.cluster.nodes.values():
        if node.tftp is None:
            continue
        served = node.tftp.itl
        if how == "changed":
            data = served[:-10] + bytes([served[-10] ^ 1]) + served[-9:]
        else:
            records = trust_list.decode(served).records
            own = node.files.own[how]
            name = trust_list.ITL_NAME
            data = trust_list.build(records, own.certificate, own.key, name, 1_454_882_400)
        number = twin.cluster.files.add(FileKind.ITL, data)
        twin.cluster.ports.files[node.index].itl_file = number


@settings(max_examples=EXAMPLES)
@given(
    data=st.data(),
    every_phone=st.booleans(),
    how=st.sampled_from(["changed", "tomcat", "ipsec", "TVS"]),
)
def test_every_verdict_has_its_ground(
    player: Any, data: st.DataObject, every_phone: bool, how: str
) -> None:
    """Whatever is done to whatever cluster, what a phone takes was vouched for, and how it says.

    In the end forged lists are served, and every phone boots.
    """
    document = data.draw(player.documents())
    script = data.draw(player.stories(document))
    with watched() as watch:
        watch.twin = player.twin(document, every_phone=every_phone)
        for step in script:
            watch.twin.do(step)
        watch.twin.do({"power": {"on": False}})
        forge(watch.twin, how)
        watch.twin.do({"power": {"on": True}})
        watch.twin.wait("quiet")


def test_the_oracle_sees_all_there_is_to_see(player: Any) -> None:
    """One procedure that meets every verdict the oracle judges: it is not idle."""
    document = {
        "name": "x", "title": "x", "release": "11.5", "domain": "example.com",
        "subject": player.subject,
        "nodes": [
            {
                "name": "alpha", "role": "publisher", "address": "10.0.0.1",
                "services": ["CallManager", "TFTP"],
            }
        ],
        "callmanager_groups": [{"name": "g", "members": ["alpha"]}],
        "phones": [
            {"name": "desk", "model": "8841", "count": 2},
            {"name": "spare", "model": "8841", "count": 1, "initial": "new"},
        ],
    }  # fmt: skip
    with watched() as watch:
        watch.twin = player.twin(document)
        for unit, pause in (("CallManager", "20m"), ("CallManager", "6m"), ("TVS", "1h")):
            watch.twin.do({"power": {"phones": {"population": "spare"}, "on": True}})
            watch.twin.regenerate("alpha", unit)
            watch.twin.do({"power": {"phones": {"population": "desk"}, "on": unit != "TVS"}})
            watch.twin.advance(pause)
        watch.twin.do({"power": {"on": False}})
        watch.twin.regenerate("alpha", "CallManager")
        watch.twin.advance("6m")
        watch.twin.regenerate("alpha", "TVS")
        watch.twin.do({"power": {"on": True}})
        watch.twin.wait()
    assert set(watch.taken) >= {
        Outcome.ACCEPTED_FIRST_USE, Outcome.ACCEPTED_LOCAL, Outcome.ACCEPTED_TVS,
        Outcome.REJECTED, Outcome.UNCHANGED,
    }  # fmt: skip
