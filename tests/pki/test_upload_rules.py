from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pki.authorities import START, authority, request
from twin.pki import chains
from twin.pki.authority import Authority
from twin.pki.bundles import CertificateFile, FileFormat, read, write
from twin.pki.certificates import Certificate
from twin.pki.csr import REQUESTING_UNITS, SigningRequest, UsageTable, wanted
from twin.pki.upload_rules import (
    Refusal,
    UploadFault,
    UploadRules,
    identity_refusals,
    trust_refusals,
)
from twin.pki.usages import extensions_of

NOW = START + timedelta(days=1)
SERIAL = b"\x51" * 16
OLD = UploadRules(UsageTable.DECK_2016, False, False, False)
NEW = UploadRules(UsageTable.GUIDE_15, True, True, True)
UNIT = "CallManager-ECDSA"
ROOT = authority("Root", 1)
ISSUING = authority("Issuing", 2, ROOT, path_length=0)
# CAPF is a CA itself, so it cannot stand under one that allows none below.
OPEN = authority("Open", 3, ROOT)
STORE = (ROOT.certificate, ISSUING.certificate, OPEN.certificate)
ASKED = request(UNIT)


def pem(certificate: Certificate) -> CertificateFile:
    """A certificate as an upload in PEM."""
    return read(write([certificate], FileFormat.PEM))


def words(refusals: Sequence[Refusal]) -> list[str]:
    """The reasons alone."""
    return [str(refusal.fault) for refusal in refusals]


def judged(
    certificate: Certificate,
    *,
    asked: SigningRequest | None = ASKED,
    unit: str = UNIT,
    store: Sequence[Certificate] = STORE,
    at: datetime = NOW,
    rules: UploadRules = NEW,
) -> list[str]:
    """The reasons against an upload of one certificate."""
    return words(identity_refusals(pem(certificate), asked, unit, store, at, rules))


@pytest.mark.parametrize("rules", [OLD, NEW], ids=["old", "new"])
@pytest.mark.parametrize("unit", REQUESTING_UNITS)
def test_what_a_ca_grants_in_full_is_taken(unit: str, rules: UploadRules) -> None:
    """Each unit's own request, signed by an intermediate that copies it, is accepted."""
    asked = request(unit, table=rules.usage_table)
    signed = OPEN.sign(asked, SERIAL, START)
    assert judged(signed, asked=asked, unit=unit, rules=rules) == []


def test_without_a_request_nothing_is_taken() -> None:
    """A certificate needs the request its key came from."""
    assert judged(ISSUING.sign(ASKED, SERIAL, START), asked=None) == ["no_request"]


def test_an_older_requests_certificate_is_refused() -> None:
    """A new request overwrites the old one: the key is another."""
    signed = ISSUING.sign(request(UNIT, number=91), SERIAL, START)
    assert judged(signed) == ["key_differs_from_request"]


def test_other_names_are_refused_in_the_products_words() -> None:
    """A CA that puts in other names is told so, whatever their order or case."""
    swapped = ISSUING.sign(ASKED, SERIAL, START, dns_names=["PUB.example.com", "example.com"])
    assert judged(swapped) == []
    other = ISSUING.sign(ASKED, SERIAL, START, dns_names=["pub.example.com", "www.example.com"])
    (refusal,) = identity_refusals(pem(other), ASKED, UNIT, STORE, NOW, NEW)
    assert refusal.fault is UploadFault.NAMES_DIFFER
    assert refusal.message == "CSR SAN and Certificate SAN does not match"


def test_another_common_name_is_refused() -> None:
    """The certificate has to be of the name that was asked for."""
    signed = ISSUING.sign(request(UNIT, common_name="sub.example.com"), SERIAL, START)
    assert judged(signed) == ["common_name_differs"]


@pytest.mark.parametrize("where", ["common name", "alternative name"])
def test_a_wildcard_is_refused(where: str) -> None:
    """Neither as common name nor as alternative name."""
    if where == "common name":
        asked = request(UNIT, common_name="*.example.com")
    else:
        asked = request(UNIT, names=("*.example.com",))
    assert judged(ISSUING.sign(asked, SERIAL, START), asked=asked) == ["wildcard"]


@pytest.mark.parametrize(
    ("drops", "reason"),
    [
        (("data_encipherment",), "key_usage_missing"),
        (("client_auth",), "extended_key_usage_missing"),
        (("server_auth",), "extended_key_usage_missing"),
        (("server_auth", "client_auth"), "extended_key_usage_missing"),
    ],
)
def test_missing_usages_are_refused_where_they_are_looked_at(
    drops: tuple[str, ...], reason: str
) -> None:
    """A CA that drops a usage is found out by newer releases; the old ones do not look."""
    signed = ISSUING.sign(ASKED, SERIAL, START, drops=drops)
    assert judged(signed) == [reason]
    assert judged(signed, rules=OLD) == []


