"""Pages of an Expressway beside its certificates: ACME (F63), web access, client certificates."""

from __future__ import annotations

from typing import Any

import pytest

from tests.experiments.edge_bench import Bench
from tests.experiments.edge_steps import EXPIRED, TRAVERSAL, reconnect, restart, trust, wait

ACME = {
    "expressways[1].release": "X12.5",
    "certificate_authorities[1].template": {"days": 90},
    "expressways[1].certificate.age_days": 0,
}


def acme(**what: Any) -> dict[str, Any]:
    """The ACME service of the E."""
    return {"expressway_acme": {"peer": "expe", **what}}


@pytest.mark.parametrize(("port", "shut"), [("open", set()), ("blocked", TRAVERSAL)])
def test_acme_renews_as_long_as_port_80_is_open(port: str, shut: set[Any]) -> None:
    """F63: behind a closed port renewals fail, and the last certificate runs out after 90 days."""
    bench = Bench(ACME)
    first = bench.do(acme(authority="public-ca"), acme(deploy=True), acme(every_days=60))
    assert first == [("done", "")] * 3
    bench.do(acme(port_80=port), wait("100d"), *reconnect())
    bench.settle()
    assert bench.down() == shut
    assert bool(bench.told("acme_failed")) is bool(shut)
    bench.do(acme(port_80="open", authority="public-ca"), acme(deploy=True))
    bench.settle()
    assert bench.down() == set()
    assert {alert for *_, alert in bench.refusals()} == ({EXPIRED} if shut else set())


def test_who_has_no_acme() -> None:
    """ACME is a service of the E from X12.5 on."""
    message = "ACME is a service of Expressway-E from X12.5"
    assert Bench().do(acme(authority="public-ca")) == [("refused", message)]
    bench = Bench({"expressways[0].release": "X12.5"})
    step = {"expressway_acme": {"peer": "expc", "authority": "public-ca"}}
    assert bench.do(step) == [("refused", message)]


LOGIN = {"expressway_login": {"peer": "expc"}}
ADMIN = {"authority": "enterprise-ca", "common_name": "alice"}


def setting(**what: Any) -> dict[str, Any]:
    """xConfiguration of the C."""
    return {"expressway_setting": {"peer": "expc", **what}}


def test_client_certificate_security_counts_after_a_restart() -> None:
    """Whoever has no valid client certificate is locked out, once the mode is in force."""
    bench = Bench()
    shown = {"expressway_login": {"peer": "expc", "certificate": ADMIN}}
    mode = setting(client_certificate_security="certificate_validation")
    assert bench.do(LOGIN, mode, LOGIN) == [("done", "")] * 3
    bench.do(restart("expc"))
    [(outcome, message), good] = bench.do(LOGIN, shown)
    assert (outcome, good) == ("refused", ("done", ""))
    assert message == "peer did not return a certificate"
    bad = {"expressway_login": {"peer": "expc", "certificate": {**ADMIN, "age_days": 400}}}
    assert bench.do(bad) == [("refused", "certificate has expired")]


def test_a_user_name_is_read_out_of_the_certificate() -> None:
    """The expression and template of the page make a name; without one nobody gets in."""
    bench = Bench()
    bench.do(
        setting(client_certificate_security="certificate_based_authentication",
                username_regex="CN=(?<who>[a-z]+)", username_format="#who#@example.com"),
        restart("expc"),
    )  # fmt: skip
    test = {"test_client_certificate": {"peer": "expc", "certificate": ADMIN}}
    assert bench.do(test) == [("done", "Valid; user name alice@example.com")]
    bench.do({"expressway_login": {"peer": "expc", "certificate": ADMIN}})
    assert bench.told("login")[-1].data["user"] == "alice@example.com"
    nameless = {**ADMIN, "common_name": "42"}
    login = {"expressway_login": {"peer": "expc", "certificate": nameless}}
    assert bench.do(login) == [("refused", "no user name in the client certificate")]


def test_the_testing_page_judges_by_the_trusted_list() -> None:
    """A certificate of a CA that is not in the list, or out of its dates, is told as invalid."""
    bench = Bench({"expressways[0].trusts": ["enterprise-ca"], "traversal_zones": []})
    strange = {**ADMIN, "authority": "public-ca"}
    step = {"test_client_certificate": {"peer": "expc", "certificate": strange}}
    assert bench.do(step) == [("done", "Invalid: unable to get local issuer certificate")]
    bench.do(trust("expc", "public-ca"))
    assert bench.do(step) == [("done", "Valid; user name alice")]
    useless = {**strange, "age_days": -1}
    step = {"test_client_certificate": {"peer": "expc", "certificate": useless}}
    assert bench.do(step) == [("done", "Invalid: certificate is not yet valid")]
