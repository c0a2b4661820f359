"""Random small deployments with everything that is built, and everything that may be done to them.

What `conftest.py` draws is the plain cluster; here it may be in mixed mode, have LSCs, RADIUS, VPN,
an online or offline CA, a second cluster, and its operators know every word of the house.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.clusters import (
    SUBJECT,
    Document,
    Step,
    certificate_operations,
    documents,
    regenerations,
    steps,
)
from twin.config import load
from twin.config.steps import ACTIONS

LONG = ("3d", "40d")
YEARS = ("400d", "1500d")
"""Up to the end of most certificates a cluster starts with, and beyond it the next time."""
BUNDLES = ("TFTP", "ITLRecovery", "Tomcat", "CAPF")
OTHER = {
    "name": "elsewhere", "title": "Another small cluster", "domain": "other.example.com",
    "subject": SUBJECT,
    "nodes": [
        {
            "name": "omega", "role": "publisher", "address": "10.9.0.1",
            "services": ["CallManager", "TFTP", "CAPF"],
        },
        {
            "name": "psi", "role": "subscriber", "address": "10.9.0.2",
            "services": ["CallManager", "TFTP"],
        },
    ],
    "callmanager_groups": [{"name": "there", "members": ["psi", "omega"]}],
    "certificate_authorities": [],
}  # fmt: skip
RARE = frozenset({"replace_node", "upgrade", "rename", "restore", "backup", "bulk_certificates"})
"""Words that take a while, or leave little as it was."""


# -- deployments ----------------------------------------------------------------------------


@st.composite
def deployments(draw: st.DrawFn) -> Document:
    """A plain cluster, and what else may stand around it."""
    document = draw(documents())
    release = load.load_release(document["release"])
    runs_capf = any("CAPF" in node["services"] for node in document["nodes"])
    if release.units and draw(st.booleans()):
        document |= {"cluster_mode": "mixed", "ctl_provider": draw(st.booleans())}
        ways = ["tokenless"] if release.ctl_signer != "none" else []
        ways += ["tokens"] if release.has_ctl_tokens else []
        document["ctl_signing"] = draw(st.sampled_from(ways))
    guards = draw(st.sampled_from([None, None, "radius", "vpn"]))
    if guards == "radius":
        trusts = st.sets(st.sampled_from(["CAPF", "Cisco Manufacturing CA"]), min_size=1)
        document["radius_servers"] = [{"name": "ise", "trusts": sorted(draw(trusts))}]
    elif guards == "vpn":
        document["vpn_concentrators"] = [{"name": "asa", "common_name": "vpn.example.com"}]
    if runs_capf:
        ways = [{}, {}, {"offline_ca": {"common_name": "Offline CA"}}]
        if release.has_online_ca:
            ways.append({"online_ca": {"common_name": "Online CA"}})
        document["capf"] = draw(st.sampled_from(ways)) | {"key_bits": 1024}
    for phones in document["phones"]:
        draw(_secured(document, phones, runs_capf, guards))
    if draw(st.integers(0, 3)) == 0:
        later = draw(st.sampled_from(["10.5", "12.5", "14"]))
        document["other_cluster"] = OTHER | {"release": later, "sites": document["sites"]}
    document["certificate_authorities"] = [
        row | {"revocation": draw(st.sampled_from(["none", "ocsp", "crl"]))}
        for row in document["certificate_authorities"]
    ]
    document["certificate_revocation"] = {
        "check": draw(st.booleans()),
        "common_criteria": draw(st.booleans()),
    }
    document["certificate_monitor"] = {
        "notification_start_days": draw(st.sampled_from([1, 30, 90])),
        "email_ids": draw(st.sampled_from([[], ["admin@example.com"]])),
    }
    return document


@st.composite
def _secured(
    draw: st.DrawFn, document: Document, phones: dict[str, Any], runs_capf: bool, guards: str | None
) -> None:
    """Give a population its security mode, its LSC and what guards its way in."""
    if runs_capf and draw(st.booleans()):
        phones |= {"lsc": "installed", "lsc_key_bits": 1024}
    if document.get("cluster_mode") == "mixed" and draw(st.booleans()):
        phones["security_mode"] = draw(st.sampled_from(["authenticated", "encrypted"]))
        if phones.get("lsc") != "installed":
            phones["initial"] = draw(st.sampled_from(["powered_off", "new"]))
    if guards is not None and draw(st.booleans()):
        phones[guards] = {"radius": "ise", "vpn": "asa"}[guards]


# -- operators ------------------------------------------------------------------------------


def _names(document: Document, key: str, of: str = "name") -> list[str]:
    return [row[of] for row in document.get(key, ())]


def words(document: Document) -> dict[str, st.SearchStrategy[Step]]:
    """Every action that fits the deployment, by its word; words without any are left out."""
    release = load.load_release(document["release"])
    nodes = _names(document, "nodes")
    other = document.get("other_cluster")
    everywhere = nodes + ([] if other is None else _names(other, "nodes"))
    node, anywhere = st.sampled_from(nodes), st.sampled_from(everywhere)
    flag = st.booleans()
    select = st.sampled_from([{}, {"share": 0.5}, {"count": 1}, {"registered": False}])
    backups = st.sampled_from(["latest", "first"])
    publisher = next(row["name"] for row in document["nodes"] if row["role"] == "publisher")
    found: dict[str, st.SearchStrategy[Any]] = {
        "run_monitor": st.one_of(st.none(), node.map(lambda n: {"node": n})),
        "backup": st.sampled_from([None, {"name": "first"}]),
        "restore": st.builds(
            lambda b, some: {"backup": b} | ({"nodes": some} if some else {}),
            backups, st.lists(node, max_size=2, unique=True),
        ),
        "replace_node": st.builds(
            lambda n, b: {"node": n, "backup": b}, anywhere, st.one_of(st.just("none"), backups)
        ),
        "rename": st.one_of(
            st.builds(lambda n, to: {"node": n, "to": to}, node, st.sampled_from(["delta", "eta"])),
            st.just({"domain": "new.example.com"}),
        ),
        "upgrade": st.builds(
            lambda to, how, defects: {"to": to, "subscribers": how} | defects,
            st.sampled_from(["11.5", "12.5", "14", "15"]),
            st.sampled_from(["together", "one_by_one"]),
            st.sampled_from([{}, {"defects": []}, {"defects": ["CSCvv13565"]}]),
        ),
        "upload_ctl_tokens": st.none(),
        "ctl_delete": st.none(),
        "delete_phone_lists": st.builds(
            lambda s, lists, pace: {"select": s, "lists": lists} | pace,
            select, st.sampled_from(["both", "ctl", "itl"]),
            st.sampled_from([{}, {"visits_per_hour": 30}]),
        ),
        "advance": st.sampled_from(LONG * 4 + YEARS).map(lambda length: {"for": length}),
        "wait": st.just({"until": "all_phones_registered", "at_most": "30m"}),
        "node": st.builds(lambda n, up: {"node": n, "up": up}, anywhere, flag),
        "https_request": anywhere.map(lambda n: {"node": n}),
        "regenerate": st.sampled_from(regenerations(document)).map(lambda one: one["regenerate"]),
    }  # fmt: skip
    if release.ctl_signer != "none":
        found["set_cluster_mode"] = st.builds(
            lambda mode, n: {"mode": mode, "node": n},
            st.sampled_from(["mixed", "non_secure"]), st.sampled_from([publisher, nodes[-1]]),
        )  # fmt: skip
    ways = ["tokenless"] if release.ctl_signer != "none" else []
    ways += ["tokens"] if release.has_ctl_tokens else []
    found["ctl_update"] = st.sampled_from(ways).map(lambda way: {"signed_by": way})
    if release.ctl_reset_key != "none":
        found["ctl_reset"] = st.none()
    if release.itl_recovery != "none":
        found["export_itl_recovery"] = st.none()
    if any("CAPF" in row["services"] for row in document["nodes"]):
        orders = [one["capf_operation"] for one in certificate_operations(release)
                  if "capf_operation" in one]  # fmt: skip
        found["capf_operation"] = st.sampled_from(orders)
        found["capf_enter_string"] = st.just({"string": "1234", "visits_per_hour": 60})
        found["stale_lsc_report"] = st.none()
        capf = document.get("capf", {})
        if "offline_ca" in capf:
            found["capf_offline"] = st.sampled_from([{"step": "export"}, {"step": "import"}])
        if "online_ca" in capf:
            found["online_ca"] = st.sampled_from(
                [{"up": False}, {"up": True}, {"lets_capf_in": False}, {"minimum_key_bits": 2048}]
            )
    if "radius_servers" in document:
        found["radius_trust"] = st.builds(
            lambda c, out: {"radius": "ise", "certificate": c, "remove": out},
            st.sampled_from(["CAPF", "Cisco Manufacturing CA", "Cisco Manufacturing CA SHA2"]),
            flag,
        )
    if "vpn_concentrators" in document:
        found["vpn_certificate"] = st.sampled_from(["generate", "upload", "activate"]).map(
            lambda step: {"concentrator": "asa", "step": step}
        )
    if other is not None:
        found["bulk_certificates"] = st.lists(
            st.sampled_from(BUNDLES), min_size=1, unique=True
        ).map(lambda types: {"types": types})
        found["move_phones"] = st.builds(
            lambda s, to: {"select": s, "to": to},
            select, st.sampled_from([document["name"], other["name"]]),
        )  # fmt: skip
    authority = st.sampled_from(_names(document, "certificate_authorities"))
    found["revoke"] = st.sampled_from(regenerations(document)).map(lambda one: one["regenerate"])
    if release.itl_recovery != "none":
        found["revoke"] = found["revoke"].filter(
            lambda one: one["unit"] not in ("ITLRecovery", "authz")
        )
    found["revocation_service"] = st.builds(
        lambda name, up: {"authority": name, "up": up}, authority, flag
    )
    assert set(found) <= set(ACTIONS)
    return {word: arguments.map(lambda a, w=word: {w: a}) for word, arguments in found.items()}


def anything(document: Document) -> st.SearchStrategy[Step]:
    """One thing an operator may do: half the time what is done to any cluster, else any word."""
    every = words(document)
    often = [every[word] for word in sorted(every) if word not in RARE]
    rare = [every[word] for word in sorted(every) if word in RARE]
    return st.one_of(steps(document), st.one_of(often), st.one_of(often), st.one_of(rare))


def parts(step: Step, document: Document) -> list[Step]:
    """A step as it is played.

    Through weeks and years nobody is at work: phones that would try again every few minutes are
    off, and so are the monitors, which tell of expired certificates every hour, and certCN, which
    may quarrel over shared ones every seven minutes.
    """
    if step.get("advance", {}).get("for") not in LONG + YEARS:
        return [step]
    other = document.get("other_cluster", {})
    nodes = [*_names(document, "nodes"), *_names(other, "nodes")]
    return [
        {"power": {"on": False}},
        *(
            {"stop_service": {"node": name, "service": service}}
            for name in nodes
            for service in ("certMonitor", "certCN")
        ),
        step,
        {"power": {"on": True}},
    ]
