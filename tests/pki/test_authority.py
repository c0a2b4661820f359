from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.pki.authorities import START, authority, request
from twin.pki.authority import Template
from twin.pki.usages import extensions_of, key_usage_extension

SERIAL = b"\x51" * 16


def test_a_ca_grants_what_is_asked_for() -> None:
    """Subject, key, usages and names are those of the request; the dates are the CA's."""
    asked = request()
    signed = authority("Root", 1).sign(asked, SERIAL, START)
    says = extensions_of(signed)
    assert signed.subject_name == asked.subject_name
    assert signed.public_key == asked.public_key
    assert signed.issuer_name.common_name == "Root"
    assert says.key_usages == asked.extensions.key_usages
    assert says.purposes == asked.extensions.purposes
    assert says.dns_names == asked.dns_names
    assert says.is_authority is None
    assert (signed.not_before, signed.not_after) == (START, START + timedelta(days=730))
    assert signed.serial_bytes == SERIAL


def test_a_template_leaves_out_what_it_does_not_grant() -> None:
    """Usages of the template and of the moment are dropped, names are not copied."""
    template = Template(("client_auth",), copies_names=False, hash_name="sha512", days=30)
    signed = authority("Root", 1, template=template).sign(
        request(), SERIAL, START, drops=("data_encipherment",)
    )
    says = extensions_of(signed)
    assert says.purposes == ("server_auth",)
    assert says.key_usages == ("digital_signature",)
    assert says.dns_names == ()
    assert signed.signature_hash == "sha512"
    assert signed.not_after == START + timedelta(days=30)


def test_a_certificate_may_end_up_without_usages() -> None:
    """A CA that drops every usage leaves the extensions out."""
    asked = request()
    drops = (*(asked.extensions.key_usages or ()), *(asked.extensions.purposes or ()))
    says = extensions_of(authority("Root", 1).sign(asked, SERIAL, START, drops=drops))
    assert says.key_usages is None
    assert says.purposes is None


def test_names_and_days_can_be_put_in_instead() -> None:
    """A CA may give other names and another validity than the template."""
    signed = authority("Root", 1).sign(
        request(), SERIAL, START, days=1, dns_names=["other.example.com"]
    )
    assert extensions_of(signed).dns_names == ("other.example.com",)
    assert signed.not_after == START + timedelta(days=1)


@pytest.mark.parametrize("drops", [(), ("key_cert_sign",)])
def test_only_capf_becomes_an_authority(drops: tuple[str, ...]) -> None:
    """CA:TRUE is granted with the usage to sign certificates, and goes with it."""
    says = extensions_of(authority("Root", 1).sign(request("CAPF"), SERIAL, START, drops=drops))
    assert says.is_authority == (None if drops else True)
    assert says.path_length == (None if drops else 0)


def test_a_chain_names_everybody_above() -> None:
    """An intermediate's chain is itself and then its issuers up to the root."""
    root = authority("Root", 1)
    middle = authority("Middle", 2, root)
    low = authority("Low", 3, middle)
    assert low.chain == (low.certificate, middle.certificate, root.certificate)
    assert root.certificate.is_self_issued
    assert low.certificate.is_signed_by(middle.certificate)
    assert not low.certificate.is_signed_by(root.certificate)


def test_an_old_root_says_nothing() -> None:
    """A private CA of old carries neither CA:TRUE nor key usages."""
    says = extensions_of(authority("Old", 1, says_authority=False, key_usages=()).certificate)
    assert says.is_authority is None
    assert says.key_usages is None


def test_a_word_that_is_no_usage_is_an_error() -> None:
    """Key usages have nine words."""
    with pytest.raises(ValueError, match="no key usage: server_auth"):
        key_usage_extension(["server_auth"])


@pytest.mark.openssl
def test_openssl_verifies_a_signed_certificate(
    run_openssl: Callable[..., subprocess.CompletedProcess[bytes]], tmp_path: Path
) -> None:
    """A unit's certificate under an intermediate satisfies the strict rules of the program."""
    root = authority("Root", 1)
    issuing = authority("Issuing", 2, root, path_length=0)
    signed = issuing.sign(request(), SERIAL, START)
    for name, certificate in (("root", root), ("issuing", issuing)):
        (tmp_path / name).write_bytes(certificate.certificate.pem)
    (tmp_path / "own").write_bytes(signed.pem)
    for purpose in ("sslserver", "sslclient"):
        verified = run_openssl(
            "verify", "-x509_strict", "-purpose", purpose, "-CAfile", tmp_path / "root",
            "-untrusted", tmp_path / "issuing", "-attime", str(int(START.timestamp()) + 1),
            tmp_path / "own",
        )  # fmt: skip
        assert verified.returncode == 0, verified.stderr.decode()
