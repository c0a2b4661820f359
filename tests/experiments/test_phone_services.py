"""HTTPS services of phones (A16, A17, A18, A31), with one thing changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twin.api import RunResult

Run = Callable[..., RunResult]

BOTH_TVS_STOPPED = [
    {"stop_service": {"node": "pub", "service": "TVS"}},
    {"stop_service": {"node": "sub1", "service": "TVS"}},
]


def test_an_answer_of_tvs_is_remembered_for_its_time_only(variant: Run) -> None:
    """A16 a day later: nobody remembers the old certificate any more."""
    result = variant(
        "what-does-tomcat-serve-before-its-restart",
        lambda steps: [*steps[:3], steps[3] | {"at": "25h"}],
        run_for="26h",
    )
    assert result.metrics.https.trusted == 150
    assert result.metrics.https.refused_unknown == 1000


def test_without_tvs_there_is_no_https(variant: Run) -> None:
    """A17 with TVS stopped: the new certificate is as good as the old one, and nobody can tell."""
    result = variant(
        "do-phone-services-come-back-with-tomcat", lambda steps: [*BOTH_TVS_STOPPED, *steps]
    )
    assert result.metrics.https.trusted == 0
    assert result.metrics.https.refused_no_tvs == 2000


def test_a_server_that_tvs_knows_is_trusted(variant: Run) -> None:
    """A18 asked of the cluster's own Tomcat: the database cache has it, nothing else is asked."""
    result = variant(
        "what-does-tvs-say-of-a-certificate-nobody-has",
        lambda steps: [{"https_request": {"node": "labserver1"}}],
    )
    assert result.metrics.https.trusted == 2
    looked = [row for row in result.tables.node_events if row.event == "look_up"]
    assert {(row.data["cache"], row.data["found"]) for row in looked} == {
        ("CertificateDBCACHE", True)
    }


def test_tvs_looks_in_the_database_first_and_then_in_the_ctl(bundled: Run) -> None:
    """A18's records come in the order of the captured trace, with its key."""
    rows = [
        row for row in bundled("what-does-tvs-say-of-a-certificate-nobody-has").tables.node_events
        if row.service == "TVS" and row.node == "labserver2"
    ]  # fmt: skip
    assert [(row.event, row.data.get("cache")) for row in rows[:4]] == [
        ("verification_request", None),
        ("look_up", "CertificateDBCACHE"),
        ("look_up", "CertificateCTLCACHE"),
        ("no_roles", None),
    ]
    assert {row.data["map_id"] for row in rows} == {"027865CN=VASANK-DC1-CA;OU=BGL;O=TAC;C=IN"}


ROLLBACK = "what-does-rollback-cost-in-production"


@pytest.mark.parametrize(
    ("left_out", "refused"), [("", 500), ("set_enterprise_parameter", 0), ("reset_phones", 0)]
)
def test_it_is_the_empty_list_on_the_phone_that_costs(
    variant: Run, left_out: str, refused: int
) -> None:
    """A31 with nobody setting the parameter, or no phone fetching the list: services go on."""
    result = variant(ROLLBACK, lambda steps: [step for step in steps if left_out not in step])
    assert result.metrics.https.refused_no_tvs == refused
    assert result.metrics.phones_unregistered_at_end == 0


def test_a_day_of_memory_hides_the_empty_list(variant: Run) -> None:
    """A31 on the same evening: phones that had asked TVS before go by its answer for a day."""
    result = variant(
        ROLLBACK,
        lambda steps: [
            {key: value for key, value in step.items() if key != "at"} for step in steps[:10]
        ],
    )
    assert result.metrics.https.refused_no_tvs == 0
    assert result.metrics.https.trusted == 1000
