from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from twin.errors import FormatError
from twin.nodes.database import CertificateRow
from twin.nodes.file_system import Identity
from twin.pki import tvs_messages
from twin.pki.tvs_messages import Status, VerifyResponse

if TYPE_CHECKING:
    from tests.nodes.tvs.conftest import Phone

Trusted = Callable[..., CertificateRow]
Identities = Callable[..., Identity]

MAP_ID = "027865CN=VASANK-DC1-CA;OU=BGL;O=TAC;C=IN"
"""Of the deck's TVS trace: serial and issuer, without anything between."""


def test_query_of_a_known_certificate(phone: Phone, identity: Identities) -> None:
    """A query by names and serial is answered with the certificate, its roles and a TTL of 24 h."""
    certificate = identity("CallManager", "labserver2").certificate
    answer = phone.query(certificate)
    assert answer.status is Status.FOUND
    assert answer.certificate_der == certificate.der
    assert answer.roles == (0, 2)
    assert answer.ttl_s == 86_400


def test_verification_of_a_known_certificate(phone: Phone, identity: Identities) -> None:
    """A certificate that is shown is answered with roles and TTL, without itself."""
    answer = phone.verify(identity("tomcat", "labserver2").certificate)
    assert answer == VerifyResponse(Status.FOUND, (7,), 86_400)


@pytest.mark.parametrize("seconds", [0, 3600])
def test_time_to_live_is_a_parameter(make_phone: Callable[..., Phone], seconds: int) -> None:
    """The timing profile sets how long a phone keeps an answer."""
    phone = make_phone(tvs_ttl_s=seconds)
    certificate = phone.identity("CallManager", "labserver1").certificate
    assert phone.query(certificate).ttl_s == seconds
    assert phone.verify(certificate).ttl_s == seconds


@pytest.mark.parametrize(
    ("unit", "roles"),
    [("CallManager", (0, 2)), ("TVS", (21,)), ("ITLRecovery", (0,)), ("tomcat", (7,))],
)
def test_roles_of_own_certificates(
    phone: Phone, identity: Identities, unit: str, roles: tuple[int, ...]
) -> None:
    """The cluster's own CallManager is {0, 2}; the others have the role of their unit."""
    for node in ("labserver1", "labserver2"):
        assert phone.query(identity(unit, node).certificate).roles == roles


@pytest.mark.parametrize(
    ("units", "roles"),
    [
        (("Phone-SAST-trust", "CallManager-trust"), (0, 3)),
        (("Phone-SAST-trust",), (0,)),
        (("CallManager-trust",), (3,)),
        (("tomcat-trust",), (7,)),
        (("CAPF-trust",), (4,)),
        (("Phone-VPN-trust",), ()),
    ],
)
def test_roles_of_foreign_certificates(
    phone: Phone,
    trusted: Trusted,
    identity: Identities,
    units: tuple[str, ...],
    roles: tuple[int, ...],
) -> None:
    """A certificate of another cluster has the roles of the stores it was uploaded to."""
    foreign = identity("CallManager", "ucm11pub").certificate
    phone.put(trusted(units, "labserver1", ["labserver1", "labserver2"], foreign))
    phone.clock.settle()
    assert phone.query(foreign).roles == roles


def test_two_rows_of_one_foreign_certificate(
    phone: Phone, trusted: Trusted, identity: Identities
) -> None:
    """The roles of two rows of one certificate add up."""
    foreign = identity("CallManager", "ucm11pub").certificate
    for number, unit in enumerate(("Phone-SAST-trust", "CallManager-trust")):
        row = trusted([unit], f"labserver{number + 1}", ["labserver1"], foreign)
        phone.put(row)
    phone.clock.settle()
    assert phone.query(foreign).roles == (0, 3)


def test_trust_copies_of_own_certificates(
    phone: Phone, trusted: Trusted, identity: Identities
) -> None:
    """An own CallManager stays {0, 2}, whatever stores hold copies of it."""
    own = identity("CallManager", "labserver2").certificate
    stores = ("CallManager-trust", "Phone-SAST-trust")
    phone.put(trusted(stores, "labserver2", ["labserver1", "labserver2"], own))
    phone.clock.settle()
    assert phone.query(own).roles == (0, 2)


