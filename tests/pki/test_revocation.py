from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.pki.authorities import START, authority, request
from twin.errors import FormatError
from twin.pki.authority import Authority, make_authority
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank
from twin.pki.names import DistinguishedName
from twin.pki.revocation import (
    RevocationStatus,
    Revoked,
    answer_ocsp,
    make_ocsp_request,
    make_revocation_list,
    status_by_answer,
    status_by_list,
)

OpenSSL = Callable[..., subprocess.CompletedProcess[bytes]]
ROOT = authority("Root", 1)
OTHER = authority("Other", 2)
NAMESAKE = authority("Root", 3)
DAY = timedelta(days=1)
NOW = START + DAY / 2


def signed(serial: bytes) -> Certificate:
    """A certificate of the root."""
    return ROOT.sign(request(), serial, START)


GOOD, BAD = signed(b"\x51" * 16), signed(b"\x52" * 16)


def revocation_list(by: Authority = ROOT) -> bytes:
    """A list of one day with one entry."""
    return make_revocation_list(by, [Revoked(BAD.serial, START)], START, START + DAY, 7)


def test_a_list_tells_good_from_revoked() -> None:
    """A serial on the list is revoked, any other of this CA is good."""
    data = revocation_list()
    assert status_by_list(data, GOOD, ROOT.certificate, NOW) is RevocationStatus.GOOD
    assert status_by_list(data, BAD, ROOT.certificate, NOW) is RevocationStatus.REVOKED
    assert revocation_list() == data


@pytest.mark.parametrize(
    ("by", "at"),
    [(ROOT, START - DAY), (ROOT, START + 2 * DAY), (OTHER, NOW), (NAMESAKE, NOW)],
    ids=["early", "late", "another CA's", "forged"],
)
def test_a_list_that_is_not_to_be_believed(by: Authority, at: datetime) -> None:
    """Before or after its time, of another CA, or signed by another key: nothing is known."""
    assert status_by_list(revocation_list(by), BAD, ROOT.certificate, at) is (
        RevocationStatus.UNKNOWN
    )


def test_revocation_begins_at_its_moment() -> None:
    """An entry of tomorrow does not revoke today."""
    data = make_revocation_list(ROOT, [Revoked(BAD.serial, START + DAY)], START, START + 3 * DAY, 1)
    assert status_by_list(data, BAD, ROOT.certificate, NOW) is RevocationStatus.GOOD
    later = START + 2 * DAY
    assert status_by_list(data, BAD, ROOT.certificate, later) is RevocationStatus.REVOKED


@pytest.mark.parametrize("status", list(RevocationStatus))
def test_an_answer_says_what_was_put_in(status: RevocationStatus) -> None:
    """Good, revoked and unknown come out of an OCSP answer as they went in."""
    data = answer_ocsp(ROOT, BAD, status, START, START + DAY)
    assert status_by_answer(data, BAD, ROOT.certificate, NOW) is status


@pytest.mark.parametrize(
    ("by", "about", "at"),
    [
        (ROOT, GOOD, NOW),
        (ROOT, BAD, START - DAY),
        (ROOT, BAD, START + 2 * DAY),
        (NAMESAKE, BAD, NOW),
    ],
    ids=["about another", "early", "late", "forged"],
)
def test_an_answer_that_is_not_to_be_believed(
    by: Authority, about: Certificate, at: datetime
) -> None:
    """About another certificate, out of its time, or signed by another key: unknown."""
    data = answer_ocsp(by, about, RevocationStatus.GOOD, START, START + DAY)
    status = status_by_answer(data, BAD, ROOT.certificate, at)
    assert status is RevocationStatus.UNKNOWN


def test_bytes_that_are_neither_list_nor_answer() -> None:
    """Other bytes are refused with the one error of decoders."""
    with pytest.raises(FormatError, match="revocation list"):
        status_by_list(b"x", BAD, ROOT.certificate, NOW)
    with pytest.raises(FormatError, match="OCSP"):
        status_by_answer(b"x", BAD, ROOT.certificate, NOW)


@pytest.fixture
def rsa_root(bank: KeyBank) -> Authority:
    """A CA with an RSA key."""
    name = DistinguishedName.parse("CN=RSA Root;O=Example")
    return make_authority(name, bank.key(2048, 0), b"\x61" * 16, START, 3650)


def test_an_rsa_answer_is_the_same_twice(rsa_root: Authority) -> None:
    """With an RSA key an answer has no chance in it, and is believed."""
    own = rsa_root.sign(request(), b"\x71" * 16, START)
    data = answer_ocsp(rsa_root, own, RevocationStatus.GOOD, START, START + DAY)
    assert data == answer_ocsp(rsa_root, own, RevocationStatus.GOOD, START, START + DAY)
    assert status_by_answer(data, own, rsa_root.certificate, NOW) is RevocationStatus.GOOD


@pytest.mark.openssl
def test_openssl_agrees_on_a_list(run_openssl: OpenSSL, tmp_path: Path) -> None:
    """`openssl verify -crl_check` refuses the revoked certificate and takes the other."""
    (tmp_path / "root").write_bytes(ROOT.certificate.pem)
    pem = run_openssl("crl", "-inform", "DER", stdin=revocation_list()).stdout
    (tmp_path / "list").write_bytes(pem)
    for certificate, code in ((GOOD, 0), (BAD, 2)):
        (tmp_path / "own").write_bytes(certificate.pem)
        verified = run_openssl(
            "verify", "-crl_check", "-CAfile", tmp_path / "root", "-CRLfile", tmp_path / "list",
            "-attime", str(int(NOW.timestamp())), tmp_path / "own",
        )  # fmt: skip
        assert verified.returncode == code, verified.stderr.decode()
    assert b"certificate revoked" in verified.stderr


@pytest.mark.openssl
@pytest.mark.parametrize("status", list(RevocationStatus))
def test_openssl_reads_question_and_answer(
    run_openssl: OpenSSL, tmp_path: Path, status: RevocationStatus
) -> None:
    """`openssl ocsp` prints the status, and verifies who signed it."""
    (tmp_path / "root").write_bytes(ROOT.certificate.pem)
    (tmp_path / "question").write_bytes(make_ocsp_request(BAD, ROOT.certificate))
    (tmp_path / "answer").write_bytes(answer_ocsp(ROOT, BAD, status, START, START + DAY))
    asked = run_openssl("ocsp", "-reqin", tmp_path / "question", "-req_text")
    assert BAD.serial_bytes.hex().upper().encode() in asked.stdout
    read = run_openssl(
        "ocsp", "-respin", tmp_path / "answer", "-resp_text",
        "-CAfile", tmp_path / "root", "-verify_other", tmp_path / "root",
        "-attime", str(int(NOW.timestamp())),
    )  # fmt: skip
    assert f"Cert Status: {status}".encode() in read.stdout
    assert b"Response verify OK" in read.stderr
