from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pki.authorities import START, authority, request
from twin.cluster.revocation import RevocationServices
from twin.config.authorities import CertificateAuthority
from twin.nodes.revocation_check import Answer, RevocationCheck
from twin.pki.authority import Authority
from twin.pki.certificates import Certificate
from twin.pki.revocation import RevocationStatus

DAY = timedelta(days=1)
ROOT = authority("Root", 1)
OWN = ROOT.sign(request(), b"\x51" * 16, START)


class Book:
    """One CA."""

    def get(self, name: str) -> Authority:
        """The CA, whatever it is called."""
        return ROOT


def services(way: str, **more: Any) -> RevocationServices:
    """The revocation services of one CA."""
    config = CertificateAuthority(name="root", subject="CN=Root;O=Example", revocation=way, **more)
    book: Any = Book()
    return RevocationServices((config,), book, START)


def status(services: RevocationServices, days: float, certificate: Certificate = OWN) -> str | None:
    """What is known of a certificate so many days after the start."""
    at = START + days * DAY
    answer = services.ask(certificate, at)
    return None if answer is None else str(answer.status(certificate, at))


def test_a_ca_that_offers_no_way_is_not_asked() -> None:
    """Without responder and list nothing is asked, and nobody asks about a root itself."""
    assert status(services("none"), 1) is None
    assert status(services("ocsp"), 1, ROOT.certificate) is None
    assert status(services("ocsp"), 1, authority("Other", 2).certificate) is None


def test_a_responder_tells_at_once() -> None:
    """Good before the revocation, revoked from then on, unknown while it does not answer."""
    ca = services("ocsp")
    assert status(ca, 1) == "good"
    assert ca.revoke(ROOT, OWN, START + 2 * DAY)
    assert not ca.revoke(ROOT, OWN, START + 3 * DAY)
    assert status(ca, 3) == "revoked"
    ca.set_up("root", False, START + 4 * DAY)
    assert status(ca, 5) == "unknown"
    ca.set_up("root", True, START + 6 * DAY)
    assert status(ca, 7) == "revoked"


def test_a_list_tells_when_the_next_is_due() -> None:
    """A revocation is on the next list; when no list follows, the last one runs out."""
    ca = services("crl", crl_days=7)
    ca.revoke(ROOT, OWN, START + 2 * DAY)
    assert status(ca, 3) == "good"
    assert status(ca, 8) == "revoked"
    ca.set_up("root", False, START + 9 * DAY)
    assert status(ca, 13) == "revoked"
    assert status(ca, 15) == "unknown"


@pytest.mark.parametrize(
    ("known", "strict", "refused"),
    [("good", True, False), ("revoked", False, True), ("unknown", False, False),
     ("unknown", True, True)],
)  # fmt: skip
def test_common_criteria_decides_about_the_unknown(
    monkeypatch: pytest.MonkeyPatch, known: str, strict: bool, refused: bool
) -> None:
    """Revoked is always refused; unknown only in Common Criteria mode; each has its alarm."""
    alarms: list[tuple[str, str]] = []

    class Host:
        """Takes down alarms."""

        def time(self) -> Any:
            """The start."""
            return START

        def record(self, *_row: Any, **_data: Any) -> None:
            """Nothing is kept."""

        def alarm(self, _service: str, name: str, severity: str, /, **_data: Any) -> None:
            """Kept."""
            alarms.append((name, severity))

    monkeypatch.setattr(Answer, "status", lambda *_: RevocationStatus(known))
    host: Any = Host()
    files: Any = None
    answer = Answer("ocsp", None, ROOT.certificate)
    check = RevocationCheck(host, files, lambda *_: answer, strict)
    message = check.refusal("tomcat", OWN)
    assert (message is not None) == refused
    assert (
        alarms
        == {
            "good": [],
            "revoked": [("CertificateRevoked", "emergency")],
            "unknown": [("CertificateRevokationStatusByOCSP", "warning")],
        }[known]
    )


@pytest.mark.openssl
def test_openssl_agrees_with_both_answers(openssl: str, tmp_path: Path) -> None:
    """`openssl ocsp` and `openssl verify -crl_check` read the answers and say revoked too."""
    at = START + 8 * DAY
    for name, certificate in (("root", ROOT.certificate), ("own", OWN)):
        (tmp_path / name).write_bytes(certificate.pem)
    by_ocsp, by_list = services("ocsp"), services("crl")
    for ca in (by_ocsp, by_list):
        ca.revoke(ROOT, OWN, START + DAY)

    def run(*arguments: object) -> subprocess.CompletedProcess[bytes]:
        command = [openssl, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, check=False)

    answer = by_ocsp.ask(OWN, at)
    assert answer is not None
    assert answer.data is not None
    (tmp_path / "answer").write_bytes(answer.data)
    told = run(
        "ocsp", "-issuer", tmp_path / "root", "-cert", tmp_path / "own", "-CAfile",
        tmp_path / "root", "-respin", tmp_path / "answer", "-attime", int(at.timestamp()),
    )  # fmt: skip
    # The program holds the dates of an answer against the clock on the wall, and warns of them.
    assert b"Response verify OK" in told.stderr
    assert b"revoked" in told.stdout
    answer = by_list.ask(OWN, at)
    assert answer is not None
    assert answer.data is not None
    (tmp_path / "list").write_bytes(answer.data)
    pem = run("crl", "-inform", "DER", "-in", tmp_path / "list").stdout
    (tmp_path / "list.pem").write_bytes(pem)
    told = run(
        "verify", "-CAfile", tmp_path / "root", "-crl_check", "-CRLfile", tmp_path / "list.pem",
        "-attime", int(at.timestamp()), tmp_path / "own",
    )  # fmt: skip
    assert told.returncode == 2
    assert b"certificate revoked" in told.stderr