def test_capf_has_to_be_an_authority() -> None:
    """From 14SU2 CAPF carries CA:TRUE with path length 0; before, nobody asks."""
    asked = request("CAPF")
    plain = OPEN.sign(asked, SERIAL, START, drops=("key_cert_sign",))
    reasons = judged(plain, asked=asked, unit="CAPF")
    assert reasons == ["key_usage_missing", "constraints_missing"]
    assert judged(plain, asked=asked, unit="CAPF", rules=OLD) == []


def test_ipsec_must_not_be_one() -> None:
    """From 14SU3 a signed ipsec certificate has no basicConstraints at all."""
    asked = request("CAPF")
    signed = OPEN.sign(asked, SERIAL, START)
    assert "constraints_forbidden" in judged(signed, asked=asked, unit="ipsec")
    assert judged(signed, asked=asked, unit="ipsec", rules=OLD) == []


@pytest.mark.parametrize(
    ("store", "reason"),
    [
        ((), ["issuer_not_in_trust"]),
        ((ROOT.certificate,), ["issuer_not_in_trust"]),
        ((ISSUING.certificate,), ["issuer_not_in_trust"]),
        ((authority("Issuing", 9).certificate,), ["signature_mismatch"]),
        (STORE[:2], []),
    ],
    ids=["nothing", "root alone", "intermediate alone", "namesake", "both"],
)
def test_the_whole_chain_has_to_be_there(store: tuple[Certificate, ...], reason: list[str]) -> None:
    """Root and intermediate come first, then the certificate."""
    assert judged(ISSUING.sign(ASKED, SERIAL, START), store=store) == reason


@pytest.mark.parametrize(
    ("kind", "store", "reasons"),
    [
        (FileFormat.PKCS7_DER, (ROOT.certificate,), []),
        (FileFormat.PKCS7_DER, (), ["issuer_not_in_trust"]),
        (FileFormat.PKCS7_PEM, (ROOT.certificate,), ["pkcs7_pem"]),
        (FileFormat.PEM, STORE, []),
        (FileFormat.DER, STORE, []),
    ],
)
def test_formats(kind: FileFormat, store: tuple[Certificate, ...], reasons: list[str]) -> None:
    """PKCS #7 brings the intermediate along, but only as DER; the root has to be trusted."""
    signed = ISSUING.sign(ASKED, SERIAL, START)
    file = read(write([signed, *ISSUING.chain], kind))
    assert words(identity_refusals(file, ASKED, UNIT, store, NOW, NEW)) == reasons


def test_two_certificates_in_a_pem_are_refused() -> None:
    """One PEM certificate a file."""
    signed = ISSUING.sign(ASKED, SERIAL, START)
    file = read(signed.pem + ISSUING.certificate.pem)
    assert words(identity_refusals(file, ASKED, UNIT, STORE, NOW, NEW)) == ["several_in_pem"]


@pytest.mark.parametrize(
    ("at", "reasons"),
    [
        (START - timedelta(seconds=1), ["not_yet_valid"]),
        (START, []),
        (START + timedelta(days=730), []),
        (START + timedelta(days=730, seconds=1), ["expired"]),
    ],
)
def test_dates(at: datetime, reasons: list[str]) -> None:
    """Valid from its first second to its last, the moment being the simulated one."""
    assert judged(ISSUING.sign(ASKED, SERIAL, START), at=at) == reasons


def test_all_reasons_are_given_at_once() -> None:
    """Everything wrong with an upload stands in one answer."""
    asked = request(UNIT, number=95, common_name="*.example.com")
    drops = ("client_auth", "digital_signature")
    signed = ISSUING.sign(asked, SERIAL, START, days=1, drops=drops, dns_names=["x"])
    later = START + timedelta(days=9)
    assert judged(signed, store=(), at=later) == [
        "key_differs_from_request",
        "common_name_differs",
        "names_differ",
        "wildcard",
        "key_usage_missing",
        "extended_key_usage_missing",
        "issuer_not_in_trust",
        "expired",
    ]


# -- trust stores ---------------------------------------------------------------------------


def trust(certificate: Certificate, rules: UploadRules = NEW, at: datetime = NOW) -> list[str]:
    """The reasons against a trust upload."""
    return words(trust_refusals(pem(certificate), at, rules))


def test_a_ca_by_the_book_is_taken() -> None:
    """Root and intermediate pass, old rules or new."""
    for certificate in STORE:
        assert trust(certificate) == trust(certificate, OLD) == []


