from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from twin.pki import signed_file, trust_list
from twin.pki.certificates import Certificate
from twin.pki.keys import KeyBank
from twin.pki.names import DistinguishedName
from twin.pki.profile import issue
from twin.pki.trust_list import Digest, Role, full_record

pytestmark = pytest.mark.openssl
OpenSSL = Callable[..., subprocess.CompletedProcess[bytes]]
UNITS = ("CallManager", "tomcat", "TVS", "CAPF", "ITLRecovery")


def check(
    run_openssl: OpenSSL,
    folder: Path,
    parts: tuple[bytes, bytes],
    certificate: Certificate,
    digest: Digest,
) -> subprocess.CompletedProcess[bytes]:
    """Ask the openssl program whether the certificate's key signed the bytes."""
    (folder / "signed").write_bytes(parts[0])
    (folder / "signature").write_bytes(parts[1])
    public = run_openssl("x509", "-noout", "-pubkey", "-inform", "DER", stdin=certificate.der)
    (folder / "public.pem").write_bytes(public.stdout)
    return run_openssl(
        "dgst",
        f"-{digest.hash_name}",
        "-verify",
        folder / "public.pem",
        "-signature",
        folder / "signature",
        folder / "signed",
    )


@pytest.mark.parametrize("digest", list(Digest))
@pytest.mark.parametrize("bits", [1024, 2048])
def test_openssl_verifies_a_list_by_its_own_record(
    run_openssl: OpenSSL, identity: Callable[..., tuple], tmp_path: Path, digest: Digest, bits: int
) -> None:
    """Signed bytes, signature and certificate cut out of an ITL satisfy `openssl dgst`."""
    signer, key = identity(bits=bits)
    data = trust_list.build(
        [full_record(Role.SAST, signer, "pub")], signer, key, trust_list.ITL_NAME, 1, digest
    )
    der = trust_list.decode(data).records[0].certificate
    assert der is not None
    parts = trust_list.signed_parts(data)
    listed = Certificate.from_der(der)
    assert b"Verified OK" in check(run_openssl, tmp_path, parts, listed, digest).stdout
    spoilt = (parts[0][:-1] + bytes((parts[0][-1] ^ 1,)), parts[1])
    assert check(run_openssl, tmp_path, spoilt, listed, digest).returncode != 0


def test_openssl_verifies_both_signatures_of_a_reset_list(
    run_openssl: OpenSSL, identity: Callable[..., tuple], tmp_path: Path
) -> None:
    """The outer signature covers all but itself, and the inner list still verifies alone."""
    signer, key = identity()
    recovery, recovery_key = identity("ITLRECOVERY_pub", index=1, unit="ITLRecovery")
    old = trust_list.build([full_record(Role.SAST, signer)], signer, key, trust_list.ITL_NAME, 1)
    new = trust_list.wrap_reset(old, recovery, recovery_key)
    for data, certificate in ((new, recovery), (new[-len(old) :], signer)):
        parts = trust_list.signed_parts(data)
        assert (
            b"Verified OK" in check(run_openssl, tmp_path, parts, certificate, Digest.SHA1).stdout
        )


@pytest.mark.parametrize("digest", list(Digest))
def test_openssl_verifies_a_signed_file(
    run_openssl: OpenSSL, identity: Callable[..., tuple], tmp_path: Path, digest: Digest
) -> None:
    """Signed bytes and signature cut out of a .sgn satisfy `openssl dgst`."""
    signer, key = identity()
    data = signed_file.sign("SEP001122334455.cnf.xml.sgn", b"<device/>", signer, key, 1, digest)
    parts = signed_file.signed_parts(data)
    assert b"Verified OK" in check(run_openssl, tmp_path, parts, signer, digest).stdout


@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
@pytest.mark.parametrize("unit", UNITS)
def test_openssl_verifies_a_self_signed_certificate(
    run_openssl: OpenSSL,
    identity: Callable[..., tuple],
    tmp_path: Path,
    unit: str,
    hash_name: str,
) -> None:
    """Each unit's certificate, SHA-1 ones included, parses and carries a good signature."""
    certificate, _ = identity(unit=unit, hash_name=hash_name, bits=2048)
    file = tmp_path / "certificate.pem"
    file.write_bytes(certificate.pem)
    printed = run_openssl("x509", "-noout", "-text", "-in", file).stdout.decode()
    algorithm = "sha1WithRSAEncryption" if hash_name == "sha1" else "sha256WithRSAEncryption"
    assert printed.count(f"Signature Algorithm: {algorithm}") == 2
    assert "6d:ee:ff:0e:66:e6:36:93:61:18:c4:05:65:38:c0:cf" in printed
    verified = run_openssl(
        "verify",
        "-auth_level",
        "0",
        "-check_ss_sig",
        "-attime",
        str(int(certificate.not_before.timestamp()) + 1),
        "-CAfile",
        file,
        file,
    )
    assert verified.returncode == 0, verified.stderr.decode()


def test_openssl_refuses_a_spoilt_sha1_certificate(
    run_openssl: OpenSSL, identity: Callable[..., tuple], tmp_path: Path
) -> None:
    """One changed bit in a SHA-1 certificate's signature is found by `openssl verify`."""
    certificate, _ = identity(hash_name="sha1", bits=2048)
    file = tmp_path / "certificate.pem"
    spoilt = Certificate.from_der(certificate.der[:-1] + bytes((certificate.der[-1] ^ 1,)))
    file.write_bytes(spoilt.pem)
    at = str(int(certificate.not_before.timestamp()) + 1)
    verified = run_openssl(
        "verify", "-auth_level", "0", "-check_ss_sig", "-attime", at, "-CAfile", file, file
    )
    assert verified.returncode != 0


@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_openssl_verifies_an_issued_certificate(
    run_openssl: OpenSSL,
    identity: Callable[..., tuple],
    bank: KeyBank,
    tmp_path: Path,
    hash_name: str,
) -> None:
    """An outside web server's certificate chains to its CA for server use."""
    root, root_key = identity("Lab CA", bits=2048, unit="authority", hash_name=hash_name)
    server = issue(
        DistinguishedName.parse("CN=web.example.com,O=Lab"),
        bank.key(2048, 1),
        b"\x05" * 16,
        root.not_before,
        365,
        hash_name,
        "web-server",
        issuer=root,
        issuer_key=root_key,
    )
    (tmp_path / "root.pem").write_bytes(root.pem)
    (tmp_path / "server.pem").write_bytes(server.pem)
    verified = run_openssl(
        "verify",
        "-auth_level",
        "0",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-attime",
        str(int(root.not_before.timestamp()) + 1),
        "-CAfile",
        tmp_path / "root.pem",
        tmp_path / "server.pem",
    )
    assert verified.returncode == 0, verified.stderr.decode()


def test_openssl_reads_an_exported_key(run_openssl: OpenSSL, bank: KeyBank) -> None:
    """A key written as PEM passes the program's own consistency check."""
    checked = run_openssl("rsa", "-noout", "-check", stdin=bank.key(2048, 0).pem())
    assert checked.returncode == 0
