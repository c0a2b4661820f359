"""Rows of the edge's failure catalogue that are about pages: requests, uploads, switches, ACME."""

from __future__ import annotations

from typing import Any

import pytest

from tests.experiments.edge_bench import Bench
from tests.experiments.edge_steps import (
    CLOSED,
    EXPIRED,
    PURPOSE,
    SECURE,
    TRAVERSAL,
    WEB,
    reconnect,
    restart,
    revocation,
    trust,
    upload,
    wait,
)

MANY = [f"department-number-{n:02}.example.com" for n in range(40)]
SERVER_ONLY = {"drops": ["client_auth"]}
PROFILE = "secure-mobile.example.com"


def of(bench: Bench, peer: str) -> Any:
    """A peer's server certificate page."""
    return bench.edge.peers[peer].certificates


@pytest.mark.parametrize(
    ("row", "drops", "message"),
    [("F06", "client_auth", "no client usage"), ("F07", "server_auth", "no server usage")],
)
def test_a_certificate_without_a_usage_is_refused_and_harms_nobody(
    row: str, drops: str, message: str
) -> None:
    """F06, F07: the page names the missing usage; the old certificate stays in use."""
    bench = Bench()
    before = of(bench, "expc").stored
    [(outcome, said)] = bench.do(upload("expc", "enterprise-ca", drops=[drops]))
    assert outcome == "refused", row
    assert message in said
    assert of(bench, "expc").stored is before
    bench.do(restart("expc"))
    bench.settle()
    assert bench.down() == set()


def test_client_usage_matters_only_where_unified_communications_is_on() -> None:
    """F06: a box that no traversal zone uses takes a server-only certificate."""
    bench = Bench({"traversal_zones": []})
    assert bench.do(upload("expc", "enterprise-ca", **SERVER_ONLY)) == [("done", "")]


@pytest.mark.parametrize(
    ("release", "switch", "outcome"),
    [
        ("X15.3", False, "refused"),
        ("X15.4", False, "refused"),
        ("X15.4", True, "done"),
        ("X15.5", False, "done"),
    ],
)
def test_which_release_takes_a_server_only_certificate(
    release: str, switch: bool, outcome: str
) -> None:
    """F08: refused up to X15.3, by a switch in X15.4, as of right from X15.5."""
    bench = Bench({"expressways[1].release": release})
    if switch:
        step = {"expressway_setting": {"peer": "expe", "enable_server_eku_upload": True}}
        assert bench.do(step) == [("done", "")]
    assert bench.do(upload("expe", "public-ca", **SERVER_ONLY))[0][0] == outcome


def test_after_the_sunset_the_edge_serves_and_is_no_client() -> None:
    """F08: with a server-only certificate zones stand, and a partner who verifies refuses the E."""
    bench = Bench({"expressways[2].release": "X15.4"}, model="mra-cluster")
    bench.do(
        {"expressway_setting": {"peer": "expe1", "enable_server_eku_upload": True}},
        upload("expe1", "public-ca", **SERVER_ONLY), restart("expe1"),
    )  # fmt: skip
    bench.settle()
    assert bench.refusals() == [("neighbor", "expe1", "partner", "server", PURPOSE)]
    assert bench.down() == {("neighbor", "expe1", "partner")}
    assert bench.do(
        {"upgrade_expressway": {"peer": "expe1", "release": "X15.5"}},
        upload("expe1", "public-ca", store="client"), restart("expe1"),
    ) == [("done", "")] * 3  # fmt: skip
    bench.settle()
    assert bench.down() == set()


def test_there_is_one_store_before_x15_5() -> None:
    """F08: a client certificate of its own is refused by releases that have no place for it."""
    bench = Bench({"expressways[1].release": "X15.4"})
    [(outcome, message)] = bench.do(upload("expe", "public-ca", store="client"))
    assert (outcome, message) == ("refused", "this release has no store for a client certificate")