# -- misses ---------------------------------------------------------------------------------


def test_unknown_certificate(phone: Phone, identity: Identities) -> None:
    """What is in no cache is answered with status 1 alone, to both kinds of request."""
    stranger = identity("CallManager", "ucm11pub").certificate
    answer = phone.query(stranger)
    assert answer.status is Status.NOT_FOUND
    assert (answer.certificate_der, answer.roles, answer.ttl_s) == (None, (), None)
    assert phone.verify(stranger) == VerifyResponse(Status.NOT_FOUND)


def test_look_ups_of_the_trace(phone: Phone) -> None:
    """The database cache is asked, then the CTL cache, both by the MAP ID; then no roles."""
    phone.query_by("CN=web", "CN=VASANK-DC1-CA;OU=BGL;O=TAC;C=IN", bytes.fromhex("027865"))
    told = [(row.event, row.severity, row.data) for row in phone.tvs.host.rows()]
    assert told == [
        ("query_request", "info", {"map_id": MAP_ID}),
        (
            "look_up",
            "info",
            {"cache": "CertificateDBCACHE", "map_id": MAP_ID, "found": False},
        ),
        (
            "look_up",
            "info",
            {"cache": "CertificateCTLCACHE", "map_id": MAP_ID, "found": False},
        ),
        (
            "no_roles",
            "error",
            {
                "map_id": MAP_ID,
                "text": "UNKNOWN:No associated roles found for the certificate in cache",
            },
        ),
    ]
    assert {row.service for row in phone.tvs.host.rows()} == {"TVS"}


def test_verification_is_looked_up_the_same_way(phone: Phone, identity: Identities) -> None:
    """A certificate that is shown is looked up by its serial, in capitals, and its issuer."""
    stranger = identity("tomcat", "web", serial="0abcde").certificate
    phone.verify(stranger)
    requested, *rest = phone.tvs.host.rows()
    assert requested.event == "verification_request"
    assert requested.data["map_id"] == "0ABCDE" + stranger.issuer
    assert [row.event for row in rest] == ["look_up", "look_up", "no_roles"]


def test_hit_in_the_first_cache(phone: Phone, identity: Identities) -> None:
    """What the database cache knows is not looked up in the CTL cache."""
    phone.query(identity("CallManager").certificate)
    (look_up,) = phone.tvs.host.rows("look_up")
    assert (look_up.data["cache"], look_up.data["found"]) == ("CertificateDBCACHE", True)
    assert phone.tvs.host.rows("no_roles") == []


def test_another_certificate_under_a_known_serial(phone: Phone, identity: Identities) -> None:
    """A shown certificate must be the known one: equal serial and issuer do not suffice."""
    known = identity("TVS", "labserver2").certificate
    forged = identity("tomcat", "labserver2", 1, serial=known.serial_bytes.hex()).certificate
    assert (forged.issuer, forged.serial) == (known.issuer, known.serial)
    assert phone.verify(known).status is Status.FOUND
    assert phone.verify(forged) == VerifyResponse(Status.NOT_FOUND)


def test_serial_with_a_leading_zero(phone: Phone, trusted: Trusted, identity: Identities) -> None:
    """A serial whose first digit is 0 is found: the MAP ID takes whole bytes."""
    foreign = identity("CallManager", "old", serial="02786500").certificate
    phone.put(trusted(["Phone-SAST-trust"], "labserver1", ["labserver1"], foreign))
    phone.clock.settle()
    assert phone.query(foreign).roles == (0,)


# -- what is no request ---------------------------------------------------------------------


@pytest.mark.parametrize("frame", [b"", b"\x57\x01", bytes(40), b"\x57\x01\x01\x00" + bytes(6)])
def test_malformed_frame(phone: Phone, frame: bytes) -> None:
    """Bytes that are no frame are refused with the one error decoders raise."""
    with pytest.raises(FormatError):
        phone.tvs.handle(frame)


def test_an_answer_is_no_request(phone: Phone) -> None:
    """A server does not take an answer for a question."""
    frame = tvs_messages.encode(VerifyResponse(Status.NOT_FOUND), 1)
    with pytest.raises(FormatError, match="requests, not VerifyResponse"):
        phone.tvs.handle(frame)
