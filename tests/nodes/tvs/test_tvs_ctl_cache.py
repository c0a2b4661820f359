"""What a TVS knows from the CTLFile.tlv of its node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twin.nodes.file_system import Identity
from twin.pki import trust_list
from twin.pki.list_record import Role, full_record
from twin.pki.tvs_messages import Status

if TYPE_CHECKING:
    from tests.nodes.tvs.conftest import Phone

Identities = Callable[..., Identity]


def ctl(*listed: tuple[Role, Identity]) -> bytes:
    """A CTL with these records, signed by the first."""
    records = [full_record(role, one.certificate) for role, one in listed]
    signer = listed[0][1]
    return trust_list.build(records, signer.certificate, signer.key, trust_list.CTL_NAME, 0)


def test_a_new_file_is_read_at_once(phone: Phone, identity: Identities) -> None:
    """A signer nobody knows is vouched for as soon as the CTL that lists it is there."""
    token = identity("authority", common_name="SAST-1")
    assert phone.query(token.certificate).status is Status.NOT_FOUND
    phone.tvs.files.put_ctl(ctl((Role.SAST, token), (Role.CCM_TFTP, token)))
    answer = phone.query(token.certificate)
    assert answer.certificate_der == token.certificate.der
    assert answer.roles == (Role.SAST, Role.CCM_TFTP)
    looked = phone.tvs.host.rows("look_up")
    assert [row.data["cache"] for row in looked[-2:]] == [
        "CertificateDBCACHE",
        "CertificateCTLCACHE",
    ]
    assert [row.data["found"] for row in looked[-2:]] == [False, True]


def test_the_database_is_asked_first(phone: Phone, identity: Identities) -> None:
    """Where both caches have a certificate, the roles are those of the database."""
    known = identity("CallManager", "labserver2")
    before = phone.query(known.certificate).roles
    phone.tvs.files.put_ctl(ctl((Role.SAST, known), (Role.CAPF, known)))
    assert phone.query(known.certificate).roles == before


def test_a_file_that_is_gone_is_forgotten(phone: Phone, identity: Identities) -> None:
    """A deleted or replaced CTL takes what only it listed with it, and listeners are told."""
    heard: list[int] = []
    phone.tvs.on_new_knowledge.append(lambda: heard.append(phone.tvs.version))
    first, second = (identity("authority", common_name=f"SAST-{n}") for n in (1, 2))
    phone.tvs.files.put_ctl(ctl((Role.SAST, first)))
    phone.tvs.files.put_ctl(ctl((Role.SAST, second)))
    assert phone.query(first.certificate).status is Status.NOT_FOUND
    assert phone.query(second.certificate).status is Status.FOUND
    phone.tvs.files.put_ctl(None)
    assert phone.query(second.certificate).status is Status.NOT_FOUND
    assert heard == [1, 2, 3]


def test_records_without_a_certificate_say_nothing(phone: Phone, identity: Identities) -> None:
    """The bare names of a non-secure cluster's servers vouch for nobody."""
    token = identity("authority", common_name="SAST-1")
    bare = trust_list.Record(Role.CCM_TFTP, dns_name="labserver1", ip_address="10.0.0.1")
    records = [full_record(Role.SAST, token.certificate), bare]
    data = trust_list.build(records, token.certificate, token.key, trust_list.CTL_NAME, 0)
    phone.tvs.files.put_ctl(data)
    (row,) = phone.tvs.host.rows("ctl_cache_loaded")
    assert row.data == {"certificates": 1}