@pytest.mark.parametrize(("release", "is_whole"), [("X8.7", False), ("X8.10", True)])
def test_names_beyond_the_limit_of_a_request_are_lost(release: str, is_whole: bool) -> None:
    """F13: up to X8.9 domains past 999 characters are not in the certificate; others are."""
    bench = Bench(
        {"expressways[1].release": release, "unified_communications.domains": MANY,
         "unified_communications.domain_format": "dns",
         "expressways[1].certificate.lacks": MANY}
    )  # fmt: skip
    bench.do({"expressway_csr": {"peer": "expe"}})
    names = of(bench, "expe").request.dns_names
    assert names[0] == "expe.example.com"
    assert names[1] == MANY[0]
    assert (MANY[-1] in names) is is_whole
    assert (len(",".join(f"DNS:{name}" for name in names)) <= 999) is not is_whole
    assert bench.told("csr_generated")[0].data["lost_names"] == (
        [] if is_whole else MANY[len(names) - 1 :]
    )
    signed = {"peer": "expe", "authority": "public-ca"}
    assert bench.do({"upload_expressway_server": signed}, restart("expe")) == [("done", "")] * 2
    bench.settle()
    assert bench.down() == set(), "the peer's own name comes first"


def test_a_second_request_needs_the_first_discarded() -> None:
    """F14: one request at a time; with it goes its key, and what was signed for it is useless."""
    bench = Bench()
    csr = {"expressway_csr": {"peer": "expe"}}
    discard = {"expressway_csr": {"peer": "expe", "discard": True}}
    signed = {"upload_expressway_server": {"peer": "expe", "authority": "public-ca"}}
    assert bench.do(csr, csr, discard, discard, signed) == [
        ("done", ""),
        ("refused", "a CSR is in progress: discard it first"),
        ("done", ""),
        ("refused", "no CSR is in progress"),
        ("refused", "no CSR is in progress: a private key has to come with it"),
    ]
    assert bench.do(csr, signed, restart("expe")) == [("done", "")] * 3
    bench.settle()
    assert bench.down() == set()


def test_a_key_from_elsewhere_is_refused_while_a_request_is_in_progress() -> None:
    """The box has the key already: a file with another is refused, and the request stays."""
    bench = Bench()
    bench.do({"expressway_csr": {"peer": "expe"}})
    [(outcome, message)] = bench.do(upload("expe", "public-ca"))
    assert outcome == "refused"
    assert "cannot be uploaded while a CSR is in progress" in message
    assert of(bench, "expe").request is not None


@pytest.mark.parametrize("form", ["der", "pkcs7"])
def test_only_pem_is_taken(form: str) -> None:
    """Files of other forms are refused whatever is in them."""
    [(outcome, message)] = Bench().do(upload("expe", "public-ca", format=form))
    assert (outcome, message) == ("refused", "the file is not a certificate in PEM format")


@pytest.mark.parametrize(("release", "outcome"), [("X14.3", "refused"), ("X15.0", "done")])
def test_keys_on_curves_come_with_x15(release: str, outcome: str) -> None:
    """An ECDSA server certificate is refused before X15.0, and works in zones from then on."""
    bench = Bench({"expressways[1].release": release})
    found = bench.do(upload("expe", "public-ca", key_bits=384), restart("expe"))
    assert found[0][0] == outcome
    bench.settle()
    assert bench.down() == set()


def test_a_chain_in_the_file_spares_the_other_side_the_intermediate() -> None:
    """F03 is about a lone certificate: with the chain in the file, the root alone will do."""
    changes = {
        "certificate_authorities[2]": {
            "name": "issuing", "issuer": "public-ca", "subject": "CN=Public Issuing CA;O=P;C=US",
        },
        "expressways[1].trusts": ["public-ca", "issuing", "enterprise-ca"],
    }  # fmt: skip
    bench = Bench(changes)
    bench.do(upload("expe", "issuing", with_chain=True), restart("expe"))
    bench.settle()
    assert bench.down() == set()
    bench.do(upload("expe", "issuing"), restart("expe"))
    bench.settle()
    assert bench.down() == TRAVERSAL


@pytest.mark.parametrize(
    ("row", "lacks", "profile", "works"),
    [
        ("F23", [PROFILE], PROFILE, False),
        ("F23", [], PROFILE, True),
        ("F24", [], "secure-mobile-2.example.com", False),
        ("F24", [], "Secure Mobile", False),
    ],
)
def test_a_profile_name_that_the_core_does_not_carry_keeps_its_devices_out(
    row: str, lacks: list[str], profile: str, works: bool
) -> None:
    """F23, F24: CUCM refuses devices of that profile, and the zone itself stands."""
    bench = Bench({"expressways[0].certificate.lacks": lacks})
    verdict = bench.edge.register("expc", "cucm-sub", profile)
    assert verdict.succeeded is works, row
    if not works:
        assert (verdict.refused_by, verdict.alert) == ("server", CLOSED)
    assert bench.down() == set()
    san = ["expc.example.com", profile.replace(" ", "-").lower()]
    bench.do(upload("expc", "enterprise-ca", san=san), restart("expc"))
    bench.settle()
    healed = bench.edge.register("expc", "cucm-sub", san[1])
    assert healed.succeeded