@pytest.mark.parametrize(
    ("says", "usages"),
    [
        (False, ("key_cert_sign",)),
        (True, ("key_cert_sign", "crl_sign")),
        (True, ()),
    ],
)
def test_an_incomplete_ca_is_refused_from_14su2(says: bool, usages: tuple[str, ...]) -> None:
    """CA:TRUE, digitalSignature and keyCertSign, or it is not taken; before 14SU2 it is."""
    old = authority("Old", 4, says_authority=says, key_usages=usages).certificate
    assert trust(old) == ["authority_incomplete"]
    assert trust(old, OLD) == []


def test_a_certificate_that_is_no_ca_may_be_trusted() -> None:
    """Another cluster's own certificate goes into a trust store without saying CA:TRUE."""
    assert trust(ISSUING.sign(ASKED, SERIAL, START)) == []


def test_a_strict_release_looks_at_the_chain_too() -> None:
    """A certificate under an incomplete root is refused with it from 14SU2 on."""
    old = authority("Old", 4, says_authority=False)
    signed = old.sign(ASKED, SERIAL, START)
    assert judged(signed, store=(old.certificate,)) == ["authority_incomplete"]
    lenient = replace(NEW, strict_authorities=False)
    assert judged(signed, store=(old.certificate,), rules=lenient) == []


def test_dates_of_a_trust_certificate() -> None:
    """An expired or a future one is refused."""
    root = authority("Short", 4, days=401).certificate
    assert trust(root, at=root.not_after) == []
    assert trust(root, at=root.not_after + timedelta(seconds=1)) == ["expired"]
    assert trust(root, at=root.not_before - timedelta(seconds=1)) == ["not_yet_valid"]


def test_a_wildcard_is_not_trusted_either() -> None:
    """The rule on wildcards is for every upload."""
    assert trust(authority("*.example.com", 4).certificate) == ["wildcard"]


def test_a_longer_key_than_can_be_stored_is_refused() -> None:
    """4096 bits are the most (a key of 8192 takes minutes to make, so its size is put in)."""
    for bits, reasons in ((4096, []), (8192, ["key_too_long"])):
        root = replace(ROOT.certificate, key_bits=bits)
        file = CertificateFile(FileFormat.DER, (root,))
        assert words(trust_refusals(file, NOW, NEW)) == reasons


# -- any upload -----------------------------------------------------------------------------


@st.composite
def uploads(draw: st.DrawFn) -> tuple[Certificate, SigningRequest | None, str, list[Certificate]]:
    """A signed certificate, the outstanding request, the unit, and what is trusted."""
    unit = draw(st.sampled_from(REQUESTING_UNITS))
    asked = request(unit, number=draw(st.sampled_from([90, 91])))
    by: Authority = draw(st.sampled_from([ROOT, ISSUING, OPEN]))
    signed = by.sign(
        asked,
        SERIAL,
        START + timedelta(days=draw(st.sampled_from([0, 0, 3]))),
        days=draw(st.sampled_from([1, 730])),
        drops=draw(st.lists(st.sampled_from(["client_auth", "digital_signature"]), max_size=2)),
        dns_names=draw(st.sampled_from([None, None, ("*.x",)])),
    )
    outstanding = draw(st.sampled_from([asked, asked, request(unit, number=90), None]))
    store = draw(st.lists(st.sampled_from(STORE), unique=True))
    return signed, outstanding, unit, store


@given(case=uploads(), rules=st.sampled_from([OLD, NEW]), hours=st.integers(-48, 20_000))
def test_an_upload_is_taken_exactly_when_every_rule_holds(
    case: tuple[Certificate, SigningRequest | None, str, list[Certificate]],
    rules: UploadRules,
    hours: int,
) -> None:
    """No reasons means: the key asked for, its names, a whole chain now, and usages if wanted."""
    signed, asked, unit, store = case
    at = START + timedelta(hours=hours)
    reasons = judged(signed, asked=asked, unit=unit, store=store, at=at, rules=rules)
    says, needs = extensions_of(signed), wanted(unit, rules.usage_table)
    has_usages = set(needs.key_usages) <= set(says.key_usages or ()) and set(needs.purposes) <= set(
        says.purposes or ()
    )
    holds = (
        asked is not None
        and asked.public_key == signed.public_key
        and asked.dns_names == says.dns_names
        and chains.faults(signed, store, at) == ()
        and (has_usages or not rules.checks_usages)
        and not (unit == "CAPF" and rules.strict_authorities and not says.is_authority)
    )
    assert (reasons == []) == holds


@given(case=uploads(), more=st.sampled_from(STORE))
def test_a_longer_store_never_loses_a_ca(
    case: tuple[Certificate, SigningRequest | None, str, list[Certificate]], more: Certificate
) -> None:
    """Trusting one CA more never makes an issuer missing that was there."""
    signed, asked, unit, store = case
    before = judged(signed, asked=asked, unit=unit, store=store)
    after = judged(signed, asked=asked, unit=unit, store=[*store, more])
    if "issuer_not_in_trust" not in before:
        assert "issuer_not_in_trust" not in after
