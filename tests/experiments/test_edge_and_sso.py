"""Expressway zones and single sign-on: other releases, orders and lists, other outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.experiments.conftest import Variant

ZONE = "does-mra-survive-a-new-callmanager"
SSO = "does-sso-survive-a-new-tomcat"


def _refused(run: Any, **fields: object) -> list[Any]:
    return [
        failure for failure in run.document.metrics.tls_failures
        if all(getattr(failure, name) == value for name, value in fields.items())
    ]  # fmt: skip


def test_a_list_told_before_the_restart_spares_the_zone_every_refusal(variant: Variant) -> None:
    """The Expressway-C that has the new certificate before CallManager restarts refuses nothing."""

    def earlier(steps: list[Any]) -> Sequence[Any]:
        upload = next(step for step in steps if "upload_expressway_trust" in step)
        rest = [step for step in steps if step is not upload]
        place = next(n for n, step in enumerate(rest) if "restart_service" in step)
        return [*rest[:place], upload, *rest[place:]]

    run = variant(ZONE, earlier)
    assert _refused(run, leg="L7", alert="unknown ca") == []
    assert run.document.metrics.legs.down_at_end == {}


def test_without_tls_verify_mode_nobody_minds_a_new_callmanager(variant: Variant) -> None:
    """An Expressway-C that does not verify takes any certificate of a node."""
    run = variant(ZONE, model_set={"unified_communications.tls_verify": False})
    assert _refused(run, leg="L7", alert="unknown ca") == []


def test_traffic_servers_of_x14_2_verify_tomcat_whatever_the_mode(variant: Variant) -> None:
    """From X14.2 a missing tomcat anchor breaks UDS even where TLS verify mode is off."""
    changes: dict[str, Any] = {
        "unified_communications.tls_verify": False,
        "expressways[0].trusts": ["public-ca"],
    }
    before = variant(ZONE, lambda _steps: [], model_set=changes)
    after = variant(
        ZONE, lambda _steps: [], model_set={**changes, "expressways[0].release": "X14.2"}
    )
    assert _refused(before, leg="L4") == []
    assert [found.alert for found in _refused(after, leg="L4")] == ["unknown ca"] * 2


def test_an_idp_that_checks_signatures_refuses_before_anything_is_decrypted(
    variant: Variant,
) -> None:
    """With signed requests the identity provider's own error is what users see."""
    run = variant(
        SSO,
        model_set={"single_sign_on": {"identity_provider": "idp", "checks_signatures": True}},
    )
    outcomes = {step.name: step.outcome for step in run.document.steps if step.name}
    assert outcomes["after the restart"] == "Error while processing SAML response"


def test_exchanging_metadata_before_the_restart_moves_the_failure(variant: Variant) -> None:
    """Metadata with the new certificate fail as long as Tomcat runs with the old key."""

    def early(steps: list[Any]) -> Sequence[Any]:
        place = next(n for n, step in enumerate(steps) if "upload_identity" in step) + 1
        return [*steps[:place], {"exchange_metadata": {}}, *steps[place:]]

    run = variant(SSO, early)
    outcomes = {step.name: step.outcome for step in run.document.steps if step.name}
    assert outcomes["Tomcat still runs with the old key"] == "failed to decrypt the secret key"
    assert outcomes["after the restart"] == "done"


def _out(run: Any) -> int:
    return int(run.document.metrics.phones_unregistered_at_end)


PRIVATE = "may-a-private-ca-sign-the-expressway-e"


def test_a_public_ca_keeps_every_client_in(variant: Variant) -> None:
    """The same renewal by the public CA shuts nobody out."""

    def public(steps: list[Any]) -> Sequence[Any]:
        return [
            {"upload_expressway_server": {"peer": "expe", "authority": "public-ca"}}
            if "upload_expressway_server" in step else step
            for step in steps
        ]  # fmt: skip

    assert _out(variant(PRIVATE, public)) == 0


def test_a_computer_that_does_not_trust_the_private_ca_is_shut_out_too(variant: Variant) -> None:
    """Jabber takes what its computer takes: without the enterprise CA in there it is refused."""
    run = variant(PRIVATE, model_set={"phones[3].os_trusts": ["public-ca"]})
    assert _out(run) == 60


def test_a_login_domain_missing_in_the_certificate_shuts_jabber_out_alone(variant: Variant) -> None:
    """Jabber looks for the domain typed at login; desk phones for the Expressway-E's name (F21)."""

    def nameless(steps: list[Any]) -> Sequence[Any]:
        upload = {"peer": "expe", "authority": "public-ca", "san": ["expe.example.com"]}
        return [
            {"upload_expressway_server": upload} if "upload_expressway_server" in step else step
            for step in steps
        ]

    run = variant(PRIVATE, nameless)
    assert _out(run) == 25
    assert _refused(run, leg="L1", client="home-jabber", reasons=("identity_unacceptable",))


def test_with_a_release_whose_signer_stays_phones_outside_follow(variant: Variant) -> None:
    """From 12.5 ITLRecovery signs, and the same renewal leaves nobody outside behind."""
    run = variant("what-if-phones-outside-miss-a-renewal", release="12.5")
    assert run.document.metrics.phones_stuck == 0


def test_phones_of_other_profiles_do_not_need_the_name(variant: Variant) -> None:
    """Before the certificate is renewed twenty phones are out, the others are in."""
    run = variant("what-if-the-profile-name-is-missing", lambda steps: steps[:2])
    assert _out(run) == 20


def test_what_an_expressway_carries_decides_when_the_last_client_is_back(variant: Variant) -> None:
    """Five clients a second instead of fifty take minutes more for a thousand of them."""
    name = "what-does-an-expressway-restart-cost"
    model = {"phones[1].count": 300, "phones[2].count": 300, "phones[3].count": 400}
    outage = [
        variant(
            name, model_set=model, timing={"mra_logins_per_s": rate}
        ).document.metrics.outage_phone_minutes
        for rate in (5, 50)
    ]
    # A thousand at five a second: the last waits 200 s, the average 100 s; at fifty a tenth of it.
    assert 1000 < outage[0] - outage[1] < 2000


YEAR = "does-a-year-of-renewals-keep-the-edge-up"


def test_a_year_without_renewals_ends_with_the_edge_down(variant: Variant) -> None:
    """Nothing falls at the moment of expiry; the first restart after it brings the zones down."""
    run = variant(YEAR, lambda _steps: [{"at": "240d", "restart_expressway": {"peer": "expe1"}}])
    assert run.document.metrics.legs.down_at_end == {"L1": 3, "L2": 2, "L3": 2}
    assert {failure.alert for failure in _refused(run, leg="L2")} == {"certificate expired"}


def test_a_first_leg_that_works_again_counts_as_up(variant: Variant) -> None:
    """Once the public CA has signed the Expressway-E again, no first leg is down any more."""

    def mended(steps: list[Any]) -> Sequence[Any]:
        public = {"peer": "expe", "authority": "public-ca"}
        csr = next(step for step in steps if "expressway_csr" in step)
        restart = [step for step in steps if "restart_expressway" in step or "advance" in step]
        return [*steps, csr, {"upload_expressway_server": public}, *restart]

    before, after = variant(PRIVATE), variant(PRIVATE, mended)
    assert before.document.metrics.legs.down_at_end == {"L1": 2}
    assert after.document.metrics.legs.down_at_end == {}