def test_a_revoked_certificate_is_refused_only_where_sip_checks() -> None:
    """SIP revocation checking is off by default: the zone stands until it is switched on."""
    bench = Bench()
    bench.do(
        {"revoke_certificate": {"authority": "public-ca", "owner": "expe"}},
        revocation("expc", upload=["public-ca"]), *reconnect(),
    )  # fmt: skip
    bench.settle()
    assert bench.down() == {("L3", "expc", "expe")}, "tunnels are not SIP"
    bench.do(revocation("expc", check_sip=True), *reconnect())
    bench.settle()
    assert bench.down() == TRAVERSAL
    assert ("L2", "expc", "expe", "client", "certificate revoked") in bench.refusals()
    bench.do(upload("expe", "public-ca"), restart("expe"))
    bench.settle()
    assert bench.down() == set(), "a new certificate has another serial"


@pytest.mark.parametrize(
    ("fallback", "shut"),
    [("treat_as_not_revoked", set()), ("treat_as_revoked", {"L2"})],
)
def test_what_happens_when_no_list_can_be_had(fallback: str, shut: set[str]) -> None:
    """F62: by default accepted; with the strict fallback whatever a CA has signed is refused.

    The self-signed CallManager certificates stand: nobody but themselves could revoke them.
    """
    bench = Bench()
    bench.do(
        {"revocation_service": {"authority": "public-ca", "up": False}},
        revocation("expc", sources=["public-ca"], check_sip=True, fallback=fallback),
        restart("expc"),
    )  # fmt: skip
    bench.settle()
    assert len(bench.told("crl_unreachable")) == 1
    assert bench.down_kinds() == shut
    bench.do(revocation("expc", fallback="treat_as_not_revoked"))
    bench.settle()
    assert bench.down() == set()


def test_a_source_out_of_reach_hurts_when_the_last_list_runs_out() -> None:
    """F62, F18: a list fetched once serves for its week; then all of that CA count as revoked."""
    bench = Bench()
    bench.do(revocation("expc", sources=["public-ca"], check_sip=True))
    bench.do({"revocation_service": {"authority": "public-ca", "up": False}})
    bench.do(wait("6d"), *reconnect())
    bench.settle()
    assert bench.down() == set()
    bench.do(wait("2d"), *reconnect())
    bench.settle()
    assert bench.down() == TRAVERSAL
    bench.do({"revocation_service": {"authority": "public-ca", "up": True}}, wait("1d"))
    bench.settle()
    assert bench.down() == set(), "the daily fetch brings a new one"


def test_a_neighbor_zone_that_does_not_verify_takes_any_certificate() -> None:
    """With verify off an expired certificate of a strange CA with another name will do."""
    strange = {
        "sip_systems[0].names": ["other.example.net"],
        "sip_systems[0].age_days": 800,
        "sip_systems[0].signed_by": "enterprise-ca",
        "expressways[2].trusts": ["enterprise-ca", "public-ca"],
    }
    shut = Bench(strange, model="mra-cluster")
    assert shut.down() == {("neighbor", "expe1", "partner")}
    assert shut.refusals()[0][3:] == ("client", EXPIRED)
    open_ = Bench({**strange, "neighbor_zones[0].tls_verify": False}, model="mra-cluster")
    assert open_.down() == set()


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_a_neighbor_has_to_show_a_matching_certificate(direction: str) -> None:
    """With verify on, a good certificate of another name is refused by the Expressway."""
    changes: dict[str, Any] = {
        "neighbor_zones[0].direction": direction,
        "sip_systems[0].names": ["other.example.net"],
    }
    assert Bench(changes, model="mra-cluster").down() == set(), "the CN is looked at, too"
    changes["sip_systems[0].common_name"] = "other.example.net"
    refuser = "server" if direction == "inbound" else "client"
    assert Bench(changes, model="mra-cluster").refusals()[0][3:] == (refuser, CLOSED)


