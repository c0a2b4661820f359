from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twin.pki.certificates import Certificate
from twin.pki.keys import CURVE_HASHES, CURVES, EC_SEED_BYTES, ECKey, KeyBank, KeyRing
from twin.pki.list_record import Role, full_record
from twin.pki.names import DistinguishedName
from twin.pki.profile import self_signed
from twin.pki.trust_list import ITL_NAME, build

SEED = bytes(range(64))
BITS = tuple(CURVES)


def own(bits: int, seed: bytes = SEED) -> Certificate:
    """A CallManager-ECDSA certificate."""
    name = DistinguishedName.of("pub-EC.example.com", organization="Example", country="CH")
    start = datetime(2016, 2, 1, tzinfo=UTC)
    key = ECKey(bits, seed)
    return self_signed(
        name, key, b"\x41" * 16, start, 1825, CURVE_HASHES[bits], "CallManager-ECDSA"
    )


@pytest.mark.parametrize("bits", BITS)
def test_a_key_follows_from_its_bytes(bits: int) -> None:
    """The same bytes give the same key and the same certificate, other bytes another."""
    assert ECKey(bits, SEED) == ECKey(bits, SEED)
    assert hash(ECKey(bits, SEED)) == hash(ECKey(bits, SEED))
    assert own(bits).der == own(bits).der
    assert own(bits, SEED[::-1]).public_key != own(bits).public_key
    assert own(bits).key_bits == bits
    assert not own(bits).has_rsa_key


@pytest.mark.parametrize("bits", BITS)
def test_a_signature_has_no_chance_in_it(bits: int) -> None:
    """Signing twice gives the same bytes (RFC 6979)."""
    key = ECKey(bits, SEED)
    assert key.sign(b"list", CURVE_HASHES[bits]) == key.sign(b"list", CURVE_HASHES[bits])


def test_a_key_shows_nothing_of_itself() -> None:
    """The printed form has the size only."""
    assert repr(ECKey(256, SEED)) == "ECKey(bits=256)"
    assert ECKey(256, SEED) != "ECKey(bits=256)"
    assert ECKey(256, SEED) != ECKey(384, SEED)


@pytest.mark.parametrize(("bits", "size"), [(224, 64), (256, EC_SEED_BYTES - 1)])
def test_what_is_no_key_is_refused(bits: int, size: int) -> None:
    """A curve the product has not, or too few bytes, is an error."""
    with pytest.raises(ValueError, match="no EC key"):
        ECKey(bits, bytes(size))


def test_kinds_of_keys_are_told_apart(bank: KeyBank) -> None:
    """A key of the bank is RSA, one of the seed is not, and they are never equal."""
    assert bank.key(1024, 0).is_rsa
    assert not ECKey(521, SEED).is_rsa
    assert KeyRing(bank).take(1024) != ECKey(256, SEED)


def test_no_ec_key_signs_a_list() -> None:
    """A trust list has no code for a key on a curve, but carries its certificate."""
    certificate = own(384)
    record = full_record(Role.CCM_TFTP, certificate)
    assert record.public_key[:1] == b"\x04"
    with pytest.raises(ValueError, match="384 bits cannot sign lists"):
        build([record], certificate, ECKey(384, SEED), ITL_NAME, 1)


def test_sha1_does_not_go_with_a_curve() -> None:
    """The old digest is of RSA certificates only."""
    name = DistinguishedName.of("pub")
    start = datetime(2016, 2, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="SHA-1"):
        self_signed(name, ECKey(256, SEED), b"\1", start, 1, "sha1", "tomcat-ECDSA")


@pytest.mark.openssl
@pytest.mark.parametrize("bits", BITS)
def test_openssl_takes_certificate_and_key(
    run_openssl: Callable[..., subprocess.CompletedProcess[bytes]], tmp_path: Path, bits: int
) -> None:
    """The program verifies an ECDSA certificate, and its exported key is the certificate's."""
    certificate = own(bits)
    (tmp_path / "own.pem").write_bytes(certificate.pem)
    at = str(int(certificate.not_before.timestamp()) + 1)
    own_file = tmp_path / "own.pem"
    verified = run_openssl("verify", "-check_ss_sig", "-attime", at, "-CAfile", own_file, own_file)
    assert verified.returncode == 0, verified.stderr.decode()
    from_key = run_openssl("pkey", "-pubout", stdin=ECKey(bits, SEED).pem()).stdout
    from_certificate = run_openssl("x509", "-noout", "-pubkey", "-in", own_file).stdout
    assert from_key == from_certificate
