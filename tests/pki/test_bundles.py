from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import FormatError
from twin.pki.bundles import (
    MAX_BYTES,
    MAX_CERTIFICATES,
    FileFormat,
    read,
    read_pkcs12_certificate,
    write,
    write_pkcs12,
)
from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey

Identity = tuple[Certificate, PrivateKey]
OpenSSL = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def chain(identity: Callable[..., Identity]) -> list[Certificate]:
    """A root and a certificate that is none of its own (names decide which is the leaf)."""
    return [identity("a")[0], identity("b", index=1)[0]]


@pytest.mark.parametrize("kind", list(FileFormat))
def test_every_format_reads_back(chain: list[Certificate], kind: FileFormat) -> None:
    """A file is recognised by its bytes; PEM and DER hold one certificate, PKCS #7 all."""
    file = read(write(chain, kind))
    assert file.format is kind
    whole = kind in (FileFormat.PKCS7_DER, FileFormat.PKCS7_PEM)
    assert set(file.certificates) == set(chain if whole else chain[:1])


def test_several_in_a_pem_are_all_read(chain: list[Certificate]) -> None:
    """The file is read whole: that the product takes one only is for its rules to say."""
    assert len(read(b"".join(one.pem for one in chain)).certificates) == 2


def test_text_around_a_pem_does_no_harm(chain: list[Certificate]) -> None:
    """What a CA prints in front of the block is passed over."""
    assert read(b"subject=CN = a\n" + chain[0].pem + b"\n").certificates == (chain[0],)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"0",
        b"\x30\x82",
        b"\x30\x03\x02\x01\x05",
        b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n",
        b"\x30" * (MAX_BYTES + 1),
    ],
    ids=range(9),
)
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    """Empty, cut off, something else, or too large: one error, whatever the bytes."""
    with pytest.raises(FormatError):
        read(data)


def test_too_many_certificates_are_refused(chain: list[Certificate]) -> None:
    """A file with more certificates than any chain has is not taken apart further."""
    with pytest.raises(FormatError, match="33 certificates"):
        read(chain[0].pem * (MAX_CERTIFICATES + 1))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes make the reader fail in another way than by its own error."""
    for prefix in (b"", b"0\x82", b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN PKCS7-----\n"):
        with pytest.raises(FormatError):
            read(prefix + data)


def test_a_file_needs_a_certificate() -> None:
    """Nothing cannot be written."""
    with pytest.raises(ValueError, match="without a certificate"):
        write([], FileFormat.DER)


def test_pkcs12_reads_back_with_its_password(identity: Callable[..., Identity]) -> None:
    """The certificate comes out with the right password and with no other."""
    certificate, key = identity("ITLRECOVERY_pub", unit="ITLRecovery")
    data = write_pkcs12("ITLRecovery", certificate, key, "secret")
    assert read_pkcs12_certificate(data, "secret") == certificate
    with pytest.raises(FormatError, match="password"):
        read_pkcs12_certificate(data, "Secret")
    with pytest.raises(FormatError, match="are not read"):
        read_pkcs12_certificate(bytes(MAX_BYTES + 1), "secret")


@pytest.mark.openssl
@pytest.mark.parametrize(
    ("kind", "form"), [(FileFormat.PKCS7_DER, "DER"), (FileFormat.PKCS7_PEM, "PEM")]
)
def test_openssl_reads_pkcs7(
    run_openssl: OpenSSL, chain: list[Certificate], kind: FileFormat, form: str
) -> None:
    """`openssl pkcs7` prints every certificate of the bundle."""
    printed = run_openssl(
        "pkcs7", "-inform", form, "-print_certs", "-noout", stdin=write(chain, kind)
    )
    assert printed.returncode == 0, printed.stderr.decode()
    assert printed.stdout.count(b"subject=") == 2


@pytest.mark.openssl
def test_openssl_made_pkcs7_is_read(
    run_openssl: OpenSSL, chain: list[Certificate], tmp_path: Path
) -> None:
    """A bundle another program made is read as well, PEM or DER."""
    for one in chain:
        with (tmp_path / "all.pem").open("ab") as stream:
            stream.write(one.pem)
    for form, kind in (("DER", FileFormat.PKCS7_DER), ("PEM", FileFormat.PKCS7_PEM)):
        made = run_openssl(
            "crl2pkcs7", "-nocrl", "-certfile", tmp_path / "all.pem", "-outform", form
        )
        assert set(read(made.stdout).certificates) == set(chain)
        assert read(made.stdout).format is kind


@pytest.mark.openssl
def test_openssl_reads_pkcs12(
    run_openssl: OpenSSL, identity: Callable[..., Identity], tmp_path: Path
) -> None:
    """`openssl pkcs12` opens the file and finds key, certificate and chain."""
    certificate, key = identity("ITLRECOVERY_pub", unit="ITLRecovery")
    above, _ = identity("root", index=1)
    file = tmp_path / "ITLRecovery.p12"
    file.write_bytes(write_pkcs12("ITLRecovery", certificate, key, "secret", [above]))
    opened = run_openssl("pkcs12", "-in", file, "-passin", "pass:secret", "-nodes")
    assert opened.returncode == 0, opened.stderr.decode()
    assert opened.stdout.count(b"BEGIN CERTIFICATE") == 2
    assert opened.stdout.count(b"BEGIN PRIVATE KEY") == 1
