"""All 33 values of device.tkcertificatestatus, each brought about by its cause alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from twin.cluster.twin import Twin
from twin.nodes.certificate_status import CertificateStatus, Operation
from twin.phones.lifecycle import Event

if TYPE_CHECKING:
    from tests.cluster.conftest import Story

NEW_ENOUGH = "12.5"
WITH_LSC = {"lsc": "installed"}
ONLINE = {"capf": {"online_ca": {"common_name": "Example CA", "minimum_key_bits": 2048}}}
PUB = {"node": "pub", "service": "CAPF"}
SLOW = {"capf_phone_work_s": 3600, "capf_keygen_limit_min": 1, "capf_keygen_attempts": 1}


@dataclass(frozen=True)
class Cause:
    """What is done before (`first`) and after the operation is set, on which phones.

    `operation` is beside its kind; `phone` are fields of the population, `model` of the model.
    """

    operation: dict[str, Any] = field(default_factory=dict)
    phone: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    timing: dict[str, Any] = field(default_factory=dict)
    first: tuple[dict[str, Any], ...] = ()
    after: tuple[dict[str, Any], ...] = ()
    distrust: str = ""
    """Certificates whose name begins so are taken out of CAPF-trust first."""


BY_LSC = {"authentication": "existing_certificate_lsc"}
BY_MIC = {"authentication": "existing_certificate_mic"}
BY_STRING = {"authentication": "authentication_string", "string": "123456"}
TYPED = {"capf_enter_string": {"string": "123456"}}
MISTYPED = {"capf_enter_string": {"string": "654321"}}
REGISTERED = {"wait": {"until": "all_phones_registered", "at_most": "1h"}}
OFF_WHILE_IN_SESSION = (
    {"advance": {"for": "92s"}},
    {"power": {"on": False}},
)
EVERY_OPERATION: dict[str, Cause] = {
    "": Cause(phone=WITH_LSC),
    "INVALID_LSC": Cause(BY_LSC, phone=WITH_LSC, distrust="CAPF-"),
    "INVALID_AUTH_STR": Cause(BY_STRING, phone=WITH_LSC, after=(REGISTERED, MISTYPED)),
    "INVALID_MIC": Cause(BY_MIC, phone=WITH_LSC, distrust="Cisco"),
    "INVALID_CREDENTIALS": Cause(BY_LSC, phone={"model": "7960"}),
    "PHONE_COMM_ERROR": Cause(
        phone=WITH_LSC, timing={"capf_phone_work_s": 1200}, after=OFF_WHILE_IN_SESSION
    ),
    "OP_TIMED_OUT": Cause(phone=WITH_LSC, timing=SLOW),
    "CA_COMM_ERROR": Cause(phone=WITH_LSC, model=ONLINE, first=({"online_ca": {"up": False}},)),
    "CA_REJECT": Cause(
        phone=WITH_LSC, model=ONLINE, first=({"online_ca": {"lets_capf_in": False}},)
    ),
    "LATE_REQUEST": Cause({"completes_by": "10s"}, phone=WITH_LSC),
}
"""By what follows UPGRADE_FAIL_ and its like; "" is success."""


def play(
    make_twin: Callable[..., Twin], cause: Cause, operation: Operation
) -> tuple[Twin, CertificateStatus]:
    """Run an operation on one phone under a cause; the phone's status in the end."""
    phone = {"name": "desk", "model": "8841", "count": 1, "callmanager_group": "pub-sub"}
    twin = make_twin(
        release=NEW_ENOUGH, timing_values=cause.timing, phones=[phone | cause.phone], **cause.model
    )
    store = twin.cluster.nodes["pub"].files.store("CAPF-trust")
    for entry in store.entries():
        if cause.distrust and entry.certificate.common_name.startswith(cause.distrust):
            store.remove(entry.file_name)
    asked: Mapping[str, Any] = {"capf_operation": {"operation": operation, **cause.operation}}
    for step in (*cause.first, asked, *cause.after):
        assert twin.do(step).outcome == "done"
    twin.wait("quiet")
    clients = twin.cluster.enrolment
    assert clients.capf is not None
    return twin, twin.cluster.enrolment.status_of(0)


CASES = [
    (operation, tail)
    for operation in Operation
    for tail in EVERY_OPERATION
    if not (operation is Operation.TROUBLESHOOT and tail.startswith("CA_"))
]
WORD = {
    Operation.INSTALL_UPGRADE: "UPGRADE",
    Operation.DELETE: "DELETE",
    Operation.TROUBLESHOOT: "TROUBLESHOOT",
}


@pytest.mark.parametrize(("operation", "tail"), CASES)
def test_a_cause_leads_to_its_status(
    make_twin: Callable[..., Twin], operation: Operation, tail: str
) -> None:
    """Each operation, under each cause, ends with the status that names the cause."""
    _, status = play(make_twin, EVERY_OPERATION[tail], operation)
    end = f"FAIL_{tail}" if tail else "SUCCESS"
    assert status.name == f"{WORD[operation]}_{end}"


GENERIC = {
    Operation.INSTALL_UPGRADE: Cause(
        model={"capf": {"online_ca": {"common_name": "Example CA", "validity_days": 401}}},
        first=({"advance": {"for": "2d"}},),
    ),
    Operation.DELETE: Cause(),
    Operation.TROUBLESHOOT: Cause(),
}
"""The CA's certificate has expired; there is no LSC to erase; there is none to fetch."""


@pytest.mark.parametrize("operation", Operation)
def test_what_has_no_name_of_its_own_is_a_plain_failure(
    make_twin: Callable[..., Twin], operation: Operation
) -> None:
    """A CA out of its dates issues nothing; a phone without an LSC has none to give or lose."""
    _, status = play(make_twin, GENERIC[operation], operation)
    assert status.name == f"{WORD[operation]}_FAIL"


def test_none_and_pending(make_twin: Callable[..., Twin], tell: Callable[[Twin], Story]) -> None:
    """A phone nobody asked anything of is 1; one that has not heard of its operation is 2."""
    twin = make_twin()
    twin.do({"capf_operation": {"select": {"count": 1}, "reset": "none"}})
    statuses = [twin.cluster.enrolment.status_of(phone) for phone in range(10)]
    assert statuses.count(CertificateStatus.SCHEDULE) == 1
    assert statuses.count(CertificateStatus.NONE) == 9
    assert [row[2] for row in tell(twin).happened(Event.CERTIFICATE_STATUS)] == [2]


def test_every_status_has_a_cause() -> None:
    """The cases above name every value of the enumeration."""
    named = {
        f"{WORD[operation]}_{f'FAIL_{tail}' if tail else 'SUCCESS'}" for operation, tail in CASES
    }
    named |= {f"{word}_FAIL" for word in WORD.values()} | {"NONE", "SCHEDULE"}
    assert named == {status.name for status in CertificateStatus}
    assert [int(status) for status in CertificateStatus] == list(range(1, 34))
