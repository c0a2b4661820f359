from __future__ import annotations

import contextlib
import hashlib
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import FormatError
from twin.pki.certificates import Certificate

START = datetime(2016, 2, 1, tzinfo=UTC)


def foreign(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    """A certificate of a key type the product's lists do not hold by default."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "foreign")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x80)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=1))
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def test_fields_are_those_of_the_der(identity: Callable[..., tuple]) -> None:
    """Every remembered field agrees with the certificate's own bytes."""
    certificate, key = identity(serial=bytes.fromhex("83e90800000055"))
    assert certificate.subject == "CN=pub.example.com;OU=TAC;O=Cisco;L=Bangalore;ST=Karnataka;C=IN"
    assert certificate.issuer == certificate.subject
    assert certificate.common_name == "pub.example.com"
    assert certificate.serial == 0x83E90800000055
    assert certificate.serial_bytes == bytes.fromhex("83e90800000055")
    assert (certificate.not_before, certificate.not_after) == (START, START + timedelta(days=1825))
    assert (certificate.key_bits, certificate.signature_hash) == (1024, "sha256")
    assert certificate.sha1 == hashlib.sha1(certificate.der, usedforsecurity=False).digest()
    assert certificate.der.endswith(certificate.signature)
    assert len(certificate.public_key_record_bytes) == 140
    assert certificate.public_key_record_bytes in certificate.der
    assert certificate.public_key == key.public_key
    assert certificate.is_self_issued


def test_same_bytes_give_the_same_object(identity: Callable[..., tuple]) -> None:
    """Parsing is remembered, PEM and DER meet, and equality goes by the DER."""
    certificate, _ = identity()
    assert Certificate.from_der(bytearray(certificate.der)) is certificate
    assert Certificate.from_pem(certificate.pem) is certificate
    assert Certificate.from_pem(certificate.pem.decode()) is certificate
    assert pickle.loads(pickle.dumps(certificate)) is certificate
    other, _ = identity("sub1.example.com", index=1)
    assert len({certificate, other, Certificate.from_der(certificate.der)}) == 2
    assert certificate != "a certificate"


def test_repr_is_short(identity: Callable[..., tuple]) -> None:
    """The repr names subject and serial, not the key."""
    certificate, _ = identity("a", serial=b"\x10\x01")
    assert repr(certificate).endswith("serial=1001)")


def test_an_ec_certificate_has_its_point_in_the_record() -> None:
    """An EC certificate is read; its record form is the uncompressed point."""
    certificate = Certificate.from_der(foreign(ec.derive_private_key(12345, ec.SECP384R1())))
    assert certificate.key_bits == 384
    assert certificate.public_key_record_bytes[0] == 4
    assert len(certificate.public_key_record_bytes) == 97
    assert certificate.serial_bytes == b"\x80"
    assert certificate.is_signed_by(certificate)


def test_another_kind_of_key_is_refused() -> None:
    """A certificate whose key is neither RSA nor EC is a FormatError."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(FormatError, match="neither RSA nor EC"):
        Certificate.from_der(foreign(key))


def test_is_signed_by_tells_the_issuer(identity: Callable[..., tuple]) -> None:
    """Only the key that made the signature passes."""
    certificate, _ = identity()
    other, _ = identity(index=1)
    assert certificate.is_signed_by(certificate)
    assert not certificate.is_signed_by(other)


@pytest.mark.parametrize("data", [b"", b"\x30", b"not a certificate", bytes(1000)])
def test_rubbish_is_a_format_error(data: bytes) -> None:
    """What is no certificate is refused as DER and as PEM."""
    with pytest.raises(FormatError):
        Certificate.from_der(data)
    with pytest.raises(FormatError):
        Certificate.from_pem(data)


def test_trailing_bytes_and_second_certificates_are_refused(
    identity: Callable[..., tuple],
) -> None:
    """One certificate means one: nothing may follow it."""
    certificate, _ = identity()
    with pytest.raises(FormatError):
        Certificate.from_der(certificate.der + b"\0")
    with pytest.raises(FormatError, match="found 2"):
        Certificate.from_pem(certificate.pem * 2)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_certificate_is_read_or_refused(
    data: st.DataObject, identity: Callable[..., tuple]
) -> None:
    """Whatever byte is changed or cut, the parser raises nothing but FormatError."""
    der = bytearray(identity()[0].der)
    at = data.draw(st.integers(0, len(der) - 1))
    der[at] ^= data.draw(st.integers(1, 255))
    end = data.draw(st.sampled_from((len(der), at)))
    with contextlib.suppress(FormatError):
        Certificate.from_der(bytes(der[:end]))
