"""CAPF in front of an offline CA: requests out, certificates in; and which LSCs are stale."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.cluster.twin import Twin
from twin.errors import ActionError

QUIET = {"wait": {"until": "quiet", "at_most": "6h"}}
PHONES = [{"name": "desk", "model": "8841", "count": 3, "callmanager_group": "pub-sub"}]
OFFLINE = {"offline_ca": {"common_name": "Example CA"}}


def statuses(twin: Twin) -> set[str]:
    """The statuses of all phones."""
    return {twin.cluster.enrolment.status_of(n).name for n in range(twin.cluster.population.size)}


def message(twin: Twin, word: str, **arguments: str) -> str:
    """What a step says of itself."""
    return twin.do({word: arguments}).message


def test_an_lsc_takes_two_visits_to_capf(make_twin: Callable[..., Twin]) -> None:
    """The first leaves a request; when the CA has signed it, the second brings the LSC."""
    twin = make_twin(phones=PHONES, capf=OFFLINE)
    twin.do({"capf_operation": {}})
    twin.do(QUIET)
    assert statuses(twin) == {"SCHEDULE"}
    assert message(twin, "capf_offline", step="export") == "3 requests"
    assert message(twin, "capf_offline", step="import") == "3 certificates"
    twin.do({"reset_phones": {}})
    twin.do(QUIET)
    assert statuses(twin) == {"UPGRADE_SUCCESS"}
    lsc = twin.cluster.enrolment.certificates.lsc_of(0)
    assert lsc is not None
    assert lsc.issuer == "CN=Example CA"


def test_without_the_ca_the_phone_comes_for_nothing(make_twin: Callable[..., Twin]) -> None:
    """A reset before the certificates are back makes another key, and nothing else."""
    twin = make_twin(phones=PHONES, capf=OFFLINE)
    twin.do({"capf_operation": {}})
    twin.do(QUIET)
    message(twin, "capf_offline", step="export")
    twin.do({"reset_phones": {}})
    twin.do(QUIET)
    assert statuses(twin) == {"SCHEDULE"}
    assert message(twin, "capf_offline", step="export") == "3 requests"


def test_lscs_of_an_old_capf_are_stale_until_issued_anew(make_twin: Callable[..., Twin]) -> None:
    """After a regeneration every LSC is stale; those that are issued again are not."""
    twin = make_twin(phones=[PHONES[0] | {"lsc": "installed"}])
    assert message(twin, "stale_lsc_report") == "0 stale LSCs"
    twin.regenerate("pub", "CAPF")
    twin.do(QUIET)
    twin.do({"restart_service": {"node": "pub", "service": "CAPF"}})
    assert message(twin, "stale_lsc_report") == "3 stale LSCs"
    twin.do({"capf_operation": {"select": {"count": 1}}})
    twin.do(QUIET)
    assert message(twin, "stale_lsc_report") == "2 stale LSCs"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"capf_offline": {"step": "export"}}, "no offline CA"),
        ({"online_ca": {"up": False}}, "no online CA"),
        ({"radius_trust": {"radius": "x", "certificate": "CAPF"}}, "unknown RADIUS server"),
        ({"vpn_certificate": {"concentrator": "x", "step": "upload"}}, "unknown VPN concentrator"),
        ({"capf_operation": {"key_bits": 4096}}, "does not offer"),
        ({"capf_operation": {"authentication": "authentication_string"}}, "without string"),
    ],
)
def test_what_the_model_has_not_is_an_input_error(
    make_twin: Callable[..., Twin], step: dict[str, dict[str, str]], words: str
) -> None:
    """A step that names a CA, server or key size that is not there is refused with its place."""
    with pytest.raises(ActionError, match=words):
        make_twin().do(step)
