"""Small clusters under strain, and what befalls them: stories for two engines.

Files are served by few connections and slowly, links are thin and phones patient or not, so that
queues, refusals and timeouts happen with a handful of phones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from twin.config import load
from twin.config.release import ReleaseProfile

RELEASES = ("8.6", "9.1", "10.5", "11.5", "12.5", "14", "15")
NAMES = ("alpha", "beta", "gamma")
MODELS = (("8841", None), ("7942", None), ("7942", "SIP"), ("7960", None))
"""SIP and SCCP, with and without Security By Default, HTTP and UDP."""
SUBJECT = {
    "organization": "E", "organizational_unit": "T", "locality": "B", "state": "B", "country": "CH",
}  # fmt: skip
REST = {"wait": {"until": "quiet", "at_most": "1h"}}


@dataclass(frozen=True)
class Story:
    """A cluster, its timing and what is done to it.

    `serving_count` limits who may wait for a file, `connections` who is served at once.
    """

    document: dict[str, Any]
    timing: dict[str, Any] = field(default_factory=dict)
    steps: Sequence[dict[str, Any]] = ()
    serving_count: int = 500
    connections: int = 5
    seed: int = 1
    capacity: int | None = None
    """Phones a CallManager node takes, if it is to be fewer than any server takes."""

    def release(self) -> ReleaseProfile:
        """The release, with this story's limits of TFTP."""
        made = load.load_release(self.document["release"])
        counts = made.tftp_serving_count
        has_line = made.tftp_connection_objects is not None
        count = self.serving_count if has_line else max(1, self.serving_count)
        few = dict.fromkeys(type(counts).model_fields, count)
        changes: dict[str, Any] = {"tftp_serving_count": counts.model_copy(update=few)}
        if has_line:
            changes["tftp_connection_objects"] = self.connections
        return made.model_copy(update=changes)

    def but(self, **changes: Any) -> Story:
        """The same with some parts changed."""
        return replace(self, **changes)


TIMING = {
    "tftp_service_ms": st.sampled_from([2, 5, 20]),
    "tftp_hold_rtt": st.sampled_from([0, 1, 3]),
    "http_timeout_s": st.sampled_from([5, 10]),
    "tftp_tries": st.integers(1, 3),
    "udp_tries": st.integers(1, 3),
    "tftp_retry_wait_s": st.sampled_from([[1, 1], [1, 3], [5, 15]]),
    "boot_sigma": st.sampled_from([0, 0.01, 0.25]),
    "voice_vlan_s": st.sampled_from([[1, 1], [1, 9]]),
    "reset_phone_jitter_s": st.sampled_from([[0, 0], [0, 0.1], [0, 5]]),
    "p_busy": st.sampled_from([0, 0.2]),
    "tvs_rate_per_s": st.sampled_from([50, 200]),
    "tvs_query_ms": st.sampled_from([1, 100]),
    "tvs_ttl_s": st.sampled_from([0, 60, 86400]),
    "tvs_timeout_s": st.sampled_from([2, 5]),
    "reg_rate_sip_per_s": st.sampled_from([20, 80]),
    "reg_rate_sccp_per_s": st.sampled_from([60, 125]),
    "cpu_other": st.sampled_from([0, 0.2, 0.9]),
    "reset_pace_per_ccm_per_s": st.sampled_from([5, 50, 200]),
    "bat_reset_rate_per_s": st.sampled_from([5, 50]),
    "trust_verify_s": st.sampled_from([[0.1, 0.3], [0.2, 0.2]]),
    "p_load_change": st.sampled_from([0, 0, 0.5]),
    "p_unreg_on_bad_itl": st.sampled_from([0, 0, 0.5, 1]),
    "check_record_expiry": st.sampled_from([0, 0, 1]),
    "registration_retry_s": st.sampled_from([5, 30]),
    "failover_wait_s": st.sampled_from([1, 10]),
    "tls_handshake_s": st.sampled_from([0.05, 0.5, 5]),
    "ccm_trust_sources": st.sampled_from([1, 1, 2]),
    "ctl_build_s": st.sampled_from([2, 15]),
    "ctl_copy_s": st.sampled_from([0, 60]),
    "connection_monitor_s": st.sampled_from([0, 120]),
    "fallback_rate_per_s": st.sampled_from([1, 10]),
}

