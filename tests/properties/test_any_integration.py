"""Any operator among the systems around a cluster: connections end up as the certificates say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from twin.cluster.twin import Twin
from twin.config.load import load_model
from twin.nodes.legs import judge
from twin.nodes.requests import Repeated

LAB = load_model("integrations-lab", {"model.phones": []})
START = datetime(2016, 2, 7, 22, tzinfo=UTC)
EXAMPLES = max(1, settings().max_examples * 20 // 100)
SYSTEMS = [system.name for system in LAB.systems]
AUTHORITIES = [one.name for one in LAB.certificate_authorities]
NODES = ["cucm-pub", "cucm-sub"]

system, authority, node = map(st.sampled_from, (SYSTEMS, AUTHORITIES, NODES))
unit = st.sampled_from(["CallManager", "tomcat"])
WORDS = [
    st.builds(
        lambda name, ca, way: {
            "upload_system_certificate": {"system": name} | ca | ({"way": way} if way else {})
        },
        system, authority.map(lambda ca: {"authority": ca}) | st.just({}),
        st.sampled_from([None, None, "csr", "certificate_and_key"]),
    ),
    st.builds(
        lambda name, more: {"upload_system_trust": {"system": name} | more},
        system,
        st.one_of(
            authority.map(lambda ca: {"authorities": [ca]}), unit.map(lambda u: {"units": [u]}),
            system.map(lambda other: {"systems": [other]}), st.just({"capf": True}),
        ),
    ),
    system.map(lambda name: {"delete_system_trust": {"system": name}}),
    st.builds(
        lambda name, how: {"set_system_verification": {"system": name, "verification": how}},
        system, st.sampled_from(["none", "outgoing", "both"]),
    ),
    st.builds(
        lambda name, may: {"set_key_permission": {"system": name, "readable": may}},
        system, st.booleans(),
    ),
    system.map(lambda name: {"restart_system": {"system": name}}),
    st.builds(
        lambda one, subjects: {"set_trunk_subjects": {"integration": one, "subjects": subjects}},
        st.sampled_from([one.name for one in LAB.integrations]),
        st.lists(st.sampled_from(["cube.example.com", "nobody.example.com"]), unique=True),
    ),
    system.map(lambda name: {"update_srst_certificate": {"system": name}}),
    st.just({"start_conference": {}}),
    st.sampled_from([one.name for one in LAB.integrations]).map(
        lambda one: {"call_over": {"integration": one}}
    ),
    st.builds(lambda n, u: {"regenerate": {"node": n, "unit": u}}, node, unit),
    st.builds(
        lambda n, service: {"restart_service": {"node": n, "service": service}},
        node, st.sampled_from(["Cisco CallManager", "Cisco Tomcat"]),
    ),
    st.builds(
        lambda n, u, name: {"upload_trust": {"node": n, "unit": f"{u}-trust", "system": name}},
        node, unit, system,
    ),
    st.builds(lambda n, up: {"node": {"node": n, "up": up}}, node, st.booleans()),
    st.booleans().map(lambda up: {"wan": {"site": "branch", "up": up}}),
    st.sampled_from(["1m", "1d", "200d"]).map(lambda length: {"advance": {"for": length}}),
]  # fmt: skip


@settings(max_examples=EXAMPLES, phases=(Phase.explicit, Phase.generate))
@given(steps=st.lists(st.one_of(WORDS), max_size=15))
def test_what_is_down_could_not_come_up_and_what_asks_anew_is_as_it_would_be_judged(
    steps: list[dict[str, Any]],
) -> None:
    """After some quiet no refused connection could be had, and no request works by its past."""
    lab = Twin(LAB, start=START)
    for step in steps:
        outcome = lab.do(step)
        assert outcome.message or outcome.outcome == "done"
    lab.advance("5m")
    around = lab.cluster.integrations
    assert around is not None
    for connection in around.connections:
        verdict = judge(connection.leg, around.handshakes)
        if not connection.is_up or isinstance(connection, Repeated):
            assert connection.is_up == verdict.succeeded, connection.leg.name
    lab.finish()
    assert lab.memory is not None
    last = {}
    for row in lab.memory.nodes:
        if row.service == "tls":
            of = row.data
            name = f"{of['leg']} {of['client']} > {of['server']}:{of['port']}"
            last[name] = row.event
    for connection in around.connections:
        assert connection.is_up == (last[connection.leg.name] == "tls_connected")
