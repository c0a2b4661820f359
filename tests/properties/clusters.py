"""Random small clusters, and what operators may do to them.

A cluster is drawn as a document, so that a test may write the same cluster differently. Steps are
drawn for a document, so that each one names what is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from twin.config import load

RELEASES = ("8.6", "9.1", "10.5", "11.5", "12.5", "14", "15")
NAMES = ("alpha", "beta", "gamma")
MODELS = ("8841", "7942", "8841", "7960")
SUBJECT = {
    "organization": "E", "organizational_unit": "T", "locality": "B", "state": "B", "country": "CH",
}  # fmt: skip
AUTHORITIES = [
    {"name": "root", "subject": "CN=Root;O=E", "key_bits": 256},
    {"name": "issuing", "subject": "CN=Issuing;O=E", "issuer": "root", "key_bits": 256},
]
Document = dict[str, Any]
Step = dict[str, Any]


# -- clusters -------------------------------------------------------------------------------


@st.composite
def documents(draw: st.DrawFn, releases: Sequence[str] = RELEASES) -> Document:
    """A model of 1 to 3 nodes at 1 or 2 sites, with 1 to 8 phones in 1 to 3 populations."""
    sites = [{"name": "core", "rtt_ms": 1, "bandwidth_mbps": 1000, "srst": False}]
    if draw(st.booleans()):
        branch = {
            "name": "branch", "rtt_ms": draw(st.integers(1, 80)),
            "bandwidth_mbps": draw(st.sampled_from([1, 10, 100])), "srst": draw(st.booleans()),
        }  # fmt: skip
        sites.append(branch)
    site_names = [site["name"] for site in sites]
    nodes = [
        {
            "name": name, "role": "subscriber", "address": f"10.0.0.{n}",
            "services": draw(st.sampled_from([["CallManager", "TFTP"], ["CallManager"], ["TFTP"]])),
            "site": draw(st.sampled_from(site_names)),
        }
        for n, name in enumerate(NAMES[: draw(st.integers(1, 3))], start=1)
    ]  # fmt: skip
    publisher = draw(st.sampled_from(nodes))
    publisher["role"] = "publisher"
    publisher["services"] = ["CallManager", "TFTP", *draw(st.sampled_from([[], ["CAPF"]]))]
    running = {s: [n["name"] for n in nodes if s in n["services"]] for s in ("CallManager", "TFTP")}
    groups = [
        {"name": name, "members": draw(st.permutations(running["CallManager"]))}
        for name in draw(st.sampled_from([["first"], ["first", "second"]]))
    ]
    phones = [
        {
            "name": name, "model": draw(st.sampled_from(MODELS)),
            "count": draw(st.integers(1, most)),
            "site": draw(st.sampled_from(site_names)),
            "callmanager_group": draw(st.sampled_from(groups))["name"],
            "tftp": draw(st.permutations(running["TFTP"]))[: draw(st.integers(1, 2))],
            "initial": draw(st.sampled_from(["registered", "registered", "powered_off", "new"])),
        }
        for name, most in zip(("desk", "hall", "lab"), (4, 3, 1), strict=True)
        if name == "desk" or draw(st.booleans())
    ]  # fmt: skip
    release = draw(st.sampled_from(releases))
    shared = [[], ["CallManager"]] if load.load_release(release).multi_server_units else [[]]
    return {
        "name": "small", "title": "A small cluster", "release": release,
        "multi_server": draw(st.sampled_from([[], *shared])),
        "domain": "example.com", "subject": SUBJECT, "sites": sites, "nodes": nodes,
        "callmanager_groups": groups, "phones": phones, "certificate_authorities": AUTHORITIES,
    }  # fmt: skip


# -- operators ------------------------------------------------------------------------------

TRUST_UNITS = (
    "tomcat-trust", "CallManager-trust", "Phone-SAST-trust", "CAPF-trust", "ipsec-trust",
)  # fmt: skip
LENGTHS = ("1s", "7s", "40s", "2m", "6m", "20m", "3h", "25h")


def regenerations(document: Document) -> list[Step]:
    release = load.load_release(document["release"])
    found = []
    for node in document["nodes"]:
        is_publisher = node["role"] == "publisher"
        for unit in release.units:
            if is_publisher or unit not in release.publisher_units:
                found.append({"regenerate": {"node": node["name"], "unit": str(unit)}})
    return found


def _services(document: Document) -> list[tuple[str, str]]:
    always = ["TVS", "Tomcat", "certCN", "DRFMaster", "DRFLocal"]
    return [(node["name"], s) for node in document["nodes"] for s in (*node["services"], *always)]


def _parameters(release: Any) -> list[Step]:
    values: dict[str, tuple[bool, tuple[Any, ...]]] = {
        "rollback_to_pre_8": (release.has_rollback_parameter, (True, False)),
        "phone_interaction_on_certificate_update": (
            release.has_phone_interaction_parameter, ("automatic", "manual"),
        ),
        "tftp_file_signature_algorithm": (
            release.has_file_signature_parameter, ("sha1", "sha512"),
        ),
    }  # fmt: skip
    return [
        {"set_enterprise_parameter": {"name": name, "value": value}}
        for name, (exists, allowed) in values.items()
        for value in allowed
        if exists
    ]


def signing(document: Document, node: str, unit: str, **form: Any) -> list[Step]:
    """A certificate signed by a CA, in the order the steps are to be taken."""
    place = {"node": node, "unit": unit}
    store = {"node": node, "unit": f"{unit.removesuffix('-ECDSA')}-trust"}
    return [
        {"generate_csr": place | form},
        {"sign_csr": place | {"authority": "issuing"}},
        {"upload_trust": store | {"authority": "root"}},
        {"upload_trust": store | {"authority": "issuing"}},
        {"upload_identity": place},
    ]


def _signings(document: Document) -> list[list[Step]]:
    """Every certificate a CA can sign for this cluster, for one node or for all."""
    release = load.load_release(document["release"])
    found = []
    for step in regenerations(document):
        node, unit = step["regenerate"]["node"], step["regenerate"]["unit"]
        if unit in ("ITLRecovery", "authz"):
            continue
        found.append(signing(document, node, unit))
        is_publisher = any(
            one["name"] == node and one["role"] == "publisher" for one in document["nodes"]
        )
        if is_publisher and unit in release.multi_server_units:
            found.append(signing(document, node, unit, distribution="multi_server"))
    return found


def certificate_operations(release: Any) -> list[Step]:
    string = {"authentication": "authentication_string", "string": "1234"}
    modes: list[Step] = [
        {}, string, *({"authentication": f"existing_certificate_{kind}"} for kind in ("lsc", "mic"))
    ]  # fmt: skip
    orders = [
        {"operation": operation, "reset": reset, **mode}
        for operation in ("install_upgrade", "delete", "troubleshoot")
        for reset in ("reset", "restart", "none")
        for mode in modes
    ]
    sizes = [{"key_bits": bits, "completes_by": "2h"} for bits in release.lsc_key_bits]
    typed = [{"capf_enter_string": {"string": string}} for string in ("1234", "4321")]
    return [*({"capf_operation": order} for order in (*orders, *sizes)), *typed]


def steps(document: Document) -> st.SearchStrategy[Step]:
    """One thing an operator may do to this cluster."""
    release = load.load_release(document["release"])
    nodes = [node["name"] for node in document["nodes"]]
    selectors = st.sampled_from(
        [{}, {"share": 0.5}, {"count": 1}, {"population": "desk"}, {"registered": False}]
    )
    words = [
        st.sampled_from(regenerations(document)),
        st.sampled_from([step for signed in _signings(document) for step in signed]),
        st.sampled_from(
            [
                {word: {"node": node, "service": service}}
                for node, service in _services(document)
                for word in ("start_service", "stop_service", "restart_service")
            ]
        ),
        st.builds(
            lambda n, up: {"node": {"node": n, "up": up}}, st.sampled_from(nodes), st.booleans()
        ),
        st.builds(
            lambda s, up: {"wan": {"site": s, "up": up}},
            st.sampled_from([site["name"] for site in document["sites"]]), st.booleans(),
        ),
        st.builds(lambda p, on: {"power": {"phones": p, "on": on}}, selectors, st.booleans()),
        st.builds(
            lambda p, kind: {"reset_phones": {"select": p, "kind": kind}},
            selectors, st.sampled_from(["reset", "restart"]),
        ),
        st.builds(lambda p: {"delete_phone_lists": {"select": p}}, selectors),
        st.builds(lambda n: {"https_request": {"node": n}}, st.sampled_from(nodes)),
        st.builds(lambda length: {"advance": {"for": length}}, st.sampled_from(LENGTHS)),
        st.just({"wait": {"until": "quiet", "at_most": "1h"}}),
        st.builds(
            lambda n, up: {"replication": {"node": n, "up": up}},
            st.sampled_from(nodes), st.booleans(),
        ),
        st.builds(
            lambda n, unit, name: {"delete_trust": {"node": n, "unit": unit, "name": name}},
            st.sampled_from(nodes), st.sampled_from(TRUST_UNITS),
            st.sampled_from(["*", *(f"{name}.example.com" for name in nodes)]),
        ),
        st.just({"backup": None}),
    ]  # fmt: skip
    if any("CAPF" in node["services"] for node in document["nodes"]):
        words.append(st.sampled_from(certificate_operations(release)))
    if parameters := _parameters(release):
        words.append(st.sampled_from(parameters))
    if release.itl_recovery != "none":
        words.append(st.just({"export_itl_recovery": None}))
        words.append(st.sampled_from([{"itl_reset": {"key": key}} for key in ("local", "remote")]))
    return st.one_of(words)


def stories(document: Document) -> st.SearchStrategy[list[Step]]:
    """A course of events in which trust is at stake: renewals behind the phones' back, lost TVS.

    One or two such tales, with steps of any kind before, between and after.
    """
    nodes = [node["name"] for node in document["nodes"]]
    tftp = [node["name"] for node in document["nodes"] if "TFTP" in node["services"]]
    units = [step["regenerate"] for step in regenerations(document)]
    recovery = [{"regenerate": unit} for unit in units if unit["unit"] == "ITLRecovery"]
    off, on = {"power": {"on": False}}, {"power": {"on": True}}
    asleep = {"power": {"phones": {"share": 0.5}, "on": False}}
    pause = {"advance": {"for": "6m"}}
    new_tvs = [step for name in nodes for step in (_renew(name, "TVS"), pause)]
    new_cm = [step for name in tftp for step in (_renew(name, "CallManager"), pause)]
    no_tvs = [{"stop_service": {"node": name, "service": "TVS"}} for name in nodes]
    restarts = [{"restart_service": {"node": name, "service": "TFTP"}} for name in tftp]
    signed = st.sampled_from(_signings(document))
    tales = st.sampled_from(
        [
            [off, *new_cm, *new_tvs, on],
            [asleep, *new_cm, *new_tvs, on],
            [off, *new_cm, *new_tvs],
            [off, *recovery, *new_cm, *new_tvs, *restarts, on],
            [*no_tvs, *new_cm],
            [*no_tvs, *recovery, *new_cm, *restarts[:1]],
            [*new_cm, {"reset_phones": None}],
        ]
    )
    tales = st.one_of(tales, tales, signed, st.builds(lambda one: [off, *one, on], signed))
    between = st.lists(steps(document), max_size=2)
    return st.tuples(between, tales, between, st.one_of(tales, between), between).map(
        lambda parts: [step for part in parts for step in part]
    )


def _renew(node: str, unit: str) -> Step:
    return {"regenerate": {"node": node, "unit": unit}}