def test_a_neighbor_that_calls_needs_client_usage() -> None:
    """A server-only certificate of the other side is refused where it is the client, not else."""
    changes: dict[str, Any] = {"sip_systems[0].drops": ["client_auth"]}
    assert Bench(changes, model="mra-cluster").down() == set()
    changes["neighbor_zones[0].direction"] = "inbound"
    assert Bench(changes, model="mra-cluster").refusals()[0][3:] == ("server", PURPOSE)


def test_the_renewed_anchor_counts_if_the_last_one_does() -> None:
    """F19 hangs on which of two entries of one name the list takes: the last one is the new one."""
    renewed = {
        "name": "public-renewed", "renews": "public-ca", "age_days": 10,
        "subject": "CN=Public Root CA;O=Public Trust;C=US",
    }  # fmt: skip
    changes = {"certificate_authorities[1].days": 500, "certificate_authorities[2]": renewed}
    bench = Bench(changes)
    bench.do(trust("expc", "public-renewed"), wait("101d"), *reconnect())
    bench.settle()
    assert bench.down() == set()


def test_the_page_tells_of_expired_entries_when_somebody_looks() -> None:
    """F18: the banner names what has run out, and deleting it ends the banner."""
    bench = Bench({"certificate_authorities[1].days": 500})
    look = {"expressway_trust_page": {"peer": "expc"}}
    assert bench.do(look) == [("done", "")]
    bench.do(wait("101d"))
    message = "expired in the trusted CA list: Public Root CA"
    assert bench.do(look) == [("done", message)]
    assert bench.told("expired_in_ca_list")[0].severity == "warning"
    bench.do({"delete_expressway_trust": {"peer": "expc", "expired": True}})
    assert bench.do(look) == [("done", "")]


@pytest.mark.parametrize(
    ("checks_sip", "down"), [(True, {"L2", "L3"}), (False, {"L3"})]
)  # fmt: skip
def test_a_list_in_the_file_of_cas_tells_of_a_revoked_peer(
    checks_sip: bool, down: set[str]
) -> None:
    """F18: what the CA has revoked is refused by a CRL behind its certificate, SIP if it looks."""
    bench = Bench({})
    bench.do(
        {"revoke_certificate": {"authority": "public-ca", "owner": "expe"}}, wait("8d"),
        {"upload_expressway_trust": {"peer": "expc", "crls": ["public-ca"]}},
        {"expressway_revocation": {"peer": "expc", "check_sip": checks_sip}}, *reconnect(),
    )  # fmt: skip
    bench.settle()
    assert bench.down_kinds() == down
    assert {found[0] for found in bench.refusals()} == down
    bench.do({"delete_expressway_trust": {"peer": "expc", "reset": True}})
    bench.do(trust("expc", "enterprise-ca", "public-ca", units=["CallManager"]))
    bench.settle()
    assert bench.down() == set()


def test_a_secure_zone_does_without_the_web_and_the_other_way_round() -> None:
    """F29: which of the two legs fails follows from the order in the list, never both."""
    for order, shut in ((["CallManager", "tomcat"], SECURE), (["tomcat", "CallManager"], WEB)):
        trusts = ["enterprise-ca", "public-ca", *order]
        bench = Bench({"signed_units": {}, "expressways[0].trusts": trusts})
        assert bench.down() == shut
        flipped = Bench(
            {"signed_units": {}, "expressways[0].trusts": trusts,
             "expressways[0].same_name": "first"}
        )  # fmt: skip
        assert flipped.down() == (WEB if shut is SECURE else SECURE)


def test_the_secure_traversal_test_sees_what_the_zone_sees() -> None:
    """F05: the test of each C tells which one lacks the cluster's name, and changes nothing."""
    bench = Bench({"expressways[1].certificate.lacks": ["expc.example.com"]}, model="mra-cluster")
    before = bench.down()
    good, bad, own = bench.do(
        {"secure_traversal_test": {"peer": "expc1", "server": "expe1"}},
        {"secure_traversal_test": {"peer": "expc2", "server": "expe1"}},
        {"secure_traversal_test": {"peer": "expc2", "server": "expe1",
                                   "verify_name": "expc2.example.com"}},
    )  # fmt: skip
    assert good[1].startswith("Success")
    assert own[1].startswith("Success")
    assert "expe1: Peer's TLS certificate identity was unacceptable" in bad[1]
    assert bench.down() == before
