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