CROWD = {
    "boot_sigma": 0, "voice_vlan_s": [1, 1], "reset_phone_jitter_s": [0, 0.1], "p_busy": 0,
    "tftp_hold_rtt": 3, "tftp_service_ms": 20, "reset_pace_per_ccm_per_s": 200,
    "bat_reset_rate_per_s": 50, "cpu_other": 0.9, "reg_rate_sip_per_s": 20,
    "trust_verify_s": [0.2, 0.2],
}  # fmt: skip
"""Everybody comes at once, and is served slowly."""


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A model of 1 to 3 nodes at 1 or 2 sites, with 1 to 12 phones in 1 to 3 populations."""
    sites = [
        {
            "name": name, "rtt_ms": draw(st.sampled_from([400, 1, 7, 80])),
            "bandwidth_mbps": draw(st.sampled_from([0.05, 1, 100])), "srst": False,
        }
        for name in ("core", "branch")[: draw(st.integers(1, 2))]
    ]  # fmt: skip
    site = st.sampled_from([site["name"] for site in sites])
    nodes = [
        {
            "name": name, "role": "subscriber", "address": f"10.0.0.{n}", "site": draw(site),
            "services": draw(st.sampled_from([["CallManager", "TFTP"], ["CallManager"], ["TFTP"]])),
        }
        for n, name in enumerate(NAMES[: draw(st.integers(1, 3))], start=1)
    ]  # fmt: skip
    nodes[0]["role"] = "publisher"
    nodes[0]["services"] = ["CallManager", "TFTP", "CAPF"]
    running = {s: [n["name"] for n in nodes if s in n["services"]] for s in ("CallManager", "TFTP")}
    groups = [
        {"name": name, "members": draw(st.permutations(running["CallManager"]))}
        for name in ("first", "second")[: draw(st.integers(1, 2))]
    ]
    phones = []
    for name in ("desk", "hall", "lab")[: draw(st.integers(1, 3))]:
        model, protocol = draw(st.sampled_from(MODELS))
        initial = draw(st.sampled_from(["registered", "registered", "powered_off", "new"]))
        mode = draw(st.sampled_from(["non_secure", "encrypted", "authenticated"]))
        has_lsc = initial == "registered" or draw(st.booleans())
        phones.append({
            "name": name, "model": model, "protocol": protocol, "site": draw(site),
            "count": draw(st.sampled_from([4, 3, 1])),
            "callmanager_group": draw(st.sampled_from(groups))["name"],
            "tftp": draw(st.permutations(running["TFTP"]))[: draw(st.integers(1, 2))],
            "initial": initial, "security_mode": mode, "lsc": "installed" if has_lsc else "none",
        })  # fmt: skip
    release = draw(st.sampled_from(RELEASES))
    tokens = ["tokens"] if release in RELEASES[:2] else ["tokenless", "tokens"]
    return {
        "cluster_mode": draw(st.sampled_from(["non_secure", "mixed"])),
        "ctl_signing": draw(st.sampled_from(tokens if release != "15" else ["tokenless"])),
        "name": "small", "title": "A small cluster", "release": release,
        "domain": "example.com", "subject": SUBJECT, "sites": sites, "nodes": nodes,
        "callmanager_groups": groups, "phones": phones,
    }  # fmt: skip


def steps(document: dict[str, Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """One to three things an operator does, with a pause of any length behind them."""
    release = load.load_release(document["release"])
    units = ["CallManager", "TVS"]
    services = [(node["name"], s) for node in document["nodes"] for s in (*node["services"], "TVS")]
    renewals = [(node["name"], unit) for node in document["nodes"] for unit in units]
    if release.itl_recovery != "none":
        renewals.append((document["nodes"][0]["name"], "ITLRecovery"))
    some = st.sampled_from([{}, {"share": 0.5}, {"count": 1}, {"population": "desk"}])
    word = st.one_of(
        st.builds(
            lambda what: {"regenerate": {"node": what[0], "unit": what[1]}},
            st.sampled_from(renewals),
        ),
        st.builds(
            lambda p, kind: {"reset_phones": {"select": p, "kind": kind}},
            some, st.sampled_from(["reset", "reset", "restart"]),
        ),
        st.builds(lambda p, on: {"power": {"phones": p, "on": on}}, some, st.booleans()),
        st.builds(
            lambda verb, what: {verb: {"node": what[0], "service": what[1]}},
            st.sampled_from(["restart_service", "restart_service", "stop_service"]),
            st.sampled_from(services),
        ),
        st.builds(
            lambda p, lists: {"delete_phone_lists": {"select": p, "lists": lists}},
            some,
            st.sampled_from(["both", "ctl", "itl"]),
        ),
    )  # fmt: skip
    if release.ctl_signer != "none":
        ctl = [
            {"set_cluster_mode": {"mode": "mixed"}}, {"set_cluster_mode": {"mode": "non_secure"}},
            {"ctl_update": {}}, {"ctl_reset": {}}, {"ctl_delete": {}},
        ]  # fmt: skip
        word = st.one_of(word, st.sampled_from(ctl))
    pause = st.one_of(
        st.just(REST),
        st.integers(1, 200_000).map(lambda ms: {"advance": {"for": f"{ms}ms"}}),
    )
    off, on = {"power": {"on": False}}, {"power": {"on": True}}
    cold = st.sampled_from([[], [on], [off, on], [on, {"advance": {"for": "2m"}}], [off]])
    parts = st.lists(st.tuples(word, pause).map(list), min_size=2, max_size=7)
    return st.tuples(cold, parts).map(lambda t: [*t[0], *(step for pair in t[1] for step in pair)])


def campus(
    phones: int, *, model: str = "8841", release: str = "12.5", mbps: float = 100,
    initial: str = "powered_off", security_mode: str = "non_secure",
) -> dict[str, Any]:  # fmt: skip
    """Two nodes that serve all phones of one office; mixed mode if the phones are secure."""
    node = {"site": "core", "services": ["CallManager", "TFTP"]}
    return {
        "name": "small", "title": "An office", "release": release, "domain": "example.com",
        "subject": SUBJECT,
        "sites": [{"name": "core", "rtt_ms": 4, "bandwidth_mbps": mbps, "srst": False}],
        "nodes": [
            {"name": "alpha", "role": "publisher", "address": "10.0.0.1", "site": "core",
             "services": ["CallManager", "TFTP", "CAPF"]},
            {"name": "beta", "role": "subscriber", "address": "10.0.0.2", **node},
        ],
        "callmanager_groups": [{"name": "first", "members": ["alpha", "beta"]}],
        "phones": [{
            "name": "desk", "model": model, "site": "core", "count": phones,
            "callmanager_group": "first", "tftp": ["beta", "alpha"], "initial": initial,
            "security_mode": security_mode,
            "lsc": "none" if security_mode == "non_secure" else "installed",
        }],
        "cluster_mode": "non_secure" if security_mode == "non_secure" else "mixed",
    }  # fmt: skip


def trouble(document: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Courses of events that phones do not survive unharmed."""
    nodes = [node["name"] for node in document["nodes"]]
    tftp = [node["name"] for node in document["nodes"] if "TFTP" in node["services"]]
    off, on, pause = {"power": {"on": False}}, {"power": {"on": True}}, {"advance": {"for": "6m"}}
    asleep = {"power": {"phones": {"share": 0.5}, "on": False}}
    new_tvs = [
        step for name in nodes for step in ({"regenerate": {"node": name, "unit": "TVS"}}, pause)
    ]
    new_signer = [
        step
        for name in tftp
        for step in ({"regenerate": {"node": name, "unit": "CallManager"}}, pause)
    ]
    again = [{"restart_service": {"node": name, "service": "TFTP"}} for name in tftp]
    mute = [{"stop_service": {"node": name, "service": "TVS"}} for name in nodes]
    dark = [{"stop_service": {"node": name, "service": "TFTP"}} for name in tftp]
    return [
        [off, *new_signer, *new_tvs, on, REST, *again],
        [asleep, *new_signer, *new_tvs, *again, on, REST, *again],
        [*mute, *new_signer, *again, {"reset_phones": None}],
        [*dark, on, {"delete_phone_lists": {"select": {}}}, {"advance": {"for": "5m"}}, *again],
    ]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Any story."""
    document = draw(documents())
    timing = draw(st.fixed_dictionaries({}, optional=TIMING)) | draw(st.sampled_from([CROWD, {}]))
    return Story(
        document, timing, draw(st.one_of(steps(document), st.sampled_from(trouble(document)))),
        serving_count=draw(st.sampled_from([0, 1, 2, 500])),
        connections=draw(st.sampled_from([1, 1, 2, 5])), seed=draw(st.integers(1, 9)),
        capacity=draw(st.sampled_from([None, None, 3])),
    )  # fmt: skip
